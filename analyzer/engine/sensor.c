#include "analyzer/engine/sensor.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/engine/exporter.h"
#include "analyzer/engine/enrich.h"
#include "analyzer/engine/sensor_worker.h"
#include "base/clock.h"
#include "base/log.h"

enum { RUN_MAX = 256 };

#define FLUSH_EVERY_NS NS_PER_S

/* How long the exporter may sleep on one ring while others wait for it. */
#define NAP_ALONE_NS  (100 * NS_PER_MS)
#define NAP_SHARED_NS (5 * NS_PER_MS)

struct sensor {
	struct sensor_options options;
	struct sensor_worker *workers[HEALTH_WORKERS_MAX];
	unsigned worker_count;
	struct exporter *exporter;
	const struct reference *reference; /* the exporter's; one holder of it */
	uint64_t flush_due_ns;
	uint64_t started_ns;
	struct health measured; /* the exporter's, of the second before: rates come from it */
	pthread_t thread;
	bool is_started;
	atomic_bool stop;

	pthread_mutex_t said; /* guards what follows */
	const struct reference *fresh; /* waiting to be taken into use, with one holder */
	struct health_exporter health;
	struct health_summary health_summary;
	uint64_t facts_loaded_ns, reloads, reloads_failed;
};

struct sensor *sensor_create(const struct sensor_options *options, struct err *err)
{
	struct sensor *sensor = calloc(1, sizeof(*sensor));

	if (!sensor || options->input_count > HEALTH_WORKERS_MAX) {
		free(sensor);
		err_set(err, sensor ? EINVAL : ENOMEM,
			sensor ? "more than %d queues to capture from" : "out of memory",
			HEALTH_WORKERS_MAX);
		return NULL;
	}
	sensor->options = *options;
	sensor->started_ns = sensor->facts_loaded_ns = clock_now_ns();
	pthread_mutex_init(&sensor->said, NULL);
	sensor->reference = reference_acquire(options->reference);
	sensor->exporter = exporter_create(options->reference, options->alerts);
	struct hash_key device_key = hash_key_random();
	if (!sensor->exporter || !exporter_count_devices(sensor->exporter, &device_key)) {
		err_set(err, ENOMEM, "out of memory");
		goto cleanup;
	}
	exporter_drop_overview(sensor->exporter);
	for (unsigned i = 0; i < options->input_count; i++) {
		const struct sensor_input *input = &options->inputs[i];
		struct sensor_worker_options worker = { .source = input->source,
			.interface = input->interface,
			.queue = input->queue,
			.collector = options->collector,
			.classify = options->classify };
		worker.collector.worker = (uint16_t)i;
		sensor->workers[i] = sensor_worker_create(&worker, err);
		if (!sensor->workers[i]) {
			goto cleanup;
		}
		sensor->worker_count++;
	}
	return sensor;
cleanup:
	sensor_destroy(sensor);
	return NULL;
}

void sensor_destroy(struct sensor *sensor)
{
	if (!sensor) {
		return;
	}
	for (unsigned i = 0; i < sensor->worker_count; i++) {
		sensor_worker_destroy(sensor->workers[i]);
	}
	exporter_destroy(sensor->exporter);
	reference_release(sensor->reference);
	reference_release(sensor->fresh);
	pthread_mutex_destroy(&sensor->said);
	free(sensor);
}

void sensor_add_sink(struct sensor *sensor, const struct sink_ops *ops, struct sink *sink)
{
	exporter_add_sink(sensor->exporter, ops, sink);
}

/* The latest snapshot, if there is a new one: records from here on are of it. */
static void take_fresh_reference(struct sensor *sensor)
{
	pthread_mutex_lock(&sensor->said);
	const struct reference *fresh = sensor->fresh;
	sensor->fresh = NULL;
	if (fresh) {
		sensor->reloads++;
		sensor->facts_loaded_ns = clock_now_ns();
	}
	pthread_mutex_unlock(&sensor->said);
	if (fresh) {
		exporter_use(sensor->exporter, fresh);
		reference_release(sensor->reference);
		sensor->reference = fresh;
	}
}

