/* Which packets were counted in which flow, for whoever wants to find them again: serial numbers of
 * flows, in the order in which they began, with marks on the frames of their packets; and where the
 * first and the last of these frames stand.
 *
 * Only a table that is asked for either does this; what follows packets without is compiled apart,
 * and pays nothing.
 *
 * Memory   4 bytes for each flow that the table may hold, and 16 for its places.
 * Threads  the table's. */
#pragma once

#include <stdbool.h>

#include "collector/flow.h"
#include "collector/flow_slab.h"
#include "collector/frame_marks.h"
#include "collector/frame_place.h"
#include "collector/packet.h"

struct flow_track {
	struct frame_marks *marks;          /* the caller's; NULL: nobody wants any */
	const struct packet_batch *packets; /* in hand */
	uint32_t *serials[2];               /* of live flows, by number: IPv4, IPv6 */
	/* Places of the first and the last frame, the same way; NULL: frames are not located.
	 * Apart, so that packets touch eight bytes of a flow. */
	uint64_t *first[2], *last[2];
	uint64_t farthest; /* place of all so far */
	uint32_t capacity;
	uint32_t latest; /* serial that was given out */
};

/* NULL: out of memory. capacity: numbers of each family. */
struct flow_track *flow_track_create(struct frame_marks *marks, bool locates, uint32_t capacity);
void flow_track_destroy(struct flow_track *track);

static inline uint32_t *flow_track_serial(struct flow_track *track, uint32_t number, bool is_v6)
{
	return &track->serials[is_v6][number];
}

/* place: of the first frame. */
static inline void flow_track_open(
	struct flow_track *track, uint32_t number, bool is_v6, uint64_t place)
{
	*flow_track_serial(track, number, is_v6) = ++track->latest;
	if (track->last[is_v6]) {
		track->first[is_v6][number] = track->last[is_v6][number] = place;
	}
}

/* The frame of a packet of the batch in hand. */
static inline struct frame_ref flow_track_frame(
	const struct flow_track *track, const struct packet *packet)
{
	return track->packets->frames[packet - track->packets->packets];
}

/* It will soon count a packet. */
static inline __attribute__((always_inline)) void flow_track_fetch(
	const struct flow_track *track, uint32_t number, bool is_v6)
{
	if (track->last[is_v6]) {
		__builtin_prefetch(&track->last[is_v6][number], 1);
	}
	if (track->marks) {
		__builtin_prefetch(&track->serials[is_v6][number]);
	}
}

/* It will soon be described. */
static inline __attribute__((always_inline)) void flow_track_fetch_record(
	const struct flow_track *track, uint32_t number, bool is_v6)
{
	__builtin_prefetch(&track->serials[is_v6][number]);
	if (track->last[is_v6]) {
		__builtin_prefetch(&track->first[is_v6][number]);
		__builtin_prefetch(&track->last[is_v6][number]);
	}
}

/* A frame out of order, or of another file. */
void flow_track_widen(struct flow_track *track, uint32_t number, bool is_v6, uint64_t place);

/* Frames come in the order of their file: nearly always the last one moves on, and no more. */
static inline void flow_track_reach(
	struct flow_track *track, uint32_t number, bool is_v6, uint64_t place)
{
	uint64_t *last = &track->last[is_v6][number];

	if (__builtin_expect(
		    place >= *last && frame_place_file(place) == frame_place_file(*last), 1)) {
		*last = place;
	} else {
		flow_track_widen(track, number, is_v6, place);
	}
}

/* Takes up packets [from, to) of the batch in hand. True where their frames are wanted for their
 * places alone and stand in order, behind all before: nearly always, and then flow_track_move() is
 * enough for each. */
bool flow_track_take_up(struct flow_track *track, unsigned from, unsigned to);

static inline void flow_track_move(
	struct flow_track *track, uint32_t number, bool is_v6, unsigned at)
{
	track->last[is_v6][number] = track->packets->frames[at].place;
}

/* The flow counts packet `at` of the batch in hand. */
static inline void flow_track_count(
	struct flow_track *track, uint32_t number, bool is_v6, unsigned at)
{
	struct frame_ref frame = track->packets->frames[at];

	if (track->marks) {
		frame_marks_add(
			track->marks, frame.number, *flow_track_serial(track, number, is_v6));
	}
	if (track->last[is_v6]) {
		flow_track_reach(track, number, is_v6, frame.place);
	}
}

/* A packet that a flow of serial `from` had counted is this one's. The span of the other may still
 * reach to it. */
static inline void flow_track_give(struct flow_track *track, struct frame_ref frame, uint32_t from,
	uint32_t number, bool is_v6)
{
	if (track->marks) {
		frame_marks_move(
			track->marks, frame.number, from, *flow_track_serial(track, number, is_v6));
	}
	if (track->last[is_v6]) {
		flow_track_widen(track, number, is_v6, frame.place);
	}
}

/* What is known of the flow by now. */
static inline void flow_track_describe(
	struct flow_track *track, uint32_t number, bool is_v6, struct flow_record *record)
{
	record->serial = *flow_track_serial(track, number, is_v6);
	if (track->last[is_v6]) {
		uint64_t first = track->first[is_v6][number], last = track->last[is_v6][number];
		record->files[0] = frame_place_file(first);
		record->files[1] = frame_place_file(last);
		record->offsets[0] = frame_place_offset(first);
		record->offsets[1] = frame_place_offset(last);
	}
}
