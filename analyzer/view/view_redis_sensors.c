/* Sensors that feed one Redis: who showed itself, and how it is. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/redis/redis.h"
#include "analyzer/view/view_redis.h"
#include "analyzer/view/view_text.h"
#include "base/clock.h"

enum { SENSORS_MAX = 10000, KEY_MAX = 96 };

/* The server's clock, by which sensors promise. */
static int read_time(struct redis *redis, uint64_t *now_s, struct err *err)
{
	const char *arguments[] = { "TIME" };
	struct redis_answer answer;
	int status = redis_ask_texts(redis, 2, 1, arguments, &answer, err);

	if (status == 0) {
		*now_s = strtoull(redis_answer_item(&answer, 0).text, NULL, 10);
	}
	return status;
}

static int read_names(struct view_backend *backend, struct view_sensors *sensors, struct err *err)
{
	const char *arguments[] = { "ZRANGE", "bf:1:sensors", "0", "-1", "WITHSCORES" };
	struct redis_answer answer;
	uint64_t now_s = 0;
	int status = read_time(backend->redis, &now_s, err);

	if (status == 0) {
		status = redis_ask_texts(backend->redis, 2, 5, arguments, &answer, err);
	}
	if (status < 0) {
		return status;
	}
	size_t count =
		(size_t)answer.number / 2 < SENSORS_MAX ? (size_t)answer.number / 2 : SENSORS_MAX;
	sensors->sensors = calloc(count + 1, sizeof(*sensors->sensors));
	if (!sensors->sensors) {
		return err_set(err, ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < count; i++) {
		struct redis_answer name = redis_answer_item(&answer, 2 * i);
		struct redis_answer due = redis_answer_item(&answer, 2 * i + 1);
		uint64_t due_s = strtoull(due.text, NULL, 10);
		struct view_sensor *sensor = &sensors->sensors[sensors->count++];
		snprintf(sensor->name, sizeof(sensor->name), "%s", name.text);
		sensor->silent_s = now_s > due_s ? now_s - due_s : 0;
	}
	return 0;
}

/* "name number name number …", as a health summary is read. */
static int read_health(struct view_backend *backend, struct view_sensor *sensor, struct err *err)
{
	char key[KEY_MAX];
	const char *arguments[] = { "HGETALL", key };
	struct redis_answer answer;
	struct text line;

	snprintf(key, sizeof(key), "bf:1:{%s}:health", sensor->name);
	int status = redis_ask_texts(backend->redis, 2, 2, arguments, &answer, err);
	if (status < 0) {
		return status;
	}
	text_init_heap(&line);
	for (size_t i = 0; i < (size_t)answer.number; i++) {
		text_put(&line, i ? " " : "");
		text_put(&line, redis_answer_item(&answer, i).text);
	}
	if (line.at && line.length) {
		health_summary_parse(&sensor->health, line.at);
	}
	text_deinit(&line);
	return 0;
}

int view_redis_ask_sensors(
	struct view_backend *backend, struct view_sensors *sensors, struct err *err)
{
	int status = read_names(backend, sensors, err);

	for (size_t i = 0; i < sensors->count && status == 0; i++) {
		status = read_health(backend, &sensors->sensors[i], err);
	}
	if (status < 0) {
		view_sensors_free(sensors);
	}
	return status;
}

int view_redis_ask_notices(
	struct view_backend *backend, struct view_notices *notices, struct err *err)
{
	const char *arguments[] = { "EVAL_RO", backend->alerts, "1", "bf:1:alerts", "300" };
	struct redis_answer answer;
	int status = redis_ask(backend->redis, REDIS_TEXT, 5, arguments, NULL, &answer, err);

	if (status < 0) {
		return status;
	}
	char *text = strndup(answer.text, answer.length);
	if (!text) {
		return err_set(err, ENOMEM, "out of memory");
	}
	status = view_read_notices(text, notices, err);
	free(text);
	return status;
}
