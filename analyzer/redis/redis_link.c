#include "analyzer/redis/redis_link.h"

#include "config.h"

#include <errno.h>
#include <hiredis.h>
#ifdef HAVE_HIREDIS_SSL
#include <hiredis_ssl.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* No list of ours is longer: whoever announces more would have memory made ready for it. */
enum { ELEMENTS_MAX = 1 << 24 };

struct redis_link {
	redisContext *context;
#if HIREDIS_MAJOR < 1
	redisReplyObjectFunctions functions, usual; /* that make replies */
#endif
	redisReply *reply; /* of the last exchange */
	unsigned deadline_ms;
	char name[300];
#ifdef HAVE_HIREDIS_SSL
	redisSSLContext *tls;
#endif
};

void redis_link_close(struct redis_link *link)
{
	if (!link) {
		return;
	}
	if (link->reply) {
		freeReplyObject(link->reply);
	}
	if (link->context) {
		redisFree(link->context);
	}
#ifdef HAVE_HIREDIS_SSL
	if (link->tls) {
		redisFreeSSLContext(link->tls);
	}
#endif
	free(link);
}

const char *redis_link_name(const struct redis_link *link)
{
	return link->name;
}

/* The connection is lost; what is known of it goes into the sentence. */
static int set_broken(const struct redis_link *link, const char *doing, struct err *err)
{
	int code = errno ? errno : EIO;

	if (!link->context) {
		return err_set(err, ENOMEM, "Redis at %s: out of memory", link->name);
	}
	if (link->context->err == REDIS_ERR_EOF) {
		return err_set(err, ECONNRESET, "Redis at %s closed the connection while %s",
			link->name, doing);
	}
	if (link->context->err == REDIS_ERR_OOM) {
		return err_set(err, EPROTO,
			"%s does not speak as Redis does: an answer of more than there is room for",
			link->name);
	}
	if (code == EAGAIN || code == EWOULDBLOCK || code == ETIMEDOUT || code == EINPROGRESS) {
		return err_set(err, ETIMEDOUT, "Redis at %s did not answer within %u ms while %s",
			link->name, link->deadline_ms, doing);
	}
	if (link->context->err == REDIS_ERR_PROTOCOL) {
		return err_set(err, EPROTO, "%s does not speak as Redis does: %s", link->name,
			link->context->errstr);
	}
	/* A socket that is not there, or not ours, is no answer of "there is none", or of "you may
	 * not". */
	if (code == ENOENT || code == EACCES || code == EPERM) {
		code = ECONNREFUSED;
	}
	return err_set(err, code, "Redis at %s cannot be reached while %s: %s", link->name, doing,
		link->context->errstr);
}

bool redis_link_has_tls(void)
{
#ifdef HAVE_HIREDIS_SSL
	return true;
#else
	return false;
#endif
}

#ifdef HAVE_HIREDIS_SSL
static const char *or_none(const char *path)
{
	return path && path[0] != '\0' ? path : NULL;
}

/* hiredis proves the chain of the certificate and not the name in it: so the authority must be
 * named, and be one's own. */
static int start_tls(
	struct redis_link *link, const struct redis_link_options *options, struct err *err)
{
	redisSSLContextError tls_error = REDIS_SSL_CTX_NONE;

	redisInitOpenSSL();
	link->tls = redisCreateSSLContext(or_none(options->ca), NULL, or_none(options->certificate),
		or_none(options->key), options->host, &tls_error);
	if (!link->tls) {
		return err_set(err, EINVAL, "Redis at %s: TLS cannot be set up: %s", link->name,
			redisSSLContextGetError(tls_error));
	}
	errno = 0;
	if (redisInitiateSSLWithContext(link->context, link->tls) != REDIS_OK) {
		return set_broken(link, "beginning TLS", err);
	}
	return 0;
}
#else
static int start_tls(
	struct redis_link *link, const struct redis_link_options *options, struct err *err)
{
	(void)options;
	return err_set(err, ENOTSUP,
		"Redis at %s: this build has no TLS (hiredis older than 1.0); use a tunnel such as "
		"stunnel, and redis:// to it",
		link->name);
}
#endif

#if HIREDIS_MAJOR >= 1
static void bound_replies(struct redis_link *link)
{
	link->context->reader->maxelements = ELEMENTS_MAX;
}
#else
static void *make_list(const redisReadTask *task, int elements)
{
	const struct redis_link *link = task->privdata;

	return elements <= ELEMENTS_MAX ? link->usual.createArray(task, elements) : NULL;
}

