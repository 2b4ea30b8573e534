#include "dashboards/report/lookup_count.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/local_time.h"

/* The time that a line begins with. */
static bool read_time(const char *line, uint64_t *time_ns)
{
	char text[LOCAL_TEXT_LENGTH + 16];
	size_t length = strcspn(line, "\t\n");

	if (length >= sizeof(text)) {
		return false;
	}
	memcpy(text, line, length);
	text[length] = '\0';
	return local_parse(NULL, text, time_ns);
}

int64_t lookup_count(const char *folder, uint64_t from_ns, uint64_t to_ns)
{
	char path[PATH_MAX], *content;
	struct err ignored;
	int64_t count = 0;
	uint64_t time_ns;

	if (snprintf(path, sizeof(path), "%s/lookups.tsv", folder) >= PATH_MAX ||
		file_read(path, &content, NULL, &ignored) < 0) {
		return -1;
	}
	for (const char *line = content; *line; line += strcspn(line, "\n")) {
		line += *line == '\n';
		count += read_time(line, &time_ns) && time_ns >= from_ns && time_ns < to_ns;
	}
	free(content);
	return count;
}
