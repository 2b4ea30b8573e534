#include "dashboards/report/report_calendar.h"

#include <stdlib.h>
#include <string.h>

#include "base/local_time.h"

enum { THURSDAY_OF_1970 = 3, DAYS_A_WEEK = 7 }; /* 1970-01-01 was a Thursday: 3 after Monday */

/* "2026-03" */
static void month_name(const struct local_zone *zone, uint64_t time_ns, char name[8])
{
	char date[11];

	local_format_date(zone, time_ns, date);
	memcpy(name, date, 7);
	name[7] = '\0';
}

/* Days are there; months follow from them. */
static bool find_months(struct report_calendar *calendar)
{
	char last[8] = "", name[8];

	calendar->months = calloc(calendar->day_count, sizeof(*calendar->months));
	calendar->month_of_day = calloc(calendar->day_count, sizeof(*calendar->month_of_day));
	for (size_t i = 0; calendar->months && calendar->month_of_day && i < calendar->day_count;
		i++) {
		month_name(calendar->zone, calendar->days[i].start_ns, name);
		if (strcmp(name, last) != 0) {
			calendar->months[calendar->month_count++].start_ns =
				calendar->days[i].start_ns;
			memcpy(last, name, sizeof(last));
		}
		calendar->month_of_day[i] = (uint16_t)(calendar->month_count - 1);
	}
	return calendar->months && calendar->month_of_day;
}

bool report_calendar_init(struct report_calendar *calendar, const struct local_zone *zone,
	uint64_t from_ns, uint64_t to_ns)
{
	struct local_day first = local_day_of(zone, from_ns), last = local_day_of(zone, to_ns - 1);

	*calendar = (struct report_calendar){ .zone = zone,
		.first_day = first.number,
		.day_count = (size_t)(last.number - first.number + 1) };
	calendar->days = calloc(calendar->day_count, sizeof(*calendar->days));
	for (size_t i = 0; calendar->days && i < calendar->day_count; i++) {
		calendar->days[i].start_ns = local_day_at(zone, first.number + (int64_t)i).start_ns;
	}
	return calendar->days && find_months(calendar);
}

void report_calendar_deinit(struct report_calendar *calendar)
{
	for (size_t i = 0; calendar->days && i < calendar->day_count; i++) {
		devices_deinit(&calendar->days[i].devices);
	}
	for (size_t i = 0; i < calendar->month_count; i++) {
		devices_deinit(&calendar->months[i].devices);
	}
	free(calendar->days);
	free(calendar->months);
	free(calendar->month_of_day);
	free(calendar->weeks);
	*calendar = (struct report_calendar){ 0 };
}

static struct report_week *find_week(struct report_calendar *calendar, uint16_t rule, int64_t day)
{
	int64_t monday = day - (day + THURSDAY_OF_1970) % DAYS_A_WEEK;
	uint64_t start_ns = local_day_at(calendar->zone, monday).start_ns;

	for (size_t i = 0; i < calendar->week_count; i++) {
		struct report_week *week = &calendar->weeks[i];
		if (week->rule == rule && week->start_ns == start_ns) {
			return week;
		}
	}
	if (calendar->week_count == calendar->week_capacity) {
		size_t capacity = calendar->week_capacity ? 2 * calendar->week_capacity : 16;
		struct report_week *weeks =
			realloc(calendar->weeks, capacity * sizeof(*calendar->weeks));
		if (!weeks) {
			return NULL;
		}
		calendar->weeks = weeks;
		calendar->week_capacity = capacity;
	}
	struct report_week *week = &calendar->weeks[calendar->week_count++];
	*week = (struct report_week){ .start_ns = start_ns, .rule = rule };
	return week;
}

static void take_month(struct report_month *month, const struct cell *cell)
{
	month->is_told = true;
	month->bytes_up[cell->key.zone] += cell->sums.bytes_up;
	month->flows += cell->sums.flows;
	month->flows_denied += cell->key.verdict == POLICY_VERDICT_VIOLATION ? cell->sums.flows : 0;
	devices_merge(&month->devices, &cell->devices);
}

static int64_t place_of(const struct report_calendar *calendar, int64_t day)
{
	int64_t place = day - calendar->first_day;

	return place >= 0 && place < (int64_t)calendar->day_count ? place : -1;
}

