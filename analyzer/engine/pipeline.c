#include "analyzer/engine/analyzer.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/engine/exporter.h"
#include "analyzer/engine/enrich.h"
#include "base/clock.h"
#include "base/ring.h"
#include "collector/read_ahead.h"

/* Records travel in runs; the ring holds enough of them that neither side waits for a hiccup of the
 * other, and so few that they stay in the caches. */
enum { RUN_MAX = 128, RING_SLOTS = 2048 };

struct analyzer {
	struct analyzer_options options;
	struct collector *collector;
	struct classify *classify;
	struct exporter *exporter;
	struct read_ahead *ahead;  /* these two are NULL with one thread */
	struct ring *ring;         /* of records */
	struct record *run;        /* with one thread: where records are made */
	struct flow_record *flows; /* RUN_MAX of them, on their way from the collector */
	struct collector_batch *batch;
	uint64_t progress_due_ns, wall_ns;
	atomic_bool stop;
	bool was_stopped; /* before the input was over */
	bool sinks_failed;
};

static unsigned thread_count(unsigned asked)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return asked ? asked : cores >= 2 ? 2 : 1;
}

struct analyzer *analyzer_create(const struct analyzer_options *options, struct err *err)
{
	struct analyzer *analyzer = calloc(1, sizeof(*analyzer));

	if (!analyzer) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	analyzer->options = *options;
	analyzer->classify = classify_create(&options->classify);
	analyzer->exporter = exporter_create(options->reference, options->alerts);
	analyzer->flows = malloc(RUN_MAX * sizeof(*analyzer->flows));
	analyzer->batch = malloc(sizeof(*analyzer->batch));
	if (thread_count(options->threads) > 1) {
		analyzer->ring = ring_create(sizeof(struct record), RING_SLOTS);
	} else {
		analyzer->run = aligned_alloc(64, RUN_MAX * sizeof(*analyzer->run));
	}
	if (!analyzer->classify || !analyzer->exporter ||
		!exporter_hold_hidden(analyzer->exporter) || !analyzer->flows || !analyzer->batch ||
		(!analyzer->ring && !analyzer->run)) {
		err_set(err, ENOMEM, "out of memory");
		goto cleanup;
	}
	analyzer->collector = collector_create(options->source, &options->collector, err);
	if (!analyzer->collector) {
		goto cleanup;
	}
	if (analyzer->ring) {
		analyzer->ahead = read_ahead_create(analyzer->collector, options->source, err);
		if (!analyzer->ahead) {
			goto cleanup;
		}
	}
	return analyzer;
cleanup:
	analyzer_destroy(analyzer);
	return NULL;
}

void analyzer_destroy(struct analyzer *analyzer)
{
	if (!analyzer) {
		return;
	}
	read_ahead_destroy(analyzer->ahead);
	collector_destroy(analyzer->collector);
	classify_destroy(analyzer->classify);
	exporter_destroy(analyzer->exporter);
	ring_destroy(analyzer->ring);
	free(analyzer->run);
	free(analyzer->flows);
	free(analyzer->batch);
	free(analyzer);
}

bool analyzer_has_threads(const struct analyzer *analyzer)
{
	return analyzer->ring != NULL;
}

bool analyzer_count_devices(struct analyzer *analyzer, const struct hash_key *key)
{
	return exporter_count_devices(analyzer->exporter, key);
}

void analyzer_add_sink(struct analyzer *analyzer, const struct sink_ops *ops, struct sink *sink)
{
	exporter_add_sink(analyzer->exporter, ops, sink);
}

void analyzer_stop(struct analyzer *analyzer)
{
	atomic_store(&analyzer->stop, true);
}

/* Records can be identified on either side: by the worker where the exporter is behind. */
static bool is_exporter_behind(const struct analyzer *analyzer)
{
	return !analyzer->ring || ring_depth(analyzer->ring) >= RING_SLOTS / 4;
}

/* Moves every record that is due to the other side. */
static void hand_over(struct analyzer *analyzer)
{
	for (;;) {
		size_t room = RUN_MAX, count;
		struct record *records = analyzer->run;
		if (analyzer->ring) {
			records = ring_reserve(analyzer->ring, RUN_MAX, &room);
		}
		count = collector_take(analyzer->collector, analyzer->flows, room);
		for (size_t i = 0; i < count; i++) {
			record_expect(records, i + RECORDS_AHEAD, count);
			record_begin(&records[i], &analyzer->flows[i]);
			classify_settle(analyzer->classify, &analyzer->flows[i], &records[i].l7);
		}
		if (count == 0) {
			return;
		}
		if (is_exporter_behind(analyzer)) {
			enrich(analyzer->options.reference, records, count);
		}
		if (analyzer->ring) {
			ring_publish(analyzer->ring, count);
		} else {
			exporter_take(analyzer->exporter, records, count);
		}
	}
}

static void report_progress(struct analyzer *analyzer)
{
	uint64_t now_ns;
	struct source_stats stats;

	if (analyzer->options.progress_ns == 0) {
		return;
	}
	now_ns = clock_monotonic_ns();
	if (now_ns >= analyzer->progress_due_ns) {
		analyzer->progress_due_ns = now_ns + analyzer->options.progress_ns;
		source_read_stats(analyzer->options.source, &stats);
		analyzer->options.progress(analyzer->options.progress_context, &stats);
	}
}

static bool is_wanted(struct analyzer *analyzer)
{
	return !atomic_load_explicit(&analyzer->stop, memory_order_relaxed);
}

/* Frames that were read are decoded, also when we are to stop. */
static bool goes_on(struct analyzer *analyzer)
{
	return is_wanted(analyzer) || collector_has_rest(analyzer->collector);
}

