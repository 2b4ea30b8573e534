#include <errno.h>

#include "dashboards/cli/analyze_cmd.h"

/* The same capture is added once: a second time changes nothing and says so. */
static int add_archive(struct analysis *analysis, struct err *err)
{
	const char *folder = analysis->settings->outputs.archive;
	bool known;

	if (analyze_question_is_narrow(
		    &analysis->question)) { /* the rest of the capture may still be added */
		return run_add_sink(&analysis->run, sink_find("archive", NULL), folder, true, err);
	}
	int status = archive_inputs_open(
		&analysis->archived, folder, analysis->inputs, analysis->input_count, &known, err);

	if (status == 0 && known) {
		cli_notice("analyze",
			"%s: this input is in the archive already; nothing is added to it", folder);
		archive_inputs_close(analysis->archived);
		analysis->archived = NULL;
		return 0;
	}
	if (status == 0) {
		status =
			run_add_sink(&analysis->run, sink_find("archive", NULL), folder, true, err);
	}
	return status < 0 ? status : archive_inputs_begin(analysis->archived, err);
}

/* Its sums stand under the input's name; devices are counted under a secret of the input where they
 * are no pseudonyms. */
static int add_redis(struct analysis *analysis, struct err *err)
{
	struct hash_key key;
	int status =
		input_name(analysis->inputs, analysis->input_count, analysis->sensor, &key, err);

	if (status == 0 && !engine_count_devices(analysis->run.engine, &key)) {
		status = err_set(err, ENOMEM, "out of memory");
	}
	analysis->run.sensor = analysis->sensor;
	return status < 0 ? status
			  : run_add_sink(&analysis->run, sink_find("redis", NULL),
				    analysis->settings->outputs.redis, true, err);
}

int analyze_add_sinks(struct analysis *analysis, struct err *err)
{
	const struct analyze_settings *settings = analysis->settings;
	int status = 0;

	if (settings->outputs.flows) {
		status = run_add_sink(&analysis->run, outputs_flow_sink(&settings->outputs),
			settings->outputs.flows, settings->parts, err);
	}
	if (status == 0 && analysis->serve && !settings->outputs.archive) {
		status = run_add_sink(&analysis->run, sink_find("archive", NULL),
			analyze_serve_flows(analysis->serve), true, err);
	}
	if (status == 0 && settings->outputs.archive) {
		status = add_archive(analysis, err);
	}
	if (status == 0 && settings->outputs.redis) {
		status = add_redis(analysis, err);
	}
	return status;
}

/* A capture whose end is damaged is in the archive as far as it can be read, and a second run would
 * find no more of it. */
int analyze_finish_archive(
	struct analysis *analysis, const struct engine_stats *stats, struct err *err)
{
	bool is_whole = analysis->archived && !stats->was_stopped && !stats->sinks_failed;

	return is_whole ? archive_inputs_finish(analysis->archived, err) : 0;
}
