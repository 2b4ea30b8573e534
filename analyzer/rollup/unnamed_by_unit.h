/* Hidden places: how much of each unit's traffic to each zone does not show which app it is, and
 * why (unnamed.h).
 *
 * Memory   grows with units and zones that there are.
 * Threads  one at a time. */
#pragma once

#include "analyzer/rollup/overview.h"
#include "analyzer/rollup/profiles.h"
#include "analyzer/rollup/tally.h"

struct unnamed_by_unit {
	struct tally totals, reasons; /* by place; by place and reason */
	struct overview_place *listing;
};

void unnamed_by_unit_init(struct unnamed_by_unit *places);
void unnamed_by_unit_deinit(struct unnamed_by_unit *places);

/* Records of one profile that cross the border. */
void unnamed_by_unit_merge(
	struct unnamed_by_unit *places, const struct profile *profile, const struct tally_row *row);

/* *rows is good until the next call; none where memory is out. */
size_t unnamed_by_unit_list(struct unnamed_by_unit *places, const struct overview_place **rows);
