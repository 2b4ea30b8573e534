#include <stdlib.h>
#include <string.h>

#include "analyzer/messages/messages.h"
#include "analyzer/policy/policy.h"
#include "analyzer/drafting/policy_tools.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/local_time.h"
#include "base/text.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/policy_past.h"

extern const struct command command_policy;

struct policy_settings {
	const char *app, *name, *unit, *class_, *device, *date, *server, *language, *form;
	bool has_access;
	struct option_list catalogue;
	struct past_settings past;
};

#define AT(field) offsetof(struct policy_settings, field)

static const struct option options[] = {
	{ "app", 'a', OPTION_TEXT, AT(app), .argument = "APP", .group = "explain",
		.help = "The app asked about, by its id (see borderflow apps list)." },
	{ "name", 'n', OPTION_TEXT, AT(name), .argument = "HOST",
		.help = "The host asked about; its app follows from it." },
	{ "device", 0, OPTION_TEXT, AT(device), .argument = "ADDRESS",
		.help = "The device's address; unit and class follow from it." },
	{ "flow", 0, OPTION_TEXT, AT(past.flow), .argument = "ID",
		.help = "A flow of an archive (--archive) or of the captures named behind the "
			"file, "
			"by its id: sixteen hexadecimal digits." },
	{ "address", 0, OPTION_TEXT, AT(past.address), .argument = "ADDRESS",
		.help = "The same by the address of either end; with --date when." },
	{ "internal-access", 0, OPTION_FLAG, AT(has_access),
		.help = "The device has been with internal services." },
	{ "unit", 'u', OPTION_TEXT, AT(unit), .argument = "UNIT",
		.help = "The unit of the device, by its name in the policy." },
	{ "device-class", 0, OPTION_TEXT, AT(class_), .argument = "CLASS",
		.help = "The class of the device, by its name in the policy." },
	{ "server", 0, OPTION_TEXT, AT(server), .argument = "ZONE", .default_text = "unknown",
		.help = "Where the server is: eu, eea, adequate, adequate_partial, third, "
			"unknown." },
	{ "date", 'd', OPTION_TEXT, AT(date), .argument = "DATE",
		.help = "The day of the question, such as 2026-03-31; today unless given." },
	{ "language", 'l', OPTION_CHOICE, AT(language), .argument = "LANGUAGE",
		.choices = "en|sv|nb|nn|da|fi", .group = "print and export",
		.help = "The language of print; the file's own, else that of LANG, unless given." },
	{ "form", 0, OPTION_CHOICE, AT(form), .argument = "FORM",
		.choices = "plain|dnsmasq|unbound|nftables", .default_text = "plain",
		.help = "The form of export." },
	{ "archive", 0, OPTION_LIST, AT(past.archives), .argument = "DIR",
		.group = "replay and hygiene",
		.help = "A flow archive to look at; may be given several times. Or name "
			"captures." },
	{ "in-force", 0, OPTION_FILE, AT(past.in_force), .argument = "FILE",
		.help = "The rules in force, by which captures are judged; of archives what was "
			"decided then counts." },
	{ "from", 0, OPTION_TEXT, AT(past.from), .argument = "DAY",
		.help = "Of archives: no earlier than this. Of accept: the day from which it is in "
			"force; now, unless given." },
	{ "to", 0, OPTION_TEXT, AT(past.to), .argument = "DAY",
		.help = "Of archives: before this." },
	{ "reason", 0, OPTION_TEXT, AT(past.reason), .argument = "TEXT",
		.help = "Why data from before staff were informed is looked at, or why a version "
			"is in force from a day that is over; it is kept." },
	{ "json", 0, OPTION_FLAG, AT(past.is_json), .help = "The answer of replay as JSON." },
	{ "key", 0, OPTION_FILE, AT(past.key), .argument = "KEYFILE",
		.help = "The key that the pseudonyms of the archive were made with: whoever has it "
			"may see devices. Without it replay and hygiene say of each group of "
			"pseudonyms whether it is k or more." },
	{ "protected", 0, OPTION_FLAG, AT(past.is_protected),
		.help = "Replay for who may not see devices: of each group that it is the policy's "
			"k "
			"or more, never how many." },
	{ "geo", 'g', OPTION_FOLDER, AT(past.geo), .argument = "DIR",
		.help = "Folder of the geo databases, for captures." },
	{ "history", 0, OPTION_FOLDER, AT(past.history), .argument = "DIR",
		.default_text = "policies", .group = "accept",
		.help = "Where accepted versions are kept; give this folder as --policy, and each "
			"flow is judged by the version in force at its time." },
	{ "by", 0, OPTION_TEXT, AT(past.by), .argument = "ROLE",
		.help = "Who accepts it: a role." },
	{ "catalogue", 'c', OPTION_LIST, AT(catalogue), .argument = "FILE",
		.group = "Rules and facts",
		.help = "More apps, or other facts about known ones; may be given several "
			"times." },
	{ NULL },
};

