#include <errno.h>
#include <stddef.h>

#include "analyzer/output/packet_file.h"
#include "base/clock.h"
#include "base/file.h"
#include "dashboards/cli/analyze_cmd.h"

enum { JOBS_MAX = 64 };

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
		.help = "Send metrics and alerts to Redis at the captured times, for example "
			"redis://localhost:6379 or unix:///run/redis/redis.sock." },
	{ "sensor", 0, OPTION_TEXT, AT(sensor), .argument = "NAME",
		.help = "Which sensor's point of view it is: what the policy has another one count "
			"(\"counting\") is left out of Redis and of alerts." },
	FACT_OPTIONS(AT(facts)),
	KEY_OPTIONS(AT(facts)),
	{ "state", 0, OPTION_FOLDER, AT(state), .argument = "DIR",
		.help = "Go on from what earlier runs learnt, and keep what this one learns: of "
			"devices, of what servers are used for, and on which days which "
			"units are proven to be seen." },
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
			"and their order are the same. As many as there are cores that it may run "
			"on, unless given." },
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

/* A capture is evidence: no output is written over it. */
static int check_outputs(const struct analysis *analysis)
{
	const struct analyze_settings *settings = analysis->settings;
	const char *const paths[] = { settings->outputs.flows, settings->outputs.alerts,
		settings->question.write_packets };
	static const char *const names[] = { "flows", "alerts", "write-packets" };
	struct err err;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		cli_say_pipe("analyze", paths[i], false);
		for (unsigned k = 0; paths[i] && k < analysis->input_count; k++) {
			if (file_is_same(paths[i], analysis->inputs[k])) {
				return cli_usage_error(&command_analyze,
					"--%s: %s is the input %s, which would be lost: name "
					"another file",
					names[i], paths[i], analysis->inputs[k]);
			}
		}
	}
	if (settings->question.write_packets &&
		packet_file_check(settings->question.write_packets, &err) < 0) {
		cli_error("analyze", err.text);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

/* What is written at the end must not be refused only then. */
static int open_report(const struct analysis *analysis, struct err *err)
{
	const char *folder = analysis->settings->report;

	return folder ? file_make_folder(folder, 0755, err) : 0;
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
			"--pseudonymize (flows of an archive: borderflow flows --write-packets "
			"--key)");
	}
	if (analyze_question_uses_stdout(&settings->question) &&
		outputs_use_stdout(&settings->outputs)) {
		return cli_usage_error(&command_analyze,
			"records and packets cannot both be written to standard output");
	}
	return EXIT_DONE;
}

/* How records call the captures goes by the keys: they are open by now. */
static int open_source(struct analysis *analysis, struct err *err)
{
	struct source_options how = analyze_source_options(analysis->settings);

	analyze_name_inputs(analysis);
	how.file_ids = analysis->input_ids;
	for (unsigned i = 0; i < analysis->input_count; i++) {
		cli_say_pipe("analyze", analysis->inputs[i], true);
	}
	int status = source_open_files(
		&analysis->source, analysis->inputs, analysis->input_count, &how, err);
	return analyze_is_stopped() ? err_set(err, EINTR, "stopped before anything was read")
				    : status;
}

/* 0, or it was said what is wrong and with which exit status it ends. */
static int open_all(struct analysis *analysis)
{
	struct err err;
	int status = analyze_open_facts(analysis, &err);

	if (status < 0) {
		return cli_fail("analyze", status, &err);
	}
	status = open_source(analysis, &err);
	if (status == 0) {
		status = name_sources_open_logs(
			&analysis->names, &analysis->settings->resolver_logs, &err);
	}
	if (status < 0) {
		return cli_fail("analyze", status == -EINTR ? status : -EBADMSG, &err);
	}
	status = analyze_question_check(&analysis->question, &err);
	if (status == 0) {
		status = analyze_open_engine(analysis, &err);
	}
	if (status == 0) {
		status = open_report(analysis, &err);
	}
	if (status == 0) {
		status = analyze_add_sinks(analysis, &err);
	}
	return status < 0 ? cli_fail("analyze", status, &err) : EXIT_DONE;
}

static int run(void *settings, char *const *arguments, unsigned count)
{
	struct analysis analysis = {
		.settings = settings,
		.inputs = (const char *const *)arguments,
		.input_count = count,
		.run = { .options = analyze_run_options(settings) },
	};
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
	analyze_hear_signals();
	progress_init(
		&analysis.progress, analysis.settings->progress, "packets", clock_monotonic_ns());
	exit_status = open_all(&analysis);
	if (exit_status == EXIT_DONE) {
		exit_status = analyze_run(&analysis);
		if (analysis.serve && !analysis.was_stopped) {
			analyze_serve_wait(analysis.serve);
		}
	}
	analyze_close(&analysis);
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
		"status is 3.\n\n"
		"With --where the summary lists the devices whose flows match, when, and how much "
		"they sent. An archive (--archive) is made once and answers many questions: "
		"borderflow flows --help.\n\nCtrl-C ends a run with what was read until then, "
		"marked as not "
		"complete in every output; the exit status is 4. kill -USR1 prints a summary of "
		"what was seen so far on standard error, and the run goes on.\n\n"
		"Records that were written until then are whole lines and bear no mark: the exit "
		"status, standard error, \"complete\" in the JSON summary and borderflow flows "
		"over the archive say that they are not all.\n\n"
		"Exit status: 0 done, also where nothing matches --where; 1 --fail-on found one; 2 "
		"the command, its settings or an output are wrong, or nothing can match: there is "
		"no such app, country, unit, class, rule or flow, or the input does not cover that "
		"time; 3 an input was bad or cut short, or an output found no room; 4 stopped.",
	.examples = "  $ borderflow analyze day.pcap\n"
		    "  $ borderflow analyze --flows flows.ndjson --policy rules.yaml day.pcap.gz\n"
		    "  $ borderflow analyze day.pcap --where 'app == telegram'\n"
		    "  $ borderflow analyze day.pcap --where 'app == telegram' --write-packets "
		    "t.pcapng\n"
		    "  $ tshark -r t.pcapng\n"
		    "  $ borderflow analyze day.pcap --archive flows/\n"
		    "  $ borderflow flows -a flows/ --whole 'app == telegram'\n"
		    "  $ borderflow flows --compare yesterday.pcap day.pcap\n"
		    "  $ tcpdump -w - | borderflow analyze -\n",
	.settings_bytes = sizeof(struct analyze_settings),
	.options = options,
	.run = run,
};
