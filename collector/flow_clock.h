/* The clock of the flow table: it runs on the packets' times and never goes back.
 *
 * Captures hold packets in slightly wrong order, machines set their clock, files are joined, and
 * single stamps are plain wrong. So two times are kept. The packets' own times go into records as
 * they are. Timeouts are measured on running_ns, which follows the packets' times but only ever
 * grows:
 *
 *  - A packet at most back_ns behind the latest is late; the clock stands still.
 *  - A packet at most forward_ns ahead moves the clock.
 *  - Anything else is a step, and in doubt until FLOW_CLOCK_AGREEING packets in a row are on its
 *    side. Meanwhile its packets live on a running time of their own, far ahead, so that flows
 *    which began there are whole whether or not the step is believed, and flows from before are
 *    not touched by a single wrong stamp.
 *  - A step ahead moves the running time by as much, but at most by gap_ns; a step back moves it by
 *    gap_ns. Since gap_ns is more than every timeout, all flows from before a step back are over.
 *
 * Threads  one.
 * Failure  none: steps are counted. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { FLOW_CLOCK_AGREEING = 8 };

struct flow_clock {
	uint64_t time_ns;    /* the latest time believed, since 1970 */
	uint64_t running_ns; /* never goes back */
	uint64_t back_ns, forward_ns, gap_ns;
	uint64_t plain_ns; /* a packet less than this ahead just moves the clock; 0 while something
			      is in doubt */
	uint64_t steps;
	struct {
		unsigned packets; /* 0: nothing is in doubt */
		uint64_t time_ns, running_ns;
	} doubt;
	bool started;
};

/* back_ns is the longest of the timeouts. */
void flow_clock_init(struct flow_clock *clock, uint64_t back_ns);

/* For what flow_clock_see() cannot settle at once. */
uint64_t flow_clock_see_slow(struct flow_clock *clock, uint64_t time_ns);

/* Takes the time of the next packet and gives the running time at which it came. */
static inline uint64_t flow_clock_see(struct flow_clock *clock, uint64_t time_ns)
{
	uint64_t ahead_ns = time_ns - clock->time_ns;

	if (__builtin_expect(ahead_ns >= clock->plain_ns, 0)) {
		return flow_clock_see_slow(clock, time_ns);
	}
	clock->time_ns = time_ns;
	return clock->running_ns += ahead_ns;
}
