/* What an outbox does with Redis: finds out which batch was applied last, and sends the next one.
 *
 * Each batch goes there twice: at once to the sensor's own sums, and once a slot, with all others
 * since the last time, to the sums of all sensors (outbox_merge.c). Each way has a cursor of its
 * own over the same spool, and so is as exact as the other.
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

/* One way into Redis. */
struct outbox_way {
	struct redis_function *function;
	struct spool_reader reader;
	struct spool_place done, farthest; /* applied now; and at any time of this run */
	char digest[REDIS_DIGEST_BYTES];   /* of the cursor */
	bool knows_cursor;
	uint64_t connections; /* at which the cursor was read */
	uint64_t lost, keys_refused;
};

struct outbox_sender {
	struct redis *redis;
	struct spool *spool;
	struct outbox_way own, merged;
	uint64_t merge_every_ns, merged_ns; /* the last time that all was merged */
	uint64_t merge_spread_ns;           /* of this sensor: not all come at once */
	bool was_refused;                   /* merging; said once */
	uint64_t applied, replayed;
};

/* Sends the batch behind the last one that was applied. 1: sent; 0: there is none; or -errno. */
int outbox_sender_next(struct outbox_sender *sender, struct err *err);

/* Merges what was applied since the last time, where a slot closed since, or at once: as many
 * batches as make OUTBOX_MERGE_BYTES. 1: some; 0: there are none, or it is not time; or -errno. */
enum { OUTBOX_MERGE_BYTES = 1 << 20 };
int outbox_sender_merge(
	struct outbox_sender *sender, uint64_t now_ns, bool at_once, struct err *err);

/* Of both ways (outbox_sender.c). Reads the cursor where it is not known. */
int outbox_way_find(struct outbox_sender *sender, struct outbox_way *way, struct err *err);
/* Applies bytes behind the cursor, as of the batch: 0 or -errno. */
int outbox_way_apply(struct outbox_sender *sender, struct outbox_way *way,
	const struct spool_batch *batch, const char *bytes, size_t length, struct err *err);
/* How many batches were between two places. */
static inline uint64_t outbox_missing(
	const struct spool_place *before, const struct spool_place *next)
{
	return next->number - (next->epoch == before->epoch ? before->number + 1 : 1);
}

/* Batches that were missing when their turn came. */
void outbox_way_count_lost(struct outbox_way *way, uint64_t missing);
