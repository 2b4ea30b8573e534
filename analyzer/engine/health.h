/* Health: how a running sensor is, as one plain value. Everything that is dropped, refused, evicted
 * or left waiting anywhere has its place here, so that no loss goes unseen.
 *
 * A snapshot is made by engine_read_health() from what every thread last said of itself, at most a
 * quarter of a second before. Its writers make the text for Prometheus (names and types as
 * `promtool check metrics` wants them) and the few lines for a person.
 *
 * Memory   a value; the names in it are the engine's and live as long as it.
 * Threads  any; a snapshot belongs to whoever made it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/classify/classify.h"
#include "analyzer/engine/detectors_stats.h"
#include "analyzer/output/output_state.h"
#include "analyzer/redis/outbox.h"
#include "base/text.h"
#include "collector/collector.h"
#include "collector/flow_source.h"

enum { HEALTH_WORKERS_MAX = 32, HEALTH_OUTPUTS_MAX = 32 };

struct health_worker {
	const char *interface; /* or all of them, with a "+" between */
	unsigned queue;        /* from 0 */
	bool is_capturing;     /* false: it ended, or an interface is gone */
	uint64_t seen_ns;      /* monotonic: when this was said */
	struct source_stats source;
	struct collector_stats collector;
	struct classify_stats classify;
	uint64_t lag_ns; /* how old the latest packets were when they were read */
	uint64_t flow_limit;
	uint64_t ring_depth, ring_waits; /* records on their way; times the exporter held it up */
};

struct health_exporter {
	uint64_t seen_ns; /* monotonic */
	uint64_t records, records_with_app, records_inferred, packets, bytes, bytes_elsewhere;
	uint64_t half_seen; /* records */
	uint64_t alerts_open, alerts_missed;
	/* Devices (devices.h): stations known, those turned away in a flood, addresses that two
	 * spoke for, records of many, sightings that found no room on their way. */
	uint64_t stations, stations_refused, addresses_contested, records_of_many, sightings_lost;
	bool has_detectors;
	struct detectors_stats detectors;
	unsigned output_count;
	struct output_state outputs[HEALTH_OUTPUTS_MAX]; /* the names live as long as the process */
};

struct health {
	uint64_t started_ns, now_ns; /* since 1970 */
	uint64_t facts_loaded_ns;    /* policy, catalogue and geo in force: since when */
	uint64_t reloads, reloads_failed;
	struct flow_source_stats names; /* from resolvers */
	unsigned worker_count;
	struct health_worker workers[HEALTH_WORKERS_MAX];
	struct health_exporter exporter;
	bool has_outbox;
	struct outbox_stats outbox; /* the way to Redis */
};

/* A thread may have shown itself after the look at the clock. */
bool health_was_seen(uint64_t seen_ns, uint64_t now_ns, uint64_t within_ns);

void health_put_prometheus(struct text *text, const struct health *health);
void health_put_text(struct text *text, const struct health *health);
