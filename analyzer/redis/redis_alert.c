#include "analyzer/redis/redis_alert.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/redis/redis.h"

enum { KEY_BYTES = 64 };

static int post(struct redis *redis, const struct redis_alert *alert, struct err *err)
{
	const char *arguments[] = { "XADD", "bf:1:alerts", "MAXLEN", "~", "100000", "*", "id",
		alert->id, "kind", alert->kind, "json", alert->json };
	struct redis_answer answer;

	return redis_ask(redis, REDIS_TEXT, sizeof(arguments) / sizeof(arguments[0]), arguments,
		NULL, &answer, err);
}

/* rev counts every change of the hash, ours and people's. */
static int remember(
	struct redis *redis, const struct redis_alert *alert, const char *key, struct err *err)
{
	const char *set[] = { "HSET", key, "kind", alert->kind, "json", alert->json, "posted",
		alert->digest };
	const char *state[] = { "HSETNX", key, "state", "new" };
	const char *revision[] = { "HINCRBY", key, "rev", "1" };
	struct redis_answer answer;
	int status = redis_ask(redis, REDIS_NUMBER, 8, set, NULL, &answer, err);

	if (status == 0) {
		status = redis_ask(redis, REDIS_NUMBER, 4, state, NULL, &answer, err);
	}
	if (status == 0) {
		status = redis_ask(redis, REDIS_NUMBER, 4, revision, NULL, &answer, err);
	}
	return status;
}

int redis_alert_post(struct redis *redis, const struct redis_alert *alert, struct err *err)
{
	char key[KEY_BYTES];
	const char *get[] = { "HGET", key, "posted" };
	struct redis_answer answer;

	snprintf(key, sizeof(key), "bf:1:alert:%s", alert->id);
	/* Nothing, where it was never posted. */
	int status = redis_command(redis, 3, get, NULL, &answer, err);
	if (status == 0 && answer.kind != REDIS_NIL && answer.kind != REDIS_TEXT) {
		return err_set(
			err, EPROTO, "Redis at %s answered HGET with no text", redis_name(redis));
	}
	if (status < 0 || (answer.kind == REDIS_TEXT && strcmp(answer.text, alert->digest) == 0)) {
		return status;
	}
	status = post(redis, alert, err);
	return status < 0 ? status : remember(redis, alert, key, err);
}
