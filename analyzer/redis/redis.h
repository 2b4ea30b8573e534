/* A Redis server, or the one of many that is meant: commands out, answers in, every answer checked.
 *
 * URL  redis://[user[:password]@]host[:port][,host[:port]…][/database][?setting=value&…]
 *      rediss://…                 the same over TLS
 *      unix:///path/to/socket[?setting=value&…]
 *      sentinel://[user[:password]@]host[:port][,host[:port]…]/NAME[?setting=value&…]
 * Settings: db=N, user=NAME, password_file=PATH; with TLS ca=PATH, cert=PATH, key=PATH.
 * The password never appears in an error.
 *
 * Of several hosts the first that answers is taken. Sentinels are asked where the primary called
 * NAME is, each time a connection is made, and the server must say that it is one. A cluster is
 * found out by itself: when a server says that a key is on another, the command goes there, and so
 * do later ones of that slot (CLUSTER's MOVED and ASK).
 *
 * Memory   an answer is good until the next command.
 * Threads  one at a time.
 * Failure  -errno and a sentence with what to do. What the server refuses: -ENOSPC (no memory
 *          left), -EACCES (rights or password), -EROFS (a replica), -EAGAIN (loading, busy, being
 *          moved), -ENOSYS (no such function), -EPROTO (anything else). What breaks the
 *          connection: the error of the socket, -ETIMEDOUT past the deadline. After either, the
 *          next call connects anew where that may help. The caller ignores SIGPIPE. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct redis;

enum { REDIS_DEADLINE_MS = 5000 };

/* Checks the URL; connects with the first command. deadline_ms: of one answer. */
int redis_open(struct redis **redis, const char *url, unsigned deadline_ms, struct err *err);
void redis_close(struct redis *redis);

/* The server as it may be shown: without user and password. */
const char *redis_name(const struct redis *redis);

enum redis_answer_kind { REDIS_NIL, REDIS_NUMBER, REDIS_TEXT, REDIS_LIST, REDIS_ERROR };

struct redis_answer {
	enum redis_answer_kind kind; /* redis_command() makes a REDIS_ERROR a failure */
	int64_t number;              /* NUMBER; how many items of a LIST */
	const char *text;            /* TEXT; any bytes, a NUL behind them */
	size_t length;
	const void *reply; /* for redis_answer_item() */
};

/* One command with its arguments, which may be any bytes. lengths NULL: texts. */
int redis_command(struct redis *redis, size_t count, const char *const *arguments,
	const size_t *lengths, struct redis_answer *answer, struct err *err);

/* The same where an answer of another kind is no answer: -EPROTO then, with what was expected. Who
 * says "+OK" to everything has not done what was asked. */
int redis_ask(struct redis *redis, enum redis_answer_kind kind, size_t count,
	const char *const *arguments, const size_t *lengths, struct redis_answer *answer,
	struct err *err);

/* A list of texts, so many of which always belong together (2: names and values); anything else is
 * no answer, as above. */
int redis_ask_texts(struct redis *redis, size_t together, size_t count,
	const char *const *arguments, struct redis_answer *answer, struct err *err);

/* An item of a list, NIL where there is none. */
struct redis_answer redis_answer_item(const struct redis_answer *answer, size_t at);

/* How often it connected: whoever keeps something in mind about the server asks anew when this
 * has changed. */
uint64_t redis_connections(const struct redis *redis);

/* Loads a library of functions where the server does not have exactly this text: the server that
 * has the key, in a cluster. */
int redis_load_library(struct redis *redis, const char *key, const char *name, const char *code,
	size_t length, struct err *err);
