#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/facts.h"
#include "dashboards/cli/geo_update.h"
#include "dashboards/cli/terminal.h"
#include "geo/geo.h"
#include "geo/geo_build.h"

extern const struct command command_geo;

struct geo_settings {
	const char *folder, *output, *countries, *date, *from, *sha256;
};

static int fail(int status, const struct err *err)
{
	return cli_fail("geo", status, err);
}

static int run_info(const struct geo_settings *settings)
{
	struct geo *geo;
	struct err err;

	int status = geo_open(&geo, settings->folder, &err);
	if (status < 0) {
		return fail(status, &err);
	}
	geo_describe(geo, clock_now_ns(), stdout);
	geo_close(geo);
	return EXIT_DONE;
}

/* "IE Ireland", or "unknown". */
static void print_country(const struct geo *geo, const char *code)
{
	const struct geo_country *country = geo_country(geo, code);

	printf("%s%s%s", code[0] ? code : "unknown", country ? " " : "",
		country ? country->names[GEO_EN] : "");
}

static void print_network(const struct geo *geo, const struct geo_place *place)
{
	const struct geo_owner *owner = geo_owner(geo, place->owner);

	printf("  network            ");
	if (place->asn) {
		printf("AS%" PRIu32 " ", place->asn);
		terminal_put_escaped(geo_organization(geo, place->organization));
	} else {
		printf("unknown");
	}
	printf("\n  operator_country   ");
	print_country(geo, place->operator_country);
	if (owner) {
		printf("\n  owner              %s (%s), under the control of ", owner->group,
			geo_role_name((enum geo_role)place->role));
		print_country(geo, owner->parent_country);
	}
	printf("\n");
}

/* Every database's own answer; a country that differs from the one taken is marked. */
static void print_answers(
	const struct geo *geo, const struct addr *addr, const struct geo_place *place)
{
	for (size_t i = 0; i < geo_database_count(geo); i++) {
		struct geo_answer answer;
		printf("  - ");
		terminal_put_escaped(geo_database_file(geo, i));
		if (!geo_database_ask(geo, i, addr, &answer)) {
			printf(": no answer\n");
			continue;
		}
		bool differs = answer.country[0] && strcmp(answer.country, place->country) != 0;
		printf(":%s%s%s", answer.country[0] ? " " : "", answer.country,
			differs ? " (disagrees)" : "");
		if (answer.asn) {
			printf(" AS%" PRIu32 "%s ", answer.asn,
				answer.asn == place->asn ? "" : " (disagrees)");
			terminal_put_escaped(answer.organization);
		}
		printf("%s%s\n", answer.operator_country[0] ? ", operator " : "",
			answer.operator_country);
	}
}

static void lookup(const struct geo *geo, const struct addr *addr)
{
	char text[ADDR_TEXT_MAX];
	struct geo_place place;
	const char *file;

	geo_tag(geo, addr, &place);
	addr_format(addr, text);
	printf("%s\n  server_country     ", text);
	print_country(geo, place.country);
	printf("\n  zone               %s", geo_zone_name((enum geo_zone)place.zone));
	const struct geo_country *country = geo_country(geo, place.country);
	if (country && country->adequacy[0]) {
		printf(" (%s: %s)", country->adequacy, country->adequacy_scope);
	}
	printf("\n");
	print_network(geo, &place);
	const char *note = geo_override_note(geo, addr, &file);
	if (note) {
		printf("  override           ");
		terminal_put_escaped(note[0] ? note : "no note");
		printf(" (%s)\n", file);
	}
	print_answers(geo, addr, &place);
}

static int run_lookup(const struct geo_settings *settings, char *const *texts, unsigned count)
{
	struct geo *geo;
	struct err err;
	int status = geo_open(&geo, settings->folder, &err);

	if (status < 0) {
		return fail(status, &err);
	}
	facts_say_no_geo(geo, settings->folder);
	for (unsigned i = 0; i < count; i++) {
		struct addr addr;
		if (addr_parse(texts[i], &addr)) {
			lookup(geo, &addr);
		} else {
			status = fail(
				err_set(&err, EINVAL,
					"expected an IPv4 or IPv6 address, found \"%s\"", texts[i]),
				&err);
		}
	}
	geo_close(geo);
	return status;
}

