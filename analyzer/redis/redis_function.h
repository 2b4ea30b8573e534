/* The function in Redis that applies a batch of metrics once (share/redis/borderflow.lua), and the
 * cursor that says which one was applied last.
 *
 * The cursor is compared and set with the batch: a batch says which digest it expects there and
 * which one it leaves. So whatever is sent twice, late, or over a connection that broke, is applied
 * once or not at all.
 *
 * Memory   the text of the function; answers are values.
 * Threads  one at a time, with the connection it was given.
 * Failure  as redis.h says. A server without the function is given it, where the user may. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct redis;
struct redis_function;

enum { REDIS_SENSOR_MAX = 64, REDIS_EPOCH_BYTES = 24, REDIS_DIGEST_BYTES = 72 };

/* Is it a name that keys may hold? 0 or -EINVAL. */
int redis_function_check_sensor(const char *sensor, struct err *err);

/* The only tenant, as long as there is one. */
#define REDIS_TENANT "default"

/* For one sensor over one connection, which stays the caller's: its own sums, or with a tenant what
 * it adds to the sums of all sensors of that tenant. -EINVAL: a name is not one. */
int redis_function_open(struct redis_function **function, struct redis *redis, const char *sensor,
	const char *tenant, struct err *err);
void redis_function_close(struct redis_function *function);

/* "bf:1:{SENSOR}:seq", or "bf:1:{all:TENANT}:seq:SENSOR" */
const char *redis_function_cursor_key(const struct redis_function *function);

struct redis_cursor {
	bool is_there;
	uint64_t number;
	char epoch[REDIS_EPOCH_BYTES], digest[REDIS_DIGEST_BYTES];
};

int redis_function_read_cursor(
	struct redis_function *function, struct redis_cursor *cursor, struct err *err);

/* The function again, where the server has another text under its name. */
int redis_function_load(struct redis_function *function, struct err *err);

struct redis_batch {
	const char *epoch;
	uint64_t number;
	const char *before, *after; /* digests */
	uint64_t time_ns;
	const char *bytes;
	size_t length;
};

/* What came of it, beside what connections and servers do. */
enum redis_outcome {
	REDIS_APPLIED,
	REDIS_APPLIED_BEFORE,
	REDIS_NOT_NEXT /* the cursor is another one than expected; nothing was changed */
};

/* keys_refused: keys that held something else and were left as they are. */
int redis_function_apply(struct redis_function *function, const struct redis_batch *batch,
	enum redis_outcome *outcome, uint64_t *keys_refused, struct err *err);
