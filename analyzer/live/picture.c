#include "analyzer/live/picture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { FIELDS_MAX = 10, ROWS_LEAST = 64, ROW_NUMBERS = 2 * PICTURE_WINDOW_COUNT };

#define DAY_NS (24 * 3600 * NS_PER_S)

static const char *const dimension_names[] = {
#define X(id, name) name,
	METER_DIMENSIONS(X)
#undef X
};

const char *picture_dimension_name(unsigned dimension)
{
	return dimension < METER_DIMENSION_COUNT ? dimension_names[dimension] : "";
}

uint64_t picture_window_ns(enum picture_window window, uint64_t now_ns)
{
	uint64_t into_slot_ns = now_ns % SLOT_NS;

	switch (window) {
	case PICTURE_RECENT:
		return into_slot_ns + SLOT_NS;
	case PICTURE_HOUR:
		return into_slot_ns + (PICTURE_HOUR_SLOTS - 1) * SLOT_NS;
	default:
		return now_ns % DAY_NS;
	}
}

void picture_init(struct picture *picture)
{
	memset(picture, 0, sizeof(*picture));
}

void picture_deinit(struct picture *picture)
{
	free(picture->rows);
	free(picture->sensors);
	memset(picture, 0, sizeof(*picture));
}

void picture_clear(struct picture *picture)
{
	picture->row_count = picture->sensor_count = picture->alert_count = 0;
	picture->rows_missed = picture->lines_refused = picture->now_ns = 0;
	picture->group_minimum = 0;
}

/* Room for one more of size bytes; false where there is none to be had. */
static bool make_room(void **items, size_t count, size_t *capacity, size_t most, size_t size)
{
	if (count < *capacity) {
		return true;
	}
	size_t wanted = *capacity ? 2 * *capacity : ROWS_LEAST;
	void *grown = count < most ? realloc(*items, wanted * size) : NULL;
	if (grown) {
		*items = grown;
		*capacity = wanted;
	}
	return grown != NULL;
}

/* FNV-1a; who feeds many series of one hash slows down one reader's search. */
static uint32_t series_hash(const char *series)
{
	uint32_t hash = 2166136261;

	for (; *series; series++) {
		hash = (hash ^ (uint8_t)*series) * 16777619;
	}
	return hash;
}

struct picture_row *picture_add_row(struct picture *picture, unsigned dimension, const char *series)
{
	if (!make_room((void **)&picture->rows, picture->row_count, &picture->row_capacity,
		    PICTURE_ROWS_MAX, sizeof(*picture->rows))) {
		picture->rows_missed++;
		return NULL;
	}
	struct picture_row *row = &picture->rows[picture->row_count++];
	*row = (struct picture_row){ .dimension = (uint8_t)dimension, .hash = series_hash(series) };
	snprintf(row->series, sizeof(row->series), "%s", series);
	return row;
}

struct picture_row *picture_row(struct picture *picture, unsigned dimension, const char *series)
{
	uint32_t hash = series_hash(series);

	for (size_t i = 0; i < picture->row_count; i++) {
		struct picture_row *row = &picture->rows[i];
		if (row->hash == hash && row->dimension == dimension &&
			strcmp(row->series, series) == 0) {
			return row;
		}
	}
	return picture_add_row(picture, dimension, series);
}

static bool find_dimension(const char *name, unsigned *dimension)
{
	for (unsigned i = 0; i < METER_DIMENSION_COUNT; i++) {
		if (strcmp(dimension_names[i], name) == 0) {
			*dimension = i;
			return true;
		}
	}
	return false;
}

static bool take_row(struct picture *picture, char *const *fields, unsigned count)
{
	unsigned dimension;

	if (count != 4 + ROW_NUMBERS || !find_dimension(fields[1], &dimension)) {
		return false;
	}
	struct picture_row *row = picture_row(picture, dimension, fields[2]);
	uint64_t devices = strtoull(fields[3], NULL, 10);
	if (!row) {
		return true;
	}
	row->devices = devices > row->devices ? devices : row->devices;
	for (unsigned i = 0; i < PICTURE_WINDOW_COUNT; i++) {
		row->up[i] += strtoull(fields[4 + 2 * i], NULL, 10);
		row->down[i] += strtoull(fields[5 + 2 * i], NULL, 10);
	}
	return true;
}

static bool take_sensor(struct picture *picture, char *const *fields, unsigned count)
{
	if (count != 4 || !make_room((void **)&picture->sensors, picture->sensor_count,
				  &picture->sensor_capacity, PICTURE_SENSORS_MAX,
				  sizeof(*picture->sensors))) {
		return false;
	}
	struct picture_sensor *sensor = &picture->sensors[picture->sensor_count++];
	snprintf(sensor->name, sizeof(sensor->name), "%s", fields[1]);
	sensor->silent_s = strtoull(fields[2], NULL, 10);
	pulse_parse(&sensor->pulse, fields[3]);
	return true;
}

