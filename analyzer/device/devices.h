/* Devices: whose flow it is. The one place that says what a device is.
 *
 *     sightings (who has which address)   -> stations, bindings, signs of NAT
 *     records, in the exporter's order    -> record.device, and class and unit of what is enrolled
 *
 * Strongest first: the inventory (by MAC, at that time); a station (its MAC, joined over changes of
 * private ones); several behind one address; the address alone, where nothing more is known or two
 * stations speak for it. Answers are for a flow's first moment and do not depend on what comes
 * later, so that they are the same however many threads work.
 *
 * What an outsider on the segment can do: make an address or an identifier of others unknown by
 * speaking for it at the same time; have a router's look by sending for many addresses; take the
 * name of a device that is away by copying its MAC. What he cannot: have his flows under the name
 * of a device that is there, have others' flows under his, or under an enrolled device's without
 * its MAC. Somebody beyond a router can do none of it.
 *
 * Memory   bounded (stations.h, bindings.h, nat_signs.h), taken once; pages that nobody needs are
 *          never touched.
 * Threads  one, the exporter.
 * Failure  none after creation: it counts. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/device/bindings.h"
#include "analyzer/device/coverage.h"
#include "analyzer/device/inventory.h"
#include "analyzer/device/nat_signs.h"
#include "analyzer/device/stations.h"
#include "analyzer/record/record.h"
#include "collector/sightings.h"

struct devices;
struct local_zone;
struct state;

struct devices *devices_create(void); /* NULL: out of memory */
void devices_destroy(struct devices *devices);

/* What is known of these addresses lies far away. Asked one by one, each waits for memory; fetched
 * together before, they wait once. */
enum { DEVICES_FETCH_MAX = 256 };
void devices_fetch(const struct devices *devices, const struct addr *const *addrs, size_t count);

/* is_own: the sighting's address is one of our networks'. */
void devices_see(struct devices *devices, const struct sighting *sighting, bool is_own);

/* A record whose ends are located: device, and for an enrolled one class and unit where the
 * inventory says them. inventory may be NULL; zone is that of coverage's days. */
void devices_identify(struct devices *devices, const struct inventory *inventory,
	const struct local_zone *zone, struct record *record);

/* The same for an address and a time, with the reasons. */
struct device_answer {
	struct record_device device;
	enum binding_answer binding_answer;
	const struct binding *binding;           /* NULL none */
	const struct station *station;           /* that had it; NULL none */
	const struct station *same;              /* whose device that is: often itself */
	const struct inventory_device *enrolled; /* NULL none */
	struct nat_answer nat;
	bool is_several; /* the station has several addresses: perhaps a device each */
};
void devices_ask(const struct devices *devices, const struct inventory *inventory,
	const struct addr *addr, uint64_t time_ns, struct device_answer *answer);

const struct stations *devices_stations(const struct devices *devices);
const struct bindings *devices_bindings(const struct devices *devices);
const struct nat_signs *devices_nat(const struct devices *devices);

/* When a sign of the answer's many was found, of the address or else of its station. */
struct nat_evidence devices_evidence(const struct devices *devices, const struct addr *addr,
	const struct device_answer *answer, enum nat_sign sign);
const struct coverage *devices_coverage(const struct devices *devices);

struct devices_stats {
	struct stations_stats stations;
	struct bindings_stats bindings;
	uint64_t records[DEVICE_KIND_COUNT],
		enrolled; /* records, by what is known of their device */
};
void devices_read_stats(const struct devices *devices, struct devices_stats *stats);

/* State "devices" (state.h): 0, also where there is none, or -errno and why; then nothing is known.
 */
int devices_save(const struct devices *devices, struct state *state, struct err *err);
int devices_load(struct devices *devices, struct state *state, struct err *err);
