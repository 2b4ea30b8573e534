/* Which packets were counted in which flow, for whoever wants to find them again: serial numbers of
 * flows, in the order in which they began, and marks on the frames of their packets.
 *
 * Only a table that was given marks does this; what follows packets without is compiled apart, and
 * pays nothing.
 *
 * Memory   4 bytes for each flow that the table may hold.
 * Threads  the table's. */
#pragma once

#include <stdbool.h>

#include "collector/flow_slab.h"
#include "collector/frame_marks.h"
#include "collector/packet.h"

struct flow_track {
	struct frame_marks *marks;          /* the caller's */
	const struct packet_batch *packets; /* in hand */
	uint32_t *serials[2];               /* of live flows, by number: IPv4, IPv6 */
	uint32_t capacity;
	uint32_t latest; /* serial that was given out */
};

/* NULL: out of memory. capacity: numbers of each family. */
struct flow_track *flow_track_create(struct frame_marks *marks, uint32_t capacity);
void flow_track_destroy(struct flow_track *track);

static inline uint32_t *flow_track_serial(struct flow_track *track, uint32_t number, bool is_v6)
{
	return &track->serials[is_v6][number];
}

static inline void flow_track_open(struct flow_track *track, uint32_t number, bool is_v6)
{
	*flow_track_serial(track, number, is_v6) = ++track->latest;
}

/* The frame of a packet of the batch in hand. */
static inline uint64_t flow_track_frame(const struct flow_track *track, const struct packet *packet)
{
	return track->packets->frames[packet - track->packets->packets];
}

/* The flow counts packet `at` of the batch in hand. */
static inline void flow_track_count(
	struct flow_track *track, uint32_t number, bool is_v6, unsigned at)
{
	frame_marks_add(
		track->marks, track->packets->frames[at], *flow_track_serial(track, number, is_v6));
}

/* A packet that another flow had counted is this one's. */
static inline void flow_track_give(
	struct flow_track *track, uint64_t frame, uint32_t from, uint32_t to)
{
	frame_marks_move(track->marks, frame, from, to);
}
