/* The engine: from sources to everything that is said about them, for files as for live interfaces.
 * The product on one page is engine.c, with its workers (engine_lanes.c) and its exporter
 * (engine_export.c).
 *
 *     lane (one a source)                                 exporter
 *     read, decode -> flow table -> classify -> record    enrich -> infer, decide
 *                                        \__ runs of records __> figures, alerts, sinks
 *
 * Files and live differ in three things, each an option: how many threads work, whether time goes
 * on without packets, and whether flows without a name may wait for what is named after them.
 *
 *     engine_start(engine, &err);
 *     while (engine_read(engine, for_ns, &err) == ENGINE_MORE) { show progress }     of files
 *     engine_finish(engine, &err);
 *
 * The input of files is read by engine_read(), on its caller's thread, which is the one that a
 * signal interrupts; live sources have threads of their own. Records and their order do not depend
 * on how many threads work on a file.
 *
 * Reference data is a snapshot (reference.h): workers take the latest one for each run of records.
 *
 * Memory   taken at the start, except what alerts and sinks take.
 * Threads  one owner calls everything; engine_stop() and engine_interrupt() may come from anywhere,
 *          a signal handler included. The engine's own threads run between start and finish.
 * Failure  a source that ends badly ends its lane, what was read is kept; sinks that fail are said
 *          once and left out, and health shows them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/alert/alerts.h"
#include "analyzer/attribute/behaviour.h"
#include "analyzer/rollup/rollup.h"
#include "analyzer/engine/health.h"
#include "analyzer/engine/health_summary.h"
#include "analyzer/output/sink.h"
#include "analyzer/rollup/overview.h"

struct engine;

enum { ENGINE_WORKERS_MAX = 64 };

struct engine_input {
	struct source *source; /* the caller's */
	const char *interface; /* live: its name, or those of all; NULL for files */
	unsigned queue;
};

struct engine_options {
	const struct engine_input *inputs; /* of files one; copied */
	unsigned input_count;
	struct collector_options collector; /* of each lane; worker is filled in */
	struct classify_options classify;
	const struct reference *reference; /* to start with; catalogue and policy are needed */
	struct alerts *alerts;             /* the caller's; NULL: none are raised */
	struct flow_source *const
		*names; /* the caller's: resolver logs, or of live engines sources
			   that wait for a moment; at most NAME_FEED_SOURCES_MAX */
	unsigned names_count;
	const char
		*sensor; /* its name, for networks that the policy has others count; NULL: none */
	struct outbox *outbox;      /* the caller's, finished by engine_finish(); may be NULL */
	struct flow_filter *filter; /* the caller's: flows that it lets through; NULL: all */
	struct vantage *vantage;    /* the caller's: takes all records (vantage.h); may be NULL */
	struct state *state;        /* the caller's: what is known from run to run; may be NULL */

	/* Of files: 1 all on the caller's thread; 2 reading, following and exporting side by side;
	 * each one more enriches records on their way. 0: as the cores allow. */
	unsigned workers;
	bool detects;      /* detectors look, and raise alerts */
	bool has_ticks;    /* time goes on without packets: live */
	bool holds_hidden; /* flows without a name may wait, and are then told with the latest
			      reference data */
	bool has_overview; /* sums of all of it, for the summary */
};

struct engine *engine_create(const struct engine_options *options, struct err *err);
void engine_destroy(struct engine *engine);

/* Does it work with more threads than the caller's? */
bool engine_has_threads(const struct engine *engine);

/* As exporter_count_devices(); live sensors have a secret of their own. */
bool engine_count_devices(struct engine *engine, const struct hash_key *key);

/* sink becomes the engine's and is closed at the end; before the start. */
void engine_add_sink(struct engine *engine, const struct sink_ops *ops, struct sink *sink);

int engine_start(struct engine *engine, struct err *err);

/* Reads files for about so long (UINT64_MAX: to their end). ENGINE_MORE, or ENGINE_ENDED, or -errno
 * where the source ended badly. */
enum engine_result { ENGINE_MORE, ENGINE_ENDED };
int engine_read(struct engine *engine, uint64_t for_ns, struct err *err);

/* engine_read() comes back after the batch it is at, before its time is over. */
void engine_interrupt(struct engine *engine);

/* Somebody watches: sinks get what was added up until now, and not only when there is no more room
 * for it. Any thread. */
void engine_ask_cells(struct engine *engine);

/* Calls tell(context) on the exporter's side between two runs of records, where figures may be read
 * while the engine works; at once where one thread does all. One at a time: what is asked before
 * the last answer is left out. */
void engine_ask(struct engine *engine, void (*tell)(void *context), void *context);

/* Nothing more is to be read: engine_read() ends soon. */
void engine_stop(struct engine *engine);

/* Ends every flow, writes everything, closes the sinks, and gives Redis OUTBOX_GRACE_NS to take
 * what is left. 0, or -errno and the first error of a sink, else of a lane, else of state that
 * could not be kept. */
#define OUTBOX_GRACE_NS (5 * NS_PER_S)
int engine_finish(struct engine *engine, struct err *err);

/* All of it: start, read to the end, finish. */
int engine_run(struct engine *engine, struct err *err);

/* New reference data for the records from here on; does not wait. */
void engine_reload(struct engine *engine, const struct reference *reference);
void engine_count_failed_reload(struct engine *engine);
/* The latest, acquired for the caller. */
const struct reference *engine_acquire_reference(struct engine *engine);

/* Live: is every lane at work? 0, or -errno and the sentence: then it is time to finish. */
int engine_failure(struct engine *engine, struct err *err);

/* Live: has every thread shown itself within the last within_ns? What a watchdog wants to know. */
bool engine_is_alive(struct engine *engine, uint64_t within_ns);

/* Live: how it is; and the same in few numbers, with rates, at most a second old. */
void engine_read_health(struct engine *engine, struct health *health);
void engine_read_health_summary(struct engine *engine, struct health_summary *summary);

/* After the finish. */
struct engine_stats {
	struct source_stats source;
	struct collector_stats collector;
	struct classify_stats classify;
	uint64_t records, records_with_app;
	struct behaviour_stats behaviour;
	struct rollup_stats rollup;
	struct detectors_stats detectors; /* zeroed where none looked */
	uint64_t packets, bytes;          /* in those records: the other side of the conservation */
	uint64_t ring_waits;              /* times the exporter held up a worker */
	uint64_t wall_ns;
	bool was_stopped;  /* by engine_stop(), before the input was over */
	bool sinks_failed; /* one at least: what it was to hold is not whole */
};
void engine_read_stats(const struct engine *engine, struct engine_stats *stats);
/* What resolver logs said; any time. And of files: 0, or -errno and why the first log that could
 * not be read to its end could not. */
void engine_read_names(struct engine *engine, struct flow_source_stats *stats);
int engine_names_failure(const struct engine *engine, struct err *err);
struct overview *engine_overview(struct engine *engine);
struct decider;
const struct decider *engine_decider(const struct engine *engine);
struct devices;
const struct devices *engine_devices(const struct engine *engine);

/* The conservation that every run over a file must keep; false and a sentence where it does not
 * hold: frames = packets in records + sum of refused, and IP bytes likewise. */
bool engine_check_conservation(const struct engine *engine, struct err *err);
