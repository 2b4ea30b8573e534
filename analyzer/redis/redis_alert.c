#include "analyzer/redis/redis_alert.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/redis/redis.h"
#include "base/clock.h"
#include "base/file.h"

enum { KEY_BYTES = 64 };

static int post(struct redis *redis, const struct redis_alert *alert, struct err *err)
{
	const char *arguments[] = { "XADD", "bf:1:alerts", "MAXLEN", "~", "100000", "*", "id",
		alert->id, "kind", alert->kind, "json", alert->json };
	struct redis_answer answer;

	return redis_ask(redis, REDIS_TEXT, sizeof(arguments) / sizeof(arguments[0]), arguments,
		NULL, &answer, err);
}

/* The index first: an id without a hash is passed over, a hash without an id would be lost. */
static int put_into_index(struct redis *redis, const struct redis_alert *alert, struct err *err)
{
	char score[24];
	const char *add[] = { "ZADD", "bf:1:alert:index:a", "NX", score, alert->id };
	struct redis_answer answer;

	snprintf(score, sizeof(score), "%" PRIu64, alert->time_ns / NS_PER_S);
	return redis_ask(redis, REDIS_NUMBER, 5, add, NULL, &answer, err);
}

/* The script is small, and alerts are few: it is read each time. */
static int remember(
	struct redis *redis, const struct redis_alert *alert, const char *key, struct err *err)
{
	char path[PATH_MAX], number[24], *script;
	struct redis_answer answer;

	int status = file_find_data("analyzer/share/redis/alert_post.lua", path, err);
	if (status == 0) {
		status = file_read(path, &script, NULL, err);
	}
	if (status == 0) {
		status = put_into_index(redis, alert, err);
		const char *arguments[] = { "EVAL", script, "1", key, alert->kind, alert->json,
			alert->said, alert->digest, alert->state, alert->suppression, number };
		snprintf(number, sizeof(number), "%" PRIu64, alert->time_ns);
		status = status < 0 ? status
				    : redis_ask(redis, REDIS_NUMBER,
					      sizeof(arguments) / sizeof(arguments[0]), arguments,
					      NULL, &answer, err);
		free(script);
	}
	return status;
}

/* Was exactly this posted before, or is only a tombstone left of it, which nothing wakes? */
static int is_known(struct redis *redis, const struct redis_alert *alert, const char *key,
	bool *known, struct err *err)
{
	const char *get[] = { "HMGET", key, "posted", "erased" };
	struct redis_answer answer;
	int status = redis_ask(redis, REDIS_LIST, 4, get, NULL, &answer, err);

	if (status == 0 && answer.number != 2) {
		return err_set(err, EPROTO,
			"Redis at %s answered HMGET with %" PRId64 " values where 2 were expected",
			redis_name(redis), answer.number);
	}
	if (status == 0) {
		struct redis_answer posted = redis_answer_item(&answer, 0);
		struct redis_answer erased = redis_answer_item(&answer, 1);
		*known = erased.kind == REDIS_TEXT ||
			 (posted.kind == REDIS_TEXT && strcmp(posted.text, alert->digest) == 0);
	}
	return status;
}

int redis_alert_post(struct redis *redis, const struct redis_alert *alert, struct err *err)
{
	char key[KEY_BYTES];
	bool known = false;

	snprintf(key, sizeof(key), "bf:1:alert:%s", alert->id);
	int status = is_known(redis, alert, key, &known, err);
	if (status < 0 || known) {
		return status;
	}
	status = post(redis, alert, err);
	return status < 0 ? status : remember(redis, alert, key, err);
}
