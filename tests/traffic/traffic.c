/* traffic: writes captures from scenarios, and the ground truth beside them. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/traffic/capture_writer.h"
#include "tests/traffic/faults.h"
#include "tests/traffic/fixed_entropy.h"
#include "tests/traffic/impair.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/tls_session.h"

static const struct scenario *const scenarios[] = {
	&scenario_plain,
	&scenario_ipv6,
	&scenario_tunnels,
	&scenario_blocked,
	&scenario_bodies,
	&scenario_firewall,
	&scenario_rows,
	&scenario_day,
	&scenario_month,
	&scenario_formats,
	&scenario_names,
	&scenario_hellos,
	&scenario_hidden,
	&scenario_tiktok,
	&scenario_alarms,
	&scenario_vantage,
	&scenario_apps,
	&scenario_imix,
	&scenario_snap64,
	&scenario_churn,
	&scenario_scan,
	&scenario_one_flow,
	&scenario_half_hellos,
	&scenario_half_initials,
	NULL,
};

struct settings {
	const struct scenario *scenario;
	const char *out, *truth, *alerts, *rows;
	uint64_t seed, packets, begin_ns, end_ns;
	uint32_t snaplen, slice_bytes;
	bool slice_given, nanoseconds;
	unsigned retransmitted_per_10000;
	enum fault fault;
	struct impairments impairments;
};

static const char usage[] =
	"Usage: traffic --scenario NAME --out FILE [options]\n"
	"Writes a capture (pcap) of generated traffic, the same for the same seed.\n"
	"\n"
	"  --scenario NAME    what happens; --list shows all\n"
	"  --out FILE         the capture; \"-\" is standard output\n"
	"  --truth FILE       ground truth: one line a flow, tab-separated\n"
	"  --alerts FILE      ground truth: the alerts that the sample policy must raise\n"
	"  --rows FILE        the visits of the scenario rows: device, address, group, time, way\n"
	"  --seed N           another course of the same scenario (default 1)\n"
	"  --packets N        about how many packets, for the scenarios that are made for speed\n"
	"  --begin TIME       write nothing from before, of the scenario month\n"
	"  --end TIME         when it ends, of the scenario month: 2026-04-01T12:00\n"
	"  --snaplen N        cut every packet at N bytes\n"
	"  --slice N          cut bulk data, and nothing else, at N bytes of each IP packet; 0: "
	"not at all\n"
	"  --nanoseconds      nanosecond time stamps\n"
	"  --retransmit P     percent of TCP segments that are sent twice\n"
	"  --reorder P        percent of packets that change places with the next of their flow\n"
	"  --lose P           percent of packets that the sensor misses\n"
	"  --double P         percent of packets that the sensor sees twice\n"
	"  --fragment P       percent of large packets that come in pieces\n"
	"  --fault NAME       what the sensor of the scenario vantage sees wrong; \"list\" shows "
	"all\n"
	"  --list             the scenarios\n"
	"  --help             this text\n";

static void list_scenarios(void)
{
	for (unsigned i = 0; scenarios[i]; i++) {
		printf("%-12s %s\n", scenarios[i]->name, scenarios[i]->about);
	}
}

static const struct scenario *find_scenario(const char *name)
{
	for (unsigned i = 0; scenarios[i]; i++) {
		if (strcmp(scenarios[i]->name, name) == 0) {
			return scenarios[i];
		}
	}
	fprintf(stderr, "traffic: there is no scenario \"%s\"; --list shows all\n", name);
	exit(2);
}

static uint64_t read_number(const char *option, const char *text)
{
	char *end;
	errno = 0;
	uint64_t number = strtoull(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || errno) {
		fprintf(stderr, "traffic: --%s wants a number, not \"%s\"\n", option, text);
		exit(2);
	}
	return number;
}

static unsigned read_percent(const char *option, const char *text)
{
	char *end;
	double percent = strtod(text, &end);

	if (end == text || *end != '\0' || !(percent >= 0 && percent <= 100)) {
		fprintf(stderr, "traffic: --%s wants a percentage, not \"%s\"\n", option, text);
		exit(2);
	}
	return (unsigned)(percent * 100 + 0.5);
}

static uint64_t read_time(const char *option, const char *text)
{
	uint64_t time_ns;

	if (!clock_parse(text, &time_ns)) {
		fprintf(stderr, "traffic: --%s wants a time such as 2026-04-01T12:00, not \"%s\"\n",
			option, text);
		exit(2);
	}
	return time_ns;
}

static enum fault read_fault(const char *name)
{
	enum fault fault = fault_find(name);

	if (fault != FAULT_COUNT) {
		return fault;
	}
	for (unsigned i = 0; i < FAULT_COUNT; i++) {
		puts(fault_name(i));
	}
	exit(strcmp(name, "list") == 0 ? 0 : 2);
}

enum {
	OPTION_SCENARIO = 256,
	OPTION_OUT,
	OPTION_TRUTH,
	OPTION_ALERTS,
	OPTION_ROWS,
	OPTION_SEED,
	OPTION_PACKETS,
	OPTION_BEGIN,
	OPTION_END,
	OPTION_SNAPLEN,
	OPTION_SLICE,
	OPTION_NANOSECONDS,
	OPTION_RETRANSMIT,
	OPTION_REORDER,
	OPTION_LOSE,
	OPTION_DOUBLE,
	OPTION_FRAGMENT,
	OPTION_FAULT,
	OPTION_LIST,
	OPTION_HELP
};

static const struct option options[] = {
	{ "scenario", required_argument, NULL, OPTION_SCENARIO },
	{ "out", required_argument, NULL, OPTION_OUT },
	{ "truth", required_argument, NULL, OPTION_TRUTH },
	{ "alerts", required_argument, NULL, OPTION_ALERTS },
	{ "rows", required_argument, NULL, OPTION_ROWS },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ "packets", required_argument, NULL, OPTION_PACKETS },
	{ "begin", required_argument, NULL, OPTION_BEGIN },
	{ "end", required_argument, NULL, OPTION_END },
	{ "snaplen", required_argument, NULL, OPTION_SNAPLEN },
	{ "slice", required_argument, NULL, OPTION_SLICE },
	{ "nanoseconds", no_argument, NULL, OPTION_NANOSECONDS },
	{ "retransmit", required_argument, NULL, OPTION_RETRANSMIT },
	{ "reorder", required_argument, NULL, OPTION_REORDER },
	{ "lose", required_argument, NULL, OPTION_LOSE },
	{ "double", required_argument, NULL, OPTION_DOUBLE },
	{ "fragment", required_argument, NULL, OPTION_FRAGMENT },
	{ "fault", required_argument, NULL, OPTION_FAULT },
	{ "list", no_argument, NULL, OPTION_LIST },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

static void read_option(struct settings *settings, int option, const char *name, const char *text)
{
	switch (option) {
	case OPTION_SCENARIO:
		settings->scenario = find_scenario(text);
		break;
	case OPTION_OUT:
		settings->out = text;
		break;
	case OPTION_TRUTH:
		settings->truth = text;
		break;
	case OPTION_ALERTS:
		settings->alerts = text;
		break;
	case OPTION_ROWS:
		settings->rows = text;
		break;
	case OPTION_SEED:
		settings->seed = read_number(name, text);
		break;
	case OPTION_PACKETS:
		settings->packets = read_number(name, text);
		break;
	case OPTION_BEGIN:
		settings->begin_ns = read_time(name, text);
		break;
	case OPTION_END:
		settings->end_ns = read_time(name, text);
		break;
	case OPTION_SNAPLEN:
		settings->snaplen = (uint32_t)read_number(name, text);
		break;
	case OPTION_SLICE:
		settings->slice_bytes = (uint32_t)read_number(name, text);
		settings->slice_given = true;
		break;
	case OPTION_NANOSECONDS:
		settings->nanoseconds = true;
		break;
	case OPTION_RETRANSMIT:
		settings->retransmitted_per_10000 = read_percent(name, text);
		break;
	case OPTION_REORDER:
		settings->impairments.reordered_per_10000 = read_percent(name, text);
		break;
	case OPTION_LOSE:
		settings->impairments.lost_per_10000 = read_percent(name, text);
		break;
	case OPTION_DOUBLE:
		settings->impairments.doubled_per_10000 = read_percent(name, text);
		break;
	case OPTION_FRAGMENT:
		settings->impairments.fragmented_per_10000 = read_percent(name, text);
		break;
	case OPTION_FAULT:
		settings->fault = read_fault(text);
		break;
	case OPTION_LIST:
		list_scenarios();
		exit(0);
	case OPTION_HELP:
		fputs(usage, stdout);
		exit(0);
	default:
		fputs("traffic --help says how to call it\n", stderr);
		exit(2);
	}
}

static struct settings read_settings(int argc, char **argv)
{
	struct settings settings = { .seed = 1 };
	int index, option;

	while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
		read_option(&settings, option, option == '?' ? "" : options[index].name, optarg);
	}
	if (!settings.scenario || !settings.out || optind != argc) {
		fputs(usage, stderr);
		exit(2);
	}
	if (settings.fault == FAULT_DOUBLED) {
		settings.impairments.doubled_per_10000 = 10000;
	}
	if (settings.fault == FAULT_SNAPLEN) {
		settings.snaplen = FAULT_CUT_BYTES;
	}
	static const struct impairments none;
	if ((settings.scenario->is_written_on_the_way || settings.scenario->stream) &&
		memcmp(&settings.impairments, &none, sizeof(none)) != 0) {
		fprintf(stderr, "traffic: %s is written as it is made and cannot be impaired\n",
			settings.scenario->name);
		exit(2);
	}
	return settings;
}

/* Lengths in outer headers are those on the wire: the packet is wrapped whole, the cut part as
 * zeros. */
