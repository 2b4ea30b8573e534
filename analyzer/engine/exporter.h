/* The exporter: what happens to a record, in the order in which they come, once it is known where
 * it went and which app it is of (enrich.h).
 *
 *     device -> infer -> decide -> rollup, alerts, sinks; cells of the rollup -> overview, sinks
 *
 * Where own devices are pseudonyms, names that say which device it is are withheld before the last
 * step (redact_names.h), and sinks get of each record what may be kept (device_detail.h).
 *
 * Threads  one, which may be the worker's own.
 * Failure  a sink that fails is tried again later (sink_set.h); the others go on. */
#pragma once

#include <stddef.h>

#include "analyzer/alert/alerts.h"
#include "analyzer/attribute/behaviour.h"
#include "analyzer/device/devices.h"
#include "analyzer/engine/detectors_stats.h"
#include "analyzer/engine/sink_set.h"
#include "analyzer/output/sink.h"
#include "analyzer/rollup/overview.h"
#include "analyzer/rollup/rollup.h"

struct exporter;

struct exporter *exporter_create(const struct reference *reference, struct alerts *alerts);
void exporter_destroy(struct exporter *exporter);

/* Before the first record: the secret under which devices are counted where they are no pseudonyms
 * (device_hash.h). Without one nothing that is made of it may leave the process. False: out of
 * memory. */
bool exporter_count_devices(struct exporter *exporter, const struct hash_key *key);

/* Before the first record: the sensor's name, by which the policy may have another one count what
 * this one sees as well, or one way of it ("counting"). Such records are for files, archives and
 * the summary alone. False: out of memory. */
bool exporter_count_as(struct exporter *exporter, const char *sensor);

/* Before the first record: detectors look at what is handed on, and raise alerts (detectors.h). 0
 * or -errno. */
int exporter_detect(struct exporter *exporter, bool is_live, struct err *err);
/* Live: frames read and lost so far. */
void exporter_note_frames(
	struct exporter *exporter, uint64_t now_ns, uint64_t frames, uint64_t dropped);
/* False: none look. */
bool exporter_read_detectors(const struct exporter *exporter, struct detectors_stats *stats);

/* Before the first record: who takes all of them, as they were decided (vantage.h); the caller's.
 */
struct vantage;
void exporter_set_vantage(struct exporter *exporter, struct vantage *vantage);

/* Over files: flows without a name wait, HELD_MAX at once, for what is named after them, so that
 * more can be inferred (behaviour.h). They come to the sinks when the oldest must give way, the
 * last of them with exporter_finish(). False: out of memory. */
enum { HELD_MAX = 8192 };
bool exporter_hold_hidden(struct exporter *exporter);

/* Before the first record: only what a filter lets through goes on behind the decision, and is in
 * figures, alerts and sinks. The filter stays the caller's. False: out of memory. */
struct flow_filter;
bool exporter_filter(struct exporter *exporter, struct flow_filter *filter);

/* Before the first record, now and then, and at the end: what was learnt, for the next run. Each
 * part by itself: tell() hears what could not be read, the error the first that could not be kept
 * (0 or -errno), and the others are. */
struct state;
typedef void exporter_tell(const struct err *err);
void exporter_load_state(struct exporter *exporter, struct state *state, exporter_tell *tell);
int exporter_save_state(const struct exporter *exporter, struct state *state, struct err *err);

/* sink becomes the exporter's. */
void exporter_add_sink(struct exporter *exporter, const struct sink_ops *ops, struct sink *sink);

/* Who has which address, at most SIGHTINGS_MAX: before the records that are about it. */
struct sighting;
void exporter_see(struct exporter *exporter, const struct sighting *sightings, size_t count);

/* A zone of names is our own (own_zones.h): likewise. */
void exporter_learn_zone(struct exporter *exporter, const char *zone);
/* So is a machine's name (own_hosts.h), and a network (forgotten_networks.h). */
void exporter_learn_host(struct exporter *exporter, const char *label);
void exporter_learn_network(struct exporter *exporter, const struct addr *network);

/* records are enriched with the reference data in use; what is still missing is filled here, in
 * place. */
void exporter_take(struct exporter *exporter, struct record *records, size_t count);

/* With the next records, what was added up goes to sinks though there is room for more: somebody
 * watches. From any thread. */
void exporter_ask_cells(struct exporter *exporter);

/* Live, now and then: what sinks and alerts gathered goes out. */
void exporter_flush(struct exporter *exporter, uint64_t now_ns);

/* The reference data that later records are enriched with. */
void exporter_use(struct exporter *exporter, const struct reference *reference);

/* Live: no overview is kept; it grows with what a sensor sees in a year. */
void exporter_drop_overview(struct exporter *exporter);

/* How each output is, of records first, then of alerts; returns how many there are. */
enum { EXPORTER_OUTPUTS_MAX = SINK_SET_MAX + ALERT_OUTPUTS_MAX };
unsigned exporter_read_outputs(const struct exporter *exporter, struct output_state *states);

/* Flushes and closes every output. 0, or -errno and the sentence of the first that fails: of a pipe
 * whose reader went away only where nothing else fails. */
int exporter_finish(struct exporter *exporter, struct err *err);

/* NULL where it was dropped. */
struct overview *exporter_overview(struct exporter *exporter);

/* Attempts, and which units are seen one way only; good as long as the exporter. */
struct decider;
const struct decider *exporter_decider(const struct exporter *exporter);

/* Whose flows they are; good as long as the exporter. */
struct devices;
const struct devices *exporter_devices(const struct exporter *exporter);

struct exporter_stats {
	uint64_t records, records_with_app; /* not those whose app is only inferred */
	uint64_t records_inferred;
	struct devices_stats devices;
	struct behaviour_stats behaviour;
	struct rollup_stats rollup;
	uint64_t bytes_elsewhere; /* of records that another sensor counts */
	uint64_t half_seen;       /* records of which one way is not known */
	uint64_t packets, bytes;  /* of all parts: the other side of the conservation check */
};
void exporter_read_stats(const struct exporter *exporter, struct exporter_stats *stats);
