/* Where alerts go: a file (ndjson), a Redis stream. Each is one file and one line in whoever opens
 * it; the set keeps how each is (output_state.h), as of sinks.
 *
 * Threads  the exporter's.
 * Failure  what an output says is kept in its state; the others still get everything. What it was
 * to
 *          be given waits until it works again (alerts.h). */
#pragma once

#include "analyzer/alert/alert.h"
#include "analyzer/output/output_state.h"
#include "base/err.h"

struct alert_output;
struct outbox;

struct alert_output_options {
	const char *target;
	struct alert_origin origin; /* the texts live as long as the output */
	struct outbox *outbox;      /* of a sensor: the way to Redis; the caller's, outlives it */
	bool appends; /* a file goes on where it ended: that of a sensor, which may be restarted */
};

struct alert_output_ops {
	const char *name; /* "alerts to a file" */
	int (*open)(struct alert_output **output, const struct alert_output_options *options,
		struct err *err);
	/* All of the alert or nothing of it. */
	int (*write)(struct alert_output *output, const struct alert *alert,
		const struct reference *reference, struct err *err);
	int (*close)(
		struct alert_output *output, struct err *err); /* frees it, also after an error */
};

extern const struct alert_output_ops alert_output_ndjson, alert_output_redis;
