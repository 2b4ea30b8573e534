/* Which days are free, for whom, and where in its local day a slot lies.
 *
 * Weekends are free for everybody. Days known beforehand are added by scope: "*" is everybody, any
 * other name is a unit's or a series' own (school terms). Shipped calendars hold the public holidays
 * of se, no, dk, fi and is; files of the user's and the policy's days come on top.
 *
 * Local time comes from a callback, so that whoever knows the zone and its daylight saving time (the
 * policy, a command's option) decides; without one it is UTC.
 *
 * Memory   on the heap, one bit a day and scope (1990 to 2089: 4.6 KB a scope).
 * Threads  written by one before use; then read by any.
 * Failure  loading returns -errno and a sentence with file and line. Days out of range are free only
 *          at weekends. */
#pragma once

#include <stdint.h>

#include "analyzer/detect/profile.h"
#include "base/err.h"

struct calendar;

/* Seconds east of UTC at that time. */
typedef int32_t calendar_offset(const void *context, uint64_t time_ns);

int calendar_create(struct calendar **calendar, struct err *err);
void calendar_destroy(struct calendar *calendar);

/* offset may be NULL: UTC. context is kept by whoever calls, as long as the calendar. */
void calendar_set_offset(struct calendar *calendar, calendar_offset *offset, const void *context);

/* From days since 1970-01-01 to the last, both counted. */
int calendar_add(struct calendar *calendar, const char *scope, uint32_t first_day,
	uint32_t last_day, struct err *err);

/* A file of days. Comma-separated with the columns "date" and "series" (the scope), or
 * tab-separated with "date" and, if need be, "scope"; other columns are passed over. */
int calendar_load(struct calendar *calendar, const char *path, struct err *err);
/* "se", "no", "dk", "fi", "is": the shipped file. */
int calendar_load_country(struct calendar *calendar, const char *country, struct err *err);

/* The number of a scope for calendar_place(); 0, everybody, where nothing is known of it. */
unsigned calendar_scope(const struct calendar *calendar, const char *name);

void calendar_place(const struct calendar *calendar, unsigned scope, uint64_t time_ns,
	struct day_place *place);
