#include "analyzer/redis/redis_function.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/redis/redis.h"
#include "base/file.h"

enum { NUMBER_BYTES = 24 };

/* Both change when batches of the old form would be misread. */
static const char library_name[] = "borderflow_4", function_name[] = "borderflow_apply_4";

static const char sensor_letters[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

struct redis_function {
	struct redis *redis;
	char *code;
	size_t code_length;
	char cursor[2 * REDIS_SENSOR_MAX + 32];
	bool is_checked; /* the text on the server */
};

int redis_function_check_sensor(const char *sensor, struct err *err)
{
	if (!sensor || sensor[0] == '\0' || strlen(sensor) > REDIS_SENSOR_MAX ||
		strspn(sensor, sensor_letters) != strlen(sensor)) {
		return err_set(err, EINVAL,
			"Redis: a sensor's name has 1 to %d letters, digits, dots, dashes and "
			"underscores; found \"%.80s\"",
			REDIS_SENSOR_MAX, sensor ? sensor : "");
	}
	return 0;
}

static void put_cursor(struct redis_function *function, const char *sensor, const char *tenant)
{
	if (tenant) {
		snprintf(function->cursor, sizeof(function->cursor), "bf:1:{all:%s}:seq:%s", tenant,
			sensor);
	} else {
		snprintf(function->cursor, sizeof(function->cursor), "bf:1:{%s}:seq", sensor);
	}
}

int redis_function_open(struct redis_function **function, struct redis *redis, const char *sensor,
	const char *tenant, struct err *err)
{
	struct redis_function *opened = calloc(1, sizeof(*opened));
	char path[PATH_MAX];
	int status;

	*function = NULL;
	if (!opened) {
		return err_set(err, ENOMEM, "Redis: out of memory");
	}
	opened->redis = redis;
	status = redis_function_check_sensor(sensor, err);
	if (status == 0 && tenant) {
		status = redis_function_check_sensor(tenant, err);
	}
	if (status == 0) {
		put_cursor(opened, sensor, tenant);
		status = file_find_data("analyzer/share/redis/borderflow.lua", path, err);
	}
	if (status == 0) {
		status = file_read(path, &opened->code, &opened->code_length, err);
	}
	if (status < 0) {
		redis_function_close(opened);
		return status;
	}
	*function = opened;
	return 0;
}

void redis_function_close(struct redis_function *function)
{
	if (function) {
		free(function->code);
		free(function);
	}
}

const char *redis_function_cursor_key(const struct redis_function *function)
{
	return function->cursor;
}

static void copy_answer(char *to, size_t room, const struct redis_answer *answer)
{
	snprintf(to, room, "%s", answer->kind == REDIS_TEXT ? answer->text : "");
}

int redis_function_read_cursor(
	struct redis_function *function, struct redis_cursor *cursor, struct err *err)
{
	const char *arguments[] = { "HMGET", function->cursor, "epoch", "seq", "digest" };
	struct redis_answer answer;
	int status = redis_ask(function->redis, REDIS_LIST, 5, arguments, NULL, &answer, err);

	if (status == 0 && answer.number != 3) {
		return err_set(err, EPROTO,
			"Redis at %s answered HMGET with %" PRId64 " values where 3 were expected",
			redis_name(function->redis), answer.number);
	}
	if (status == 0) {
		struct redis_answer epoch = redis_answer_item(&answer, 0);
		struct redis_answer number = redis_answer_item(&answer, 1);
		struct redis_answer digest = redis_answer_item(&answer, 2);
		*cursor = (struct redis_cursor){ .is_there = digest.kind == REDIS_TEXT,
			.number = strtoull(number.text, NULL, 10) };
		copy_answer(cursor->epoch, sizeof(cursor->epoch), &epoch);
		copy_answer(cursor->digest, sizeof(cursor->digest), &digest);
	}
	return status;
}

int redis_function_load(struct redis_function *function, struct err *err)
{
	return redis_load_library(function->redis, function->cursor, library_name, function->code,
		function->code_length, err);
}

/* A user without the right to look is one for whom somebody else loaded the function. */
static int check_library(struct redis_function *function, struct err *err)
{
	int status = function->is_checked ? 0 : redis_function_load(function, err);

	if (status == 0 || status == -EACCES) {
		function->is_checked = true;
		return 0;
	}
	return status;
}

/* A sensor need not have the right: whoever may load functions writes what all sensors run. */
static int load_missing(struct redis_function *function, struct err *err)
{
	int status = redis_function_load(function, err);

	if (status == -EACCES) {
		return err_set(err, EACCES,
			"Redis at %s lacks the function %s, and this user may not load it; as one "
			"who may: redis-cli -x FUNCTION LOAD REPLACE <share/redis/borderflow.lua",
			redis_name(function->redis), function_name);
	}
	return status;
}

int redis_function_apply(struct redis_function *function, const struct redis_batch *batch,
	enum redis_outcome *outcome, uint64_t *keys_refused, struct err *err)
{
	char number[NUMBER_BYTES], time[NUMBER_BYTES];
	const char *arguments[] = { "FCALL", function_name, "1", function->cursor, batch->epoch,
		number, batch->before, batch->after, time, batch->bytes };
	enum { COUNT = sizeof(arguments) / sizeof(arguments[0]) };
	size_t lengths[COUNT];
	struct redis_answer answer = { .number = 0 };
	int status = check_library(function, err);

	if (status < 0) {
		return status;
	}
	snprintf(number, sizeof(number), "%" PRIu64, batch->number);
	snprintf(time, sizeof(time), "%" PRIu64, batch->time_ns);
	for (size_t i = 0; i < COUNT; i++) {
		lengths[i] = strlen(arguments[i]);
	}
	lengths[COUNT - 1] = batch->length;
	status = redis_ask(function->redis, REDIS_NUMBER, COUNT, arguments, lengths, &answer, err);
	if (status == -ENOSYS) {
		status = load_missing(function, err);
		status = status < 0 ? status
				    : redis_ask(function->redis, REDIS_NUMBER, COUNT, arguments,
					      lengths, &answer, err);
	}
	*outcome = answer.number > 0    ? REDIS_APPLIED
		   : answer.number == 0 ? REDIS_APPLIED_BEFORE
					: REDIS_NOT_NEXT;
	*keys_refused = answer.number > 1 ? (uint64_t)answer.number - 1 : 0;
	return status;
}
