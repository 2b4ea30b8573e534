#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/facts.h"
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
			"redis://localhost:6379." },
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

static int make_folders(const char *path, struct err *err)
{
	char part[PATH_MAX];

	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = part + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(part, 0700) < 0 && errno != EEXIST) {
			return err_set(err, errno, "%s: cannot make the folder: %s", part,
				strerror(errno));
		}
		*slash = '/';
	}
	return 0;
}

/* The service has a folder of its own; a person one among other programs' state. */
static int find_access(const struct settings *settings, char path[PATH_MAX], struct err *err)
{
	const char *service = getenv("STATE_DIRECTORY"), *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (settings->access || service) {
		snprintf(path, PATH_MAX, "%s", settings->access ? settings->access : service);
	} else if (state && *state) {
		snprintf(path, PATH_MAX, "%s/borderflow/serve", state);
	} else if (home && *home) {
		snprintf(path, PATH_MAX, "%s/.local/state/borderflow/serve", home);
	} else {
		return err_set(err, EINVAL, "say with --access where tokens are kept");
	}
	return make_folders(path, err);
}

static int check_source(const struct settings *settings)
{
	unsigned count = (settings->archives.count > 0) + (settings->redis != NULL) +
			 (settings->socket != NULL);

	if (count != 1) {
		return cli_usage_error(
			&command_serve, "say what to show: one of --archive, --redis and --socket");
	}
	if (settings->is_proxied && strncmp(settings->listen, "unix:", 5) != 0) {
		return cli_usage_error(&command_serve,
			"--behind-proxy needs --listen unix:PATH: who a header says that "
			"somebody is would count for everybody else");
	}
	return 0;
}

static int print_link(struct web *web, struct err *err)
{
	struct text link;

	text_init_heap(&link);
	int status = web_make_link(web, &link, err);
	if (status == 0) {
		printf("Open this link within ten minutes; it works once:\n  %s\n", link.at);
		fflush(stdout);
	}
	text_deinit(&link);
	return status;
}

/* Signals come to nobody but who waits for them here: they are held before any thread is made. */
static void wait_for_end(const sigset_t *ends)
{
	int signal;

	sigwait(ends, &signal);
}

static int serve(const struct settings *settings, const char *access,
	const struct reference *reference, const sigset_t *ends, struct err *err)
{
	const struct web_options web_options = { .listen = settings->listen,
		.host = settings->host,
		.source = { .archives = settings->archives.items,
			.archive_count = settings->archives.count,
			.redis = settings->redis,
			.socket = settings->socket,
			.desk = settings->state },
		.reference = reference,
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
	int status = web_open(&web, &web_options, err);

	if (status < 0) {
		return status;
	}
	printf("borderflow serves at %s\n", web_address(web));
	fflush(stdout);
	if (settings->link || isatty(STDOUT_FILENO)) {
		status = print_link(web, err);
	}
	if (status == 0) {
		wait_for_end(ends);
	}
	web_close(web);
	return status;
}

static int run(void *values, char *const *arguments, unsigned count)
{
	struct settings *settings = values;
	const struct reference *reference = NULL;
	char access[PATH_MAX];
	sigset_t ends;
	struct err err;

	int status = find_access(settings, access, &err);
	if (status == 0 && count > 0) {
		return serve_token(&command_serve, &settings->token, access, arguments, count);
	}
	if (status == 0 && check_source(settings) != 0) {
		return EXIT_USAGE;
	}
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (status == 0) {
		status = facts_load(&reference, &settings->facts, NULL, &err);
	}
	if (status == 0) {
		status = serve(settings, access, reference, &ends, &err);
	}
	reference_release(reference);
	if (status < 0) {
		cli_error("serve", err.text);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

const struct command command_serve = {
	.name = "serve",
	.arguments = "[token add|list|revoke] [NAME]",
	.summary = "the dashboard and its API, for this machine unless told otherwise",
	.description =
		"Shows in a browser what an archive, all sensors that feed one Redis, or the "
		"sensor on this machine know: what leaves where, under whose control, against "
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
		"alone.\n\n"
		"Who may not see devices gets the protected tables alone. Every look at single "
		"devices is written to lookups.tsv in the folder of --access, each line chained "
		"to the one before.",
	.examples =
		"  $ borderflow serve --archive /var/lib/borderflow/archive --policy rules.yaml\n"
		"  $ borderflow serve --redis redis://localhost:6379\n"
		"  $ borderflow serve token add anna --role analyst --days 90\n",
	.settings_bytes = sizeof(struct settings),
	.options = options,
	.run = run,
};
