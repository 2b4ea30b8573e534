#include "analyzer/device/inventory_date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	if (!strchr("./-", numbers->mark) || end[1] < '0' || end[1] > '9') {
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

/* "2026-03-31 11:22:00" and "2026-03-31 at 11:22 AM". */
static bool read_year_first(const struct local_zone *zone, const char *cell, uint64_t *time_ns)
{
	char text[64];

	snprintf(text, sizeof(text), "%s", cell);
	if (strlen(text) > 10 && text[10] == ' ') {
		bool has_time = text[11] >= '0' && text[11] <= '9';
		text[10] = has_time ? 'T' : '\0';
		text[11 + strcspn(text + 11, " ")] = '\0';
		if (has_time && local_parse(zone, text, time_ns)) {
			return true;
		}
		text[10] = '\0';
	}
	return local_parse(zone, text, time_ns);
}

/* "0001-01-01 00:00:00" and "1/1/0001". */
static bool is_year_one(const char *cell)
{
	return strncmp(cell, "0001-", 5) == 0 || strncmp(cell, "1/1/0001", 8) == 0 ||
	       strncmp(cell, "01.01.0001", 10) == 0;
}

enum inventory_date inventory_date_read(
	const struct local_zone *zone, const char *cell, bool is_end, uint64_t *time_ns)
{
	struct numbers numbers;

	if (!*cell || is_year_one(cell)) {
		return INVENTORY_DATE_NONE;
	}
	bool is_year_last = read_numbers(cell, &numbers) && numbers.first <= 31;
	bool is_read = is_year_last ? read_day(zone, &numbers, is_end, time_ns)
				    : read_year_first(zone, cell, time_ns);
	if (is_read && is_end) {
		*time_ns = local_day_of(zone, *time_ns).end_ns;
	}
	return is_read ? INVENTORY_DATE_FOUND : INVENTORY_DATE_BAD;
}
