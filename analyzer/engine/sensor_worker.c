#include "analyzer/engine/sensor_worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/record.h"
#include "base/clock.h"
#include "base/log.h"

/* Records travel in runs. The ring holds what an exporter that is held up for a moment leaves
 * behind; when it is full the kernel's own buffer fills, and what that loses is counted there. */
enum { RUN_MAX = 128, RING_SLOTS = 8192 };

#define HEALTH_EVERY_NS (250 * NS_PER_MS)

/* Time that passes in silence is believed this much late: the kernel hands packets over in blocks,
 * and those in one that is not full yet bear earlier times. */
#define IDLE_MARGIN_NS NS_PER_S

/* How long stopping may go on reading what the kernel still holds. */
#define DRAIN_NS (2 * NS_PER_S)

struct sensor_worker {
	struct sensor_worker_options options;
	struct collector *collector;
	struct classify *classify;
	struct ring *ring;
	struct flow_record *flows; /* RUN_MAX of them */
	struct collector_batch *batch;
	uint64_t lag_ns, health_due_ns;
	pthread_t thread;
	bool is_started;
	atomic_bool stop;

	pthread_mutex_t said; /* guards what follows; taken a few times a second */
	struct health_worker health;
	int failure;
	struct err reason;
};

struct sensor_worker *sensor_worker_create(
	const struct sensor_worker_options *options, struct err *err)
{
	struct sensor_worker *worker = calloc(1, sizeof(*worker));

	if (!worker) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	worker->options = *options;
	pthread_mutex_init(&worker->said, NULL);
	worker->classify = classify_create(&options->classify);
	worker->ring = ring_create(sizeof(struct record), RING_SLOTS);
	worker->flows = malloc(RUN_MAX * sizeof(*worker->flows));
	worker->batch = malloc(sizeof(*worker->batch));
	if (!worker->classify || !worker->ring || !worker->flows || !worker->batch) {
		err_set(err, ENOMEM, "out of memory");
	} else {
		worker->collector = collector_create(options->source, &options->collector, err);
	}
	if (!worker->collector) {
		sensor_worker_destroy(worker);
		return NULL;
	}
	worker->health.interface = options->interface;
	worker->health.queue = options->queue;
	worker->health.flow_limit = options->collector.flow_limit;
	return worker;
}

void sensor_worker_destroy(struct sensor_worker *worker)
{
	if (!worker) {
		return;
	}
	collector_destroy(worker->collector);
	classify_destroy(worker->classify);
	ring_destroy(worker->ring);
	free(worker->flows);
	free(worker->batch);
	pthread_mutex_destroy(&worker->said);
	free(worker);
}

/* Moves every record that is due to the exporter's side. */
static void hand_over(struct sensor_worker *worker)
{
	for (;;) {
		size_t room;
		struct record *records = ring_reserve(worker->ring, RUN_MAX, &room);
		size_t count = collector_take(worker->collector, worker->flows, room);
		for (size_t i = 0; i < count; i++) {
			record_expect(records, i + RECORDS_AHEAD, count);
			record_begin(&records[i], &worker->flows[i]);
			classify_settle(worker->classify, &worker->flows[i], &records[i].l7);
		}
		if (count == 0) {
			return;
		}
		ring_publish(worker->ring, count);
	}
}

static void say_health(struct sensor_worker *worker, bool is_capturing)
{
	struct health_worker health = {
		.interface = worker->options.interface,
		.queue = worker->options.queue,
		.seen_ns = clock_monotonic_ns(),
		.lag_ns = worker->lag_ns,
		.flow_limit = worker->options.collector.flow_limit,
	};

	source_read_stats(worker->options.source, &health.source);
	if (health.source.is_gone != worker->health.source.is_gone) {
		log_warning("%s: the interface %s", worker->options.interface,
			health.source.is_gone ? "is gone; its return is waited for" : "is back");
	}
	health.is_capturing = is_capturing && !health.source.is_gone;
	collector_read_stats(worker->collector, &health.collector);
	classify_read_stats(worker->classify, &health.classify);
	pthread_mutex_lock(&worker->said);
	worker->health = health;
	pthread_mutex_unlock(&worker->said);
}

