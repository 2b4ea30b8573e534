#include "analyzer/vantage/segment_days.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/state.h"
#include "analyzer/record/symbols.h"
#include "base/text.h"

static const struct state_part kept = { "vantage", 1,
	"which units were proven to be seen on earlier days is not known any more" };
enum { UNIT_NAME_BYTES = 256 };

void segment_days_deinit(struct segment_days *days)
{
	for (unsigned unit = 0; unit < days->count; unit++) {
		free(days->rows[unit]);
	}
	free(days->rows);
	*days = (struct segment_days){ .count = 0 };
}

static bool make_room(struct segment_days *days, uint16_t unit)
{
	if (unit >= days->count) {
		unsigned count = unit + 64U;
		struct segment_row **rows =
			realloc(days->rows, count * sizeof(struct segment_row *));
		if (!rows) {
			return false;
		}
		memset(rows + days->count, 0, (count - days->count) * sizeof(*rows));
		days->rows = rows;
		days->count = count;
	}
	if (!days->rows[unit]) {
		days->rows[unit] = calloc(1, sizeof(struct segment_row));
	}
	return days->rows[unit] != NULL;
}

static size_t place_of(int64_t day)
{
	return (size_t)((uint64_t)day % SEGMENT_DAYS);
}

struct segment_day *segment_days_at(struct segment_days *days, uint16_t unit, int64_t day)
{
	if (!make_room(days, unit)) {
		return NULL;
	}
	struct segment_day *at = &days->rows[unit]->days[place_of(day)];
	if (at->day > day) {
		return NULL;
	}
	if (at->day < day) {
		*at = (struct segment_day){ .day = day };
	}
	return at;
}

const struct segment_day *segment_days_find(
	const struct segment_days *days, uint16_t unit, int64_t day)
{
	if (unit >= days->count || !days->rows[unit]) {
		return NULL;
	}
	const struct segment_day *at = &days->rows[unit]->days[place_of(day)];
	return at->day == day ? at : NULL;
}

bool segment_day_is_proven(const struct segment_day *day)
{
	return day && (day->named >= SEGMENT_NAMED_LEAST || day->probes > 0);
}

unsigned segment_days_proven(
	const struct segment_days *days, uint16_t unit, int64_t from, int64_t to)
{
	unsigned proven = 0;

	for (int64_t day = from; day <= to; day++) {
		proven += segment_day_is_proven(segment_days_find(days, unit, day));
	}
	return proven;
}

/* A line a day: "day named probes unit". */
static void put_row(struct text *text, const struct segment_row *row, const char *unit)
{
	for (unsigned i = 0; i < SEGMENT_DAYS; i++) {
		const struct segment_day *day = &row->days[i];
		if (day->day != 0) {
			text_printf(text, "%" PRId64 " %" PRIu32 " %" PRIu32 " %s\n", day->day,
				day->named, day->probes, unit);
		}
	}
}

int segment_days_save(const struct segment_days *days, struct state *state, struct err *err)
{
	struct text text;

	text_init_heap(&text);
	for (unsigned unit = 1; unit < days->count; unit++) {
		const char *name = symbol_name(SYMBOL_UNIT, (uint16_t)unit);
		if (days->rows[unit] && name[0] && !strchr(name, '\n')) {
			put_row(&text, days->rows[unit], name);
		}
	}
	int status = text.truncated ? err_set(err, ENOMEM, "out of memory")
				    : state_save(state, kept.name, kept.version, text.at,
					      text.length, err);
	text_deinit(&text);
	return status;
}

static void read_line(struct segment_days *days, char *line)
{
	int64_t number;
	uint32_t named, probes;
	int name = 0;

	if (sscanf(line, "%" SCNd64 " %" SCNu32 " %" SCNu32 " %n", &number, &named, &probes,
		    &name) < 3 ||
		name == 0 || line[name] == '\0' || strlen(line + name) >= UNIT_NAME_BYTES) {
		return;
	}
	struct segment_day *day =
		segment_days_at(days, symbol_of(SYMBOL_UNIT, line + name), number);
	if (day) {
		day->named = named > day->named ? named : day->named;
		day->probes = probes > day->probes ? probes : day->probes;
	}
}

int segment_days_load(struct segment_days *days, struct state *state, struct err *err)
{
	char *content, *rest;
	size_t count;
	int status = state_load_part(state, &kept, &content, &count, err);

	char *lines = content ? strndup(content, count) : NULL;
	for (char *line = lines ? strtok_r(lines, "\n", &rest) : NULL; line;
		line = strtok_r(NULL, "\n", &rest)) {
		read_line(days, line);
	}
	free(lines);
	free(content);
	return status;
}
