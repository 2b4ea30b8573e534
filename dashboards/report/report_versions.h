/* Digests (SHA-256) of the data files in force: the databases of countries and networks, and the
 * table of legal zones. Read once a report: they are large.
 *
 * Memory   plain value.
 * Failure  a file that cannot be read has no digest. */
#pragma once

#include <stddef.h>

#include "geo/geo.h"

enum { REPORT_DATABASES_MAX = 16, REPORT_DIGEST_TEXT = 65 };

struct report_versions {
	char databases[REPORT_DATABASES_MAX][REPORT_DIGEST_TEXT]; /* as geo_database_file() */
	char zones[REPORT_DIGEST_TEXT];
};

void report_versions_read(struct report_versions *versions, const struct geo *geo);

/* "" not known. */
const char *report_versions_database(const struct report_versions *versions, size_t database);
