/* A connection to Redis: commands out, answers in, every answer checked.
 *
 * URL  redis://[user[:password]@]host[:port][/database][?password_file=PATH]
 *      unix:///path/to/socket[?db=N][&user=NAME][&password_file=PATH]
 * The password never appears in an error.
 *
 * Memory   an answer is good until the next command.
 * Threads  one at a time.
 * Failure  -errno and a sentence with what to do. What the server refuses: -ENOSPC (no memory
 *          left), -EACCES (rights or password), -EROFS (a replica), -EAGAIN (still loading), -EXDEV
 *          (a cluster moved the key), -ENOSYS (no such function), -EPROTO (anything else). What breaks the connection: the
 *          error of the socket, -ETIMEDOUT past the deadline; the next call connects anew. The
 *          caller ignores SIGPIPE. */
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

enum redis_answer_kind { REDIS_NIL, REDIS_NUMBER, REDIS_TEXT, REDIS_LIST };

struct redis_answer {
	enum redis_answer_kind kind;
	int64_t number;   /* NUMBER; how many items of a LIST */
	const char *text; /* TEXT; any bytes, a NUL behind them */
	size_t length;
};

/* One command with its arguments, which may be any bytes. lengths NULL: texts. */
int redis_command(struct redis *redis, size_t count, const char *const *arguments,
	const size_t *lengths, struct redis_answer *answer, struct err *err);

/* An item of the list that was answered, NIL where there is none. */
struct redis_answer redis_list_item(const struct redis *redis, size_t at);

/* How often it connected: whoever keeps something in mind about the server asks anew when this
 * has changed. */
uint64_t redis_connections(const struct redis *redis);

/* Loads a library of functions where the server does not have exactly this text. */
int redis_load_library(
	struct redis *redis, const char *name, const char *code, size_t length, struct err *err);
