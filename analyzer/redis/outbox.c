#include "analyzer/redis/outbox.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/redis/outbox_sender.h"
#include "analyzer/redis/redis.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"

#define SYNC_EVERY_NS   NS_PER_S
#define MERGE_SPREAD_NS (15 * NS_PER_S)

/* A batch on its way to the spool. */
struct queued {
	struct queued *next;
	struct spool_batch batch;
	char bytes[];
};

struct outbox {
	struct outbox_options options;
	struct redis *redis;
	struct spool *spool;
	struct outbox_sender sender; /* the sender thread's */
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
	struct outbox_stats stats;
};

static void wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, uint64_t due_ns)
{
	struct timespec time = { (time_t)(due_ns / NS_PER_S), (long)(due_ns % NS_PER_S) };

	pthread_cond_timedwait(condition, mutex, &time);
}

bool outbox_put(struct outbox *outbox, enum spool_kind kind, uint64_t time_ns, const char *bytes,
	size_t length)
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
	pthread_mutex_lock(&outbox->mutex);
	has_room = item && outbox->queue_bytes + length <= OUTBOX_QUEUE_BYTES;
	outbox->stats.put++;
	if (has_room) {
		*outbox->end = item;
		outbox->end = &item->next;
		outbox->queue_bytes += length;
		outbox->queue_count++;
		pthread_cond_signal(&outbox->queued);
	} else {
		outbox->stats.dropped++;
	}
	pthread_mutex_unlock(&outbox->mutex);
	if (!has_room) {
		free(item);
	}
	return has_room;
}

void outbox_note_others(struct outbox *outbox, uint64_t others)
{
	pthread_mutex_lock(&outbox->mutex);
	outbox->stats.others = others;
	pthread_mutex_unlock(&outbox->mutex);
}

/* The first of the queue; NULL when the time is up, or nothing more will come. */
static struct queued *take_queued(struct outbox *outbox, uint64_t due_ns)
{
	pthread_mutex_lock(&outbox->mutex);
	while (!outbox->first && !outbox->is_ending && clock_monotonic_ns() < due_ns) {
		wait_until(&outbox->queued, &outbox->mutex, due_ns);
	}
	struct queued *item = outbox->first;
	if (item) {
		outbox->first = item->next;
		outbox->end = item->next ? outbox->end : &outbox->first;
		outbox->queue_bytes -= item->batch.length;
	}
	pthread_mutex_unlock(&outbox->mutex);
	return item;
}

static void spool_item(struct outbox *outbox, struct queued *item)
{
	/* One that finds no room is missed when its turn comes (outbox_sender.c). */
	spool_put(outbox->spool, &item->batch);
	pthread_mutex_lock(&outbox->mutex);
	outbox->queue_count--;
	pthread_cond_signal(&outbox->spooled);
	pthread_mutex_unlock(&outbox->mutex);
	free(item);
}

static bool is_ending(struct outbox *outbox)
{
	pthread_mutex_lock(&outbox->mutex);
	bool ending = outbox->is_ending && !outbox->first;
	pthread_mutex_unlock(&outbox->mutex);
	return ending;
}

static void log_full_disk(struct outbox *outbox, uint64_t *failures)
{
	struct spool_stats stats;

	spool_read_stats(outbox->spool, &stats);
	if (stats.write_failures > 0 && *failures == 0) {
		log_error("%s: the spool cannot be written: batches wait in memory instead",
			outbox->options.spool);
	}
	*failures = stats.write_failures;
}

