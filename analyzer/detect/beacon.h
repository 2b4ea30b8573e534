/* Beacons: a device that calls one destination again and again, by the clock, as long as it is on.
 *
 * Fed with the beginning of each connection: device, destination, time. What can be known before
 * any statistics comes first: destinations of the catalogue, destinations that many devices call
 * and those that were here before are not followed. For the rest each interval between two calls,
 * on the clock of the hours in which the device was on, is a hit where it lies near the pair's own
 * period (within a factor of 1.5, so that a jitter of 30 % is inside), and hits count as evidence
 * against what pairs of this network usually show. Evidence is kept over days; the size of what is
 * sent does not matter. Only what went on over most of the device's hours, and came back after it
 * was off (or lasted half a day where it never is), is told: a tab that polls does not.
 *
 * Memory   taken once by beacons_create(): 64 bytes a pair, 32 a destination, 24 a device. Where a
 *          table is full the pair idle for longest gives way and is counted.
 * Threads  one at a time. Failure: only create, -ENOMEM. Cost: about 100 ns a connection.
 * Keys     are hashes (base/hash.h, keyed) of the caller's; 0 is no key. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct beacons;

struct beacon_options {
	uint32_t devices, destinations, pairs; /* room; 0: 16,384, 262,144 and 262,144 */
	double false_a_day;                    /* budget of false pairs; 0: 1 */
};

struct beacon_call {
	uint64_t device, destination;
	uint64_t time_ns; /* calls of one device come in order, to the second */
	bool known;       /* the catalogue knows the destination */
};

struct beacon_found {
	uint64_t device, destination;
	uint64_t first_ns, last_ns; /* of the pair's calls */
	float period_s;
	float spread;         /* standard deviation of the period, as a share of it */
	float coverage;       /* share of the device's hours in which it went on */
	uint32_t calls, hits; /* intervals, and those that kept the period */
	uint32_t devices;     /* that call this destination */
	float on_hours;       /* of the device since the first call */
};

struct beacon_counters {
	uint64_t calls, known, common, old, evicted, unplaced;
};

int beacons_create(struct beacons **beacons, const struct beacon_options *options, struct err *err);
void beacons_destroy(struct beacons *beacons);
void beacons_set_budget(struct beacons *beacons, double false_a_day);

/* One call; true where it makes the pair a beacon, once a pair. found may be NULL. */
bool beacons_see(
	struct beacons *beacons, const struct beacon_call *call, struct beacon_found *found);

const struct beacon_counters *beacons_counters(const struct beacons *beacons);

/* The whole state in one piece of memory, for state.h: what is written is read back by the same
 * version on the same kind of machine. */
size_t beacons_state_bytes(const struct beacons *beacons);
void beacons_state_write(const struct beacons *beacons, void *bytes);
/* 0, or -EINVAL where it is not of this shape; beacons is then as it was. */
int beacons_state_read(struct beacons *beacons, const void *bytes, size_t count, struct err *err);
