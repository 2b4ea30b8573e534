#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/output/transfer.h"
#include "analyzer/policy/policy.h"
#include "analyzer/redis/redis_function.h"
#include "base/clock.h"
#include "base/log.h"
#include "dashboards/cli/capture_show.h"
#include "dashboards/cli/confine.h"
#include "dashboards/cli/name_sources.h"
#include "dashboards/web/httpd.h"

extern const struct command command_capture;

#define AT(field) offsetof(struct capture_settings, field)

static const struct option options[] = {
	{ "interface", 'i', OPTION_LIST, AT(interface), .argument = "NAME", .group = "Input",
		.help = "Interface to capture from; may be given several times: both ports of a "
			"tap or a bridge, whose ways and copies come together." },
	{ "filter", 0, OPTION_TEXT, AT(filter), .argument = "BPF",
		.help = "Take only packets that match this capture filter (see pcap-filter)." },
	{ "promiscuous", 0, OPTION_SWITCH, AT(promiscuous), .argument = "on|off",
		.default_text = "on", .help = "Take packets for other machines too." },
	{ "snaplen", 0, OPTION_NUMBER, AT(snaplen), .argument = "BYTES", .default_text = "65535",
		.least = 128, .most = 262144, .help = "Take at most so much of each packet." },
	{ "ring-size", 0, OPTION_NUMBER, AT(ring_size), .argument = "MB", .default_text = "64",
		.least = 1, .most = 2047,
		.help = "Memory that the kernel fills with packets, for each queue of each "
			"interface." },
	{ "queues", 0, OPTION_NUMBER, AT(queues), .argument = "N", .default_text = "1", .least = 1,
		.most = 16,
		.help = "Threads, which share all interfaces. All that a client of the own "
			"networks "
			"sends and gets comes to the same one." },
	{ "dnstap-listen", 0, OPTION_LIST, AT(dnstap_listen),
		.argument = "unix:PATH|[ADDRESS:]PORT",
		.help = "Hear from resolvers by dnstap what they answered whom, for clients whose "
			"lookups are not on the wire; the address is 127.0.0.1, unless given. Who "
			"may write to the socket is believed. May be given several times." },
	{ "resolver-log", 0, OPTION_LIST, AT(resolver_logs), .argument = "[FORMAT:]PATH",
		.help = "Follow a resolver's log while it is written, over its rotation: unbound "
			"or "
			"dnsmasq (query logs), zeek (dns.log, tabs or JSON). The sensor's user has "
			"to be able to read it and its folder. The content tells the format, "
			"unless "
			"given. May be given several times." },
	{ "flows", 'f', OPTION_FILE, AT(outputs.flows), .argument = "PATH", .group = "Output",
		.help = "Write flow records, in parts of at most five minutes. The format follows "
			"the extension (.ndjson .csv .cbor); \"-\" is standard output as ndjson. "
			"The file begins anew at each start." },
	OUTPUT_FORMAT_OPTION(AT(outputs)),
	{ "archive", 0, OPTION_FOLDER, AT(outputs.archive), .argument = "DIR",
		.help = "Append to a flow archive that borderflow flows reads." },
	{ "write-packets", 0, OPTION_FILE, AT(write_packets), .argument = "FILE",
		.help = "Refused: a sensor never stores content. Capture with tcpdump, and ask the "
			"file with borderflow analyze --write-packets." },
	{ "alerts", 'a', OPTION_FILE, AT(outputs.alerts), .argument = "PATH",
		.help = "Append alerts as ndjson, each again when it has grown." },
	ALERT_OUTPUT_OPTIONS(AT(outputs)),
	{ "redis", 0, OPTION_TEXT, AT(outputs.redis), .argument = "URL",
		.help = "Send metrics and alerts to Redis, for example redis://localhost:6379 or "
			"unix:///run/redis/redis.sock." },
	{ "sensor", 0, OPTION_TEXT, AT(sensor), .argument = "NAME",
		.help = "Name of this sensor in Redis: letters, digits, dots, dashes and "
			"underscores; the host's name, unless given." },
	{ "redis-every", 0, OPTION_DURATION, AT(redis_every_ns), .argument = "TIME",
		.default_text = "5s", .least = 1, .help = "How often metrics are sent to Redis." },
	{ "redis-merge-every", 0, OPTION_DURATION, AT(redis_merge_every_ns), .argument = "TIME",
		.default_text = "5m", .least = 1,
		.help = "How often they are added to the sums of all sensors, which \"top\" "
			"shows; 5m is once as each five minutes close." },
	{ "state", 0, OPTION_FOLDER, AT(state), .argument = "DIR",
		.help = "Keep what was learnt here, so that a sensor that is started anew goes on "
			"from there: what named flows showed servers to be used for. Saved every "
			"ten minutes and at the end. Without --redis alerts are kept here too, "
			"where borderflow alerts --state works on them." },
	{ "spool", 0, OPTION_FILE, AT(spool), .argument = "PATH",
		.help = "File in which metrics and alerts wait while Redis is away; without it "
			"they wait in memory and are lost with the program." },
	{ "spool-size", 0, OPTION_NUMBER, AT(spool_size), .argument = "MB", .default_text = "256",
		.least = 1, .most = 1000000,
		.help = "Size of that file, taken from the disk at once; it never grows. The "
			"oldest gives way." },
	{ "spool-sync", 0, OPTION_CHOICE, AT(spool_sync), .argument = "WHEN",
		.choices = "always|interval|never", .default_text = "interval",
		.help = "When it is safe from a power cut: before it is sent, within a second, or "
			"when the kernel writes it. A crash of the program alone loses nothing." },
	{ "heartbeat", 0, OPTION_DURATION, AT(heartbeat_ns), .argument = "TIME",
		.default_text = "10s", .least = NS_PER_S,
		.help = "With --redis: show health there this often. A sensor that did not for six "
			"times as long is silent, and the others raise an alert." },
	{ "socket", 0, OPTION_FILE, AT(socket), .argument = "PATH", .default_text = CAPTURE_SOCKET,
		.help = "Where borderflow top finds this sensor; \"none\" for nowhere. The socket "
			"is gone "
			"when the sensor has ended, or, in a folder that is not its user's, "
			"replaced at "
			"the next start." },
	{ "metrics-listen", 0, OPTION_TEXT, AT(metrics_listen), .argument = "[ADDRESS:]PORT",
		.help = "Show health to Prometheus at http://ADDRESS:PORT/metrics; the address is "
			"127.0.0.1, unless given. Ports below 1024 are out of reach." },
	RETENTION_OPTIONS(AT(retention), "90d", "90d", "1826d"),
	FACT_OPTIONS(AT(facts)),
	KEY_OPTIONS(AT(facts)),
	{ "flow-limit", 0, OPTION_NUMBER, AT(flow.flow_limit), .argument = "COUNT",
		.default_text = "2000000", .least = 1000, .most = 1000000000, .group = "Flows",
		.help = "Live flows of each queue at most; beyond it the idlest gives way and is "
			"counted." },
	FLOW_OPTIONS_TIME_OPTIONS(AT(flow)),
	{ "config", 0, OPTION_FILE, AT(config), .argument = "FILE", .group = "Running",
		.help = "File of settings; /etc/borderflow/borderflow.yaml where it is there, "
			"unless given." },
	{ "user", 'u', OPTION_TEXT, AT(user), .argument = "NAME", .default_text = CONFINE_USER_AUTO,
		.help = "Who to become after everything is open, when started as root; auto is "
			"borderflow where there is such a user, else who called sudo, else "
			"nobody." },
	{ "drop-privileges", 0, OPTION_SWITCH, AT(drop_privileges), .argument = "on|off",
		.default_text = "on",
		.help = "Become that user and give up all capabilities, for good." },
	{ "seccomp", 0, OPTION_SWITCH, AT(seccomp), .argument = "on|off", .default_text = "on",
		.help = "Refuse every system call that a sensor does not need." },
	{ "landlock", 0, OPTION_SWITCH, AT(landlock), .argument = "on|off", .default_text = "on",
		.help = "Put all files out of reach but the sensor's own, where the kernel can." },
	{ "log-level", 0, OPTION_CHOICE, AT(log_level), .argument = "LEVEL",
		.choices = "error|warning|info|debug", .default_text = "info",
		.help = "What to say on standard error." },
	{ "duration", 0, OPTION_DURATION, AT(duration_ns), .argument = "TIME",
		.help = "Stop after this time; never, unless given." },
	FLOW_OPTIONS_CPU_OPTION(AT(flow)),
	{ NULL },
};

