#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "analyzer/engine/engine.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/pseudonyms.h"
#include "analyzer/archive/archive_inputs.h"
#include "analyzer/archive/input_id.h"
#include "analyzer/archive/input_name.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/progress.h"
#include "dashboards/cli/analyze_serve.h"
#include "dashboards/cli/analyze_question.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/name_sources.h"
#include "dashboards/cli/run.h"
#include "dashboards/cli/terminal.h"
#include "dashboards/report/report_model.h"
#include "dashboards/report/report.h"

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

#define PROGRESS_EVERY_NS (200 * NS_PER_MS)

enum { JOBS_MAX = 64, JOBS_UNASKED_MAX = 4 };

#define AT(field) offsetof(struct analyze_settings, field)

static const struct option options[] = {
	{ "flows", 'f', OPTION_FILE, AT(outputs.flows), .argument = "PATH", .group = "Output",
		.help = "Write one record a flow. The format follows the extension (.ndjson .csv "
			".cbor); \"-\" is standard output as ndjson." },
	OUTPUT_FORMAT_OPTION(AT(outputs)),
	{ "parts", 0, OPTION_FLAG, AT(parts),
		.help = "Write long flows in parts, one each five minutes, instead of whole." },
	{ "alerts", 'a', OPTION_FILE, AT(outputs.alerts), .argument = "PATH",
		.help = "Write alerts as ndjson: one per rule, unit and week, and what detectors "
			"find." },
	{ "desk", 0, OPTION_FOLDER, AT(outputs.desk), .argument = "DIR",
		.help = "Put alerts on the desk in this folder, where borderflow alerts --state "
			"works on them." },
	ALERT_OUTPUT_OPTIONS(AT(outputs)),
	{ "summary", 's', OPTION_CHOICE, AT(summary), .argument = "FORM",
		.choices = "text|json|none",
		.help = "What to print on standard output: text, or none when --flows is \"-\"." },
	{ "report", 'r', OPTION_FOLDER, AT(report), .argument = "DIR",
		.help = "Write the report into this folder: one printable page a language." },
	{ "archive", 0, OPTION_FOLDER, AT(outputs.archive), .argument = "DIR",
		.help = "Append to a flow archive that borderflow flows reads. A capture that is "
			"in it already is not added again." },
	{ "redis", 0, OPTION_TEXT, AT(outputs.redis), .argument = "URL",
		.help = "Outbox metrics and alerts to Redis at the captured times, for example "
			"redis://localhost:6379 or unix:///run/redis/redis.sock." },
	{ "sensor", 0, OPTION_TEXT, AT(sensor), .argument = "NAME",
		.help = "Which sensor's point of view it is: what the policy has another one count "
			"(\"counting\") is left out of Redis and of alerts." },
	FACT_OPTIONS(AT(facts)),
	KEY_OPTIONS(AT(facts)),
	{ "state", 0, OPTION_FOLDER, AT(state), .argument = "DIR",
		.help = "Go on from what earlier runs learnt, and keep what this one learns: of "
			"devices, and of what servers are used for." },
	{ "filter", 0, OPTION_TEXT, AT(filter), .argument = "BPF", .group = "Input",
		.help = "Read only packets that match this capture filter (see pcap-filter)." },
	{ "resolver-log", 0, OPTION_LIST, AT(resolver_logs), .argument = "[FORMAT:]PATH",
		.help = "What the resolver answered whom, for flows whose lookups are not in the "
			"capture: dnstap (as fstrm_capture writes it), unbound or dnsmasq (query "
			"logs), zeek (dns.log, tabs or JSON); also compressed. The content tells "
			"the "
			"format, unless given. May be given several times." },
	ANALYZE_QUESTION_OPTIONS(AT(question)),
	{ "flow-limit", 0, OPTION_NUMBER, AT(flow.flow_limit), .argument = "COUNT",
		.default_text = "4000000", .least = 1000, .most = 1000000000, .group = "Flows",
		.help = "Live flows at most; beyond it the idlest gives way and is counted." },
	FLOW_OPTIONS_TIME_OPTIONS(AT(flow)),
	{ "workers", 0, OPTION_NUMBER, AT(workers), .argument = "N", .least = 1,
		.most = ENGINE_WORKERS_MAX, .group = "Running",
		.help = "1: all in one thread; 2: reading, following flows and exporting side by "
			"side; each one more helps to find out what records are of. The records "
			"and their order are the same. As many as the machine has cores, unless "
			"given." },
	{ "jobs", 0, OPTION_NUMBER, AT(jobs), .argument = "N", .least = 1, .most = JOBS_MAX,
		.help = "Of files that are compressed, unpack so many at a time, each in a thread "
			"and 64 MB ahead of what is analysed; 1: none ahead. It is one analysis, "
			"in the order of time, and its result is the same. As many as the machine "
			"has cores, at most 4, unless given." },
	FLOW_OPTIONS_CPU_OPTION(AT(flow)),
	{ "progress", 0, OPTION_CHOICE, AT(progress), .argument = "WHEN",
		.choices = "auto|always|never", .default_text = "auto",
		.help = "Show how far the work is, on standard error." },
	ANALYZE_SERVE_OPTIONS(AT(serve)),
	{ "fail-on", 0, OPTION_CHOICE, AT(fail_on), .argument = "WHAT",
		.choices = "violation|alert|none", .default_text = "none",
		.help = "Exit with status 1 when one was found." },
	{ NULL },
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

/* The engine that Ctrl-C stops: the one mutable global a signal needs. */
static struct engine *volatile running;

static volatile sig_atomic_t is_stopped_late; /* by Ctrl-C, when the engine was done */

static void on_signal(int signal)
{
	(void)signal;
	if (running) {
		engine_stop(running);
	} else {
		is_stopped_late = 1;
	}
}

static volatile sig_atomic_t is_asked; /* for a summary of what was seen so far */

static void on_question(int signal)
{
	(void)signal;
	is_asked = 1;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* A reader that is gone and a file that is too large are errors of a write, with a name. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

static int open_facts(struct analysis *analysis, struct err *err)
{
	const struct analyze_settings *settings = analysis->settings;
	int status = settings->filter ? source_check_filter(settings->filter, err) : 0;

	if (status == 0) {
		status = outputs_check(&settings->outputs, err);
	}
	return status < 0 ? status : run_open_facts(&analysis->run, err);
}

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

static int add_sinks(struct analysis *analysis, struct err *err)
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

/* Detectors look where somebody hears of what they find, or it is kept for the next run. */
static bool wants_alerts(const struct analyze_settings *settings)
{
	const struct output_settings *outputs = &settings->outputs;

	return settings->serve.serve || outputs->alerts || outputs->desk || outputs->redis ||
	       outputs->alert_to.count > 0 || settings->state ||
	       strcmp(settings->fail_on, "alert") == 0;
}

/* The settings as a run takes them. */
static struct run_options run_options_of(const struct analyze_settings *settings)
{
	return (struct run_options){ .facts = &settings->facts,
		.outputs = &settings->outputs,
		.flow = &settings->flow,
		.state = settings->state,
		.sensor = settings->sensor,
		.detects = wants_alerts(settings),
		.workers = (unsigned)settings->workers };
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

/* Records of an archive say in which capture their packets are, and where. Where devices are
 * pseudonyms nobody is led to their addresses; what cannot be read twice cannot be named. */
static void name_inputs(struct analysis *analysis)
{
	const struct analyze_settings *settings = analysis->settings;
	char id[INPUT_ID_BYTES];
	struct err err;
	bool is_named = settings->outputs.archive && !settings->facts.pseudonymize;
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

static int open_engine(struct analysis *analysis, struct err *err)
{
	const struct engine_input input = { .source = analysis->source };
	int status = 0;

	analysis->run.options.names = analysis->names.items;
	analysis->run.options.names_count = analysis->names.count;
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

static void close_analysis(struct analysis *analysis)
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

static void put_summary(const struct analysis *analysis, const struct report_model *model)
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
	}
}

/* How the captures are read, each time. */
static struct source_options source_options_of(const struct analyze_settings *settings)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned unasked = settings->workers == 1 || cores < 1 ? 1
			   : cores < JOBS_UNASKED_MAX          ? (unsigned)cores
							       : JOBS_UNASKED_MAX;

	return (struct source_options){ .filter = settings->filter,
		.jobs = settings->jobs ? (unsigned)settings->jobs : unasked };
}

static bool found_what_fails(const struct analysis *analysis)
{
	const char *what = analysis->settings->fail_on;
	const struct overview_rule *rules;
	size_t count = overview_rules(engine_overview(analysis->run.engine), &rules);

	if (strcmp(what, "alert") == 0) {
		return alerts_count(analysis->run.alerts) > 0;
	}
	for (size_t i = 0; i < count && strcmp(what, "violation") == 0; i++) {
		if (rules[i].verdict == POLICY_VERDICT_VIOLATION ||
			rules[i].verdict == POLICY_VERDICT_UNAPPROVED) {
			return true;
		}
	}
	return false;
}

/* A capture whose end is damaged is in the archive as far as it can be read, and a second run would
 * find no more of it. */
static int finish_archive(
	struct analysis *analysis, const struct engine_stats *stats, struct err *err)
{
	bool is_whole = analysis->archived && !stats->was_stopped && !stats->sinks_failed;

	return is_whole ? archive_inputs_finish(analysis->archived, err) : 0;
}

/* How the summary looks by now, on the exporter's side. */
static void put_so_far(void *context)
{
	const struct analysis *analysis = context;
	const struct engine_stats stats = { .source = analysis->so_far };
	struct summary_style style = { terminal_width(), false, terminal_has_utf8(),
		analysis->run.reference->messages };
	char trouble[128];
	struct report_model model = { .overview = engine_overview(analysis->run.engine),
		.stats = &stats,
		.reference = analysis->run.reference,
		.inputs = analysis->inputs,
		.input_count = analysis->input_count,
		.trouble = trouble,
		.is_so_far = true,
		.group_minimum =
			analysis->run.keys.pseudonyms
				? policy_header(analysis->run.reference->policy)->group_minimum
				: 0,
		.made_ns = clock_now_ns() };

	if (stats.source.bytes_all > 0) {
		snprintf(trouble, sizeof(trouble), "%.0f %% of the input by now",
			100.0 * (double)stats.source.bytes_done / (double)stats.source.bytes_all);
	} else {
		snprintf(trouble, sizeof(trouble), "the input is still being read");
	}
	summary_put_text(stderr, &model, &style);
}

/* kill -USR1: a summary of what was seen so far, on standard error; the run goes on. */
static void show_so_far(struct analysis *analysis, const struct source_stats *source)
{
	progress_clear(&analysis->progress);
	analysis->so_far = *source;
	engine_ask(analysis->run.engine, put_so_far, analysis);
}

/* Runs what is open, and shows how far it is. 0, or -errno of the first that failed: a sink, else
 * the input. */
static int work(struct analysis *analysis, struct err *err)
{
	struct source_stats source;
	struct err finish_err;

	running = analysis->run.engine;
	catch_signals();
	int status = engine_start(analysis->run.engine, err);
	while (status == 0 && (status = engine_read(analysis->run.engine, PROGRESS_EVERY_NS,
				       err)) == ENGINE_MORE) {
		source_read_stats(analysis->source, &source);
		if (is_asked) {
			is_asked = 0;
			show_so_far(analysis, &source);
		}
		progress_show(&analysis->progress, source.bytes_done, source.bytes_all,
			source.frames, clock_monotonic_ns());
		if (analysis->serve) {
			analyze_serve_show(analysis->serve, &source, true);
		}
	}
	int finished = engine_finish(analysis->run.engine, &finish_err);
	running = NULL;
	signal(SIGUSR1, SIG_IGN);
	if (analysis->serve) {
		source_read_stats(analysis->source, &source);
		analyze_serve_show(analysis->serve, &source, false);
	}
	if (finished == -EPIPE && outputs_use_stdout(&analysis->settings->outputs)) {
		finished = 0; /* whoever reads the records has seen enough */
	}
	if (finished < 0) {
		*err = finish_err;
	}
	return finished < 0 ? finished : status < 0 ? status : 0;
}

/* What the resolver logs were worth; -errno where one could not be read to its end. */
static int say_names(const struct analysis *analysis)
{
	struct flow_source_stats stats;
	struct err err;
	int status = engine_names_failure(analysis->run.engine, &err);

	if (status < 0) {
		cli_error("analyze", err.text);
	}
	engine_read_names(analysis->run.engine, &stats);
	if (analysis->names.count > 0 && (stats.malformed > 0 || stats.names == 0)) {
		cli_notice("analyze",
			"the resolver logs held %llu names before the end of the capture; %llu of "
			"%llu entries could not be read",
			(unsigned long long)stats.names, (unsigned long long)stats.malformed,
			(unsigned long long)stats.messages);
	}
	return status;
}

/* Runs what is open, and says what came of it. */
static int run_analysis(struct analysis *analysis)
{
	struct err err = { "" }, broken;
	struct engine_stats stats;

	int status = work(analysis, &err);
	progress_clear(&analysis->progress);

	engine_read_stats(analysis->run.engine, &stats);
	if (finish_archive(analysis, &stats, &broken) < 0) {
		cli_error("analyze", broken.text);
		return EXIT_USAGE;
	}
	struct report_model model = {
		.overview = engine_overview(analysis->run.engine),
		.stats = &stats,
		.reference = analysis->run.reference,
		.inputs = analysis->inputs,
		.input_count = analysis->input_count,
		.trouble = status < 0          ? err.text
			   : stats.was_stopped ? "stopped before the input was over"
					       : NULL,
		.decider = engine_decider(analysis->run.engine),
		.alerts = alerts_count(analysis->run.alerts),
		.group_minimum =
			analysis->run.keys.pseudonyms
				? policy_header(analysis->run.reference->policy)->group_minimum
				: 0,
		.made_ns = clock_now_ns(),
	};
	analyze_question_describe(&analysis->question, &model);
	put_summary(analysis, &model);
	if (status < 0) {
		cli_error("analyze", err.text);
	}
	if (say_names(analysis) < 0 && status == 0) {
		status = -EBADMSG;
	}
	const struct report_options report = { .folder = analysis->settings->report };
	if (report.folder && report_write(&report, &model, NULL, &broken) < 0) {
		cli_error("analyze", broken.text);
		return EXIT_USAGE;
	}
	if (!engine_check_conservation(analysis->run.engine, &broken)) {
		cli_error("analyze", broken.text);
		return EXIT_INPUT;
	}
	analysis->was_stopped = stats.was_stopped;
	if (is_stopped_late && analysis->question.packets) {
		cli_error("analyze", "stopped before the packets were written");
		return EXIT_STOPPED;
	}
	const struct source_options again = source_options_of(analysis->settings);
	int written = analyze_question_write(&analysis->question, analysis->inputs,
		analysis->input_count, &again, &analysis->progress, &broken);
	if (written < 0) {
		cli_error("analyze", broken.text);
		return written == -EINTR ? EXIT_STOPPED : EXIT_USAGE;
	}
	if (stats.was_stopped) {
		cli_error("analyze", "stopped before the input was over; what was read until then "
				     "is reported");
	}
	if (status < 0) {
		return EXIT_INPUT;
	}
	if (stats.was_stopped) {
		return EXIT_STOPPED;
	}
	return found_what_fails(analysis) ? EXIT_FOUND : EXIT_DONE;
}

/* A capture is evidence: no output is written over it. */
static int check_outputs(const struct analysis *analysis)
{
	const struct analyze_settings *settings = analysis->settings;
	const char *const paths[] = { settings->outputs.flows, settings->outputs.alerts,
		settings->question.write_packets };
	static const char *const names[] = { "flows", "alerts", "write-packets" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		for (unsigned k = 0; paths[i] && k < analysis->input_count; k++) {
			if (file_is_same(paths[i], analysis->inputs[k])) {
				return cli_usage_error(&command_analyze,
					"--%s: %s is the input %s, which would be lost: name "
					"another file",
					names[i], paths[i], analysis->inputs[k]);
			}
		}
	}
	return EXIT_DONE;
}

/* What does not go with a part of the flows, or with their packets. */
static int check_question(const struct analysis *analysis)
{
	const struct analyze_settings *settings = analysis->settings;

	if (analyze_question_is_narrow(&analysis->question) &&
		(settings->outputs.redis || settings->state)) {
		return cli_usage_error(&command_analyze,
			"--%s holds what all flows add up to; it does not go with --where, --from "
			"and --to",
			settings->state ? "state" : "redis");
	}
	if (settings->question.write_packets && settings->facts.pseudonymize) {
		return cli_usage_error(&command_analyze,
			"--write-packets writes addresses as they are; it does not go with "
			"--pseudonymize");
	}
	if (analyze_question_uses_stdout(&settings->question) &&
		outputs_use_stdout(&settings->outputs)) {
		return cli_usage_error(&command_analyze,
			"records and packets cannot both be written to standard output");
	}
	return EXIT_DONE;
}

static int run(void *settings, char *const *arguments, unsigned count)
{
	struct analysis analysis = {
		.settings = settings,
		.inputs = (const char *const *)arguments,
		.input_count = count,
		.run = { .options = run_options_of(settings) },
	};
	struct source_options source_options = source_options_of(settings);
	struct err err;
	int exit_status;

	if (count == 0) {
		return cli_usage_error(&command_analyze,
			"name at least one capture file, or - for standard input");
	}
	exit_status = analyze_question_read(&analysis.question, &analysis.settings->question,
		&analysis.settings->facts.catalogue, analysis.inputs, count);
	if (exit_status == EXIT_DONE) {
		exit_status = check_question(&analysis);
	}
	if (exit_status == EXIT_DONE) {
		exit_status = check_outputs(&analysis);
	}
	if (exit_status != EXIT_DONE) {
		analyze_question_close(&analysis.question);
		return exit_status;
	}
	name_inputs(&analysis);
	source_options.file_ids = analysis.input_ids;
	signal(SIGUSR1, on_question); /* asked before there is anything to tell, it waits */
	progress_init(
		&analysis.progress, analysis.settings->progress, "packets", clock_monotonic_ns());
	if (open_facts(&analysis, &err) < 0) {
		cli_error("analyze", err.text);
		exit_status = EXIT_USAGE;
	} else if (source_open_files(
			   &analysis.source, analysis.inputs, count, &source_options, &err) < 0) {
		cli_error("analyze", err.text);
		exit_status = EXIT_INPUT;
	} else if (name_sources_open_logs(
			   &analysis.names, &analysis.settings->resolver_logs, &err) < 0) {
		cli_error("analyze", err.text);
		exit_status = EXIT_INPUT;
	} else if (open_engine(&analysis, &err) < 0 || add_sinks(&analysis, &err) < 0) {
		cli_error("analyze", err.text);
		exit_status = EXIT_USAGE;
	} else {
		exit_status = run_analysis(&analysis);
		if (analysis.serve && !analysis.was_stopped) {
			analyze_serve_wait(analysis.serve);
		}
	}
	close_analysis(&analysis);
	return exit_status;
}

const struct command command_analyze = {
	.name = "analyze",
	.arguments = "FILE...",
	.summary = "capture files: flows, apps, destinations, a summary, alerts, a report",
	.description =
		"Reads capture files (pcap and pcapng, also compressed with gzip or zstd; \"-\" "
		"is standard input) and says which applications sent data where, in which country "
		"each server stands, who runs that network, who owns the service and who controls "
		"the owner.\n\n"
		"Several files are read in the order of their packets' times. A file that is "
		"damaged or cut short is read up to there; the message says where, and the exit "
		"status is 3. Ctrl-C ends a run with what was read until then, marked as not "
		"complete in every output; the exit status is 4. kill -USR1 prints a summary of "
		"what was seen so far on standard error, and the run goes on.",
	.examples = "  $ borderflow analyze day.pcap\n"
		    "  $ borderflow analyze --flows flows.ndjson --policy rules.yaml day.pcap.gz\n"
		    "  $ tcpdump -w - | borderflow analyze -\n",
	.settings_bytes = sizeof(struct analyze_settings),
	.options = options,
	.run = run,
};
