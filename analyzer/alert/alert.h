/* Alerts: one episode, not one packet.
 *
 * policy.violation is raised once per device, app and day (of the policy's time zone) for an app that
 * a rule denies and that was used; an attempt that was blocked, never answered or unsure is counted
 * elsewhere and is no alert. Where an exception would have lifted the rule, were it not over or its
 * condition broken, the alert is of that kind; policy.not-approved is the same for what is not on
 * the list of approved apps. The id is stable while the episode lasts, and the same from run to run: a hash of kind,
 * device, app and day. Of the device its pseudonym is hashed where there is one, so that the id
 * betrays no address.
 *
 * Alerts are written when somebody asks for it (alerts_write) and at the end: each episode that
 * changed since it was last written, the oldest first, with the next revision. The analysis of a
 * file asks at the end only, so that each alert stands there once, with its final numbers.
 *
 * Alerts hold symbols, so that an episode goes on when the rules are loaded anew; what is written of
 * it then is told with the new ones.
 *
 * Memory   grows with the open episodes up to 100,000; more are counted (alerts_missed).
 * Threads  the exporter's.
 * Failure  writing says the first error of an output; the other outputs still get everything. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analyzer/record/reference.h"
#include "analyzer/record/pseudonyms.h"
#include "analyzer/record/record.h"
#include "base/err.h"

#define ALERT_KINDS(X)                                                                             \
	X(POLICY_VIOLATION, "policy.violation")                                                    \
	X(POLICY_NOT_APPROVED, "policy.not-approved")                                              \
	X(POLICY_EXCEPTION_CONDITION, "policy.exception-condition")                                \
	X(POLICY_EXCEPTION_EXPIRED, "policy.exception-expired")

enum alert_kind {
#define X(id, name) ALERT_##id,
	ALERT_KINDS(X)
#undef X
		ALERT_KIND_COUNT
};

const char *alert_kind_name(enum alert_kind kind);

enum { ALERT_FLOWS_MAX = 16, ALERT_COUNTRIES_MAX = 8 };

struct alert {
	uint64_t id;
	uint8_t kind;
	uint32_t revision; /* 0 is the first */
	uint64_t first_ns, last_ns;
	uint64_t flows, bytes_up, bytes_down;
	struct addr device;
	char pseudonym[PSEUDONYM_LENGTH + 1]; /* "" where addresses are shown */
	uint16_t app, rule, unit, class_; /* symbols */
	uint16_t exception;               /* that holds no longer; 0 none */
	struct geo_place place; /* of the first flow's remote end */
	char organization[128]; /* that runs its network */
	char server_countries[ALERT_COUNTRIES_MAX]
			     [3]; /* of all flows, in order of sight; "" ends */
	struct verdict verdict;   /* the surest of its flows */
	char domain[254];         /* of that flow */
	unsigned flow_id_count;
	uint64_t flow_ids[ALERT_FLOWS_MAX]; /* the first ones: the way to the evidence */
};

/* Where alerts go: a file (ndjson), a Redis stream. One table, like sinks. */
struct alert_output;

struct alert_output_ops {
	const char *name;
	int (*open)(struct alert_output **output, const char *target, struct err *err);
	int (*write)(struct alert_output *output, const struct alert *alert,
		const struct reference *reference, struct err *err);
	int (*close)(
		struct alert_output *output, struct err *err); /* frees it, also after an error */
};

extern const struct alert_output_ops alert_output_ndjson, alert_output_redis;

/* An output of alert_output_redis that leaves the sending to an outbox. */
struct outbox;
int alert_output_feed_open(
	struct alert_output **output, struct outbox *outbox, struct err *err);

struct alerts;

struct alerts *alerts_create(void);
void alerts_destroy(struct alerts *alerts);
int alerts_add_output(struct alerts *alerts, const struct alert_output_ops *ops, const char *target,
	struct err *err);

/* A sensor's way to Redis; the outbox stays the caller's and outlives the alerts. */
int alerts_add_feed(struct alerts *alerts, struct outbox *outbox, struct err *err);

/* Looks at decided records. */
void alerts_take(struct alerts *alerts, const struct reference *reference,
	const struct record *records, size_t count);

/* Writes every episode that is new or changed. 0 or -errno. */
int alerts_write(struct alerts *alerts, const struct reference *reference, struct err *err);

/* For sensors that run for months: episodes whose last record is from before the time and that were
 * written are forgotten. Looks once a day (UTC) of time_ns. */
void alerts_forget_before(struct alerts *alerts, uint64_t time_ns);

/* The same as alerts_write, and closes the outputs. */
int alerts_finish(struct alerts *alerts, const struct reference *reference, struct err *err);

/* The episodes that began last, the latest first, at most count; good until the next call of
 * another function. */
size_t alerts_latest(const struct alerts *alerts, const struct alert **latest, size_t count);

uint64_t alerts_count(const struct alerts *alerts);
uint64_t alerts_missed(const struct alerts *alerts); /* records that found no room for an episode */

/* As text it begins with a letter, so that no spreadsheet takes it for a number. */
enum { ALERT_ID_BYTES = 18 };
void alert_format_id(const struct alert *alert, char text[ALERT_ID_BYTES]);

/* The app it is about, for people. */
const char *alert_app_name(const struct alert *alert, const struct reference *reference);

/* The alert as one JSON object (ECS and ours), and its one plain sentence why. */
struct text;
void alert_put_json(
	struct text *text, const struct alert *alert, const struct reference *reference);
void alert_put_sentence(
	struct text *text, const struct alert *alert, const struct reference *reference);
