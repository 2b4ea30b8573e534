/* Where the pictures of `borderflow top` come from: a sensor's socket, or Redis.
 *
 * Threads  one.
 * Failure  0 or -errno and a sentence with what to do; the next call tries again. */
#pragma once

#include "analyzer/view/live_snapshot.h"
#include "base/err.h"

struct top_reader;

/* redis NULL: the sensor at socket. k: smaller groups than that are put together; a sensor at a
 * socket does so by its own policy, before it says anything. */
int top_reader_open(struct top_reader **reader, const char *redis, const char *socket, unsigned k,
	struct err *err);
void top_reader_close(struct top_reader *reader);

/* As a person knows it. */
const char *top_reader_name(const struct top_reader *reader);

int top_reader_read(struct top_reader *reader, struct live_snapshot *snapshot, unsigned dimensions,
	struct err *err);
