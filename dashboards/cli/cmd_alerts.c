#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/alert/alert_desk.h"
#include "analyzer/catalogue/catalogue.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "dashboards/cli/alerts.h"
#include "dashboards/cli/time_word.h"

extern const struct command command_alerts;

#define AT(field) offsetof(struct alerts_settings, field)

static const struct option options[] = {
	{ "redis", 0, OPTION_TEXT, AT(redis), .argument = "URL", .group = "Where alerts are",
		.help = "The Redis that sensors write to, for example redis://localhost:6379." },
	{ "state", 0, OPTION_FOLDER, AT(state), .argument = "DIR",
		.help = "The folder that a sensor without Redis was given with --state; "
			"/var/lib/borderflow, unless one of the two is given." },
	{ "kind", 'k', OPTION_TEXT, AT(kind), .argument = "KIND", .group = "Which",
		.help = "Of that kind: policy.violation; or of all that begin so: policy, "
			"anomaly." },
	{ "app", 0, OPTION_TEXT, AT(app), .argument = "APP", .help = "About that app." },
	{ "unit", 'u', OPTION_TEXT, AT(unit), .argument = "UNIT", .help = "In that unit." },
	{ "status", 's', OPTION_CHOICE, AT(status), .argument = "STATE",
		.choices = "open|new|acknowledged|escalated|closed|suppressed|erased",
		.help = "In that state; open is new, acknowledged or escalated." },
	{ "severity", 0, OPTION_CHOICE, AT(severity), .argument = "LEAST",
		.choices = "low|medium|high|critical", .help = "At least that severe." },
	{ "from", 0, OPTION_TEXT, AT(from), .argument = "TIME",
		.help = "Alive at or after this time: 2026-03-31, 2026-03-31T10:15, yesterday, "
			"24h, 7d." },
	{ "to", 0, OPTION_TEXT, AT(to), .argument = "TIME", .help = "Begun before this time." },
	{ "yesterday", 0, OPTION_FLAG, AT(yesterday),
		.help = "The morning page: what is new since the beginning of yesterday, what is "
			"unresolved from before, and what has the same cause in several units." },
	{ "time-zone", 0, OPTION_TEXT, AT(time_zone), .argument = "ZONE", .default_text = "UTC",
		.help = "Whose clock times are told by, for example Europe/Oslo.",
		.group = "How it is shown" },
	{ "language", 'l', OPTION_CHOICE, AT(language), .argument = "LANGUAGE",
		.choices = MESSAGES_LANGUAGES,
		.help = "Of what is printed; that of LANG, unless given." },
	{ "format", 'o', OPTION_CHOICE, AT(format), .argument = "NAME",
		.choices = "table|ndjson|csv", .help = "table on a terminal, otherwise ndjson." },
	{ "limit", 0, OPTION_NUMBER, AT(limit), .argument = "N", .most = 1000000,
		.help = "At most so many; a table shows 200 unless given." },
	{ "without-devices", 0, OPTION_FLAG, AT(without_devices),
		.help = "For who may not see devices: no address, pseudonym, name or flow; counts "
			"below --minimum are not told, larger ones only as so many or more." },
	{ "minimum", 0, OPTION_NUMBER, AT(k), .argument = "K", .default_text = "5", .least = 2,
		.most = 1000, .help = "With it: the smallest group of devices that is told." },
	{ "reason", 0, OPTION_TEXT, AT(reason), .argument = "TEXT",
		.help = "Why devices are looked at: it stands in the log of look-ups." },
	{ "log", 0, OPTION_FOLDER, AT(log), .argument = "DIR",
		.help = "The folder whose lookups.tsv says who looked at devices; that of --state, "
			"or /var/lib/borderflow, unless given." },
	{ "by", 0, OPTION_TEXT, AT(who), .argument = "NAME", .group = "What is done",
		.help = "Who does it; the user of this session, unless given." },
	{ "verdict", 0, OPTION_CHOICE, AT(verdict), .argument = "VERDICT", .choices = "true|false",
		.help = "Of close: was it what the alert says?" },
	{ "assignee", 0, OPTION_TEXT, AT(assignee), .argument = "WHO",
		.help = "Of escalate: whom to." },
	{ "revision", 0, OPTION_NUMBER, AT(revision), .argument = "N", .most = UINT64_MAX,
		.help = "Only if the alert was changed so many times, as it was when you looked; "
			"exit status 2 where somebody was faster." },
	{ "until", 0, OPTION_TEXT, AT(until), .argument = "TIME",
		.help = "Of suppress: when it ends, a day or how long from now: 2026-12-31, 14d." },
	{ "pair", 0, OPTION_TEXT, AT(pair), .argument = "DEVICE,DESTINATION",
		.help = "Of suppress: one device and where it calls, as the alert names them." },
	{ "cidr", 0, OPTION_TEXT, AT(cidr), .argument = "NETWORK",
		.help = "Of suppress: a device or destination in that network." },
	{ "preview", 0, OPTION_FLAG, AT(preview),
		.help = "Of suppress: do nothing, and show what it would have hidden in the last "
			"30 days (before --to, where that is given)." },
	{ "kept", 0, OPTION_DURATION, AT(kept_ns), .argument = "TIME", .default_text = "90d",
		.least = 1,
		.help = "How long an alert is kept after it was closed; then a tombstone stays." },
	{ "case", 0, OPTION_FOLDER, AT(folder), .argument = "DIR",
		.help = "Of export: the folder to write; it must not be there yet." },
	{ "archive", 0, OPTION_FOLDER, AT(archive), .argument = "DIR",
		.help = "Of export: take the flows from this archive, and check its chain." },
	{ "policy", 'p', OPTION_FILE, AT(policy), .argument = "FILE",
		.help = "Of export: the policy then in force, where the desk did not keep it; its "
			"hash must be the alert's. Of suppress: a policy whose units have had no "
			"alert "
			"yet." },
	{ "lookups", 0, OPTION_LIST, AT(lookups), .argument = "FILE",
		.help = "Of export: another log of look-ups (of borderflow reveal, or of a serve "
			"with a folder of its own), whose lines about this alert or its devices go "
			"with it. May be given several times." },
	{ "group", 0, OPTION_TEXT, AT(group), .argument = "NAME",
		.help = "Of follow, with Redis: read as one of a consumer group (soc, siem, "
			"report): each alert goes to one of its members, once." },
	{ "consumer", 0, OPTION_TEXT, AT(consumer), .argument = "NAME",
		.help = "Which member this is; the host's name, unless given." },
	{ NULL },
};

