#include "analyzer/detect/calendar.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"

enum {
	DAY_FIRST = 7305,  /* 1990-01-01 */
	DAY_COUNT = 36525, /* to 2089-12-31 */
	SCOPES_MOST = 4096,
	SCOPE_BYTES = 128,
	DAY_SECONDS = 86400,
	HALF_HOUR_SECONDS = 1800,
	EVERYBODY = 0,
};

struct scope {
	char name[SCOPE_BYTES];
	uint64_t free[(DAY_COUNT + 63) / 64];
};

struct calendar {
	struct scope *scopes;
	unsigned count;
	const struct local_zone *zone;
};

int calendar_create(struct calendar **calendar, struct err *err)
{
	struct calendar *created = calloc(1, sizeof(*created));

	if (created) {
		created->scopes = calloc(1, sizeof(*created->scopes));
	}
	if (!created || !created->scopes) {
		free(created);
		return err_set(err, ENOMEM, "no memory for a calendar");
	}
	strcpy(created->scopes[EVERYBODY].name, "*");
	created->count = 1;
	*calendar = created;
	return 0;
}

void calendar_destroy(struct calendar *calendar)
{
	if (calendar) {
		free(calendar->scopes);
		free(calendar);
	}
}

void calendar_set_zone(struct calendar *calendar, const struct local_zone *zone)
{
	calendar->zone = zone;
}

unsigned calendar_scope(const struct calendar *calendar, const char *name)
{
	for (unsigned i = 1; i < calendar->count; i++) {
		if (strcmp(calendar->scopes[i].name, name) == 0) {
			return i;
		}
	}
	return EVERYBODY;
}

static int scope_of(
	struct calendar *calendar, const char *name, struct scope **scope, struct err *err)
{
	unsigned found = calendar_scope(calendar, name);

	if (found != EVERYBODY || strcmp(name, "*") == 0) {
		*scope = &calendar->scopes[found];
		return 0;
	}
	if (strlen(name) >= SCOPE_BYTES || calendar->count == SCOPES_MOST) {
		return err_set(err, E2BIG,
			"a calendar holds %d scopes with names of at most %d bytes; \"%.40s\" is "
			"too "
			"much",
			SCOPES_MOST, SCOPE_BYTES - 1, name);
	}
	struct scope *grown =
		realloc(calendar->scopes, (calendar->count + 1) * sizeof(*calendar->scopes));
	if (!grown) {
		return err_set(err, ENOMEM, "no memory for a calendar of \"%s\"", name);
	}
	calendar->scopes = grown;
	*scope = &grown[calendar->count++];
	memset(*scope, 0, sizeof(**scope));
	strcpy((*scope)->name, name);
	return 0;
}

int calendar_add(struct calendar *calendar, const char *scope, uint32_t first_day,
	uint32_t last_day, struct err *err)
{
	struct scope *found = NULL;

	if (first_day < DAY_FIRST || last_day >= DAY_FIRST + DAY_COUNT || last_day < first_day) {
		return err_set(err, ERANGE,
			"a calendar's days lie between 1990 and 2089, the first "
			"not after the last");
	}
	int status = scope_of(calendar, scope, &found, err);
	for (uint32_t day = first_day; status == 0 && day <= last_day; day++) {
		uint32_t bit = day - DAY_FIRST;
		found->free[bit / 64] |= UINT64_C(1) << bit % 64;
	}
	return status;
}

static bool is_free(const struct scope *scope, uint32_t day)
{
	uint32_t bit = day - DAY_FIRST;
	return day >= DAY_FIRST && bit < DAY_COUNT && (scope->free[bit / 64] >> bit % 64 & 1);
}

