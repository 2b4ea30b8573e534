/* Which days are free, for whom, and where in its local day a slot lies.
 *
 * Weekends are free for everybody. Days known beforehand are added by scope: "*" is everybody, any
 * other name is a unit's or a series' own (school terms). Shipped calendars hold the public
 * holidays of se, no, dk, fi and is; files of the user's and the policy's days come on top.
 *
 * Days are local days of the zone given (base/local_time.h): half hours keep their place in the day
 * when the clock changes.
 *
 * Memory   on the heap, one bit a day and scope (1990 to 2089: 4.6 KB a scope).
 * Threads  written by one before use; then read by any.
 * Failure  loading returns -errno and a sentence with file and line. Days out of range are free
 * only
 *          at weekends. */
#pragma once

#include <stdint.h>

#include "analyzer/detect/profile.h"
#include "base/err.h"
#include "base/local_time.h"

struct calendar;

int calendar_create(struct calendar **calendar, struct err *err);
void calendar_destroy(struct calendar *calendar);

/* NULL: UTC. The zone stays the caller's and must live as long as the calendar. */
void calendar_set_zone(struct calendar *calendar, const struct local_zone *zone);

/* From days since 1970-01-01 to the last, both counted. */
int calendar_add(struct calendar *calendar, const char *scope, uint32_t first_day,
	uint32_t last_day, struct err *err);

/* A file of days, comma- or tab-separated, whose first line names the columns: "date", and where
 * they are wanted "to" (the last day of a holiday that begins at date) and "series" or "scope".
 * Other columns are passed over. */
int calendar_load(struct calendar *calendar, const char *path, struct err *err);
/* "se", "no", "dk", "fi", "is": the shipped file. */
int calendar_load_country(struct calendar *calendar, const char *country, struct err *err);

/* The number of a scope for calendar_place(); 0, everybody, where nothing is known of it. */
unsigned calendar_scope(const struct calendar *calendar, const char *name);

void calendar_place(
	const struct calendar *calendar, unsigned scope, uint64_t time_ns, struct day_place *place);