enum {
	SENSOR_NAME_BYTES = 65,
	OWN_NETWORKS_MAX = 1024,
	INTERFACES_BYTES = SOURCE_INTERFACES_MAX * 16
};

/* Everything that one run opens; closed in one place. */
struct capture {
	const struct capture_settings *settings;
	struct engine_input inputs[HEALTH_WORKERS_MAX];
	unsigned input_count;
	char interfaces[INTERFACES_BYTES];
	struct name_sources names;
	struct run run;
	struct capture_show show;
	struct notify notify;
	char sensor_name[SENSOR_NAME_BYTES];
};

static void set_log_level(const char *name)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0) {
			log_set_level((enum log_level)i);
		}
	}
}

/* "eth0", or "eth0+eth1". */
static void name_interfaces(struct capture *capture)
{
	const struct option_list *names = &capture->settings->interface;
	struct text text;

	text_init(&text, capture->interfaces, sizeof(capture->interfaces));
	for (unsigned i = 0; i < names->count; i++) {
		text_put(&text, i ? "+" : "");
		text_put(&text, names->items[i]);
	}
}

/* The kernel spreads clients over the queues of each interface alike: so the same queue of all of
 * them has all that a client says and hears, whichever way that takes. */
static int open_sources(struct capture *capture, struct err *err)
{
	const struct capture_settings *settings = capture->settings;
	struct prefix own[OWN_NETWORKS_MAX];
	const struct source_options source_options = {
		.filter = settings->filter,
		.snaplen = (uint32_t)settings->snaplen,
		.buffer_bytes = (uint32_t)(settings->ring_size << 20),
		.promiscuous = settings->promiscuous,
		.own_networks = own,
		.own_network_count =
			policy_own_networks(capture->run.reference->policy, own, OWN_NETWORKS_MAX),
	};
	uint32_t groups[SOURCE_INTERFACES_MAX];
	int status = 0;

	for (unsigned i = 0; i < SOURCE_INTERFACES_MAX; i++) {
		groups[i] = SOURCE_NEW_GROUP;
	}
	name_interfaces(capture);
	for (unsigned queue = 0; queue < settings->queues && status == 0; queue++) {
		struct engine_input *input = &capture->inputs[capture->input_count];
		status = source_open_interfaces(&input->source,
			(const char *const *)settings->interface.items, settings->interface.count,
			&source_options, settings->queues > 1 ? groups : NULL, err);
		input->interface = capture->interfaces;
		input->queue = queue;
		capture->input_count += status == 0;
	}
	return status;
}

