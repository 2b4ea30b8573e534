#include "dashboards/cli/time_word.h"

#include <stdlib.h>
#include <string.h>

bool time_word_parse_span(const char *text, uint64_t *span_ns)
{
	static const struct {
		char unit;
		uint64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
	enum { COUNT_MAX = 1000000 };
	char *end;

	if (*text < '0' || *text > '9') {
		return false;
	}
	unsigned long count = strtoul(text, &end, 10);
	for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (end[0] == units[i].unit && end[1] == '\0' && count <= COUNT_MAX) {
			*span_ns = count * units[i].seconds * NS_PER_S;
			return true;
		}
	}
	return false;
}

bool time_word_parse(
	const char *text, const struct local_zone *zone, uint64_t now_ns, uint64_t *time_ns)
{
	struct local_day today = local_day_of(zone, now_ns);
	uint64_t span_ns;

	if (strcmp(text, "now") == 0) {
		*time_ns = now_ns;
	} else if (strcmp(text, "today") == 0) {
		*time_ns = today.start_ns;
	} else if (strcmp(text, "yesterday") == 0) {
		*time_ns = local_day_at(zone, today.number - 1).start_ns;
	} else if (time_word_parse_span(text, &span_ns)) {
		*time_ns = span_ns < now_ns ? now_ns - span_ns : 0;
	} else {
		return local_parse(zone, text, time_ns);
	}
	return true;
}

/* Clocks go back by an hour, on one island by half of one. */
static uint64_t shown_last(const struct local_zone *zone, uint64_t time_ns)
{
	enum { WALL = 19, TRIES = 4 }; /* "2026-10-25T02:30:00", by half hours */
	char first[LOCAL_TEXT_LENGTH + 1], again[LOCAL_TEXT_LENGTH + 1];
	uint64_t last_ns = time_ns;

	local_format(zone, time_ns, first);
	for (unsigned i = 1; i <= TRIES; i++) {
		uint64_t later_ns = time_ns + i * 1800 * NS_PER_S;
		local_format(zone, later_ns, again);
		last_ns = memcmp(first, again, WALL) == 0 ? later_ns : last_ns;
	}
	return last_ns;
}

bool time_word_parse_end(
	const char *text, const struct local_zone *zone, uint64_t now_ns, uint64_t *time_ns)
{
	const char *clock = strpbrk(text, "Tt ");
	bool is_read = time_word_parse(text, zone, now_ns, time_ns);

	if (is_read && clock && *text >= '0' && *text <= '9' && !strpbrk(clock, "Zz+-")) {
		*time_ns = shown_last(zone, *time_ns);
	}
	return is_read;
}
