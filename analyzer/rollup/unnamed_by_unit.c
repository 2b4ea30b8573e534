#include "analyzer/rollup/unnamed_by_unit.h"

#include <stdlib.h>
#include <string.h>

/* A place is a unit and a zone; behind it stands a reason, or that any reason counts. */
enum { REASON_ANY = 0xff, PLACES_MAX = 1 << 18 };

void unnamed_by_unit_init(struct unnamed_by_unit *places)
{
	tally_init(&places->totals, PLACES_MAX);
	tally_init(&places->reasons, PLACES_MAX);
	places->listing = NULL;
}

void unnamed_by_unit_deinit(struct unnamed_by_unit *places)
{
	tally_deinit(&places->totals);
	tally_deinit(&places->reasons);
	free(places->listing);
}

void unnamed_by_unit_merge(
	struct unnamed_by_unit *places, const struct profile *profile, const struct tally_row *row)
{
	uint64_t key = (uint64_t)profile->unit << 8 | profile->zone;

	tally_merge(tally_row(&places->totals, key), row);
	if (profile->unnamed != PROFILE_NAMED) {
		tally_merge(tally_row(&places->reasons, key << 8 | profile->unnamed), row);
		tally_merge(tally_row(&places->reasons, key << 8 | REASON_ANY), row);
	}
}

static uint64_t bytes_of(const struct overview_row *row)
{
	return row->bytes_up + row->bytes_down;
}

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? 1 : a > b ? -1 : 0;
}

static int compare_places(const void *a, const void *b)
{
	const struct overview_place *x = a, *y = b;
	int order = compare(bytes_of(&x->hidden), bytes_of(&y->hidden));

	order = order ? order : compare(x->hidden.flows, y->hidden.flows);
	order = order ? order : compare(y->unit, x->unit);
	return order ? order : compare(y->zone, x->zone);
}

size_t unnamed_by_unit_list(struct unnamed_by_unit *places, const struct overview_place **rows)
{
	uint32_t count = places->totals.row_count;
	struct overview_place *listing = realloc(places->listing, (count + 1) * sizeof(*listing));

	*rows = listing;
	if (!listing) {
		return 0;
	}
	places->listing = listing;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t key = places->totals.rows[i].key;
		listing[i] = (struct overview_place){ .unit = (uint16_t)(key >> 8),
			.zone = (uint8_t)key,
			.total = *tally_row_sums(&places->totals.rows[i]),
			.hidden = *tally_sums(&places->reasons, key << 8 | REASON_ANY) };
		for (unsigned reason = 0; reason < UNNAMED_REASON_COUNT; reason++) {
			listing[i].reasons[reason] =
				*tally_sums(&places->reasons, key << 8 | reason);
		}
	}
	qsort(listing, count, sizeof(*listing), compare_places);
	return count;
}