/* The same alert may come again with more in it: the first line of an id stands. */
static bool take_alert(struct picture *picture, char *const *fields, unsigned count)
{
	if (count != 5) {
		return false;
	}
	for (size_t i = 0; i < picture->alert_count; i++) {
		if (strcmp(picture->alerts[i].id, fields[1]) == 0) {
			return true;
		}
	}
	if (picture->alert_count < PICTURE_ALERTS_MAX) {
		struct picture_alert *alert = &picture->alerts[picture->alert_count++];
		snprintf(alert->id, sizeof(alert->id), "%s", fields[1]);
		snprintf(alert->kind, sizeof(alert->kind), "%s", fields[2]);
		alert->time_ns = strtoull(fields[3], NULL, 10);
		snprintf(alert->sentence, sizeof(alert->sentence), "%s", fields[4]);
	}
	return true;
}

static bool take_head(struct picture *picture, char *const *fields, unsigned count)
{
	unsigned k = count == 4 ? (unsigned)strtoul(fields[3], NULL, 10) : 0;

	if (count != 4) {
		return false;
	}
	picture->now_ns = strtoull(fields[2], NULL, 10);
	picture->group_minimum = k > picture->group_minimum ? k : picture->group_minimum;
	return true;
}

static bool take_line(struct picture *picture, char *line)
{
	char *fields[FIELDS_MAX];
	unsigned count = 0;

	for (char *at = line; at && count < FIELDS_MAX;) {
		fields[count++] = at;
		at = strchr(at, '\t');
		if (at) {
			*at++ = '\0';
		}
	}
	if (strcmp(fields[0], "row") == 0) {
		return take_row(picture, fields, count);
	}
	if (strcmp(fields[0], "sensor") == 0) {
		return take_sensor(picture, fields, count);
	}
	if (strcmp(fields[0], "alert") == 0) {
		return take_alert(picture, fields, count);
	}
	return strcmp(fields[0], "picture") == 0 && take_head(picture, fields, count);
}

void picture_take(struct picture *picture, char *text)
{
	while (*text) {
		char *end = text + strcspn(text, "\n");
		char *next = *end ? end + 1 : end;
		*end = '\0';
		picture->lines_refused += *text != '\0' && !take_line(picture, text);
		text = next;
	}
}

static void add_sums(struct picture_row *to, const struct picture_row *from)
{
	to->devices += from->devices;
	for (unsigned i = 0; i < PICTURE_WINDOW_COUNT; i++) {
		to->up[i] += from->up[i];
		to->down[i] += from->down[i];
	}
}

void picture_suppress(struct picture *picture, unsigned k)
{
	struct picture_row small[METER_DIMENSION_COUNT] = { { .dimension = 0 } };
	bool is_there[METER_DIMENSION_COUNT] = { false };
	size_t kept = 0;

	for (size_t i = 0; i < picture->row_count; i++) {
		const struct picture_row *row = &picture->rows[i];
		if (row->devices < k || row->series[0] == '\0') {
			is_there[row->dimension] = true;
			add_sums(&small[row->dimension], row);
		} else {
			picture->rows[kept++] = *row;
		}
	}
	/* At least as many left as there are groups now. */
	for (unsigned i = 0; i < METER_DIMENSION_COUNT; i++) {
		if (is_there[i]) {
			picture->rows[kept] = small[i];
			picture->rows[kept].dimension = (uint8_t)i;
			picture->rows[kept++].devices = 0;
		}
	}
	picture->row_count = kept;
	picture->group_minimum = k > picture->group_minimum ? k : picture->group_minimum;
}

void picture_put_row(struct text *text, const struct picture_row *row)
{
	text_printf(text, "row\t%s\t%s\t%" PRIu64, picture_dimension_name(row->dimension),
		row->series, row->devices);
	for (unsigned i = 0; i < PICTURE_WINDOW_COUNT; i++) {
		text_printf(text, "\t%" PRIu64 "\t%" PRIu64, row->up[i], row->down[i]);
	}
	text_put_char(text, '\n');
}

void picture_put_sensor(
	struct text *text, const char *name, uint64_t silent_s, const struct pulse *pulse)
{
	text_printf(text, "sensor\t%s\t%" PRIu64 "\t", name, silent_s);
	pulse_put(text, pulse);
	text_put_char(text, '\n');
}

void picture_put_alert(struct text *text, const struct picture_alert *alert)
{
	text_printf(text, "alert\t%s\t%s\t%" PRIu64 "\t%s\n", alert->id, alert->kind,
		alert->time_ns, alert->sentence);
}
