/* Corrections of the databases by prefix: overrides.tsv in memory.
 *
 * A row says country, AS number or both; the longest prefix that holds an address decides alone. Of
 * two lists, the one opened later wins whatever the lengths: the user's own list over the
 * program's.
 *
 * Memory   the lists own their files' texts.
 * Threads  any number may ask once all lists are open.
 * Failure  a row that cannot be read is refused with file and line. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

struct overrides;

struct override {
	struct prefix prefix;
	bool sets_country; /* to country, which is "" for "unknown" */
	char country[3];
	uint32_t asn; /* 0: not said */
	const char *note;
	const char *path;
	uint8_t list; /* 0 for the first file opened */
};

struct overrides *overrides_create(void); /* NULL: out of memory */
void overrides_destroy(struct overrides *overrides);

int overrides_add_file(struct overrides *overrides, const char *path, struct err *err);

/* Rows, weakest first: a later one wins over an earlier one where both hold an address. */
unsigned overrides_count(const struct overrides *overrides);
const struct override *overrides_row(const struct overrides *overrides, unsigned row);

/* The row that decides about an address; NULL none does. */
const struct override *overrides_find(const struct overrides *overrides, const struct addr *addr);

unsigned overrides_file_count(const struct overrides *overrides);
const char *overrides_path(const struct overrides *overrides, unsigned file);
