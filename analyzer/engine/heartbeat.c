#include "analyzer/engine/heartbeat.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive_head.h"
#include "analyzer/redis/redis.h"
#include "analyzer/redis/redis_function.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

enum {
	NAME_BYTES = 80,
	REDIS_KEY_BYTES = 128,
	NUMBER_BYTES = 24,
	DEADLINE_MS = 2000, /* of one answer: how long taking leave may hold up the end */
	SERIES_EVERY = 10,  /* beats: what is shared by them changes slowly */
	SERIES_KEPT_S = 2 * 86400,
};

/* A sensor that was silent for so long is waited for no more. */
static const char forget_s[] = "2592000", health_kept_s[] = "172800";
static const char registry[] = "bf:1:sensors";
static const char all_series[] = "bf:1:{all:" REDIS_TENANT "}:series";

struct heartbeat {
	struct heartbeat_options options;
	struct redis *redis;
	char *script;
	char name[NAME_BYTES], alive_key[REDIS_KEY_BYTES], health_key[REDIS_KEY_BYTES],
		promise_s[NUMBER_BYTES];
	unsigned beats;
	struct output_state state; /* the thread's; written under the lock */
	pthread_t thread;
	pthread_mutex_t lock; /* guards stop and state */
	pthread_cond_t wake;
	bool stop, is_started;
};

static int command(struct heartbeat *heartbeat, enum redis_answer_kind kind, size_t count,
	const char *const *arguments, struct redis_answer *answer, struct err *err)
{
	struct redis_answer unread;

	return redis_ask(
		heartbeat->redis, kind, count, arguments, NULL, answer ? answer : &unread, err);
}

/* Where the archive ends, so that it cannot be written anew on the sensor alone without being found
 * out. */
static int post_head(struct heartbeat *heartbeat, struct err *err)
{
	char anchor[ARCHIVE_ANCHOR_BYTES];
	const char *set[] = { "HSET", heartbeat->health_key, "archive_head", anchor };
	struct archive_head head;

	if (!heartbeat->options.archive ||
		archive_head_read(heartbeat->options.archive, &head, NULL) < 0) {
		return 0; /* nothing was finished yet */
	}
	archive_head_anchor(&head, anchor);
	return command(heartbeat, REDIS_NUMBER, 4, set, NULL, err);
}

/* Of a list of names and values, "SERIES SECONDS": those that were said lately. */
static uint64_t sum_series(const struct redis_answer *answer, uint64_t now_s)
{
	uint64_t sum = 0, series, said_s;

	for (int64_t i = 1; i < answer->number; i += 2) {
		struct redis_answer value = redis_answer_item(answer, (size_t)i);
		if (value.kind == REDIS_TEXT &&
			sscanf(value.text, "%" SCNu64 " %" SCNu64, &series, &said_s) == 2 &&
			said_s + SERIES_KEPT_S >= now_s && series <= UINT32_MAX) {
			sum += series;
		}
	}
	return sum;
}

/* What this sensor follows, and what all of them do. */
static int share_series(struct heartbeat *heartbeat, uint64_t series, struct err *err)
{
	char value[2 * NUMBER_BYTES];
	const char *set[] = { "HSET", all_series, heartbeat->name, value };
	const char *get[] = { "HGETALL", all_series };
	uint64_t now_s = clock_now_ns() / NS_PER_S;
	struct redis_answer answer;

	if (heartbeat->beats++ % SERIES_EVERY != 0 || !heartbeat->options.hear_series) {
		return 0;
	}
	series = series < DETECTORS_SERIES_LEAST ? DETECTORS_SERIES_LEAST : series;
	snprintf(value, sizeof(value), "%" PRIu64 " %" PRIu64, series, now_s);
	int status = command(heartbeat, REDIS_NUMBER, 4, set, NULL, err);
	if (status == 0) {
		status = command(heartbeat, REDIS_LIST, 2, get, &answer, err);
	}
	if (status == 0) {
		heartbeat->options.hear_series(
			heartbeat->options.alerts, sum_series(&answer, now_s));
	}
	return status;
}

