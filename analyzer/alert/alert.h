/* Alerts: one episode, not one packet.
 *
 * This storey raises policy.violation once per device, app and day (UTC) for a denied app; later traffic of the same
 * episode updates it (revision, counts) and is written again when the episode ends or the input does. The id is stable
 * while the episode lasts: a keyed hash of kind, device, app and day.
 *
 * Threads  the exporter's. Memory bounded: 100,000 open episodes; more are counted, never lost silently. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analyzer/record.h"
#include "analyzer/store/sink.h"
#include "base/err.h"

#define ALERT_KINDS(X)                                                                             \
	X(POLICY_VIOLATION, "policy.violation")

enum alert_kind {
#define X(id, name) ALERT_##id,
	ALERT_KINDS(X)
#undef X
	        ALERT_KIND_COUNT
};

const char *alert_kind_name(enum alert_kind kind);

enum { ALERT_FLOWS_MAX = 16 };

struct alert {
	uint64_t id;
	uint8_t kind;
	uint32_t revision;            /* 0 is the first */
	uint64_t first_ns, last_ns;
	uint64_t flows, bytes_up, bytes_down;
	struct addr device;
	uint16_t app, rule, unit, class_;
	struct geo_place place;       /* of the first flow's remote end */
	struct verdict verdict;       /* the surest of its flows */
	char domain[254];             /* of that flow */
	unsigned flow_id_count;
	uint64_t flow_ids[ALERT_FLOWS_MAX]; /* the first ones: the way to the evidence */
};

/* Where alerts go: a file (ndjson), a Redis stream. One table, like sinks. */
struct alert_output;

struct alert_output_ops {
	const char *name;
	int (*open)(struct alert_output **output, const char *target, const struct lexicon *lexicon,
	        struct err *err);
	int (*write)(struct alert_output *output, const struct alert *alert, struct err *err);
	int (*close)(struct alert_output *output, struct err *err);
};

extern const struct alert_output_ops alert_output_ndjson, alert_output_redis;

struct alerts;

struct alerts *alerts_create(const struct lexicon *lexicon);
void alerts_destroy(struct alerts *alerts);
int alerts_add_output(struct alerts *alerts, const struct alert_output_ops *ops, const char *target,
        struct err *err);

/* Looks at decided records; new episodes are written at once. */
void alerts_feed(struct alerts *alerts, const struct record *records, size_t count);

/* Writes the last revision of every open episode and closes the outputs. */
int alerts_finish(struct alerts *alerts, struct err *err);

uint64_t alerts_count(const struct alerts *alerts);

/* The alert as one JSON object (ECS and ours), and its one plain sentence why. */
struct text;
void alert_put_json(struct text *text, const struct alert *alert, const struct lexicon *lexicon);
void alert_put_sentence(struct text *text, const struct alert *alert, const struct lexicon *lexicon);
