#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "collector/source.h"
#include "dashboards/cli/capture.h"
#include "dashboards/cli/confine.h"
#include "dashboards/cli/doctor_show.h"
#include "dashboards/cli/time_word.h"

extern const struct command command_doctor;

struct doctor_settings {
	struct fact_settings facts;
	struct option_list interfaces, archives, resolver_logs;
	const char *socket, *format, *fail_on, *filter, *state, *from, *to, *user;
	uint64_t seconds_ns, snaplen;
};

#define AT(field) offsetof(struct doctor_settings, field)

static const struct option options[] = {
	{ "interface", 'i', OPTION_LIST, AT(interfaces), .argument = "NAME",
		.group = "What to look at",
		.help = "Watch this interface for a while; may be given several times." },
	{ "seconds", 0, OPTION_DURATION, AT(seconds_ns), .argument = "TIME", .default_text = "60s",
		.least = NS_PER_S, .help = "How long, with --interface: 60s, 5m." },
	{ "archive", 0, OPTION_LIST, AT(archives), .argument = "DIR",
		.help = "Look at the flows in this archive; may be given several times. What only "
			"frames show (doubled, cut, lost) is not in it." },
	{ "socket", 0, OPTION_FILE, AT(socket), .argument = "PATH",
		.help = "Ask the sensor that listens there; " CAPTURE_SOCKET
			" where nothing else is named." },
	{ "from", 0, OPTION_TEXT, AT(from), .argument = "TIME",
		.help = "With --archive: flows from then on (2026-03-31, yesterday, 7d)." },
	{ "to", 0, OPTION_TEXT, AT(to), .argument = "TIME", .help = "And up to then." },
	{ "filter", 0, OPTION_TEXT, AT(filter), .argument = "BPF",
		.help = "Take only packets that match this capture filter (see pcap-filter)." },
	{ "resolver-log", 0, OPTION_LIST, AT(resolver_logs), .argument = "[FORMAT:]PATH",
		.help = "With captures: the resolver's log beside them, as analyze takes it; is it "
			"worth something here?" },
	{ "snaplen", 0, OPTION_NUMBER, AT(snaplen), .argument = "BYTES", .default_text = "65535",
		.least = 128, .most = 262144,
		.help = "With --interface: take at most so much of each packet." },
	{ "state", 0, OPTION_FOLDER, AT(state), .argument = "DIR",
		.help = "With --archive: what the sensor keeps, for coverage and for days on which "
			"units are proven to be seen." },
	FACT_OPTIONS(AT(facts)),
	KEY_OPTIONS(AT(facts)),
	{ "user", 'u', OPTION_TEXT, AT(user), .argument = "NAME", .default_text = CONFINE_USER_AUTO,
		.group = "Running",
		.help = "With --interface, as root: who to become once it is open." },
	{ "format", 'f', OPTION_CHOICE, AT(format), .argument = "FORM",
		.choices = "text|json|ndjson", .default_text = "text",
		.help = "For people, as one object, or one object a finding." },
	{ "fail-on", 0, OPTION_CHOICE, AT(fail_on), .argument = "SEVERITY",
		.choices = "info|warning|critical|none", .default_text = "warning",
		.help = "Exit with status 1 where something as severe as this was found." },
	{ NULL },
};

struct examination {
	const struct doctor_settings *settings;
	char *const *files;
	unsigned file_count;
	struct doctor doctor;
	struct tenant_keys keys;
	struct vantage_report report;
};

static int parse_time(const struct examination *it, const char *option, const char *text,
	uint64_t *time_ns, struct err *err)
{
	const struct local_zone *zone = policy_header(it->doctor.reference->policy)->zone;

	bool is_end = strcmp(option, "to") == 0;

	if (text && !(is_end ? time_word_parse_end : time_word_parse)(
			    text, zone, it->doctor.now_ns, time_ns)) {
		return err_set(err, EINVAL, "--%s: expected %s; found \"%s\"", option,
			TIME_WORD_EXPECTED, text);
	}
	return 0;
}

static int look_at_archives(struct examination *it, struct err *err)
{
	const struct doctor_settings *settings = it->settings;
	uint64_t from_ns = 0, to_ns = 0;
	int status = parse_time(it, "from", settings->from, &from_ns, err);

	if (status == 0) {
		status = parse_time(it, "to", settings->to, &to_ns, err);
	}
	if (status == 0 && settings->state) {
		status = state_open_to_read(&it->doctor.state, settings->state, err);
	}
	return status < 0 ? status
			  : doctor_read_archives(&it->doctor, &settings->archives, from_ns, to_ns,
				    &it->report, err);
}

