/* Reading ahead: one thread reads and decodes batches, another follows their flows.
 *
 *     reader    while (read_ahead_fill(ahead, &err) == COLLECTOR_MORE) { }
 *               read_ahead_close(ahead);
 *     follower  while ((batch = read_ahead_take(ahead)) != NULL) {
 *                       look at it as after collector_next();
 *                       read_ahead_release(ahead);
 *               }
 *
 * Batches are the same and come in the same order as from collector_next(), so everything that
 * follows from them is the same, too.
 *
 * Memory   READ_AHEAD_BATCHES batches; the bytes they point to stay the source's (source_keep()).
 * Threads  one reader, one follower; they sleep, never spin, when the other is behind.
 * Failure  read_ahead_create() says why; read_ahead_fill() as collector_next(). */
#pragma once

#include "collector/collector.h"

struct read_ahead;

enum { READ_AHEAD_BATCHES = 32 };

/* The source, whose frames shall stay good for so long, is that of the collector. */
struct read_ahead *read_ahead_create(
	struct collector *collector, struct source *source, struct err *err);
void read_ahead_destroy(struct read_ahead *ahead);

int read_ahead_fill(struct read_ahead *ahead, struct err *err);
void read_ahead_close(struct read_ahead *ahead); /* nothing follows */

/* The next batch, its flows followed; NULL where nothing follows. */
struct collector_batch *read_ahead_take(struct read_ahead *ahead);
void read_ahead_release(struct read_ahead *ahead);