/* Says how the sensor is. */
static int post_health(struct heartbeat *heartbeat, struct err *err)
{
	const char *set[2 + 2 * HEALTH_SUMMARY_FIELD_COUNT] = { "HSET", heartbeat->health_key };
	const char *expire[] = { "EXPIRE", heartbeat->health_key, health_kept_s };
	char numbers[HEALTH_SUMMARY_FIELD_COUNT][NUMBER_BYTES];
	struct health_summary health_summary;

	heartbeat->options.read_health_summary(heartbeat->options.context, &health_summary);
	for (unsigned i = 0; i < HEALTH_SUMMARY_FIELD_COUNT; i++) {
		snprintf(numbers[i], NUMBER_BYTES, "%" PRIu64,
			health_summary_field(&health_summary, i));
		set[2 + 2 * i] = health_summary_field_name(i);
		set[3 + 2 * i] = numbers[i];
	}
	int status = command(heartbeat, REDIS_NUMBER, 2 + 2 * (size_t)HEALTH_SUMMARY_FIELD_COUNT,
		set, NULL, err);
	if (status == 0) {
		status = post_head(heartbeat, err);
	}
	if (status == 0) {
		status = share_series(heartbeat, health_summary.series, err);
	}
	return status < 0 ? status : command(heartbeat, REDIS_NUMBER, 3, expire, NULL, err);
}

/* Raises the alert about one silence, unless another sensor did: whoever claims its hash tells all
 * outputs of its own, Redis among them. */
static int raise(
	struct heartbeat *heartbeat, const char *sensor, const char *since, struct err *err)
{
	struct alert alert =
		alert_of_sensor(ALERT_SENSOR_SILENT, sensor, strtoull(since, NULL, 10) * NS_PER_S);
	char id[ALERT_ID_BYTES], key[REDIS_KEY_BYTES];
	struct redis_answer answer;

	alert_format_id(&alert, id);
	snprintf(key, sizeof(key), "bf:1:alert:%s", id);
	const char *claim[] = { "HSETNX", key, "kind", "sensor.silent" };
	int status = command(heartbeat, REDIS_NUMBER, 4, claim, &answer, err);
	if (status == 0 && answer.number != 0) {
		log_warning("sensor %s is silent", sensor);
		heartbeat->options.raise(heartbeat->options.alerts, &alert);
	}
	return status;
}

/* lines: name, tab, since when. */
static int raise_all(struct heartbeat *heartbeat, char *lines, struct err *err)
{
	int status = 0;

	for (char *line = lines; *line && status == 0;) {
		char *end = line + strcspn(line, "\n"),
		     *tab = memchr(line, '\t', (size_t)(end - line));
		char *next = *end ? end + 1 : end;
		*end = '\0';
		if (tab && (size_t)(tab - line) < NAME_BYTES && end - tab < NUMBER_BYTES) {
			*tab = '\0';
			status = raise(heartbeat, line, tab + 1, err);
		}
		line = next;
	}
	return status;
}

static int beat(struct heartbeat *heartbeat, struct err *err)
{
	const char *show[] = { "EVAL", heartbeat->script, "1", registry, heartbeat->name,
		heartbeat->promise_s, forget_s };
	char now[NUMBER_BYTES];
	const char *alive[] = { "SET", heartbeat->alive_key, now, "EX", heartbeat->promise_s };
	struct redis_answer answer;
	int status = command(heartbeat, REDIS_TEXT, 7, show, &answer, err);

	if (status < 0) {
		return status;
	}
	char *silent = strndup(answer.text, answer.length);
	if (!silent) {
		return err_set(err, ENOMEM, "Redis: out of memory");
	}
	snprintf(now, sizeof(now), "%" PRIu64, clock_now_ns());
	status = command(heartbeat, REDIS_TEXT, 5, alive, NULL, err);
	if (status == 0) {
		status = post_health(heartbeat, err);
	}
	if (status == 0) {
		status = raise_all(heartbeat, silent, err);
	}
	free(silent);
	return status;
}

/* What was exported since the last beat is in what the sensor leaves behind. */
static void take_leave(struct heartbeat *heartbeat)
{
	const char *leave[] = { "ZREM", registry, heartbeat->name };
	const char *silence[] = { "DEL", heartbeat->alive_key };
	struct err err;

	if (post_health(heartbeat, &err) == 0 &&
		command(heartbeat, REDIS_NUMBER, 3, leave, NULL, &err) == 0) {
		command(heartbeat, REDIS_NUMBER, 2, silence, NULL, &err);
	}
}