static void put_problems(const char *path, const struct policy_problems *problems)
{
	for (unsigned i = 0; i < problems->count; i++) {
		const struct policy_problem *problem = &problems->items[i];
		printf("%s:%u:%u: %s: %s\n", path, problem->line, problem->column,
			problem->is_warning ? "warning" : "error", problem->text);
	}
	if (problems->errors + problems->warnings > problems->count) {
		printf("%s: and %u more\n", path,
			problems->errors + problems->warnings - problems->count);
	}
}

/* Says what is wrong in one file: EXIT_DONE where nothing is, EXIT_USAGE where it cannot be read.
 */
static int check_file(const struct catalogue *catalogue, const struct geo *geo, const char *path)
{
	struct policy_problems problems;
	struct policy *policy;
	struct err err;
	int status = policy_load_checked(&policy, path, NULL, catalogue, &problems, &err);

	if (status == 0) {
		policy_check_more(policy, catalogue, geo, clock_now_ns(), &problems);
	}
	put_problems(path, &problems);
	if (status < 0) {
		if (problems.errors == 0) {
			cli_error("policy", err.text);
			return EXIT_USAGE;
		}
		return EXIT_FOUND;
	}
	if (problems.errors == 0) {
		printf("%s: good: %u units, %u classes, %u rules, %u exceptions, %u expectations\n",
			path, policy_unit_count(policy), policy_class_count(policy),
			policy_rule_count(policy), policy_exception_count(policy),
			policy_expectation_count(policy));
	}
	policy_free(policy);
	return problems.errors ? EXIT_FOUND : EXIT_DONE;
}

static int run_check(const struct policy_settings *settings, const struct catalogue *catalogue,
	char *const *paths, unsigned count)
{
	struct geo *geo = NULL;
	struct err err;
	int worst = EXIT_DONE;

	(void)settings;
	if (geo_open(&geo, NULL, &err) < 0) {
		geo = NULL; /* countries are then not looked up */
	}
	for (unsigned i = 0; i < count; i++) {
		int status = check_file(catalogue, geo, paths[i]);
		worst = status > worst ? status : worst;
	}
	geo_close(geo);
	return worst;
}

static int read_address(const char *option, const char *text, struct addr *address)
{
	return addr_parse(text, address)
		       ? EXIT_DONE
		       : cli_usage_error(&command_policy, "%s: expected an address, found \"%s\"",
				 option, text);
}

/* What was used: an app, a host, an address that is not ours. */
static int read_subject(const struct policy_settings *settings, const struct catalogue *catalogue,
	const struct policy *policy, struct policy_question *question)
{
	struct addr address;
	int status = EXIT_DONE;

	if (settings->app) {
		char hint[200];
		struct text text;
		text_init(&text, hint, sizeof(hint));
		question->app = catalogue_resolve(catalogue, settings->app);
		if (!question->app) {
			catalogue_suggest(catalogue, settings->app, &text);
			return cli_usage_error(&command_policy, "the catalogue has no app \"%s\"%s",
				settings->app, hint);
		}
	}
	if (settings->name) {
		struct match match =
			catalogue_match_name(catalogue, settings->name, strlen(settings->name));
		question->name = settings->name;
		question->app = question->app ? question->app : match.app;
	}
	if (settings->past.address) {
		status = read_address("--address", settings->past.address, &address);
		if (status == EXIT_DONE && policy_is_own(policy, &address)) {
			question->device = address;
		} else if (status == EXIT_DONE && !question->app) {
			question->app = catalogue_match_addr(catalogue, &address, 443).app;
		}
	}
	return status;
}

