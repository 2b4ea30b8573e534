#include "analyzer/store/feed.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/store/feed_sender.h"
#include "analyzer/store/redis.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"

#define SYNC_EVERY_NS NS_PER_S

/* A batch on its way to the spool. */
struct queued {
	struct queued *next;
	struct spool_batch batch;
	char bytes[];
};

struct feed {
	struct feed_options options;
	struct redis *redis;
	struct spool *spool;
	struct feed_sender sender; /* the sender thread's */
	pthread_t journal_thread, sender_thread;
	unsigned thread_count;
	struct hash_key chance;

	pthread_mutex_t mutex;          /* guards what follows */
	pthread_cond_t queued, spooled; /* something for the journal; for the sender */
	struct queued *first, **end;
	uint64_t queue_bytes, queue_count; /* the one that is being written counts too */
	bool is_ending;                    /* nothing more is put */
	bool journal_is_done;              /* nothing more comes into the spool */
	uint64_t give_up_ns;               /* monotonic: when the sender ends, once is_ending */
	struct spool_place done;
	bool has_reached; /* Redis, at least once */
	struct feed_stats stats;
};

static void wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, uint64_t due_ns)
{
	struct timespec time = { (time_t)(due_ns / NS_PER_S), (long)(due_ns % NS_PER_S) };

	pthread_cond_timedwait(condition, mutex, &time);
}

bool feed_put(
	struct feed *feed, enum spool_kind kind, uint64_t time_ns, const char *bytes, size_t length)
{
	struct queued *item = malloc(sizeof(*item) + length);
	bool has_room;

	if (item) {
		item->next = NULL;
		item->batch = (struct spool_batch){
			.kind = kind, .time_ns = time_ns, .bytes = item->bytes, .length = length
		};
		memcpy(item->bytes, bytes, length);
	}
	pthread_mutex_lock(&feed->mutex);
	has_room = item && feed->queue_bytes + length <= FEED_QUEUE_BYTES;
	feed->stats.put++;
	if (has_room) {
		*feed->end = item;
		feed->end = &item->next;
		feed->queue_bytes += length;
		feed->queue_count++;
		pthread_cond_signal(&feed->queued);
	} else {
		feed->stats.dropped++;
	}
	pthread_mutex_unlock(&feed->mutex);
	if (!has_room) {
		free(item);
	}
	return has_room;
}

void feed_note_others(struct feed *feed, uint64_t others)
{
	pthread_mutex_lock(&feed->mutex);
	feed->stats.others = others;
	pthread_mutex_unlock(&feed->mutex);
}

/* The first of the queue; NULL when the time is up, or nothing more will come. */
static struct queued *take_queued(struct feed *feed, uint64_t due_ns)
{
	pthread_mutex_lock(&feed->mutex);
	while (!feed->first && !feed->is_ending && clock_monotonic_ns() < due_ns) {
		wait_until(&feed->queued, &feed->mutex, due_ns);
	}
	struct queued *item = feed->first;
	if (item) {
		feed->first = item->next;
		feed->end = item->next ? feed->end : &feed->first;
		feed->queue_bytes -= item->batch.length;
	}
	pthread_mutex_unlock(&feed->mutex);
	return item;
}

static void spool_item(struct feed *feed, struct queued *item)
{
	/* One that finds no room is missed when its turn comes (feed_sender.c). */
	spool_put(feed->spool, &item->batch);
	pthread_mutex_lock(&feed->mutex);
	feed->queue_count--;
	pthread_cond_signal(&feed->spooled);
	pthread_mutex_unlock(&feed->mutex);
	free(item);
}

static bool is_ending(struct feed *feed)
{
	pthread_mutex_lock(&feed->mutex);
	bool ending = feed->is_ending && !feed->first;
	pthread_mutex_unlock(&feed->mutex);
	return ending;
}

static void log_full_disk(struct feed *feed, uint64_t *failures)
{
	struct spool_stats stats;

	spool_read_stats(feed->spool, &stats);
	if (stats.write_failures > 0 && *failures == 0) {
		log_error("%s: the spool cannot be written: batches wait in memory instead",
			feed->options.spool);
	}
	*failures = stats.write_failures;
}

/* The journal's thread: from the queue into the spool, and now and then onto the disk. */
static void *journal_loop(void *argument)
{
	struct feed *feed = argument;
	uint64_t sync_due_ns = clock_monotonic_ns() + SYNC_EVERY_NS, failures = 0;
	bool is_dirty = false;

	for (;;) {
		struct queued *item = take_queued(feed, sync_due_ns);
		if (item) {
			spool_item(feed, item);
			is_dirty = feed->options.sync == FEED_SYNC_INTERVAL;
		} else if (is_ending(feed)) {
			break;
		}
		if (clock_monotonic_ns() >= sync_due_ns) {
			sync_due_ns = clock_monotonic_ns() + SYNC_EVERY_NS;
			if (is_dirty) {
				spool_sync(feed->spool);
				is_dirty = false;
			}
			log_full_disk(feed, &failures);
		}
	}
	pthread_mutex_lock(&feed->mutex);
	feed->journal_is_done = true;
	pthread_cond_signal(&feed->spooled);
	pthread_mutex_unlock(&feed->mutex);
	return NULL;
}

