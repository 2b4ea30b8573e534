/* Device windows: what each of our devices was doing in the last minutes.
 *
 * Weights by app and what came down for it, halved every DEVICE_ACTIVITY_HALF_S, and the moments at
 * which its last flows began.
 * A flow whose app is known adds 1; one that is not adds what is believed of it, in shares. Several
 * flows to one server are one observation.
 *
 * Memory   fixed by device_activities_create(): some 220 bytes a device, in sets of four.
 * Threads  one.
 * Failure  a full set gives up the device that was silent longest, and counts. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

enum {
	DEVICE_ACTIVITY_HALF_S = 300,
	DEVICE_APPS_MAX = 8,
	DEVICE_SERVERS_MAX = 8,
	DEVICE_STARTS_MAX = 8,
};

/* What it was doing. */
struct app_weights {
	float other; /* something that is none of the apps */
	struct {
		float weight, down_kb;
		uint16_t app; /* 0: none */
	} apps[DEVICE_APPS_MAX];
};

struct device_activity {
	struct app_weights weights;
	uint8_t server_next, start_next;
	uint32_t servers[DEVICE_SERVERS_MAX]; /* the last ones, by hash */
	uint64_t starts_ms[DEVICE_STARTS_MAX];
};

struct device_activities;

struct device_activities *device_activities_create(uint32_t limit); /* NULL: out of memory */
void device_activities_destroy(struct device_activities *windows);

/* The device's own, decayed to time_ms; a new one where there was none. */
struct device_activity *device_activities_at(
	struct device_activities *windows, const struct addr *device, uint64_t time_ms);

/* Has it fetched into the cache, for a call soon after. */
void device_activities_prefetch(const struct device_activities *windows, const struct addr *device);

/* Notes that a flow began: how many others of the device began within two seconds of it. */
unsigned device_activity_begin(struct device_activity *window, uint64_t start_ms);

/* Is this server new among the last ones? It then is one of them. */
bool device_activity_is_new(struct device_activity *window, uint64_t server_hash);

void app_weights_add(struct app_weights *weights, uint16_t app, float weight, uint64_t down_bytes);
/* Adds what the other one knows of its apps. */
void app_weights_absorb(struct app_weights *weights, const struct app_weights *other);

float app_weights_of(const struct app_weights *weights, uint16_t app);
float app_weights_down_kb(const struct app_weights *weights, uint16_t app);

void device_activities_forget(struct device_activities *windows);

uint64_t device_activities_given_up(const struct device_activities *windows);
