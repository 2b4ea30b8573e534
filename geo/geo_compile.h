/* Databases, tables and overrides become one index.
 *
 * Each database is walked once into a list of ranges; the lists are merged border by border, and
 * each combination of answers that occurs becomes one row. Takes about half a second for a few
 * million ranges; never on the packet path.
 *
 * Memory   its own while it works, freed before it returns; the index belongs to the caller.
 * Failure  a damaged database, or out of memory: -errno and a reason, and no index. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "geo/geo_db.h"
#include "geo/geo_index.h"
#include "geo/jurisdiction.h"
#include "geo/overrides.h"
#include "geo/owners.h"

enum { GEO_DATABASES_MAX = 8 };

struct geo_inputs {
	struct geo_db *databases[GEO_DATABASES_MAX]; /* by order of likelihood */
	size_t database_count;
	const struct jurisdictions *jurisdictions; /* may be NULL */
	const struct owners *owners;               /* may be NULL */
	const struct overrides *overrides;
};

int geo_compile(struct geo_index *index, const struct geo_inputs *inputs, uint64_t fingerprint,
	struct err *err);
