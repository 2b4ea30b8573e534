#include "analyzer/view/live_snapshot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { FIELDS_MAX = 10, ROWS_LEAST = 64, ROW_NUMBERS = 2 * LIVE_SNAPSHOT_WINDOW_COUNT };

#define DAY_NS (24 * 3600 * NS_PER_S)

uint64_t live_snapshot_window_ns(enum live_snapshot_window window, uint64_t now_ns)
{
	uint64_t into_slot_ns = now_ns % SLOT_NS;

	switch (window) {
	case LIVE_SNAPSHOT_RECENT:
		return into_slot_ns + SLOT_NS;
	case LIVE_SNAPSHOT_HOUR:
		return into_slot_ns + (LIVE_SNAPSHOT_HOUR_SLOTS - 1) * SLOT_NS;
	default:
		return now_ns % DAY_NS;
	}
}

void live_snapshot_init(struct live_snapshot *snapshot)
{
	memset(snapshot, 0, sizeof(*snapshot));
}

void live_snapshot_deinit(struct live_snapshot *snapshot)
{
	free(snapshot->rows);
	free(snapshot->sensors);
	memset(snapshot, 0, sizeof(*snapshot));
}

void live_snapshot_clear(struct live_snapshot *snapshot)
{
	snapshot->row_count = snapshot->sensor_count = snapshot->alert_count = 0;
	snapshot->rows_missed = snapshot->lines_refused = snapshot->now_ns = 0;
	snapshot->group_minimum = 0;
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

struct live_snapshot_row *live_snapshot_add_row(
	struct live_snapshot *snapshot, unsigned dimension, const char *series)
{
	if (!make_room((void **)&snapshot->rows, snapshot->row_count, &snapshot->row_capacity,
		    LIVE_SNAPSHOT_ROWS_MAX, sizeof(*snapshot->rows))) {
		snapshot->rows_missed++;
		return NULL;
	}
	struct live_snapshot_row *row = &snapshot->rows[snapshot->row_count++];
	*row = (struct live_snapshot_row){ .dimension = (uint8_t)dimension,
		.hash = series_hash(series) };
	snprintf(row->series, sizeof(row->series), "%s", series);
	return row;
}

struct live_snapshot_row *live_snapshot_row(
	struct live_snapshot *snapshot, unsigned dimension, const char *series)
{
	uint32_t hash = series_hash(series);

	for (size_t i = 0; i < snapshot->row_count; i++) {
		struct live_snapshot_row *row = &snapshot->rows[i];
		if (row->hash == hash && row->dimension == dimension &&
			strcmp(row->series, series) == 0) {
			return row;
		}
	}
	return live_snapshot_add_row(snapshot, dimension, series);
}

static bool take_row(struct live_snapshot *snapshot, char *const *fields, unsigned count)
{
	enum dimension dimension;

	if (count != 4 + ROW_NUMBERS || !dimension_find(fields[1], &dimension)) {
		return false;
	}
	struct live_snapshot_row *row = live_snapshot_row(snapshot, dimension, fields[2]);
	uint64_t devices = strtoull(fields[3], NULL, 10);
	if (!row) {
		return true;
	}
	row->devices = devices > row->devices ? devices : row->devices;
	for (unsigned i = 0; i < LIVE_SNAPSHOT_WINDOW_COUNT; i++) {
		row->is_hidden[i] |= fields[4 + 2 * i][0] == '-';
		row->up[i] += strtoull(fields[4 + 2 * i], NULL, 10);
		row->down[i] += strtoull(fields[5 + 2 * i], NULL, 10);
	}
	return true;
}

static bool take_sensor(struct live_snapshot *snapshot, char *const *fields, unsigned count)
{
	if (count != 4 || !make_room((void **)&snapshot->sensors, snapshot->sensor_count,
				  &snapshot->sensor_capacity, LIVE_SNAPSHOT_SENSORS_MAX,
				  sizeof(*snapshot->sensors))) {
		return false;
	}
	struct live_snapshot_sensor *sensor = &snapshot->sensors[snapshot->sensor_count++];
	snprintf(sensor->name, sizeof(sensor->name), "%s", fields[1]);
	sensor->silent_s = strtoull(fields[2], NULL, 10);
	health_summary_parse(&sensor->health_summary, fields[3]);
	return true;
}

/* The same alert may come again with more in it: the first line of an id stands. */
static bool take_alert(struct live_snapshot *snapshot, char *const *fields, unsigned count)
{
	if (count != 5) {
		return false;
	}
	for (size_t i = 0; i < snapshot->alert_count; i++) {
		if (strcmp(snapshot->alerts[i].id, fields[1]) == 0) {
			return true;
		}
	}
	if (snapshot->alert_count < LIVE_SNAPSHOT_ALERTS_MAX) {
		struct live_snapshot_alert *alert = &snapshot->alerts[snapshot->alert_count++];
		snprintf(alert->id, sizeof(alert->id), "%s", fields[1]);
		snprintf(alert->kind, sizeof(alert->kind), "%s", fields[2]);
		alert->time_ns = strtoull(fields[3], NULL, 10);
		snprintf(alert->sentence, sizeof(alert->sentence), "%s", fields[4]);
	}
	return true;
}

static bool take_head(struct live_snapshot *snapshot, char *const *fields, unsigned count)
{
	unsigned k = count == 4 ? (unsigned)strtoul(fields[3], NULL, 10) : 0;

	if (count != 4) {
		return false;
	}
	snapshot->now_ns = strtoull(fields[2], NULL, 10);
	snapshot->group_minimum = k > snapshot->group_minimum ? k : snapshot->group_minimum;
	return true;
}

static bool take_line(struct live_snapshot *snapshot, char *line)
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
		return take_row(snapshot, fields, count);
	}
	if (strcmp(fields[0], "sensor") == 0) {
		return take_sensor(snapshot, fields, count);
	}
	if (strcmp(fields[0], "alert") == 0) {
		return take_alert(snapshot, fields, count);
	}
	return strcmp(fields[0], "snapshot") == 0 && take_head(snapshot, fields, count);
}

void live_snapshot_take(struct live_snapshot *snapshot, char *text)
{
	while (*text) {
		char *end = text + strcspn(text, "\n");
		char *next = *end ? end + 1 : end;
		*end = '\0';
		snapshot->lines_refused += *text != '\0' && !take_line(snapshot, text);
		text = next;
	}
}

void live_snapshot_put_row(struct text *text, const struct live_snapshot_row *row)
{
	text_printf(text, "row\t%s\t%s\t%" PRIu64, dimension_name(row->dimension), row->series,
		row->devices);
	for (unsigned i = 0; i < LIVE_SNAPSHOT_WINDOW_COUNT; i++) {
		if (row->is_hidden[i]) {
			text_put(text, "\t-\t-");
		} else {
			text_printf(text, "\t%" PRIu64 "\t%" PRIu64, row->up[i], row->down[i]);
		}
	}
	text_put_char(text, '\n');
}

void live_snapshot_put_sensor(struct text *text, const char *name, uint64_t silent_s,
	const struct health_summary *health_summary)
{
	text_printf(text, "sensor\t%s\t%" PRIu64 "\t", name, silent_s);
	health_summary_put(text, health_summary);
	text_put_char(text, '\n');
}

void live_snapshot_put_alert(struct text *text, const struct live_snapshot_alert *alert)
{
	text_printf(text, "alert\t%s\t%s\t%" PRIu64 "\t%s\n", alert->id, alert->kind,
		alert->time_ns, alert->sentence);
}
