/* The distance of two clocks, out of lookups and flows. */
#include "collector/log_clock.h"

#include "base/clock.h"
#include "tests/tap.h"

enum { PAIRS = 200, START_S = 1750000000 };

static struct addr addr_of(uint8_t net, uint32_t host)
{
	const uint8_t bytes[4] = { 10, net, (uint8_t)(host >> 8), (uint8_t)host };

	return addr_from_v4(bytes);
}

/* Lookups of a log that is so far ahead, each followed by a flow, and by others later. */
static int32_t ahead_of(int32_t ahead_s, unsigned pairs, unsigned each_s, bool are_flows_first)
{
	struct log_clock *clock = log_clock_create();
	uint32_t lookups;

	for (unsigned turn = 0; turn < 2; turn++) {
		for (uint32_t i = 0; i < pairs; i++) {
			struct addr client = addr_of(1, i % 20), address = addr_of(2, i);
			uint64_t start_ns = (START_S + (uint64_t)i * each_s) * NS_PER_S;
			if ((turn == 0) != are_flows_first) {
				log_clock_take_name(clock, &client, &address,
					start_ns +
						(uint64_t)((int64_t)ahead_s * (int64_t)NS_PER_S));
			} else {
				log_clock_take_flow(
					clock, &client, &address, start_ns + 30 * NS_PER_MS);
				log_clock_take_flow(clock, &client, &address,
					start_ns + (100 + i * 37 % 400) * NS_PER_S);
			}
		}
	}
	int32_t ahead = log_clock_ahead_s(clock, &lookups);
	log_clock_destroy(clock);
	return ahead;
}

/* No more lookups are said to lie apart than there are, however many flows follow each. */
static void test_count(void)
{
	struct log_clock *clock = log_clock_create();
	uint32_t lookups;

	for (uint32_t i = 0; i < PAIRS; i++) {
		struct addr client = addr_of(1, i % 20), address = addr_of(2, i);
		uint64_t start_ns = (START_S + (uint64_t)i * 3) * NS_PER_S;
		log_clock_take_name(clock, &client, &address, start_ns + 3600 * NS_PER_S);
		for (unsigned flow = 0; flow < 4; flow++) {
			log_clock_take_flow(
				clock, &client, &address, start_ns + (30 + flow * 300) * NS_PER_MS);
		}
	}
	is_int(log_clock_ahead_s(clock, &lookups), 3600, "flows that begin together");
	ok(lookups > PAIRS * 9 / 10 && lookups <= PAIRS, "… tell of one look-up: %u", lookups);
	log_clock_destroy(clock);
}

int main(void)
{
	static const int32_t offs[] = { 3600, -3600, 7200, 10, 60, -60, -39600 };

	for (unsigned i = 0; i < sizeof(offs) / sizeof(offs[0]); i++) {
		is_int(ahead_of(offs[i], PAIRS, 7, false), offs[i], "%d s, lookups first", offs[i]);
		is_int(ahead_of(offs[i], PAIRS, 7, true), offs[i], "%d s, flows first", offs[i]);
	}
	test_count();
	is_int(ahead_of(0, PAIRS, 7, false), 0, "clocks that agree");
	is_int(ahead_of(1, PAIRS, 7, true), 0, "a second");
	is_int(ahead_of(-3, PAIRS, 7, true), 0, "clients that take their time");
	is_int(ahead_of(3600, 15, 7, false), 0, "too few to tell");
	is_int(ahead_of(90000, PAIRS, 7, false), 0, "a day: not told");
	return done_testing();
}
