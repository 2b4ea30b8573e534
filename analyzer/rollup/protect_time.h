/* Time under protection: how little of a local day may be told by itself.
 *
 * A figure of the body is exact where the body had at least k active devices. Windows are
 * subtracted from each other, so that must hold of whatever is left as well: each day is cut into
 * pieces, in each of which at least k devices were active, and a window tells of those pieces alone
 * that are wholly in it. A day on which fewer were active has none.
 *
 * Pieces are made of hours, counted from the day's beginning. Asked by less than an hour they are
 * made of slots, inside those of hours: a piece of hours is always made of whole pieces of slots.
 * What is left at the end of a piece of hours, or of the day, belongs to the last piece before it.
 * Of a day that is not over nobody knows yet whether something will be left: its last piece is not
 * told.
 *
 * What stays open: what comes late can move an edge.
 *
 * Memory   a set of devices for each slot in which somebody was active.
 * Threads  one at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/rollup/devices.h"

/* Of a day of 25 hours, and its beginning. */
enum { PROTECT_EDGES_MAX = 25 * 12 + 1 };

struct protect_day;

/* NULL: out of memory. */
struct protect_day *protect_day_create(unsigned k, uint64_t start_ns, uint64_t end_ns);
void protect_day_destroy(struct protect_day *day); /* NULL is accepted */

/* Devices that were active in the slot, or the hour, that begins then; of the day, or ignored. */
void protect_day_note(struct protect_day *day, uint64_t time_ns, const struct devices *devices);

/* Where the pieces meet, in order, the first one's beginning included; returns how many edges there
 * are, 0 where no piece may be told. is_over: nothing of the day is still to come. by_slots: what
 * was noted are slots. */
unsigned protect_day_edges(const struct protect_day *day, bool by_slots, bool is_over,
	uint64_t edges_ns[PROTECT_EDGES_MAX]);