static int add_sinks(struct capture *capture, struct err *err)
{
	const struct output_settings *settings = &capture->settings->outputs;
	struct run *run = &capture->run;
	int status = 0;

	if (settings->flows) {
		status = run_add_sink(run, outputs_flow_sink(settings), settings->flows, true, err);
	}
	if (status == 0 && settings->archive) {
		status =
			run_add_sink(run, sink_find("archive", NULL), settings->archive, true, err);
	}
	if (status == 0 && settings->redis) {
		status = run_add_sink(run, sink_find("redis", NULL), settings->redis, true, err);
	}
	return status;
}

static int close_capture(struct capture *capture, int exit_status)
{
	capture_show_stop(&capture->show);
	run_close(&capture->run);
	capture_show_close(&capture->show);
	for (unsigned i = 0; i < capture->input_count; i++) {
		source_close(capture->inputs[i].source);
	}
	name_sources_close(&capture->names);
	notify_close(&capture->notify);
	return exit_status;
}

/* What needs privileges first, then without them whatever will be needed without them. */
static int open_all(struct capture *capture, struct err *err)
{
	const struct capture_settings *settings = capture->settings;
	struct run *run = &capture->run;
	int status = run_open_facts(run, err);

	if (status == 0) {
		capture_say_what_is_kept(run->reference);
		capture_say_what_is_counted(run->reference, capture->sensor_name);
		status = open_sources(capture, err);
	}
	if (status == 0) {
		status = name_sources_listen(&capture->names, &settings->dnstap_listen,
			settings->drop_privileges ? settings->user : NULL, err);
	}
	if (status == 0) {
		status = name_sources_follow(&capture->names, &settings->resolver_logs, err);
		run->options.names = capture->names.items;
		run->options.names_count = capture->names.count;
	}
	if (status == 0) {
		status = capture_prepare_folders(settings, err);
	}
	if (status == 0) {
		status = capture_show_open(&capture->show, settings, err);
	}
	if (status == 0 && settings->outputs.alert_to.count > 0) {
		transfer_load(); /* while its library and what that reads are in reach */
	}
	if (status == 0) {
		status = capture_confine(settings, run->reference, err);
	}
	if (status == 0) {
		status = run_open_engine(run, capture->inputs, capture->input_count, err);
	}
	if (status == 0 && run->state) {
		name_sources_go_on(&capture->names, run->state);
	}
	if (status == 0) {
		status = add_sinks(capture, err);
	}
	if (status == 0) {
		capture_keep_policy(settings, run->reference);
		status = capture_show_add_view(&capture->show, run, err);
	}
	reference_release(run->reference); /* the engine holds what it uses */
	run->reference = NULL;
	return status;
}

