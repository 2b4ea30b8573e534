#include "analyzer/view/live_snapshot_redis.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/redis/redis.h"
#include "analyzer/view/live_protect.h"
#include "base/clock.h"
#include "base/file.h"

enum {
	SENSORS_MAX = 1000, /* of one snapshot */
	NAMES_MAX = 4096,
	COUNTED_MAX = 100, /* series of a dimension whose devices are counted: the largest */
	KEY_BYTES = 256,
	ARGUMENTS_BEFORE = 11, /* of snapshot.lua's call, in front of the dimensions */
};

#define DAY_NS  (24 * 3600 * NS_PER_S)
#define HOUR_NS (3600 * NS_PER_S)

enum script { SCRIPT_SENSORS, SCRIPT_PICTURE, SCRIPT_ALERTS, SCRIPT_COUNT };

/* A name behind an id in a series. */
struct series_name {
	char id[16], name[64];
};

struct live_snapshot_redis {
	struct redis *redis;
	char *scripts[SCRIPT_COUNT];
	char *sensors[SENSORS_MAX];
	unsigned sensor_count;
	struct series_name names[NAMES_MAX];
	unsigned name_count;
};

static int load_scripts(struct live_snapshot_redis *reader, struct err *err)
{
	static const char *const files[] = { "analyzer/share/redis/sensors.lua",
		"analyzer/share/redis/live_snapshot.lua", "analyzer/share/redis/alerts.lua" };
	char path[PATH_MAX];
	int status = 0;

	for (unsigned i = 0; i < SCRIPT_COUNT && status == 0; i++) {
		status = file_find_data(files[i], path, err);
		if (status == 0) {
			status = file_read(path, &reader->scripts[i], NULL, err);
		}
	}
	return status;
}

int live_snapshot_redis_open(struct live_snapshot_redis **reader, const char *url, struct err *err)
{
	struct live_snapshot_redis *opened = calloc(1, sizeof(*opened));
	int status;

	*reader = NULL;
	if (!opened) {
		return err_set(err, ENOMEM, "Redis: out of memory");
	}
	status = redis_open(&opened->redis, url, REDIS_DEADLINE_MS, err);
	if (status == 0) {
		status = load_scripts(opened, err);
	}
	if (status < 0) {
		live_snapshot_redis_close(opened);
		return status;
	}
	*reader = opened;
	return 0;
}

static void forget_sensors(struct live_snapshot_redis *reader)
{
	while (reader->sensor_count > 0) {
		free(reader->sensors[--reader->sensor_count]);
	}
}

void live_snapshot_redis_close(struct live_snapshot_redis *reader)
{
	if (reader) {
		forget_sensors(reader);
		redis_close(reader->redis);
		for (unsigned i = 0; i < SCRIPT_COUNT; i++) {
			free(reader->scripts[i]);
		}
		free(reader);
	}
}

const char *live_snapshot_redis_name(const struct live_snapshot_redis *reader)
{
	return redis_name(reader->redis);
}

/* Runs a script; what it says is a copy that the caller frees. */
static int ask(struct live_snapshot_redis *reader, enum script script, const char **arguments,
	size_t count, char **said, struct err *err)
{
	struct redis_answer answer;

	arguments[0] = "EVAL_RO";
	arguments[1] = reader->scripts[script];
	arguments[2] = "1";
	int status = redis_command(reader->redis, count, arguments, NULL, &answer, err);
	if (status < 0) {
		return status;
	}
	if (answer.kind != REDIS_TEXT) {
		return err_set(err, EPROTO, "Redis at %s answers something else than expected",
			redis_name(reader->redis));
	}
	*said = strndup(answer.text, answer.length);
	return *said ? 0 : err_set(err, ENOMEM, "out of memory");
}

/* One line of sensors.lua: name, tab, seconds. */
static void take_sensor_line(struct live_snapshot_redis *reader, struct live_snapshot *snapshot,
	const char *line, size_t length)
{
	static const struct health_summary nothing;
	size_t name_length = strcspn(line, "\t");
	char name[65], memory[1024];
	struct text text;

	if (name_length >= length || name_length >= sizeof(name) ||
		reader->sensor_count == SENSORS_MAX) {
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)name_length, line);
	reader->sensors[reader->sensor_count] = strdup(name);
	reader->sensor_count += reader->sensors[reader->sensor_count] != NULL;
	text_init(&text, memory, sizeof(memory));
	live_snapshot_put_sensor(&text, name, strtoull(line + name_length + 1, NULL, 10), &nothing);
	live_snapshot_take(snapshot, memory);
}

