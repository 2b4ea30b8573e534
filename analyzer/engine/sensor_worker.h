/* One worker of a live sensor: packets of one queue in, records out to the exporter's ring. Shares
 * nothing with the others.
 *
 * Where nothing came for a tenth of a second, time alone moves: flows end and parts are handed on
 * as if a packet had come.
 *
 * Memory   taken once by sensor_worker_create().
 * Threads  start, stop and read from any; the ring's reader is the exporter. join after stop.
 * Failure  a source that ends badly ends the worker: flows are handed on, the ring is closed, and
 *          sensor_worker_failure() tells. */
#pragma once

#include "analyzer/engine/health.h"
#include "base/err.h"
#include "base/ring.h"

struct sensor_worker;

struct sensor_worker_options {
	struct source *source; /* the caller's */
	const char *interface;
	unsigned queue;
	struct collector_options collector;
	struct classify_options classify;
};

struct sensor_worker *sensor_worker_create(
	const struct sensor_worker_options *options, struct err *err);
void sensor_worker_destroy(struct sensor_worker *worker);

int sensor_worker_start(struct sensor_worker *worker, struct err *err);

/* Reads what the kernel still holds, ends every flow and closes the ring; join waits for that. */
void sensor_worker_stop(struct sensor_worker *worker);
void sensor_worker_join(struct sensor_worker *worker);

/* Of struct record; the exporter takes them. */
struct ring *sensor_worker_ring(struct sensor_worker *worker);

void sensor_worker_read_health(struct sensor_worker *worker, struct health_worker *health);

/* 0, or -errno and why it ended. */
int sensor_worker_failure(struct sensor_worker *worker, struct err *err);