/* The journal's thread: from the queue into the spool, and now and then onto the disk. */
static void *journal_loop(void *argument)
{
	struct outbox *outbox = argument;
	uint64_t sync_due_ns = clock_monotonic_ns() + SYNC_EVERY_NS, failures = 0;
	bool is_dirty = false;

	for (;;) {
		struct queued *item = take_queued(outbox, sync_due_ns);
		if (item) {
			spool_item(outbox, item);
			is_dirty = outbox->options.sync == OUTBOX_SYNC_INTERVAL;
		} else if (is_ending(outbox)) {
			break;
		}
		if (clock_monotonic_ns() >= sync_due_ns) {
			sync_due_ns = clock_monotonic_ns() + SYNC_EVERY_NS;
			if (is_dirty) {
				spool_sync(outbox->spool);
				is_dirty = false;
			}
			log_full_disk(outbox, &failures);
		}
	}
	pthread_mutex_lock(&outbox->mutex);
	outbox->journal_is_done = true;
	pthread_cond_signal(&outbox->spooled);
	pthread_mutex_unlock(&outbox->mutex);
	return NULL;
}

/* Half of the wait, and a part of the other half by chance. */
static uint64_t jittered_ns(struct outbox *outbox, uint64_t wait_ms)
{
	uint64_t now_ns = clock_monotonic_ns();
	uint64_t random = hash_bytes(&outbox->chance, &now_ns, sizeof(now_ns));

	return (wait_ms / 2) * NS_PER_MS + random % (wait_ms / 2 * NS_PER_MS);
}

/* What became of the last step, for whoever asks; says it when it changes. */
static void note_outcome(struct outbox *outbox, int status, const struct err *err)
{
	bool was_up, is_new_reason;

	pthread_mutex_lock(&outbox->mutex);
	was_up = outbox->stats.is_up;
	is_new_reason = status < 0 && (was_up || outbox->stats.reason[0] == '\0');
	outbox->stats.is_up = status >= 0;
	outbox->has_reached = outbox->has_reached || status >= 0;
	outbox->stats.failures += status < 0;
	outbox->stats.applied = outbox->sender.applied;
	outbox->stats.replayed = outbox->sender.replayed;
	outbox->stats.lost = outbox->sender.own.lost;
	outbox->stats.merge_lost = outbox->sender.merged.lost;
	outbox->stats.keys_refused = outbox->sender.own.keys_refused;
	outbox->stats.connections = redis_connections(outbox->redis);
	outbox->done = outbox->sender.own.done;
	snprintf(outbox->stats.reason, sizeof(outbox->stats.reason), "%.255s",
		status < 0 ? err->text : "");
	pthread_mutex_unlock(&outbox->mutex);
	if (is_new_reason) {
		log_warning("%s; batches wait in %s meanwhile", err->text,
			spool_is_on_disk(outbox->spool) ? "the spool" : "memory");
	} else if (status >= 0 && !was_up) {
		struct spool_rest rest;
		spool_read_rest(outbox->spool, &outbox->sender.own.done, &rest);
		log_info("Redis at %s takes batches; %" PRIu64 " wait", redis_name(outbox->redis),
			rest.batches);
	}
}

/* The sender sleeps until there is something to send, or for so long. False: it is to end. */
static bool sender_may_go_on(struct outbox *outbox, uint64_t wait_ns, bool wakes_for_batches)
{
	uint64_t due_ns = clock_monotonic_ns() + wait_ns;

	pthread_mutex_lock(&outbox->mutex);
	bool was_done = outbox->journal_is_done;
	while (clock_monotonic_ns() < due_ns && outbox->journal_is_done == was_done &&
		(!outbox->is_ending || clock_monotonic_ns() < outbox->give_up_ns)) {
		wait_until(&outbox->spooled, &outbox->mutex,
			outbox->is_ending && outbox->give_up_ns < due_ns ? outbox->give_up_ns
									 : due_ns);
		if (wakes_for_batches) {
			break;
		}
	}
	bool goes_on = !outbox->is_ending || clock_monotonic_ns() < outbox->give_up_ns;
	pthread_mutex_unlock(&outbox->mutex);
	return goes_on;
}

static bool all_is_spooled(struct outbox *outbox)
{
	pthread_mutex_lock(&outbox->mutex);
	bool done = outbox->journal_is_done;
	pthread_mutex_unlock(&outbox->mutex);
	return done;
}

