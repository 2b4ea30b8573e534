/* Beacons: what is told, and what is not looked at; a hundred devices of tests/unit/calls.h for two
 * days. The whole week is in tests/proof/beacon_week.c. */
#include "analyzer/detect/beacon.h"
#include "tests/tap.h"
#include "tests/unit/calls.h"

enum { START_S = 1767571200 + 8 * 3600 };

static uint64_t random_state = 5;

static double random_share(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(random_state >> 11) / (double)(UINT64_C(1) << 53);
}

/* A device that is on from 8 to 17 on two days, with one call a minute to somewhere, and one
 * destination that it calls by the clock. Returns how often that was told. */
static unsigned two_days(struct beacons *beacons, uint64_t device, uint64_t destination,
	double period_s, double jitter, bool known, double hours, struct beacon_found *found)
{
	unsigned told = 0;

	for (unsigned day = 0; day < 2; day++) {
		double next = 100;
		for (unsigned second = 0; second < 9 * 3600; second += 60) {
			struct beacon_call call = { .device = device,
				.destination = calls_mix((uint64_t)(random_share() * 1e9)),
				.time_ns = (START_S + day * 86400 + second) * NS_PER_S };
			beacons_see(beacons, &call, NULL);
			if (second < next || second > hours * 3600) {
				continue;
			}
			call.destination = destination;
			call.known = known;
			told += beacons_see(beacons, &call, found);
			next += period_s * (1 - jitter + 2 * jitter * random_share());
		}
	}
	return told;
}

static struct beacons *make(void)
{
	struct beacon_options options = { .devices = 1024, .destinations = 65536, .pairs = 65536 };
	struct beacons *beacons;
	struct err err;

	return beacons_create(&beacons, &options, &err) < 0 ? NULL : beacons;
}

static void test_told(void)
{
	struct beacons *beacons = make();
	struct beacon_found found = { .device = 0 };

	is_int(two_days(beacons, 1, 11, 600, 0.3, false, 9, &found), 1,
		"ten minutes with a jitter of 30 %%: told, once");
	ok(found.device == 1 && found.destination == 11 && found.period_s > 480 &&
			found.period_s < 720 && found.coverage > 0.7f && found.devices == 1,
		"… period %.0f s, spread %.2f, over %.2f of %.1f hours", (double)found.period_s,
		(double)found.spread, (double)found.coverage, (double)found.on_hours);
	is_int(two_days(beacons, 2, 22, 600, 0.3, true, 9, &found), 0,
		"what the catalogue knows is not followed");
	is_int(two_days(beacons, 3, 33, 600, 0.05, false, 2.5, &found), 0,
		"what polls for a part of the day only is not told");
	for (uint64_t device = 40; device < 60; device++) {
		struct beacon_call call = { device, 44, START_S * NS_PER_S, false };
		beacons_see(beacons, &call, NULL);
	}
	is_int(two_days(beacons, 4, 44, 600, 0.05, false, 9, &found), 0,
		"what many devices call is not told");
	ok(beacons_counters(beacons)->known > 0 && beacons_counters(beacons)->common > 0,
		"… and both are counted");
	beacons_destroy(beacons);
}

static void test_state(void)
{
	struct beacons *one = make(), *other = make();
	struct beacon_found found, again;
	size_t count = beacons_state_bytes(one);
	char *bytes = malloc(count);
	struct err err;

	two_days(one, 1, 11, 600, 0.3, false, 1.2, &found);
	beacons_state_write(one, bytes);
	is_int(beacons_state_read(other, bytes, count, &err), 0, "a state is taken over");
	ok(beacons_state_read(other, bytes, count - 1, &err) < 0, "… not a part of one");
	unsigned told[2];
	random_state = 5;
	told[0] = two_days(one, 7, 77, 300, 0.3, false, 9, &found);
	random_state = 5;
	told[1] = two_days(other, 7, 77, 300, 0.3, false, 9, &again);
	ok(told[0] == 1 && told[1] == 1 && found.hits == again.hits &&
			found.last_ns == again.last_ns && found.period_s == again.period_s,
		"and goes on in the same way");
	free(bytes);
	beacons_destroy(one);
	beacons_destroy(other);
}

struct judge {
	struct beacons *beacons;
	unsigned found, wrong;
};

static void see(void *context, const struct call *call)
{
	struct judge *judge = context;
	struct beacon_call one = { calls_mix(call->device + UINT64_C(5000000000)),
		call->destination, (uint64_t)((1767571200 + call->at_s) * (double)NS_PER_S),
		call->known };

	if (beacons_see(judge->beacons, &one, NULL)) {
		bool planted = call->destination == 7771 || call->destination == 7773;
		judge->found += planted;
		judge->wrong += !planted;
	}
}

static void test_office(void)
{
	static struct calls calls = { .random = 77,
		.devices = 100,
		.days = 2,
		.beacon_count = 2,
		.beacons = { { .device = 1,
				     .destination = 7771,
				     .period_s = 900,
				     .jitter = 0.3,
				     .start_s = 10 * 3600 },
			{ .device = 13,
				.destination = 7773,
				.period_s = 300,
				.jitter = 0.3,
				.start_s = 11 * 3600,
				.sleeps = true } } };
	struct judge judge = { .beacons = make() };

	calls_run(&calls, see, &judge);
	is_int(judge.found, 2, "two beacons among %" PRIu64 " connections", calls.made);
	is_int(judge.wrong, 0, "… and nothing else");
	beacons_destroy(judge.beacons);
}

int main(void)
{
	test_told();
	test_state();
	test_office();
	return done_testing();
}
