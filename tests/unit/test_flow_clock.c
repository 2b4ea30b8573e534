#include "collector/flow_clock.h"

#include "base/clock.h"
#include "tests/tap.h"

#define MINUTE_NS (60 * NS_PER_S)
#define YEAR_NS   (365 * 86400 * NS_PER_S)

static const uint64_t start_ns = 1750000000 * NS_PER_S;

static struct flow_clock started(void)
{
	struct flow_clock clock;

	flow_clock_init(&clock, 5 * MINUTE_NS);
	flow_clock_see(&clock, start_ns);
	return clock;
}

static void test_ordinary(void)
{
	struct flow_clock clock = started();
	uint64_t running_ns = clock.running_ns;

	is_int((int64_t)(flow_clock_see(&clock, start_ns + 7) - running_ns), 7,
		"runs with the packets");
	is_int((int64_t)(flow_clock_see(&clock, start_ns + 3) - running_ns), 7,
		"stands still for a late packet");
	is_int((int64_t)(flow_clock_see(&clock, start_ns + 59 * MINUTE_NS) - running_ns),
		(int64_t)(59 * MINUTE_NS), "an hour ahead is believed");
	is_int((int64_t)clock.steps, 0, "and no step");
}

/* How far is late, and how far is ahead: to the last nanosecond. */
static void test_bounds(void)
{
	struct flow_clock clock = started();
	uint64_t running_ns = clock.running_ns;

	ok(flow_clock_see(&clock, start_ns - clock.back_ns) == running_ns && clock.steps == 0,
		"as late as the longest timeout is late");
	flow_clock_see(&clock, start_ns - clock.back_ns - 1);
	is_int((int64_t)clock.steps, 1, "… and more is a step back");
	clock = started();
	is_int((int64_t)(flow_clock_see(&clock, start_ns + clock.forward_ns) - running_ns),
		(int64_t)clock.forward_ns, "so far ahead the clock goes");
	flow_clock_see(&clock, start_ns + 2 * clock.forward_ns + 1);
	is_int((int64_t)clock.steps, 1, "… and further is a step ahead");
	flow_clock_see(&clock, start_ns + 2 * clock.forward_ns + 1 - clock.back_ns);
	is_int((int64_t)clock.steps, 1, "what is late behind a step is on its side");
	clock = started();
	flow_clock_see(&clock, start_ns + YEAR_NS);
	flow_clock_see(&clock, start_ns + YEAR_NS - clock.back_ns - 1);
	is_int((int64_t)clock.steps, 2, "… and what is later is a step of its own");
}

static void test_one_wrong_stamp(void)
{
	struct flow_clock clock = started();
	uint64_t running_ns = clock.running_ns;

	ok(flow_clock_see(&clock, start_ns + 10 * YEAR_NS) > running_ns + clock.forward_ns,
		"a stamp years ahead is far from the others");
	is_int((int64_t)(flow_clock_see(&clock, start_ns + 1) - running_ns), 1,
		"and the next goes on as if nothing had been");
	ok(flow_clock_see(&clock, 0) > running_ns + clock.forward_ns,
		"a stamp of zero is far from the others as well");
	is_int((int64_t)(flow_clock_see(&clock, start_ns + 2) - running_ns), 2, "and forgotten");
	is_int((int64_t)clock.steps, 2, "both are counted");
}

static void test_step(bool is_back)
{
	struct flow_clock clock = started();
	const char *way = is_back ? "back" : "ahead";
	uint64_t there_ns = is_back ? start_ns - YEAR_NS : start_ns + YEAR_NS;
	uint64_t before_ns = clock.running_ns, running_ns = 0, last_ns = before_ns;
	bool grows = true;

	for (unsigned i = 0; i < FLOW_CLOCK_AGREEING; i++) {
		running_ns = flow_clock_see(&clock, there_ns + i * NS_PER_MS);
		grows = grows && running_ns > last_ns;
		last_ns = running_ns;
	}
	ok(grows, "a step %s: the running time only grows", way);
	ok(clock.time_ns == there_ns + (FLOW_CLOCK_AGREEING - 1) * NS_PER_MS,
		"a step %s is believed after some packets", way);
	ok(running_ns == clock.running_ns && running_ns - before_ns > clock.back_ns,
		"a step %s is longer than every timeout", way);
	is_int((int64_t)(flow_clock_see(&clock, there_ns + NS_PER_S) - running_ns),
		(int64_t)(NS_PER_S - (FLOW_CLOCK_AGREEING - 1) * NS_PER_MS),
		"a step %s: then the clock runs as before", way);
	is_int((int64_t)clock.steps, 1, "a step %s is one step", way);
}

static void test_sparse(void)
{
	struct flow_clock clock = started();
	uint64_t last_ns = clock.running_ns;
	bool grows = true;

	for (unsigned i = 1; i <= 100; i++) {
		uint64_t running_ns = flow_clock_see(&clock, start_ns + i * 120 * MINUTE_NS);
		grows = grows && running_ns - last_ns > clock.back_ns;
		last_ns = running_ns;
	}
	ok(grows, "a packet every two hours: each is further than every timeout");
	ok(clock.time_ns >= start_ns + 90 * 120 * MINUTE_NS, "and the clock follows");
}

static void test_extremes(void)
{
	struct flow_clock clock = started();
	static const uint64_t stamps[] = { 0, UINT64_MAX, 1, UINT64_MAX - 1, UINT64_MAX / 2, 0 };
	uint64_t last_ns = clock.running_ns;
	bool grows = true;

	for (unsigned i = 0; i < 10000; i++) {
		flow_clock_see(&clock, stamps[i / (i % 3 == 0 ? 1 : 11) % 6]);
		grows = grows && clock.running_ns >= last_ns;
		last_ns = clock.running_ns;
	}
	ok(grows, "never goes back, whatever comes");
}

int main(void)
{
	test_ordinary();
	test_bounds();
	test_one_wrong_stamp();
	test_step(false);
	test_step(true);
	test_sparse();
	test_extremes();
	return done_testing();
}
