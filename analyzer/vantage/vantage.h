/* Vantage: what crosses this sensor, as far as that says what the sensor can and cannot see.
 *
 * Takes records in the exporter's order, located and decided, and keeps counts of them; with the
 * counters of sources and flow tables they become findings (vantage_judge.h). Whole flows count
 * once, at their end. Nothing is kept of single devices but that an address asked a resolver.
 *
 * Memory   bounded: vantage_clients.h, segment_days.h, and a row for each unit.
 * Threads  one that takes; any that lets it be judged, or asks of its days, under its lock.
 * Failure  out of memory only at vantage_create(); what finds no room later is not counted. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/vantage/proxy_signs.h"
#include "analyzer/record/record.h"
#include "analyzer/record/reference.h"
#include "analyzer/rollup/unnamed.h"
#include "analyzer/vantage/segment_days.h"
#include "analyzer/vantage/vantage_clients.h"
#include "analyzer/vantage/vantage_drops.h"
#include "analyzer/vantage/vantage_logs.h"
#include "analyzer/vantage/vantage_multicast.h"
#include "analyzer/vantage/vantage_probes.h"
#include "analyzer/vantage/vantage_translated.h"

/* Flows of a unit (row 0: of own devices in none). */
struct vantage_unit {
	uint64_t flows, out_only, in_only; /* TCP that was answered, and of which ways were seen */
	uint64_t v4, v6;                   /* to outside */
};

enum { VANTAGE_WEB_LEAST = 50 }; /* flows of the web without a lookup that tell something */
enum { VANTAGE_PROXIES = 8, VANTAGE_NETWORKS = 16, VANTAGE_VLANS = 4096, VANTAGE_MANY = 4096 };

struct vantage_network {
	struct addr network; /* /24, /64 */
	uint64_t flows;
};

struct vantage {
	pthread_mutex_t lock;
	uint64_t first_ns, last_ns;
	uint64_t flows, outbound, external;
	uint64_t hearsay; /* with an end of ours, in tunnels that are not */
	struct proxy_found proxies[VANTAGE_PROXIES]; /* that nobody has declared */
	unsigned proxy_count;
	uint64_t nameless; /* of ours, out of an archive that does not keep our end's address */
	uint64_t of_many, of_proxies; /* of outbound; of all, whose other end is a proxy */
	uint64_t web, hellos_missing; /* begun in sight; without a hello that can be read */
	uint64_t web_since_ns; /* when the last of the first VANTAGE_WEB_LEAST of them began */
	uint64_t lookups, lookups_out_only; /* asked by own devices */
	uint64_t lookups_cut;               /* that the capture holds too little of to be read */
	uint64_t told, hidden[UNNAMED_REASON_COUNT]; /* of outbound with a message each way */
	uint64_t vlans[VANTAGE_VLANS];               /* flows */
	struct vantage_unit *units;                  /* by symbol */
	unsigned unit_count;
	struct vantage_network outside_units[VANTAGE_NETWORKS]; /* the most frequent */
	struct clients clients;
	struct clients many; /* addresses behind which many stand */
	struct translated translated;
	struct multicast multicast;
	struct segment_days days;
	const struct probe_key *probe_key; /* the caller's; NULL: no probe is known */
	bool may_repeat; /* captures may be read again: days are not counted on from earlier runs */
	struct probes probes;
	struct vantage_logs logs;
	struct vantage_drops drops;
};

struct vantage *vantage_create(void); /* NULL: out of memory */
void vantage_destroy(struct vantage *vantage);

void vantage_take(struct vantage *vantage, const struct reference *reference,
	const struct record *records, size_t count);

/* Evidence of a proxy, again and again as more goes through it. */
void vantage_note_proxy(struct vantage *vantage, const struct proxy_found *found);

/* Live, again and again: frames that were taken, and that the kernel had no room for. */
void vantage_note_drops(struct vantage *vantage, uint64_t frames, uint64_t drops, uint64_t now_ns);

/* How a live source of names fares, again and again. False where it says nothing any more, or
 * cannot be read. */
bool vantage_note_log(struct vantage *vantage, unsigned number, const char *title,
	const struct flow_source_stats *stats, uint64_t now_ns);

/* What is kept from run to run: the days of segments. As segment_days_save() and _load(). Where
 * captures may repeat, of each day the higher count of this run and the earlier ones is kept. */
int vantage_save(struct vantage *vantage, struct state *state, struct err *err);
int vantage_load(struct vantage *vantage, struct state *state, struct err *err);