/* The words behind the id, as one text. */
static void join(struct text *text, char *const *words, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		text_put(text, i ? " " : "");
		text_put(text, words[i]);
	}
}

static int act(struct desk *desk, enum alert_step step, char *const *arguments, unsigned count)
{
	const struct alerts_settings *settings = desk->settings;
	struct text words;
	struct err err;

	if (count == 0) {
		err_set(&err, EINVAL, "%s what? Give the id of an alert", alert_step_name(step));
		return alerts_fail(&err, -EINVAL);
	}
	text_init_heap(&words);
	text_put(&words,
		step == ALERT_STEP_ESCALATE && settings->assignee ? settings->assignee : "");
	join(&words, arguments + 1, count - 1);
	const struct alert_act done = { .step = step,
		.who = desk->who,
		.text = words.at ? words.at : "",
		.verdict = settings->verdict,
		.now_ns = desk->now_ns,
		.revision = settings->revision ? settings->revision : ALERT_REVISION_ANY };
	int status = alert_desk_act(desk->store, arguments[0], &done, &err);
	text_deinit(&words);
	return status < 0 ? alerts_fail(&err, status) : EXIT_DONE;
}

#define STEP(name, step)                                                                           \
	static int name(struct desk *desk, char *const *arguments, unsigned count)                 \
	{                                                                                          \
		return act(desk, step, arguments, count);                                          \
	}

STEP(ack, ALERT_STEP_ACK)
STEP(escalate, ALERT_STEP_ESCALATE)
STEP(close_alert, ALERT_STEP_CLOSE)
STEP(reopen, ALERT_STEP_REOPEN)
STEP(note, ALERT_STEP_NOTE)
STEP(hold, ALERT_STEP_HOLD)
STEP(release, ALERT_STEP_RELEASE)

static int expire(struct desk *desk, char *const *arguments, unsigned count)
{
	unsigned erased;
	struct err err;
	int status = alert_desk_expire(
		desk->store, desk->now_ns, desk->settings->kept_ns, &erased, &err);

	(void)arguments, (void)count;
	if (status < 0) {
		return alerts_fail(&err, status);
	}
	printf("%u\n", erased);
	return EXIT_DONE;
}

