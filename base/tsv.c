#include "base/tsv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

enum { TSV_COLUMNS_MAX = 64 };

struct tsv {
	char *path, *content, *rest;
	unsigned line;
	unsigned wanted[TSV_COLUMNS_MAX]; /* column in the file of each column asked for */
	unsigned wanted_count, file_columns;
	char *cells[TSV_COLUMNS_MAX];
};

static char *next_line(struct tsv *tsv)
{
	while (tsv->rest && *tsv->rest) {
		char *line = tsv->rest, *end = strchr(line, '\n');
		tsv->line++;
		if (end) {
			*end = '\0';
			tsv->rest = end + 1;
			if (end > line && end[-1] == '\r') {
				end[-1] = '\0';
			}
		} else {
			tsv->rest = NULL;
		}
		if (*line != '\0' && *line != '#') {
			return line;
		}
	}
	return NULL;
}

static unsigned split(char *line, char *cells[TSV_COLUMNS_MAX])
{
	unsigned count = 0;

	for (char *cell = line; cell && count < TSV_COLUMNS_MAX;) {
		char *tab = strchr(cell, '\t');
		cells[count++] = cell;
		if (tab) {
			*tab++ = '\0';
		}
		cell = tab;
	}
	return count;
}

static int read_header(struct tsv *tsv, const char *const *columns, struct err *err)
{
	char *names[TSV_COLUMNS_MAX], *line = next_line(tsv);

	if (!line) {
		return err_set(err, EINVAL,
			"%s: the file is empty; expected a line with column names", tsv->path);
	}
	tsv->file_columns = split(line, names);
	for (; columns[tsv->wanted_count]; tsv->wanted_count++) {
		unsigned at = 0;
		while (at < tsv->file_columns &&
			strcmp(names[at], columns[tsv->wanted_count]) != 0) {
			at++;
		}
		if (at == tsv->file_columns) {
			return err_set(err, EINVAL, "%s:%u: the column \"%s\" is missing",
				tsv->path, tsv->line, columns[tsv->wanted_count]);
		}
		tsv->wanted[tsv->wanted_count] = at;
	}
	return 0;
}

/* The content is the reader's from here on. */
static int open_content(struct tsv **opened, const char *path, char *content,
	const char *const *columns, struct err *err)
{
	struct tsv *tsv = calloc(1, sizeof(*tsv));

	*opened = NULL;
	if (!content || !tsv || !(tsv->path = strdup(path))) {
		free(content);
		tsv_close(tsv);
		return err_set(err, ENOMEM, "%s: out of memory", path);
	}
	tsv->content = tsv->rest = content;
	int status = read_header(tsv, columns, err);
	if (status < 0) {
		tsv_close(tsv);
		return status;
	}
	*opened = tsv;
	return 0;
}

int tsv_open(struct tsv **tsv, const char *path, const char *const *columns, struct err *err)
{
	char *content;
	int status = file_read(path, &content, NULL, err);

	*tsv = NULL;
	return status < 0 ? status : open_content(tsv, path, content, columns, err);
}

int tsv_open_text(struct tsv **tsv, const char *path, const char *text, const char *const *columns,
	struct err *err)
{
	return open_content(tsv, path, strdup(text), columns, err);
}

void tsv_close(struct tsv *tsv)
{
	if (tsv) {
		free(tsv->content);
		free(tsv->path);
		free(tsv);
	}
}

int tsv_next(struct tsv *tsv, struct err *err)
{
	char *line = next_line(tsv);

	if (!line) {
		return 0;
	}
	if (!text_is_utf8(line, strlen(line))) {
		return err_set(err, EINVAL, "%s:%u: the line is not UTF-8", tsv->path, tsv->line);
	}
	unsigned count = split(line, tsv->cells);
	if (count != tsv->file_columns) {
		return err_set(err, EINVAL, "%s:%u: expected %u tab-separated columns, found %u",
			tsv->path, tsv->line, tsv->file_columns, count);
	}
	return 1;
}

const char *tsv_cell(const struct tsv *tsv, unsigned index)
{
	return tsv->cells[tsv->wanted[index]];
}

const char *tsv_path(const struct tsv *tsv)
{
	return tsv->path;
}

unsigned tsv_line(const struct tsv *tsv)
{
	return tsv->line;
}

size_t tsv_list_next(const char **list, const char **item)
{
	*list += strspn(*list, ", ");
	*item = *list;
	size_t length = strcspn(*list, ",");
	*list += length;
	while (length > 0 && (*item)[length - 1] == ' ') {
		length--;
	}
	return length;
}
