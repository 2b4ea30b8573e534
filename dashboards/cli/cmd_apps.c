#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/attribute/attribute.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "dashboards/cli/app_dossier.h"
#include "dashboards/cli/app_filter.h"
#include "dashboards/cli/app_subject.h"
#include "dashboards/cli/apps_import.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/terminal.h"

extern const struct command command_apps;

struct apps_settings {
	struct option_list catalogue;
	struct app_filter filter;
	const char *geo, *at, *output;
	struct apps_import_options import;
	bool json;
};

/* What every subcommand works on. geo is NULL where no databases can be opened; that hides names of
 * countries alone. */
struct apps {
	const struct apps_settings *settings;
	struct catalogue *catalogue;
	struct geo *geo;
	struct dossier dossier;
};

/* Cuts or fills to so many columns; a character is taken for a column. Texts of the catalogue are a
 * user's as well: nothing in them steers the terminal. */
static void print_cell(const char *string, unsigned columns)
{
	char memory[512];
	struct text text;
	unsigned used = 0;

	text_init(&text, memory, sizeof(memory));
	text_put_terminal(&text, string, strlen(string));
	for (size_t at = 0; at < text.length && used < columns; used++) {
		size_t length = text_utf8_length(memory + at, text.length - at);
		fwrite(memory + at, 1, length ? length : 1, stdout);
		at += length ? length : 1;
	}
	printf("%*s", (int)(columns - used + 2), "");
}

static int print_json(struct text *text)
{
	bool complete = !text->truncated;

	text_put_char(text, '\n');
	fwrite(text->at, 1, text->length, stdout);
	text_deinit(text);
	if (!complete) {
		cli_error("apps", "out of memory: the output is cut short");
	}
	return complete ? EXIT_DONE : EXIT_INPUT;
}

static int list_json(const struct apps *apps)
{
	struct text text;
	text_init_heap(&text);
	struct json json = json_over(&text);

	json_array_begin(&json, NULL);
	for (unsigned i = 0; i < catalogue_app_count(apps->catalogue); i++) {
		const struct app *app = catalogue_app_at(apps->catalogue, i);
		if (app_filter_matches(&apps->settings->filter, app)) {
			app_dossier_write_json(&apps->dossier, app->symbol, &json);
		}
	}
	json_array_end(&json);
	return print_json(&text);
}

static int list(const struct apps *apps)
{
	enum { ID = 20, CATEGORY = 14, COUNTRY = 7, SOURCE = 12, NAME_LEAST = 20, GAPS = 10 };
	unsigned width = terminal_width(), shown = 0;
	unsigned fixed = ID + CATEGORY + 2 * COUNTRY + SOURCE + GAPS;
	unsigned name = width > fixed ? width - fixed : 0;
	const char *bold = terminal_has_color() ? "\033[1m" : "", *plain = *bold ? "\033[0m" : "";
	struct err err;

	if (app_filter_check(&apps->settings->filter, apps->catalogue, &err) < 0) {
		cli_error("apps list", err.text);
		return EXIT_USAGE;
	}
	if (apps->settings->json) {
		return list_json(apps);
	}
	name = name > NAME_LEAST ? name : NAME_LEAST;
	fputs(bold, stdout);
	print_cell("app", ID);
	print_cell("name", name);
	print_cell("category", CATEGORY);
	print_cell("owner", COUNTRY);
	print_cell("control", COUNTRY);
	printf("verified by%s\n", plain);
	for (unsigned i = 0; i < catalogue_app_count(apps->catalogue); i++) {
		const struct app *app = catalogue_app_at(apps->catalogue, i);
		if (!app_filter_matches(&apps->settings->filter, app)) {
			continue;
		}
		print_cell(app->id, ID);
		print_cell(app->name, name);
		print_cell(app->category, CATEGORY);
		struct ownership then = catalogue_ownership_at(
			apps->catalogue, app->symbol, apps->dossier.time_ns, "");
		print_cell(then.owner_country[0] ? then.owner_country : "various", COUNTRY);
		print_cell(then.parent_country[0] ? then.parent_country : "various", COUNTRY);
		terminal_put_escaped(app->verified[0] ? app->verified : "-");
		putchar('\n');
		shown++;
	}
	fprintf(stderr, "%u of %u apps\n", shown, catalogue_app_count(apps->catalogue));
	return EXIT_DONE;
}

