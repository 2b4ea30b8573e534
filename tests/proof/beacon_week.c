/* Beacons among the connections of two made-up weeks: a week without any, then one with.
 *
 *     beacon_week [DEVICES [SEED]]      prints TAP; 1,000 devices take a minute */
#include "analyzer/detect/beacon.h"
#include "tests/tap.h"
#include "tests/unit/calls.h"

enum { WARM_DAYS = 7, WEEK_DAYS = 5 };

struct judge {
	struct beacons *beacons;
	struct calls *calls;
	unsigned false_pairs, false_before;
};

static void see(void *context, const struct call *call)
{
	struct judge *judge = context;
	struct beacon_found found;
	struct beacon_call one = { .device = calls_mix(call->device + UINT64_C(5000000000)),
		.destination = call->destination,
		.time_ns = (uint64_t)((1767571200 + call->at_s) * (double)NS_PER_S),
		.known = call->known };

	if (!beacons_see(judge->beacons, &one, &found)) {
		return;
	}
	for (unsigned i = 0; i < judge->calls->beacon_count; i++) {
		struct calls_beacon *beacon = &judge->calls->beacons[i];
		if (beacon->destination == call->destination) {
			beacon->found_s = call->at_s;
			return;
		}
	}
	judge->false_pairs += call->at_s >= WARM_DAYS * 86400;
	judge->false_before += call->at_s < WARM_DAYS * 86400;
	printf("# false pair: device %u, period %.0f s, spread %.2f, coverage %.2f, %.1f hours\n",
		call->device, (double)found.period_s, (double)found.spread, (double)found.coverage,
		(double)found.on_hours);
}

/* Half of them call at most every fifteen minutes, half once an hour; the latter start early enough
 * for three working days. */
static void plant(struct calls *calls, unsigned count)
{
	static const double periods[] = { 60, 300, 600, 900, 3600, 3600, 3600, 3600 };

	for (unsigned i = 0; i < count; i++) {
		struct calls_beacon *beacon = &calls->beacons[i];
		unsigned day = i % 8 < 4 ? i / 8 % 4 : i / 8 % 2;
		double on, off;
		beacon->device = (i * 37 + 5) % calls->devices;
		beacon->destination = calls_mix(UINT64_C(777000000) + i);
		beacon->period_s = periods[i % 8];
		beacon->jitter = 0.3;
		beacon->sleeps = i % 5 == 0;
		calls_hours(beacon->device, WARM_DAYS + day, &on, &off);
		beacon->start_s = calls_between(calls, on, off - 600);
	}
	calls->beacon_count = count;
}

static void tell(struct calls *calls, bool hourly, double within_days)
{
	unsigned all = 0, in_time = 0;

	for (unsigned i = 0; i < calls->beacon_count; i++) {
		const struct calls_beacon *beacon = &calls->beacons[i];
		if ((beacon->period_s > 900) == hourly) {
			double delay = beacon->found_s - beacon->start_s;
			all++;
			in_time += beacon->found_s > 0 && delay <= within_days * 86400;
			if (!(beacon->found_s > 0 && delay <= within_days * 86400)) {
				printf("# missed: device %u period %.0f start day %.2f found "
				       "%.2f\n",
					beacon->device, beacon->period_s, beacon->start_s / 86400,
					beacon->found_s / 86400);
			}
		}
	}
	ok(in_time * 10 >= all * 9, "%s: %u of %u within %.0f day(s)",
		hourly ? "once an hour" : "at most every fifteen minutes", in_time, all,
		within_days);
}

int main(int count, char **arguments)
{
	static struct calls calls;
	struct judge judge = { .calls = &calls };
	struct beacon_options options = { .devices = 4096 };
	struct err err;

	calls.devices = count > 1 ? (unsigned)atoi(arguments[1]) : CALLS_DEVICES_MOST;
	calls.random = 0x1234567 + (count > 2 ? (uint64_t)atoi(arguments[2]) * 7919 : 0);
	calls.days = WARM_DAYS + WEEK_DAYS;
	plant(&calls, calls.devices >= 1000 ? 160 : calls.devices / 4);
	if (beacons_create(&judge.beacons, &options, &err) < 0) {
		skip_all(err.text);
	}
	calls_run(&calls, see, &judge);
	tell(&calls, false, 1);
	tell(&calls, true, 3);
	ok(judge.false_pairs <= WEEK_DAYS,
		"%u false pairs in %d days (and %u in the week before), "
		"of %" PRIu64 " connections",
		judge.false_pairs, WEEK_DAYS, judge.false_before, calls.made);
	beacons_destroy(judge.beacons);
	return done_testing();
}
