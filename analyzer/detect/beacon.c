#include "analyzer/detect/beacon.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/detect/quick_math.h"
#include "base/clock.h"

enum {
	VISIT_S = 20, /* calls closer than this are one */
	OFF_S = 3600, /* a device without any call for so long was off */
	PERIOD_LEAST_S = 30,
	PERIOD_MOST_S = 4 * 3600,
	DAY_S = 86400,
	OLD_DAYS = 14,      /* a destination that was here so long before is no news */
	COMMON_DEVICES = 5, /* more than these, and than COMMON_SHARE of all, is common */
	HITS_LEAST = 6,
	MISSES_MOST = 3,  /* in a row, then the period is looked for anew */
	HOURS_LEAST = 6,  /* of the device's, over two sessions */
	HOURS_ALONE = 12, /* in one */
	OCTAVES = 12,     /* of the period, from 16 s */
	PROBES = 8,
};

static const float common_share = 0.02f;
static const float near = 0.4f;                       /* of logarithms: 1 / 1.5 to 1.5 */
static const float hit_beacon = 0.85f;                /* how often a beacon keeps its period */
static const float hit_least = 0.2f, hit_most = 0.6f; /* what pairs here usually do */
static const float coverage_least = 0.7f, evidence_most = 60;

struct device {
	uint64_t key;
	uint32_t last_s;
	uint32_t on_s; /* seconds on, since it was first seen */
	uint16_t session;
};

struct destination {
	uint64_t key;
	uint32_t first_day, last_s;
	uint32_t devices;
};

struct pair {
	uint64_t key; /* of both */
	uint32_t first_s, last_s;
	uint32_t first_on_s, last_on_s;
	float log_period, square; /* mean square of the logarithm's distance */
	float evidence;           /* logarithm */
	float kept_s;             /* sum of the intervals that were hits */
	uint32_t calls, hits;
	uint16_t session, sessions;
	uint8_t misses, found;
};

/* Open addressing, PROBES places a key; the one idle for longest gives way. */
struct beacons {
	struct device *devices;
	struct destination *destinations;
	struct pair *pairs;
	uint32_t device_mask, destination_mask, pair_mask;
	uint32_t device_count;
	uint32_t day, pairs_today, pairs_a_day;
	double hits[OCTAVES], intervals[OCTAVES]; /* of all pairs, by octave of the period */
	double false_a_day;
	struct beacon_counters counters;
};

static uint32_t power_of_two(uint32_t least)
{
	uint32_t power = 64;
	while (power < least && power < UINT32_C(1) << 30) {
		power *= 2;
	}
	return power;
}

int beacons_create(struct beacons **beacons, const struct beacon_options *options, struct err *err)
{
	uint32_t devices = power_of_two(options->devices ? options->devices : 16384);
	uint32_t destinations =
		power_of_two(options->destinations ? options->destinations : 262144);
	uint32_t pairs = power_of_two(options->pairs ? options->pairs : 262144);
	struct beacons *created = calloc(1, sizeof(*created));

	if (created) {
		created->devices = calloc(devices, sizeof(*created->devices));
		created->destinations = calloc(destinations, sizeof(*created->destinations));
		created->pairs = calloc(pairs, sizeof(*created->pairs));
	}
	if (!created || !created->devices || !created->destinations || !created->pairs) {
		beacons_destroy(created);
		return err_set(
			err, ENOMEM, "no memory to follow %u pairs of %u devices", pairs, devices);
	}
	created->device_mask = devices - 1;
	created->destination_mask = destinations - 1;
	created->pair_mask = pairs - 1;
	created->false_a_day = options->false_a_day > 0 ? options->false_a_day : 1;
	for (unsigned i = 0; i < OCTAVES; i++) {
		created->hits[i] = 30; /* three in ten, until this network says otherwise */
		created->intervals[i] = 100;
	}
	*beacons = created;
	return 0;
}

