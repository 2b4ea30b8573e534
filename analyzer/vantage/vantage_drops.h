/* Live: in which minutes the kernel had no room for frames. An average over weeks hides an hour in
 * which most were lost.
 *
 * Memory   a value.
 * Threads  the owner's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { DROPS_MINUTES = 3 };

struct drops_minute {
	uint64_t start_ns, frames, drops; /* frames: with those that were dropped */
};

struct vantage_drops {
	bool is_begun;
	uint64_t frames, drops;                   /* as they were noted last */
	struct drops_minute minute;               /* that goes on */
	struct drops_minute worst[DROPS_MINUTES]; /* the worst first; drops 0: none */
};

/* What was taken and dropped until now, again and again. */
void vantage_drops_note(
	struct vantage_drops *drops, uint64_t frames, uint64_t dropped, uint64_t now_ns);

/* The worst minutes by now, that goes on included; how many are far above the rest of the time. */
unsigned vantage_drops_bursts(
	const struct vantage_drops *drops, struct drops_minute bursts[DROPS_MINUTES]);
