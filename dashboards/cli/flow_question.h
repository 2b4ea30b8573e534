/* A question about flows as a person types it: a filter and a time. The same for an archive
 * (flows), for captures (analyze) and wherever else flows are asked for.
 *
 * Memory   the caller's struct; flow_question_deinit() frees what it holds.
 * Threads  one.
 * Failure  what is wrong is said on standard error, with a mark below the place in the filter; then
 *          EXIT_USAGE, else 0. */
#pragma once

#include "analyzer/format/query.h"
#include "base/local_time.h"
#include "dashboards/cli/cli.h"

enum { FLOW_QUESTION_BYTES = 4096 };

/* As in the settings of a command; each may be NULL. */
struct flow_question_words {
	const char *from, *to, *last;
	const char *time_zone;               /* NULL: UTC */
	const struct option_list *catalogue; /* for filters that name apps; with the default one */
};

struct flow_question {
	char filter[FLOW_QUESTION_BYTES]; /* "" none */
	struct query *query;              /* NULL: every flow */
	struct local_zone *zone;
	uint64_t from_ns, to_ns; /* to 0: no end */
};

/* The rows of a command's table of options for the words that are at these offsets. */
#define FLOW_QUESTION_TIME_OPTIONS(from_offset, to_offset, zone_offset)                            \
	{ "from", 0, OPTION_TEXT, (from_offset), .argument = "TIME",                               \
		.help = "Only flows that were alive at or after this time: 2026-03-31, "           \
			"2026-03-31T10:15, 2026-03-31T10:15:00+02:00, yesterday, today, or how "   \
			"long ago: 24h, 7d." },                                                    \
		{ "to", 0, OPTION_TEXT, (to_offset), .argument = "TIME",                           \
			.help = "Only flows that began before this time." },                       \
	{                                                                                          \
		"time-zone", 0, OPTION_TEXT, (zone_offset),                                        \
			.argument = "ZONE",                                                        \
			.help = "Whose clock --from, --to and the groups hour, day, week and "     \
				"weekday go by, for example Europe/Oslo; UTC, and of protected "   \
				"groups the clock by which the archive closes its days."           \
	}

/* words are one filter, so that it may be typed with or without quotes around the whole; none: no
 * filter. */
int flow_question_read(struct flow_question *question, const struct command *command,
	const struct flow_question_words *how, const char *const *words, unsigned count);
void flow_question_deinit(struct flow_question *question);