static void log_failed_sinks(
	const struct health_exporter *before, const struct health_exporter *now)
{
	for (unsigned i = 0; i < now->sink_count; i++) {
		if (now->sinks[i].has_failed && !before->sinks[i].has_failed) {
			log_error("%s is left out from now on: %s", now->sinks[i].name,
				now->sinks[i].reason);
		}
	}
}

static void say_health(struct sensor *sensor)
{
	struct health_exporter health = { .seen_ns = clock_monotonic_ns() };
	struct exporter_stats stats;

	exporter_read_stats(sensor->exporter, &stats);
	health.records = stats.records;
	health.records_with_app = stats.records_with_app;
	health.records_inferred = stats.records_inferred;
	health.packets = stats.packets;
	health.bytes = stats.bytes;
	if (sensor->options.alerts) {
		health.alerts_open = alerts_count(sensor->options.alerts);
		health.alerts_missed = alerts_missed(sensor->options.alerts);
	}
	health.sink_count = exporter_read_sinks(sensor->exporter, health.sinks);
	pthread_mutex_lock(&sensor->said);
	log_failed_sinks(&sensor->health, &health);
	sensor->health = health;
	pthread_mutex_unlock(&sensor->said);
}

static void read_health(struct sensor *sensor, struct health *health)
{
	memset(health, 0, sizeof(*health));
	health->started_ns = sensor->started_ns;
	health->now_ns = clock_now_ns();
	health->worker_count = sensor->worker_count;
	for (unsigned i = 0; i < sensor->worker_count; i++) {
		sensor_worker_read_health(sensor->workers[i], &health->workers[i]);
	}
	pthread_mutex_lock(&sensor->said);
	health->exporter = sensor->health;
	health->facts_loaded_ns = sensor->facts_loaded_ns;
	health->reloads = sensor->reloads;
	health->reloads_failed = sensor->reloads_failed;
	pthread_mutex_unlock(&sensor->said);
	health->has_outbox = sensor->options.outbox != NULL;
	if (health->has_outbox) {
		outbox_read_stats(sensor->options.outbox, &health->outbox);
	}
}

static void take_health_summary(struct sensor *sensor)
{
	struct health health;
	struct health_summary health_summary;

	read_health(sensor, &health);
	health_summary_take(&health_summary, &health, &sensor->measured);
	sensor->measured = health;
	pthread_mutex_lock(&sensor->said);
	sensor->health_summary = health_summary;
	pthread_mutex_unlock(&sensor->said);
}

/* What is due between two rounds over the rings. */
static void tick(struct sensor *sensor)
{
	uint64_t now_ns = clock_monotonic_ns();

	take_fresh_reference(sensor);
	if (now_ns >= sensor->flush_due_ns) {
		sensor->flush_due_ns = now_ns + FLUSH_EVERY_NS;
		exporter_flush(sensor->exporter, clock_now_ns());
		say_health(sensor);
		take_health_summary(sensor);
	}
}

/* Takes what one worker has, waiting at most wait_ns for the first record. */
static bool take_run(struct sensor *sensor, unsigned worker, uint64_t wait_ns)
{
	struct ring *ring = sensor_worker_ring(sensor->workers[worker]);
	size_t count;
	struct record *records = ring_take(ring, RUN_MAX, &count, wait_ns);

	if (count > 0) {
		enrich(sensor->reference, records, count);
		exporter_take(sensor->exporter, records, count);
		ring_release(ring, count);
	}
	return count > 0;
}

static bool all_finished(const struct sensor *sensor)
{
	for (unsigned i = 0; i < sensor->worker_count; i++) {
		if (!ring_is_finished(sensor_worker_ring(sensor->workers[i]))) {
			return false;
		}
	}
	return true;
}

static void nap(uint64_t nap_ns)
{
	struct timespec time = { .tv_nsec = (long)nap_ns };

	nanosleep(&time, NULL);
}

/* The exporter's thread: records out of every ring, until the sensor is stopped and all workers
 * have closed theirs. */