static const struct action {
	const char *name;
	int (*run)(struct desk *desk, char *const *arguments, unsigned count);
	bool takes_words; /* behind it: an id, a reason */
	bool may_begin;   /* a desk, where there is none yet */
} actions[] = {
	{ "list", alerts_list, false, false },
	{ "follow", alerts_follow, false, true },
	{ "show", alerts_show, true, false },
	{ "explain", alerts_explain, true, false },
	{ "ack", ack, true, false },
	{ "escalate", escalate, true, false },
	{ "close", close_alert, true, false },
	{ "reopen", reopen, true, false },
	{ "note", note, true, false },
	{ "hold", hold, true, false },
	{ "release", release, true, false },
	{ "expire", expire, false, false },
	{ "suppress", alerts_suppress, true, true },
	{ "suppressions", alerts_suppressions, false, false },
	{ "lift", alerts_lift, true, false },
	{ "export", alerts_export, true, false },
};

static const struct action *find_action(const char *name)
{
	for (unsigned i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(actions[i].name, name) == 0) {
			return &actions[i];
		}
	}
	return NULL;
}

/* Who sits there: behind sudo the one who called it. */
static const char *session_user(void)
{
	const char *caller = getenv("SUDO_USER");
	const struct passwd *user = getpwuid(getuid());

	return caller && geteuid() == 0 ? caller : user ? user->pw_name : "";
}

static int read_time(const struct desk *desk, const char *label, const char *word,
	uint64_t *time_ns, struct err *err)
{
	bool is_end = strcmp(label, "to") == 0;

	if (word && !(is_end ? time_word_parse_end : time_word_parse)(
			    word, desk->zone, desk->now_ns, time_ns)) {
		return err_set(err, EINVAL, "--%s %s: expected " TIME_WORD_EXPECTED, label, word);
	}
	return 0;
}

/* The app that is meant, by its id; the store may know apps that this catalogue does not. */
static int name_app(struct desk *desk, struct err *err)
{
	struct alerts_settings *settings = (struct alerts_settings *)desk->settings;
	char sentence[sizeof(err->text)];
	struct catalogue *catalogue;
	struct text text;

	if (!settings->app) {
		return 0;
	}
	int status = catalogue_open(&catalogue, NULL, 0, err);
	if (status < 0) {
		return status;
	}
	uint16_t app = catalogue_resolve(catalogue, settings->app);
	if (app != 0) {
		settings->app = symbol_name(SYMBOL_APP, app); /* as long as the process */
	} else {
		text_init(&text, sentence, sizeof(sentence));
		text_put(&text, "there is no app \"");
		text_put_terminal(&text, settings->app, strlen(settings->app));
		text_put_char(&text, '"');
		catalogue_suggest(catalogue, settings->app, &text);
		status = err_set(err, EINVAL, "%s", sentence);
	}
	catalogue_close(catalogue);
	return status;
}

/* Who looks makes no desk: an empty one reads as if there were no alerts. */
static int find_folder(const char *folder, bool may_begin, struct err *err)
{
	char desk[PATH_MAX];

	if (access(folder, F_OK) < 0) {
		return err_set(err, ENOENT,
			"%s: there is no such folder; say where alerts are with --redis URL or "
			"--state DIR",
			folder);
	}
	if (!may_begin && snprintf(desk, sizeof(desk), "%s/alerts", folder) < PATH_MAX &&
		access(desk, F_OK) < 0) {
		return err_set(err, ENOENT,
			"%s: there is no desk (no folder alerts); a sensor makes one with --state, "
			"an "
			"analysis with --desk; say where alerts are with --redis URL or --state "
			"DIR",
			folder);
	}
	return 0;
}

