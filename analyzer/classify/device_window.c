#include "analyzer/classify/device_window.h"

#include <math.h>
#include <stdlib.h>

enum { SET_SIZE = 4, PARALLEL_MS = 2000 };

/* Below this nothing is left of an app. */
static const float weight_least = 0.02f;

struct device_windows {
	struct hash_key key;
	uint32_t set_mask;
	uint64_t given_up;
	struct device_window windows[];
};

struct device_windows *device_windows_create(uint32_t limit)
{
	uint32_t sets = 1;

	while (sets * SET_SIZE < limit) {
		sets *= 2;
	}
	struct device_windows *windows =
		calloc(1, sizeof(*windows) + sizeof(struct device_window) * SET_SIZE * sets);
	if (windows) {
		/* The same file gives the same records. */
		windows->key = hash_key_fixed("borderflow device windows");
		windows->set_mask = sets - 1;
	}
	return windows;
}

void device_windows_destroy(struct device_windows *windows)
{
	free(windows);
}

static void decay(struct device_window *window, uint64_t time_ms)
{
	if (time_ms <= window->time_ms) {
		return;
	}
	float factor = exp2f(-(float)(time_ms - window->time_ms) / 1000 / DEVICE_WINDOW_HALF_S);

	window->time_ms = time_ms;
	window->other *= factor;
	for (unsigned i = 0; i < DEVICE_APPS_MAX; i++) {
		window->apps[i].weight *= factor;
		if (window->apps[i].weight < weight_least) {
			window->apps[i].app = 0;
			window->apps[i].weight = 0;
		}
	}
}

struct device_window *device_windows_at(
	struct device_windows *windows, const struct addr *device, uint64_t time_ms)
{
	uint64_t hash = hash_bytes(&windows->key, device, sizeof(*device)) | 1;
	struct device_window *set = &windows->windows[(hash >> 1 & windows->set_mask) * SET_SIZE];
	struct device_window *oldest = set;

	for (unsigned i = 0; i < SET_SIZE; i++) {
		if (set[i].hash == hash) {
			decay(&set[i], time_ms);
			return &set[i];
		}
		if (set[i].hash == 0 || (oldest->hash != 0 && set[i].time_ms < oldest->time_ms)) {
			oldest = &set[i];
		}
	}
	windows->given_up += oldest->hash != 0;
	*oldest = (struct device_window){ .hash = hash, .time_ms = time_ms };
	return oldest;
}

unsigned device_window_begin(struct device_window *window, uint64_t start_ms)
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

bool device_window_is_new(struct device_window *window, uint64_t server_hash)
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

/* The faintest app makes room for a new one. */
void device_window_add(struct device_window *window, uint16_t app, float weight)
{
	unsigned faintest = 0;

	if (app == 0) {
		window->other += weight;
		return;
	}
	for (unsigned i = 0; i < DEVICE_APPS_MAX; i++) {
		if (window->apps[i].app == app) {
			window->apps[i].weight += weight;
			return;
		}
		if (window->apps[i].weight < window->apps[faintest].weight) {
			faintest = i;
		}
	}
	window->other += window->apps[faintest].weight;
	window->apps[faintest].app = app;
	window->apps[faintest].weight = weight;
}

float device_window_weight(const struct device_window *window, uint16_t app)
{
	for (unsigned i = 0; app != 0 && i < DEVICE_APPS_MAX; i++) {
		if (window->apps[i].app == app) {
			return window->apps[i].weight;
		}
	}
	return app == 0 ? window->other : 0;
}

void device_windows_renumber(
	struct device_windows *windows, const uint16_t *rows, unsigned row_count)
{
	uint64_t count = (windows->set_mask + UINT64_C(1)) * SET_SIZE;

	for (uint64_t i = 0; i < count; i++) {
		struct device_window *window = &windows->windows[i];
		for (unsigned k = 0; k < DEVICE_APPS_MAX; k++) {
			uint16_t app = window->apps[k].app;
			window->apps[k].app = app < row_count ? rows[app] : 0;
			if (window->apps[k].app == 0) {
				window->other += window->apps[k].weight;
				window->apps[k].weight = 0;
			}
		}
	}
}

uint64_t device_windows_given_up(const struct device_windows *windows)
{
	return windows->given_up;
}