static void *export_loop(void *argument)
{
	struct sensor *sensor = argument;
	uint64_t nap_ns = sensor->worker_count > 1 ? NAP_SHARED_NS : NAP_ALONE_NS;
	bool was_idle = false;

	while (!atomic_load(&sensor->stop) || !all_finished(sensor)) {
		bool is_idle = true;
		for (unsigned i = 0; i < sensor->worker_count; i++) {
			bool sleeps = i == 0 && was_idle;
			is_idle &= !take_run(sensor, i, sleeps ? nap_ns : 0);
		}
		if (is_idle && ring_is_finished(sensor_worker_ring(sensor->workers[0]))) {
			nap(nap_ns); /* a closed ring does not wait */
		}
		was_idle = is_idle;
		tick(sensor);
	}
	return NULL;
}

int sensor_start(struct sensor *sensor, struct err *err)
{
	say_health(sensor);
	for (unsigned i = 0; i < sensor->worker_count; i++) {
		int status = sensor_worker_start(sensor->workers[i], err);
		if (status < 0) {
			return status;
		}
	}
	int status = pthread_create(&sensor->thread, NULL, export_loop, sensor);
	if (status != 0) {
		return err_set(err, status, "cannot start a thread: %s", strerror(status));
	}
	sensor->is_started = true;
	pthread_setname_np(sensor->thread, "exporter");
	return 0;
}

void sensor_reload(struct sensor *sensor, const struct reference *reference)
{
	pthread_mutex_lock(&sensor->said);
	const struct reference *passed_over = sensor->fresh;
	sensor->fresh = reference_acquire(reference);
	pthread_mutex_unlock(&sensor->said);
	reference_release(passed_over);
}

void sensor_count_failed_reload(struct sensor *sensor)
{
	pthread_mutex_lock(&sensor->said);
	sensor->reloads_failed++;
	pthread_mutex_unlock(&sensor->said);
}

int sensor_failure(struct sensor *sensor, struct err *err)
{
	int status = 0;

	for (unsigned i = 0; i < sensor->worker_count && status == 0; i++) {
		status = sensor_worker_failure(sensor->workers[i], err);
	}
	return status;
}

bool sensor_is_alive(struct sensor *sensor, uint64_t within_ns)
{
	struct health health;
	uint64_t now_ns = clock_monotonic_ns();

	sensor_read_health(sensor, &health);
	bool alive = now_ns - health.exporter.seen_ns <= within_ns;
	for (unsigned i = 0; i < health.worker_count; i++) {
		alive = alive && now_ns - health.workers[i].seen_ns <= within_ns;
	}
	return alive;
}

/* What does not reach Redis waits for the next start, or is lost: the sensor itself did not fail.
 */
static void finish_outbox(struct outbox *outbox)
{
	struct err err;

	if (outbox && outbox_finish(outbox, OUTBOX_GRACE_NS, &err) < 0) {
		log_warning("%s", err.text);
	}
}

int sensor_stop(struct sensor *sensor, struct err *err)
{
	struct err sink_err;

	for (unsigned i = 0; i < sensor->worker_count; i++) {
		sensor_worker_stop(sensor->workers[i]);
	}
	atomic_store(&sensor->stop, true);
	if (sensor->is_started) {
		pthread_join(sensor->thread, NULL);
		sensor->is_started = false;
	}
	for (unsigned i = 0; i < sensor->worker_count; i++) {
		sensor_worker_join(sensor->workers[i]);
	}
	int status = sensor_failure(sensor, err);
	int sink_status = exporter_finish(sensor->exporter, &sink_err);
	finish_outbox(sensor->options.outbox);
	say_health(sensor);
	take_health_summary(sensor);
	if (status == 0 && sink_status < 0) {
		*err = sink_err;
		status = sink_status;
	}
	return status;
}

void sensor_read_health(struct sensor *sensor, struct health *health)
{
	read_health(sensor, health);
}

void sensor_read_health_summary(struct sensor *sensor, struct health_summary *health_summary)
{
	pthread_mutex_lock(&sensor->said);
	*health_summary = sensor->health_summary;
	pthread_mutex_unlock(&sensor->said);
}
