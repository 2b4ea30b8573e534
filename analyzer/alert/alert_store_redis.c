/* Alerts in Redis: a hash each, bf:1:alert:ID; and by the letter that ids begin with a sorted set
 * of them, bf:1:alert:index:LETTER. The index is written first: an id without a hash is passed
 * over, a hash without an id would be lost. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/alert/alert_store.h"
#include "analyzer/redis/redis.h"
#include "base/clock.h"
#include "base/file.h"

enum { KEY_BYTES = 96, ARGUMENTS_MOST = 8 + 2 * ALERT_RECORD_FIELDS };

struct redis_store {
	struct alert_store store;
	struct redis *redis;
	char *write_script, *marks_script;
};

static struct redis_store *of(struct alert_store *store)
{
	return (struct redis_store *)store;
}

static int redis_read(
	struct alert_store *store, const char *id, struct alert_record *record, struct err *err)
{
	struct redis *redis = of(store)->redis;
	char key[KEY_BYTES];
	const char *arguments[] = { "HGETALL", key };
	struct redis_answer answer;

	alert_record_clear(record);
	snprintf(key, sizeof(key), "bf:1:alert:%s", id);
	int status = redis_ask_texts(redis, 2, 2, arguments, &answer, err);
	if (status == -EPROTO) { /* not of the kind that is asked for */
		status = err_set(err, EBADMSG, "Redis at %s: %s holds something else",
			redis_name(redis), key);
	}
	for (int64_t i = 0; status == 0 && i + 1 < answer.number; i += 2) {
		struct redis_answer name = redis_answer_item(&answer, (size_t)i);
		struct redis_answer value = redis_answer_item(&answer, (size_t)i + 1);
		if (strlen(name.text) >= ALERT_FIELD_NAME_BYTES) {
			status = err_set(err, EBADMSG, "Redis at %s: %s holds something else",
				redis_name(redis), key);
		} else {
			status = alert_record_set(record, name.text, value.text, err);
		}
	}
	if (status == 0 && record->count == 0) {
		return err_set(err, ENOENT, "there is no %s in Redis at %s", id, redis_name(redis));
	}
	return status;
}

static int put_into_index(
	struct redis_store *store, const char *id, uint64_t time_ns, struct err *err)
{
	char key[KEY_BYTES], score[24];
	const char *arguments[] = { "ZADD", key, "NX", score, id };
	struct redis_answer answer;

	snprintf(key, sizeof(key), "bf:1:alert:index:%c", id[0]);
	snprintf(score, sizeof(score), "%" PRIu64, time_ns / NS_PER_S);
	return redis_ask(store->redis, REDIS_NUMBER, 5, arguments, NULL, &answer, err);
}

static int redis_write(struct alert_store *store, const struct alert_change *change,
	uint64_t *revision, struct err *err)
{
	struct redis_store *redis = of(store);
	const char *arguments[ARGUMENTS_MOST];
	char key[KEY_BYTES], made_from[24] = "", time[24];
	struct redis_answer answer;
	size_t count = 0;

	int status = put_into_index(redis, change->id, change->time_ns, err);
	if (status < 0) {
		return status;
	}
	snprintf(key, sizeof(key), "bf:1:alert:%s", change->id);
	snprintf(time, sizeof(time), "%" PRIu64, change->time_ns);
	if (change->revision != ALERT_REVISION_ANY) {
		snprintf(made_from, sizeof(made_from), "%" PRIu64, change->revision);
	}
	arguments[count++] = "EVAL";
	arguments[count++] = redis->write_script;
	arguments[count++] = "1";
	arguments[count++] = key;
	arguments[count++] = made_from;
	arguments[count++] = change->replaces ? "1" : "0";
	arguments[count++] = time;
	for (unsigned i = 0; i < change->fields->count; i++) {
		arguments[count++] = change->fields->fields[i].name;
		arguments[count++] = change->fields->fields[i].value;
	}
	status = redis_ask(redis->redis, REDIS_NUMBER, count, arguments, NULL, &answer, err);
	if (status == 0 && answer.number < 0) {
		return err_set(err, ESTALE, "%s was changed in between", change->id);
	}
	*revision = status == 0 ? (uint64_t)answer.number : 0;
	return status;
}