static int report_unknown(const struct apps *apps, const char *name)
{
	char sentence[400];
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	text_put(&text, "there is no app \"");
	text_put_terminal(&text, name, strlen(name));
	text_put(&text, "\" in the catalogue");
	catalogue_suggest(apps->catalogue, name, &text);
	cli_error("apps", sentence);
	return EXIT_USAGE;
}

static int show(const struct apps *apps, char *const *names, unsigned count)
{
	struct text text;
	text_init_heap(&text);
	struct json json = json_over(&text);

	for (unsigned i = 0; i < count; i++) {
		uint16_t app = catalogue_resolve(apps->catalogue, names[i]);
		if (app == 0) {
			text_deinit(&text);
			return report_unknown(apps, names[i]);
		}
		if (apps->settings->json) {
			app_dossier_write_json(&apps->dossier, app, &json);
		} else {
			printf("%s", i ? "\n" : "");
			app_dossier_print(&apps->dossier, app, terminal_width(), stdout);
		}
	}
	if (apps->settings->json) {
		return print_json(&text);
	}
	text_deinit(&text);
	return EXIT_DONE;
}

/* A record as a flow to this place over TLS would give it. */
static struct record imagine_flow(uint64_t time_ns)
{
	enum { PROTOCOL_TCP = 6, PORT_HTTPS = 443 };
	struct record record = { .direction = RECORD_DIRECTION_OUTBOUND,
		.own_side = RECORD_SOURCE };

	record.flow.start_ns = time_ns;
	record.flow.protocol = PROTOCOL_TCP;
	record.flow.destination_port = PORT_HTTPS;
	record.flow.start_seen = true;
	record.l7.protocol = L7_TLS;
	return record;
}

/* The listed names above this one, the longest first: each loses to those before it. */
static void print_names_above(const struct apps *apps, const char *name)
{
	const char *last_rule = NULL;

	for (const char *at = name; at; at = strchr(at, '.') ? strchr(at, '.') + 1 : NULL) {
		struct match match = catalogue_match_name(apps->catalogue, at, strlen(at));
		if (match.app != 0 && match.rule != last_rule) {
			printf("  %s %s: %s\n", last_rule ? "before" : "listed", match.rule,
				catalogue_app(apps->catalogue, match.app)->id);
			last_rule = match.rule;
		}
	}
}

static void match_one(const struct apps *apps, const struct app_subject *subject)
{
	struct record record = imagine_flow(apps->dossier.time_ns);

	switch (subject->kind) {
	case APP_SUBJECT_ADDRESS:
		record.flow.destination = subject->addr;
		if (apps->geo) {
			geo_tag(apps->geo, &subject->addr, &record.place);
		}
		break;
	case APP_SUBJECT_NETWORK:
		record.place.asn = subject->asn;
		break;
	case APP_SUBJECT_NAME:
		l7_info_add_name(&record.l7, NAME_TLS_SNI, subject->name, strlen(subject->name));
		print_names_above(apps, subject->name);
		break;
	}
	attribute_explain(apps->catalogue, apps->geo, &record, stdout);
}

static int match(const struct apps *apps, char *const *texts, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct app_subject subject;
		struct err err;
		if (app_subject_parse(texts[i], &subject, &err) < 0) {
			cli_error("apps match", err.text);
			return EXIT_USAGE;
		}
		printf("%s", i ? "\n" : "");
		terminal_put_escaped(texts[i]);
		printf("\n");
		match_one(apps, &subject);
	}
	return EXIT_DONE;
}

static int check(const struct apps *apps)
{
	unsigned errors = catalogue_check(apps->catalogue, apps->geo, stdout);

	unsigned rules = catalogue_rule_count(apps->catalogue), verified = 0;

	for (unsigned i = 0; i < rules; i++) {
		verified += catalogue_rule(apps->catalogue, i)->source[0] != '\0';
	}
	catalogue_describe_files(apps->catalogue, stdout);
	printf("%u apps, %u rules (%u of them verified), %u errors; catalogue %.16s\n",
		catalogue_app_count(apps->catalogue), rules, verified, errors,
		catalogue_hash(apps->catalogue));
	return errors ? EXIT_FOUND : EXIT_DONE;
}

