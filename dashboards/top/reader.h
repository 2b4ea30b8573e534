/* What `borderflow top` reads: the view of a sensor at its socket, or of all that feed one Redis.
 *
 * Threads  one.
 * Failure  0 or -errno and a sentence with what to do; the next call tries again. */
#pragma once

#include "base/err.h"
#include "dashboards/top/top.h"

struct top_reader;

/* redis NULL: the sensor at socket. k: smaller groups than that are put together; a sensor at a
 * socket does so by its own policy, before it says anything. */
int top_reader_open(struct top_reader **reader, const char *redis, const char *socket, unsigned k,
	struct err *err);
void top_reader_close(struct top_reader *reader);

/* As a person knows it. */
const char *top_reader_name(const struct top_reader *reader);

/* Fills empty data for what the view shows. */
int top_reader_read(struct top_reader *reader, const struct top_view *view, struct top_data *data,
	struct err *err);