static int redis_list(struct alert_store *store, char letter, char (**ids)[ALERT_STORE_ID_BYTES],
	size_t *count, struct err *err)
{
	char key[KEY_BYTES];
	const char *arguments[] = { "ZREVRANGE", key, "0", "-1" };
	struct redis_answer answer;

	*count = 0;
	snprintf(key, sizeof(key), "bf:1:alert:index:%c", letter);
	int status = redis_ask_texts(of(store)->redis, 1, 4, arguments, &answer, err);
	if (status < 0) {
		return status;
	}
	*ids = calloc((size_t)answer.number + 1, sizeof(**ids));
	if (!*ids) {
		return err_set(err, ENOMEM, "out of memory");
	}
	for (int64_t i = 0; i < answer.number; i++) {
		struct redis_answer id = redis_answer_item(&answer, (size_t)i);
		if (id.length < ALERT_STORE_ID_BYTES) {
			strcpy((*ids)[(*count)++], id.text);
		}
	}
	return 0;
}

static int redis_marks(struct alert_store *store, char letter, struct alert_mark **marks,
	size_t *count, struct err *err)
{
	char key[KEY_BYTES];
	const char *arguments[] = { "EVAL", of(store)->marks_script, "1", key };
	struct redis_answer answer;

	snprintf(key, sizeof(key), "bf:1:alert:index:%c", letter);
	int status = redis_ask_texts(of(store)->redis, 2, 4, arguments, &answer, err);
	if (status < 0) {
		return status;
	}
	*marks = calloc((size_t)answer.number / 2 + 1, sizeof(**marks));
	if (!*marks) {
		return err_set(err, ENOMEM, "out of memory");
	}
	for (int64_t i = 0; i + 1 < answer.number; i += 2) {
		struct redis_answer id = redis_answer_item(&answer, (size_t)i);
		struct redis_answer revision = redis_answer_item(&answer, (size_t)i + 1);
		if (id.length < ALERT_STORE_ID_BYTES) {
			struct alert_mark *mark = &(*marks)[(*count)++];
			strcpy(mark->id, id.text);
			mark->mark = strtoull(revision.text, NULL, 10);
		}
	}
	return 0;
}

static int read_script(const char *name, char **script, struct err *err)
{
	char path[PATH_MAX];
	int status = file_find_data(name, path, err);

	return status < 0 ? status : file_read(path, script, NULL, err);
}

static void redis_close_store(struct alert_store *store)
{
	redis_close(of(store)->redis);
	free(of(store)->write_script);
	free(of(store)->marks_script);
	free(store);
}

static const struct alert_store_ops redis_ops = {
	.name = "Redis",
	.close = redis_close_store,
	.read = redis_read,
	.write = redis_write,
	.list = redis_list,
	.marks = redis_marks,
};

int alert_store_open_redis(struct alert_store **store, const char *url, struct err *err)
{
	struct redis_store *opened = calloc(1, sizeof(*opened));

	if (!opened) {
		return err_set(err, ENOMEM, "Redis: out of memory");
	}
	opened->store.ops = &redis_ops;
	int status =
		read_script("analyzer/share/redis/alert_write.lua", &opened->write_script, err);
	if (status == 0) {
		status = read_script(
			"analyzer/share/redis/alert_marks.lua", &opened->marks_script, err);
	}
	if (status == 0) {
		status = redis_open(&opened->redis, url, REDIS_DEADLINE_MS, err);
	}
	if (status < 0) {
		redis_close_store(&opened->store);
		return status;
	}
	snprintf(opened->store.name, sizeof(opened->store.name), "Redis at %.140s",
		redis_name(opened->redis));
	*store = &opened->store;
	return 0;
}
