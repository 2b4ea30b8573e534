/* The heartbeat: a live sensor shows itself in Redis every few seconds, whether packets come or
 * not, and looks whether the others still do.
 *
 *     bf:1:{SENSOR}:hb       string  the server's time, for as long as the sensor's promise holds
 *     bf:1:{SENSOR}:health   hash    its health summary (health_summary.h), for two days
 *     bf:1:sensors           zset    every sensor by the time at which its promise is broken
 *     bf:1:{all:TENANT}:series  hash  of each sensor the series that its detectors follow, and when
 *                            it said so (seconds since 1970): all share one budget of false alerts
 *
 * A sensor promises to show itself again within HEARTBEAT_PROMISE beats. Who broke the promise is
 * silent, by the clock of the server: whichever sensor sees that first raises the alert
 * sensor.silent, once for each silence. One that is stopped takes its leave and is not missed.
 *
 * Memory   little.
 * Threads  one of its own, with a connection of its own: no other thread ever waits for it.
 * Failure  of the server: said once, then tried again with each beat. */
#pragma once

#include "analyzer/alert/alert.h"
#include "analyzer/engine/health_summary.h"
#include "analyzer/output/output_state.h"
#include "base/err.h"

enum { HEARTBEAT_PROMISE = 6 };

struct heartbeat;

struct heartbeat_options {
	const char *url, *sensor;
	const char *archive; /* whose head is noted outside the machine; NULL: none */
	uint64_t every_ns;
	void (*read_health_summary)(void *context,
		struct health_summary *health_summary); /* from the heartbeat's thread */
	void *context;
	void (*raise)(void *alerts, const struct alert *alert); /* likewise */
	void (*hear_series)(void *alerts, uint64_t series); /* of all sensors together; likewise */
	void *alerts;
};

/* Starts at once; the server need not be there. 0 or -errno. */
int heartbeat_open(
	struct heartbeat **heartbeat, const struct heartbeat_options *options, struct err *err);

/* How it is, as of any output. Threads: any. */
void heartbeat_read_output(struct heartbeat *heartbeat, struct output_state *state);

/* Posts the health summary once more and takes leave, where the server can be reached. NULL is
 * accepted. */
void heartbeat_close(struct heartbeat *heartbeat);
