/* The spool: batches that wait for a store, in a ring of fixed size on disk, and where there is no
 * disk in memory.
 *
 * A batch is put in once, under a place of its own: the epoch (one a run of the program) and a
 * number. It stays until its room is needed, whether it reached the store or not, so that a store
 * that lost its last second is healed from here. Places only grow, over restarts too.
 *
 * File     one page that says whose it is, then frames on 64-byte steps: a header with a checksum
 *          of its own, and the batch with another. Opening looks for whole headers everywhere, so
 *          that a damaged byte costs the one batch it stands in. Checksums are keyed by the owner's
 *          name.
 * Memory   an index of 48 bytes a batch, at most SPOOL_BATCHES_MAX; memory_bytes for batches that
 *          the file could not take, from the first one on.
 * Threads  any number; a call waits for another's reading or writing, but not for spool_sync().
 * Failure  opening refuses a file that is not ours, another sensor's, or in use. A disk that is
 *          full or broken is no failure: batches go to memory, and it is counted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct spool;

enum { SPOOL_BATCHES_MAX = 65536 };

struct spool_options {
	const char *path;  /* NULL: memory only */
	const char *owner; /* the sensor's name */
	uint64_t file_bytes, memory_bytes;
	bool is_synchronous; /* each batch is on the disk before anybody reads it */
	uint64_t now_ns;
};

/* Where a batch stands in the order of all; all zeros: before the first. */
struct spool_place {
	uint64_t epoch, number; /* numbers begin with 1 in each epoch */
};

static inline int spool_place_compare(const struct spool_place *a, const struct spool_place *b)
{
	if (a->epoch != b->epoch) {
		return a->epoch < b->epoch ? -1 : 1;
	}
	return a->number < b->number ? -1 : a->number > b->number;
}

enum spool_kind { SPOOL_METRICS = 1, SPOOL_ALERT = 2 };

struct spool_batch {
	struct spool_place place;
	enum spool_kind kind;
	uint64_t time_ns;  /* of the latest record in it */
	uint64_t checksum; /* of the bytes */
	const char *bytes; /* a NUL stands behind them */
	size_t length;
};

/* 0 or -errno. Where the file could not be had and memory serves instead, *err has the sentence and
 * spool_is_on_disk() is false. */
int spool_open(struct spool **spool, const struct spool_options *options, struct err *err);
void spool_close(struct spool *spool);
bool spool_is_on_disk(const struct spool *spool);

/* Puts a batch behind all others; kind, time_ns, bytes and length count, place and checksum are
 * filled in. False: there is no room for it anywhere; it still had a place, so that the gap
 * shows. */
bool spool_put(struct spool *spool, struct spool_batch *batch);

/* What was put so far is on the disk when this returns. 0 or -errno. */
int spool_sync(struct spool *spool);

/* The first whole batch behind a place. Its bytes are the reader's buffer, good until its next
 * call; a reader is one thread's. False: there is none. */
struct spool_reader {
	char *bytes;
	size_t capacity;
};
bool spool_next(struct spool *spool, struct spool_reader *reader, const struct spool_place *after,
	struct spool_batch *batch);
void spool_reader_deinit(struct spool_reader *reader);

/* The checksum of the batch at a place; false where it is no longer held. */
bool spool_find(struct spool *spool, const struct spool_place *place, uint64_t *checksum);

/* The place of the batch put last, or before the first of this epoch. */
struct spool_place spool_last(struct spool *spool);

/* What stands behind a place. */
struct spool_rest {
	uint64_t batches, bytes;
	uint64_t oldest_ns; /* time of the first; 0 where there is none */
};
void spool_read_rest(struct spool *spool, const struct spool_place *after, struct spool_rest *rest);

struct spool_stats {
	uint64_t file_bytes;     /* size of the ring on disk; 0 in memory */
	uint64_t batches, bytes; /* held, whether they wait or not */
	uint64_t damaged;        /* batches or headers that did not match their checksum */
	uint64_t write_failures; /* batches that the file did not take */
};
void spool_read_stats(struct spool *spool, struct spool_stats *stats);
