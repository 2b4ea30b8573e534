#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/engine/heartbeat.h"
#include "analyzer/view/view_live.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/pseudonyms.h"
#include "analyzer/record/state.h"
#include "analyzer/redis/outbox.h"
#include "analyzer/redis/redis_function.h"
#include "base/clock.h"
#include "base/log.h"
#include "dashboards/cli/capture.h"
#include "dashboards/cli/capture_socket.h"
#include "dashboards/cli/confine.h"
#include "dashboards/web/httpd.h"

extern const struct command command_capture;

#define AT(field) offsetof(struct capture_settings, field)

static const struct option options[] = {
	{ "interface", 'i', OPTION_LIST, AT(interface), .argument = "NAME", .group = "Input",
		.help = "Interface to capture from; may be given several times." },
	{ "filter", 0, OPTION_TEXT, AT(filter), .argument = "BPF",
		.help = "Take only packets that match this capture filter (see pcap-filter)." },
	{ "promiscuous", 0, OPTION_SWITCH, AT(promiscuous), .argument = "on|off",
		.default_text = "on", .help = "Take packets for other machines too." },
	{ "snaplen", 0, OPTION_NUMBER, AT(snaplen), .argument = "BYTES", .default_text = "65535",
		.least = 128, .most = 262144, .help = "Take at most so much of each packet." },
	{ "ring-size", 0, OPTION_NUMBER, AT(ring_size), .argument = "MB", .default_text = "64",
		.least = 1, .most = 2047,
		.help = "Memory that the kernel fills with packets, for each queue." },
	{ "queues", 0, OPTION_NUMBER, AT(queues), .argument = "N", .default_text = "1", .least = 1,
		.most = 16,
		.help = "Threads for each interface. All that a client of the own networks sends "
			"and "
			"gets comes to the same one." },
	{ "flows", 'f', OPTION_FILE, AT(outputs.flows), .argument = "PATH", .group = "Output",
		.help = "Write flow records, in parts of at most five minutes. The format follows "
			"the extension (.ndjson .csv .cbor); \"-\" is standard output as ndjson. "
			"The file begins anew at each start." },
	OUTPUT_FORMAT_OPTION(AT(outputs)),
	{ "archive", 0, OPTION_FOLDER, AT(outputs.archive), .argument = "DIR",
		.help = "Append to a flow archive that borderflow flows reads." },
	{ "alerts", 'a', OPTION_FILE, AT(outputs.alerts), .argument = "PATH",
		.help = "Append alerts as ndjson, each again when it has grown." },
	ALERT_OUTPUT_OPTIONS(AT(outputs)),
	{ "redis", 0, OPTION_TEXT, AT(outputs.redis), .argument = "URL",
		.help = "Outbox metrics and alerts to Redis, for example redis://localhost:6379 or "
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

enum { SENSOR_NAME_BYTES = 65, OWN_NETWORKS_MAX = 1024 };

/* Everything that one run opens; closed in one place. */
struct capture {
	const struct capture_settings *settings;
	struct engine_input inputs[HEALTH_WORKERS_MAX];
	unsigned input_count;
	struct tenant_keys keys;
	const struct reference *reference; /* that it starts with */
	struct alerts *alerts;
	struct outbox *outbox;
	struct state *state;
	struct engine *engine;
	struct httpd *httpd;
	struct capture_socket *socket; /* NULL: it shows itself nowhere */
	struct view_live *live;
	struct heartbeat *heartbeat;
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

static int open_queue(struct capture *capture, const char *interface, unsigned queue,
	const struct source_options *source_options, struct err *err)
{
	struct engine_input *input = &capture->inputs[capture->input_count];
	char name[64];

	if (capture->input_count == HEALTH_WORKERS_MAX) {
		return err_set(err, EINVAL, "more than %d queues on all interfaces together",
			HEALTH_WORKERS_MAX);
	}
	snprintf(name, sizeof(name), "if:%s", interface);
	int status = source_open(&input->source, name, source_options, err);
	if (status == 0) {
		input->interface = interface;
		input->queue = queue;
		capture->input_count++;
	}
	return status;
}

static int open_sources(struct capture *capture, struct err *err)
{
	const struct capture_settings *settings = capture->settings;
	struct prefix own[OWN_NETWORKS_MAX];
	struct source_options source_options = {
		.filter = settings->filter,
		.snaplen = (uint32_t)settings->snaplen,
		.buffer_bytes = (uint32_t)(settings->ring_size << 20),
		.promiscuous = settings->promiscuous,
		.own_networks = own,
		.own_network_count =
			policy_own_networks(capture->reference->policy, own, OWN_NETWORKS_MAX),
	};
	int status = 0;

	for (unsigned i = 0; i < settings->interface.count && status == 0; i++) {
		uint32_t group = SOURCE_NEW_GROUP; /* each interface has one of its own */
		source_options.fanout_group = settings->queues > 1 ? &group : NULL;
		for (unsigned queue = 0; queue < settings->queues && status == 0; queue++) {
			status = open_queue(
				capture, settings->interface.items[i], queue, &source_options, err);
		}
	}
	return status;
}

static int open_facts(struct capture *capture, struct err *err)
{
	const struct capture_settings *settings = capture->settings;
	int status = tenant_keys_open(&capture->keys, &settings->facts, err);

	if (status == 0) {
		status = facts_load(
			&capture->reference, &settings->facts, capture->keys.pseudonyms, err);
	}
	if (status == 0) {
		capture_say_what_is_kept(capture->reference);
	}
	return status;
}

static int open_outbox(struct capture *capture, struct err *err)
{
	const struct capture_settings *settings = capture->settings;
	struct outbox_options outbox_options = {
		.url = settings->outputs.redis,
		.sensor = capture->sensor_name,
		.spool = settings->spool,
		.spool_bytes = settings->spool_size * 1000000,
		.sync = strcmp(settings->spool_sync, "always") == 0  ? OUTBOX_SYNC_ALWAYS
			: strcmp(settings->spool_sync, "never") == 0 ? OUTBOX_SYNC_NEVER
								     : OUTBOX_SYNC_INTERVAL,
		.merge_every_ns = settings->redis_merge_every_ns,
	};

	return settings->outputs.redis ? outbox_open(&capture->outbox, &outbox_options, err) : 0;
}

static int open_alerts(struct capture *capture, struct err *err)
{
	const struct capture_settings *settings = capture->settings;
	const struct alert_source source = { .reference = capture->reference,
		.observer = capture->sensor_name,
		.outbox = capture->outbox,
		.policy = settings->facts.policy };
	struct output_settings outputs = settings->outputs;

	outputs.desk = settings->outputs.redis ? NULL : settings->state;
	return outputs_open_alerts(&capture->alerts, &outputs, &source, err);
}

static int add_sink(
	struct capture *capture, const struct sink_ops *ops, const char *target, struct err *err)
{
	struct sink_options sink_options = { .target = target,
		.sensor = capture->sensor_name,
		.organization = outputs_organization(capture->reference),
		.observer = capture->sensor_name,
		.outbox = capture->outbox,
		.every_ns = capture->settings->redis_every_ns,
		.with_parts = true,
		.with_threads = true,
		.reference = capture->reference,
		.retention = retention_of(&capture->settings->retention),
		.signing_key = capture->keys.has_signing ? capture->keys.signing : NULL };
	struct sink *sink;
	int status = ops->open(&sink, &sink_options, err);

	if (status == 0) {
		engine_add_sink(capture->engine, ops, sink);
	}
	return status;
}

static int add_sinks(struct capture *capture, struct err *err)
{
	const struct output_settings *settings = &capture->settings->outputs;
	int status = 0;

	if (settings->flows) {
		status = add_sink(capture, outputs_flow_sink(settings), settings->flows, err);
	}
	if (status == 0 && settings->archive) {
		status = add_sink(capture, sink_find("archive", NULL), settings->archive, err);
	}
	if (status == 0 && settings->redis) {
		status = add_sink(capture, sink_find("redis", NULL), settings->redis, err);
	}
	return status;
}

/* Where two sensors run on one machine, or a user may not write there, the usual place is not to be
 * had: that is no reason not to capture. A place that was asked for is. */
static int open_socket(struct capture *capture, struct err *err)
{
	const struct capture_settings *settings = capture->settings;
	const char *user = settings->drop_privileges ? settings->user : NULL;

	if (strcmp(settings->socket, "none") == 0) {
		return 0;
	}
	int status = capture_socket_open(&capture->socket, settings->socket, user, err);
	if (status < 0 && strcmp(settings->socket, CAPTURE_SOCKET) == 0) {
		log_warning("borderflow top will not find this sensor: %s", err->text);
		status = 0;
	}
	return status;
}

static int add_live_view(struct capture *capture, struct err *err)
{
	if (!capture->socket) {
		return 0;
	}
	capture->live = view_live_create(capture->alerts);
	if (!capture->live) {
		return err_set(err, ENOMEM, "out of memory");
	}
	engine_add_sink(capture->engine, &view_live_sink_ops, view_live_sink(capture->live));
	return 0;
}

static int open_engine(struct capture *capture, struct err *err)
{
	const struct capture_settings *settings = capture->settings;
	int status = settings->state ? state_open(&capture->state, settings->state, err) : 0;

	if (status < 0) {
		return status;
	}
	struct engine_options engine_options = {
		.inputs = capture->inputs,
		.input_count = capture->input_count,
		.collector = flow_options_collector(&settings->flow, capture->keys.flow),
		.reference = capture->reference,
		.alerts = capture->alerts,
		.outbox = capture->outbox,
		.state = capture->state,
		.detects = true,
		.has_ticks = true,
	};

	capture->engine = engine_create(&engine_options, err);
	return capture->engine ? 0 : -EINVAL;
}

static void answer_metrics(
	void *context, const struct http_request *request, struct http_response *response)
{
	struct health health;

	(void)request;
	engine_read_health(context, &health);
	response->content_type = "text/plain; version=0.0.4; charset=utf-8";
	http_header(response, "Cache-Control", "no-store");
	health_put_prometheus(&response->body, &health);
}

/* The same few lines that SIGUSR1 prints. */
static void answer_health(
	void *context, const struct http_request *request, struct http_response *response)
{
	struct health health;

	(void)request;
	engine_read_health(context, &health);
	response->content_type = "text/plain; charset=utf-8";
	http_header(response, "Cache-Control", "no-store");
	health_put_text(&response->body, &health);
}

/* What borderflow top is told. */
static void answer_socket(void *context, char *question, struct text *text)
{
	const struct capture *capture = context;
	struct view_sensor sensor = { .silent_s = 0 };

	snprintf(sensor.name, sizeof(sensor.name), "%s", capture->sensor_name);
	engine_read_health_summary(capture->engine, &sensor.health);
	view_live_answer(capture->live, question, &sensor, text);
}

static void read_health_summary(void *context, struct health_summary *health_summary)
{
	engine_read_health_summary(context, health_summary);
}

/* Of another sensor, which is silent. */
static void raise_alert(void *context, const struct alert *alert)
{
	alerts_raise(context, alert);
}

static int close_capture(struct capture *capture, int exit_status)
{
	heartbeat_close(capture->heartbeat);
	capture_socket_close(capture->socket);
	httpd_close(capture->httpd);
	engine_destroy(capture->engine);
	view_live_destroy(capture->live);
	alerts_destroy(capture->alerts);
	outbox_close(capture->outbox);
	state_close(capture->state);
	tenant_keys_close(&capture->keys);
	for (unsigned i = 0; i < capture->input_count; i++) {
		source_close(capture->inputs[i].source);
	}
	notify_close(&capture->notify);
	return exit_status;
}

/* What needs privileges first, then without them whatever will be needed without them. */
static int open_all(struct capture *capture, struct err *err)
{
	int status = open_facts(capture, err);

	if (status == 0) {
		status = open_sources(capture, err);
	}
	if (status == 0) {
		status = capture_prepare_folders(capture->settings, err);
	}
	if (status == 0) {
		status = open_socket(capture, err);
	}
	if (status == 0) {
		status = capture_confine(capture->settings, capture->reference, err);
	}
	if (status == 0) {
		status = open_outbox(capture, err);
	}
	if (status == 0) {
		status = open_alerts(capture, err);
	}
	if (status == 0) {
		status = open_engine(capture, err);
	}
	if (status == 0) {
		status = add_sinks(capture, err);
	}
	if (status == 0) {
		capture_keep_policy(capture->settings, capture->reference);
	}
	if (status == 0) {
		status = add_live_view(capture, err);
	}
	reference_release(capture->reference); /* the sensor holds what it uses */
	capture->reference = NULL;
	return status;
}

/* Whoever wants to know how the sensor is can ask from now on. */
static int show_itself(struct capture *capture, const struct router *router, struct err *err)
{
	const struct capture_settings *settings = capture->settings;
	const struct heartbeat_options heartbeat = { settings->outputs.redis, capture->sensor_name,
		settings->heartbeat_ns, read_health_summary, capture->engine, raise_alert,
		capture->alerts };
	int status = 0;

	if (settings->metrics_listen) {
		status = httpd_open(&capture->httpd, settings->metrics_listen, router, err);
	}
	if (status == 0 && capture->socket) {
		status = capture_socket_start(capture->socket, answer_socket, capture, err);
	}
	if (status == 0 && settings->outputs.redis) {
		status = heartbeat_open(&capture->heartbeat, &heartbeat, err);
	}
	return status;
}

/* The threads start, and the loop runs until it is told to end. */
static int run_sensor(struct capture *capture, const struct router *router)
{
	const struct capture_loop loop = { capture->settings, capture->engine,
		capture->keys.pseudonyms, &capture->notify };
	struct err err, stop_err;
	int status = show_itself(capture, router, &err);

	if (status < 0) {
		cli_error("capture", err.text);
		return EXIT_USAGE;
	}
	status = engine_start(capture->engine, &err);
	if (status < 0) {
		engine_finish(capture->engine, &stop_err);
	} else {
		status = capture_run(&loop, &err);
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
	set_log_level(capture.settings->log_level);
	capture_block_signals();
	notify_open(&capture.notify);
	if (open_all(&capture, &err) < 0) {
		cli_error("capture", err.text);
		return close_capture(&capture, EXIT_USAGE);
	}
	const struct route routes[] = {
		{ "GET", "/metrics", answer_metrics, capture.engine },
		{ "GET", "/health", answer_health, capture.engine },
		{ 0 },
	};
	const struct router router = { .routes = routes };
	return close_capture(&capture, run_sensor(&capture, &router));
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