/* The sender's thread: from the spool into Redis. */
static void *send_loop(void *argument)
{
	struct outbox *outbox = argument;
	uint64_t wait_ms = OUTBOX_WAIT_MIN_MS;
	struct err err;

	for (;;) {
		bool is_last = all_is_spooled(outbox);
		int status = outbox_sender_next(&outbox->sender, &err);
		if (status == 0) {
			status =
				outbox_sender_merge(&outbox->sender, clock_now_ns(), is_last, &err);
		}
		note_outcome(outbox, status, &err);
		if (status == 0 && is_last) {
			break;
		}
		uint64_t wait_ns = status > 0    ? 0
				   : status == 0 ? NS_PER_S
						 : jittered_ns(outbox, wait_ms);
		if (!sender_may_go_on(outbox, wait_ns, status == 0)) {
			break;
		}
		wait_ms = status >= 0                        ? OUTBOX_WAIT_MIN_MS
			  : wait_ms * 2 > OUTBOX_WAIT_MAX_MS ? OUTBOX_WAIT_MAX_MS
							     : wait_ms * 2;
	}
	return NULL;
}

static int open_parts(struct outbox *outbox, struct err *err)
{
	const struct outbox_options *options = &outbox->options;
	struct spool_options spool = { options->spool, options->sensor, options->spool_bytes,
		OUTBOX_MEMORY_BYTES, options->sync == OUTBOX_SYNC_ALWAYS, clock_now_ns() };
	int status = redis_open(&outbox->redis, options->url, REDIS_DEADLINE_MS, err);

	if (status == 0) {
		status = redis_function_open(
			&outbox->sender.own.function, outbox->redis, options->sensor, NULL, err);
	}
	if (status == 0) {
		status = redis_function_open(&outbox->sender.merged.function, outbox->redis,
			options->sensor, REDIS_TENANT, err);
	}
	if (status == 0) {
		status = spool_open(&outbox->spool, &spool, err);
	}
	if (status == 0 && !spool_is_on_disk(outbox->spool)) {
		log_warning("batches for Redis wait in memory and are lost with the program: %s",
			options->spool ? err->text : "no spool is set");
	}
	outbox->sender.redis = outbox->redis;
	outbox->sender.spool = outbox->spool;
	outbox->sender.merge_every_ns = options->merge_every_ns ? options->merge_every_ns : SLOT_NS;
	outbox->sender.merge_spread_ns =
		hash_bytes(&outbox->chance, options->sensor, strlen(options->sensor)) %
		MERGE_SPREAD_NS;
	return status;
}

static int start_threads(struct outbox *outbox, struct err *err)
{
	int status = pthread_create(&outbox->journal_thread, NULL, journal_loop, outbox);

	if (status == 0) {
		outbox->thread_count = 1;
		pthread_setname_np(outbox->journal_thread, "journal");
		status = pthread_create(&outbox->sender_thread, NULL, send_loop, outbox);
	}
	if (status == 0) {
		outbox->thread_count = 2;
		pthread_setname_np(outbox->sender_thread, "redis");
	}
	return status == 0 ? 0
			   : err_set(err, status, "cannot start a thread: %s", strerror(status));
}

static void init_waits(struct outbox *outbox)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&outbox->mutex, NULL);
	pthread_cond_init(&outbox->queued, &attributes);
	pthread_cond_init(&outbox->spooled, &attributes);
	pthread_condattr_destroy(&attributes);
}

int outbox_open(struct outbox **outbox, const struct outbox_options *options, struct err *err)
{
	struct outbox *opened = calloc(1, sizeof(*opened));
	int status;

	*outbox = NULL;
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
		outbox_close(opened);
		return status;
	}
	*outbox = opened;
	return 0;
}