static const char columns[] = "app\tfact\tvalue\tsource\n";

/* All lists into one text, in memory. */
static int import_lists(const struct apps *apps, char *const *paths, unsigned count, FILE *out,
	struct apps_import_counts *counts)
{
	struct err err;

	fputs(columns, out);
	for (unsigned i = 0; i < count; i++) {
		if (apps_import_list(apps->catalogue, &apps->settings->import, paths[i], out,
			    counts, &err) < 0) {
			cli_error("apps import", err.text);
			return EXIT_INPUT;
		}
	}
	return EXIT_DONE;
}

/* The shipped packs with the new file over them. */
static int check_import(const struct apps *apps, const char *path)
{
	struct catalogue *catalogue;
	struct err err;

	if (catalogue_open(&catalogue, &path, 1, &err) < 0) {
		cli_error("apps import", err.text);
		return EXIT_FOUND;
	}
	unsigned errors = catalogue_check(catalogue, apps->geo, stderr);
	catalogue_close(catalogue);
	return errors ? EXIT_FOUND : EXIT_DONE;
}

static void print_counts(const struct apps_import_counts *counts)
{
	fprintf(stderr, "%u names added (%u of them taken over from other apps), %u known already",
		counts->added, counts->moved, counts->known);
	if (counts->exceptions) {
		fprintf(stderr, ", %u exceptions left out", counts->exceptions);
	}
	if (counts->includes) {
		fprintf(stderr, ", %u lists that it includes left out: give them, too",
			counts->includes);
	}
	if (counts->unknown) {
		fprintf(stderr, ", %u patterns and other lines left out", counts->unknown);
	}
	fputc('\n', stderr);
}

static int import(const struct apps *apps, char *const *paths, unsigned count)
{
	const char *output = apps->settings->output;
	struct apps_import_counts counts = { 0 };
	char *content = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&content, &length);
	struct err err;

	if (!out) {
		cli_error("apps import", "out of memory");
		return EXIT_INPUT;
	}
	int status = import_lists(apps, paths, count, out, &counts);
	if (fclose(out) != 0) {
		cli_error("apps import", "out of memory");
		status = EXIT_INPUT;
	}
	if (status == EXIT_DONE && !output) {
		fwrite(content, 1, length, stdout);
	} else if (status == EXIT_DONE && file_write(output, content, length, &err) < 0) {
		cli_error("apps import", err.text);
		status = EXIT_INPUT;
	}
	free(content);
	if (status == EXIT_DONE) {
		print_counts(&counts);
		status = output ? check_import(apps, output) : EXIT_DONE;
	}
	return status;
}

static int run_subcommand(const struct apps *apps, char *const *arguments, unsigned count)
{
	const char *what = count > 0 ? arguments[0] : "list";

	if (strcmp(what, "list") == 0 && count <= 1) {
		return list(apps);
	}
	if (strcmp(what, "show") == 0 && count > 1) {
		return show(apps, arguments + 1, count - 1);
	}
	if (strcmp(what, "match") == 0 && count > 1) {
		return match(apps, arguments + 1, count - 1);
	}
	if (strcmp(what, "check") == 0 && count == 1) {
		return check(apps);
	}
	if (strcmp(what, "import") == 0 && count > 1) {
		return import(apps, arguments + 1, count - 1);
	}
	return cli_usage_error(&command_apps,
		"expected list, show APP..., match NAME-or-ADDRESS..., check or import LIST...");
}

static int run(void *values, char *const *arguments, unsigned count)
{
	const struct apps_settings *settings = values;
	struct apps apps = { .settings = settings };
	uint64_t time_ns = clock_now_ns();
	struct err err;

	if (settings->at && !clock_parse(settings->at, &time_ns)) {
		return cli_usage_error(
			&command_apps, "--at takes a day or a time such as 2026-01-22");
	}
	if (catalogue_open(&apps.catalogue, settings->catalogue.items, settings->catalogue.count,
		    &err) < 0 ||
		geo_open(&apps.geo, settings->geo, &err) < 0) {
		catalogue_close(apps.catalogue);
		cli_error("apps", err.text);
		return EXIT_USAGE;
	}
	apps.dossier = (struct dossier){ apps.catalogue, apps.geo, time_ns };
	int status = run_subcommand(&apps, arguments, count);
	geo_close(apps.geo);
	catalogue_close(apps.catalogue);
	return status;
}

