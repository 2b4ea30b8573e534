/* The picture: what one sensor or many see just now, as a reader shows it. Sums by dimension and
 * series over three windows, sensors with their pulse, alerts.
 *
 * It travels as text, a line a fact, fields separated by tabs; that is what a sensor says at its
 * socket (board.h) and what a script reads out of Redis (picture_redis.h). Lines of several sensors
 * are taken into one picture, where rows of the same series add up.
 *
 *     picture  SENSOR  NOW_NS  K
 *     sensor   NAME    SILENT_S  PULSE
 *     row      DIMENSION  SERIES  DEVICES  UP DOWN  UP DOWN  UP DOWN
 *     alert    ID  KIND  TIME_NS  SENTENCE
 *
 * Series that fewer than K devices stand behind are one row without a name (picture_suppress); a
 * sensor does that before it says anything.
 *
 * Memory   grows with what is taken, up to PICTURE_ROWS_MAX rows; more are counted.
 * Threads  one at a time.
 * Failure  a line that is none is passed over and counted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/live/pulse.h"
#include "analyzer/meter/meter.h"

enum {
	PICTURE_ROWS_MAX = 20000,
	PICTURE_SENSORS_MAX = 4096,
	PICTURE_ALERTS_MAX = 100,
	PICTURE_NAME_MAX = 95,
	PICTURE_SENTENCE_MAX = 255
};

/* What a row sums over: the slot that runs and the whole one before it; twelve whole slots and the
 * one that runs; the day (UTC) so far. A flow's bytes come when it ends or its slot is over. */
enum picture_window { PICTURE_RECENT, PICTURE_HOUR, PICTURE_DAY, PICTURE_WINDOW_COUNT };

enum { PICTURE_HOUR_SLOTS = 13 };

/* How long a window is at that time. */
uint64_t picture_window_ns(enum picture_window window, uint64_t now_ns);

struct picture_row {
	char series[PICTURE_NAME_MAX + 1]; /* app id, unit, country code, zone; "" fewer than k */
	uint8_t dimension;                 /* enum meter_dimension */
	uint32_t hash;                     /* of series: rows are found by it first */
	uint64_t devices;                  /* of ours, today */
	uint64_t up[PICTURE_WINDOW_COUNT], down[PICTURE_WINDOW_COUNT];
};

struct picture_sensor {
	char name[65];
	uint64_t silent_s; /* since it last showed itself */
	struct pulse pulse;
};

struct picture_alert {
	char id[17], kind[32];
	uint64_t time_ns;
	char sentence[PICTURE_SENTENCE_MAX + 1];
};

struct picture {
	uint64_t now_ns;
	unsigned group_minimum; /* the largest k of all sensors */
	size_t row_count, row_capacity, sensor_count, sensor_capacity, alert_count;
	struct picture_row *rows;
	struct picture_sensor *sensors;
	struct picture_alert alerts[PICTURE_ALERTS_MAX];
	uint64_t rows_missed, lines_refused;
};

void picture_init(struct picture *picture);
void picture_deinit(struct picture *picture);
void picture_clear(struct picture *picture); /* keeps its memory */

/* The row of that series, made on first sight; picture_add_row() when it is known to be new. NULL
 * where there is no room. */
struct picture_row *picture_row(struct picture *picture, unsigned dimension, const char *series);
struct picture_row *picture_add_row(
	struct picture *picture, unsigned dimension, const char *series);

/* Takes lines; text is changed. */
void picture_take(struct picture *picture, char *text);

/* How rows of several sensors' devices were counted is the reader's affair (rows keep the most);
 * this puts together, dimension by dimension, whatever fewer than k devices stand behind. */
void picture_suppress(struct picture *picture, unsigned k);

void picture_put_row(struct text *text, const struct picture_row *row);
void picture_put_sensor(
	struct text *text, const char *name, uint64_t silent_s, const struct pulse *pulse);
void picture_put_alert(struct text *text, const struct picture_alert *alert);

/* The name of a dimension: "app", "server". */
const char *picture_dimension_name(unsigned dimension);