static int open_desk(struct desk *desk, bool may_begin, struct err *err)
{
	const struct alerts_settings *settings = desk->settings;
	const char *target = settings->redis   ? settings->redis
			     : settings->state ? settings->state
					       : "/var/lib/borderflow";
	int status = name_app(desk, err);

	status = status < 0 ? status : local_zone_open(&desk->own_zone, settings->time_zone, err);
	desk->zone = desk->own_zone;
	desk->filter = (struct alert_filter){ .kind = settings->kind,
		.app = settings->app,
		.unit = settings->unit,
		.state = settings->status,
		.severity = settings->severity ? alert_severity_of_word(settings->severity) : 0 };
	if (status == 0) {
		status = alert_filter_check(&desk->filter, err);
	}
	if (status == 0) {
		status = read_time(desk, "from", settings->from, &desk->filter.from_ns, err);
	}
	if (status == 0) {
		status = read_time(desk, "to", settings->to, &desk->filter.to_ns, err);
	}
	if (status == 0 && desk->filter.to_ns > 0 && desk->filter.from_ns > desk->filter.to_ns) {
		status = err_set(
			err, EINVAL, "--from %s is after --to %s", settings->from, settings->to);
	}
	if (status == 0) {
		status = messages_open(
			&desk->messages, messages_choose(settings->language, NULL), err);
	}
	if (status == 0 && !settings->redis) {
		status = find_folder(target, may_begin, err);
	}
	return status < 0 ? status : alert_store_open(&desk->store, target, err);
}

static void close_desk(struct desk *desk)
{
	alert_store_close(desk->store);
	messages_close(desk->messages);
	local_zone_close(desk->own_zone);
	text_deinit(&desk->line);
}

static int run(void *values, char *const *arguments, unsigned count)
{
	const struct alerts_settings *settings = values;
	const char *name = count > 0 ? arguments[0] : "list";
	const struct action *action = find_action(name);
	struct desk desk = { .settings = settings, .now_ns = clock_now_ns() };
	struct err err;

	if (!action) {
		return cli_usage_error(&command_alerts, "there is no action \"%s\"", name);
	}
	if (!action->takes_words && count > 1) {
		return cli_usage_error(
			&command_alerts, "%s takes no more words, not \"%s\"", name, arguments[1]);
	}
	if (settings->redis && settings->state) {
		return cli_usage_error(&command_alerts, "alerts are in one place: give --redis or "
							"--state, not both");
	}
	signal(SIGPIPE, SIG_IGN);
	desk.who = settings->who ? settings->who : session_user();
	text_init_heap(&desk.line);
	int status = open_desk(&desk, action->may_begin, &err);
	status = status < 0 ? alerts_fail(&err, status)
			    : action->run(&desk, arguments + (count > 0), count ? count - 1 : 0);
	close_desk(&desk);
	return status;
}

const struct command command_alerts = {
	.name = "alerts",
	.arguments = "[ACTION] [ID] [TEXT…]",
	.summary = "the desk: alerts to look at, to work on, to close",
	.description =
		"Alerts stay where sensors put them, in Redis or in the folder of a sensor's "
		"--state, with the evidence that they were raised with, their state, and who did "
		"what and when.\n\n"
		"list (or no action) lists them, the latest first; with --yesterday it is the "
		"page to begin a morning with. follow waits for new ones. show ID tells all of "
		"one, and explain ID also what to do next: from the desk alone, so it costs the "
		"same when the flows are gone.\n\n"
		"ack ID says that you look at it; escalate ID [--assignee WHO] that somebody else "
		"must; close ID --verdict true|false WHAT WAS DONE ends it; reopen ID WHY takes up "
		"what was closed; note ID TEXT writes a note. If two people act at once, the "
		"second is told, or acts on what the first "
		"left.\n\n"
		"suppress WHY --until TIME, with one or more of --kind, --app, --unit, --pair and "
		"--cidr, keeps alerts that all of these cover from being told; they are recorded "
		"all the same. --preview shows first what it would have hidden. suppressions lists "
		"them with what each has hidden, lift ID ends one now.\n\n"
		"Who is shown devices is logged (lookups.tsv, with --reason) before they are "
		"shown; DIR/roles, or /etc/borderflow/roles, says who may (\"USER look\").\n\n"
		"export ID --case DIR writes a case file to hand over: a page, the flows, the "
		"policy then in force, the proof of the archive's chain, who looked at it, and "
		"MANIFEST, which sha256sum -c checks without borderflow.\n\n"
		"hold ID WHAT FOR keeps an alert past its time, release ID ends that. expire "
		"erases what was closed longer ago than --kept and is not held; a tombstone stays. "
		"A sensor with --state does so by itself every day.",
	.examples = "  $ borderflow alerts --yesterday --state /var/lib/borderflow\n"
		    "  $ borderflow alerts list --status open --severity high --redis redis://db\n"
		    "  $ borderflow alerts close a1f0c9d2e3b4a596 --verdict true blocked at the "
		    "firewall\n",
	.settings_bytes = sizeof(struct alerts_settings),
	.options = options,
	.run = run,
};
