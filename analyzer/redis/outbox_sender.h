/* What an outbox does with Redis: finds out which batch was applied last, and sends the next one.
 *
 * The cursor in Redis decides. It is read after every failure and on every new connection, and what
 * the spool holds behind it is sent, whether it was acknowledged before or not: so a server that
 * lost its last second, or everything, is given it again, and nothing is applied twice.
 *
 * Memory   the reader's buffer.
 * Threads  the outbox's sender.
 * Failure  as redis.h says; -EEXIST where the cursor is of somebody else. The next call begins
 *          with the cursor. */
#pragma once

#include "analyzer/redis/redis_function.h"
#include "analyzer/redis/spool.h"

struct redis;

struct outbox_sender {
	struct redis *redis;
	struct redis_function *function;
	struct spool *spool;
	struct spool_reader reader;
	struct spool_place done, farthest; /* applied now; and at any time of this run */
	char digest[REDIS_DIGEST_BYTES];   /* of the cursor */
	bool knows_cursor;
	uint64_t connections; /* at which the cursor was read */
	uint64_t applied, replayed, lost, keys_refused;
};

/* Sends the batch behind the last one that was applied. 1: sent; 0: there is none; or -errno. */
int outbox_sender_next(struct outbox_sender *sender, struct err *err);
