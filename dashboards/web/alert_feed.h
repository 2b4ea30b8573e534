/* The alerts at the desk as the page follows them: a line each, kept in memory and looked
 * after every second (those that have changed are read), with a number that says in which order
 * they changed.
 *
 * The numbers outlive the server (the file "events-…" in its folder): whoever has seen all up to
 * one number gets, from this server or the next, every alert that changed since, as it stands by
 * now.
 *
 * Memory   a line an alert, with its sentence in each language.
 * Threads  any; a thread of its own looks at the desk.
 * Failure  opening: 0 or -errno. A desk that cannot be read later is shown as it was, and trouble
 *          says why. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/alert/alert_entry.h"
#include "geo/geo.h"

struct alert_line {
	char id[ALERT_STORE_ID_BYTES];
	uint64_t changes;          /* of the record: rev */
	uint64_t mark;             /* as the store has it (alert_store_marks) */
	uint64_t number;           /* of its latest change, among all */
	struct alert_entry *entry; /* without its documents: kind, state, unit, app, counts */
	const char *sentences[GEO_LANGUAGE_COUNT];
	bool is_in_both; /* the feed's own, while it looks */
};

struct alert_feed;

/* desk: as alert_store_open() takes it; folder: where the numbers are kept. */
int alert_feed_open(
	struct alert_feed **feed, const char *desk, const char *folder, struct err *err);
void alert_feed_close(struct alert_feed *feed); /* NULL is accepted */

/* Looks now, for whoever has just changed something. */
void alert_feed_look(struct alert_feed *feed);

/* The number of the latest change. */
uint64_t alert_feed_number(struct alert_feed *feed);

/* Every alert, the latest first (by its last sign); tell() returns false to end. Nothing changes
 * meanwhile, so it is to be quick. */
typedef bool alert_feed_tell(void *context, const struct alert_line *line);
void alert_feed_each(struct alert_feed *feed, alert_feed_tell *tell, void *context);
/* Twice over the same lines. */
void alert_feed_twice(
	struct alert_feed *feed, alert_feed_tell *first, alert_feed_tell *second, void *context);
/* Those that changed after that number, in the order of their changes. */
void alert_feed_since(
	struct alert_feed *feed, uint64_t number, alert_feed_tell *tell, void *context);

/* Why the desk could not be read lately, and when it was last; false: it could. */
bool alert_feed_trouble(struct alert_feed *feed, uint64_t *read_ns, struct err *err);

/* The store itself, for reading and changing one alert; the feed waits meanwhile. */
struct alert_store *alert_feed_take_store(struct alert_feed *feed);
void alert_feed_give_store(struct alert_feed *feed);
