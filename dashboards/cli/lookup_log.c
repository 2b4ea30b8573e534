#include "dashboards/cli/lookup_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

/* A line of a table: what would end it or its cells is a space. */
static void put_plain(char *to, size_t bytes, const char *from)
{
	snprintf(to, bytes, "%s", from);
	for (char *at = to; *at; at++) {
		*at = (unsigned char)*at < ' ' ? ' ' : *at;
	}
}

int lookup_log_append(const char *folder, const char *question, const char *reason, struct err *err)
{
	char path[PATH_MAX], line[1024], asked[400], why[400], now[CLOCK_TEXT_LENGTH + 1];

	snprintf(path, sizeof(path), "%s/lookups.tsv", folder);
	clock_format(clock_now_ns(), now);
	put_plain(asked, sizeof(asked), question);
	put_plain(why, sizeof(why), reason);
	int length = snprintf(
		line, sizeof(line), "%s\tuid %u\t%s\t%s\n", now, (unsigned)getuid(), asked, why);
	int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (file < 0) {
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	}
	bool is_written = write(file, line, (size_t)length) == length && fsync(file) == 0;
	int cause = errno;
	close(file);
	return is_written ? 0 : err_set(err, cause, "%s: %s", path, strerror(cause));
}
