#include <stdio.h>
#include <string.h>

#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "base/text.h"
#include "dashboards/cli/analyze_cmd.h"
#include "dashboards/cli/terminal.h"

struct report_model analyze_model(
	const struct analysis *analysis, const struct engine_stats *stats, const char *trouble)
{
	const struct run *run = &analysis->run;
	struct overview *overview = engine_overview(run->engine);
	unsigned months = run->keys.pseudonyms ? report_months_of_run(overview) : 1;

	return (struct report_model){
		.overview = overview,
		.stats = stats,
		.reference = run->reference,
		.inputs = analysis->inputs,
		.input_count = analysis->input_count,
		.trouble = trouble,
		.group_minimum =
			run->keys.pseudonyms
				? policy_header(run->reference->policy)->group_minimum * months
				: 0,
		.run_months = months,
		.made_ns = clock_now_ns(),
	};
}

/* What the summary says of packets that several inputs hold. */
static void say_twins(const struct report_model *model)
{
	char count[32];
	struct text text;

	if (model->stats->source.twins > 0) {
		text_init(&text, count, sizeof(count));
		text_put_grouped(&text, model->stats->source.twins, ",");
		cli_notice("analyze",
			"left out: %s packets that another input holds as well, the same bytes at "
			"the same time; they count once",
			count);
	}
}

void analyze_put_summary(const struct analysis *analysis, const struct report_model *model)
{
	const char *form = analysis->settings->summary;

	if (!form) {
		form = outputs_use_stdout(&analysis->settings->outputs) ||
				       analyze_question_uses_stdout(&analysis->settings->question)
			       ? "none"
			       : "text";
	}
	if (strcmp(form, "text") == 0) {
		struct summary_style style = { terminal_width(), terminal_has_color(),
			terminal_has_utf8(), analysis->run.reference->messages };
		summary_put_text(stdout, model, &style);
	} else if (strcmp(form, "json") == 0) {
		struct text text;
		text_init_heap(&text);
		summary_put_json(&text, model);
		fwrite(text.at, 1, text.length, stdout);
		text_deinit(&text);
	} else {
		say_twins(model);
	}
}

void analyze_put_so_far(void *context)
{
	const struct analysis *analysis = context;
	const struct engine_stats stats = { .source = analysis->so_far };
	const struct summary_style style = { terminal_width(), false, terminal_has_utf8(),
		analysis->run.reference->messages };
	char trouble[128];
	struct report_model model = analyze_model(analysis, &stats, trouble);

	model.is_so_far = true;
	if (stats.source.bytes_all > 0) {
		snprintf(trouble, sizeof(trouble), "%.0f %% of the input by now",
			100.0 * (double)stats.source.bytes_done / (double)stats.source.bytes_all);
	} else {
		snprintf(trouble, sizeof(trouble), "the input is still being read");
	}
	summary_put_text(stderr, &model, &style);
}
