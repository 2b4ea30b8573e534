#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/input_id.h"
#include "analyzer/record/symbols.h"
#include "base/cores.h"
#include "dashboards/cli/analyze_cmd.h"

enum { JOBS_UNASKED_MAX = 4 };

/* Detectors look where somebody hears of what they find, or it is kept for the next run. */
static bool wants_alerts(const struct analyze_settings *settings)
{
	const struct output_settings *outputs = &settings->outputs;

	return settings->serve.serve || outputs->alerts || outputs->desk || outputs->redis ||
	       outputs->alert_to.count > 0 || settings->state ||
	       strcmp(settings->fail_on, "alert") == 0;
}

struct run_options analyze_run_options(const struct analyze_settings *settings)
{
	return (struct run_options){ .facts = &settings->facts,
		.outputs = &settings->outputs,
		.flow = &settings->flow,
		.state = settings->state,
		.sensor = settings->sensor,
		.detects = wants_alerts(settings),
		.workers = (unsigned)settings->workers };
}

struct source_options analyze_source_options(const struct analyze_settings *settings)
{
	unsigned cores = settings->workers == 1 ? 1 : cores_usable();
	unsigned unasked = cores < JOBS_UNASKED_MAX ? cores : JOBS_UNASKED_MAX;

	return (struct source_options){ .filter = settings->filter,
		.jobs = settings->jobs ? (unsigned)settings->jobs : unasked };
}

int analyze_open_facts(struct analysis *analysis, struct err *err)
{
	const struct analyze_settings *settings = analysis->settings;
	int status = settings->filter ? source_check_filter(settings->filter, err) : 0;

	if (status == 0) {
		status = outputs_check(&settings->outputs, err);
	}
	return status < 0 ? status : run_open_facts(&analysis->run, err);
}

/* Records of an archive say in which capture their packets are, and where. Where devices are
 * pseudonyms nobody is led to their addresses; what cannot be read twice cannot be named. */
void analyze_name_inputs(struct analysis *analysis)
{
	const struct analyze_settings *settings = analysis->settings;
	char id[INPUT_ID_BYTES];
	struct err err;
	bool is_named = settings->outputs.archive && !analysis->run.keys.pseudonyms;
	uint16_t *ids = is_named ? calloc(analysis->input_count, sizeof(*ids)) : NULL;

	for (unsigned i = 0; ids && i < analysis->input_count && is_named; i++) {
		is_named = input_id(analysis->inputs[i], id, &err) == 0 &&
			   (ids[i] = symbol_of(SYMBOL_INPUT, id)) != 0;
	}
	if (!is_named) {
		free(ids);
		ids = NULL;
	}
	analysis->input_ids = ids;
	analysis->run.options.locates = ids != NULL;
}

/* The page is there before the first packet is read, and its alerts are where it looks. */
static int open_page(struct analysis *analysis, struct err *err)
{
	const struct analyze_serve_settings *settings = &analysis->settings->serve;
	int status = settings->serve
			     ? analyze_serve_open(&analysis->serve, settings, &analysis->run, err)
			     : 0;

	if (analysis->serve) {
		analysis->outputs = *analysis->run.options.outputs;
		analysis->outputs.desk = analyze_serve_desk(analysis->serve);
		analysis->run.options.outputs = &analysis->outputs;
	}
	return status;
}

int analyze_open_engine(struct analysis *analysis, struct err *err)
{
	const struct engine_input input = { .source = analysis->source };
	int status = 0;

	analysis->run.options.names = analysis->names.items;
	analysis->run.options.names_count = analysis->names.count;
	analysis->question.tells_devices =
		analysis->settings->question.where && !analysis->run.keys.pseudonyms;
	if (status == 0) {
		status = analyze_question_open(&analysis->question, &analysis->run.options, err);
	}
	if (status == 0) {
		status = open_page(analysis, err);
	}
	if (status == 0) {
		status = run_open_engine(&analysis->run, &input, 1, err);
	}
	if (status == 0 && analysis->serve) {
		analyze_serve_add(analysis->serve, analysis->run.engine);
	}
	return status;
}

void analyze_close(struct analysis *analysis)
{
	engine_destroy(analysis->run.engine);
	analysis->run.engine = NULL;
	analyze_serve_close(analysis->serve);
	run_close(&analysis->run);
	analyze_question_close(&analysis->question);
	archive_inputs_close(analysis->archived);
	source_close(analysis->source);
	name_sources_close(&analysis->names);
	free(analysis->input_ids);
}
