/* Sightings of made-up hosts in 10.0.0.0/16, and what is known of their addresses by them. */
#pragma once

#include "analyzer/device/devices.h"

#include <string.h>

#include "base/clock.h"
#include "tests/tap.h"

#define MINUTE (60 * NS_PER_S)
#define HOUR   (60 * MINUTE)

static const uint64_t begin_ns = UINT64_C(1773700000) * NS_PER_S;
static struct devices *devices;

static void set_mac(struct sighting *sighting, unsigned host)
{
	const uint8_t mac[6] = { host & 0x1000 ? 2 : 0, 0x11, 0x22, 0, (uint8_t)(host >> 8),
		(uint8_t)host };

	memcpy(sighting->mac, mac, sizeof(mac));
}

static struct addr address(unsigned last)
{
	const uint8_t bytes[4] = { 10, 0, (uint8_t)(last >> 8), (uint8_t)last };

	return addr_from_v4(bytes);
}

static struct sighting sighting_of(
	enum sighting_kind kind, unsigned host, unsigned last, uint64_t after)
{
	struct sighting sighting = { .kind = (uint8_t)kind,
		.addr = address(last),
		.time_ns = begin_ns + after,
		.ttl = 64,
		.stack = kind == SIGHTING_FLOW ? 77 : 0 };

	set_mac(&sighting, host);
	return sighting;
}

static void see(enum sighting_kind kind, unsigned host, unsigned last, uint64_t after)
{
	struct sighting sighting = sighting_of(kind, host, last, after);

	devices_see(devices, &sighting, true);
}

/* A host that is used for half an hour. */
static void use(unsigned host, unsigned last, uint64_t after)
{
	for (unsigned i = 0; i < 15; i++) {
		see(SIGHTING_FLOW, host, last, after + i * 2 * MINUTE);
	}
}

static struct device_answer ask(const struct inventory *inventory, unsigned last, uint64_t after)
{
	struct device_answer answer;
	struct addr addr = address(last);

	devices_ask(devices, inventory, &addr, begin_ns + after, &answer);
	return answer;
}

static bool is_host(const struct device_answer *answer, unsigned host)
{
	struct sighting sighting;

	set_mac(&sighting, host);
	return answer->station && answer->same->key == station_key_of_mac(sighting.mac);
}

static void begin(void)
{
	devices_destroy(devices);
	devices = devices_create();
}

static void lease(unsigned host, unsigned last, uint64_t after, uint32_t seconds)
{
	struct sighting sighting = sighting_of(SIGHTING_LEASE, host, last, after);

	sighting.lease_s = seconds;
	devices_see(devices, &sighting, true);
}

static void lease_for_a_day(unsigned host, unsigned last, uint64_t after)
{
	lease(host, last, after, 86400);
}
