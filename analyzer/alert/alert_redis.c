/* Alerts in Redis: the stream bf:1:alerts for whoever waits for them, and one hash an alert that
 * keeps its state.
 *
 * The hash remembers the digest of what was last posted, so that the same alert again (the same
 * file analysed twice) adds nothing, and what people wrote (state, owner, notes) is never touched.
 * The stream is written before the hash: should the connection break between the two, a reader sees
 * the alert twice with one id, never not at all. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/alert/alert.h"
#include "analyzer/digest.h"
#include "analyzer/store/redis.h"
#include "base/text.h"

enum { DIGEST_TEXT = 2 * DIGEST_SHA256_BYTES };

struct alert_output {
	struct redis *redis;
	const struct lexicon *lexicon;
	struct text json;
};

static int redis_alerts_open(struct alert_output **output, const char *target,
	const struct lexicon *lexicon, struct err *err)
{
	struct alert_output *opened = calloc(1, sizeof(*opened));
	int status;

	if (!opened) {
		return err_set(err, ENOMEM, "Redis: out of memory");
	}
	status = redis_open(&opened->redis, target, REDIS_DEADLINE_MS, err);
	if (status < 0) {
		free(opened);
		return status;
	}
	opened->lexicon = lexicon;
	text_init_heap(&opened->json);
	*output = opened;
	return 0;
}

static int post(
	struct alert_output *output, const struct alert *alert, const char *id, struct err *err)
{
	const char *arguments[] = { "XADD", "bf:1:alerts", "MAXLEN", "~", "100000", "*", "id", id,
		"kind", alert_kind_name(alert->kind), "json", output->json.at };
	struct redis_answer answer;

	return redis_command(output->redis, sizeof(arguments) / sizeof(arguments[0]), arguments,
		NULL, &answer, err);
}

/* rev counts every change of the hash, ours and people's. */
static int remember(struct alert_output *output, const struct alert *alert, const char *key,
	const char *digest, struct err *err)
{
	const char *set[] = { "HSET", key, "kind", alert_kind_name(alert->kind), "json",
		output->json.at, "posted", digest };
	const char *state[] = { "HSETNX", key, "state", "new" };
	const char *revision[] = { "HINCRBY", key, "rev", "1" };
	struct redis_answer answer;
	int status = redis_command(output->redis, 8, set, NULL, &answer, err);

	if (status == 0) {
		status = redis_command(output->redis, 4, state, NULL, &answer, err);
	}
	if (status == 0) {
		status = redis_command(output->redis, 4, revision, NULL, &answer, err);
	}
	return status;
}

static int redis_alerts_write(
	struct alert_output *output, const struct alert *alert, struct err *err)
{
	uint8_t digest[DIGEST_SHA256_BYTES];
	char digest_text[DIGEST_TEXT + 1], id[17], key[32];
	const char *get[] = { "HGET", key, "posted" };
	struct redis_answer answer;
	int status;

	text_clear(&output->json);
	alert_put_json(&output->json, alert, output->lexicon);
	if (output->json.truncated) {
		return err_set(err, ENOMEM, "Redis: out of memory");
	}
	digest_sha256(output->json.at, output->json.length, digest);
	digest_hex(digest, sizeof(digest), digest_text);
	snprintf(id, sizeof(id), "%016" PRIx64, alert->id);
	snprintf(key, sizeof(key), "bf:1:alert:%s", id);
	status = redis_command(output->redis, 3, get, NULL, &answer, err);
	if (status < 0 || (answer.kind == REDIS_TEXT && strcmp(answer.text, digest_text) == 0)) {
		return status;
	}
	status = post(output, alert, id, err);
	return status < 0 ? status : remember(output, alert, key, digest_text, err);
}

static int redis_alerts_close(struct alert_output *output, struct err *err)
{
	(void)err;
	redis_close(output->redis);
	text_deinit(&output->json);
	free(output);
	return 0;
}

const struct alert_output_ops alert_output_redis = {
	.name = "redis",
	.open = redis_alerts_open,
	.write = redis_alerts_write,
	.close = redis_alerts_close,
};
