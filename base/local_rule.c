#include "base/local_rule.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"

enum { DAY_S = 86400, HOURS_MOST = 167 };

static bool take_number(const char **text, int least, int most, int *value)
{
	int number = 0, digits = 0;

	while (isdigit((unsigned char)**text) && digits < 4) {
		number = number * 10 + (*(*text)++ - '0');
		digits++;
	}
	*value = number;
	return digits > 0 && number >= least && number <= most;
}

/* "CET" or "<+03>" */
static bool skip_name(const char **text)
{
	const char *start = *text;

	if (**text == '<') {
		*text = strchr(*text, '>');
		return *text != NULL && (*text)++ - start > 3;
	}
	while (isalpha((unsigned char)**text)) {
		(*text)++;
	}
	return *text - start >= 3;
}

/* "-1", "+5:30", "3": hours, minutes and seconds. */
static bool take_clock(const char **text, int32_t *second)
{
	int hours, minutes = 0, seconds = 0, sign = **text == '-' ? -1 : 1;

	*text += **text == '-' || **text == '+';
	if (!take_number(text, 0, HOURS_MOST, &hours)) {
		return false;
	}
	if (**text == ':' && ((*text)++, !take_number(text, 0, 59, &minutes))) {
		return false;
	}
	if (**text == ':' && ((*text)++, !take_number(text, 0, 59, &seconds))) {
		return false;
	}
	*second = sign * (hours * 3600 + minutes * 60 + seconds);
	return true;
}

/* "M3.5.0/2", "J60", "59" */
static bool take_date(const char **text, struct local_rule_date *date)
{
	int month = 0, week = 0, day = 0;
	bool good;

	if (*(*text)++ != ',') {
		return false;
	}
	date->form = isdigit((unsigned char)**text) ? '0' : **text;
	*text += date->form != '0';
	if (date->form == 'M') {
		good = take_number(text, 1, 12, &month) && *(*text)++ == '.' &&
		       take_number(text, 1, 5, &week) && *(*text)++ == '.' &&
		       take_number(text, 0, 6, &day);
	} else {
		good = (date->form == 'J' && take_number(text, 1, 365, &day)) ||
		       (date->form == '0' && take_number(text, 0, 365, &day));
	}
	date->month = (int16_t)month;
	date->week = (int16_t)week;
	date->day = (int16_t)day;
	date->second = 2 * 3600;
	return good && (**text != '/' || ((*text)++, take_clock(text, &date->second)));
}

bool local_rule_parse(struct local_rule *rule, const char *text)
{
	int32_t west;

	*rule = (struct local_rule){ .is_there = true };
	if (!skip_name(&text) || !take_clock(&text, &west)) {
		return false;
	}
	rule->standard_s = rule->summer_s = -west;
	if (*text == '\0') {
		return true;
	}
	rule->has_summer = true;
	rule->summer_s += 3600;
	if (!skip_name(&text)) {
		return false;
	}
	if (*text != ',' && *text != '\0') {
		if (!take_clock(&text, &west)) {
			return false;
		}
		rule->summer_s = -west;
	}
	return take_date(&text, &rule->begins) && take_date(&text, &rule->ends) && *text == '\0';
}

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1970-01-01 to the first of January, for years from 1970 on. */
static int64_t year_start(int64_t year)
{
	int64_t before = year - 1;

	return (year - 1970) * 365 + (before / 4 - before / 100 + before / 400) -
	       (1969 / 4 - 1969 / 100 + 1969 / 400);
}

static int64_t year_of(int64_t day)
{
	int64_t year = 1970 + day / 366;

	while (year_start(year + 1) <= day) {
		year++;
	}
	return year;
}

static int64_t month_and_week(int64_t year, const struct local_rule_date *date)
{
	static const uint16_t starts[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334,
		365 };
	int64_t first =
		year_start(year) + starts[date->month - 1] + (is_leap(year) && date->month > 2);
	int64_t after =
		year_start(year) + starts[date->month] + (is_leap(year) && date->month >= 2);
	int64_t weekday = (first + 4) % 7; /* 1970-01-01 was a Thursday */
	int64_t day = first + (date->day - weekday + 7) % 7 + 7 * (date->week - 1);

	return day < after ? day : day - 7;
}

/* The second of UTC at which the change comes; offset_s: what the clock shows before it. */
static int64_t change_in(int64_t year, const struct local_rule_date *date, int32_t offset_s)
{
	int64_t day;

	switch (date->form) {
	case 'M':
		day = month_and_week(year, date);
		break;
	case 'J':
		day = year_start(year) + date->day - 1 + (is_leap(year) && date->day >= 60);
		break;
	default:
		day = year_start(year) + date->day;
		break;
	}
	return day * DAY_S + date->second - offset_s;
}

int64_t local_rule_next_change(const struct local_rule *rule, int64_t second)
{
	int64_t next = INT64_MAX, year = year_of(second > 0 ? second / DAY_S : 0);

	for (int64_t of = year > 1970 ? year - 1 : year; rule->has_summer && of <= year + 1; of++) {
		int64_t begins = change_in(of, &rule->begins, rule->standard_s);
		int64_t ends = change_in(of, &rule->ends, rule->summer_s);
		next = begins > second && begins < next ? begins : next;
		next = ends > second && ends < next ? ends : next;
	}
	return next;
}

int32_t local_rule_offset_s(const struct local_rule *rule, int64_t second)
{
	int64_t year, latest = INT64_MIN;
	int32_t offset_s = rule->standard_s;

	if (!rule->has_summer) {
		return offset_s;
	}
	/* The latest change before decides; a rule that is always summer changes back and forth in
	 * the same second. */
	year = year_of(second > 0 ? second / DAY_S : 0);
	for (int64_t of = year > 1970 ? year - 1 : year; of <= year + 1; of++) {
		int64_t begins = change_in(of, &rule->begins, rule->standard_s);
		int64_t ends = change_in(of, &rule->ends, rule->summer_s);
		if (ends <= second && ends > latest) {
			latest = ends;
			offset_s = rule->standard_s;
		}
		if (begins <= second && begins >= latest) {
			latest = begins;
			offset_s = rule->summer_s;
		}
	}
	return offset_s;
}
