/* Stations: what stands on a segment and has a MAC, or, seen through a relay alone, an identifier
 * of DHCP. Each by itself is in station.h; here, which ones there are, and which are the same
 * device.
 *
 *     A private MAC (made up by the device) that comes with the identifier of another private one,
 *     which has been silent since, is the same device under a new MAC: phones do so. Where both
 *     speak, the identifier is contested from then on, and each MAC is its own.
 *
 * Memory   STATIONS_MAX, taken once. A new one takes the place of one unseen for a week, or for an
 *          hour where it was never one device; where there is none, or more than STATIONS_NEW_MAX
 *          came within a minute, it is turned away and counted: a flood of made-up MACs pushes
 *          nobody out, and keeps nobody out for longer than it lasts.
 * Threads  one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/device/station.h"
#include "base/text.h"

enum { STATIONS_MAX = 65536, STATIONS_NEW_MAX = 8192 };

struct stations;

struct stations *stations_create(void); /* NULL: out of memory */
void stations_destroy(struct stations *stations);

/* The station of a sighting, made where it is new, with what the sighting says of it. is_own: the
 * address is one of our networks'. STATION_NONE where it says nothing or there is no room. */
uint32_t stations_see(struct stations *stations, const struct sighting *sighting, bool is_own);

uint32_t stations_find(const struct stations *stations, uint64_t key);
/* Has it fetched: first where it stands, later what stands there. */
void stations_fetch_place(const struct stations *stations, uint64_t key);
void stations_fetch(const struct stations *stations, uint64_t key);
struct station *stations_at(const struct stations *stations, uint32_t place);
uint32_t stations_room(const struct stations *stations); /* places to look at, used or not */

/* The station whose device it is at that time: itself, or the one it is the same as. */
const struct station *stations_device(
	const struct stations *stations, const struct station *station, uint64_t time_ns);

struct stations_stats {
	uint32_t count, routers, joined;
	uint64_t refused, contested;
};
void stations_read_stats(const struct stations *stations, struct stations_stats *stats);

/* State (state.h). load: false where it cannot be read, and nothing is known. */
bool stations_save(const struct stations *stations, struct text *text);
struct reader;
bool stations_load(struct stations *stations, struct reader *reader);
