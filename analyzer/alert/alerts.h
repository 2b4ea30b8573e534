/* The alerts of a run: cases, not packets.
 *
 * A finding of the policy is one case per kind, rule, unit and week (from Monday, in the policy's
 * time zone) with a count of the devices behind it. Only what a rule denies and was used counts; an
 * attempt that was blocked, never answered or unsure is counted elsewhere and is no alert. Where an
 * exception would have lifted the rule, were it not over or its condition broken, the case is of
 * that kind; policy.not-approved is the same for what is not on the list of approved apps. Each
 * violation counts in one case.
 *
 * A case is written when it is new, when it has grown (twice as many devices, or ten times the
 * bytes, of what was last written), and once a day and at the end where its numbers changed. Only
 * the first two are for people to be told of (alert_notice). The analysis of a file writes each
 * once, at the end.
 *
 * What falls under a suppression is recorded, and nobody is told. When more than
 * ALERTS_STORM_LEAST alerts begin within an hour, the others of that hour are recorded and told in
 * one alert that says how many they are, again when they have doubled.
 *
 * What an output could not be given waits for it, the latest state of each case once.
 *
 * Memory   grows with the open cases up to ALERTS_MAX; records that find no room are counted.
 * Threads  the exporter's; alerts_raise() any.
 * Failure  outputs keep theirs (output_state.h). */
#pragma once

#include <stddef.h>

#include "analyzer/alert/alert_output.h"
#include "analyzer/alert/desk_watch.h"
#include "analyzer/output/sink.h"

struct alerts;

enum { ALERTS_MAX = 20000, ALERT_OUTPUTS_MAX = 8, ALERTS_RAISED_MAX = 64, ALERTS_STORM_LEAST = 20 };

/* origin: copied. NULL: nothing is said of it. */
struct alerts *alerts_create(const struct alert_origin *origin);
void alerts_destroy(struct alerts *alerts);

int alerts_add_output(struct alerts *alerts, const struct alert_output_ops *ops,
	const struct alert_output_options *options, struct err *err);

const char *alerts_observer(const struct alerts *alerts); /* NULL: nothing is said of it */

/* Whose suppressions hold, and whose verdicts count (alert_store_open()'s target). */
int alerts_watch_desk(struct alerts *alerts, const char *desk, struct err *err);
/* What was closed there since then, of what the budget of false alerts covers (desk_watch.h). */
void alerts_read_verdicts(struct alerts *alerts, uint64_t since_ns, struct desk_verdicts *verdicts);

/* What detectors of all sensors follow together, as Redis says (heartbeat.h): the budget is theirs
 * together. 0: not known. Any thread. */
void alerts_hear_series(struct alerts *alerts, uint64_t series);
uint64_t alerts_all_series(struct alerts *alerts);

/* Every alert is told in each language too: for a desk. */
int alerts_say_all(struct alerts *alerts, struct err *err);

/* Looks at decided records. */
void alerts_take(struct alerts *alerts, const struct reference *reference,
	const struct record *records, size_t count);

/* What a detector found, on the exporter's thread; the same again, later, is a growth of it. Its
 * evidence stays as it was when it was raised. */
void alerts_report(struct alerts *alerts, const struct alert *alert);

/* Raises a case about a sensor with the next write; the same again changes nothing. */
void alerts_raise(struct alerts *alerts, const struct alert *alert);
/* The output lost records: sensor.loss. */
void alerts_raise_loss(struct alerts *alerts, const char *output, const struct sink_gap *gap);

/* Writes every case that is new or has grown, and to outputs that are back what waits for them. */
void alerts_write(struct alerts *alerts, const struct reference *reference, uint64_t now_ns);

/* For sensors that run for months: cases whose last record is from before the time and that were
 * written are forgotten. Looks once a day (UTC) of time_ns; what changed is written then. */
void alerts_forget_before(struct alerts *alerts, uint64_t time_ns);

/* Writes every case that changed, and closes the outputs. */
void alerts_finish(struct alerts *alerts, const struct reference *reference);

/* The open cases, from run to run (state.h): a sensor that is started anew goes on with them. To be
 * loaded once all outputs are there. */
struct state;
int alerts_save(const struct alerts *alerts, struct state *state, struct err *err);
int alerts_load(struct alerts *alerts, struct state *state, struct err *err);

/* How each output is; returns how many there are. */
unsigned alerts_read_outputs(const struct alerts *alerts, struct output_state *states);

/* The cases that began last, the latest first, at most count; good until the next call of another
 * function. */
size_t alerts_latest(const struct alerts *alerts, const struct alert **latest, size_t count);

uint64_t alerts_count(const struct alerts *alerts);
uint64_t alerts_missed(const struct alerts *alerts); /* records that found no room for a case */
