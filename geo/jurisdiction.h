/* Country to legal zone, names and adequacy decision: jurisdictions.tsv in memory.
 *
 * Memory   the table owns its file's text; rows are good until jurisdictions_destroy().
 * Threads  any number may ask.
 * Failure  a row that cannot be read is refused with file and line. */
#pragma once

#include "base/err.h"
#include "geo/geo.h"

struct jurisdictions;

int jurisdictions_open(struct jurisdictions **table, const char *path, struct err *err);
void jurisdictions_close(struct jurisdictions *table);

/* The row of a code, NULL where it is not listed or table is NULL. */
const struct geo_country *jurisdictions_find(const struct jurisdictions *table, const char *code);

/* The zone of a code: unknown where it is not listed. */
enum geo_zone jurisdictions_zone(const struct jurisdictions *table, const char *code);

unsigned jurisdictions_count(const struct jurisdictions *table);
const char *jurisdictions_path(const struct jurisdictions *table);