/* Half of the wait, and a part of the other half by chance. */
static uint64_t jittered_ns(struct feed *feed, uint64_t wait_ms)
{
	uint64_t now_ns = clock_monotonic_ns();
	uint64_t random = hash_bytes(&feed->chance, &now_ns, sizeof(now_ns));

	return (wait_ms / 2) * NS_PER_MS + random % (wait_ms / 2 * NS_PER_MS);
}

/* What became of the last step, for whoever asks; says it when it changes. */
static void note_outcome(struct feed *feed, int status, const struct err *err)
{
	bool was_up, is_new_reason;

	pthread_mutex_lock(&feed->mutex);
	was_up = feed->stats.is_up;
	is_new_reason = status < 0 && (was_up || feed->stats.reason[0] == '\0');
	feed->stats.is_up = status >= 0;
	feed->has_reached = feed->has_reached || status >= 0;
	feed->stats.failures += status < 0;
	feed->stats.applied = feed->sender.applied;
	feed->stats.replayed = feed->sender.replayed;
	feed->stats.lost = feed->sender.lost;
	feed->stats.keys_refused = feed->sender.keys_refused;
	feed->stats.connections = redis_connections(feed->redis);
	feed->done = feed->sender.done;
	snprintf(feed->stats.reason, sizeof(feed->stats.reason), "%.255s",
		status < 0 ? err->text : "");
	pthread_mutex_unlock(&feed->mutex);
	if (is_new_reason) {
		log_warning("%s; batches wait in %s meanwhile", err->text,
			spool_is_on_disk(feed->spool) ? "the spool" : "memory");
	} else if (status >= 0 && !was_up) {
		struct spool_rest rest;
		spool_read_rest(feed->spool, &feed->sender.done, &rest);
		log_info("Redis at %s takes batches; %" PRIu64 " wait", redis_name(feed->redis),
			rest.batches);
	}
}

/* The sender sleeps until there is something to send, or for so long. False: it is to end. */
static bool sender_may_go_on(struct feed *feed, uint64_t wait_ns, bool wakes_for_batches)
{
	uint64_t due_ns = clock_monotonic_ns() + wait_ns;

	pthread_mutex_lock(&feed->mutex);
	bool was_done = feed->journal_is_done;
	while (clock_monotonic_ns() < due_ns && feed->journal_is_done == was_done &&
		(!feed->is_ending || clock_monotonic_ns() < feed->give_up_ns)) {
		wait_until(&feed->spooled, &feed->mutex,
			feed->is_ending && feed->give_up_ns < due_ns ? feed->give_up_ns : due_ns);
		if (wakes_for_batches) {
			break;
		}
	}
	bool goes_on = !feed->is_ending || clock_monotonic_ns() < feed->give_up_ns;
	pthread_mutex_unlock(&feed->mutex);
	return goes_on;
}

static bool all_is_spooled(struct feed *feed)
{
	pthread_mutex_lock(&feed->mutex);
	bool done = feed->journal_is_done;
	pthread_mutex_unlock(&feed->mutex);
	return done;
}

/* The sender's thread: from the spool into Redis. */
static void *send_loop(void *argument)
{
	struct feed *feed = argument;
	uint64_t wait_ms = FEED_WAIT_MIN_MS;
	struct err err;

	for (;;) {
		bool is_last = all_is_spooled(feed);
		int status = feed_sender_next(&feed->sender, &err);
		note_outcome(feed, status, &err);
		if (status == 0 && is_last) {
			break;
		}
		uint64_t wait_ns = status > 0    ? 0
				   : status == 0 ? NS_PER_S
						 : jittered_ns(feed, wait_ms);
		if (!sender_may_go_on(feed, wait_ns, status == 0)) {
			break;
		}
		wait_ms = status >= 0                      ? FEED_WAIT_MIN_MS
			  : wait_ms * 2 > FEED_WAIT_MAX_MS ? FEED_WAIT_MAX_MS
							   : wait_ms * 2;
	}
	return NULL;
}

static int open_parts(struct feed *feed, struct err *err)
{
	const struct feed_options *options = &feed->options;
	struct spool_options spool = { options->spool, options->sensor, options->spool_bytes,
		FEED_MEMORY_BYTES, options->sync == FEED_SYNC_ALWAYS, clock_now_ns() };
	int status = redis_open(&feed->redis, options->url, REDIS_DEADLINE_MS, err);

	if (status == 0) {
		status = redis_function_open(
			&feed->sender.function, feed->redis, options->sensor, err);
	}
	if (status == 0) {
		status = spool_open(&feed->spool, &spool, err);
	}
	if (status == 0 && !spool_is_on_disk(feed->spool)) {
		log_warning("batches for Redis wait in memory and are lost with the program: %s",
			options->spool ? err->text : "no spool is set");
	}
	feed->sender.redis = feed->redis;
	feed->sender.spool = feed->spool;
	return status;
}

