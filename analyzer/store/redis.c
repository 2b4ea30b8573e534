#include "analyzer/store/redis.h"

#include <errno.h>
#include <hiredis.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyzer/store/redis_url.h"

struct redis {
	struct redis_url url;
	struct timeval deadline;
	redisContext *context; /* NULL: not connected */
	redisReply *reply;     /* of the last command */
	uint64_t connections;
};

int redis_open(struct redis **redis, const char *url, unsigned deadline_ms, struct err *err)
{
	struct redis *opened = calloc(1, sizeof(*opened));
	int status;

	*redis = NULL;
	if (!opened) {
		return err_set(err, ENOMEM, "Redis: out of memory");
	}
	status = redis_url_parse(&opened->url, url, err);
	if (status == 0) {
		status = redis_url_read_password(&opened->url, err);
	}
	if (status < 0) {
		free(opened);
		return status;
	}
	opened->deadline.tv_sec = deadline_ms / 1000;
	opened->deadline.tv_usec = deadline_ms % 1000 * 1000;
	*redis = opened;
	return 0;
}

static void drop_reply(struct redis *redis)
{
	if (redis->reply) {
		freeReplyObject(redis->reply);
		redis->reply = NULL;
	}
}

static void disconnect(struct redis *redis)
{
	drop_reply(redis);
	if (redis->context) {
		redisFree(redis->context);
		redis->context = NULL;
	}
}

void redis_close(struct redis *redis)
{
	if (redis) {
		disconnect(redis);
		explicit_bzero(redis->url.password, sizeof(redis->url.password));
		free(redis);
	}
}

const char *redis_name(const struct redis *redis)
{
	return redis->url.name;
}

/* What a server says when it refuses, by its first word, and what a person can do about it. */
static const struct {
	const char *word;
	int code;
	const char *advice;
} refusals[] = {
	{ "OOM", ENOSPC, "its memory is full; raise maxmemory or free some" },
	{ "NOPERM", EACCES, "the user may not do this; give it the commands and keys it needs" },
	{ "NOAUTH", EACCES, "it wants a password; put it into the URL or use password_file" },
	{ "ERR Protocol error: unauthenticated", EACCES,
		"it wants a password; put it into the URL or use password_file" },
	{ "WRONGPASS", EACCES, "user or password is wrong" },
	{ "READONLY", EROFS, "it is a replica; give the URL of the primary" },
	{ "LOADING", EAGAIN, "it is still loading its data; try again in a moment" },
	{ "BUSY", EAGAIN, "it is busy with a script; try again in a moment" },
	{ "MISCONF", ENOSPC, "it cannot save its data to disk and refuses writes" },
	{ "MASTERDOWN", EAGAIN, "it is a replica without its primary; give the primary's URL" },
	{ "MOVED", EXDEV, "the cluster keeps this key on another node; give that node's URL" },
	{ "CLUSTERDOWN", EAGAIN, "the cluster is down" },
	{ "NOREPLICAS", EAGAIN, "too few replicas are connected to accept writes" },
	{ "TRYAGAIN", EAGAIN, "the cluster is moving these keys; try again in a moment" },
	{ "ERR Function not found", ENOSYS, "the function of borderflow is not loaded" },
};

static int set_refusal(const struct redis *redis, const char *text, struct err *err)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		size_t length = strlen(refusals[i].word);
		if (strncmp(text, refusals[i].word, length) == 0 &&
			(text[length] == ' ' || text[length] == '\0')) {
			return err_set(err, refusals[i].code, "Redis at %s refuses: %s (%.200s)",
				redis->url.name, refusals[i].advice, text);
		}
	}
	return err_set(err, EPROTO, "Redis at %s refuses: %.300s", redis->url.name, text);
}

/* The connection is lost; what is known of it goes into the sentence. */
static int set_broken(struct redis *redis, const char *doing, struct err *err)
{
	int code = errno ? errno : EIO;

	if (!redis->context) {
		err_set(err, ENOMEM, "Redis at %s: out of memory", redis->url.name);
		return -ENOMEM;
	}
	if (redis->context->err == REDIS_ERR_EOF) {
		code = ECONNRESET;
		err_set(err, code, "Redis at %s closed the connection while %s", redis->url.name,
			doing);
	} else if (code == EAGAIN || code == EWOULDBLOCK || code == ETIMEDOUT ||
		   code == EINPROGRESS) {
		code = ETIMEDOUT;
		err_set(err, code, "Redis at %s did not answer within %ld ms while %s",
			redis->url.name,
			(long)(redis->deadline.tv_sec * 1000 + redis->deadline.tv_usec / 1000),
			doing);
	} else if (redis->context->err == REDIS_ERR_PROTOCOL) {
		code = EPROTO;
		err_set(err, code, "%s does not speak as Redis does: %s", redis->url.name,
			redis->context->errstr);
	} else {
		err_set(err, code, "Redis at %s cannot be reached while %s: %s", redis->url.name,
			doing, redis->context->errstr);
	}
	disconnect(redis);
	return -code;
}

