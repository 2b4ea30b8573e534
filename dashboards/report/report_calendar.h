/* The calendar of a report: what the period's days add up to, each for itself, by week and by
 * month.
 *
 * Days of the whole body: what our end sent to each legal zone, and the devices that were active.
 * Months the same: keys of pseudonyms change with them, and so devices are counted in each alone.
 * Weeks (from Monday) of each rule that the network is said to block: flows by what became of them.
 * Of a day that is not told (report_told.h) no more is kept than when something was there.
 *
 * Memory   a row a day and a month of the period, and a row a week and rule.
 * Threads  one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/policy/attempts.h"
#include "analyzer/record/record.h"
#include "analyzer/rollup/cell.h"
#include "geo/geo.h"

struct local_zone;

struct report_day {
	uint64_t start_ns;
	uint64_t bytes_up[GEO_ZONE_COUNT], flows;
	struct devices devices;
	uint64_t first_ns, last_ns; /* of what is known of it; 0 not said */
	bool is_held;               /* anything is known of it */
	bool is_told;               /* … and in the sums */
};

struct report_month {
	uint64_t start_ns; /* of its first day in the period */
	uint64_t bytes_up[GEO_ZONE_COUNT], flows, flows_denied;
	struct devices devices; /* of what is told; where nothing is, of all its days */
	bool is_held, is_told;
	/* All of it is in the period, and over: then no other period has another part of it, and
	 * the number of its devices may be told. */
	bool is_whole;
};

struct report_week {
	uint64_t start_ns;
	uint16_t rule;
	uint64_t flows[ATTEMPT_OUTCOME_COUNT]; /* attempts.h */
};

struct report_calendar {
	const struct local_zone *zone;
	int64_t first_day;
	struct report_day *days;
	size_t day_count;
	struct report_month *months;
	size_t month_count;
	uint16_t *month_of_day;    /* its place among the months */
	struct report_week *weeks; /* by rule, then by week */
	size_t week_count, week_capacity;
	unsigned k; /* of a day and of a month, whose keys are the same throughout */
};

bool report_calendar_init(struct report_calendar *calendar, const struct local_zone *zone,
	uint64_t from_ns, uint64_t to_ns);
void report_calendar_deinit(struct report_calendar *calendar);

/* A cell of the local day of that number: that it is there, and when; and all that it says. */
void report_calendar_note(struct report_calendar *calendar, const struct cell *cell, int64_t day);
void report_calendar_take(struct report_calendar *calendar, const struct cell *cell, int64_t day);

/* Days of which anything is known; of those, that are not told. */
size_t report_calendar_held(const struct report_calendar *calendar);
size_t report_calendar_withheld(const struct report_calendar *calendar);

/* The longest time of the period in which nothing began or ended, as far as days tell: behind the
 * last flow of a day until the first of the next one that has any. */
uint64_t report_calendar_silence_ns(const struct report_calendar *calendar);

/* Once all are taken: sorts, and finds the months that are whole. */
void report_calendar_finish(struct report_calendar *calendar, unsigned k, uint64_t now_ns);
