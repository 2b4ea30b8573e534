#include "collector/flow_track.h"

#include <stdlib.h>

#include "collector/reserve.h"

struct flow_track *flow_track_create(struct frame_marks *marks, bool locates, uint32_t capacity)
{
	struct flow_track *track = calloc(1, sizeof(*track));

	if (!track) {
		return NULL;
	}
	track->marks = marks;
	track->capacity = capacity;
	for (unsigned is_v6 = 0; is_v6 < 2; is_v6++) {
		track->serials[is_v6] = reserve_map(capacity * sizeof(uint32_t));
		track->first[is_v6] = locates ? reserve_map(capacity * sizeof(uint64_t)) : NULL;
		track->last[is_v6] = locates ? reserve_map(capacity * sizeof(uint64_t)) : NULL;
		if (!track->serials[is_v6] ||
			(locates && (!track->first[is_v6] || !track->last[is_v6]))) {
			flow_track_destroy(track);
			return NULL;
		}
	}
	return track;
}

void flow_track_destroy(struct flow_track *track)
{
	if (!track) {
		return;
	}
	for (unsigned is_v6 = 0; is_v6 < 2; is_v6++) {
		reserve_unmap(track->serials[is_v6], track->capacity * sizeof(uint32_t));
		reserve_unmap(track->first[is_v6], track->capacity * sizeof(uint64_t));
		reserve_unmap(track->last[is_v6], track->capacity * sizeof(uint64_t));
	}
	free(track);
}

/* Of one file the first is the least place and the last the largest; where the flow goes on in
 * another file, the last is there. */
void flow_track_widen(struct flow_track *track, uint32_t number, bool is_v6, uint64_t place)
{
	uint64_t *first = &track->first[is_v6][number], *last = &track->last[is_v6][number];
	bool is_first_file = frame_place_file(place) == frame_place_file(*first);
	bool is_last_file = frame_place_file(place) == frame_place_file(*last);

	if (*first == 0 || (is_first_file && place < *first)) {
		*first = place;
	}
	if (!is_last_file || place > *last) {
		*last = place;
	}
}

bool flow_track_take_up(struct flow_track *track, unsigned from, unsigned to)
{
	const struct frame_ref *frames = track->packets->frames;
	uint64_t farthest = track->farthest;
	bool is_in_order = true;

	for (unsigned at = from; at < to; at++) {
		uint64_t place = frames[at].place;
		is_in_order &= place >= farthest;
		farthest = place > farthest ? place : farthest;
	}
	track->farthest = farthest;
	return is_in_order && !track->marks && track->last[0];
}
