#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dashboards/cli/cli.h"
#include "dashboards/cli/facts.h"
#include "dashboards/cli/serve_run.h"
#include "dashboards/cli/serve_token.h"
#include "dashboards/web/web.h"

extern const struct command command_serve;

struct settings {
	struct fact_settings facts;
	struct option_list archives;
	const char *redis, *socket, *state, *listen, *host, *access, *reports, *assets;
	struct token_settings token;
	bool link, is_proxied;
};

#define AT(field) offsetof(struct settings, field)

static const struct option options[] = {
	{ "archive", 'a', OPTION_LIST, AT(archives), .argument = "DIR", .group = "What to show",
		.help = "A flow archive; may be given several times: what two sensors saw of one "
			"flow counts once." },
	{ "redis", 0, OPTION_TEXT, AT(redis), .argument = "URL",
		.help = "All sensors that feed this Redis, and their alerts: "
			"redis://localhost:6379. With --archive: history and flows are the "
			"archive's, alerts, sensors and what is later than it are Redis'." },
	{ "socket", 0, OPTION_FILE, AT(socket), .argument = "PATH",
		.help = "The sensor on this machine: where it listens." },
	{ "state", 0, OPTION_FOLDER, AT(state), .argument = "DIR",
		.help = "With --archive: where alerts are, the folder that a sensor was given with "
			"--state or an analysis with --desk." },
	{ "reports", 0, OPTION_FOLDER, AT(reports), .argument = "DIR",
		.help = "With --archive: where reports are made and kept." },
	FACT_OPTIONS(AT(facts)),
	{ "keys", 0, OPTION_FOLDER, AT(facts.keys), .argument = "DIR",
		.help = "The keys that \"borderflow keys init\" made, for the pseudonyms of "
			"devices." },
	{ "listen", 'L', OPTION_TEXT, AT(listen), .argument = "WHERE",
		.default_text = "127.0.0.1:8080", .group = "Who may come in",
		.help = "PORT (of this machine alone), ADDRESS:PORT, [ADDRESS]:PORT or "
			"unix:PATH." },
	{ "host", 0, OPTION_TEXT, AT(host), .argument = "URL",
		.help = "As people reach it, for the link: https://flows.example." },
	{ "behind-proxy", 0, OPTION_FLAG, AT(is_proxied),
		.help = "With --listen unix:PATH: a reverse proxy says who somebody is with "
			"X-Remote-User, X-Remote-Role and X-Remote-Unit." },
	{ "link", 0, OPTION_FLAG, AT(link),
		.help = "Print a one-time link also where standard output is no terminal." },
	{ "access", 0, OPTION_FOLDER, AT(access), .argument = "DIR",
		.help = "Where tokens, sessions and the log of looks at devices are kept; "
			"$STATE_DIRECTORY, else borderflow below $XDG_STATE_HOME or "
			"~/.local/state, unless given." },
	TOKEN_OPTIONS(AT(token)),
	{ "assets", 0, OPTION_FOLDER, AT(assets), .argument = "DIR", .group = "For developers",
		.help = "Serve the page from this folder instead of the one that is built in." },
	{ NULL },
};

static int check_source(const struct settings *settings)
{
	bool has_sums = settings->archives.count > 0 || settings->redis != NULL;

	if (has_sums == (settings->socket != NULL)) {
		return cli_usage_error(&command_serve,
			"say what to show: --archive, --redis, both of them, or --socket");
	}
	if (settings->is_proxied && strncmp(settings->listen, "unix:", 5) != 0) {
		return cli_usage_error(&command_serve,
			"--behind-proxy needs --listen unix:PATH: who a header says that "
			"somebody is would count for everybody else");
	}
	return 0;
}

/* Of a folder that is not there yet the page says so, and shows it as soon as it is; one that never
 * can be is refused. */
static int check_folders(const struct settings *settings)
{
	struct stat status;

	for (unsigned i = 0; i < settings->archives.count; i++) {
		const char *folder = settings->archives.items[i];
		if (stat(folder, &status) < 0) {
			cli_notice("serve",
				"--archive: %s: %s; it is shown as soon as it can be read", folder,
				strerror(errno));
		} else if (!S_ISDIR(status.st_mode)) {
			return cli_usage_error(
				&command_serve, "--archive: %s is no folder", folder);
		}
	}
	if (settings->reports && stat(settings->reports, &status) == 0 &&
		!S_ISDIR(status.st_mode)) {
		return cli_usage_error(
			&command_serve, "--reports: %s is no folder", settings->reports);
	}
	return 0;
}

