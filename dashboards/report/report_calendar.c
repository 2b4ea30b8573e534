#include "dashboards/report/report_calendar.h"

#include <stdlib.h>

#include "analyzer/rollup/protect.h"
#include "base/local_time.h"

enum { THURSDAY_OF_1970 = 3, DAYS_A_WEEK = 7 }; /* 1970-01-01 was a Thursday: 3 after Monday */

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
	return calendar->days != NULL;
}

void report_calendar_deinit(struct report_calendar *calendar)
{
	for (size_t i = 0; calendar->days && i < calendar->day_count; i++) {
		devices_deinit(&calendar->days[i].devices);
	}
	free(calendar->days);
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
	devices_merge(&row->devices, &cell->devices);
	if (key->rule && key->block != BLOCK_NONE) {
		struct report_week *week = find_week(calendar, key->rule, day);
		if (week) {
			week->flows[key->block] += cell->sums.flows;
		}
	}
}

static int compare_weeks(const void *a, const void *b)
{
	const struct report_week *left = a, *right = b;

	return left->rule != right->rule
		       ? (left->rule > right->rule) - (left->rule < right->rule)
		       : (left->start_ns > right->start_ns) - (left->start_ns < right->start_ns);
}

void report_calendar_finish(struct report_calendar *calendar, unsigned k)
{
	struct protected_part *parts = calloc(calendar->day_count, sizeof(*parts));

	for (size_t i = 0; parts && i < calendar->day_count; i++) {
		struct report_day *day = &calendar->days[i];
		uint64_t bytes = 0;
		for (unsigned zone = 0; zone < GEO_ZONE_COUNT; zone++) {
			bytes += day->bytes_up[zone];
		}
		char date[LOCAL_TEXT_LENGTH + 1];
		local_format_date(calendar->zone, day->start_ns, date);
		parts[i] = (struct protected_part){ .lines = { 0, PROTECT_NO_LINE },
			.figures = { { bytes, NULL, devices_count(&day->devices) } },
			.lot = protect_lot(date) };
	}
	protect_parts(k, parts, parts ? calendar->day_count : 0);
	for (size_t i = 0; i < calendar->day_count; i++) {
		calendar->days[i].is_hidden = parts ? parts[i].is_hidden : k > 0;
	}
	free(parts);
	if (calendar->week_count > 0) {
		qsort(calendar->weeks, calendar->week_count, sizeof(*calendar->weeks),
			compare_weeks);
	}
}
