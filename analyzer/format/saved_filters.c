#include "analyzer/format/saved_filters.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/format/query_parse.h"
#include "base/file.h"

enum { DEPTH_MAX = 8, NAME_MAX_BYTES = 64 };

static const char name_letters[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

/* The file, line by line. */
struct filters {
	char path[PATH_MAX];
	char *content; /* NULL: not read yet */
};

static bool is_there(char *path, const char *folder, const char *name)
{
	return folder && folder[0] && snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX &&
	       access(path, R_OK) == 0;
}

static void find_file(char *path)
{
	const char *named = getenv("BORDERFLOW_FILTERS");

	if (named) {
		snprintf(path, PATH_MAX, "%s", named);
	} else if (!is_there(path, getenv("XDG_CONFIG_HOME"), "borderflow/filters") &&
		   !is_there(path, getenv("HOME"), ".config/borderflow/filters")) {
		snprintf(path, PATH_MAX, "/etc/borderflow/filters");
	}
}

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

struct saved {
	const char *line, *filter; /* NULL: there is none */
	size_t bytes;
};

/* The last filter of that name among what stands before end; and the names that there are. */
static struct saved find(const struct filters *filters, const char *name, size_t length,
	const char *end, struct text *names)
{
	struct saved found = { NULL, NULL, 0 };

	for (const char *line = filters->content; line < end; line += strcspn(line, "\n") + 1) {
		const char *at = skip_blanks(line);
		size_t letters = strspn(at, name_letters);
		const char *sign = skip_blanks(at + letters);
		if (letters == 0 || *sign != '=') {
			continue;
		}
		text_printf(names, "%s%.*s", names->length ? ", " : "", (int)letters, at);
		if (letters == length && strncmp(at, name, length) == 0) {
			found.line = line;
			found.filter = skip_blanks(sign + 1);
			found.bytes = strcspn(found.filter, "\r\n");
		}
	}
	return found;
}

static int expand(struct filters *filters, struct text *into, const char *filter, size_t bytes,
	const char *end, unsigned depth, struct err *err);

/* end: what stands behind it in the file has no say; NULL: all has. */
static int put_saved(struct filters *filters, struct text *into, const char *name, size_t length,
	const char *end, unsigned depth, struct err *err)
{
	char memory[256], rest[256];
	struct text names, all;

	if (!filters->content) {
		find_file(filters->path);
		int status = file_read(filters->path, &filters->content, NULL, err);
		if (status == -ENOENT && !getenv("BORDERFLOW_FILTERS")) {
			return err_set(err, ENOENT,
				"@%.*s is a saved filter, and none is saved (expected a line "
				"\"%.*s = FILTER\" in ~/.config/borderflow/filters or %s)",
				(int)length, name, (int)length, name, filters->path);
		}
		if (status < 0) {
			err_prefix(err, "@%.*s is a saved filter", (int)length, name);
			return status;
		}
	}
	text_init(&names, memory, sizeof(memory));
	text_init(&all, rest, sizeof(rest));
	end = end ? end : filters->content + strlen(filters->content);
	const struct saved found = find(filters, name, length, end, &names);
	if (!found.filter &&
		find(filters, name, length, filters->content + strlen(filters->content), &all)
			.filter) {
		return err_set(err, EINVAL,
			"%s: \"%.*s\" stands for itself, or is used above its own line (expected: "
			"a filter uses those above it)",
			filters->path, (int)length, name);
	}
	if (!found.filter) {
		return err_set(err, ENOENT, "%s: no filter is saved as \"%.*s\" (there are: %s)",
			filters->path, (int)length, name, names.length ? names.at : "none");
	}
	if (depth == DEPTH_MAX || into->truncated || into->length > QUERY_LENGTH_MAX) {
		return err_set(err, E2BIG,
			"%s: what \"%.*s\" stands for is longer than %d characters, or more than "
			"%d names one within the other",
			filters->path, (int)length, name, QUERY_LENGTH_MAX, DEPTH_MAX);
	}
	text_put_char(into, '(');
	int status = expand(filters, into, found.filter, found.bytes, found.line, depth + 1, err);
	text_put_char(into, ')');
	return status;
}

/* A name begins where a word does, outside of quotes. */
static int expand(struct filters *filters, struct text *into, const char *filter, size_t bytes,
	const char *end, unsigned depth, struct err *err)
{
	const char *stop = filter + bytes;
	char quote = '\0', before = ' ';
	int status = 0;

	for (const char *at = filter; at < stop && status == 0;) {
		size_t length = *at == '@' ? strspn(at + 1, name_letters) : 0;
		if (!quote && length > 0 && length < NAME_MAX_BYTES && strchr(" \t(", before)) {
			status = put_saved(filters, into, at + 1, length, end, depth, err);
			at += length + 1;
			before = ')';
			continue;
		}
		if (!quote && *at == '@' && length == 0 && strchr(" \t(", before)) {
			return err_set(err, EINVAL,
				"an @ alone (expected the name of a saved filter behind it: "
				"@NAME)");
		}
		if (quote ? *at == quote : *at == '"' || *at == '\'') {
			quote = quote ? '\0' : *at;
		}
		before = *at;
		text_put_char(into, *at++);
	}
	return status;
}

int saved_filters_expand(struct text *into, const char *filter, struct err *err)
{
	struct filters filters = { .content = NULL };
	int status = expand(&filters, into, filter, strlen(filter), NULL, 0, err);

	free(filters.content);
	return status;
}