static int run_build(const struct geo_settings *settings, char *const *tables, unsigned count)
{
	struct geo_build_options options = { .tables = (const char *const *)tables,
		.table_count = count,
		.countries = settings->countries,
		.output = settings->output,
		.built_ns = clock_now_ns() };
	struct geo_build_result result;
	struct err err;

	if (settings->date && !clock_parse(settings->date, &options.built_ns)) {
		return fail(err_set(&err, EINVAL,
				    "--date: expected a date such as 2026-06-17, found \"%s\"",
				    settings->date),
			&err);
	}
	int status = geo_build(&options, &result, &err);
	if (status < 0) {
		return fail(status, &err);
	}
	printf("%s: %" PRIu32 " ranges of %" PRIu32 " networks, %" PRIu32
	       " of them with the operator's country\n",
		options.output, result.rows, result.networks, result.networks_with_country);
	return EXIT_DONE;
}

static int run_update(const struct geo_settings *settings)
{
	struct geo_update update = { settings->folder, settings->from, settings->sha256 };
	struct err err;

	return fail(geo_update_run(&update, &err), &err);
}

static const struct option options[] = {
	{ .name = "geo",
		.type = OPTION_FOLDER,
		.offset = offsetof(struct geo_settings, folder),
		.argument = "DIR",
		.help = "The folder of the databases (*.mmdb). Without it: $BORDERFLOW_GEO, "
			"var/geo of the source tree, /var/lib/borderflow/geo.",
		.group = "Databases" },
	{ .name = "from",
		.type = OPTION_TEXT,
		.offset = offsetof(struct geo_settings, from),
		.argument = "SOURCE",
		.help = "Where update gets databases: npm (free, no account, unless given), "
			"maxmind (GeoLite2; MAXMIND_ACCOUNT_ID and MAXMIND_LICENSE_KEY in the "
			"environment), dbip (DB-IP lite), or the https URL of one database "
			"(.mmdb, .mmdb.gz, .tar.gz).",
		.group = "Update" },
	{ .name = "sha256",
		.type = OPTION_TEXT,
		.offset = offsetof(struct geo_settings, sha256),
		.argument = "HEX",
		.help = "What the file of the URL has to be; unless given, URL.sha256 says." },
	{ .name = "output",
		.letter = 'o',
		.type = OPTION_FILE,
		.offset = offsetof(struct geo_settings, output),
		.argument = "FILE",
		.default_text = "networks.mmdb",
		.help = "The database that build writes.",
		.group = "Build" },
	{ .name = "countries",
		.type = OPTION_FILE,
		.offset = offsetof(struct geo_settings, countries),
		.argument = "FILE",
		.help = "A country database, from which build takes the country that holds most "
			"of a network's addresses as its operator's." },
	{ .name = "date",
		.type = OPTION_TEXT,
		.offset = offsetof(struct geo_settings, date),
		.argument = "DATE",
		.help = "The date of the tables; today when not given." },
	{ 0 },
};

static int run(void *values, char *const *arguments, unsigned count)
{
	const struct geo_settings *settings = values;
	const char *what = count > 0 ? arguments[0] : "";

	if (strcmp(what, "info") == 0 && count == 1) {
		return run_info(settings);
	}
	if (strcmp(what, "update") == 0 && count == 1) {
		return run_update(settings);
	}
	if (strcmp(what, "lookup") == 0 && count > 1) {
		return run_lookup(settings, arguments + 1, count - 1);
	}
	if (strcmp(what, "build") == 0 && count > 1) {
		return run_build(settings, arguments + 1, count - 1);
	}
	return cli_usage_error(
		&command_geo, "expected info, lookup ADDRESS..., update or build TABLE.csv...");
}

const struct command command_geo = {
	.name = "geo",
	.arguments = "info | lookup ADDRESS... | update | build TABLE.csv...",
	.summary = "geo databases: what is there, what they say, new ones",
	.description =
		"info lists the databases and tables with source, licence, build date and age; "
		"old ones are marked.\n\n"
		"lookup says what is known about addresses: server country and zone, network, "
		"operator and owner, and what each database answers by itself, so that "
		"disagreement shows.\n\n"
		"update brings databases: from npm, MaxMind, DB-IP or a URL, with curl. Each is "
		"checked (checksum, and that it can be read) before it takes the place of the one "
		"of its name, at once; where anything is wrong nothing is changed.\n\n"
		"build compiles a table of networks (CSV: first address, last address, AS number, "
		"organisation) into an MMDB.",
	.examples = "  $ borderflow geo info\n"
		    "  $ borderflow geo lookup 192.0.2.1 2001:db8::1\n"
		    "  $ borderflow geo update\n"
		    "  $ borderflow geo update --from maxmind --geo /var/lib/borderflow/geo\n",
	.settings_bytes = sizeof(struct geo_settings),
	.options = options,
	.run = run,
};
