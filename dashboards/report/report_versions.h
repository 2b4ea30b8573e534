/* Digests (SHA-256) of the data files in force: the databases of countries and networks, and the
 * table of legal zones; and the policies by which sensors judged in the period, as each archive
 * keeps them (policy_history.h). Read once a report: they are large.
 *
 * Memory   plain value.
 * Failure  a file that cannot be read has no digest. */
#pragma once

#include <stddef.h>

#include "analyzer/policy/policy_history.h"
#include "geo/geo.h"

struct report_model;

enum { REPORT_DATABASES_MAX = 16, REPORT_POLICIES_MAX = 64, REPORT_DIGEST_TEXT = 65 };

/* from_ns is 0 of the first one, which speaks of all time before it; until_ns of the last one. */
struct sensor_policy {
	struct policy_acceptance accepted;
	uint64_t from_ns, until_ns;
};

struct report_versions {
	char databases[REPORT_DATABASES_MAX][REPORT_DIGEST_TEXT]; /* as geo_database_file() */
	char zones[REPORT_DIGEST_TEXT];
	struct sensor_policy policies[REPORT_POLICIES_MAX]; /* by archive, then by time */
	unsigned policy_count;
};

void report_versions_read(struct report_versions *versions, const struct report_model *model);

/* "" not known. */
const char *report_versions_database(const struct report_versions *versions, size_t database);
