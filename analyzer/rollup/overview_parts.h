/* The inside of an overview: overview_add.c fills it, overview.c lists what is in it. */
#pragma once

#include "analyzer/rollup/heavy_names.h"
#include "analyzer/rollup/unnamed_by_unit.h"
#include "analyzer/rollup/overview.h"
#include "analyzer/rollup/profiles.h"
#include "analyzer/rollup/tally.h"
#include "base/hash.h"

/* What one app needs beyond a tally row. */
struct app_facts {
	uint64_t bytes_up_outside, flows_embedded, flows_denied;
	uint16_t evidence;
	uint8_t confidence_least, confidence_most;
};

/* The same of an app that is inferred. */
struct inferred_facts {
	uint8_t grounds, confidence_least, confidence_most;
};

/* The tallies, and how many rows each may have. */
enum tally_kind {
	TALLY_TOTAL,
	TALLY_APPS,
	TALLY_APP_COUNTRIES,
	TALLY_INFERRED,
	TALLY_ZONES,
	TALLY_CONTROLS,
	TALLY_UNNAMED,
	TALLY_DIRECTIONS,
	TALLY_PROTOCOLS,
	TALLY_MATRIX,
	TALLY_RULES,
	TALLY_KIND_COUNT
};

struct overview {
	struct hash_key device_key;
	struct profiles profiles; /* not yet in the tallies and places */
	struct tally tallies[TALLY_KIND_COUNT];
	struct heavy_names unlisted;
	struct unnamed_by_unit places;
	struct app_facts *facts; /* by app */
	uint32_t fact_count;
	struct inferred_facts *inferred; /* by app; all of them, once one is inferred */
	struct overview_app *app_listing;
	struct overview_inferred *inferred_listing;
	struct overview_cell *cell_listing;
	struct overview_rule *rule_listing;
};

/* Two letters as a number; "" is 0, and "--" stands for our own networks. */
static inline uint64_t overview_pack_country(const char country[3])
{
	return country[0] ? (uint64_t)(uint8_t)country[0] << 8 | (uint8_t)country[1] : 0;
}

/* NULL: out of memory. */
struct app_facts *overview_app_facts(struct overview *overview, uint16_t app);

/* What was gathered by profile goes to where it is listed. */
void overview_settle(struct overview *overview);
