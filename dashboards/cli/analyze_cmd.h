/* What the parts of `borderflow analyze` share: settings, and the run.
 *
 *     cmd_analyze.c       options, and what does not go together
 *     analyze_open.c      reference data, the page, the engine; and closes them
 *     analyze_sinks.c     where records go: file, archive, Redis
 *     analyze_run.c       the run, its signals and its exit status
 *     analyze_summary.c   what is said of it, while it runs and at its end
 *
 * Threads  one; the summary so far is asked of the exporter's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/archive/archive_inputs.h"
#include "analyzer/archive/input_name.h"
#include "analyzer/engine/engine.h"
#include "base/progress.h"
#include "dashboards/cli/analyze_question.h"
#include "dashboards/cli/analyze_serve.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/name_sources.h"
#include "dashboards/cli/run.h"
#include "dashboards/report/report_model.h"

extern const struct command command_analyze;

struct analyze_settings {
	struct fact_settings facts;
	struct output_settings outputs;
	struct flow_options flow;
	struct option_list resolver_logs;
	struct analyze_serve_settings serve;
	const char *summary, *report, *progress, *fail_on, *filter, *state;
	const char *sensor;
	struct analyze_question_settings question;
	bool parts;
	uint64_t workers, jobs;
};

/* Everything that one run opens; closed in one place. */
struct analysis {
	const struct analyze_settings *settings;
	const char *const *inputs;
	unsigned input_count;
	struct source *source;
	struct name_sources names;
	struct run run;
	struct analyze_serve *serve;    /* NULL: no page */
	struct output_settings outputs; /* with the desk of the page */
	bool was_stopped;
	struct source_stats so_far; /* for put_so_far() */
	struct analyze_question question;
	struct progress progress;
	struct archive_inputs
		*archived;             /* what the archive knows of the inputs; NULL: no archive */
	char sensor[INPUT_NAME_BYTES]; /* in Redis */
	uint16_t *input_ids; /* symbols, by which records name captures; NULL: they do not */
};

/* analyze_open.c: 0 or -errno. */
struct run_options analyze_run_options(const struct analyze_settings *settings);
/* How the captures are read, each time. */
struct source_options analyze_source_options(const struct analyze_settings *settings);
int analyze_open_facts(struct analysis *analysis, struct err *err);
/* Before the source is opened: how records call the captures. */
void analyze_name_inputs(struct analysis *analysis);
int analyze_open_engine(struct analysis *analysis, struct err *err);
void analyze_close(struct analysis *analysis);

/* analyze_sinks.c: 0 or -errno. */
int analyze_add_sinks(struct analysis *analysis, struct err *err);
int analyze_finish_archive(
	struct analysis *analysis, const struct engine_stats *stats, struct err *err);

/* analyze_run.c. From here on Ctrl-C ends in order, also a wait for an input; a summary that is
 * asked for before there is anything to tell waits. */
void analyze_hear_signals(void);
bool analyze_is_stopped(void);              /* before there was an engine */
int analyze_run(struct analysis *analysis); /* enum exit_status */

/* analyze_summary.c. trouble: why the input was not read to its end; NULL: it was. */
struct report_model analyze_model(
	const struct analysis *analysis, const struct engine_stats *stats, const char *trouble);
void analyze_put_summary(const struct analysis *analysis, const struct report_model *model);
/* How it looks by now; an engine_ask(). */
void analyze_put_so_far(void *analysis);
