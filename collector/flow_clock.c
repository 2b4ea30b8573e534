#include "collector/flow_clock.h"

#include "base/clock.h"

void flow_clock_init(struct flow_clock *clock, uint64_t back_ns)
{
	uint64_t hour_ns = 3600 * NS_PER_S;

	*clock = (struct flow_clock){
		.back_ns = back_ns,
		.forward_ns = back_ns > hour_ns ? back_ns : hour_ns,
	};
	clock->gap_ns = clock->forward_ns + back_ns + 1;
	/* So that "some time ago" is never before zero. */
	clock->running_ns = 2 * clock->gap_ns;
}

static inline uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void begin_doubt(struct flow_clock *clock, uint64_t time_ns)
{
	bool is_ahead = time_ns > clock->time_ns;
	uint64_t step_ns =
		is_ahead ? least(time_ns - clock->time_ns, clock->gap_ns) : clock->gap_ns;

	clock->steps++;
	clock->plain_ns = 0;
	clock->doubt.packets = 1;
	clock->doubt.time_ns = time_ns;
	clock->doubt.running_ns = clock->running_ns + step_ns;
}

static void end_doubt(struct flow_clock *clock)
{
	clock->plain_ns = clock->forward_ns + 1;
	clock->doubt.packets = 0;
}

static void believe(struct flow_clock *clock)
{
	clock->time_ns = clock->doubt.time_ns;
	clock->running_ns = clock->doubt.running_ns;
	end_doubt(clock);
}

uint64_t flow_clock_see_slow(struct flow_clock *clock, uint64_t time_ns)
{
	if (!clock->started) {
		clock->started = true;
		end_doubt(clock);
		clock->time_ns = time_ns;
		return clock->running_ns;
	}
	bool is_late = time_ns < clock->time_ns;
	if (is_late ? clock->time_ns - time_ns <= clock->back_ns
		    : time_ns - clock->time_ns <= clock->forward_ns) {
		end_doubt(clock);
		if (!is_late) {
			clock->running_ns += time_ns - clock->time_ns;
			clock->time_ns = time_ns;
		}
		return clock->running_ns;
	}
	bool agrees = clock->doubt.packets > 0 &&
		      (time_ns >= clock->doubt.time_ns ||
			      clock->doubt.time_ns - time_ns <= clock->back_ns);
	if (!agrees) {
		begin_doubt(clock, time_ns);
		return clock->doubt.running_ns;
	}
	if (time_ns > clock->doubt.time_ns) {
		clock->doubt.running_ns += least(time_ns - clock->doubt.time_ns, clock->gap_ns);
		clock->doubt.time_ns = time_ns;
	}
	if (++clock->doubt.packets >= FLOW_CLOCK_AGREEING) {
		believe(clock);
		return clock->running_ns;
	}
	return clock->doubt.running_ns;
}