/* The error of a unit that the policy does not have, with those that it has. */
static int say_units(const struct policy *policy, const char *wrong)
{
	char room[512];
	struct text text;

	text_init(&text, room, sizeof(room));
	for (unsigned i = 0; i < policy_unit_count(policy); i++) {
		text_put(&text, i ? ", " : "; it has ");
		text_put(&text, symbol_name(SYMBOL_UNIT, policy_unit_at(policy, i)));
	}
	return cli_usage_error(&command_policy, "the policy has no unit \"%s\"%s%s", wrong, room,
		text.truncated ? " …" : "");
}

/* Whose device it is: by its address, or as it is said. */
static int read_device(const struct policy_settings *settings, const struct policy *policy,
	struct policy_question *question)
{
	static const struct addr none;
	int status = settings->device
			     ? read_address("--device", settings->device, &question->device)
			     : EXIT_DONE;

	question->has_access = settings->has_access;
	if (status == EXIT_DONE && !addr_equal(&question->device, &none)) {
		struct record record = { .flow.start_ns = question->time_ns };
		record.flow.source = question->device;
		policy_locate(policy, &record);
		question->unit = record.decision.unit;
		question->class_ = record.decision.class_;
	}
	if (settings->unit) {
		question->unit = policy_find_unit(policy, settings->unit);
		if (!question->unit) {
			return say_units(policy, settings->unit);
		}
	}
	if (settings->class_) {
		question->class_ = policy_find_class(policy, settings->class_);
		if (!question->class_) {
			return cli_usage_error(&command_policy, "the policy has no class \"%s\"",
				settings->class_);
		}
	}
	return status;
}

static int read_circumstances(const struct policy_settings *settings, const struct policy *policy,
	struct policy_question *question)
{
	enum geo_zone zone;

	if (!geo_zone_parse(settings->server, &zone)) {
		return cli_usage_error(&command_policy,
			"--server: \"%s\" is no zone; expected eu, eea, adequate, "
			"adequate_partial, third or unknown",
			settings->server);
	}
	question->zone = (uint8_t)zone;
	question->time_ns = clock_now_ns();
	if (settings->date &&
		!local_parse(policy_header(policy)->zone, settings->date, &question->time_ns)) {
		return cli_usage_error(&command_policy,
			"--date: expected a date such as 2026-03-31, found \"%s\"", settings->date);
	}
	return EXIT_DONE;
}

/* The question out of the options; an exit status other than EXIT_DONE where they make none. */
static int read_question(const struct policy_settings *settings, const struct catalogue *catalogue,
	const struct policy *policy, struct policy_question *question)
{
	int status = read_circumstances(settings, policy, question);

	if (status == EXIT_DONE) {
		status = read_subject(settings, catalogue, policy, question);
	}
	return status == EXIT_DONE ? read_device(settings, policy, question) : status;
}

static bool is_asked(const struct policy_settings *settings)
{
	return settings->app || settings->name || settings->device || settings->unit ||
	       settings->class_ || strcmp(settings->server, "unknown") != 0;
}

static int run_explain(
	const struct policy_settings *settings, const struct catalogue *catalogue, const char *path)
{
	struct policy_question question = { 0 };
	struct policy *policy;
	struct err err;
	int status;

	if (!is_asked(settings)) {
		return cli_usage_error(&command_policy,
			"explain: what is asked? Give --app APP or --name HOST, and whom it is "
			"about: --unit, --class or --device; or a flow that was seen: --flow ID");
	}
	if (policy_load(&policy, path, NULL, catalogue, &err) < 0) {
		cli_error("policy", err.text);
		return EXIT_USAGE;
	}
	status = read_question(settings, catalogue, policy, &question);
	if (status == EXIT_DONE) {
		policy_explain(policy, catalogue, &question, stdout);
	}
	policy_free(policy);
	return status;
}

/* A policy for one of the tools, its texts in the language asked for. */
static struct policy *open_policy(
	const struct policy_settings *settings, const struct catalogue *catalogue, const char *path)
{
	struct policy_problems problems;
	struct policy *policy;
	struct err err;

	if (policy_load_in(&policy, path, NULL, settings->language, catalogue, &problems, &err) <
		0) {
		cli_error("policy", err.text);
		return NULL;
	}
	return policy;
}

