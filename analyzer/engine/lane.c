#include "analyzer/engine/lane.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "collector/read_ahead.h"

#define PACE_NS (100 * NS_PER_MS)

struct lane {
	struct lane_options options;
	struct collector *collector;
	struct classify *classify;
	struct read_ahead *ahead;          /* of halves; NULL */
	struct collector_batch *batch;     /* of one thread; NULL */
	const struct sightings *sightings; /* of the latest batch; NULL: handed on */
	struct flow_record *flows; /* LANE_RUN_MAX of them, on their way out of the collector */
	struct runs *runs;
	uint64_t lag_ns;
	uint64_t paced_ns, names_then; /* the pace was set, and so many names had been taken */

	pthread_mutex_t said; /* guards what follows; taken a few times a second */
	struct health_worker health;
	int failure;
	struct err reason;
};

static int open_parts(struct lane *lane, struct err *err)
{
	const struct lane_options *options = &lane->options;

	lane->classify = classify_create(&options->classify);
	lane->flows = malloc(LANE_RUN_MAX * sizeof(*lane->flows));
	lane->batch = options->is_halved ? NULL : malloc(sizeof(*lane->batch));
	lane->runs = runs_create(options->record_count);
	if (!lane->classify || !lane->flows || !lane->runs ||
		(!options->is_halved && !lane->batch)) {
		return err_set(err, ENOMEM, "out of memory");
	}
	lane->collector = collector_create(options->source, &options->collector, err);
	if (lane->collector && options->is_halved) {
		lane->ahead = read_ahead_create(lane->collector, options->source, err);
	}
	return lane->collector && (!options->is_halved || lane->ahead) ? 0 : -EINVAL;
}

struct lane *lane_create(const struct lane_options *options, struct err *err)
{
	struct lane *lane = calloc(1, sizeof(*lane));

	if (!lane) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	lane->options = *options;
	pthread_mutex_init(&lane->said, NULL);
	if (open_parts(lane, err) < 0) {
		lane_destroy(lane);
		return NULL;
	}
	return lane;
}

void lane_destroy(struct lane *lane)
{
	if (!lane) {
		return;
	}
	read_ahead_destroy(lane->ahead);
	collector_destroy(lane->collector);
	classify_destroy(lane->classify);
	runs_destroy(lane->runs);
	free(lane->batch);
	free(lane->flows);
	pthread_mutex_destroy(&lane->said);
	free(lane);
}

static void note_lag(struct lane *lane)
{
	const struct packet_batch *packets = &lane->batch->packets;
	uint64_t now_ns = clock_now_ns(), then_ns = packets->packets[packets->count - 1].time_ns;

	lane->lag_ns = now_ns > then_ns ? now_ns - then_ns : 0;
}

int lane_work(struct lane *lane, unsigned *packets, struct err *err)
{
	int status = collector_next(lane->collector, lane->batch, err);

	*packets = lane->batch->packets.count;
	lane->sightings = status == COLLECTOR_MORE ? &lane->batch->packets.sightings : NULL;
	if (status == COLLECTOR_MORE && *packets > 0) {
		classify_batch(lane->classify, lane->collector, lane->batch);
		if (lane->options.interface) {
			note_lag(lane);
		}
	}
	return status;
}

int lane_read(struct lane *lane, struct err *err)
{
	return read_ahead_fill(lane->ahead, err);
}

void lane_close(struct lane *lane)
{
	read_ahead_close(lane->ahead);
}

bool lane_follow(struct lane *lane)
{
	const struct collector_batch *batch = read_ahead_take(lane->ahead);

	if (batch) {
		classify_batch(lane->classify, lane->collector, batch);
	}
	lane->sightings = batch ? &batch->packets.sightings : NULL;
	return batch != NULL;
}

void lane_release(struct lane *lane)
{
	read_ahead_release(lane->ahead);
}

bool lane_has_rest(const struct lane *lane)
{
	return collector_has_rest(lane->collector);
}

