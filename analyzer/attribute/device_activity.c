#include "analyzer/attribute/device_activity.h"

#include <math.h>
#include <string.h>

#include "base/quick_hash.h"
#include "collector/reserve.h"

enum { SET_SIZE = 4, PARALLEL_MS = 2000 };

/* Below this nothing is left of an app. */
static const float weight_least = 0.02f;

/* Whose windows they are, and how old, stands apart, so that a search touches one cache line, and
 * the one who was silent longest is found there as well. */
struct set {
	_Alignas(64) uint64_t hashes[SET_SIZE]; /* 0: no entry */
	uint64_t times_ms[SET_SIZE];            /* of what was added last */
};

/* The sets stand first, and the windows as they came: a few lie on few pages. */
struct device_activities {
	uint32_t set_mask, count;
	uint64_t given_up;
	uint32_t *numbers; /* the window of an entry, by its place */
	struct device_activity *windows;
	struct set sets[];
};

static size_t bytes_of(size_t set_count)
{
	size_t entry_bytes = sizeof(struct device_activity) + sizeof(uint32_t);

	return sizeof(struct device_activities) +
	       set_count * (sizeof(struct set) + SET_SIZE * entry_bytes);
}

struct device_activities *device_activities_create(uint32_t limit)
{
	uint32_t sets = 1;

	while (sets * SET_SIZE < limit) {
		sets *= 2;
	}
	struct device_activities *windows = reserve_map(bytes_of(sets));
	if (windows) {
		windows->set_mask = sets - 1;
		windows->numbers = (uint32_t *)(void *)&windows->sets[sets];
		windows->windows = (struct device_activity *)(void *)&windows
					   ->numbers[(size_t)sets * SET_SIZE];
	}
	return windows;
}

void device_activities_destroy(struct device_activities *windows)
{
	if (windows) {
		reserve_unmap(windows, bytes_of(windows->set_mask + (size_t)1));
	}
}

static inline struct device_activity *window_at(
	const struct device_activities *windows, size_t set, unsigned entry)
{
	return &windows->windows[windows->numbers[set * SET_SIZE + entry]];
}

static void decay(struct app_weights *weights, uint64_t passed_ms)
{
	float factor = exp2f(-(float)passed_ms / 1000 / DEVICE_ACTIVITY_HALF_S);

	weights->other *= factor;
	for (unsigned i = 0; i < DEVICE_APPS_MAX; i++) {
		weights->apps[i].weight *= factor;
		weights->apps[i].down_kb *= factor;
		if (weights->apps[i].weight < weight_least) {
			weights->apps[i].app = 0;
			weights->apps[i].weight = weights->apps[i].down_kb = 0;
		}
	}
}

static uint64_t hash_of(const struct addr *device)
{
	uint64_t hash = quick_hash_addr(0, device);

	return hash + (hash == 0);
}

void device_activities_prefetch(const struct device_activities *windows, const struct addr *device)
{
	uint64_t hash = hash_of(device);
	size_t at = (size_t)(hash & windows->set_mask);

	for (unsigned i = 0; i < SET_SIZE; i++) {
		if (windows->sets[at].hashes[i] == hash) {
			const char *lines = (const char *)window_at(windows, at, i);
			__builtin_prefetch(lines);
			__builtin_prefetch(lines + 64);
			__builtin_prefetch(lines + 128);
		}
	}
}

/* A free entry, or that of the device that was silent longest. */
static unsigned entry_to_take(const struct set *set)
{
	unsigned oldest = 0;

	for (unsigned i = 0; i < SET_SIZE; i++) {
		if (set->hashes[i] == 0 ||
			(set->hashes[oldest] != 0 && set->times_ms[i] < set->times_ms[oldest])) {
			oldest = i;
		}
	}
	return oldest;
}

struct device_activity *device_activities_at(
	struct device_activities *windows, const struct addr *device, uint64_t time_ms)
{
	uint64_t hash = hash_of(device);
	size_t at = (size_t)(hash & windows->set_mask);
	struct set *set = &windows->sets[at];

