#include "dashboards/report/report_calendar.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/rollup/protect.h"
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
	month->bytes_up[cell->key.zone] += cell->sums.bytes_up;
	month->flows += cell->sums.flows;
	month->flows_denied += cell->key.verdict == POLICY_VERDICT_VIOLATION ? cell->sums.flows : 0;
	devices_merge(&month->devices, &cell->devices);
}

void report_calendar_take(struct report_calendar *calendar, const struct cell *cell, int64_t day)
{
	const struct cell_key *key = &cell->key;
	int64_t place = day - calendar->first_day;

	if (place < 0 || place >= (int64_t)calendar->day_count) {
		return;
	}
	struct report_day *row = &calendar->days[place];
	row->bytes_up[key->zone] += cell->sums.bytes_up;
	row->flows += cell->sums.flows;
	row->is_held = true;
	if (row->first_ns == 0 || cell->sums.first_ns < row->first_ns) {
		row->first_ns = cell->sums.first_ns;
	}
	row->last_ns = cell->sums.last_ns > row->last_ns ? cell->sums.last_ns : row->last_ns;
	devices_merge(&row->devices, &cell->devices);
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

/* What protect.h is told of a day or month. */
static struct protected_part part_of(
	const uint64_t bytes_up[GEO_ZONE_COUNT], const struct devices *devices, const char *name)
{
	uint64_t bytes = 0;

	for (unsigned zone = 0; zone < GEO_ZONE_COUNT; zone++) {
		bytes += bytes_up[zone];
	}
	return (struct protected_part){ .lines = { 0, PROTECT_NO_LINE },
		.figures = { { bytes, NULL, devices_count(devices) } },
		.lot = protect_lot(name) };
}

static void protect_days(struct report_calendar *calendar, unsigned k)
{
	struct protected_part *parts = calloc(calendar->day_count, sizeof(*parts));
	char date[11];

	for (size_t i = 0; parts && i < calendar->day_count; i++) {
		const struct report_day *day = &calendar->days[i];
		local_format_date(calendar->zone, day->start_ns, date);
		parts[i] = part_of(day->bytes_up, &day->devices, date);
	}
	protect_parts(k, parts, parts ? calendar->day_count : 0);
	for (size_t i = 0; i < calendar->day_count; i++) {
		calendar->days[i].is_hidden = parts ? parts[i].is_hidden : k > 0;
	}
	free(parts);
}

static void protect_months(struct report_calendar *calendar, unsigned k)
{
	struct protected_part *parts = calloc(calendar->month_count + 1, sizeof(*parts));
	char name[8];

	for (size_t i = 0; parts && i < calendar->month_count; i++) {
		const struct report_month *month = &calendar->months[i];
		month_name(calendar->zone, month->start_ns, name);
		parts[i] = part_of(month->bytes_up, &month->devices, name);
	}
	protect_parts(k, parts, parts ? calendar->month_count : 0);
	for (size_t i = 0; i < calendar->month_count; i++) {
		calendar->months[i].is_hidden = parts ? parts[i].is_hidden : k > 0;
	}
	free(parts);
}

void report_calendar_finish(struct report_calendar *calendar, unsigned k)
{
	calendar->k = k;
	protect_days(calendar, k);
	protect_months(calendar, k);
	if (calendar->week_count > 0) {
		qsort(calendar->weeks, calendar->week_count, sizeof(*calendar->weeks),
			compare_weeks);
	}
}