static uint64_t day_asked(const struct policy_settings *settings)
{
	uint64_t time_ns = clock_now_ns();

	if (settings->date) {
		clock_parse(settings->date, &time_ns);
	}
	return time_ns;
}

static int run_print(
	const struct policy_settings *settings, const struct catalogue *catalogue, const char *path)
{
	struct policy *policy = open_policy(settings, catalogue, path);
	struct policy_page page = { .policy = policy, .catalogue = catalogue };
	struct messages *messages = NULL;
	struct geo *geo = NULL;
	struct text text;
	struct err err;

	if (!policy) {
		return EXIT_USAGE;
	}
	int status = messages_open(&messages,
		messages_choose(settings->language, policy_header(policy)->language), &err);
	if (status < 0) {
		cli_error("policy", err.text);
	} else {
		if (geo_open(&geo, NULL, &err) < 0) {
			geo = NULL; /* codes then stand for countries */
		}
		page.geo = geo;
		page.messages = messages;
		text_init_heap(&text);
		policy_put_rules(&page, &text);
		fputs(text.at, stdout);
		text_deinit(&text);
	}
	geo_close(geo);
	messages_close(messages);
	policy_free(policy);
	return status < 0 ? EXIT_USAGE : EXIT_DONE;
}

static int run_export(
	const struct policy_settings *settings, const struct catalogue *catalogue, const char *path)
{
	struct policy *policy = open_policy(settings, catalogue, path);

	if (!policy) {
		return EXIT_USAGE;
	}
	policy_export(policy, catalogue, settings->form, day_asked(settings), stdout);
	policy_free(policy);
	return EXIT_DONE;
}

/* In English, as all that a terminal is told of a file's words. */
static int put_diff(
	const struct catalogue *catalogue, const struct policy *old, const struct policy *changed)
{
	struct policy_page before = { .policy = old, .catalogue = catalogue };
	struct policy_page now = { .policy = changed, .catalogue = catalogue };
	struct messages *messages;
	struct err err;

	if (messages_open(&messages, "en", &err) < 0) {
		cli_error("policy", err.text);
		return EXIT_INPUT;
	}
	before.messages = now.messages = messages;
	unsigned count = policy_diff(&before, &now, stdout);
	messages_close(messages);
	return count > 0 ? EXIT_FOUND : EXIT_DONE;
}

static int run_diff(const struct policy_settings *settings, const struct catalogue *catalogue,
	const char *old_path, const char *path)
{
	struct policy *old = open_policy(settings, catalogue, old_path);
	struct policy *changed = old ? open_policy(settings, catalogue, path) : NULL;
	int status = EXIT_USAGE;

	if (changed) {
		status = put_diff(catalogue, old, changed);
	}
	policy_free(changed);
	policy_free(old);
	return status;
}

static int run_tool(const struct policy_settings *settings, const struct catalogue *catalogue,
	char *const *arguments, unsigned count)
{
	const char *tool = arguments[0];

	if (strcmp(tool, "check") == 0 && count >= 2) {
		return run_check(settings, catalogue, arguments + 1, count - 1);
	}
	if (strcmp(tool, "explain") == 0 && count >= 2 &&
		(settings->past.flow ||
			(settings->past.address &&
				(count > 2 || settings->past.archives.count > 0)))) {
		struct past_settings past = settings->past;
		past.at = settings->date;
		return policy_explain_flows(
			&past, catalogue, arguments[1], arguments + 2, count - 2);
	}
	if (strcmp(tool, "explain") == 0 && count == 2) {
		return run_explain(settings, catalogue, arguments[1]);
	}
	if (strcmp(tool, "print") == 0 && count == 2) {
		return run_print(settings, catalogue, arguments[1]);
	}
	if (strcmp(tool, "export") == 0 && count == 2) {
		return run_export(settings, catalogue, arguments[1]);
	}
	if (strcmp(tool, "diff") == 0 && count == 3) {
		return run_diff(settings, catalogue, arguments[1], arguments[2]);
	}
	if (strcmp(tool, "replay") == 0 &&
		(count > 2 || (count == 2 && settings->past.archives.count > 0))) {
		return policy_replay(
			&settings->past, catalogue, arguments[1], arguments + 2, count - 2);
	}
	if (strcmp(tool, "hygiene") == 0 &&
		(count > 2 || (count == 2 && settings->past.archives.count > 0))) {
		return policy_hygiene(
			&settings->past, catalogue, arguments[1], arguments + 2, count - 2);
	}
	if (strcmp(tool, "residual") == 0 &&
		(count > 2 || (count == 2 && settings->past.archives.count > 0))) {
		return policy_residual(
			&settings->past, catalogue, arguments[1], arguments + 2, count - 2);
	}
	if (strcmp(tool, "accept") == 0 && count == 2) {
		return policy_accept(&settings->past, catalogue, arguments[1]);
	}
	if (strcmp(tool, "history") == 0 && count <= 2) {
		return policy_show_history(count == 2 ? arguments[1] : settings->past.history);
	}
	if (strcmp(tool, "schema") == 0 && count == 1) {
		policy_put_schema(stdout);
		return EXIT_DONE;
	}
	return cli_usage_error(&command_policy,
		"expected \"check FILE...\", \"explain FILE\", "
		"\"print FILE\", \"export FILE\", "
		"\"diff OLD NEW\", \"replay DRAFT "
		"CAPTURE...\", \"hygiene FILE "
		"CAPTURE...\", \"residual FILE CAPTURE...\" (or any with "
		"--archive DIR), \"accept FILE\", "
		"\"history\" or \"schema\"");
}

