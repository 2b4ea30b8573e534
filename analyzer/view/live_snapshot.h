/* Live snapshot: what one sensor or many see just now, as a reader shows it. Sums by dimension and
 * series over three windows, sensors with their health summary, alerts.
 *
 * It travels as text, a line a fact, fields separated by tabs; that is what a sensor says at its
 * socket (live_counters.h) and what a script reads out of Redis (live_snapshot_redis.h). Lines of
 * several sensors are taken into one snapshot, where rows of the same series add up.
 *
 *     snapshot  SENSOR  NOW_NS  K
 *     sensor   NAME    SILENT_S  PULSE
 *     row      DIMENSION  SERIES  DEVICES  UP DOWN  UP DOWN  UP DOWN      "-": not said
 *     alert    ID  KIND  TIME_NS  SENTENCE
 *
 * Small groups are protected (live_protect.h) before a sensor says anything.
 *
 * Memory   grows with what is taken, up to LIVE_SNAPSHOT_ROWS_MAX rows; more are counted.
 * Threads  one at a time.
 * Failure  a line that is none is passed over and counted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/engine/health_summary.h"
#include "analyzer/rollup/series.h"

enum {
	LIVE_SNAPSHOT_ROWS_MAX = 20000,
	LIVE_SNAPSHOT_SENSORS_MAX = 4096,
	LIVE_SNAPSHOT_ALERTS_MAX = 100,
	LIVE_SNAPSHOT_NAME_MAX = 95,
	LIVE_SNAPSHOT_SENTENCE_MAX = 255
};

/* What a row sums over: the slot that runs and the whole one before it; twelve whole slots and the
 * one that runs; the day (UTC) so far. A flow's bytes come when it ends or its slot is over. */
enum live_snapshot_window {
	LIVE_SNAPSHOT_RECENT,
	LIVE_SNAPSHOT_HOUR,
	LIVE_SNAPSHOT_DAY,
	LIVE_SNAPSHOT_WINDOW_COUNT
};

enum { LIVE_SNAPSHOT_HOUR_SLOTS = 13 };

/* How long a window is at that time. */
uint64_t live_snapshot_window_ns(enum live_snapshot_window window, uint64_t now_ns);

struct live_row;
struct live_snapshot_row {
	char series[LIVE_SNAPSHOT_NAME_MAX +
		    1];    /* app id, unit, country code, zone; "" fewer than k */
	uint8_t dimension; /* enum dimension */
	uint32_t hash;     /* of series: rows are found by it first */
	uint64_t devices;  /* of ours, today; 0: fewer than k */
	uint64_t up[LIVE_SNAPSHOT_WINDOW_COUNT], down[LIVE_SNAPSHOT_WINDOW_COUNT];
	bool is_hidden[LIVE_SNAPSHOT_WINDOW_COUNT]; /* not to be said of this part of the body */
	const struct live_row *live;                /* of the sensor itself; NULL: read */
};

struct live_snapshot_sensor {
	char name[65];
	uint64_t silent_s; /* since it last showed itself */
	struct health_summary health_summary;
};

struct live_snapshot_alert {
	char id[18], kind[32];
	uint64_t time_ns;
	char sentence[LIVE_SNAPSHOT_SENTENCE_MAX + 1];
};

struct live_snapshot {
	uint64_t now_ns;
	unsigned group_minimum; /* the largest k of all sensors */
	size_t row_count, row_capacity, sensor_count, sensor_capacity, alert_count;
	struct live_snapshot_row *rows;
	struct live_snapshot_sensor *sensors;
	struct live_snapshot_alert alerts[LIVE_SNAPSHOT_ALERTS_MAX];
	uint64_t rows_missed, lines_refused;
};

void live_snapshot_init(struct live_snapshot *snapshot);
void live_snapshot_deinit(struct live_snapshot *snapshot);
void live_snapshot_clear(struct live_snapshot *snapshot); /* keeps its memory */

/* The row of that series, made on first sight; live_snapshot_add_row() when it is known to be new.
 * NULL where there is no room. */
struct live_snapshot_row *live_snapshot_row(
	struct live_snapshot *snapshot, unsigned dimension, const char *series);
struct live_snapshot_row *live_snapshot_add_row(
	struct live_snapshot *snapshot, unsigned dimension, const char *series);

/* Takes lines; text is changed. */
void live_snapshot_take(struct live_snapshot *snapshot, char *text);

void live_snapshot_put_row(struct text *text, const struct live_snapshot_row *row);
void live_snapshot_put_sensor(struct text *text, const char *name, uint64_t silent_s,
	const struct health_summary *health_summary);
void live_snapshot_put_alert(struct text *text, const struct live_snapshot_alert *alert);
