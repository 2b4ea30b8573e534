#include "analyzer/device/inventory_csv.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf16.h"
#include "base/file.h"
#include "base/text.h"
#include "base/tsv.h"

static const char *const field_names[] = {
#define X(id, name) [FIELD_##id] = (name),
	INVENTORY_FIELDS(X)
#undef X
};

static char find_separator(const char *content)
{
	static const char separators[] = { ',', ';', '\t' };
	unsigned counts[3] = { 0, 0, 0 }, best = 0;

	for (const char *at = content; *at && *at != '\n'; at++) {
		for (unsigned i = 0; i < 3; i++) {
			counts[i] += *at == separators[i];
		}
	}
	for (unsigned i = 1; i < 3; i++) {
		best = counts[i] > counts[best] ? i : best;
	}
	return separators[best];
}

/* Spreadsheets may say in a first line of their own what separates cells: "sep=;". */
static void skip_separator_line(struct csv *csv)
{
	size_t length = strcspn(csv->at, "\r\n");

	if (length == 5 && strncasecmp(csv->at, "sep=", 4) == 0) {
		csv->at += length;
		csv->at += strspn(csv->at, "\r");
		csv->at += *csv->at == '\n';
		csv->next_line++;
	}
}

static unsigned line_of_no_utf8(const char *content)
{
	unsigned line = 1;
	const char *end;

	for (; (end = strchr(content, '\n')) != NULL; content = end + 1) {
		if (!text_is_utf8(content, (size_t)(end - content))) {
			break;
		}
		line++;
	}
	return line;
}

static int read_text(const char *path, char **content, size_t *length, struct err *err)
{
	int status = file_read(path, content, length, err);

	if (status == 0 && utf16_is(*content, *length)) {
		char *utf8 = utf16_to_utf8(*content, *length, length);
		free(*content);
		*content = utf8;
		status = utf8 ? 0 : err_set(err, ENOMEM, "%s: out of memory", path);
	}
	return status;
}

int csv_open(struct csv *csv, const char *path, struct err *err)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	size_t length;

	*csv = (struct csv){ .path = path, .next_line = 1 };
	int status = read_text(path, &csv->content, &length, err);
	if (status < 0) {
		return status;
	}
	if (memchr(csv->content, '\0', length)) {
		csv_close(csv);
		return err_set(err, EINVAL,
			"%s: expected text (UTF-8, or UTF-16 with a mark of byte order), found "
			"zero bytes; save it as \"CSV UTF-8\"",
			path);
	}
	if (!text_is_utf8(csv->content, length)) {
		unsigned line = line_of_no_utf8(csv->content);
		csv_close(csv);
		return err_set(err, EINVAL,
			"%s:%u: expected UTF-8; save it as \"CSV UTF-8\", or convert it: iconv -f "
			"windows-1252 -t utf-8",
			path, line);
	}
	csv->at = csv->content;
	if (strncmp(csv->at, byte_order_mark, 3) == 0) {
		csv->at += 3;
	}
	skip_separator_line(csv);
	csv->separator = find_separator(csv->at);
	return 0;
}

void csv_close(struct csv *csv)
{
	free(csv->content);
	csv->content = NULL;
}

static char *trim(char *cell)
{
	while (*cell == ' ' || *cell == '\t') {
		cell++;
	}
	size_t length = strlen(cell);
	while (length > 0 && isspace((unsigned char)cell[length - 1])) {
		cell[--length] = '\0';
	}
	return cell;
}

/* A cell in quotes, which may hold separators, newlines and doubled quotes; what comes behind it.
 * NULL where it never ends. */
static char *unquote(struct csv *csv, char *at)
{
	char *to = at;

	for (;; at++) {
		if (*at == '\0') {
			return NULL;
		}
		csv->next_line += *at == '\n';
		if (*at == '"' && at[1] != '"') {
			break;
		}
		at += *at == '"';
		*to++ = *at;
	}
	at++;
	while (*at && *at != csv->separator && *at != '\n') {
		at++;
	}
	char *end = at;
	*to = '\0';
	return end;
}

