/* The desk: what sensors put there and what people do with it, whichever store is behind it.
 *
 * An alert is new, or suppressed where a suppression covers it (recorded all the same). People
 * acknowledge it (somebody looks at it), escalate it (somebody else must), close it with a verdict
 * (true: it was what it says; false: it was not) and what was done, write notes, and hold it. A
 * later revision of the sensor changes none of that: it moves an alert between new and suppressed
 * alone. What is closed is worked on again once it was reopened, with a reason, and never by the
 * way: its verdict is what reports count. Every step stays with who, when and what, in the order
 * done.
 *
 * Its evidence is that of the moment it was raised ("raised") and outlives the flows: until it was
 * closed (of one that is suppressed: since it began) for as long as is kept (90 days, unless told
 * otherwise), and not while it is held. Then a
 * tombstone stands in its place: that there was one, of which kind, its verdict, when it went and
 * the digest of what went.
 *
 * Fields of a record: state kind json raised said posted time | owner notes verdict done closed
 * hold suppression | erased digest (a tombstone).
 *
 * Threads  one at a time for one store.
 * Failure  as alert_store.h; -EINVAL where what was asked makes no sense; -EALREADY where the state
 *          does not allow it (acknowledged already, closed, not closed); -ESTALE only where the
 *          caller named the revision that it had seen. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/alert/alert_output.h"
#include "analyzer/alert/alert_store.h"

#define ALERT_STATES(X)                                                                            \
	X(NEW, "new")                                                                              \
	X(ACKNOWLEDGED, "acknowledged")                                                            \
	X(ESCALATED, "escalated")                                                                  \
	X(CLOSED, "closed")                                                                        \
	X(SUPPRESSED, "suppressed")                                                                \
	X(ERASED, "erased") /* a tombstone */

#define ALERT_KEPT_DAYS 90

/* Puts an alert there, or its later revision; the same again changes nothing. */
int alert_desk_post(struct alert_store *store, const struct alert_post *post, struct err *err);

enum alert_step {
	ALERT_STEP_ACK,
	ALERT_STEP_ESCALATE,
	ALERT_STEP_CLOSE,
	ALERT_STEP_REOPEN,
	ALERT_STEP_NOTE,
	ALERT_STEP_HOLD,
	ALERT_STEP_RELEASE, /* of a hold */
	ALERT_STEP_EXPORT,  /* handed out; only noted */
	ALERT_STEP_COUNT
};
const char *alert_step_name(enum alert_step step);

struct alert_act {
	enum alert_step step;
	const char *who;     /* needed */
	const char *text;    /* the note, to whom, what was done, why; may be "" */
	const char *verdict; /* of closing: "true" or "false" */
	uint64_t now_ns;
	uint64_t revision; /* that was seen; ALERT_REVISION_ANY: whichever there is by now */
};
int alert_desk_act(
	struct alert_store *store, const char *id, const struct alert_act *act, struct err *err);

/* One step of the record's field "notes", which is a line each: time, who, step, text. False at the
 * end. */
struct alert_note {
	char time[32], who[64], step[16];
	const char *text; /* not ended by a NUL */
	size_t length;
};
bool alert_note_next(const char **notes, struct alert_note *note);

/* What was closed longer ago than kept_ns and is not held gives way to its tombstone. */
int alert_desk_expire(struct alert_store *store, uint64_t now_ns, uint64_t kept_ns,
	unsigned *erased, struct err *err);

/* The text of a policy, kept once by its hash, for whoever asks later what was in force. */
int alert_desk_keep_policy(
	struct alert_store *store, const char *hash, const char *text, struct err *err);
/* -ENOENT: it was not kept. */
int alert_desk_read_policy(
	struct alert_store *store, const char *hash, struct alert_record *record, struct err *err);
