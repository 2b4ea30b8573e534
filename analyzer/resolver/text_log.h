/* Query logs in lines: what a format of them has to bring. Each is one file, and a line in the
 * table of resolver_log.c.
 *
 * Memory   the state is the source's, zeroed before the first line, and bounded.
 * Threads  the source's one. */
#pragma once

#include <stddef.h>

#include "analyzer/resolver/log_time.h"
#include "collector/flow_source.h"

enum log_line {
	LOG_LINE_OTHER,    /* says nothing of lookups */
	LOG_LINE_TAKEN,    /* of a lookup; names are in the batch, or wait for the lines to come */
	LOG_LINE_MALFORMED /* says something of a lookup that cannot be read */
};

/* A line never adds more than so many names: the batch has room for them. */
enum { LOG_NAMES_A_LINE = 8 };

struct text_log_format {
	size_t state_bytes;
	enum log_line (*read)(void *state, const char *line, const struct log_clock *clock,
		struct flow_source_batch *batch);
};

extern const struct text_log_format text_log_unbound, text_log_dnsmasq, text_log_zeek;

int text_log_open(struct flow_source **source, const struct flow_source_ops *ops,
	const struct text_log_format *format, const char *path, struct err *err);
int text_log_next(struct flow_source *source, struct flow_source_batch *batch, struct err *err);
void text_log_read_stats(const struct flow_source *source, struct flow_source_stats *stats);
void text_log_close(struct flow_source *source);
