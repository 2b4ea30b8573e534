/* An alert as the desk keeps it, read back to be shown and asked for.
 *
 * Memory   texts point into the entry's record and documents, until alert_entry_clear().
 * Threads  one at a time.
 * Failure  -EBADMSG where the record holds no alert. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/alert/alert_desk.h"
#include "analyzer/format/json_doc.h"
#include "geo/geo.h"

struct alert_entry {
	char id[ALERT_STORE_ID_BYTES];
	const char *kind, *state, *severity, *sentence; /* of the latest revision */
	const char *app, *unit, *class_, *rule, *observer, *device, *notice;
	const char *owner, *notes, *verdict, *done, *hold, *suppression, *erased;
	const char *policy_hash;
	const char *said[GEO_LANGUAGE_COUNT]; /* the sentence in each language; NULL: not kept */
	unsigned severity_number;
	uint64_t first_ns, last_ns, closed_ns;
	uint64_t devices, flows, bytes_up, bytes_down;
	bool knows_up, knows_down; /* did that way cross the sensor? */
	uint64_t changes;          /* of the record: rev */
	uint64_t revision;         /* of what the sensor says */
	bool is_in_storm, is_tombstone;
	bool has_grown; /* since it was raised */
	struct alert_record record;
	struct json_doc *latest, *raised;
};

/* A copy of what a store gave. */
int alert_entry_read(struct alert_entry *entry, const char *id, const struct alert_record *record,
	struct err *err);
void alert_entry_clear(struct alert_entry *entry);

/* Takes the sentence in that language, where the desk has it. */
void alert_entry_say_in(struct alert_entry *entry, const char *language);

/* How the severity came to be, step by step, in the language. */
struct messages;
void alert_entry_put_steps(
	const struct alert_entry *entry, const struct messages *messages, struct text *text);

/* The flows behind it, as it was raised with. */
struct alert_evidence_flow {
	const char *id, *device, *name, *network, *country;
	uint64_t bytes;
};
unsigned alert_entry_flow_count(const struct alert_entry *entry);
struct alert_evidence_flow alert_entry_flow(const struct alert_entry *entry, unsigned at);

/* Does it say which device it was? */
bool alert_entry_names_device(const struct alert_entry *entry);

/* Which are asked for; NULL and 0 ask nothing. */
struct alert_filter {
	const char *kind; /* "policy.violation", or the part before the dot */
	const char *app, *unit;
	const char *state;       /* or "open": new, acknowledged, escalated */
	unsigned severity;       /* at least, as event.severity counts */
	uint64_t from_ns, to_ns; /* that were alive then */
};
/* Are there a kind and a state that the filter's words can mean? */
int alert_filter_check(const struct alert_filter *filter, struct err *err);
bool alert_filter_takes(const struct alert_filter *filter, const struct alert_entry *entry);

/* Of a morning: an alert is new since its beginning, or unresolved from before, or it was not told
 * of (suppressed, one of a storm) though it is new, or it is none of these. */
enum alert_morning {
	ALERT_MORNING_NONE,
	ALERT_MORNING_NEW,
	ALERT_MORNING_OPEN,
	ALERT_MORNING_QUIET
};
enum alert_morning alert_morning_of(
	const struct alert_entry *entry, uint64_t from_ns, uint64_t to_ns);
/* The same kind, rule and app. */
bool alert_is_same_cause(const struct alert_entry *a, const struct alert_entry *b);

/* "low" to "critical" as event.severity; 0: no such word. */
unsigned alert_severity_of_word(const char *word);