static void write_packet(struct scene *scene, const struct timeline_packet *packet)
{
	struct packet_builder *builder = &scene->packet;
	size_t missing = packet->wire_bytes - packet->stored_bytes;

	packet_begin(builder, timeline_bytes(scene->timeline, packet), packet->stored_bytes);
	memset(builder->room + builder->end, 0, missing);
	builder->end += missing;
	path_wrap(builder, timeline_get_path(scene->timeline, packet->path), packet->from_device,
		packet->ethertype);
	uint32_t wire_bytes = (uint32_t)packet_length(builder);
	uint64_t time_ns = packet->time_ns + (uint64_t)fault_shift_ns(scene->fault);
	capture_write(scene->writer, time_ns, packet_bytes(builder), wire_bytes - (uint32_t)missing,
		wire_bytes);
	if (packet->flow != TRUTH_NO_FLOW && !packet->is_copy) {
		truth_count(scene->truth, packet->flow, packet->direction, packet->time_ns,
			packet->wire_bytes);
	}
}

static size_t write_until(struct scene *scene, uint64_t until_ns)
{
	size_t count, i;
	struct timeline_packet *packets = timeline_packets(scene->timeline, &count);

	for (i = 0; i < count && packets[i].time_ns < until_ns; i++) {
		if (!packets[i].is_dropped && packets[i].time_ns >= scene->begin_ns) {
			write_packet(scene, &packets[i]);
		}
	}
	return i;
}

