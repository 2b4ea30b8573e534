#include "dashboards/cli/report_period.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { YEAR_LEAST = 1990, YEAR_MOST = 2500 };

/* The first moment of the month, which may be one after December. */
static uint64_t month_start(const struct local_zone *zone, unsigned year, unsigned month)
{
	char date[16];
	uint64_t time_ns = 0;

	snprintf(date, sizeof(date), "%04u-%02u-01", year + (month - 1) / 12, (month - 1) % 12 + 1);
	local_parse(zone, date, &time_ns);
	return local_day_of(zone, time_ns).start_ns;
}

static void set_months(struct report_period *period, const struct local_zone *zone, unsigned year,
	unsigned month, unsigned count, const char *name)
{
	period->from_ns = month_start(zone, year, month);
	period->to_ns = month_start(zone, year, month + count);
	period->previous_from_ns = month > count ? month_start(zone, year, month - count)
						 : month_start(zone, year - 1, month + 12 - count);
	snprintf(period->name, sizeof(period->name), "%s", name);
}

static bool is_year(unsigned year)
{
	return year >= YEAR_LEAST && year <= YEAR_MOST;
}

/* "2026-10" */
static bool parse_month(const char *text, unsigned *year, unsigned *month)
{
	char end;

	return sscanf(text, "%4u-%2u%c", year, month, &end) == 2 && is_year(*year) && *month >= 1 &&
	       *month <= 12;
}

/* "2026-Q4" */
static bool parse_quarter(const char *text, unsigned *year, unsigned *quarter)
{
	char end;

	return sscanf(text, "%4u-Q%1u%c", year, quarter, &end) == 2 && is_year(*year) &&
	       *quarter >= 1 && *quarter <= 4;
}

static int refuse(struct err *err, const char *option, const char *expected, const char *found)
{
	return err_set(err, EINVAL, "--%s: expected %s; found \"%s\"", option, expected, found);
}

static int parse_days(struct report_period *period, const struct report_period_text *text,
	const struct local_zone *zone, struct err *err)
{
	uint64_t last_ns;

	if (!text->from || !local_parse(zone, text->from, &period->from_ns)) {
		return refuse(
			err, "from", "a day such as 2026-10-01", text->from ? text->from : "");
	}
	if (!text->to || !local_parse(zone, text->to, &last_ns)) {
		return refuse(
			err, "to", "the last day, such as 2026-10-15", text->to ? text->to : "");
	}
	period->from_ns = local_day_of(zone, period->from_ns).start_ns;
	period->to_ns = local_day_of(zone, last_ns).end_ns;
	int64_t first = local_day_of(zone, period->from_ns).number,
		last = local_day_of(zone, last_ns).number;
	if (period->from_ns < period->to_ns) {
		period->previous_from_ns = local_day_at(zone, first - (last - first + 1)).start_ns;
	}
	snprintf(period->name, sizeof(period->name), "%.10s--%.10s", text->from, text->to);
	return period->from_ns < period->to_ns
		       ? 0
		       : err_set(err, EINVAL, "--from %s is after --to %s", text->from, text->to);
}

/* "last" as a year, a quarter of it (1 to 4) and a month of it (1 to 12): those before now. */
static void find_last(const struct local_zone *zone, uint64_t now_ns, unsigned months,
	unsigned *year, unsigned *part)
{
	char today[11];
	unsigned month = 1;

	local_format_date(zone, now_ns, today);
	sscanf(today, "%u-%u", year, &month);
	*part = (month - 1) / months; /* 0: the last one of the year before */
	if (*part == 0) {
		*part = 12 / months;
		--*year;
	}
}

static bool is_last(const char *text)
{
	return strcmp(text, "last") == 0;
}

int report_period_parse(struct report_period *period, const struct report_period_text *text,
	const struct local_zone *zone, struct err *err)
{
	unsigned given = (text->month != NULL) + (text->quarter != NULL) + (text->year != NULL) +
			 (text->from != NULL || text->to != NULL);
	unsigned year, part;
	char end;

	if (given != 1) {
		return err_set(err, EINVAL,
			"name one period: --month 2026-10, --quarter 2026-Q4, --year 2026, or "
			"--from "
			"and --to");
	}
	char name[24];
	if (text->month) {
		if (is_last(text->month)) {
			find_last(zone, text->now_ns, 1, &year, &part);
		} else if (!parse_month(text->month, &year, &part)) {
			return refuse(
				err, "month", "a month such as 2026-10, or last", text->month);
		}
		snprintf(name, sizeof(name), "%04u-%02u", year, part);
		set_months(period, zone, year, part, 1, name);
	} else if (text->quarter) {
		if (is_last(text->quarter)) {
			find_last(zone, text->now_ns, 3, &year, &part);
		} else if (!parse_quarter(text->quarter, &year, &part)) {
			return refuse(err, "quarter", "a quarter such as 2026-Q4, or last",
				text->quarter);
		}
		snprintf(name, sizeof(name), "%04u-Q%u", year, part);
		set_months(period, zone, year, 3 * part - 2, 3, name);
	} else if (text->year) {
		if (is_last(text->year)) {
			find_last(zone, text->now_ns, 12, &year, &part);
		} else if (sscanf(text->year, "%4u%c", &year, &end) != 1 || !is_year(year)) {
			return refuse(err, "year", "a year such as 2026, or last", text->year);
		}
		snprintf(name, sizeof(name), "%04u", year);
		set_months(period, zone, year, 1, 12, name);
	} else {
		return parse_days(period, text, zone, err);
	}
	return 0;
}
