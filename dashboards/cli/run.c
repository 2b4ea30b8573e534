#include "dashboards/cli/run.h"

#include <errno.h>
#include <string.h>

#include "analyzer/record/state.h"
#include "analyzer/redis/outbox.h"
#include "analyzer/vantage/vantage.h"

int run_open_facts(struct run *run, struct err *err)
{
	const struct fact_settings *facts = run->options.facts;
	int status = tenant_keys_open(&run->keys, facts, err);

	return status < 0 ? status : facts_load(&run->reference, facts, run->keys.pseudonyms, err);
}

static int open_outbox(struct run *run, struct err *err)
{
	const struct run_options *options = &run->options;
	struct outbox_options outbox = {
		.url = options->outputs->redis,
		.sensor = options->sensor,
		.spool = options->spool,
		.spool_bytes = options->spool_megabytes * 1000000,
		.merge_every_ns = options->redis_merge_every_ns,
	};

	if (!options->is_live || !options->outputs->redis) {
		return 0;
	}
	outbox.sync = strcmp(options->spool_sync, "always") == 0  ? OUTBOX_SYNC_ALWAYS
		      : strcmp(options->spool_sync, "never") == 0 ? OUTBOX_SYNC_NEVER
								  : OUTBOX_SYNC_INTERVAL;
	return outbox_open(&run->outbox, &outbox, err);
}

/* A sensor without Redis has its desk where its state is. */
static int open_alerts(struct run *run, struct err *err)
{
	const struct run_options *options = &run->options;
	const struct alert_source source = { .reference = run->reference,
		.observer = options->sensor,
		.is_live = options->is_live,
		.outbox = run->outbox,
		.policy = options->facts->policy };
	struct output_settings outputs = *options->outputs;

	if (options->is_live) {
		outputs.desk = outputs.redis ? NULL : options->state;
	}
	return outputs_open_alerts(&run->alerts, &outputs, &source, err);
}

static int create_engine(
	struct run *run, const struct engine_input *inputs, unsigned count, struct err *err)
{
	const struct run_options *options = &run->options;
	struct engine_options engine = {
		.inputs = inputs,
		.input_count = count,
		.collector = flow_options_collector(options->flow, &run->keys.flow),
		.reference = run->reference,
		.alerts = run->alerts,
		.outbox = run->outbox,
		.state = run->state,
		.filter = options->filter,
		.sensor = options->sensor,
		.names = options->names,
		.names_count = options->names_count,
		.vantage = run->vantage,
		.classify = { .probe_key = run->keys.probe, .lookups = options->lookups },
		.workers = options->workers,
		.detects = options->detects,
		.has_ticks = options->is_live,
		.holds_hidden = !options->is_live,
		.has_overview = !options->is_live,
	};

	engine.collector.marks = options->marks;
	engine.collector.locates = options->locates;
	run->engine = engine_create(&engine, err);
	return run->engine ? 0 : -EINVAL;
}

int run_open_engine(
	struct run *run, const struct engine_input *inputs, unsigned count, struct err *err)
{
	const char *folder = run->options.state;
	int status = open_outbox(run, err);

	if (status == 0) {
		status = open_alerts(run, err);
	}
	if (status == 0 && folder) {
		status = state_open(&run->state, folder, err);
	}
	if (status == 0 && (run->options.is_live || folder)) {
		run->vantage = vantage_create();
		status = run->vantage ? 0 : err_set(err, ENOMEM, "out of memory");
		if (run->vantage) {
			run->vantage->probe_key = run->keys.probe;
			run->vantage->may_repeat = !run->options.is_live;
		}
	}
	return status < 0 ? status : create_engine(run, inputs, count, err);
}

int run_add_sink(struct run *run, const struct sink_ops *ops, const char *target, bool with_parts,
	struct err *err)
{
	const struct run_options *options = &run->options;
	struct sink_options sink_options = { .target = target,
		.sensor = run->sensor,
		.organization = outputs_organization(run->reference),
		.observer = options->sensor,
		.outbox = run->outbox,
		.every_ns = options->redis_every_ns,
		.with_parts = with_parts,
		.is_live = options->is_live,
		.with_threads = engine_has_threads(run->engine),
		.leaves_out_known = !options->is_live,
		.reference = run->reference,
		.retention = options->retention,
		.signing_key = run->keys.signing };
	struct sink *sink;
	int status = ops->open(&sink, &sink_options, err);

	if (status == 0) {
		engine_add_sink(run->engine, ops, sink);
	}
	return status;
}

void run_close(struct run *run)
{
	engine_destroy(run->engine);
	vantage_destroy(run->vantage);
	alerts_destroy(run->alerts);
	outbox_close(run->outbox);
	state_close(run->state);
	reference_release(run->reference);
	tenant_keys_close(&run->keys);
}
