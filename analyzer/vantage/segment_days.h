/* Segment days: on which days it is proven that the sensor sees a segment.
 *
 * A segment is a unit of the policy, and each network and VLAN that the policy lists. That nothing
 * of an app was seen there means something only where the sensor was seen to see: a day is proven
 * by SEGMENT_NAMED_LEAST named flows of that segment of which both directions were seen, or by a
 * probe whose marker the sensor read (probe_marker.h). A period is proven where each of its local
 * days is.
 *
 * Memory   a row for each unit, SEGMENT_DAYS of the last days in each.
 * Threads  one.
 * Failure  out of memory: what finds no room is not counted, so nothing is proven by it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { SEGMENT_DAYS = 128, SEGMENT_NAMED_LEAST = 100 };

struct segment_day {
	int64_t day;     /* local day by number; 0: none */
	uint32_t named;  /* flows whose name and both directions were seen */
	uint32_t probes; /* whose markers were read */
};

struct segment_row {
	struct segment_day days[SEGMENT_DAYS];
};

struct segment_table {
	struct segment_row **rows; /* by symbol; NULL: nothing was seen of it */
	unsigned count;
};

/* Those of units, and those of the networks and VLANs that a policy lists (policy_segments.h), of
 * which 0 is all that is ours and neither in one of them nor in a unit. A zeroed struct is empty.
 */
struct segment_days {
	struct segment_table units, networks;
	bool are_kept; /* some were loaded */
};

void segment_days_deinit(struct segment_days *days);

/* The day of a unit or network, to be counted in; NULL: an older one than those that are kept, or
 * no memory. */
struct segment_day *segment_days_at(struct segment_days *days, uint16_t unit, int64_t day);
struct segment_day *segment_days_at_network(
	struct segment_days *days, uint16_t network, int64_t day);

/* NULL: nothing was seen. */
const struct segment_day *segment_days_find(
	const struct segment_days *days, uint16_t unit, int64_t day);
const struct segment_day *segment_days_find_network(
	const struct segment_days *days, uint16_t network, int64_t day);

bool segment_day_is_proven(const struct segment_day *day); /* NULL: not */

/* Of the days from..to, both included: on how many is the unit proven, and on all? What of it was
 * not seen while the rest was, segment_proof.h tells. */
unsigned segment_days_proven(
	const struct segment_days *days, uint16_t unit, int64_t from, int64_t to);
static inline bool segment_is_proven(
	const struct segment_days *days, uint16_t unit, int64_t from, int64_t to)
{
	return to >= from && segment_days_proven(days, unit, from, to) == to - from + 1;
}

/* State "vantage" (state.h), units and networks by their names. What is loaded is joined with what
 * is there: of each day the higher count. 0, also where there is none, or -errno and why.
 */
struct state;
int segment_days_save(const struct segment_days *days, struct state *state, struct err *err);
int segment_days_load(struct segment_days *days, struct state *state, struct err *err);
