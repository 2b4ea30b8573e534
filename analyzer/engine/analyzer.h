/* The analyzer: from a source to everything that is said about it. The product on one page is
 * pipeline.c.
 *
 *   reader             worker                           exporter
 *   collector_read  -> collector_follow              -> infer, decide
 *                      classify_batch                   overview, alerts, sinks
 *                      collector_take
 *                      locate, geo, attribute
 *
 * With one thread they run in turn on it; otherwise side by side, joined by rings of batches and of
 * records. The records and their order are the same.
 *
 * Threads  analyzer_run() blocks its caller; analyzer_stop() may come from anywhere, a signal
 *          handler included. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/alert/alert.h"
#include "analyzer/attribute/behaviour.h"
#include "analyzer/classify/classify.h"
#include "analyzer/rollup/overview.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/record.h"
#include "analyzer/output/sink.h"
#include "collector/collector.h"

struct analyzer;

struct analyzer_options {
	struct source *source; /* the caller's */
	struct collector_options collector;
	struct classify_options classify;
	const struct reference *reference; /* catalogue and policy are needed; geo may be NULL */
	struct alerts *alerts;      /* the caller's; NULL: none are raised */
	unsigned threads;     /* 1: all on the caller's; 2: side by side; 0: as the cores allow */
	uint64_t progress_ns; /* how often progress is called, by the caller's thread; 0: never */
	void (*progress)(void *context, const struct source_stats *source);
	void *progress_context;
};

struct analyzer_stats {
	struct source_stats source;
	struct collector_stats collector;
	struct classify_stats classify;
	uint64_t records, records_with_app;
	struct behaviour_stats behaviour;
	uint64_t packets, bytes; /* in those records: the other side of the conservation */
	uint64_t ring_waits;     /* times the exporter held up a worker */
	uint64_t wall_ns;
	bool was_stopped;  /* by analyzer_stop(), before the input was over */
	bool sinks_failed; /* one at least: what it was to hold is not whole */
};

struct analyzer *analyzer_create(const struct analyzer_options *options, struct err *err);
void analyzer_destroy(struct analyzer *analyzer);

/* Does it work with more threads than the caller's? */
bool analyzer_has_threads(const struct analyzer *analyzer);

/* As exporter_count_devices(). */
bool analyzer_count_devices(struct analyzer *analyzer, const struct hash_key *key);

/* sink becomes the analyzer's and is closed at the end of the run. */
void analyzer_add_sink(struct analyzer *analyzer, const struct sink_ops *ops, struct sink *sink);

/* Runs to the end of the source, or until stopped. 0; or -errno where the source ended badly (what
 * could be read has been reported all the same); errors of sinks come first. */
int analyzer_run(struct analyzer *analyzer, struct err *err);
void analyzer_stop(struct analyzer *analyzer);

struct overview *analyzer_overview(struct analyzer *analyzer);
struct decider;
const struct decider *analyzer_decider(const struct analyzer *analyzer);
void analyzer_read_stats(const struct analyzer *analyzer, struct analyzer_stats *stats);

/* The conservation that every run must keep; false and a sentence where it does not hold:
 * frames = packets in records + sum of refused, and IP bytes likewise. */
bool analyzer_check_conservation(const struct analyzer *analyzer, struct err *err);
