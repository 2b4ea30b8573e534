/* borderflow-probe: the same as `borderflow probe`, as one static file that needs nothing beside it
 * but the key. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/keys.h"
#include "dashboards/probe/probe.h"

static const char usage[] =
	"Usage: borderflow-probe --key FILE --segment NAME --name NAME --to ADDRESS [options]\n"
	"Sends a marked hello of TLS and one of QUIC, and says what came back. No login, no "
	"content.\n"
	"\n"
	"  --key FILE           probe.key, as the sensor has it (borderflow keys init)\n"
	"  --segment NAME       the unit of the policy in whose network this runs\n"
	"  --name NAME          under test, for the hello: www.tiktok.com\n"
	"  --to ADDRESS         of the server, or of one of your own; nothing is looked up\n"
	"  --port N             443 unless given\n"
	"  --transport T        tls, quic or both (default)\n"
	"  --count N            1 to 5 (default 1); all probes of a machine go out a second "
	"apart\n"
	"  --patience TIME      how long to wait for an answer, 1s to 30s (default 5s)\n"
	"  --block-issuer NAME  the firewall's name in its certificates, as page_issuers has it\n"
	"  --json               one object a line\n"
	"  --help               this text\n"
	"\n"
	"Exit status: 0 it was sent, whatever came back; 2 it could not be.\n";

enum letter { KEY = 256, SEGMENT, NAME, TO, PORT, TRANSPORT, COUNT, PATIENCE, ISSUER, JSON, HELP };

static const struct option options[] = {
	{ "key", required_argument, NULL, KEY },
	{ "segment", required_argument, NULL, SEGMENT },
	{ "name", required_argument, NULL, NAME },
	{ "to", required_argument, NULL, TO },
	{ "port", required_argument, NULL, PORT },
	{ "transport", required_argument, NULL, TRANSPORT },
	{ "count", required_argument, NULL, COUNT },
	{ "patience", required_argument, NULL, PATIENCE },
	{ "block-issuer", required_argument, NULL, ISSUER },
	{ "json", no_argument, NULL, JSON },
	{ "help", no_argument, NULL, HELP },
	{ NULL, 0, NULL, 0 },
};

struct settings {
	struct probe_options probe;
	const char *key, *transport;
	unsigned count;
	bool as_json;
};

static void refuse(const char *sentence, const char *what)
{
	fprintf(stderr, "borderflow-probe: %s%s\n", sentence, what);
	exit(2);
}

static unsigned number_of(const char *option, const char *text, unsigned least, unsigned most)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || number < least || number > most) {
		fprintf(stderr, "borderflow-probe: %s: expected %u to %u; found \"%s\"\n", option,
			least, most, text);
		exit(2);
	}
	return (unsigned)number;
}

static void take(struct settings *settings, int option, const char *text)
{
	struct probe_options *probe = &settings->probe;

	switch (option) {
	case KEY:
		settings->key = text;
		break;
	case SEGMENT:
		probe->segment = text;
		break;
	case NAME:
		if (!probe_set_name(probe, text)) {
			refuse("--name: not a host name: ", text);
		}
		break;
	case TO:
		if (!addr_parse(text, &probe->addr)) {
			refuse("--to: expected an address such as 192.0.2.1; found ", text);
		}
		break;
	case PORT:
		probe->port = (uint16_t)number_of("--port", text, 1, 65535);
		break;
	case TRANSPORT:
		settings->transport = text;
		break;
	case COUNT:
		settings->count = number_of("--count", text, 1, PROBE_COUNT_MAX);
		break;
	case PATIENCE:
		if (!probe_set_patience(probe, text)) {
			refuse("--patience: expected " PROBE_PATIENCE_EXPECTED "; found ", text);
		}
		break;
	case ISSUER:
		probe->block_issuer = text;
		break;
	case JSON:
		settings->as_json = true;
		break;
	case HELP:
		fputs(usage, stdout);
		exit(0);
	default:
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct settings settings = {
		.probe = { .port = 443, .patience_ms = 5000 }, .transport = "both", .count = 1
	};
	uint8_t secret[KEY_BYTES];
	bool has_address = false;
	struct err err;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		take(&settings, option, optarg);
		has_address |= option == TO;
	}
	bool is_both = strcmp(settings.transport, "both") == 0;
	bool with_tls = is_both || strcmp(settings.transport, "tls") == 0;
	bool with_quic = is_both || strcmp(settings.transport, "quic") == 0;
	if (!settings.key || !settings.probe.segment || !settings.probe.name[0] || !has_address ||
		(!with_tls && !with_quic) || optind != argc) {
		fputs(usage, stderr);
		return 2;
	}
	int status = key_read_file(settings.key, secret, &err);
	struct probe_key *key = status == 0 ? probe_key_create(secret) : NULL;
	explicit_bzero(secret, sizeof(secret));
	settings.probe.key = key;
	if (status == 0) {
		status = key ? probe_run(&settings.probe, with_tls, with_quic, settings.count,
				       settings.as_json, &err)
			     : err_set(&err, 12, "out of memory");
	}
	probe_key_destroy(key);
	if (status < 0) {
		refuse(err.text, "");
	}
	return 0;
}
