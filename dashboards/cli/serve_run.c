#include "dashboards/cli/serve_run.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"

/* The last part as well: no others than its owner may look into it. */
static int make_folders(const char *path, struct err *err)
{
	char part[PATH_MAX];

	snprintf(part, sizeof(part), "%s/", path);
	for (char *slash = part + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		int status = file_make_folder(part, 0700, err);
		if (status < 0) {
			return status;
		}
		*slash = '/';
	}
	return 0;
}

int serve_find_access(const char *given, char path[PATH_MAX], struct err *err)
{
	const char *service = getenv("STATE_DIRECTORY"), *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (given || service) {
		snprintf(path, PATH_MAX, "%s", given ? given : service);
	} else if (state && *state) {
		snprintf(path, PATH_MAX, "%s/borderflow/serve", state);
	} else if (home && *home) {
		snprintf(path, PATH_MAX, "%s/.local/state/borderflow/serve", home);
	} else {
		return err_set(err, EINVAL, "say with --access where tokens are kept");
	}
	return make_folders(path, err);
}

static void set_ends(sigset_t *ends)
{
	sigemptyset(ends);
	sigaddset(ends, SIGINT);
	sigaddset(ends, SIGTERM);
}

int serve_open(struct web **web, const struct web_options *options, struct err *err)
{
	sigset_t ends, before;

	set_ends(&ends);
	pthread_sigmask(SIG_BLOCK, &ends, &before);
	int status = web_open(web, options, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return status;
}

int serve_say(struct web *web, bool with_link, struct err *err)
{
	struct text link;
	int status = 0;

	printf("borderflow serves at %s\n", web_address(web));
	if (with_link) {
		text_init_heap(&link);
		status = web_make_link(web, &link, err);
		if (status == 0) {
			printf("Open this link within ten minutes; it works once:\n  %s\n",
				link.at);
		}
		text_deinit(&link);
	}
	fflush(stdout);
	return status;
}

void serve_wait(void)
{
	sigset_t ends;
	int signal;

	set_ends(&ends);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	sigwait(&ends, &signal);
}