/* A folder without a desk shows no alert, which reads as if there were none. */
static void say_no_desk(const char *state)
{
	char desk[PATH_MAX];

	if (state && access(state, F_OK) == 0 &&
		snprintf(desk, sizeof(desk), "%s/alerts", state) < PATH_MAX &&
		access(desk, F_OK) < 0 && errno == ENOENT) {
		cli_notice("serve",
			"%s holds no desk yet, so no alert is shown, whatever was found: a sensor "
			"puts alerts there with --state, an analysis with --desk",
			state);
	}
}

static int serve(const struct settings *settings, const char *access,
	const struct reference *reference, struct err *err)
{
	const struct web_options web_options = { .listen = settings->listen,
		.host = settings->host,
		.source = { .archives = settings->archives.items,
			.archive_count = settings->archives.count,
			.reference = reference,
			.redis = settings->redis,
			.socket = settings->socket,
			.desk = settings->state },
		.reference = reference,
		.program = SERVE_PROGRAM,
		.policy = settings->facts.policy,
		.geo = settings->facts.geo,
		.inventory = settings->facts.inventory,
		.keys = settings->facts.keys,
		.catalogue = settings->facts.catalogue.items,
		.catalogue_count = settings->facts.catalogue.count,
		.language = settings->facts.language,
		.access = access,
		.lookups = access,
		.reports = settings->reports,
		.assets = settings->assets,
		.trusts_proxy = settings->is_proxied };
	struct web *web;
	int status = serve_open(&web, &web_options, err);

	if (status < 0) {
		return status;
	}
	status = serve_say(web, settings->link || isatty(STDOUT_FILENO), err);
	if (status == 0) {
		serve_wait();
	}
	web_close(web);
	return status;
}

static int run(void *values, char *const *arguments, unsigned count)
{
	struct settings *settings = values;
	const struct reference *reference = NULL;
	char access[PATH_MAX];
	struct err err;

	int status = serve_find_access(settings->access, access, &err);
	if (status == 0 && count > 0) {
		return serve_token(&command_serve, &settings->token, access, arguments, count);
	}
	if (status == 0 && (check_source(settings) != 0 || check_folders(settings) != 0)) {
		return EXIT_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	say_no_desk(settings->redis ? NULL : settings->state);
	if (status == 0) {
		status = facts_load(&reference, &settings->facts, NULL, &err);
	}
	if (status == 0) {
		status = serve(settings, access, reference, &err);
	}
	reference_release(reference);
	return status < 0 ? cli_fail("serve", status, &err) : EXIT_DONE;
}

const struct command command_serve = {
	.name = "serve",
	.arguments = "[token add|list|revoke] [NAME]",
	.summary = "the dashboard and its API, for this machine unless told otherwise",
	.description =
		"Shows in a browser what an archive, all sensors that feed one Redis, both "
		"together, or the sensor on this machine know: what leaves where, under whose "
		"control, against "
		"what is usual; alerts and what is done about them; apps, units, countries, the "
		"policy and reports. The same figures are at /api/1, described by "
		"/api/1/openapi.json.\n\n"
		"It listens on this machine alone unless told otherwise, and prints a link that "
		"opens one session. Everybody else needs a token:\n\n"
		"token add NAME --role ROLE makes one and tells its secret this once; token list "
		"lists them, token revoke NAME ends one and its sessions. A viewer sees protected "
		"figures and alerts in a line; an analyst sees devices, flows and works on alerts; "
		"compliance makes reports and tries policies; an auditor reads what was done and "
		"who looked at what; an admin may all of it. With --unit a token sees that unit "
		"alone, figures of it where its role may see devices.\n\n"
		"Who may not see devices gets the protected tables alone. Every look at single "
		"devices is written to lookups.tsv in the folder of --access, each line chained "
		"to the one before.",
	.examples =
		"  $ borderflow serve --archive /var/lib/borderflow/archive --policy rules.yaml\n"
		"  $ borderflow serve --redis redis://localhost:6379\n"
		"  $ borderflow serve --redis redis://localhost:6379 --archive "
		"/var/lib/borderflow/archive\n"
		"  $ borderflow serve token add anna --role analyst --days 90\n",
	.settings_bytes = sizeof(struct settings),
	.options = options,
	.run = run,
};