void report_calendar_note(struct report_calendar *calendar, const struct cell *cell, int64_t day)
{
	int64_t place = place_of(calendar, day);

	if (place < 0) {
		return;
	}
	struct report_day *row = &calendar->days[place];
	row->is_held = true;
	if (row->first_ns == 0 || cell->sums.first_ns < row->first_ns) {
		row->first_ns = cell->sums.first_ns;
	}
	row->last_ns = cell->sums.last_ns > row->last_ns ? cell->sums.last_ns : row->last_ns;
	devices_merge(&row->devices, &cell->devices);
}

void report_calendar_take(struct report_calendar *calendar, const struct cell *cell, int64_t day)
{
	const struct cell_key *key = &cell->key;
	int64_t place = place_of(calendar, day);

	report_calendar_note(calendar, cell, day);
	if (place < 0) {
		return;
	}
	struct report_day *row = &calendar->days[place];
	row->is_told = true;
	row->bytes_up[key->zone] += cell->sums.bytes_up;
	row->flows += cell->sums.flows;
	take_month(&calendar->months[calendar->month_of_day[place]], cell);
	if (key->rule && key->block != BLOCK_NONE) {
		struct report_week *week = find_week(calendar, key->rule, day);
		if (week) {
			week->flows[attempt_outcome_of(key->verdict, key->block)] +=
				cell->sums.flows;
		}
	}
}

size_t report_calendar_held(const struct report_calendar *calendar)
{
	size_t held = 0;

	for (size_t i = 0; i < calendar->day_count; i++) {
		held += calendar->days[i].is_held;
	}
	return held;
}

size_t report_calendar_withheld(const struct report_calendar *calendar)
{
	size_t withheld = 0;

	for (size_t i = 0; i < calendar->day_count; i++) {
		withheld += calendar->days[i].is_held && !calendar->days[i].is_told;
	}
	return withheld;
}

uint64_t report_calendar_silence_ns(const struct report_calendar *calendar)
{
	const struct report_day *days = calendar->days;
	uint64_t heard_ns = calendar->day_count ? days[0].start_ns : 0, longest_ns = 0;
	uint64_t end_ns =
		local_day_at(calendar->zone, calendar->first_day + (int64_t)calendar->day_count)
			.start_ns;

	for (size_t i = 0; i < calendar->day_count; i++) {
		if (!days[i].is_held) {
			continue;
		}
		if (days[i].first_ns == 0) {
			heard_ns = days[i].start_ns + 1; /* not told */
		} else if (days[i].first_ns > heard_ns + longest_ns) {
			longest_ns = days[i].first_ns - heard_ns;
		}
		heard_ns = days[i].last_ns > heard_ns ? days[i].last_ns : heard_ns;
	}
	bool is_told = calendar->day_count && days[calendar->day_count - 1].last_ns > 0;
	return is_told && end_ns > heard_ns + longest_ns ? end_ns - heard_ns : longest_ns;
}

static int compare_weeks(const void *a, const void *b)
{
	const struct report_week *left = a, *right = b;

	return left->rule != right->rule
		       ? (left->rule > right->rule) - (left->rule < right->rule)
		       : (left->start_ns > right->start_ns) - (left->start_ns < right->start_ns);
}

static bool is_first_of_month(const struct local_zone *zone, uint64_t time_ns)
{
	char date[11];

	local_format_date(zone, time_ns, date);
	return strcmp(date + 8, "01") == 0;
}

/* Of a month of which no day is told, the devices are those of its days. */
static void finish_month(struct report_calendar *calendar, uint16_t place, uint64_t now_ns)
{
	struct report_month *month = &calendar->months[place];
	uint64_t end_ns = 0;

	for (size_t i = 0; i < calendar->day_count; i++) {
		if (calendar->month_of_day[i] != place) {
			continue;
		}
		end_ns = local_day_at(calendar->zone, calendar->first_day + (int64_t)i).end_ns;
		month->is_held |= calendar->days[i].is_held;
		if (!month->is_told) {
			devices_merge(&month->devices, &calendar->days[i].devices);
		}
	}
	month->is_whole = is_first_of_month(calendar->zone, month->start_ns) &&
			  is_first_of_month(calendar->zone, end_ns) && end_ns <= now_ns;
}

void report_calendar_finish(struct report_calendar *calendar, unsigned k, uint64_t now_ns)
{
	calendar->k = k;
	for (size_t i = 0; i < calendar->month_count; i++) {
		finish_month(calendar, (uint16_t)i, now_ns);
	}
	if (calendar->week_count > 0) {
		qsort(calendar->weeks, calendar->week_count, sizeof(*calendar->weeks),
			compare_weeks);
	}
}
