/* Blocks on their way to the sealer: through a thread of the archive's own, so that whoever makes
 * records need not wait for compression and disk; or, without one, at once.
 *
 * Memory   bounded: ARCHIVE_QUEUE_BLOCKS, one of them the writer's, and their buffers are kept for
 *          reuse. A full queue makes archive_queue_put() wait.
 * Threads  one writer. The sealer is the thread's while blocks are queued, and the writer's own to
 *          use after archive_queue_wait().
 * Failure  a block that cannot be sealed fails this put or wait, or the next, and stays queued
 *          with those behind it; each later put or wait tries it again. A block that then finds no
 *          room is dropped, and its records are counted. */
#pragma once

#include <stdbool.h>

#include "analyzer/archive/archive_seal.h"

enum { ARCHIVE_QUEUE_BLOCKS = 4 };

struct archive_queue;

int archive_queue_open(struct archive_queue **queue, struct archive_sealer *sealer,
	bool with_thread, struct err *err);
/* Drops what is still queued. */
void archive_queue_close(struct archive_queue *queue);

/* The block to be filled; what an earlier one held is still in it. Good until it is put. */
struct archive_block *archive_queue_block(struct archive_queue *queue);
int archive_queue_put(struct archive_queue *queue, struct err *err);

/* Returns when every block is sealed, or one cannot be. */
int archive_queue_wait(struct archive_queue *queue, struct err *err);

/* Drops what is queued, and cannot be sealed. */
void archive_queue_give_up(struct archive_queue *queue);
/* Records in blocks that were dropped. */
uint64_t archive_queue_lost(struct archive_queue *queue);