/* Takes one cell; whether the row goes on behind it. */
static int take_cell(struct csv *csv, struct err *err)
{
	bool is_quoted = *csv->at == '"';
	char *start = csv->at + is_quoted, *end;

	if (csv->count == CSV_CELLS_MAX) {
		return err_set(err, EINVAL, "%s:%u: expected at most %d columns", csv->path,
			csv->line, CSV_CELLS_MAX);
	}
	if (is_quoted) {
		end = unquote(csv, start);
		if (!end) {
			return err_set(err, EINVAL, "%s:%u: a quote that is never closed",
				csv->path, csv->line);
		}
	} else {
		end = start;
		while (*end && *end != csv->separator && *end != '\n') {
			end++;
		}
	}
	bool is_last = *end != csv->separator || *end == '\0';
	csv->next_line += *end == '\n';
	csv->at = *end ? end + 1 : end;
	*end = '\0';
	csv->cells[csv->count++] = trim(start);
	return is_last ? 0 : 1;
}

int csv_next(struct csv *csv, struct err *err)
{
	int more;

	while (*csv->at == '\n' || *csv->at == '\r') {
		csv->next_line += *csv->at == '\n';
		csv->at++;
	}
	if (*csv->at == '\0') {
		return 0;
	}
	csv->line = csv->next_line;
	csv->count = 0;
	do {
		more = take_cell(csv, err);
	} while (more > 0);
	return more < 0 ? more : 1;
}

/* "Company=owned,Personal=private" of one field. */
struct column_words {
	char *texts[FIELD_COUNT];
};

static enum inventory_field field_of(const char *name)
{
	unsigned field = 0;

	while (field < FIELD_COUNT && strcmp(name, field_names[field]) != 0) {
		field++;
	}
	return (enum inventory_field)field;
}

static void note_column(struct columns *columns, const struct csv *csv, enum inventory_field field,
	const char *column)
{
	for (unsigned i = 0; i < csv->count; i++) {
		if (strcasecmp(csv->cells[i], column) == 0 && columns->fields[i] == FIELD_NONE) {
			columns->fields[i] = (unsigned char)field;
			columns->has[field]++;
		}
	}
}

static int read_columns(
	struct columns *columns, const struct csv *csv, struct tsv *tsv, struct err *err)
{
	int status;

	while ((status = tsv_next(tsv, err)) > 0) {
		enum inventory_field field = field_of(tsv_cell(tsv, 0));
		const char *words = tsv_cell(tsv, 2);
		if (field == FIELD_NONE) {
			return err_set(err, EINVAL,
				"%s:%u: expected one of our fields (id, class, ownership, unit, "
				"mac, serial, enrolled_from, enrolled_to), found \"%s\"",
				tsv_path(tsv), tsv_line(tsv), tsv_cell(tsv, 0));
		}
		note_column(columns, csv, field, tsv_cell(tsv, 1));
		if (*words && !columns->words->texts[field]) {
			columns->words->texts[field] = strdup(words);
		}
	}
	return status;
}

static int load_columns(
	struct columns *columns, const struct csv *csv, const char *path, struct err *err)
{
	static const char *const names[] = { "field", "column", "words", NULL };
	struct tsv *tsv;
	const char *base = strrchr(path, '/');

	*columns = (struct columns){ .words = calloc(1, sizeof(*columns->words)) };
	if (!columns->words) {
		return err_set(err, ENOMEM, "out of memory");
	}
	memset(columns->fields, FIELD_NONE, sizeof(columns->fields));
	base = base ? base + 1 : path;
	snprintf(columns->name, sizeof(columns->name), "%.*s", (int)strcspn(base, "."), base);
	int status = tsv_open(&tsv, path, names, err);
	if (status == 0) {
		status = read_columns(columns, csv, tsv, err);
		tsv_close(tsv);
	}
	return status;
}