#define AT(field) offsetof(struct apps_settings, field)

static const struct option options[] = {
	{ "category", 0, OPTION_TEXT, AT(filter.category), .argument = "NAME", .group = "List",
		.help = "Only apps of this category, such as messaging." },
	{ "family", 0, OPTION_TEXT, AT(filter.family), .argument = "NAME",
		.help = "Only apps of this house, such as bytedance." },
	{ "parent-country", 0, OPTION_TEXT, AT(filter.parent_country), .argument = "CC",
		.help = "Only apps whose owner is controlled from this country, such as CN." },
	{ "app", 0, OPTION_TEXT, AT(import.app), .argument = "APP", .group = "Import",
		.help = "Whose names the list holds; else the list's own id or its file's name "
			"says it." },
	{ "name", 0, OPTION_TEXT, AT(import.name), .argument = "TEXT",
		.help = "What a new app is called." },
	{ "new-category", 0, OPTION_TEXT, AT(import.category), .argument = "NAME",
		.help = "Its category; other unless given." },
	{ "owner", 0, OPTION_TEXT, AT(import.owner), .argument = "TEXT",
		.help = "Who contracts it; various unless given." },
	{ "owner-country", 0, OPTION_TEXT, AT(import.owner_country), .argument = "CC",
		.help = "The owner's country." },
	{ "parent", 0, OPTION_TEXT, AT(import.parent), .argument = "TEXT",
		.help = "Who controls the owner; the owner unless given." },
	{ "controlled-from", 0, OPTION_TEXT, AT(import.parent_country), .argument = "CC",
		.help = "From which country; the owner's unless given." },
	{ "source", 0, OPTION_TEXT, AT(import.source), .argument = "TEXT",
		.help = "What verifies the names; the list's file name unless given." },
	{ "output", 'o', OPTION_FILE, AT(output), .argument = "FILE",
		.help = "Write the facts there and check them; standard output unless given." },
	{ "json", 'j', OPTION_FLAG, AT(json), .group = "Output",
		.help = "Print list and show as JSON, every rule with its source." },
	{ "catalogue", 'c', OPTION_LIST, AT(catalogue), .argument = "FILE", .group = "Facts",
		.help = "More apps, or other facts about known ones; a file or a folder; may be "
			"given several times, later ones win." },
	{ "at", 0, OPTION_TEXT, AT(at), .argument = "TIME",
		.help = "Who owned and controlled an app then, for show and match; now unless "
			"given." },
	{ "geo", 'g', OPTION_FOLDER, AT(geo), .argument = "DIR",
		.help = "Folder of the geo databases (MMDB), for match with addresses." },
	{ 0 },
};

const struct command command_apps = {
	.name = "apps",
	.arguments = "list | show APP... | match NAME-or-ADDRESS... | check | import LIST...",
	.summary = "the app catalogue: who owns what, which names and networks prove it",
	.description =
		"list prints all known apps with the country of the owner who contracts the "
		"service and of the parent who controls that owner.\n\n"
		"show prints the dossier of an app (by id or name, in any case): owner and "
		"control, "
		"now and over time, names, addresses, networks, and what verifies them.\n\n"
		"match says step by step which app a host name, an address or a network (AS62041) "
		"belongs to, and why.\n\n"
		"check validates the catalogue, your own files included: overlaps, rules that "
		"decide nothing, unknown countries, bad networks. Exit status 1 where there is an "
		"error.\n\n"
		"import makes a catalogue file of your own from public lists: domain lists as "
		"v2fly's (one service a file), hosts files, filters and service rules as "
		"AdGuard's. "
		"What a list says in patterns cannot be said in a catalogue and is counted. Give "
		"the "
		"file with --catalogue afterwards.",
	.examples = "  $ borderflow apps show TikTok\n"
		    "  $ borderflow apps match p16-tiktokcdn-com.akamaized.net 149.154.167.99\n"
		    "  $ borderflow apps list --parent-country CN\n"
		    "  $ borderflow apps check --catalogue our-apps.tsv\n"
		    "  $ borderflow apps import tiktok.yml --output our-apps.tsv\n",
	.settings_bytes = sizeof(struct apps_settings),
	.options = options,
	.run = run,
};