/* Sends one command and keeps its reply. */
static int exchange(struct redis *redis, const char *doing, size_t count,
	const char *const *arguments, const size_t *lengths, struct err *err)
{
	drop_reply(redis);
	errno = 0;
	redis->reply =
		redisCommandArgv(redis->context, (int)count, (const char **)arguments, lengths);
	if (!redis->reply) {
		return set_broken(redis, doing, err);
	}
	if (redis->reply->type == REDIS_REPLY_ERROR) {
		return set_refusal(redis, redis->reply->str, err);
	}
	return 0;
}

static int log_in(struct redis *redis, struct err *err)
{
	const struct redis_url *url = &redis->url;
	const char *auth[] = { "AUTH", url->user, url->password };
	const char *old_auth[] = { "AUTH", url->password };
	char number[16];
	const char *select[] = { "SELECT", number };
	int status = 0;

	if (url->password[0] != '\0') {
		status = url->user[0] != '\0'
				 ? exchange(redis, "logging in", 3, auth, NULL, err)
				 : exchange(redis, "logging in", 2, old_auth, NULL, err);
	}
	if (status == 0 && url->database > 0) {
		snprintf(number, sizeof(number), "%u", url->database);
		status = exchange(redis, "choosing the database", 2, select, NULL, err);
	}
	return status;
}

static int connect_now(struct redis *redis, struct err *err)
{
	const struct redis_url *url = &redis->url;
	int status;

	errno = 0;
	redis->context = url->is_unix
				 ? redisConnectUnixWithTimeout(url->host, redis->deadline)
				 : redisConnectWithTimeout(url->host, url->port, redis->deadline);
	if (!redis->context || redis->context->err) {
		return set_broken(redis, "connecting", err);
	}
	if (redisSetTimeout(redis->context, redis->deadline) != REDIS_OK) {
		return set_broken(redis, "setting the deadline", err);
	}
	redis->connections++;
	status = log_in(redis, err);
	if (status < 0) {
		disconnect(redis);
	}
	return status;
}

static int run(struct redis *redis, size_t count, const char *const *arguments,
	const size_t *lengths, struct err *err)
{
	int status = redis->context ? 0 : connect_now(redis, err);

	return status < 0 ? status : exchange(redis, arguments[0], count, arguments, lengths, err);
}

static struct redis_answer answer_of(const redisReply *reply)
{
	struct redis_answer answer = { .kind = REDIS_NIL, .text = "" };

	switch (reply->type) {
	case REDIS_REPLY_INTEGER:
		answer.kind = REDIS_NUMBER;
		answer.number = reply->integer;
		break;
	case REDIS_REPLY_STRING:
	case REDIS_REPLY_STATUS:
		answer.kind = REDIS_TEXT;
		answer.text = reply->str;
		answer.length = reply->len;
		break;
	case REDIS_REPLY_ARRAY:
		answer.kind = REDIS_LIST;
		answer.number = (int64_t)reply->elements;
		break;
	default:
		break;
	}
	return answer;
}

int redis_command(struct redis *redis, size_t count, const char *const *arguments,
	const size_t *lengths, struct redis_answer *answer, struct err *err)
{
	int status = run(redis, count, arguments, lengths, err);

	if (status == 0) {
		*answer = answer_of(redis->reply);
	}
	return status;
}

struct redis_answer redis_list_item(const struct redis *redis, size_t at)
{
	const redisReply *reply = redis->reply;
	bool is_there = reply && reply->type == REDIS_REPLY_ARRAY && at < reply->elements;

	return is_there ? answer_of(reply->element[at]) : (struct redis_answer){ .text = "" };
}

uint64_t redis_connections(const struct redis *redis)
{
	return redis->connections;
}

/* FUNCTION LIST answers a list of libraries, each a list of names and values. */
static bool has_library(const redisReply *reply, const char *code, size_t length)
{
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 1 ||
		reply->element[0]->type != REDIS_REPLY_ARRAY) {
		return false;
	}
	const redisReply *library = reply->element[0];
	for (size_t i = 0; i + 1 < library->elements; i += 2) {
		const redisReply *name = library->element[i], *value = library->element[i + 1];
		if (name->type == REDIS_REPLY_STRING && value->type == REDIS_REPLY_STRING &&
			strcmp(name->str, "library_code") == 0) {
			return (size_t)value->len == length &&
			       memcmp(value->str, code, length) == 0;
		}
	}
	return false;
}

int redis_load_library(
	struct redis *redis, const char *name, const char *code, size_t length, struct err *err)
{
	const char *list[] = { "FUNCTION", "LIST", "LIBRARYNAME", name, "WITHCODE" };
	const char *load[] = { "FUNCTION", "LOAD", "REPLACE", code };
	const size_t lengths[] = { 8, 4, 7, length };
	int status = run(redis, 5, list, NULL, err);

	if (status == 0 && !has_library(redis->reply, code, length)) {
		status = run(redis, 4, load, lengths, err);
	}
	if (status == -EPROTO) {
		err_prefix(err, "Redis 7.0 or newer is needed (functions)");
	}
	return status;
}
