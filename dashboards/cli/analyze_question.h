/* Which flows `analyze` is asked for: --where, --from, --to; and their packets (--write-packets).
 *
 *     analyze_question_read()       what was typed                        before anything is opened
 *     analyze_question_check()      against the policy                    once that is read
 *     analyze_question_open()       filter and marks, for the engine      before the engine is
 *     analyze_question_describe()   in words, for summary and report      after the run
 *     analyze_question_write()      the packets, from a second reading
 *     analyze_question_close()      all of it, in any state, after the engine
 *
 * Threads  one. */
#pragma once

#include "base/progress.h"
#include "dashboards/cli/flow_question.h"
#include "dashboards/cli/run.h"
#include "dashboards/report/device_rows.h"
#include "dashboards/report/report_model.h"

struct analyze_question_settings {
	const char *where, *from, *to, *time_zone, *write_packets;
};

#define ANALYZE_QUESTION_AT(offset, field)                                                         \
	((offset) + offsetof(struct analyze_question_settings, field))

/* Rows of the command's table of options, whose settings have the struct at offset. */
#define ANALYZE_QUESTION_OPTIONS(offset)                                                           \
	{ "where", 0, OPTION_TEXT, ANALYZE_QUESTION_AT(offset, where), .argument = "FILTER",       \
		.group = "Which flows",                                                            \
		.help = "Only flows that match, in the language of borderflow flows (its --help "  \
			"and --fields say it): app == telegram and bytes > 1MB. A flow is judged " \
			"when it is over, so that all of it counts, or nothing." },                \
		FLOW_QUESTION_TIME_OPTIONS(ANALYZE_QUESTION_AT(offset, from),                      \
			ANALYZE_QUESTION_AT(offset, to), ANALYZE_QUESTION_AT(offset, time_zone)),  \
	{                                                                                          \
		"write-packets", 0, OPTION_FILE, ANALYZE_QUESTION_AT(offset, write_packets),       \
			.argument = "FILE.pcapng",                                                 \
			.help = "Write the packets of these flows into a capture, each with the "  \
				"flow's id and app as its comment, and of look-ups that named "    \
				"them question and answer; \"-\" is standard output. The input "   \
				"is read a second time for it."                                    \
	}

struct nothing_words;
struct packet_search;

/* A zeroed struct is one that was not asked. */
struct analyze_question {
	const struct analyze_question_settings *settings;
	struct flow_question flows;
	struct nothing_words *ids;     /* of flows that it asks for by id; NULL: of none */
	struct flow_filter *filter;    /* NULL: every flow is asked for */
	struct packet_search *packets; /* that are to be written; NULL */
	struct device_rows devices;    /* whose flows match */
	bool tells_devices;            /* by their addresses: no pseudonyms are asked for */
	char words[FLOW_QUESTION_BYTES + 128];
};

/* 0, or EXIT_USAGE and it was said why. */
int analyze_question_read(struct analyze_question *question,
	const struct analyze_question_settings *settings, const struct option_list *catalogue,
	const char *const *inputs, unsigned input_count);

/* Once the policy is read: has it the units, classes and rules that the filter names? 0, or -EINVAL
 * and which it has. */
int analyze_question_check(const struct analyze_question *question, struct err *err);

/* Not all flows are wanted. */
bool analyze_question_is_narrow(const struct analyze_question *question);
/* Packets go to standard output. */
bool analyze_question_uses_stdout(const struct analyze_question_settings *settings);

int analyze_question_open(
	struct analyze_question *question, struct run_options *options, struct err *err);
void analyze_question_describe(struct analyze_question *question, struct report_model *model);
/* Where nothing matches: says so, and what there was. Could nothing match (flows_nothing.h)? */
bool analyze_question_say_nothing(
	const struct analyze_question *question, const struct source_stats *source);
int analyze_question_write(const struct analyze_question *question, const char *const *inputs,
	unsigned input_count, const struct source_options *options, struct progress *progress,
	struct err *err);
void analyze_question_close(struct analyze_question *question);
