#include "dashboards/cli/geo_update.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

enum { ARGUMENTS_MAX = 12 };

static const char script_name[] = "tools/fetch-geo";

/* The folder that the other commands would read; NULL: the script knows better. */
static const char *choose_folder(const struct geo_update *update, char path[PATH_MAX])
{
	const char *named = update->folder ? update->folder : getenv("BORDERFLOW_GEO");

	if (named && named[0]) {
		return named;
	}
	return file_find_data("var/geo", path, NULL) == 0 ? path : NULL;
}

int geo_update_run(const struct geo_update *update, struct err *err)
{
	char script[PATH_MAX], program[PATH_MAX], folder[PATH_MAX];
	const char *arguments[ARGUMENTS_MAX] = { "fetch-geo", "--program", program };
	unsigned count = 3;
	int status = file_find_data(script_name, script, err);
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (status < 0) {
		return status;
	}
	if (length < 0) {
		return err_set(err, errno, "/proc/self/exe: %s", strerror(errno));
	}
	program[length] = '\0';
	if (update->from) {
		arguments[count++] = "--from";
		arguments[count++] = update->from;
	}
	if (update->sha256) {
		arguments[count++] = "--sha256";
		arguments[count++] = update->sha256;
	}
	arguments[count] = choose_folder(update, folder);
	fflush(stdout);
	execv(script, (char *const *)arguments);
	return err_set(err, errno, "%s: cannot be run: %s", script, strerror(errno));
}
