/* Device windows: what each of our devices was doing in the last minutes.
 *
 * Weights by app and what came down for it, halved every DEVICE_WINDOW_HALF_S, and the moments at
 * which its last flows began.
 * A flow whose app is known adds 1; one that is not adds what is believed of it, in shares. Several
 * flows to one server are one observation.
 *
 * Memory   fixed by device_windows_create(): 192 bytes a device, in sets of four.
 * Threads  one.
 * Failure  a full set gives up the device that was silent longest, and counts. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

enum {
	DEVICE_WINDOW_HALF_S = 300,
	DEVICE_APPS_MAX = 8,
	DEVICE_SERVERS_MAX = 8,
	DEVICE_STARTS_MAX = 8,
};

struct device_window {
	uint64_t time_ms; /* of what was added last */
	float other;      /* something that is none of the apps */
	struct {
		float weight, down_kb;
		uint16_t app; /* 0: none */
	} apps[DEVICE_APPS_MAX];
	uint32_t servers[DEVICE_SERVERS_MAX]; /* the last ones, by hash */
	uint64_t starts_ms[DEVICE_STARTS_MAX];
	uint8_t server_next, start_next;
};

struct device_windows;

struct device_windows *device_windows_create(uint32_t limit); /* NULL: out of memory */
void device_windows_destroy(struct device_windows *windows);

/* The device's own, decayed to time_ms; a new one where there was none. */
struct device_window *device_windows_at(
	struct device_windows *windows, const struct addr *device, uint64_t time_ms);

/* Has it fetched into the cache, for a call soon after. */
void device_windows_prefetch(const struct device_windows *windows, const struct addr *device);

/* Notes that a flow began: how many others of the device began within two seconds of it. */
unsigned device_window_begin(struct device_window *window, uint64_t start_ms);

/* Is this server new among the last ones? It then is one of them. */
bool device_window_is_new(struct device_window *window, uint64_t server_hash);

void device_window_add(
	struct device_window *window, uint16_t app, float weight, uint64_t down_bytes);
/* Adds what the other one knows of its apps. */
void device_window_absorb(struct device_window *window, const struct device_window *other);

float device_window_weight(const struct device_window *window, uint16_t app);
float device_window_down_kb(const struct device_window *window, uint16_t app);

void device_windows_renumber(
	struct device_windows *windows, const uint16_t *rows, unsigned row_count);

void device_windows_forget(struct device_windows *windows);

uint64_t device_windows_given_up(const struct device_windows *windows);
