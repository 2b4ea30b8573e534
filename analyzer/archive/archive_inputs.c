#include "analyzer/archive/archive_inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/archive/input_name.h"
#include "base/file.h"
#include "base/text.h"

struct archive_inputs {
	char path[PATH_MAX]; /* of the list */
	unsigned count;      /* of names; 0 where an input has none */
	char (*names)[INPUT_NAME_BYTES];
};

/* Is this line in the list? */
static bool is_listed(const char *list, const char *state, const char *name)
{
	char line[INPUT_NAME_BYTES + 16];
	size_t length = (size_t)snprintf(line, sizeof(line), "%s %s\n", state, name);

	for (const char *at = list; at && *at; at = strchr(at, '\n'), at += at != NULL) {
		if (strncmp(at, line, length) == 0) {
			return true;
		}
	}
	return false;
}

/* Can it be read once for its name and again for its packets? */
static bool is_regular(const char *path)
{
	struct stat status;

	return strcmp(path, "-") != 0 && stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static int name_inputs(
	struct archive_inputs *inputs, const char *const *paths, unsigned count, struct err *err)
{
	for (unsigned i = 0; i < count; i++) {
		if (!is_regular(paths[i])) {
			return 0;
		}
	}
	for (unsigned i = 0; i < count; i++) {
		int status = input_name(&paths[i], 1, inputs->names[i], NULL, err);
		if (status < 0) {
			return status;
		}
	}
	inputs->count = count;
	return 0;
}

static int look_up(const struct archive_inputs *inputs, const char *list, const char *folder,
	const char *const *paths, bool *known, struct err *err)
{
	unsigned whole = 0, last = 0;

	for (unsigned i = 0; i < inputs->count; i++) {
		if (is_listed(list, "whole", inputs->names[i])) {
			whole++;
			last = i;
		} else if (is_listed(list, "begun", inputs->names[i])) {
			return err_set(err, EEXIST,
				"%s: a run that was cut short has written a part of %s here; "
				"analyze it into another folder",
				folder, paths[i]);
		}
	}
	*known = inputs->count > 0 && whole == inputs->count;
	if (whole > 0 && !*known) {
		return err_set(err, EEXIST,
			"%s: %s is in this archive already and would count twice; leave it out",
			folder, paths[last]);
	}
	return 0;
}

int archive_inputs_open(struct archive_inputs **inputs, const char *folder,
	const char *const *paths, unsigned count, bool *known, struct err *err)
{
	struct archive_inputs *opened = calloc(1, sizeof(*opened));
	char *list = NULL;
	int status = 0;

	*inputs = opened;
	*known = false;
	if (opened) {
		opened->names = calloc(count, sizeof(*opened->names));
	}
	if (!opened || !opened->names) {
		return err_set(err, ENOMEM, "out of memory");
	}
	if (snprintf(opened->path, sizeof(opened->path), "%s/inputs", folder) >=
		(int)sizeof(opened->path)) {
		return err_set(err, ENAMETOOLONG, "%s: the path is too long", folder);
	}
	status = name_inputs(opened, paths, count, err);
	if (status == 0 && opened->count > 0) {
		status = file_read(opened->path, &list, NULL, err);
		status = status == -ENOENT ? 0
			 : status < 0      ? status
					   : look_up(opened, list, folder, paths, known, err);
		free(list);
	}
	return status;
}

/* All lines in one write, and on the disk when this returns. */
static int append(const struct archive_inputs *inputs, const char *state, struct err *err)
{
	struct text lines;
	int status = 0;

	if (inputs->count == 0) {
		return 0;
	}
	int fd = file_open_to_write(inputs->path, O_WRONLY | O_CREAT | O_APPEND, 0640, err);
	if (fd < 0) {
		return fd;
	}
	text_init_heap(&lines);
	for (unsigned i = 0; i < inputs->count; i++) {
		text_printf(&lines, "%s %s\n", state, inputs->names[i]);
	}
	status = file_append(fd, inputs->path, lines.at, lines.length, err);
	text_deinit(&lines);
	close(fd);
	return status;
}

int archive_inputs_begin(const struct archive_inputs *inputs, struct err *err)
{
	return append(inputs, "begun", err);
}

int archive_inputs_finish(const struct archive_inputs *inputs, struct err *err)
{
	return append(inputs, "whole", err);
}

unsigned archive_inputs_unfinished(const char *folder, char name[INPUT_NAME_BYTES])
{
	char path[PATH_MAX], *list = NULL, begun[INPUT_NAME_BYTES];
	unsigned count = 0;

	name[0] = '\0';
	snprintf(path, sizeof(path), "%s/inputs", folder);
	if (file_read(path, &list, NULL, NULL) < 0) {
		return 0;
	}
	for (const char *at = list; at && *at; at = strchr(at, '\n'), at += at != NULL) {
		size_t length = strcspn(at, "\n");
		if (strncmp(at, "begun ", 6) != 0 || length - 6 >= sizeof(begun)) {
			continue;
		}
		snprintf(begun, sizeof(begun), "%.*s", (int)length - 6, at + 6);
		if (!is_listed(list, "whole", begun)) {
			if (count++ == 0) {
				memcpy(name, begun, sizeof(begun));
			}
		}
	}
	free(list);
	return count;
}

void archive_inputs_close(struct archive_inputs *inputs)
{
	if (inputs) {
		free(inputs->names);
		free(inputs);
	}
}