/* The settings as a run takes them. */
static struct run_options run_options_of(const struct capture *capture)
{
	const struct capture_settings *settings = capture->settings;

	return (struct run_options){ .facts = &settings->facts,
		.outputs = &settings->outputs,
		.flow = &settings->flow,
		.state = settings->state,
		.is_live = true,
		.detects = true,
		.sensor = capture->sensor_name,
		.spool = settings->spool,
		.spool_sync = settings->spool_sync,
		.spool_megabytes = settings->spool_size,
		.redis_every_ns = settings->redis_every_ns,
		.redis_merge_every_ns = settings->redis_merge_every_ns,
		.retention = retention_of(&settings->retention) };
}

/* The threads start, and the loop runs until it is told to end. */
static int run_sensor(struct capture *capture)
{
	struct engine *engine = capture->run.engine;
	const struct capture_loop loop = { capture->settings, engine, capture->run.keys.pseudonyms,
		&capture->notify, capture->sensor_name };
	struct err err, stop_err;
	int status = capture_show_start(&capture->show, &err);

	if (status < 0) {
		cli_error("capture", err.text);
		return EXIT_USAGE;
	}
	status = engine_start(engine, &err);
	if (status < 0) {
		engine_finish(engine, &stop_err);
	} else {
		status = capture_run(&loop, &err);
		if (capture->run.state) {
			name_sources_keep_places(&capture->names, capture->run.state);
		}
	}
	if (status < 0) {
		cli_error("capture", err.text);
	}
	return status < 0 ? EXIT_INPUT : EXIT_DONE;
}

/* Whatever is captured twice would be counted twice. */
static int refuse_doubles(const struct option_list *interfaces)
{
	for (unsigned i = 0; i < interfaces->count; i++) {
		const char *name = interfaces->items[i];
		if (interfaces->count > 1 && strcmp(name, "any") == 0) {
			return cli_usage_error(&command_capture,
				"interface any holds every other one: name it alone, or name the "
				"interfaces without it");
		}
		for (unsigned before = 0; before < i; before++) {
			if (strcmp(interfaces->items[before], name) == 0) {
				return cli_usage_error(&command_capture,
					"interface %s is named twice: its packets would be counted "
					"twice",
					name);
			}
		}
	}
	return EXIT_DONE;
}

/* What can be told from the settings alone, before any interface is touched. */
static int check_values(
	const struct capture_settings *settings, const char *sensor, struct err *err)
{
	int status = outputs_check(&settings->outputs, err);

	if (status == 0 && settings->outputs.redis) {
		status = redis_function_check_sensor(sensor, err);
	}
	if (status == 0 && settings->metrics_listen) {
		status = httpd_check_listen(settings->metrics_listen, err);
	}
	if (status == 0 && settings->filter) {
		status = source_check_filter(settings->filter, err);
	}
	if (status == 0) {
		status = collector_check_cpu(settings->flow.cpu, err);
	}
	if (status == 0 && settings->drop_privileges) {
		status = confine_check_user(settings->user, err);
	}
	return status;
}

