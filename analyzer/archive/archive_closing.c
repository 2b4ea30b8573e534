#include "analyzer/archive/archive_closing.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

static bool make_path(const char *folder, char path[PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s/closing", folder) < PATH_MAX;
}

bool archive_closing_read(const char *folder, struct archive_closing *closing)
{
	char path[PATH_MAX], *content = NULL, end;
	bool is_read = make_path(folder, path) && file_read(path, &content, NULL, NULL) == 0;

	*closing = (struct archive_closing){ .k = 0 };
	is_read = is_read && sscanf(content, "timezone %63[^\n] k %u%c", closing->zone, &closing->k,
				     &end) == 3;
	free(content);
	return is_read && end == '\n' && closing->k > 0;
}

int archive_closing_write(
	const char *folder, const struct archive_closing *closing, struct err *err)
{
	struct archive_closing there;
	char path[PATH_MAX], lines[128];

	if (archive_closing_read(folder, &there) && there.k == closing->k &&
		strcmp(there.zone, closing->zone) == 0) {
		return 0;
	}
	if (!make_path(folder, path)) {
		return err_set(err, ENAMETOOLONG, "%s: the path is too long", folder);
	}
	int length =
		snprintf(lines, sizeof(lines), "timezone %s\nk %u\n", closing->zone, closing->k);
	return file_write_mode(path, lines, (size_t)length, 0640, err);
}
