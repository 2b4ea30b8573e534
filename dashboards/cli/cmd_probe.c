#include <errno.h>
#include <string.h>

#include "analyzer/record/keys.h"
#include "dashboards/cli/cli.h"
#include "dashboards/probe/probe.h"

extern const struct command command_probe;

struct probe_settings {
	const char *keys, *segment, *name, *to, *transport, *patience, *block_issuer, *format;
	uint64_t port, count;
};

#define AT(field) offsetof(struct probe_settings, field)

static const struct option options[] = {
	{ "keys", 0, OPTION_FOLDER, AT(keys), .argument = "DIR", .group = "Probe",
		.help = "The folder with probe.key, the same as the sensor's; a systemd credential "
			"of that name, unless given." },
	{ "segment", 0, OPTION_TEXT, AT(segment), .argument = "UNIT",
		.help = "The unit of the policy in whose network this runs." },
	{ "name", 0, OPTION_TEXT, AT(name), .argument = "NAME",
		.help = "The name under test, for the hello: www.tiktok.com." },
	{ "to", 0, OPTION_TEXT, AT(to), .argument = "ADDRESS",
		.help = "Address of the server, or of one of your own; nothing is looked up." },
	{ "port", 0, OPTION_NUMBER, AT(port), .argument = "PORT", .default_text = "443", .least = 1,
		.most = 65535, .help = "Of the server." },
	{ "transport", 0, OPTION_CHOICE, AT(transport), .argument = "WHICH",
		.choices = "both|tls|quic", .default_text = "both",
		.help = "TLS over TCP, QUIC, or both." },
	{ "count", 0, OPTION_NUMBER, AT(count), .argument = "N", .default_text = "1", .least = 1,
		.most = PROBE_COUNT_MAX,
		.help = "How often; all probes of a machine go out a second apart." },
	{ "patience", 0, OPTION_TEXT, AT(patience), .argument = "TIME", .default_text = "5s",
		.help = "How long to wait for an answer, " PROBE_PATIENCE_EXPECTED "." },
	{ "block-issuer", 0, OPTION_TEXT, AT(block_issuer), .argument = "NAME",
		.help = "The firewall's name in its certificates (the issuer's common name or "
			"organisation, whole), as the policy's page_issuers has it: such an answer "
			"is its block page." },
	{ "format", 'f', OPTION_CHOICE, AT(format), .argument = "FORM", .choices = "text|ndjson",
		.default_text = "text", .help = "A line a probe, for people or for programs." },
	{ NULL },
};

static int read_key(const char *folder, struct probe_key **key, struct err *err)
{
	uint8_t secret[KEY_BYTES];
	bool is_there;
	int status = key_read(KEY_PROBE, folder, secret, &is_there, err);

	if (status == 0 && !is_there) {
		status = err_set(err, ENOENT,
			"there is no probe.key in %s: borderflow keys init makes one, to be "
			"copied to sensors and to where probes are sent",
			folder ? folder : "the credentials");
	}
	*key = status == 0 ? probe_key_create(secret) : NULL;
	explicit_bzero(secret, sizeof(secret));
	return status == 0 && !*key ? err_set(err, ENOMEM, "out of memory") : status;
}

static int run(void *values, char *const *arguments, unsigned count)
{
	const struct probe_settings *settings = values;
	struct probe_options probe = { .segment = settings->segment,
		.port = (uint16_t)settings->port,
		.block_issuer = settings->block_issuer };
	bool with_tls = strcmp(settings->transport, "quic") != 0;
	bool with_quic = strcmp(settings->transport, "tls") != 0;
	struct probe_key *key = NULL;
	struct err err;

	if (count > 0) {
		return cli_usage_error(&command_probe, "%s: expected options alone", arguments[0]);
	}
	if (!settings->segment || !settings->name || !settings->to) {
		return cli_usage_error(&command_probe, "name --segment, --name and --to");
	}
	if (!probe_set_name(&probe, settings->name)) {
		return cli_usage_error(&command_probe, "--name: expected a host name; found \"%s\"",
			settings->name);
	}
	if (!addr_parse(settings->to, &probe.addr)) {
		return cli_usage_error(&command_probe,
			"--to: expected an address such as 192.0.2.1; found \"%s\"", settings->to);
	}
	if (!probe_set_patience(&probe, settings->patience)) {
		return cli_usage_error(&command_probe,
			"--patience: expected " PROBE_PATIENCE_EXPECTED "; found \"%s\"",
			settings->patience);
	}
	int status = read_key(settings->keys, &key, &err);
	if (status == 0) {
		probe.key = key;
		status = probe_run(&probe, with_tls, with_quic, (unsigned)settings->count,
			strcmp(settings->format, "ndjson") == 0, &err);
	}
	probe_key_destroy(key);
	if (status < 0) {
		cli_error("probe", err.text);
	}
	return status < 0 ? EXIT_USAGE : EXIT_DONE;
}

const struct command command_probe = {
	.name = "probe",
	.arguments = "",
	.summary = "a marked test hello from a segment: does the block work, is the segment seen?",
	.description =
		"Sends a hello of TLS and one of QUIC with the name under test to the address that "
		"is given, and says what came back: a handshake (and who signed the certificate), "
		"a block page, a reset, a refusal, nothing. It never logs in and sends no content, "
		"and looks nothing up.\n\n"
		"Each hello bears a marker that only holders of probe.key can make: a sensor with "
		"the same key knows it, and borderflow doctor says what the sensor saw: blocked, "
		"and how, or passed. A probe that the sensor did not see is a segment that it does "
		"not see. A marker holds for five minutes around its time, once.\n\n"
		"The same is in borderflow-probe, one static file to be copied to a machine on the "
		"segment; borderflow-probe.timer sends one a day where it is enabled "
		"(docs/vantage.md).\n\n"
		"Exit status: 0 it was sent, whatever came back; 2 it could not be.",
	.examples = "  $ borderflow probe --keys keys --segment North --name www.tiktok.com --to "
		    "192.0.2.7\n",
	.settings_bytes = sizeof(struct probe_settings),
	.options = options,
	.run = run,
};