void lane_keep_pace(struct lane *lane, bool is_ending)
{
	const struct name_feed *feed = lane->options.classify.names;
	uint64_t now_ns = clock_monotonic_ns();

	if (!feed || (now_ns - lane->paced_ns < PACE_NS && !is_ending)) {
		return;
	}
	uint64_t names = name_feed_taken(feed);
	source_hurry(lane->options.source,
		!is_ending && names - lane->names_then >= NAME_FEED_LIVE_NAMES / 2);
	lane->paced_ns = now_ns;
	lane->names_then = names;
}

bool lane_tick(struct lane *lane, uint64_t time_ns)
{
	lane->lag_ns = 0;
	classify_tick(lane->classify, time_ns);
	return collector_tick(lane->collector, time_ns);
}

void lane_finish(struct lane *lane)
{
	collector_finish(lane->collector);
	classify_finish(lane->classify);
}

size_t lane_take(struct lane *lane, struct record *records, size_t most)
{
	size_t count = collector_take(
		lane->collector, lane->flows, most < LANE_RUN_MAX ? most : LANE_RUN_MAX);

	for (size_t i = 0; i < count; i++) {
		record_expect(records, i + RECORDS_AHEAD, count);
		classify_expect(lane->classify, lane->flows, i, count);
		record_begin(&records[i], &lane->flows[i]);
		classify_settle(lane->classify, &lane->flows[i], &records[i].l7);
	}
	return count;
}

const struct sightings *lane_sightings(struct lane *lane)
{
	const struct sightings *sightings = lane->sightings;

	lane->sightings = NULL;
	return sightings && sightings->count > 0 ? sightings : NULL;
}

struct runs *lane_runs(struct lane *lane)
{
	return lane->runs;
}

uint64_t lane_frames(const struct lane *lane)
{
	struct collector_stats stats;

	collector_read_stats(lane->collector, &stats);
	return stats.decode.frames;
}

void lane_say_health(struct lane *lane, bool is_capturing)
{
	struct health_worker health = {
		.interface = lane->options.interface,
		.queue = lane->options.queue,
		.seen_ns = clock_monotonic_ns(),
		.lag_ns = lane->lag_ns,
		.flow_limit = lane->options.collector.flow_limit,
	};

	source_read_stats(lane->options.source, &health.source);
	const char *gone = health.source.gone, *was_gone = lane->health.source.gone;
	if (gone != was_gone) {
		log_warning("%s: the interface %s", gone ? gone : was_gone,
			gone ? "is gone; its return is waited for" : "is back");
	}
	health.is_capturing = is_capturing && !gone;
	collector_read_stats(lane->collector, &health.collector);
	classify_read_stats(lane->classify, &health.classify);
	pthread_mutex_lock(&lane->said);
	lane->health = health;
	pthread_mutex_unlock(&lane->said);
}

void lane_fail(struct lane *lane, int status, const struct err *err)
{
	pthread_mutex_lock(&lane->said);
	lane->failure = status;
	lane->reason = *err;
	pthread_mutex_unlock(&lane->said);
}

void lane_read_health(struct lane *lane, struct health_worker *health)
{
	pthread_mutex_lock(&lane->said);
	*health = lane->health;
	pthread_mutex_unlock(&lane->said);
	health->ring_depth = runs_depth(lane->runs);
	health->ring_waits = runs_writer_waits(lane->runs);
}

int lane_failure(struct lane *lane, struct err *err)
{
	pthread_mutex_lock(&lane->said);
	int failure = lane->failure;
	if (failure < 0) {
		*err = lane->reason;
	}
	pthread_mutex_unlock(&lane->said);
	return failure;
}

void lane_read_stats(
	const struct lane *lane, struct collector_stats *collector, struct classify_stats *classify)
{
	collector_read_stats(lane->collector, collector);
	classify_read_stats(lane->classify, classify);
}
