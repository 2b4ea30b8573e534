/* The sensor: the live run loop. One worker a queue (sensor_worker.h), one exporter that takes from
 * all of them, and a way to give it new facts while it runs.
 *
 *     worker: packets -> flows -> ring  \\
 *     worker: packets -> flows -> ring   >  exporter: identify, infer, decide -> alerts, sinks
 *     worker: packets -> flows -> ring  /
 *
 * The exporter flushes its sinks and writes alerts every second, whether records come or not.
 *
 * Reference data is a snapshot (reference.h); sensor_reload() gives a new one, which the exporter
 * takes into use between two runs of records.
 *
 * Memory   taken at the start, except what alerts and sinks take.
 * Threads  one owner calls everything; the sensor's own threads run in between.
 * Failure  a worker or a thread that ends is told by sensor_failure(); sinks that fail are said
 *          once and left out, and health shows them. */
#pragma once

#include "analyzer/alert/alert.h"
#include "analyzer/engine/health.h"
#include "analyzer/engine/health_summary.h"
#include "analyzer/output/sink.h"

struct sensor;

struct sensor_input {
	struct source *source; /* the caller's */
	const char *interface;
	unsigned queue;
};

struct sensor_options {
	const struct sensor_input *inputs;
	unsigned input_count;
	struct collector_options collector; /* of each worker; worker is filled in */
	struct classify_options classify;
	const struct reference *reference;
	struct alerts *alerts;       /* the caller's; may be NULL */
	struct outbox *outbox;       /* the caller's, finished by sensor_stop(); may be NULL */
};

struct sensor *sensor_create(const struct sensor_options *options, struct err *err);
void sensor_destroy(struct sensor *sensor);

/* sink becomes the sensor's; before the start. */
void sensor_add_sink(struct sensor *sensor, const struct sink_ops *ops, struct sink *sink);

int sensor_start(struct sensor *sensor, struct err *err);

/* New reference data for the records from here on; does not wait. */
void sensor_reload(struct sensor *sensor, const struct reference *reference);

/* Reference data that could not be loaded; counted for health. */
void sensor_count_failed_reload(struct sensor *sensor);

/* Is every thread at work? 0, or -errno and the sentence: then it is time for sensor_stop(). */
int sensor_failure(struct sensor *sensor, struct err *err);

/* Has every thread shown itself within the last within_ns? What a watchdog wants to know. */
bool sensor_is_alive(struct sensor *sensor, uint64_t within_ns);

/* Reads what the kernel still holds, ends every flow, writes everything, closes the sinks, and
 * gives Redis OUTBOX_GRACE_NS to take what is left; health and its summary then tell of all of
 * it. 0, or -errno and the first error of a worker or sink. */
#define OUTBOX_GRACE_NS (5 * NS_PER_S)
int sensor_stop(struct sensor *sensor, struct err *err);

void sensor_read_health(struct sensor *sensor, struct health *health);

/* The same in few numbers, with rates; at most a second old. */
void sensor_read_health_summary(struct sensor *sensor, struct health_summary *health_summary);
