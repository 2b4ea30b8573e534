/* The outbox: what a live sensor has for Redis, without anybody waiting for Redis.
 *
 *     outbox_put()  ->  queue  ->  journal thread  ->  spool  ->  sender thread  ->  Redis
 *     exporter        memory     writes, syncs       disk       once, in order
 *
 * Starts with Redis away, with batches of the last run in the spool, or both. After a failure the
 * sender waits, twice as long each time up to OUTBOX_WAIT_MAX_MS and by chance a little less, so
 * that many sensors do not come back at once.
 *
 * What a killed sensor loses: records that were not yet put, and the queue, which is empty but for
 * the milliseconds that writing takes. What a power cut loses, sync says.
 *
 * Memory   the queue, at most OUTBOX_QUEUE_BYTES; the spool's. A batch that finds no room is
 * dropped
 *          and counted.
 * Threads  outbox_put() one, which never waits; outbox_read_stats() any; two of its own, until
 *          outbox_finish(), which is called by whoever put.
 * Failure  opening fails for what a person must mend: URL, name, a spool file of somebody else.
 *          Everything later is retried, counted, and logged when it changes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/redis/spool.h"
#include "base/clock.h"
#include "base/err.h"

struct outbox;

enum {
	OUTBOX_QUEUE_BYTES = 32 << 20,
	OUTBOX_MEMORY_BYTES = 32 << 20, /* of a spool that has no disk */
	OUTBOX_WAIT_MIN_MS = 200,
	OUTBOX_WAIT_MAX_MS = 10000
};

/* When a batch is safe from a power cut: before it is sent; within a second; when the kernel writes
 * it. A crash of the program alone loses none of them. */
enum outbox_sync { OUTBOX_SYNC_ALWAYS, OUTBOX_SYNC_INTERVAL, OUTBOX_SYNC_NEVER };

struct outbox_options {
	const char *url, *sensor;
	const char *spool; /* path; NULL: in memory, lost with the program */
	uint64_t spool_bytes;
	enum outbox_sync sync;
	uint64_t merge_every_ns; /* into the sums of all sensors; 0: as each slot closes */
};

int outbox_open(struct outbox **outbox, const struct outbox_options *options, struct err *err);

/* Copies a batch; never waits. False: no room, it is dropped and counted. */
bool outbox_put(struct outbox *outbox, enum spool_kind kind, uint64_t time_ns, const char *bytes,
	size_t length);

/* For the statistics: how many sums found no series of their own (meter.h). */
void outbox_note_others(struct outbox *outbox, uint64_t others);

/* How long a server that was away the last time is tried at the end. */
#define OUTBOX_GRACE_AWAY_NS (2 * NS_PER_S)

/* Gives the sender so long to deliver what it can, or OUTBOX_GRACE_AWAY_NS where Redis is away and
 * that is less, then ends its threads: the rest stays in the spool for the next start. Says so when
 * it waits longer than OUTBOX_QUIET_NS. -EAGAIN and a sentence where batches are left: in the
 * spool, or lost. Nothing is put afterwards; the statistics are the last ones. */
#define OUTBOX_QUIET_NS NS_PER_S
int outbox_finish(struct outbox *outbox, uint64_t grace_ns, struct err *err);

/* Ends at once what was not finished. NULL is accepted. */
void outbox_close(struct outbox *outbox);

struct outbox_stats {
	bool is_up; /* the last thing that was sent arrived */
	char reason[256];
	uint64_t put;               /* batches */
	uint64_t applied, replayed; /* in Redis; again, because it had lost them */
	uint64_t waiting, waiting_bytes;
	uint64_t dropped; /* no room in the queue */
	uint64_t lost;    /* missing when their turn came: damaged, written over, or without room */
	uint64_t merge_lost;   /* the same, of the sums of all sensors */
	uint64_t keys_refused; /* that hold something else */
	uint64_t others;       /* sums that went to the series "other" */
	uint64_t failures, connections;
	uint64_t oldest_ns; /* the latest record of the first batch that waits; 0: none */
	struct spool_stats spool;
};
void outbox_read_stats(struct outbox *outbox, struct outbox_stats *stats);
