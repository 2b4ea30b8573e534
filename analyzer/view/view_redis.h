/* Inside the view: what the parts of its Redis backend share. */
#pragma once

#include "analyzer/rollup/series.h"
#include "analyzer/view/view_parts.h"
#include "base/clock.h"

enum {
	REDIS_NAMES_MAX = 4096,
	REDIS_DAYS = 35,
	REDIS_KEY_BYTES = 256,
	REDIS_RANGES_MAX = REDIS_DAYS + 2
};

/* How long devices are kept by slot (share/redis/borderflow.lua). */
#define REDIS_SLOT_DEVICES_NS (3 * UINT64_C(3600) * NS_PER_S)

/* A name behind an id in a series. */
struct view_redis_name {
	char id[16], name[96];
};

struct redis;

struct view_backend {
	struct redis *redis;
	char prefix[96]; /* "bf:1:{all:default}:" */
	char *script, *alerts;
	struct view_redis_name names[REDIS_NAMES_MAX];
	unsigned name_count;
};

int view_redis_ask_notices(
	struct view_backend *backend, struct view_notices *notices, struct err *err);
int view_redis_ask_sensors(
	struct view_backend *backend, struct view_sensors *sensors, struct err *err);

struct view_redis_range {
	char suffix[12];
	unsigned low, high;
	int64_t base; /* of field 0: fields since the beginning of the time */
};

/* Of which keys a time is made. */
struct view_redis_ranges {
	const char *kind; /* "m": slots of a day; "h": hours of a week */
	uint64_t field_ns, key_ns;
	unsigned count;
	struct view_redis_range items[REDIS_RANGES_MAX];
};

/* One question under way. */
struct view_redis_asking {
	struct view_backend *backend;
	const struct view_question *question;
	struct view_answer *answer;
	struct view_rows rows;
	enum dimension dimension;
	unsigned first;
	struct view_redis_ranges ranges;
	char **series;
	size_t series_count;
	int64_t latest; /* the last field that holds anything */
};

/* view_redis_time.c: "20260302" of a time; the keys of the time that the notes say. */
void view_redis_put_day(char text[12], uint64_t time_ns);
void view_redis_set_ranges(
	struct view_redis_ranges *ranges, const struct view_notes *notes, uint64_t step_ns);

/* view_redis_devices.c: fills in how many devices stand behind the total and the rows; and puts
 * groups together that are too small. */
int view_redis_count_rows(struct view_redis_asking *asking, uint64_t now_ns, struct err *err);
int view_redis_group_rows(
	struct view_redis_asking *asking, const struct view_access *access, struct err *err);