/* How reading ended, and whether by ourselves: with -EINTR it waited for input that is no longer
 * wanted. */
static int settle_status(struct analyzer *analyzer, int status)
{
	analyzer->was_stopped =
		!is_wanted(analyzer) && (status == COLLECTOR_MORE || status == -EINTR);
	return status < 0 && !analyzer->was_stopped ? status : 0;
}

static void finish_flows(struct analyzer *analyzer)
{
	collector_finish(analyzer->collector);
	hand_over(analyzer);
}

/* One thread: the whole program in one loop. */
static int work_alone(struct analyzer *analyzer, struct err *err)
{
	int status = COLLECTOR_MORE;

	while (status == COLLECTOR_MORE && goes_on(analyzer)) {
		status = collector_next(analyzer->collector, analyzer->batch, err);
		if (status == COLLECTOR_MORE) {
			classify_batch(analyzer->classify, analyzer->collector, analyzer->batch);
		}
		hand_over(analyzer);
		report_progress(analyzer);
	}
	finish_flows(analyzer);
	return settle_status(analyzer, status);
}

/* The reader: the caller's own thread, which is the one that a signal interrupts. */
static int read_loop(struct analyzer *analyzer, struct err *err)
{
	int status = COLLECTOR_MORE;

	while (status == COLLECTOR_MORE && goes_on(analyzer)) {
		status = read_ahead_fill(analyzer->ahead, err);
		report_progress(analyzer);
	}
	read_ahead_close(analyzer->ahead);
	return settle_status(analyzer, status);
}

/* The worker's thread: packets into flows, flows into records. */
static void *follow_loop(void *argument)
{
	struct analyzer *analyzer = argument;
	const struct collector_batch *batch;

	while ((batch = read_ahead_take(analyzer->ahead)) != NULL) {
		classify_batch(analyzer->classify, analyzer->collector, batch);
		hand_over(analyzer);
		read_ahead_release(analyzer->ahead);
	}
	finish_flows(analyzer);
	ring_close(analyzer->ring);
	return NULL;
}

/* The exporter's thread: records out of the ring until the worker has closed it. */
static void *export_loop(void *argument)
{
	struct analyzer *analyzer = argument;

	while (!ring_is_finished(analyzer->ring)) {
		size_t count;
		struct record *records = ring_take(analyzer->ring, RUN_MAX, &count, UINT64_MAX);
		if (count > 0) {
			enrich(analyzer->options.reference, records, count);
			exporter_take(analyzer->exporter, records, count);
			ring_release(analyzer->ring, count);
		}
	}
	return NULL;
}

static int work_together(struct analyzer *analyzer, struct err *err)
{
	pthread_t follower, exporter;
	int failure = pthread_create(&exporter, NULL, export_loop, analyzer), status = 0;

	if (failure != 0) {
		return err_set(err, failure, "cannot start a thread: %s", strerror(failure));
	}
	failure = pthread_create(&follower, NULL, follow_loop, analyzer);
	if (failure == 0) {
		status = read_loop(analyzer, err);
		pthread_join(follower, NULL);
	} else {
		status = err_set(err, failure, "cannot start a thread: %s", strerror(failure));
		ring_close(analyzer->ring);
	}
	pthread_join(exporter, NULL);
	return status;
}

int analyzer_run(struct analyzer *analyzer, struct err *err)
{
	uint64_t start_ns = clock_monotonic_ns();
	struct err work_err, sink_err;
	int work_status = analyzer->ring ? work_together(analyzer, &work_err)
					 : work_alone(analyzer, &work_err);
	int sink_status = exporter_finish(analyzer->exporter, &sink_err);

	analyzer->wall_ns = clock_monotonic_ns() - start_ns;
	analyzer->sinks_failed = sink_status < 0;
	if (sink_status < 0) {
		*err = sink_err;
		return sink_status;
	}
	if (work_status < 0) {
		*err = work_err;
	}
	return work_status;
}

struct overview *analyzer_overview(struct analyzer *analyzer)
{
	return exporter_overview(analyzer->exporter);
}

const struct decider *analyzer_decider(const struct analyzer *analyzer)
{
	return exporter_decider(analyzer->exporter);
}

void analyzer_read_stats(const struct analyzer *analyzer, struct analyzer_stats *stats)
{
	struct exporter_stats exporter;

	memset(stats, 0, sizeof(*stats));
	source_read_stats(analyzer->options.source, &stats->source);
	collector_read_stats(analyzer->collector, &stats->collector);
	classify_read_stats(analyzer->classify, &stats->classify);
	exporter_read_stats(analyzer->exporter, &exporter);
	stats->records = exporter.records;
	stats->records_with_app = exporter.records_with_app;
	stats->behaviour = exporter.behaviour;
	stats->packets = exporter.packets;
	stats->bytes = exporter.bytes;
	stats->ring_waits = analyzer->ring ? ring_writer_waits(analyzer->ring) : 0;
	stats->wall_ns = analyzer->wall_ns;
	stats->was_stopped = analyzer->was_stopped;
	stats->sinks_failed = analyzer->sinks_failed;
}

bool analyzer_check_conservation(const struct analyzer *analyzer, struct err *err)
{
	struct analyzer_stats stats;
	uint64_t refused = 0;

	analyzer_read_stats(analyzer, &stats);
	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		refused += stats.collector.decode.refused[i];
	}
	uint64_t read = stats.source.frames + stats.collector.decode.subframes;
	if (read != stats.packets + refused || stats.bytes != stats.collector.bytes_taken) {
		err_set(err, EPROTO,
			"packets are not conserved: %" PRIu64 " read, %" PRIu64
			" in flows, %" PRIu64 " refused; please report this",
			read, stats.packets, refused);
		return false;
	}
	return true;
}
