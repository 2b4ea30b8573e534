/* A line on the terminal that says how far long work is: percent, packets, rate, time left.
 *
 * Written to standard error, over itself, and taken away at the end. Threads: one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct text;

struct progress {
	bool shown;        /* the line is to be shown at all */
	bool on_screen;    /* it is there now */
	const char *noun;  /* what is counted: "packets" */
	uint64_t start_ns; /* clock_monotonic_ns() */
};

/* mode: "auto" (only where standard error is a terminal), "always" or "never". */
void progress_init(struct progress *progress, const char *mode, const char *noun, uint64_t now_ns);

/* done of all is the share of the work (all 0: not known); count is what was counted. */
void progress_show(
	struct progress *progress, uint64_t done, uint64_t all, uint64_t count, uint64_t now_ns);
/* "40 s left", "25 min left", "1 h 30 min left", "3 days left". */
void progress_put_left(struct text *text, double seconds);
/* The next part of the work begins, of which done is 0. */
void progress_restart(struct progress *progress, uint64_t now_ns);
void progress_clear(struct progress *progress);
