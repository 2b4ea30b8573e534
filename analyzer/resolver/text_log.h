/* Query logs in lines: what a format of them has to bring. Each is one file, and a line in the
 * table of resolver_log.c.
 *
 * Memory   the state is the source's, zeroed before the first line, and bounded.
 * Threads  the source's one. */
#pragma once

#include <stdbool.h>
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
	const char *name; /* as in "unbound:PATH" */
	size_t state_bytes;
	bool (*tells)(const char *line); /* could it be no other format's? */
	enum log_line (*read)(void *state, const char *line, const struct log_clock *clock,
		struct flow_source_batch *batch);
};

extern const struct text_log_format text_log_unbound, text_log_dnsmasq, text_log_zeek;

/* The format that the target names before its path, which is put into *path; the one that a line
 * tells. NULL: none. */
const struct text_log_format *text_log_named(const char *target, const char **path);
const struct text_log_format *text_log_of_line(const char *line);

/* Reads lines one after the other; a zeroed one may be deinitialised. */
struct text_reader {
	const struct text_log_format *format;
	void *state;
	struct log_clock clock;
	struct flow_source_stats stats;
};

int text_reader_init(struct text_reader *reader, const struct text_log_format *format,
	uint64_t changed_ns, struct err *err);
void text_reader_deinit(struct text_reader *reader);

/* The batch has room for what a line may add. */
void text_reader_take(
	struct text_reader *reader, const char *line, struct flow_source_batch *batch);

static inline bool text_log_has_room(const struct flow_source_batch *batch)
{
	return batch->name_count + LOG_NAMES_A_LINE <= FLOW_SOURCE_BATCH_MAX;
}

/* A finished log. */
int text_log_open(struct flow_source **source, const struct text_log_format *format,
	const char *path, struct err *err);