void beacons_destroy(struct beacons *beacons)
{
	if (beacons) {
		free(beacons->devices);
		free(beacons->destinations);
		free(beacons->pairs);
		free(beacons);
	}
}

void beacons_set_budget(struct beacons *beacons, double false_a_day)
{
	beacons->false_a_day = false_a_day;
}

const struct beacon_counters *beacons_counters(const struct beacons *beacons)
{
	return &beacons->counters;
}

/* One table's look-up, for each of the three kinds of entry: the entry of the key; else a new one
 * in an empty place or in that of the entry idle for longest. */
#define FIND(table, mask, wanted, entry, is_new, evictions)                                        \
	do {                                                                                       \
		uint64_t first_ = (wanted) ^ (wanted) >> 32;                                       \
		(entry) = &(table)[first_ & (mask)];                                               \
		(is_new) = true;                                                                   \
		for (uint64_t i_ = 0; i_ < PROBES && (is_new); i_++) {                             \
			__typeof__(entry) at_ = &(table)[(first_ + i_) & (mask)];                  \
			if (at_->key == (wanted)) {                                                \
				(entry) = at_;                                                     \
				(is_new) = false;                                                  \
			} else if ((entry)->key && (!at_->key || at_->last_s < (entry)->last_s)) { \
				(entry) = at_;                                                     \
			}                                                                          \
		}                                                                                  \
		if (is_new) {                                                                      \
			(evictions) += (entry)->key != 0;                                          \
			memset((entry), 0, sizeof(*(entry)));                                      \
			(entry)->key = (wanted);                                                   \
		}                                                                                  \
	} while (0)

static struct device *see_device(struct beacons *beacons, uint64_t key, uint32_t now_s)
{
	struct device *device;
	bool is_new;

	FIND(beacons->devices, beacons->device_mask, key, device, is_new,
		beacons->counters.evicted);
	if (is_new) {
		beacons->device_count += beacons->device_count < beacons->device_mask;
		device->last_s = now_s;
	}
	uint32_t passed = now_s > device->last_s ? now_s - device->last_s : 0;
	if (passed >= OFF_S) {
		device->session++;
	} else {
		device->on_s += passed;
	}
	device->last_s = now_s > device->last_s ? now_s : device->last_s;
	return device;
}

static struct destination *see_destination(struct beacons *beacons, uint64_t key, uint32_t now_s)
{
	struct destination *destination;
	bool is_new;

	FIND(beacons->destinations, beacons->destination_mask, key, destination, is_new,
		beacons->counters.evicted);
	if (is_new) {
		destination->first_day = now_s / DAY_S;
	}
	destination->last_s = now_s;
	return destination;
}

static bool is_common(const struct beacons *beacons, const struct destination *destination)
{
	float share = common_share * (float)beacons->device_count;
	return destination->devices > COMMON_DEVICES && (float)destination->devices > share;
}

static void count_day(struct beacons *beacons, uint32_t now_s)
{
	uint32_t day = now_s / DAY_S;

	if (day != beacons->day) {
		beacons->day = day;
		beacons->pairs_a_day = beacons->pairs_today > beacons->pairs_a_day
					       ? beacons->pairs_today
					       : beacons->pairs_a_day - beacons->pairs_a_day / 8;
		beacons->pairs_today = 0;
	}
}

/* How often pairs of this network keep such a period by chance, and what that makes of a hit. */
static float usual_hits(struct beacons *beacons, float log_period, bool hit)
{
	int octave = (int)(log_period * 1.442695f) - 4;

	octave = octave < 0 ? 0 : octave >= OCTAVES ? OCTAVES - 1 : octave;
	float share = (float)(beacons->hits[octave] / beacons->intervals[octave]);
	beacons->hits[octave] += hit;
	beacons->intervals[octave] += 1;
	if (beacons->intervals[octave] > 100000) {
		beacons->intervals[octave] /= 2;
		beacons->hits[octave] /= 2;
	}
	return share < hit_least ? hit_least : share > hit_most ? hit_most : share;
}

