/* Where alerts are kept for the people who work on them: one contract, in Redis or in a folder of
 * the sensor's own (--state).
 *
 * What is kept are records (alert_record.h) under ids: of an alert "a…" (alert.h), of a suppression
 * "s…", of a policy's text "p…". Each counts its changes in the field "rev": a change says which
 * revision it was made from, and is refused where the record has another one by then. So nobody
 * overwrites what somebody else did in between, whether person or sensor.
 *
 * A change is there whole or not at all, whatever happens: in Redis it is one script; in the folder
 * a file beside the old one, synced and renamed, under a lock that goes with its holder.
 *
 * Memory   records are the caller's.
 * Threads  one at a time for one store; any number of stores, in any number of processes.
 * Failure  0 or -errno and a sentence. -ENOENT: no such record; -ESTALE: it has another revision.
 *          What one damaged file held is lost with it alone, and list says so. Redis: as redis.h
 *          says; the next call connects anew. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/alert/alert_record.h"
#include "base/err.h"

struct alert_store;

enum { ALERT_STORE_ID_BYTES = 40 };

#define ALERT_REVISION_NEW 0          /* there must be no such record yet */
#define ALERT_REVISION_ANY UINT64_MAX /* whatever there is */

/* target: a URL as redis.h takes them, or a folder (that of --state). */
int alert_store_open(struct alert_store **store, const char *target, struct err *err);
void alert_store_close(struct alert_store *store); /* NULL is accepted */
const char *alert_store_name(const struct alert_store *store);

int alert_store_read(
	struct alert_store *store, const char *id, struct alert_record *record, struct err *err);

struct alert_change {
	const char *id;
	uint64_t revision;                 /* that it was made from */
	uint64_t time_ns;                  /* of a new record: where it stands among the others */
	const struct alert_record *fields; /* that it sets; the others stay */
	bool replaces;                     /* the others go */
};
/* revision: the new one; may be NULL. */
int alert_store_write(struct alert_store *store, const struct alert_change *change,
	uint64_t *revision, struct err *err);

/* Every record whose id begins with that letter, in order of time, the latest first. Ends early
 * with what each() returns, unless that is 0. damaged: how many could not be read; may be NULL. */
typedef int alert_store_each(
	void *context, const char *id, const struct alert_record *record, struct err *err);
int alert_store_list(struct alert_store *store, char letter, alert_store_each *each, void *context,
	unsigned *damaged, struct err *err);

/* Which records there are, without reading them: an id, and a number that is another one after
 * each change. In no order; heap memory of the caller's. */
struct alert_mark {
	char id[ALERT_STORE_ID_BYTES];
	uint64_t mark;
};
int alert_store_marks(struct alert_store *store, char letter, struct alert_mark **marks,
	size_t *count, struct err *err);

/* The two of them; for the test that holds both to the contract. */
struct alert_store_ops {
	const char *name; /* "Redis" */
	void (*close)(struct alert_store *store);
	int (*read)(struct alert_store *store, const char *id, struct alert_record *record,
		struct err *err);
	int (*write)(struct alert_store *store, const struct alert_change *change,
		uint64_t *revision, struct err *err);
	/* The ids alone, the latest first; heap memory of the caller's. */
	int (*list)(struct alert_store *store, char letter, char (**ids)[ALERT_STORE_ID_BYTES],
		size_t *count, struct err *err);
	int (*marks)(struct alert_store *store, char letter, struct alert_mark **marks,
		size_t *count, struct err *err);
};

struct alert_store {
	const struct alert_store_ops *ops;
	char name[160]; /* for people: without user and password */
};

int alert_store_open_folder(struct alert_store **store, const char *folder, struct err *err);
int alert_store_open_redis(struct alert_store **store, const char *url, struct err *err);