static int read_sensors(
	struct live_snapshot_redis *reader, struct live_snapshot *snapshot, struct err *err)
{
	const char *arguments[] = { NULL, NULL, NULL, "bf:1:sensors" };
	char *said;
	int status = ask(reader, SCRIPT_SENSORS, arguments, 4, &said, err);

	if (status < 0) {
		return status;
	}
	forget_sensors(reader);
	for (const char *line = said; *line;) {
		size_t length = strcspn(line, "\n");
		take_sensor_line(reader, snapshot, line, length);
		line += length + (line[length] != '\0');
	}
	free(said);
	return 0;
}

/* When it is, as live_snapshot.lua wants it. */
struct moment {
	char today[12], yesterday[12], slot[8], week[12], midnight[8], hour[16], hour_before[16];
};

static void put_day(char text[12], uint64_t time_ns)
{
	char date[11];

	clock_format_date(time_ns, date);
	snprintf(text, 12, "%.4s%.2s%.2s", date, date + 5, date + 8);
}

static void put_hour(char text[16], uint64_t time_ns)
{
	char day[12];

	put_day(day, time_ns);
	snprintf(text, 16, "%s%02u", day, (unsigned)(time_ns % DAY_NS / HOUR_NS));
}

static void set_moment(struct moment *moment, uint64_t now_ns)
{
	enum { THURSDAY = 3, DAYS_A_WEEK = 7, HOURS_A_DAY = 24 }; /* 1970 began on one */
	unsigned weekday = (unsigned)((now_ns / DAY_NS + THURSDAY) % DAYS_A_WEEK);

	put_day(moment->today, now_ns);
	put_day(moment->yesterday, now_ns - DAY_NS);
	put_day(moment->week, now_ns - weekday * DAY_NS);
	put_hour(moment->hour, now_ns);
	put_hour(moment->hour_before, now_ns - HOUR_NS);
	snprintf(moment->slot, sizeof(moment->slot), "%u", (unsigned)(now_ns % DAY_NS / SLOT_NS));
	snprintf(moment->midnight, sizeof(moment->midnight), "%u", weekday * HOURS_A_DAY);
}

/* A line "name ID NAME" is for us and becomes an empty one; all others are the snapshot's. */
static void take_names(struct live_snapshot_redis *reader, char *text)
{
	for (char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		if (strncmp(line, "name\t", 5) == 0) {
			struct series_name *name = &reader->names[reader->name_count];
			bool has_room = reader->name_count < NAMES_MAX;
			reader->name_count +=
				has_room && sscanf(line, "name\t%15[^\t\n]\t%63[^\t\n]", name->id,
						    name->name) == 2;
			memset(line, '\n', length);
		}
		line += length + (line[length] != '\0');
	}
}

static int read_sensor(struct live_snapshot_redis *reader, struct live_snapshot *snapshot,
	unsigned place, const struct moment *moment, unsigned dimensions, struct err *err)
{
	const char *arguments[ARGUMENTS_BEFORE + DIMENSION_COUNT] = { NULL, NULL, NULL, NULL,
		moment->today, moment->yesterday, moment->slot, moment->week, moment->midnight,
		moment->hour, moment->hour_before };
	size_t count = ARGUMENTS_BEFORE;
	char key[KEY_BYTES], *said;

	snprintf(key, sizeof(key), "bf:1:{%s}:health", reader->sensors[place]);
	arguments[3] = key;
	for (unsigned i = 0; i < DIMENSION_COUNT; i++) {
		if (dimensions >> i & 1) {
			arguments[count++] = dimension_name(i);
		}
	}
	int status = ask(reader, SCRIPT_PICTURE, arguments, count, &said, err);
	if (status < 0) {
		return status;
	}
	char *rest = strchr(said, '\n');
	if (rest) {
		*rest++ = '\0';
		health_summary_parse(&snapshot->sensors[place].health_summary, said);
		take_names(reader, rest);
		live_snapshot_take(snapshot, rest);
	}
	free(said);
	return 0;
}

/* How many devices stand behind a row today, over all sensors. */
static int count_devices(struct live_snapshot_redis *reader, struct live_snapshot_row *row,
	const struct moment *moment, unsigned first, unsigned count, struct err *err)
{
	const char *arguments[SENSORS_MAX + 1] = { "PFCOUNT" };
	struct redis_answer answer;
	char *keys = malloc((size_t)count * KEY_BYTES);

	if (!keys) {
		return err_set(err, ENOMEM, "out of memory");
	}
	for (unsigned i = 0; i < count; i++) {
		char *key = keys + (size_t)i * KEY_BYTES;
		snprintf(key, KEY_BYTES, "bf:1:{%s}:dev:%s:%s:%s", reader->sensors[first + i],
			dimension_name(row->dimension), row->series, moment->today);
		arguments[1 + i] = key;
	}
	int status = redis_command(reader->redis, 1 + count, arguments, NULL, &answer, err);
	if (status == 0 && (uint64_t)answer.number > row->devices) {
		row->devices = (uint64_t)answer.number;
	}
	free(keys);
	return status;
}

