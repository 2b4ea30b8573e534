/* The picture of every sensor that feeds one Redis, merged.
 *
 * Reads only (EVAL_RO, and PFCOUNT to count devices over all sensors): a user without the right to
 * write will do. One script a sensor (share/redis/picture.lua), so that each finds all its keys on
 * one node of a cluster. Where the sensors' keys lie on several nodes devices cannot be counted
 * together: the largest count of one sensor then stands for all, which hides rather too much.
 *
 * Memory   what was read last.
 * Threads  one at a time.
 * Failure  0 or -errno and a sentence (store/redis.h); the next call tries again. */
#pragma once

#include "analyzer/live/picture.h"
#include "base/err.h"

struct picture_redis;

int picture_redis_open(struct picture_redis **reader, const char *url, struct err *err);
void picture_redis_close(struct picture_redis *reader); /* NULL is accepted */

/* The server as it may be shown. */
const char *picture_redis_name(const struct picture_redis *reader);

/* Fills picture anew. dimensions: bits of enum meter_dimension. k: smaller groups are put together.
 */
int picture_redis_read(struct picture_redis *reader, struct picture *picture, uint64_t now_ns,
	unsigned dimensions, unsigned k, struct err *err);
