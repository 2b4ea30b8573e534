/* Frame twins: frames that stand in more than one input.
 *
 * A ring of capture files whose ends overlap, or one file given twice, would count traffic twice. A
 * frame with the same bytes at the same nanosecond as one that another input brought is its twin.
 * Within one input nothing is a twin: what was captured twice there was seen twice.
 *
 * Memory   fixed: the frames of one instant, FRAME_TWINS_MAX at most; past that none is recognised.
 * Threads  one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "collector/packet.h"

enum { FRAME_TWINS_MAX = 256 };

struct frame_twins {
	struct hash_key key;
	uint64_t time_ns; /* the instant */
	unsigned count;
	struct frame_seen {
		uint64_t hash;
		unsigned input, copies;
	} seen[FRAME_TWINS_MAX];
};

void frame_twins_init(struct frame_twins *twins);

/* Frames come in order of time. True: another input has brought as many copies of it already. */
bool frame_twins_is_twin(struct frame_twins *twins, const struct frame *frame, unsigned input);
