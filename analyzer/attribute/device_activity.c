#include "analyzer/attribute/device_activity.h"

#include <math.h>
#include <string.h>

#include "base/quick_hash.h"
#include "collector/reserve.h"

enum { SET_SIZE = 4, PARALLEL_MS = 2000 };

/* Below this nothing is left of an app. */
static const float weight_least = 0.02f;

/* Whose windows they are stands apart, so that a search touches one cache line; the windows
 * themselves stand as they came: a few lie on few pages. */
struct device_activities {
	uint32_t set_mask, count;
	uint64_t given_up;
	uint64_t *hashes;  /* 0: no entry */
	uint32_t *numbers; /* the window of an entry */
	struct device_activity windows[];
};

static size_t bytes_of(size_t count)
{
	size_t entry_bytes = sizeof(struct device_activity) + sizeof(uint64_t) + sizeof(uint32_t);

	return sizeof(struct device_activities) + count * entry_bytes;
}

struct device_activities *device_activities_create(uint32_t limit)
{
	uint32_t sets = 1;

	while (sets * SET_SIZE < limit) {
		sets *= 2;
	}
	size_t count = (size_t)sets * SET_SIZE;
	struct device_activities *windows = reserve_map(bytes_of(count));
	if (windows) {
		windows->set_mask = sets - 1;
		windows->hashes = (uint64_t *)(void *)&windows->windows[count];
		windows->numbers = (uint32_t *)(void *)&windows->hashes[count];
	}
	return windows;
}

void device_activities_destroy(struct device_activities *windows)
{
	if (windows) {
		reserve_unmap(windows, bytes_of((windows->set_mask + (size_t)1) * SET_SIZE));
	}
}

static inline struct device_activity *window_at(
	const struct device_activities *windows, size_t place)
{
	return (struct device_activity *)&windows->windows[windows->numbers[place]];
}

static void decay(struct device_activity *window, uint64_t time_ms)
{
	if (time_ms <= window->time_ms) {
		return;
	}
	float factor = exp2f(-(float)(time_ms - window->time_ms) / 1000 / DEVICE_ACTIVITY_HALF_S);

	window->time_ms = time_ms;
	window->other *= factor;
	for (unsigned i = 0; i < DEVICE_APPS_MAX; i++) {
		window->apps[i].weight *= factor;
		window->apps[i].down_kb *= factor;
		if (window->apps[i].weight < weight_least) {
			window->apps[i].app = 0;
			window->apps[i].weight = window->apps[i].down_kb = 0;
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
	size_t first = (size_t)(hash & windows->set_mask) * SET_SIZE;

	for (unsigned i = 0; i < SET_SIZE; i++) {
		if (windows->hashes[first + i] == hash) {
			const char *lines = (const char *)window_at(windows, first + i);
			__builtin_prefetch(lines);
			__builtin_prefetch(lines + 64);
			__builtin_prefetch(lines + 128);
		}
	}
}

struct device_activity *device_activities_at(
	struct device_activities *windows, const struct addr *device, uint64_t time_ms)
{
	uint64_t hash = hash_of(device);
	size_t first = (size_t)(hash & windows->set_mask) * SET_SIZE, oldest = first;

	for (size_t i = first; i < first + SET_SIZE; i++) {
		if (windows->hashes[i] == hash) {
			decay(window_at(windows, i), time_ms);
			return window_at(windows, i);
		}
		if (windows->hashes[i] == 0 ||
			(windows->hashes[oldest] != 0 &&
				window_at(windows, i)->time_ms <
					window_at(windows, oldest)->time_ms)) {
			oldest = i;
		}
	}
	if (windows->hashes[oldest] == 0) {
		windows->numbers[oldest] = windows->count++;
	} else {
		windows->given_up++;
	}
	windows->hashes[oldest] = hash;
	struct device_activity *window = window_at(windows, oldest);
	*window = (struct device_activity){ .time_ms = time_ms };
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
static unsigned place_of(const struct device_activity *window, uint16_t app)
{
	unsigned place = 0;

	while (place < DEVICE_APPS_MAX && window->apps[place].app != app) {
		place++;
	}
	return place;
}

static unsigned faintest_place(const struct device_activity *window)
{
	unsigned faintest = 0;

	for (unsigned i = 1; i < DEVICE_APPS_MAX; i++) {
		if (window->apps[i].weight < window->apps[faintest].weight) {
			faintest = i;
		}
	}
	return faintest;
}

void device_activity_add(
	struct device_activity *window, uint16_t app, float weight, uint64_t down_bytes)
{
	if (app == 0) {
		window->other += weight;
		return;
	}
	unsigned place = place_of(window, app);
	if (place == DEVICE_APPS_MAX) {
		if (weight < weight_least) {
			return;
		}
		place = faintest_place(window);
		window->other += window->apps[place].weight;
		window->apps[place].app = app;
		window->apps[place].weight = window->apps[place].down_kb = 0;
	}
	window->apps[place].weight += weight;
	window->apps[place].down_kb += (float)down_bytes / 1000;
}

void device_activity_absorb(struct device_activity *window, const struct device_activity *other)
{
	window->other += other->other;
	for (unsigned i = 0; i < DEVICE_APPS_MAX; i++) {
		if (other->apps[i].app != 0) {
			device_activity_add(window, other->apps[i].app, other->apps[i].weight,
				(uint64_t)(other->apps[i].down_kb * 1000));
		}
	}
}

float device_activity_weight(const struct device_activity *window, uint16_t app)
{
	unsigned place = place_of(window, app);

	return app == 0 ? window->other : place < DEVICE_APPS_MAX ? window->apps[place].weight : 0;
}

float device_activity_down_kb(const struct device_activity *window, uint16_t app)
{
	unsigned place = place_of(window, app);

	return app != 0 && place < DEVICE_APPS_MAX ? window->apps[place].down_kb : 0;
}

void device_activities_forget(struct device_activities *windows)
{
	memset(windows->hashes, 0,
		(windows->set_mask + (size_t)1) * SET_SIZE * sizeof(windows->hashes[0]));
	windows->count = 0;
}

uint64_t device_activities_given_up(const struct device_activities *windows)
{
	return windows->given_up;
}