static int run(void *settings, char *const *arguments, unsigned count)
{
	const struct policy_settings *policy_settings = settings;
	const struct option_list *packs = &policy_settings->catalogue;
	struct catalogue *catalogue;
	struct err err;
	int status;

	if (count == 0) {
		return cli_usage_error(&command_policy, "what is to be done with a policy?");
	}
	if (catalogue_open(&catalogue, packs->items, packs->count, &err) < 0) {
		cli_error("policy", err.text);
		return EXIT_USAGE;
	}
	status = run_tool(policy_settings, catalogue, arguments, count);
	catalogue_close(catalogue);
	return status;
}

const struct command command_policy = {
	.name = "policy",
	.arguments = "check FILE... | explain FILE [CAPTURE...] | print FILE | export FILE | diff "
		     "OLD NEW | "
		     "replay DRAFT [CAPTURE...] | hygiene FILE [CAPTURE...] | "
		     "residual FILE [CAPTURE...] | accept FILE | "
		     "history | schema",
	.summary = "an organisation's rules: check, explain, print, export, compare, replay",
	.description =
		"check reads policy files and points at every mistake with line and column; the "
		"exit status is 1 where there is one. It runs the file's own expectations.\n\n"
		"explain says which rule decides for an app or a name, unit, class, device and "
		"day, which rules and exceptions were passed over, and why.\n\n"
		"With --flow or --address it does so for flows that were seen, in an archive or in "
		"captures.\n\n"
		"print tells the rules as sentences, in one of six languages.\n\n"
		"export gives what is denied as a list for a firewall or a resolver; what others "
		"use as well is left out and told.\n\n"
		"diff says in words what changed; the exit status is 1 where something did.\n\n"
		"replay says whom a draft would affect, beside the rules in force, as counts of "
		"devices by unit and rule; groups below the policy's k are not shown. Data from "
		"before staff were informed wants --reason, which is kept.\n\n"
		"hygiene says how often each rule held, when last, how many devices of its scope "
		"were seen, and how many devices of ours are in no unit.\n\n"
		"residual lists devices on which what a rule denies is still installed after its "
		"grace, whether the network stopped it or not; for those who may see devices.\n\n"
		"accept keeps a version with its hash, the day from which it is in force, and the "
		"role that accepted it; history lists them.\n\n"
		"schema is the language as JSON Schema, for editors.",
	.examples = "  $ borderflow policy check rules.yaml\n"
		    "  $ borderflow policy explain rules.yaml --app tiktok --unit School\n"
		    "  $ borderflow policy print rules.yaml --language nn\n"
		    "  $ borderflow policy export rules.yaml --form dnsmasq\n"
		    "  $ borderflow policy replay draft.yaml --archive flows/ --from 30d\n"
		    "  $ borderflow policy accept rules.yaml --by \"head of administration\"\n",
	.settings_bytes = sizeof(struct policy_settings),
	.options = options,
	.run = run,
};
