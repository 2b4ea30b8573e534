/* Suppressions: what somebody does not want to be told of, for a while, and why. An alert that
 * falls under one is recorded all the same.
 *
 * One speaks of a kind, an app, a unit, a pair (a device and where it calls), networks: of all that
 * it names together. It covers an alert only where it covers all of it: a case of several apps is
 * not hidden by a suppression of one of them, nor one of several devices by that of a pair.
 *
 * Memory   values; a set is heap memory of its owner.
 * Threads  a value: any.
 * Failure  0 or -errno and a sentence. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/alert/alert_store.h"
#include "base/addr.h"

struct alert;
struct alert_entry;
struct catalogue;

enum { SUPPRESSION_TEXT_BYTES = 100, SUPPRESSION_REASON_BYTES = 400, SUPPRESSIONS_MAX = 1000 };

/* No suppression is for ever: who still wants it after so long says so again. */
#define SUPPRESSION_DAYS_MAX 366

struct suppression {
	char id[ALERT_STORE_ID_BYTES];
	/* "" speaks of all */
	char kind[SUPPRESSION_TEXT_BYTES], app[SUPPRESSION_TEXT_BYTES];
	char unit[SUPPRESSION_TEXT_BYTES];
	char device[SUPPRESSION_TEXT_BYTES], destination[SUPPRESSION_TEXT_BYTES]; /* the pair */
	char cidr[SUPPRESSION_TEXT_BYTES];
	struct prefix network; /* of cidr */
	char owner[SUPPRESSION_TEXT_BYTES], reason[SUPPRESSION_REASON_BYTES];
	uint64_t made_ns, until_ns; /* until: not included */
};

/* Is it whole: a scope, an owner, a reason, an end within SUPPRESSION_DAYS_MAX? Fills in the
 * network. */
int suppression_check(struct suppression *suppression, struct err *err);

/* Is there what it names: the kind, the app in the catalogue, the unit in an alert or policy of the
 * store or in a policy that this process has read? */
int suppression_check_scope(const struct suppression *suppression, struct alert_store *store,
	const struct catalogue *catalogue, struct err *err);

/* What an alert is about, as far as all of it is about one thing; else "". */
struct suppression_subject {
	const char *kind, *app, *unit, *device, *destination;
	uint64_t time_ns;
	char device_text[ADDR_TEXT_MAX];
};
void suppression_subject_of_alert(struct suppression_subject *subject, const struct alert *alert);
void suppression_subject_of_entry(
	struct suppression_subject *subject, const struct alert_entry *entry);

/* Whatever its dates say. */
bool suppression_covers(
	const struct suppression *suppression, const struct suppression_subject *subject);

/* Those that a store holds and that are in force at that time. */
struct suppressions {
	struct suppression *items;
	unsigned count;
};
int suppressions_read(struct alert_store *store, uint64_t now_ns, struct suppressions *suppressions,
	struct err *err);
void suppressions_free(struct suppressions *suppressions);
/* The first that covers it; NULL: none does. */
const struct suppression *suppressions_find(const struct suppressions *suppressions,
	const struct suppression_subject *subject, uint64_t now_ns);

int suppression_write(struct alert_store *store, struct suppression *suppression, struct err *err);
/* It ends now. */
int suppression_lift(struct alert_store *store, const char *id, uint64_t now_ns, struct err *err);
int suppression_read_record(
	struct suppression *suppression, const char *id, const struct alert_record *record);
