#include "analyzer/rollup/protect_time.h"

#include <stdlib.h>

#include "analyzer/rollup/protect.h"
#include "base/clock.h"

enum { SLOTS_MAX = PROTECT_EDGES_MAX - 1, SLOTS_PER_HOUR = 12 };

struct protect_day {
	unsigned k, count; /* of slots */
	uint64_t start_ns, end_ns;
	struct devices slots[SLOTS_MAX];
};

struct protect_day *protect_day_create(unsigned k, uint64_t start_ns, uint64_t end_ns)
{
	struct protect_day *day = calloc(1, sizeof(*day));

	if (day) {
		uint64_t count = (end_ns - start_ns + SLOT_NS - 1) / SLOT_NS;
		day->k = k;
		day->count = count < SLOTS_MAX ? (unsigned)count : SLOTS_MAX;
		day->start_ns = start_ns;
		day->end_ns = end_ns;
	}
	return day;
}

void protect_day_destroy(struct protect_day *day)
{
	for (unsigned i = 0; day && i < day->count; i++) {
		devices_deinit(&day->slots[i]);
	}
	free(day);
}

void protect_day_note(struct protect_day *day, uint64_t time_ns, const struct devices *devices)
{
	uint64_t slot = (time_ns - day->start_ns) / SLOT_NS;

	if (time_ns >= day->start_ns && slot < day->count) {
		devices_merge(&day->slots[slot], devices);
	}
}

/* Places between slots; the first of them is where the first piece begins. */
struct edges {
	unsigned count;
	unsigned at[PROTECT_EDGES_MAX];
};

/* Adds the ends of pieces of [first, end), each of whole steps: one is over as soon as k devices
 * were active in it. */
static void cut(const struct protect_day *day, unsigned first, unsigned end, unsigned step,
	struct edges *edges)
{
	struct devices active = { 0 };

	for (unsigned at = first, to; at < end; at = to) {
		to = at + step < end ? at + step : end;
		for (unsigned slot = at; slot < to; slot++) {
			devices_merge(&active, &day->slots[slot]);
		}
		if (protect_shows_count(day->k, devices_count(&active))) {
			edges->at[edges->count++] = to;
			devices_clear(&active);
		}
	}
	devices_deinit(&active);
}

/* What is left at the end belongs to the last piece, or may yet. */
static void end_last(struct edges *edges, bool is_over, unsigned end)
{
	if (is_over) {
		edges->at[edges->count - 1] = end;
	} else {
		edges->count--;
	}
}

unsigned protect_day_edges(const struct protect_day *day, bool by_slots, bool is_over,
	uint64_t edges_ns[PROTECT_EDGES_MAX])
{
	struct edges hours = { .count = 1 }, slots = { .count = 1 };
	const struct edges *edges = by_slots ? &slots : &hours;

	cut(day, 0, day->count, SLOTS_PER_HOUR, &hours);
	unsigned last = hours.count - 1; /* its piece */
	for (unsigned i = 1; by_slots && i <= last; i++) {
		bool ends_there = i < last || is_over;
		unsigned end = i == last && is_over ? day->count : hours.at[i];
		cut(day, hours.at[i - 1], end, 1, &slots);
		end_last(&slots, ends_there, end);
	}
	if (last > 0) {
		end_last(&hours, is_over, day->count);
	}
	for (unsigned i = 0; i < edges->count; i++) {
		uint64_t at_ns = day->start_ns + edges->at[i] * SLOT_NS;
		edges_ns[i] = at_ns < day->end_ns ? at_ns : day->end_ns;
	}
	return edges->count > 1 ? edges->count : 0;
}
