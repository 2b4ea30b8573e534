/* Inside the overview: its tables, and what makes a row of each. A key says whether a cell is in
 * the table, and in which row. */
#pragma once

#include "analyzer/rollup/fold.h"

/* The tables, each a fold of the same cells. */
enum table_kind {
	TABLE_TOTAL,
	TABLE_APPS,
	TABLE_APP_COUNTRIES,
	TABLE_APP_ZONES,
	TABLE_INFERRED,
	TABLE_ZONES,
	TABLE_CONTROLS,
	TABLE_UNNAMED,
	TABLE_DIRECTIONS,
	TABLE_PROTOCOLS,
	TABLE_MATRIX,
	TABLE_RULES,
	TABLE_VERDICTS,
	TABLE_CLASS_VERDICTS,
	TABLE_PLACES,
	TABLE_PLACES_HIDDEN,
	TABLE_PLACES_NAMED,
	TABLE_PLACE_REASONS,
	TABLE_COUNT
};

extern fold_key *const overview_keys[TABLE_COUNT];