/* Nothing came: time moves all the same. */
static void let_time_pass(struct sensor_worker *worker)
{
	uint64_t time_ns = clock_now_ns() - IDLE_MARGIN_NS;

	worker->lag_ns = 0;
	while (collector_tick(worker->collector, time_ns)) {
		hand_over(worker);
	}
}

static void note_lag(struct sensor_worker *worker)
{
	const struct packet_batch *packets = &worker->batch->packets;
	uint64_t now_ns = clock_now_ns(), then_ns = packets->packets[packets->count - 1].time_ns;

	worker->lag_ns = now_ns > then_ns ? now_ns - then_ns : 0;
}

/* One batch, perhaps of nothing: COLLECTOR_MORE, or what ends the worker. */
static int work_once(struct sensor_worker *worker, struct err *err)
{
	int status = collector_next(worker->collector, worker->batch, err);

	if (status != COLLECTOR_MORE) {
		return status;
	}
	if (worker->batch->packets.count == 0) {
		let_time_pass(worker);
	} else {
		classify_batch(worker->classify, worker->collector, worker->batch);
		note_lag(worker);
	}
	hand_over(worker);
	if (clock_monotonic_ns() >= worker->health_due_ns) {
		say_health(worker, true);
		worker->health_due_ns = clock_monotonic_ns() + HEALTH_EVERY_NS;
	}
	return COLLECTOR_MORE;
}

static uint64_t frames_read(const struct sensor_worker *worker)
{
	struct collector_stats stats;

	collector_read_stats(worker->collector, &stats);
	return stats.decode.frames;
}

/* Until nothing came for as long as a block of the kernel may stay open. */
static int drain(struct sensor_worker *worker, struct err *err)
{
	uint64_t end_ns = clock_monotonic_ns() + DRAIN_NS, before;
	unsigned silences = 0;
	int status = COLLECTOR_MORE;

	while (status == COLLECTOR_MORE && silences < 2 && clock_monotonic_ns() < end_ns) {
		before = frames_read(worker);
		status = work_once(worker, err);
		silences = frames_read(worker) == before ? silences + 1 : 0;
	}
	return status;
}

static void *work(void *argument)
{
	struct sensor_worker *worker = argument;
	int status = COLLECTOR_MORE;
	struct err err = { "" };

	while (status == COLLECTOR_MORE &&
		!atomic_load_explicit(&worker->stop, memory_order_relaxed)) {
		status = work_once(worker, &err);
	}
	if (status == COLLECTOR_MORE) {
		status = drain(worker, &err);
	}
	collector_finish(worker->collector);
	hand_over(worker);
	say_health(worker, false);
	pthread_mutex_lock(&worker->said);
	worker->failure = status < 0 ? status : 0;
	worker->reason = err;
	pthread_mutex_unlock(&worker->said);
	ring_close(worker->ring);
	return NULL;
}

int sensor_worker_start(struct sensor_worker *worker, struct err *err)
{
	char name[16]; /* as much as Linux keeps */

	say_health(worker, true);
	int status = pthread_create(&worker->thread, NULL, work, worker);
	if (status != 0) {
		return err_set(err, status, "cannot start a thread: %s", strerror(status));
	}
	worker->is_started = true;
	snprintf(name, sizeof(name), "%.10s.%u", worker->options.interface, worker->options.queue);
	pthread_setname_np(worker->thread, name);
	return 0;
}

void sensor_worker_stop(struct sensor_worker *worker)
{
	atomic_store(&worker->stop, true);
}

void sensor_worker_join(struct sensor_worker *worker)
{
	if (worker->is_started) {
		pthread_join(worker->thread, NULL);
		worker->is_started = false;
	}
}

struct ring *sensor_worker_ring(struct sensor_worker *worker)
{
	return worker->ring;
}

void sensor_worker_read_health(struct sensor_worker *worker, struct health_worker *health)
{
	pthread_mutex_lock(&worker->said);
	*health = worker->health;
	pthread_mutex_unlock(&worker->said);
	health->ring_depth = ring_depth(worker->ring);
	health->ring_waits = ring_writer_waits(worker->ring);
}

int sensor_worker_failure(struct sensor_worker *worker, struct err *err)
{
	pthread_mutex_lock(&worker->said);
	int failure = worker->failure;
	if (failure < 0) {
		*err = worker->reason;
	}
	pthread_mutex_unlock(&worker->said);
	return failure;
}
