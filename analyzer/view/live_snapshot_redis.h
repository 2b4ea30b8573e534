/* The snapshot of every sensor that feeds one Redis, merged.
 *
 * Reads only (EVAL_RO, and PFCOUNT to count devices over all sensors): a user without the right to
 * write will do. One script a sensor (share/redis/live_snapshot.lua), so that each finds all its
 * keys on one node of a cluster. Where the sensors' keys lie on several nodes devices cannot be
 * counted together: the largest count of one sensor then stands for all, which hides rather too
 * much.
 *
 * Memory   what was read last.
 * Threads  one at a time.
 * Failure  0 or -errno and a sentence (store/redis.h); the next call tries again. */
#pragma once

#include "analyzer/view/live_snapshot.h"
#include "base/err.h"

struct live_snapshot_redis;

int live_snapshot_redis_open(struct live_snapshot_redis **reader, const char *url, struct err *err);
void live_snapshot_redis_close(struct live_snapshot_redis *reader); /* NULL is accepted */

/* The server as it may be shown. */
const char *live_snapshot_redis_name(const struct live_snapshot_redis *reader);

/* Fills snapshot anew. dimensions: bits of enum dimension. k: smaller groups are put
 * together.
 */
int live_snapshot_redis_read(struct live_snapshot_redis *reader, struct live_snapshot *snapshot,
	uint64_t now_ns, unsigned dimensions, unsigned k, struct err *err);
