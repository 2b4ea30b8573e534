/* The rule of a zone for the years that its table does not hold: POSIX TZ, as in the last line of a
 * tzfile ("CET-1CEST,M3.5.0,M10.5.0/3"; RFC 8536, 3.3). Used by local_time.c alone. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct local_rule_date {
	char form; /* 'M', 'J' or '0': month and week, day without 29 February, day */
	int16_t month, week, day; /* M: week 5 is the last; day of the week or of the year */
	int32_t second;           /* of that day, on the wall; may be negative or beyond the day */
};

struct local_rule {
	bool is_there, has_summer;
	int32_t standard_s, summer_s;        /* ahead of UTC */
	struct local_rule_date begins, ends; /* summer time */
};

/* text ends with a NUL. False where it is no rule. */
bool local_rule_parse(struct local_rule *rule, const char *text);

int32_t local_rule_offset_s(const struct local_rule *rule, int64_t second);

/* The first change after that second; INT64_MAX where there is none. */
int64_t local_rule_next_change(const struct local_rule *rule, int64_t second);