void calendar_place(
	const struct calendar *calendar, unsigned scope, uint64_t time_ns, struct day_place *place)
{
	enum { THURSDAY = 3, SATURDAY = 5 }; /* 1970-01-01 was a Thursday; Monday is 0 */
	int64_t seconds = (int64_t)(time_ns / NS_PER_S) + local_offset_s(calendar->zone, time_ns);

	seconds = seconds < 0 ? 0 : seconds;
	uint32_t day = (uint32_t)(seconds / DAY_SECONDS);
	uint32_t second = (uint32_t)(seconds % DAY_SECONDS);
	place->day = day;
	place->half_hour = (uint8_t)(second / HALF_HOUR_SECONDS);
	place->within = (float)(second % HALF_HOUR_SECONDS) / HALF_HOUR_SECONDS;
	bool free = (day + THURSDAY) % 7 >= SATURDAY ||
		    is_free(&calendar->scopes[EVERYBODY], day) ||
		    (scope < calendar->count && is_free(&calendar->scopes[scope], day));
	place->kind = free ? DAY_FREE : DAY_WORK;
}

/* Where the columns we read stand, -1 where they do not. */
struct columns {
	int date, to, scope;
	char separator;
};

static char *next_cell(char **rest, char separator)
{
	char *cell = *rest, *end = strchr(cell, separator);

	*rest = end ? end + 1 : cell + strlen(cell);
	if (end) {
		*end = '\0';
	}
	return cell;
}

#define HEADER_EXPECTED "a first line that names a column \"date\" (and \"series\" or \"scope\")"

static int read_header(char *line, const char *path, struct columns *columns, struct err *err)
{
	columns->separator = strchr(line, '\t') ? '\t' : ',';
	columns->date = columns->to = columns->scope = -1;
	for (int i = 0; *line; i++) {
		const char *cell = next_cell(&line, columns->separator);
		if (strcmp(cell, "date") == 0) {
			columns->date = i;
		} else if (strcmp(cell, "to") == 0) {
			columns->to = i;
		} else if (strcmp(cell, "series") == 0 || strcmp(cell, "scope") == 0) {
			columns->scope = i;
		}
	}
	if (columns->date < 0) {
		return err_set(err, EINVAL, "%s: expected " HEADER_EXPECTED, path);
	}
	return 0;
}

static bool parse_day(const char *text, uint32_t *day)
{
	uint64_t time_ns;

	if (strlen(text) != 10 || !clock_parse(text, &time_ns)) {
		return false;
	}
	*day = (uint32_t)(time_ns / (DAY_SECONDS * NS_PER_S));
	return true;
}

static int read_days(struct calendar *calendar, const struct columns *columns, char *line,
	const char *path, unsigned number, struct err *err)
{
	const char *date = "", *to = "", *scope = "*";
	uint32_t first, last;

	for (int i = 0; *line; i++) {
		const char *cell = next_cell(&line, columns->separator);
		date = i == columns->date ? cell : date;
		to = i == columns->to ? cell : to;
		scope = i == columns->scope && *cell ? cell : scope;
	}
	to = *to ? to : date;
	if (!parse_day(date, &first) || !parse_day(to, &last)) {
		return err_set(err, EINVAL,
			"%s:%u: expected a date such as 2026-06-19, found \"%.40s\"", path, number,
			parse_day(date, &first) ? to : date);
	}
	int status = calendar_add(calendar, scope, first, last, err);
	if (status < 0) {
		err_prefix(err, "%s:%u: ", path, number);
	}
	return status;
}

int calendar_load(struct calendar *calendar, const char *path, struct err *err)
{
	struct columns columns = { .date = -1 };
	char *content, *rest;
	int status = file_read(path, &content, NULL, err);

	if (status < 0) {
		return status;
	}
	rest = content;
	for (unsigned number = 1; *rest && status == 0; number++) {
		char *line = next_cell(&rest, '\n');
		line[strcspn(line, "\r")] = '\0';
		if (*line == '\0' || *line == '#') {
			continue;
		}
		status = columns.date < 0 ? read_header(line, path, &columns, err)
					  : read_days(calendar, &columns, line, path, number, err);
	}
	free(content);
	if (status == 0 && columns.date < 0) {
		status = err_set(
			err, EINVAL, "%s: the file is empty; expected " HEADER_EXPECTED, path);
	}
	return status;
}

int calendar_load_country(struct calendar *calendar, const char *country, struct err *err)
{
	char name[64], path[PATH_MAX];

	snprintf(name, sizeof(name), "analyzer/share/calendars/%.8s.tsv", country);
	int status = file_find_data(name, path, err);
	return status < 0 ? status : calendar_load(calendar, path, err);
}
