/* One connection to one Redis server; the only pair that knows hiredis.
 *
 * Memory   an answer, and whatever it holds, is good until the next exchange.
 * Threads  one at a time. The caller ignores SIGPIPE.
 * Failure  -errno of the socket, -ETIMEDOUT past the deadline: the connection is then of no more
 *          use. What a server refuses is an answer (REDIS_ERROR). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/redis/redis.h"
#include "base/err.h"

struct redis_link;

struct redis_link_options {
	const char *host; /* or the path of a socket */
	unsigned port;
	bool is_unix, has_tls;
	const char *ca, *certificate, *key; /* files, with TLS; "" none */
	unsigned deadline_ms;               /* of connecting, and of each answer */
};

int redis_link_open(
	struct redis_link **link, const struct redis_link_options *options, struct err *err);
void redis_link_close(struct redis_link *link);

/* "host:port", or the path of the socket. */
const char *redis_link_name(const struct redis_link *link);

/* One command with its arguments, and its answer. */
int redis_link_exchange(struct redis_link *link, size_t count, const char *const *arguments,
	const size_t *lengths, struct redis_answer *answer, struct err *err);

/* Was this built with TLS? */
bool redis_link_has_tls(void);