static void flush(struct scene *scene, uint64_t until_ns)
{
	timeline_sort(scene->timeline);
	timeline_forget(scene->timeline, write_until(scene, until_ns));
}

static void discard(struct scene *scene)
{
	size_t count;

	timeline_packets(scene->timeline, &count);
	timeline_forget(scene->timeline, count);
}

static int play_scenario(
	const struct settings *settings, struct capture_writer *writer, struct err *err)
{
	struct scene scene;
	struct rng rng = { settings->seed ^ 0x696d706169720000 };
	int status = 0;

	fixed_entropy_set(settings->seed);
	scene_init(&scene, settings->seed);
	scene.tls = tls_world_create();
	scene.slice_bytes =
		settings->slice_given ? settings->slice_bytes : settings->scenario->slice_bytes;
	scene.retransmitted_per_10000 = settings->retransmitted_per_10000;
	scene.packets_wanted = settings->packets;
	scene.writer = writer;
	scene.fault = (uint8_t)settings->fault;
	scene.flush = flush;
	scene.discard = discard;
	scene.rows = settings->rows;
	scene.begin_ns = settings->begin_ns;
	scene.end_ns = settings->end_ns;
	settings->scenario->play(&scene);
	timeline_sort(scene.timeline);
	fault_apply(settings->fault, scene.timeline);
	impair(scene.timeline, scene.truth, &settings->impairments, &rng);
	write_until(&scene, UINT64_MAX);
	if (settings->truth) {
		status = truth_write_flows(scene.truth, settings->truth, err);
	}
	if (status == 0 && settings->alerts) {
		status = truth_write_alerts(scene.truth, settings->alerts, err);
	}
	tls_world_destroy(scene.tls);
	scene_deinit(&scene);
	return status;
}

int main(int argc, char **argv)
{
	struct settings settings = read_settings(argc, argv);
	const struct scenario *scenario = settings.scenario;
	struct capture_options capture = {
		.path = settings.out,
		.snaplen = settings.snaplen ? settings.snaplen : scenario->stream_snaplen,
		.link_type = LINKTYPE_ETHERNET,
		.nanoseconds = settings.nanoseconds,
	};
	struct capture_writer *writer;
	struct err err;

	int status = capture_create(&writer, &capture, &err);
	if (status == 0) {
		if (scenario->stream) {
			scenario->stream(writer, settings.seed,
				settings.packets ? settings.packets : scenario->stream_packets);
		} else {
			status = play_scenario(&settings, writer, &err);
		}
		uint64_t packets = capture_packets(writer);
		int closed = capture_close(writer, status == 0 ? &err : NULL);
		status = status < 0 ? status : closed;
		if (status == 0) {
			fprintf(stderr, "traffic: %s, seed %" PRIu64 ": %" PRIu64 " packets\n",
				scenario->name, settings.seed, packets);
		}
	}
	if (status < 0) {
		fprintf(stderr, "traffic: %s\n", err.text);
		return 1;
	}
	return 0;
}