static int start_threads(struct feed *feed, struct err *err)
{
	int status = pthread_create(&feed->journal_thread, NULL, journal_loop, feed);

	if (status == 0) {
		feed->thread_count = 1;
		pthread_setname_np(feed->journal_thread, "journal");
		status = pthread_create(&feed->sender_thread, NULL, send_loop, feed);
	}
	if (status == 0) {
		feed->thread_count = 2;
		pthread_setname_np(feed->sender_thread, "redis");
	}
	return status == 0 ? 0
			   : err_set(err, status, "cannot start a thread: %s", strerror(status));
}

static void init_waits(struct feed *feed)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&feed->mutex, NULL);
	pthread_cond_init(&feed->queued, &attributes);
	pthread_cond_init(&feed->spooled, &attributes);
	pthread_condattr_destroy(&attributes);
}

int feed_open(struct feed **feed, const struct feed_options *options, struct err *err)
{
	struct feed *opened = calloc(1, sizeof(*opened));
	int status;

	*feed = NULL;
	if (!opened) {
		return err_set(err, ENOMEM, "Redis: out of memory");
	}
	opened->options = *options;
	opened->end = &opened->first;
	opened->chance = hash_key_random();
	init_waits(opened);
	status = open_parts(opened, err);
	if (status == 0) {
		status = start_threads(opened, err);
	}
	if (status < 0) {
		feed_close(opened);
		return status;
	}
	*feed = opened;
	return 0;
}

static void free_feed(struct feed *feed)
{
	while (feed->first) {
		struct queued *next = feed->first->next;
		free(feed->first);
		feed->first = next;
	}
	spool_reader_deinit(&feed->sender.reader);
	redis_function_close(feed->sender.function);
	redis_close(feed->redis);
	spool_close(feed->spool);
	pthread_cond_destroy(&feed->queued);
	pthread_cond_destroy(&feed->spooled);
	pthread_mutex_destroy(&feed->mutex);
	free(feed);
}

/* What is left, as a sentence. */
static int say_rest(struct feed *feed, struct err *err)
{
	struct spool_rest rest = { 0, 0, 0 };

	if (feed->spool) {
		spool_read_rest(feed->spool, &feed->sender.done, &rest);
	}
	if (rest.batches == 0) {
		return 0;
	}
	if (!spool_is_on_disk(feed->spool)) {
		return err_set(err, EAGAIN,
			"%" PRIu64 " batches did not reach Redis and are lost: %s", rest.batches,
			feed->stats.reason);
	}
	if (!feed->has_reached) {
		return err_set(err, EAGAIN,
			"Redis was not reached; the next start sends what it has not had of "
			"%" PRIu64 " batches in the spool: %s",
			rest.batches, feed->stats.reason);
	}
	return err_set(err, EAGAIN,
		"%" PRIu64 " batches did not reach Redis and wait in the spool for the next start: "
		"%s",
		rest.batches, feed->stats.reason);
}

/* The longest the two threads may still take; whoever watches is told why nothing happens. */
static void join_threads(struct feed *feed, uint64_t grace_ns)
{
	uint64_t quiet_ns = clock_monotonic_ns() + FEED_QUIET_NS;
	struct timespec quiet = { (time_t)(quiet_ns / NS_PER_S), (long)(quiet_ns % NS_PER_S) };

	if (feed->thread_count > 0) {
		pthread_join(feed->journal_thread, NULL);
	}
	if (feed->thread_count > 1 &&
		pthread_clockjoin_np(feed->sender_thread, NULL, CLOCK_MONOTONIC, &quiet) != 0) {
		log_info("waiting for Redis at %s to take the last batches, %" PRIu64 " s at most",
			redis_name(feed->redis), grace_ns / NS_PER_S);
		pthread_join(feed->sender_thread, NULL);
	}
	feed->thread_count = 0;
}

int feed_finish(struct feed *feed, uint64_t grace_ns, struct err *err)
{
	pthread_mutex_lock(&feed->mutex);
	feed->is_ending = true;
	if (!feed->stats.is_up && grace_ns > FEED_GRACE_AWAY_NS) {
		grace_ns = FEED_GRACE_AWAY_NS;
	}
	feed->give_up_ns = clock_monotonic_ns() + grace_ns;
	pthread_cond_signal(&feed->queued);
	pthread_cond_signal(&feed->spooled);
	pthread_mutex_unlock(&feed->mutex);
	join_threads(feed, grace_ns);
	return say_rest(feed, err);
}

void feed_close(struct feed *feed)
{
	if (!feed) {
		return;
	}
	if (feed->thread_count > 0) {
		feed_finish(feed, 0, NULL);
	}
	free_feed(feed);
}

void feed_read_stats(struct feed *feed, struct feed_stats *stats)
{
	struct spool_place done;
	struct spool_rest rest;

	pthread_mutex_lock(&feed->mutex);
	*stats = feed->stats;
	done = feed->done;
	stats->waiting = feed->queue_count;
	pthread_mutex_unlock(&feed->mutex);
	spool_read_rest(feed->spool, &done, &rest);
	stats->waiting += rest.batches;
	stats->waiting_bytes = rest.bytes;
	stats->oldest_ns = rest.oldest_ns;
	spool_read_stats(feed->spool, &stats->spool);
}
