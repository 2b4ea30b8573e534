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
struct alert_post;
struct outbox;

struct alert_output_options {
	const char *target;
	const char *policy;    /* its file, which is kept with what it raised; NULL: it is not */
	struct outbox *outbox; /* of a sensor: the way to Redis; the caller's, outlives it */
	bool is_live;          /* no reader of a pipe is waited for without end */
	bool appends; /* a file goes on where it ended: that of a sensor, which may be restarted */
};

/* An alert as every output is given it: what people need first, and all of it as JSON. */
struct alert_post {
	const char *id, *kind, *severity, *state, *notice;
	const char *sentence;
	const char
		*said; /* in each language, a line "fi<TAB>sentence"; "" where none is asked for */
	const char *json; /* alert_put_json() */
	size_t json_length;
	const char *digest;            /* of json, hexadecimal */
	const char *policy_hash;       /* in force when it was raised */
	const char *suppression;       /* that it falls under; "" none */
	const char *app, *unit, *rule; /* ids and names; "" none */
	const char *observer, *organization, *page;
	unsigned severity_number; /* event.severity */
	uint32_t revision;
	uint64_t first_ns, last_ns;
	/* It is recorded, and nobody is told: it is suppressed, part of a storm, or an update. */
	bool is_quiet;
};

struct alert_output_ops {
	const char *name; /* "alerts to a file" */
	int (*open)(struct alert_output **output, const struct alert_output_options *options,
		struct err *err);
	/* All of the alert or nothing of it. */
	int (*write)(struct alert_output *output, const struct alert_post *post, struct err *err);
	/* What has to be done once a day, and first of all. NULL: nothing. */
	int (*tidy)(struct alert_output *output, uint64_t now_ns, struct err *err);
	/* How it is, where it knows better than what write says. NULL: it does not. */
	void (*read_state)(struct alert_output *output, struct output_state *state);
	/* Gives what is left a last chance: first all outputs are told, then each is waited for,
	 * after which read_state is right. NULL: nothing waits. */
	void (*finish)(struct alert_output *output, bool waits);
	int (*close)(
		struct alert_output *output, struct err *err); /* frees it, also after an error */
};

/* The last one stands for all that takes time: it is given an address (alert_target.h) or the
 * folder of a desk, and does not let anybody wait (alert_sender.c). */
extern const struct alert_output_ops alert_output_ndjson, alert_output_redis, alert_output_sender;