static void bound_replies(struct redis_link *link)
{
	redisReader *reader = link->context->reader;

	link->functions = link->usual = *reader->fn;
	link->functions.createArray = make_list;
	reader->fn = &link->functions;
	reader->privdata = link;
}
#endif

static int connect_link(
	struct redis_link *link, const struct redis_link_options *options, struct err *err)
{
	struct timeval deadline = { options->deadline_ms / 1000,
		options->deadline_ms % 1000 * 1000 };

	errno = 0;
	link->context = options->is_unix ? redisConnectUnixWithTimeout(options->host, deadline)
					 : redisConnectWithTimeout(
						   options->host, (int)options->port, deadline);
	if (!link->context || link->context->err) {
		return set_broken(link, "connecting", err);
	}
	bound_replies(link);
	if (redisSetTimeout(link->context, deadline) != REDIS_OK) {
		return set_broken(link, "setting the deadline", err);
	}
	return options->has_tls ? start_tls(link, options, err) : 0;
}

int redis_link_open(
	struct redis_link **link, const struct redis_link_options *options, struct err *err)
{
	struct redis_link *opened = calloc(1, sizeof(*opened));
	int status;

	*link = NULL;
	if (!opened) {
		return err_set(err, ENOMEM, "Redis: out of memory");
	}
	opened->deadline_ms = options->deadline_ms;
	if (options->is_unix) {
		snprintf(opened->name, sizeof(opened->name), "%s", options->host);
	} else {
		snprintf(opened->name, sizeof(opened->name), "%s:%u", options->host, options->port);
	}
	status = connect_link(opened, options, err);
	if (status < 0) {
		redis_link_close(opened);
		return status;
	}
	*link = opened;
	return 0;
}

static struct redis_answer answer_of(const redisReply *reply)
{
	struct redis_answer answer = { .kind = REDIS_NIL, .text = "", .reply = reply };

	switch (reply->type) {
	case REDIS_REPLY_INTEGER:
		answer.kind = REDIS_NUMBER;
		answer.number = reply->integer;
		break;
	case REDIS_REPLY_STRING:
	case REDIS_REPLY_STATUS:
	case REDIS_REPLY_ERROR:
		answer.kind = reply->type == REDIS_REPLY_ERROR ? REDIS_ERROR : REDIS_TEXT;
		answer.text = reply->str;
		answer.length = (size_t)reply->len;
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

struct redis_answer redis_answer_item(const struct redis_answer *answer, size_t at)
{
	const redisReply *reply = answer->reply;
	bool is_there = answer->kind == REDIS_LIST && at < reply->elements;

	return is_there ? answer_of(reply->element[at]) : (struct redis_answer){ .text = "" };
}

/* One answer is bounded as a whole, in time and in bytes that are no part of it yet: whoever sends
 * without end never lets the deadline of a read pass. NULL: there is none. */
static redisReply *read_answer(struct redis_link *link)
{
	enum { DEADLINES_MAX = 4, UNREAD_MAX = 1 << 26 };
	redisContext *context = link->context;
	uint64_t end_ns = clock_monotonic_ns() + DEADLINES_MAX * link->deadline_ms * NS_PER_MS;
	void *reply = NULL;
	int is_sent = 0;

	while (!is_sent) {
		if (redisBufferWrite(context, &is_sent) != REDIS_OK) {
			return NULL;
		}
	}
	while (redisReaderGetReply(context->reader, &reply) == REDIS_OK && !reply) {
		if (clock_monotonic_ns() > end_ns || context->reader->len > UNREAD_MAX) {
			errno = 0;
			context->err = REDIS_ERR_PROTOCOL;
			snprintf(context->errstr, sizeof(context->errstr), "an answer without end");
			return NULL;
		}
		if (redisBufferRead(context) != REDIS_OK) {
			return NULL;
		}
	}
	if (!reply && !context->err) {
		context->err = context->reader->err;
		snprintf(context->errstr, sizeof(context->errstr), "%s", context->reader->errstr);
	}
	return reply;
}

int redis_link_exchange(struct redis_link *link, size_t count, const char *const *arguments,
	const size_t *lengths, struct redis_answer *answer, struct err *err)
{
	if (link->reply) {
		freeReplyObject(link->reply);
	}
	errno = 0;
	link->reply = NULL;
	if (redisAppendCommandArgv(link->context, (int)count, (const char **)arguments, lengths) ==
		REDIS_OK) {
		link->reply = read_answer(link);
	}
	if (!link->reply) {
		return set_broken(link, arguments[0], err);
	}
	*answer = answer_of(link->reply);
	return 0;
}
