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
		track->spans[is_v6] =
			locates ? reserve_map(capacity * sizeof(struct frame_span)) : NULL;
		if (!track->serials[is_v6] || (locates && !track->spans[is_v6])) {
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
		if (track->serials[is_v6]) {
			reserve_unmap(track->serials[is_v6], track->capacity * sizeof(uint32_t));
		}
		if (track->spans[is_v6]) {
			reserve_unmap(
				track->spans[is_v6], track->capacity * sizeof(struct frame_span));
		}
	}
	free(track);
}