static void set_period(struct pair *pair, float log_interval)
{
	pair->log_period = log_interval;
	pair->square = 0.03f;
	pair->hits = 0;
	pair->misses = 0;
}

static void take_interval(struct beacons *beacons, struct pair *pair, float interval_s)
{
	float log_interval = quick_log(interval_s), distance = log_interval - pair->log_period;

	if (pair->calls++ == 0 || interval_s > PERIOD_MOST_S) {
		set_period(pair, log_interval);
		return;
	}
	if (fabsf(distance - 0.6931f) < near / 2 && pair->hits >= 2) {
		pair->kept_s += interval_s; /* one call was left out, or not seen */
		return;
	}
	bool hit = fabsf(distance) < near;
	float usual = usual_hits(beacons, pair->log_period, hit);
	pair->evidence +=
		hit ? quick_log(hit_beacon / usual) : quick_log((1 - hit_beacon) / (1 - usual));
	pair->evidence = fminf(fmaxf(pair->evidence, 0), evidence_most);
	if (hit) {
		float weight = 1.0f / (float)(pair->hits < 15 ? pair->hits + 2 : 16);
		pair->log_period += weight * distance;
		pair->square += weight * (distance * distance - pair->square);
		pair->kept_s += interval_s;
		pair->hits++;
		pair->misses = 0;
	} else if (++pair->misses >= MISSES_MOST) {
		set_period(pair, log_interval);
	}
}

/* Has it gone on over the device's hours, and come back? A session begins and ends between calls.
 */
static bool persists(const struct pair *pair, const struct device *device)
{
	float on_s = (float)(device->on_s - pair->first_on_s);
	bool long_enough =
		on_s >= HOURS_ALONE * 3600 || (on_s >= HOURS_LEAST * 3600 && pair->sessions >= 2);

	float ends_s = (float)pair->sessions * quick_exp(pair->log_period);
	return long_enough && pair->kept_s + ends_s >= coverage_least * on_s;
}

static bool is_beacon(const struct beacons *beacons, const struct pair *pair,
	const struct device *device, const struct destination *destination)
{
	double tries = beacons->pairs_a_day > beacons->pairs_today ? beacons->pairs_a_day
								   : beacons->pairs_today;
	float needed = quick_log((float)(fmax(tries, 1000) / beacons->false_a_day));

	return pair->hits >= HITS_LEAST && pair->evidence >= needed &&
	       !is_common(beacons, destination) && persists(pair, device);
}

static void describe(const struct pair *pair, const struct device *device,
	const struct destination *destination, const struct beacon_call *call,
	struct beacon_found *found)
{
	float on_s = (float)(device->on_s - pair->first_on_s);

	*found = (struct beacon_found){
		.device = call->device,
		.destination = call->destination,
		.first_ns = pair->first_s * NS_PER_S,
		.last_ns = pair->last_s * NS_PER_S,
		.period_s = quick_exp(pair->log_period),
		.spread = sqrtf(pair->square),
		.coverage = fminf(pair->kept_s / on_s, 1),
		.calls = pair->calls,
		.hits = pair->hits,
		.devices = destination->devices,
		.on_hours = on_s / 3600,
	};
}

/* Whether the time since the last call counts as an interval; where the device was off between them
 * it does not, and the pair has come back in another session. */
static void pass_time(
	struct beacons *beacons, struct pair *pair, const struct device *device, uint32_t now_s)
{
	uint32_t passed = now_s > pair->last_s ? now_s - pair->last_s : 0;

	if (passed < VISIT_S) {
		return;
	}
	if (pair->session != device->session) {
		pair->session = device->session;
		pair->sessions += pair->sessions < UINT16_MAX;
	} else if (passed >= PERIOD_LEAST_S) {
		take_interval(beacons, pair, (float)passed);
	}
	pair->last_s = now_s;
	pair->last_on_s = device->on_s;
}

