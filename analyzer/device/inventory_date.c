#include "analyzer/device/inventory_date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct numbers {
	unsigned long first, second, third;
	char mark;
};

/* Three numbers and the same mark between them, at the beginning of the cell. */
static bool read_numbers(const char *cell, struct numbers *numbers)
{
	char *end;

	if (*cell < '0' || *cell > '9') {
		return false;
	}
	numbers->first = strtoul(cell, &end, 10);
	numbers->mark = *end;
	if (!numbers->mark || !strchr("./-", numbers->mark) || end[1] < '0' || end[1] > '9') {
		return false;
	}
	numbers->second = strtoul(end + 1, &end, 10);
	if (*end != numbers->mark || end[1] < '0' || end[1] > '9') {
		return false;
	}
	numbers->third = strtoul(end + 1, &end, 10);
	return *end == '\0' || *end == ' ' || *end == ',' || *end == 'T';
}

static bool is_month_first(const struct numbers *numbers, bool is_end)
{
	bool may_be_day_first = numbers->second <= 12;
	bool may_be_month_first = numbers->first <= 12;

	if (numbers->mark != '/' || !may_be_month_first) {
		return false;
	}
	/* Both may be: the larger month is the later date. */
	return !may_be_day_first || (numbers->first > numbers->second) == is_end;
}

static bool read_day(const struct local_zone *zone, const struct numbers *numbers, bool is_end,
	uint64_t *time_ns)
{
	bool is_swapped = is_month_first(numbers, is_end);
	unsigned long day = is_swapped ? numbers->second : numbers->first;
	unsigned long month = is_swapped ? numbers->first : numbers->second;
	char text[80];

	snprintf(text, sizeof(text), "%04lu-%02lu-%02lu", numbers->third, month, day);
	return local_parse(zone, text, time_ns);
}

/* Behind the time: "+0000", "UTC"; what it is there, in the form that we read; "" nothing. */
static const char *offset_of(const char *text)
{
	static const char *const universal[] = { "Z", "UTC", "GMT", "Etc/UTC" };

	for (unsigned i = 0; i < sizeof(universal) / sizeof(universal[0]); i++) {
		if (strcmp(text, universal[i]) == 0) {
			return "Z";
		}
	}
	return *text == '+' || *text == '-' ? text : "";
}

/* "2026-03-31T11:22:00+0000", "2026-03-31 11:22:00 UTC"; of "2026-03-31 at 11:22 AM" the day. */
static bool read_year_first(const struct local_zone *zone, const char *cell, uint64_t *time_ns)
{
	enum { DAY = 10, TIME_MAX = 24 };
	size_t time = strlen(cell) > DAY ? strcspn(cell + DAY + 1, " ") : 0;
	char text[DAY + TIME_MAX + 16];

	if (time > 0 && time < TIME_MAX && (cell[DAY] == ' ' || cell[DAY] == 'T')) {
		const char *rest = cell + DAY + 1 + time;
		snprintf(text, sizeof(text), "%.*sT%.*s%.14s", DAY, cell, (int)time, cell + DAY + 1,
			offset_of(rest + strspn(rest, " ")));
		if (local_parse(zone, text, time_ns)) {
			return true;
		}
	}
	snprintf(text, sizeof(text), "%.*s", DAY, cell);
	return local_parse(zone, text, time_ns);
}

/* Seconds since 1970, in ten digits (from 2001 on), or thousandths in thirteen. */
static bool read_epoch(const char *cell, uint64_t *time_ns)
{
	enum { SECONDS = 10, THOUSANDTHS = 13 };
	size_t digits = strspn(cell, "0123456789");

	if (cell[0] == '0' || (digits != SECONDS && digits != THOUSANDTHS) ||
		(cell[digits] == '.' ? cell[digits + 1 + strspn(cell + digits + 1, "0123456789")]
				     : cell[digits]) != '\0') {
		return false;
	}
	*time_ns = strtoull(cell, NULL, 10) * (digits == SECONDS ? NS_PER_S : NS_PER_MS);
	return true;
}

/* How databases say that there is none: "0001-01-01 00:00:00" and "1/1/0001". */
static bool is_year_one(const char *cell)
{
	return strncmp(cell, "0001-", 5) == 0 || strncmp(cell, "1/1/0001", 8) == 0 ||
	       strncmp(cell, "01.01.0001", 10) == 0;
}

enum inventory_date inventory_date_read(
	const struct local_zone *zone, const char *cell, bool is_end, uint64_t *time_ns)
{
	struct numbers numbers;

	if (!*cell || is_year_one(cell) || strcmp(cell, "0") == 0) {
		return INVENTORY_DATE_NONE;
	}
	bool is_year_last = read_numbers(cell, &numbers) && numbers.first <= 31;
	bool is_read = is_year_last
			       ? read_day(zone, &numbers, is_end, time_ns)
			       : read_epoch(cell, time_ns) || read_year_first(zone, cell, time_ns);
	if (is_read && is_end) {
		*time_ns = local_day_of(zone, *time_ns).end_ns;
	}
	return is_read ? INVENTORY_DATE_FOUND : INVENTORY_DATE_BAD;
}