static int look(struct examination *it, struct err *err)
{
	const struct doctor_settings *settings = it->settings;
	const struct doctor_live live = { &settings->interfaces, settings->seconds_ns,
		(uint32_t)settings->snaplen, settings->user };

	if (it->file_count > 0) {
		return doctor_read_files(&it->doctor, it->files, it->file_count, &it->report, err);
	}
	if (settings->interfaces.count > 0) {
		return doctor_watch(&it->doctor, &live, &it->report, err);
	}
	if (settings->archives.count > 0) {
		return look_at_archives(it, err);
	}
	return doctor_ask_sensor(
		settings->socket ? settings->socket : CAPTURE_SOCKET, &it->report, err);
}

static int open_facts(struct examination *it, struct err *err)
{
	const struct doctor_settings *settings = it->settings;
	int status = settings->filter ? source_check_filter(settings->filter, err) : 0;

	if (status == 0) {
		status = tenant_keys_open(&it->keys, &settings->facts, err);
	}
	it->doctor.filter = settings->filter;
	it->doctor.resolver_logs = &settings->resolver_logs;
	it->doctor.now_ns = clock_now_ns();
	it->doctor.probe_key = it->keys.probe;
	return status < 0 ? status
			  : facts_load(&it->doctor.reference, &settings->facts, it->keys.pseudonyms,
				    err);
}

static bool is_found(const struct vantage_report *report, const char *least)
{
	for (unsigned i = 0; i < report->findings.count; i++) {
		for (unsigned at = 0; at <= report->findings.items[i].severity; at++) {
			if (strcmp(vantage_severity_name(at), least) == 0) {
				return true;
			}
		}
	}
	return false;
}

/* One kind of source at a time: what is found in one is not to be taken for the other's. */
static bool is_ambiguous(const struct doctor_settings *settings, unsigned file_count)
{
	return (file_count > 0) + (settings->interfaces.count > 0) +
		       (settings->archives.count > 0) + (settings->socket != NULL) >
	       1;
}

static int run(void *values, char *const *arguments, unsigned count)
{
	const struct doctor_settings *settings = values;
	struct examination it = { .settings = settings, .files = arguments, .file_count = count };
	struct err err;

	if (is_ambiguous(settings, count)) {
		return cli_usage_error(&command_doctor,
			"name files, or --interface, or --archive, or --socket: one of them");
	}
	int status = open_facts(&it, &err);
	bool is_open = status == 0;
	if (is_open) {
		status = look(&it, &err);
	}
	bool has_report = is_open && (status == 0 || it.report.flows > 0);
	if (has_report) {
		doctor_show(it.doctor.reference, &it.report, status < 0 ? err.text : NULL,
			settings->format);
	}
	if (status < 0) {
		cli_error("doctor", err.text);
	}
	state_close(it.doctor.state);
	reference_release(it.doctor.reference);
	tenant_keys_close(&it.keys);
	if (status < 0) {
		return is_open && count > 0 ? EXIT_INPUT : cli_exit_of(status);
	}
	return is_found(&it.report, settings->fail_on) ? EXIT_FOUND : EXIT_DONE;
}

const struct command command_doctor = {
	.name = "doctor",
	.arguments = "[FILE...]",
	.summary = "what this sensor can and cannot see, and what to do about it",
	.description =
		"Looks at capture files, at an interface for a minute, at an archive, or asks the "
		"sensor of this machine, and says in plain words what keeps it from seeing what it "
		"should: a mirror that shows one direction or everything twice, VLANs and units "
		"that are missing, lookups that are not there, handshakes that are cut, clocks, "
		"losses, old data, devices that are not seen. Each finding has its figures and "
		"what to do.\n\n"
		"A finding stands on a share of enough flows, never on a single one: what is too "
		"little to tell says nothing, and nothing found is no proof that all is seen. Of "
		"several files the flows that two of them hold tell how far their clocks are "
		"apart.\n\n"
		"Severity: info is a limit to know; with a warning some figures are not what they "
		"seem; critical means most of them.\n\n"
		"Exit status, for monitoring: 0 nothing as severe as --fail-on was found, 1 "
		"something was, 2 usage, or there is nothing to look at, 3 an input was damaged "
		"(what could be read was judged).",
	.examples = "  $ borderflow doctor --policy rules.yaml day.pcap\n"
		    "  $ borderflow doctor hall-a.pcap hall-b.pcap\n"
		    "  # borderflow doctor -i eth0 --seconds 5m --policy rules.yaml\n"
		    "  $ borderflow doctor --format ndjson --fail-on critical\n",
	.settings_bytes = sizeof(struct doctor_settings),
	.options = options,
	.run = run,
};