/* How well a header fits; 0 not at all. */
static unsigned fit_of(const struct columns *columns)
{
	unsigned fit = 0;

	if (!columns->has[FIELD_MAC] || !(columns->has[FIELD_ID] || columns->has[FIELD_SERIAL])) {
		return 0;
	}
	for (unsigned field = 0; field < FIELD_COUNT; field++) {
		fit += columns->has[field];
	}
	return fit;
}

/* found: which fields some system's columns gave, where none fits. */
static int find_columns(
	struct columns *columns, const struct csv *csv, bool found[FIELD_COUNT], struct err *err)
{
	static const char *const systems[] = { "inventory/plain.tsv", "inventory/intune.tsv",
		"inventory/jamf.tsv" };
	char path[PATH_MAX], name[64];

	*columns = (struct columns){ .name = "" };
	for (unsigned i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
		struct columns tried;
		snprintf(name, sizeof(name), "analyzer/share/%s", systems[i]);
		int status = file_find_data(name, path, err);
		if (status == 0) {
			status = load_columns(&tried, csv, path, err);
		}
		if (status < 0) {
			columns_close(&tried);
			columns_close(columns);
			return status;
		}
		for (unsigned field = 0; field < FIELD_COUNT; field++) {
			found[field] |= tried.has[field];
		}
		if (fit_of(&tried) > fit_of(columns)) {
			columns_close(columns);
			*columns = tried;
		} else {
			columns_close(&tried);
		}
	}
	return 0;
}

static int refuse_columns(const struct columns *columns, const struct csv *csv,
	const bool found[FIELD_COUNT], struct err *err)
{
	bool has_mac = found[FIELD_MAC] || columns->has[FIELD_MAC];
	bool has_device = found[FIELD_ID] || found[FIELD_SERIAL] || columns->has[FIELD_ID] ||
			  columns->has[FIELD_SERIAL];

	return err_set(err, EINVAL,
		"%s:%u: expected columns for a device (id or serial) and for its MAC, found none "
		"for %s; as in our own form (id,class,ownership,unit,mac,serial,enrolled_from,"
		"enrolled_to) or an export of Intune or Jamf with English headers; another "
		"system's columns are named in a file of their own",
		csv->path, csv->line,
		has_mac == has_device ? "either"
		: has_mac             ? "the device"
				      : "the MAC");
}

int columns_open(struct columns *columns, const struct csv *csv, const char *file, struct err *err)
{
	bool found[FIELD_COUNT] = { false };
	int status = file ? load_columns(columns, csv, file, err)
			  : find_columns(columns, csv, found, err);

	if (status == 0 && fit_of(columns) == 0) {
		status = refuse_columns(columns, csv, found, err);
	}
	if (status < 0) {
		columns_close(columns);
	}
	return status;
}

void columns_close(struct columns *columns)
{
	for (unsigned field = 0; columns->words && field < FIELD_COUNT; field++) {
		free(columns->words->texts[field]);
	}
	free(columns->words);
	columns->words = NULL;
}

const char *columns_word(
	const struct columns *columns, enum inventory_field field, const char *cell)
{
	static const char *const ours[] = { "owned", "private", "left" };
	const char *list = columns->words->texts[field], *item;
	size_t length, cell_length = strlen(cell);

	while (list && (length = tsv_list_next(&list, &item)) > 0) {
		if (length > cell_length && item[cell_length] == '=' &&
			strncasecmp(item, cell, cell_length) == 0) {
			const char *word = item + cell_length + 1;
			for (unsigned i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
				if (length - cell_length - 1 == strlen(ours[i]) &&
					strncmp(word, ours[i], strlen(ours[i])) == 0) {
					return ours[i];
				}
			}
		}
	}
	return cell;
}