	for (unsigned i = 0; i < SET_SIZE; i++) {
		if (set->hashes[i] == hash) {
			struct device_activity *window = window_at(windows, at, i);
			if (time_ms > set->times_ms[i]) {
				decay(&window->weights, time_ms - set->times_ms[i]);
				set->times_ms[i] = time_ms;
			}
			return window;
		}
	}
	unsigned entry = entry_to_take(set);
	if (set->hashes[entry] == 0) {
		windows->numbers[at * SET_SIZE + entry] = windows->count++;
	} else {
		windows->given_up++;
	}
	set->hashes[entry] = hash;
	set->times_ms[entry] = time_ms;
	struct device_activity *window = window_at(windows, at, entry);
	*window = (struct device_activity){ .start_next = 0 };
	return window;
}

unsigned device_activity_begin(struct device_activity *window, uint64_t start_ms)
{
	unsigned parallel = 0;

	for (unsigned i = 0; i < DEVICE_STARTS_MAX; i++) {
		uint64_t other_ms = window->starts_ms[i];
		uint64_t apart = other_ms > start_ms ? other_ms - start_ms : start_ms - other_ms;
		parallel += other_ms != 0 && apart <= PARALLEL_MS;
	}
	window->starts_ms[window->start_next++ % DEVICE_STARTS_MAX] = start_ms;
	return parallel;
}

bool device_activity_is_new(struct device_activity *window, uint64_t server_hash)
{
	uint32_t server = (uint32_t)server_hash;

	for (unsigned i = 0; i < DEVICE_SERVERS_MAX; i++) {
		if (window->servers[i] == server) {
			return false;
		}
	}
	window->servers[window->server_next++ % DEVICE_SERVERS_MAX] = server;
	return true;
}

/* DEVICE_APPS_MAX: it has none. */
static unsigned place_of(const struct app_weights *weights, uint16_t app)
{
	unsigned place = 0;

	while (place < DEVICE_APPS_MAX && weights->apps[place].app != app) {
		place++;
	}
	return place;
}

static unsigned faintest_place(const struct app_weights *weights)
{
	unsigned faintest = 0;

	for (unsigned i = 1; i < DEVICE_APPS_MAX; i++) {
		if (weights->apps[i].weight < weights->apps[faintest].weight) {
			faintest = i;
		}
	}
	return faintest;
}

void app_weights_add(struct app_weights *weights, uint16_t app, float weight, uint64_t down_bytes)
{
	if (app == 0) {
		weights->other += weight;
		return;
	}
	unsigned place = place_of(weights, app);
	if (place == DEVICE_APPS_MAX) {
		if (weight < weight_least) {
			return;
		}
		place = faintest_place(weights);
		weights->other += weights->apps[place].weight;
		weights->apps[place].app = app;
		weights->apps[place].weight = weights->apps[place].down_kb = 0;
	}
	weights->apps[place].weight += weight;
	weights->apps[place].down_kb += (float)down_bytes / 1000;
}

void app_weights_absorb(struct app_weights *weights, const struct app_weights *other)
{
	weights->other += other->other;
	for (unsigned i = 0; i < DEVICE_APPS_MAX; i++) {
		if (other->apps[i].app != 0) {
			app_weights_add(weights, other->apps[i].app, other->apps[i].weight,
				(uint64_t)(other->apps[i].down_kb * 1000));
		}
	}
}

float app_weights_of(const struct app_weights *weights, uint16_t app)
{
	unsigned place = place_of(weights, app);

	return app == 0                  ? weights->other
	       : place < DEVICE_APPS_MAX ? weights->apps[place].weight
					 : 0;
}

float app_weights_down_kb(const struct app_weights *weights, uint16_t app)
{
	unsigned place = place_of(weights, app);

	return app != 0 && place < DEVICE_APPS_MAX ? weights->apps[place].down_kb : 0;
}

void device_activities_forget(struct device_activities *windows)
{
	memset(windows->sets, 0, (windows->set_mask + (size_t)1) * sizeof(windows->sets[0]));
	windows->count = 0;
}

uint64_t device_activities_given_up(const struct device_activities *windows)
{
	return windows->given_up;
}