/* Until it is time for the next beat; true when it is time to end. */
static bool wait_for_next(struct heartbeat *heartbeat)
{
	uint64_t due_ns = clock_monotonic_ns() + heartbeat->options.every_ns;
	struct timespec due = { (time_t)(due_ns / NS_PER_S), (long)(due_ns % NS_PER_S) };
	int status = 0;

	pthread_mutex_lock(&heartbeat->lock);
	while (!heartbeat->stop && status == 0) {
		status = pthread_cond_clockwait(
			&heartbeat->wake, &heartbeat->lock, CLOCK_MONOTONIC, &due);
	}
	bool stop = heartbeat->stop;
	pthread_mutex_unlock(&heartbeat->lock);
	return stop;
}

/* What became of a beat: said when it changes, and shown in health. */
static void note(struct heartbeat *heartbeat, int status, const struct err *err)
{
	struct output_state *state = &heartbeat->state;

	if (status < 0 && !state->is_failing) {
		log_warning("this sensor cannot show itself: %s", err->text);
	} else if (status == 0 && state->is_failing) {
		log_info("this sensor shows itself in Redis again");
	}
	pthread_mutex_lock(&heartbeat->lock);
	if (status < 0) {
		output_failed(state, status, err, clock_now_ns());
	} else {
		output_succeeded(state);
	}
	pthread_mutex_unlock(&heartbeat->lock);
}

static void *run(void *argument)
{
	struct heartbeat *heartbeat = argument;
	bool is_over = false;

	while (!is_over) {
		struct err err;
		note(heartbeat, beat(heartbeat, &err), &err);
		is_over = wait_for_next(heartbeat);
	}
	if (!heartbeat->state.is_failing) {
		take_leave(heartbeat);
	}
	return NULL;
}

static int prepare(struct heartbeat *heartbeat, struct err *err)
{
	const struct heartbeat_options *options = &heartbeat->options;
	uint64_t promise_s = HEARTBEAT_PROMISE * options->every_ns / NS_PER_S;
	char path[PATH_MAX];
	int status = redis_open(&heartbeat->redis, options->url, DEADLINE_MS, err);

	snprintf(heartbeat->name, sizeof(heartbeat->name), "%s", options->sensor);
	snprintf(heartbeat->alive_key, REDIS_KEY_BYTES, "bf:1:{%s}:hb", heartbeat->name);
	snprintf(heartbeat->health_key, REDIS_KEY_BYTES, "bf:1:{%s}:health", heartbeat->name);
	snprintf(heartbeat->promise_s, NUMBER_BYTES, "%" PRIu64, promise_s ? promise_s : 1);
	if (status == 0) {
		status = file_find_data("analyzer/share/redis/heartbeat.lua", path, err);
	}
	return status < 0 ? status : file_read(path, &heartbeat->script, NULL, err);
}

int heartbeat_open(
	struct heartbeat **heartbeat, const struct heartbeat_options *options, struct err *err)
{
	struct heartbeat *opened = calloc(1, sizeof(*opened));

	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	opened->options = *options;
	opened->state.name = "heartbeat";
	pthread_mutex_init(&opened->lock, NULL);
	pthread_cond_init(&opened->wake, NULL);
	int status = prepare(opened, err);
	if (status == 0) {
		int code = pthread_create(&opened->thread, NULL, run, opened);
		status = code ? err_set(err, code, "cannot start a thread: %s", strerror(code)) : 0;
	}
	if (status < 0) {
		heartbeat_close(opened);
		return status;
	}
	opened->is_started = true;
	pthread_setname_np(opened->thread, "heartbeat");
	*heartbeat = opened;
	return 0;
}

void heartbeat_read_output(struct heartbeat *heartbeat, struct output_state *state)
{
	pthread_mutex_lock(&heartbeat->lock);
	*state = heartbeat->state;
	pthread_mutex_unlock(&heartbeat->lock);
}

void heartbeat_close(struct heartbeat *heartbeat)
{
	if (!heartbeat) {
		return;
	}
	pthread_mutex_lock(&heartbeat->lock);
	heartbeat->stop = true;
	pthread_cond_signal(&heartbeat->wake);
	pthread_mutex_unlock(&heartbeat->lock);
	if (heartbeat->is_started) {
		pthread_join(heartbeat->thread, NULL);
	}
	redis_close(heartbeat->redis);
	free(heartbeat->script);
	pthread_cond_destroy(&heartbeat->wake);
	pthread_mutex_destroy(&heartbeat->lock);
	free(heartbeat);
}
