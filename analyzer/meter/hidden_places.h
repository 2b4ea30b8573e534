/* Hidden places: how much of each unit's traffic to each zone does not show which app it is, and
 * why (unnamed.h).
 *
 * Memory   grows with units and zones that there are.
 * Threads  one at a time. */
#pragma once

#include "analyzer/meter/overview.h"
#include "analyzer/meter/profiles.h"
#include "analyzer/meter/tally.h"

struct hidden_places {
	struct tally totals, reasons; /* by place; by place and reason */
	struct overview_place *listing;
};

void hidden_places_init(struct hidden_places *places);
void hidden_places_deinit(struct hidden_places *places);

/* Records of one profile that cross the border. */
void hidden_places_merge(
	struct hidden_places *places, const struct profile *profile, const struct tally_row *row);

/* *rows is good until the next call; none where memory is out. */
size_t hidden_places_list(struct hidden_places *places, const struct overview_place **rows);