static int check_settings(const struct capture_settings *settings, const char *sensor)
{
	struct err err;

	if (settings->interface.count == 0) {
		return cli_usage_error(
			&command_capture, "name at least one interface, for example -i eth0");
	}
	if (settings->write_packets) {
		return cli_usage_error(&command_capture,
			"a sensor never writes packets: content is not stored. Capture with "
			"tcpdump, and ask the file with borderflow analyze --write-packets");
	}
	if (settings->spool && !settings->outputs.redis) {
		return cli_usage_error(&command_capture, "--spool is where batches wait for Redis: "
							 "give --redis too, or leave it out");
	}
	if (refuse_doubles(&settings->interface) != EXIT_DONE) {
		return EXIT_USAGE;
	}
	return check_values(settings, sensor, &err) == 0
		       ? EXIT_DONE
		       : cli_usage_error(&command_capture, "%s", err.text);
}

static void set_sensor_name(struct capture *capture)
{
	gethostname(capture->sensor_name, sizeof(capture->sensor_name) - 1);
	if (capture->settings->sensor) {
		snprintf(capture->sensor_name, sizeof(capture->sensor_name), "%s",
			capture->settings->sensor);
	}
}

static int run(void *values, char *const *arguments, unsigned count)
{
	struct capture_settings *settings = values;
	struct capture capture = { .settings = settings };
	struct err err;

	if (count > 0) {
		return cli_usage_error(&command_capture,
			"%s: interfaces are named with --interface or in the file of settings",
			arguments[0]);
	}
	settings->facts.is_sensor = true;
	set_sensor_name(&capture);
	int checked = check_settings(capture.settings,
		capture.settings->sensor ? capture.settings->sensor : capture.sensor_name);
	if (checked != EXIT_DONE) {
		return checked;
	}
	capture.run.options = run_options_of(&capture);
	capture.run.sensor = capture.sensor_name;
	set_log_level(capture.settings->log_level);
	capture_block_signals();
	notify_open(&capture.notify);
	if (open_all(&capture, &err) < 0) {
		cli_error("capture", err.text);
		return close_capture(&capture, EXIT_USAGE);
	}
	return close_capture(&capture, run_sensor(&capture));
}

const struct command command_capture = {
	.name = "capture",
	.arguments = "",
	.summary = "live sensor: captures from interfaces, runs as a service",
	.description =
		"Captures from one or several interfaces, follows every flow, and hands on what "
		"analyze would say of it, in parts of at most five minutes, for as long as it "
		"runs.\n\n"
		"Every option but --config may also stand in the file of settings, under its name "
		"with underscores: \"ring_size: 128\". What is given here wins.\n\n"
		"Started as root or with CAP_NET_RAW, it opens the interfaces and then becomes an "
		"unprivileged user without capabilities, with a list of allowed system calls and "
		"only its own files in reach.\n\n"
		"With --redis, metrics and alerts go to a Redis server (redis://host, "
		"unix:///path), to a cluster of them (redis://one,two,three) or to the primary "
		"that sentinels name (sentinel://one,two/name). They wait in the spool while it is "
		"away, are applied once, and are sent again where it lost them. A sensor that is "
		"killed loses the flows whose part was not over and the last --redis-every. "
		"README.md in the folder share/redis says how to set the server up.\n\n"
		"Flows, and which device they are of, are kept under pseudonyms alone, and only "
		"while the policy states \"purpose\", \"legal_basis\" and \"consulted\" "
		"(the day on which staff were consulted) and lies within \"informed\" and "
		"\"ends\" where it has them. Without keys (\"borderflow keys init\") or one of "
		"these lines the sensor keeps sums by unit, app and country, its alerts speak of "
		"units, and its start says what is missing.\n\n"
		"SIGTERM and SIGINT (Ctrl-C) end it after everything was written, with exit status "
		"0; "
		"a Redis that does not answer is given 5 seconds then. SIGHUP loads policy, "
		"catalogue and "
		"geo data anew without losing a packet; where that fails the old ones stay in "
		"force. SIGUSR1 prints health on standard error.",
	.examples = "  # borderflow capture -i eth0 --flows flows.ndjson\n"
		    "  # borderflow capture --config /etc/borderflow/school.yaml\n",
	.settings_bytes = sizeof(struct capture_settings),
	.options = options,
	.config = "/etc/borderflow/borderflow.yaml",
	.run = run,
};
