#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "dashboards/cli/cli.h"

extern const struct command command_policy;

struct policy_settings {
	const char *app, *unit, *class_, *date, *server;
	struct option_list catalogue;
};

#define AT(field) offsetof(struct policy_settings, field)

static const struct option options[] = {
	{ "app", 'a', OPTION_TEXT, AT(app), .argument = "APP", .group = "explain",
		.help = "The app asked about, by its id (see borderflow apps list)." },
	{ "unit", 'u', OPTION_TEXT, AT(unit), .argument = "UNIT",
		.help = "The unit of the device, by its name in the policy." },
	{ "device-class", 0, OPTION_TEXT, AT(class_), .argument = "CLASS",
		.help = "The class of the device, by its name in the policy." },
	{ "server", 0, OPTION_TEXT, AT(server), .argument = "ZONE", .default_text = "unknown",
		.help = "Where the server is: eu, eea, adequate, adequate_partial, third, "
			"unknown." },
	{ "date", 'd', OPTION_TEXT, AT(date), .argument = "DATE",
		.help = "The day of the question, such as 2026-03-31; today unless given." },
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
static int check_file(const struct catalogue *catalogue, const char *path)
{
	struct policy_problems problems;
	struct policy *policy;
	struct err err;
	int status = policy_load_checked(&policy, path, NULL, catalogue, &problems, &err);

	put_problems(path, &problems);
	if (status < 0) {
		if (problems.errors == 0) {
			cli_error("policy", err.text);
			return EXIT_USAGE;
		}
		return EXIT_FOUND;
	}
	printf("%s: good: %u units, %u classes, %u rules, %u exceptions\n", path,
		policy_unit_count(policy), policy_class_count(policy), policy_rule_count(policy),
		policy_exception_count(policy));
	policy_free(policy);
	return EXIT_DONE;
}

static int run_check(const struct catalogue *catalogue, char *const *paths, unsigned count)
{
	int worst = EXIT_DONE;

	for (unsigned i = 0; i < count; i++) {
		int status = check_file(catalogue, paths[i]);
		worst = status > worst ? status : worst;
	}
	return worst;
}

/* The question out of the options; an exit status other than EXIT_DONE where they make none. */
static int read_question(const struct policy_settings *settings, const struct catalogue *catalogue,
	const struct policy *policy, struct policy_question *question)
{
	enum geo_zone zone;

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
	if (settings->unit) {
		question->unit = policy_find_unit(policy, settings->unit);
		if (!question->unit) {
			return cli_usage_error(
				&command_policy, "the policy has no unit \"%s\"", settings->unit);
		}
	}
	if (settings->class_) {
		question->class_ = policy_find_class(policy, settings->class_);
		if (!question->class_) {
			return cli_usage_error(&command_policy, "the policy has no class \"%s\"",
				settings->class_);
		}
	}
	if (!geo_zone_parse(settings->server, &zone)) {
		return cli_usage_error(&command_policy,
			"--server: \"%s\" is no zone; expected eu, eea, adequate, "
			"adequate_partial, third or unknown",
			settings->server);
	}
	question->zone = (uint8_t)zone;
	question->time_ns = clock_now_ns();
	if (settings->date && !clock_parse(settings->date, &question->time_ns)) {
		return cli_usage_error(&command_policy,
			"--date: expected a date such as 2026-03-31, found \"%s\"", settings->date);
	}
	return EXIT_DONE;
}

static int run_explain(
	const struct policy_settings *settings, const struct catalogue *catalogue, const char *path)
{
	struct policy_question question = { 0 };
	struct policy *policy;
	struct err err;
	int status;

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

static int run(void *settings, char *const *arguments, unsigned count)
{
	const struct policy_settings *policy_settings = settings;
	const struct option_list *packs = &policy_settings->catalogue;
	bool is_check = count >= 2 && strcmp(arguments[0], "check") == 0;
	bool is_explain = count == 2 && strcmp(arguments[0], "explain") == 0;
	struct catalogue *catalogue;
	struct err err;
	int status;

	if (!is_check && !is_explain) {
		return cli_usage_error(
			&command_policy, "expected \"check FILE...\" or \"explain FILE\"");
	}
	if (catalogue_open(&catalogue, packs->items, packs->count, &err) < 0) {
		cli_error("policy", err.text);
		return EXIT_USAGE;
	}
	status = is_check ? run_check(catalogue, arguments + 1, count - 1)
			  : run_explain(policy_settings, catalogue, arguments[1]);
	catalogue_close(catalogue);
	return status;
}

const struct command command_policy = {
	.name = "policy",
	.arguments = "check FILE... | explain FILE",
	.summary = "an organisation's rules: check a file, explain a decision",
	.description =
		"check reads policy files and points at every mistake with line and column; the "
		"exit status is 1 where there is one.\n\n"
		"explain says which rule decides for an app, unit, class and day, which rules "
		"were passed over, and why.",
	.examples = "  $ borderflow policy check rules.yaml\n"
		    "  $ borderflow policy explain rules.yaml --app tiktok --unit School\n",
	.settings_bytes = sizeof(struct policy_settings),
	.options = options,
	.run = run,
};
