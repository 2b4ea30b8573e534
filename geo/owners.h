/* Who runs and who controls the networks that matter: asn-owners.tsv in memory, by AS number.
 *
 * Memory   the table owns its file's text; rows are good until owners_close().
 * Threads  any number may ask.
 * Failure  a row that cannot be read is refused with file and line. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "geo/geo.h"

struct owners;

struct owner {
	struct geo_owner known; /* what geo_owner() gives away */
	char operator_country[3];
	uint8_t role; /* enum geo_role */
	uint32_t asn;
};

int owners_open(struct owners **owners, const char *path, struct err *err);
void owners_close(struct owners *owners);

/* The row of an AS number, 1 and up; 0 where it is not listed or owners is NULL. */
uint16_t owners_find(const struct owners *owners, uint32_t asn);

/* A row; NULL for 0 and beyond the last. */
const struct owner *owners_row(const struct owners *owners, uint16_t row);

unsigned owners_count(const struct owners *owners);
const char *owners_path(const struct owners *owners);

/* "AS64496" or "64496" as a number; false where it is neither, or 0. */
bool asn_parse(const char *text, uint32_t *asn);