bool beacons_see(
	struct beacons *beacons, const struct beacon_call *call, struct beacon_found *found)
{
	uint32_t now_s = (uint32_t)(call->time_ns / NS_PER_S);
	struct device *device = see_device(beacons, call->device, now_s);
	struct pair *pair;
	bool is_new;

	beacons->counters.calls++;
	count_day(beacons, now_s);
	if (call->known) {
		beacons->counters.known++;
		return false;
	}
	struct destination *destination = see_destination(beacons, call->destination, now_s);
	uint64_t key = call->device * UINT64_C(0x9e3779b97f4a7c15) ^ call->destination;
	FIND(beacons->pairs, beacons->pair_mask, key, pair, is_new, beacons->counters.evicted);
	if (is_new) {
		destination->devices++;
		beacons->pairs_today++;
		pair->first_s = pair->last_s = now_s;
		pair->first_on_s = pair->last_on_s = device->on_s;
		pair->session = device->session;
		pair->sessions = 1;
		pair->found = now_s / DAY_S - destination->first_day >= OLD_DAYS;
		beacons->counters.old += pair->found;
		return false;
	}
	if (is_common(beacons, destination)) {
		beacons->counters.common++;
		pair->last_s = now_s;
		return false;
	}
	pass_time(beacons, pair, device, now_s);
	if (pair->found || !is_beacon(beacons, pair, device, destination)) {
		return false;
	}
	pair->found = true;
	if (found) {
		describe(pair, device, destination, call, found);
	}
	return true;
}

/* Tables and numbers one after the other; the numbers last, their pointers empty. */
static const size_t numbers_bytes = sizeof(struct beacons);

static size_t table_bytes(const struct beacons *beacons, unsigned table)
{
	const size_t sizes[] = { (beacons->device_mask + (size_t)1) * sizeof(struct device),
		(beacons->destination_mask + (size_t)1) * sizeof(struct destination),
		(beacons->pair_mask + (size_t)1) * sizeof(struct pair) };
	return sizes[table];
}

size_t beacons_state_bytes(const struct beacons *beacons)
{
	return table_bytes(beacons, 0) + table_bytes(beacons, 1) + table_bytes(beacons, 2) +
	       numbers_bytes;
}

void beacons_state_write(const struct beacons *beacons, void *bytes)
{
	const void *tables[] = { beacons->devices, beacons->destinations, beacons->pairs };
	struct beacons numbers = *beacons;
	char *out = bytes;

	for (unsigned i = 0; i < 3; i++) {
		memcpy(out, tables[i], table_bytes(beacons, i));
		out += table_bytes(beacons, i);
	}
	numbers.devices = NULL;
	numbers.destinations = NULL;
	numbers.pairs = NULL;
	memcpy(out, &numbers, numbers_bytes);
}

int beacons_state_read(struct beacons *beacons, const void *bytes, size_t count, struct err *err)
{
	void *tables[] = { beacons->devices, beacons->destinations, beacons->pairs };
	const char *in = bytes;
	struct beacons numbers;

	if (count != beacons_state_bytes(beacons)) {
		return err_set(err, EINVAL, "a state of beacons with %zu bytes, expected %zu",
			count, beacons_state_bytes(beacons));
	}
	memcpy(&numbers, in + count - numbers_bytes, numbers_bytes);
	if (numbers.device_mask != beacons->device_mask ||
		numbers.destination_mask != beacons->destination_mask ||
		numbers.pair_mask != beacons->pair_mask) {
		return err_set(err, EINVAL, "a state of beacons for tables of other sizes");
	}
	for (unsigned i = 0; i < 3; i++) {
		memcpy(tables[i], in, table_bytes(beacons, i));
		in += table_bytes(beacons, i);
	}
	numbers.devices = beacons->devices;
	numbers.destinations = beacons->destinations;
	numbers.pairs = beacons->pairs;
	*beacons = numbers;
	return 0;
}