static void free_outbox(struct outbox *outbox)
{
	while (outbox->first) {
		struct queued *next = outbox->first->next;
		free(outbox->first);
		outbox->first = next;
	}
	spool_reader_deinit(&outbox->sender.own.reader);
	spool_reader_deinit(&outbox->sender.merged.reader);
	redis_function_close(outbox->sender.own.function);
	redis_function_close(outbox->sender.merged.function);
	redis_close(outbox->redis);
	spool_close(outbox->spool);
	pthread_cond_destroy(&outbox->queued);
	pthread_cond_destroy(&outbox->spooled);
	pthread_mutex_destroy(&outbox->mutex);
	free(outbox);
}

/* What is left, as a sentence. */
static int say_rest(struct outbox *outbox, struct err *err)
{
	const char *reason = outbox->stats.reason[0] ? outbox->stats.reason : "the time was up";
	struct spool_rest rest = { 0, 0, 0 };

	if (outbox->spool) {
		spool_read_rest(outbox->spool, &outbox->sender.own.done, &rest);
	}
	if (rest.batches == 0) {
		return 0;
	}
	if (!spool_is_on_disk(outbox->spool)) {
		return err_set(err, EAGAIN,
			"%" PRIu64 " batches did not reach Redis and are lost: %s", rest.batches,
			reason);
	}
	if (!outbox->has_reached) {
		return err_set(err, EAGAIN,
			"Redis was not reached; the next start sends what it has not had of "
			"%" PRIu64 " batches in the spool: %s",
			rest.batches, reason);
	}
	return err_set(err, EAGAIN,
		"%" PRIu64 " batches did not reach Redis and wait in the spool for the next start: "
		"%s",
		rest.batches, reason);
}

/* The longest the two threads may still take; whoever watches is told why nothing happens. */
static void join_threads(struct outbox *outbox, uint64_t grace_ns)
{
	uint64_t quiet_ns = clock_monotonic_ns() + OUTBOX_QUIET_NS;
	struct timespec quiet = { (time_t)(quiet_ns / NS_PER_S), (long)(quiet_ns % NS_PER_S) };

	if (outbox->thread_count > 0) {
		pthread_join(outbox->journal_thread, NULL);
	}
	if (outbox->thread_count > 1 &&
		pthread_clockjoin_np(outbox->sender_thread, NULL, CLOCK_MONOTONIC, &quiet) != 0) {
		log_info("waiting for Redis at %s to take the last batches, %" PRIu64 " s at most",
			redis_name(outbox->redis), grace_ns / NS_PER_S);
		pthread_join(outbox->sender_thread, NULL);
	}
	outbox->thread_count = 0;
}

int outbox_finish(struct outbox *outbox, uint64_t grace_ns, struct err *err)
{
	pthread_mutex_lock(&outbox->mutex);
	outbox->is_ending = true;
	if (!outbox->stats.is_up && grace_ns > OUTBOX_GRACE_AWAY_NS) {
		grace_ns = OUTBOX_GRACE_AWAY_NS;
	}
	outbox->give_up_ns = clock_monotonic_ns() + grace_ns;
	pthread_cond_signal(&outbox->queued);
	pthread_cond_signal(&outbox->spooled);
	pthread_mutex_unlock(&outbox->mutex);
	join_threads(outbox, grace_ns);
	return say_rest(outbox, err);
}

void outbox_close(struct outbox *outbox)
{
	if (!outbox) {
		return;
	}
	if (outbox->thread_count > 0) {
		outbox_finish(outbox, 0, NULL);
	}
	free_outbox(outbox);
}

void outbox_read_stats(struct outbox *outbox, struct outbox_stats *stats)
{
	struct spool_place done;
	struct spool_rest rest;

	pthread_mutex_lock(&outbox->mutex);
	*stats = outbox->stats;
	done = outbox->done;
	stats->waiting = outbox->queue_count;
	pthread_mutex_unlock(&outbox->mutex);
	spool_read_rest(outbox->spool, &done, &rest);
	stats->waiting += rest.batches;
	stats->waiting_bytes = rest.bytes;
	stats->oldest_ns = rest.oldest_ns;
	spool_read_stats(outbox->spool, &stats->spool);
}