static int count_row(struct live_snapshot_redis *reader, struct live_snapshot_row *row,
	const struct moment *moment, struct err *err)
{
	int status = count_devices(reader, row, moment, 0, reader->sensor_count, err);

	/* Keys on several nodes, or a server that would not have them together. */
	if (status == -EPROTO || status == -EXDEV) {
		status = 0;
		for (unsigned i = 0; i < reader->sensor_count && status == 0; i++) {
			status = count_devices(reader, row, moment, i, 1, err);
		}
	}
	return status;
}

static int compare_rows(const void *left, const void *right)
{
	const struct live_snapshot_row *a = left, *b = right;
	uint64_t a_bytes = a->up[LIVE_SNAPSHOT_DAY] + a->down[LIVE_SNAPSHOT_DAY];
	uint64_t b_bytes = b->up[LIVE_SNAPSHOT_DAY] + b->down[LIVE_SNAPSHOT_DAY];

	if (a->dimension != b->dimension) {
		return a->dimension < b->dimension ? -1 : 1;
	}
	return a_bytes > b_bytes ? -1 : a_bytes < b_bytes;
}

static int count_all(struct live_snapshot_redis *reader, struct live_snapshot *snapshot,
	const struct moment *moment, struct err *err)
{
	unsigned counted[DIMENSION_COUNT] = { 0 };
	int status = 0;

	if (snapshot->row_count > 0) {
		qsort(snapshot->rows, snapshot->row_count, sizeof(*snapshot->rows), compare_rows);
	}
	for (size_t i = 0; i < snapshot->row_count && status == 0; i++) {
		struct live_snapshot_row *row = &snapshot->rows[i];
		if (counted[row->dimension]++ < COUNTED_MAX) {
			status = count_row(reader, row, moment, err);
		}
	}
	return status;
}

static const char *find_name(const struct live_snapshot_redis *reader, const char *id)
{
	for (unsigned i = 0; i < reader->name_count; i++) {
		if (strcmp(reader->names[i].id, id) == 0) {
			return reader->names[i].name;
		}
	}
	return NULL;
}

/* "u1a2b3c4d" and "tiktok@u1a2b3c4d" become words. */
static void resolve(const struct live_snapshot_redis *reader, struct live_snapshot_row *row)
{
	bool is_pair = row->dimension == DIMENSION_APP_UNIT;
	char *at = is_pair ? strchr(row->series, '@') : NULL;
	char *id = at ? at + 1 : row->series;
	const char *name =
		is_pair || row->dimension == DIMENSION_UNIT || row->dimension == DIMENSION_CLASS
			? find_name(reader, id)
			: NULL;

	if (name) {
		snprintf(id, sizeof(row->series) - (size_t)(id - row->series), "%s", name);
	}
}

static int read_alerts(
	struct live_snapshot_redis *reader, struct live_snapshot *snapshot, struct err *err)
{
	const char *arguments[] = { NULL, NULL, NULL, "bf:1:alerts", "300" };
	char *said;
	int status = ask(reader, SCRIPT_ALERTS, arguments, 5, &said, err);

	if (status == 0) {
		live_snapshot_take(snapshot, said);
		free(said);
	}
	return status;
}

int live_snapshot_redis_read(struct live_snapshot_redis *reader, struct live_snapshot *snapshot,
	uint64_t now_ns, unsigned dimensions, unsigned k, struct err *err)
{
	struct moment moment;
	int status;

	live_snapshot_clear(snapshot);
	snapshot->now_ns = now_ns;
	reader->name_count = 0;
	set_moment(&moment, now_ns);
	status = read_sensors(reader, snapshot, err);
	for (unsigned i = 0; i < reader->sensor_count && status == 0; i++) {
		status = read_sensor(reader, snapshot, i, &moment, dimensions, err);
	}
	if (status == 0) {
		status = count_all(reader, snapshot, &moment, err);
	}
	if (status == 0) {
		status = read_alerts(reader, snapshot, err);
	}
	if (status == 0) {
		live_snapshot_protect(snapshot, k);
		for (size_t i = 0; i < snapshot->row_count; i++) {
			resolve(reader, &snapshot->rows[i]);
		}
	}
	return status;
}
