/* Connections of an organisation, made up: who browses, tabs that poll, services that call home by
 * the clock, and beacons with truth. The same seed makes the same weeks.
 *
 *     calls_run(&calls, see, context) makes days from Monday on, in order of time. */
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { CALLS_DEVICES_MOST = 1000, CALLS_BEACONS_MOST = 200, CALLS_HOUR = 3600 };

struct calls_beacon {
	unsigned device;
	uint64_t destination;
	double period_s, jitter, start_s; /* since the first Monday */
	double next_s;
	bool sleeps;    /* not between 12 and 13 */
	double found_s; /* filled by whoever judges; 0: not yet */
};

struct calls {
	uint64_t random;
	unsigned devices, days, beacon_count;
	struct calls_beacon beacons[CALLS_BEACONS_MOST];
	uint64_t made;
};

struct call {
	double at_s;
	unsigned device;
	uint64_t destination;
	bool known;
};

typedef void calls_see(void *context, const struct call *call);

static inline double calls_share(struct calls *calls)
{
	calls->random ^= calls->random << 13;
	calls->random ^= calls->random >> 7;
	calls->random ^= calls->random << 17;
	return (double)(calls->random >> 11) / (double)(UINT64_C(1) << 53);
}

static inline double calls_between(struct calls *calls, double least, double most)
{
	return least + (most - least) * calls_share(calls);
}

static inline uint64_t calls_mix(uint64_t word)
{
	word = (word ^ word >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	word = (word ^ word >> 27) * UINT64_C(0x94d049bb133111eb);
	return (word ^ word >> 31) | 1;
}

/* Six in ten are on in office hours, two for long days, two always. */
static inline void calls_hours(unsigned device, unsigned day, double *on, double *off)
{
	uint64_t luck = calls_mix(device * UINT64_C(1000) + day + 77);
	double early = (double)(luck % 1000) / 1000, late = (double)(luck / 1000 % 1000) / 1000;
	unsigned kind = device % 10;

	*on = kind < 6 ? 7 + 2 * early : kind < 8 ? 6 + 2 * early : 0;
	*off = kind < 6 ? 15.5 + 2.5 * late : kind < 8 ? 20 + 3 * late : 24;
	if (day % 7 >= 5 && kind < 8) {
		*off = *on;
	}
	*on = (day * 24 + *on) * CALLS_HOUR;
	*off = (day * 24 + *off) * CALLS_HOUR;
}

struct calls_day {
	struct call *calls;
	size_t count, capacity;
};

static inline void calls_put(
	struct calls_day *day, double at_s, unsigned device, uint64_t destination, bool known)
{
	if (day->count == day->capacity) {
		day->capacity = day->capacity ? day->capacity * 2 : 1 << 20;
		day->calls = realloc(day->calls, day->capacity * sizeof(*day->calls));
	}
	day->calls[day->count++] = (struct call){ at_s, device, destination, known };
}

/* Visits: in bursts of interest, half of them to well-known places, some to places of one's own. */
static inline void calls_browse(
	struct calls *calls, struct calls_day *day, unsigned device, double on, double off)
{
	double rate = device % 10 < 8 ? 25 : 4;

	for (double at = on; at < off;) {
		at += -log(1 - calls_share(calls)) * CALLS_HOUR / rate *
		      (calls_share(calls) < 0.2 ? 4 : 0.4);
		double which = calls_share(calls);
		uint64_t place = which < 0.5   ? (uint64_t)(pow(calls_share(calls), 3) * 2000)
				 : which < 0.8 ? 1000000 + device * UINT64_C(100) +
							 (uint64_t)(calls_share(calls) * 15)
					       : 10000000 + (uint64_t)(calls_share(calls) * 300000);
		unsigned connections = 1 + (unsigned)(calls_share(calls) * 4);
		for (unsigned i = 0; i < connections && at + i < off; i++) {
			calls_put(day, at + 2 * i * calls_share(calls), device, calls_mix(place),
				which < 0.4);
		}
	}
}

static inline void calls_by_clock(struct calls *calls, struct calls_day *day, unsigned device,
	uint64_t destination, bool known, double period, double jitter, double from, double to)
{
	for (double at = from + calls_share(calls) * period; at < to;
		at += period * calls_between(calls, 1 - jitter, 1 + jitter)) {
		calls_put(day, at, device, destination, known);
	}
}

/* Services of every device, of a team, and tabs that poll for an hour or three, a third of them at
 * a place that nobody else calls. */
static inline void calls_services(
	struct calls *calls, struct calls_day *day, unsigned device, double on, double off)
{
	static const double periods[] = { 64, 300, 600, 900, 1800, 3600, 3600, 7200 };

	for (unsigned i = 0; i < 8; i++) {
		calls_by_clock(calls, day, device, calls_mix(900000 + i), i % 2, periods[i],
			0.05 * i, on, off);
	}
	for (unsigned i = 0; i < 2; i++) {
		calls_by_clock(calls, day, device, calls_mix(910000 + device / 40 * 2 + i), false,
			periods[1 + device / 40 % 4 + i], 0.1, on, off);
	}
	for (unsigned tabs = (unsigned)(calls_share(calls) * 3); tabs > 0; tabs--) {
		double from = calls_between(calls, on, off);
		double to = from + exp(calls_between(calls, -0.7, 1.3)) * CALLS_HOUR;
		bool own = calls_share(calls) < 0.33;
		calls_by_clock(calls, day, device,
			own ? calls_mix(calls->random)
			    : calls_mix((uint64_t)(calls_share(calls) * 50)),
			!own && calls_share(calls) < 0.5, exp(calls_between(calls, 3.4, 6.4)), 0.05,
			from, to < off ? to : off);
	}
}

static inline void calls_beacon_day(struct calls *calls, struct calls_day *day,
	struct calls_beacon *beacon, double on, double off)
{
	double at =
		beacon->next_s > on ? beacon->next_s : on + calls_share(calls) * beacon->period_s;

	for (; at < off; at += beacon->period_s *
			       calls_between(calls, 1 - beacon->jitter, 1 + beacon->jitter)) {
		double hour = fmod(at / CALLS_HOUR, 24);
		if (at >= beacon->start_s && !(beacon->sleeps && hour >= 12 && hour < 13)) {
			calls_put(day, at, beacon->device, beacon->destination, false);
		}
	}
	beacon->next_s = at;
}

static inline int calls_compare(const void *a, const void *b)
{
	const struct call *one = a, *other = b;
	return (one->at_s > other->at_s) - (one->at_s < other->at_s);
}

static inline void calls_run(struct calls *calls, calls_see *see, void *context)
{
	struct calls_day day = { .calls = NULL };

	for (unsigned number = 0; number < calls->days; number++) {
		day.count = 0;
		for (unsigned device = 0; device < calls->devices; device++) {
			double on, off;
			calls_hours(device, number, &on, &off);
			if (on < off) {
				calls_browse(calls, &day, device, on, off);
				calls_services(calls, &day, device, on, off);
			}
		}
		for (unsigned i = 0; i < calls->beacon_count; i++) {
			double on, off;
			calls_hours(calls->beacons[i].device, number, &on, &off);
			if (on < off && off > calls->beacons[i].start_s) {
				calls_beacon_day(calls, &day, &calls->beacons[i], on, off);
			}
		}
		qsort(day.calls, day.count, sizeof(*day.calls), calls_compare);
		for (size_t i = 0; i < day.count; i++) {
			see(context, &day.calls[i]);
		}
		calls->made += day.count;
	}
	free(day.calls);
}
