#include "dashboards/cli/flows_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/format/field_guess.h"
#include "analyzer/format/record_csv.h"
#include "base/clock.h"
#include "dashboards/cli/flows_cmd.h"
#include "dashboards/cli/flows_pivot.h"

enum { CELL_BYTES = 1024, SORT_KEY_BYTES = 64, CELL_END = '\x1f' };

/* A table shows seconds. */
enum { TABLE_TIME_LENGTH = 19 };

struct column {
	const char *name;
	const char *heading; /* in a table; NULL: the field's short name */
	const struct field *field;
	void (*put)(struct text *text, const struct field_view *view); /* instead of a field */
	void (*cell)(struct table *table, unsigned column, const char *text); /* NULL: may be cut */
};

/* What a row is sorted by, and what is printed of it. */
struct row {
	uint64_t number;
	uint64_t came; /* among equals the earlier one comes first */
	char word[SORT_KEY_BYTES];
	char *text;
};

struct flows_rows {
	struct column columns[FLOWS_COLUMNS_MAX];
	unsigned count; /* 0: all of a record */
	bool pivots;
	const struct field *sort;
	bool is_ascending;
	struct row *kept;
	size_t kept_count, kept_room;
	uint64_t came;
	struct text line;
};

static const struct column pivot_columns[] = {
	{ .name = "borderflow.flow.id" },
	{ .name = "network.application" },
	{ .name = "network.community_id" },
	{ .name = "pivot.from", .put = flows_pivot_from },
	{ .name = "pivot.to", .put = flows_pivot_to },
	{ .name = "pivot.capture_filter", .put = flows_pivot_capture },
	{ .name = "pivot.display_filter", .put = flows_pivot_display },
};

static void put_when(struct text *text, const struct field_view *view)
{
	char when[FLOWS_WHEN_BYTES];

	flows_put_when(when, view);
	text_put(text, when);
}

static void put_size_of(struct text *text, const struct field_view *view, bool sent)
{
	const struct record *record = view->record;
	const uint64_t *bytes = view->as_part ? record->flow.bytes : record->flow.total_bytes;

	unsigned end = (record->own_side == RECORD_SOURCE) != sent;

	if (record_knows_bytes(record, end)) {
		text_put_size(text, bytes[end]);
	} else {
		text_put_char(text, '?'); /* it did not cross the sensor */
	}
}

static void put_up(struct text *text, const struct field_view *view)
{
	put_size_of(text, view, true);
}

static void put_down(struct text *text, const struct field_view *view)
{
	put_size_of(text, view, false);
}

static void put_first_of(struct text *text, const struct field_view *view, const char *const *paths)
{
	for (size_t before = text->length; *paths && text->length == before; paths++) {
		const struct field *field = field_find(*paths, strlen(*paths));
		struct field_value value;
		if (field_get(field, view, &value)) {
			field_put_text(text, field, &value);
		}
	}
}

static void put_who(struct text *text, const struct field_view *view)
{
	put_first_of(text, view, (const char *const[]){ "borderflow.device", "source.ip", NULL });
}

static void put_whom(struct text *text, const struct field_view *view)
{
	put_first_of(
		text, view, (const char *const[]){ "destination.domain", "destination.ip", NULL });
}

static void put_app(struct text *text, const struct field_view *view)
{
	put_first_of(text, view, (const char *const[]){ "network.application", NULL });
	text_put(text, view->record->verdict.inferred ? " (inferred)" : "");
}

/* The usual table, where its rows are sorted. */
static const struct column usual_columns[] = {
	{ .name = "started", .put = put_when, .cell = table_cell_end },
	{ .name = "from", .put = put_who, .cell = flows_cell_device },
	{ .name = "to", .put = put_whom },
	{ .name = "app", .put = put_app },
	{ .name = "borderflow.server_country", .heading = "in" },
	{ .name = "borderflow.app.parent_country", .heading = "under" },
	{ .name = ">up", .put = put_up },
	{ .name = ">down", .put = put_down },
};

static void use_columns(struct flows_rows *rows, const struct column *columns, unsigned count)
{
	for (rows->count = 0; rows->count < count; rows->count++) {
		struct column *column = &rows->columns[rows->count];
		*column = columns[rows->count];
		if (!column->put) {
			column->field = field_find(column->name, strlen(column->name));
		}
	}
}

static const struct field *find_field(
	const char *name, size_t length, const char *option, struct err *err)
{
	const struct field *field = field_find(name, length);

	if (!field || (field->forms & FIELD_CONSTANT)) {
		char sentence[FIELD_GUESS_BYTES];
		err_set(err, EINVAL, "--%s: %s", option, field_guess(name, length, sentence));
		return NULL;
	}
	return field;
}

/* A part of it says nothing. */
static bool is_whole(const struct field *field)
{
	return field->type == FIELD_TIME || field->type == FIELD_ADDR || field->type == FIELD_ID;
}

static int read_columns(struct flows_rows *rows, const char *names, struct err *err)
{
	for (const char *at = names; *at;) {
		size_t length = strcspn(at, ",");
		const struct field *field = find_field(at, length, "columns", err);
		if (!field) {
			return -EINVAL;
		}
		if (rows->count == FLOWS_COLUMNS_MAX) {
			return err_set(err, E2BIG, "--columns: more than %d", FLOWS_COLUMNS_MAX);
		}
		rows->columns[rows->count++] = (struct column){ .name = field->path,
			.field = field,
			.cell = is_whole(field) ? table_cell_end : NULL };
		at += length + (at[length] == ',');
	}
	return 0;
}

static bool sorts_by_number(const struct field *field)
{
	return field->type == FIELD_NUMBER || field->type == FIELD_NUMERAL ||
	       field->type == FIELD_BOOL || field->type == FIELD_TIME || field->type == FIELD_ID;
}

/* Sizes from the largest on, times and words from the first. */
static int read_order(struct flows_rows *rows, const char *sort, struct err *err)
{
	bool is_turned = sort[0] == '-';

	sort += is_turned;
	rows->sort = find_field(sort, strlen(sort), "sort", err);
	if (!rows->sort) {
		return -EINVAL;
	}
	rows->is_ascending = !sorts_by_number(rows->sort) || rows->sort->type == FIELD_TIME;
	rows->is_ascending ^= is_turned;
	return 0;
}

int flows_rows_create(
	struct flows_rows **rows, const struct flows_rows_options *options, struct err *err)
{
	struct flows_rows *made = calloc(1, sizeof(*made));
	int status = made ? 0 : err_set(err, ENOMEM, "out of memory");

	*rows = made;
	if (status < 0) {
		return status;
	}
	text_init_heap(&made->line);
	made->pivots = options->pivots;
	if (options->pivots) {
		use_columns(made, pivot_columns, sizeof(pivot_columns) / sizeof(pivot_columns[0]));
	} else if (options->columns) {
		status = read_columns(made, options->columns, err);
	}
	return status == 0 && options->sort ? read_order(made, options->sort, err) : status;
}

void flows_rows_destroy(struct flows_rows *rows)
{
	if (!rows) {
		return;
	}
	for (size_t i = 0; i < rows->kept_count; i++) {
		free(rows->kept[i].text);
	}
	free(rows->kept);
	text_deinit(&rows->line);
	free(rows);
}

void flows_rows_asks(const struct flows_rows *rows, struct field_set *set)
{
	if (rows->count == 0) {
		*set = FIELD_SET_ALL;
	}
	for (unsigned i = 0; i < rows->count; i++) {
		if (rows->columns[i].field) {
			field_set_add(set, rows->columns[i].field);
		} else {
			*set = FIELD_SET_ALL;
		}
	}
	if (rows->sort) {
		field_set_add(set, rows->sort);
	}
}

static void put_cell(struct text *text, const struct column *column, const struct field_view *view)
{
	if (column->put) {
		column->put(text, view);
	} else {
		field_put(text, column->field, view);
	}
}

static bool is_json_number(const struct column *column)
{
	return column->field &&
	       (column->field->type == FIELD_NUMBER || column->field->type == FIELD_BOOL);
}

static void put_json_row(
	const struct flows_rows *rows, struct text *text, const struct field_view *view)
{
	char memory[CELL_BYTES];
	struct text cell;
	bool is_first = true;

	text_put_char(text, '{');
	for (unsigned i = 0; i < rows->count; i++) {
		text_init(&cell, memory, sizeof(memory));
		put_cell(&cell, &rows->columns[i], view);
		if (cell.length == 0) {
			continue;
		}
		text_printf(text, "%s\"%s\":", is_first ? "" : ",", rows->columns[i].name);
		is_first = false;
		if (is_json_number(&rows->columns[i])) {
			text_put(text, memory);
		} else {
			text_put_char(text, '"');
			text_put_json(text, memory, cell.length);
			text_put_char(text, '"');
		}
	}
	text_put(text, "}\n");
}

static void put_csv_row(
	const struct flows_rows *rows, struct text *text, const struct field_view *view)
{
	char memory[CELL_BYTES];
	struct text cell;

	for (unsigned i = 0; i < rows->count; i++) {
		text_init(&cell, memory, sizeof(memory));
		put_cell(&cell, &rows->columns[i], view);
		text_put(text, i > 0 ? "," : "");
		text_put_csv(text, memory, cell.length);
	}
	text_put(text, "\r\n");
}

/* In a table a time goes by the question's clock; elsewhere it is UTC. */
static bool put_local_time(
	struct text *text, const struct column *column, const struct field_view *view)
{
	char time[LOCAL_TEXT_LENGTH + 1];
	struct field_value value;

	if (!column->field || column->field->type != FIELD_TIME ||
		!field_get_asked(column->field, view, &value)) {
		return false;
	}
	local_format(view->zone, value.number, time);
	text_printf(text, "%.*s", TABLE_TIME_LENGTH, time);
	return true;
}

/* Cells with CELL_END behind each. */
static void put_table_cells(
	const struct flows_rows *rows, struct text *text, const struct field_view *view)
{
	char memory[CELL_BYTES];
	struct text cell;

	for (unsigned i = 0; i < rows->count; i++) {
		text_init(&cell, memory, sizeof(memory));
		if (!put_local_time(&cell, &rows->columns[i], view)) {
			put_cell(&cell, &rows->columns[i], view);
		}
		for (size_t at = 0; at < cell.length; at++) {
			text_put_char(text, memory[at] == CELL_END ? ' ' : memory[at]);
		}
		text_put_char(text, CELL_END);
	}
}

/* A block a flow: the name of each column and what it says. */
static void put_block(
	const struct flows_rows *rows, struct text *text, const struct field_view *view)
{
	char memory[CELL_BYTES];
	struct text cell;

	for (unsigned i = 0; i < rows->count; i++) {
		const char *dot = strrchr(rows->columns[i].name, '.');
		const char *name = dot ? dot + 1 : rows->columns[i].name;
		text_init(&cell, memory, sizeof(memory));
		put_cell(&cell, &rows->columns[i], view);
		if (cell.length > 0) {
			text_printf(text, "%-16s", i == 0 ? "flow" : name);
			text_put_terminal(text, memory, cell.length);
			text_put_char(text, '\n');
		}
	}
	text_put_char(text, '\n');
}

static void render(struct flows_rows *rows, struct flows_answer *answer,
	const struct field_view *view, struct text *text)
{
	if (answer->form == FORM_NDJSON && rows->count == 0) {
		record_json_put(answer->plan, text, view);
		text_put_char(text, '\n');
	} else if (answer->form == FORM_CSV && rows->count == 0) {
		record_csv_put(text, view);
	} else if (answer->form == FORM_NDJSON) {
		put_json_row(rows, text, view);
	} else if (answer->form == FORM_CSV) {
		put_csv_row(rows, text, view);
	} else if (rows->pivots) {
		put_block(rows, text, view);
	} else {
		put_table_cells(rows, text, view);
	}
}

/* Numbers stand right; times say whose clock they go by. */
static const char *heading_of(const struct column *column, const struct flows_answer *answer,
	char memory[FLOWS_HEADING_BYTES])
{
	const struct field *field = column->field;

	if (column->put == put_when || (field && field->type == FIELD_TIME)) {
		flows_put_clock(
			memory, field && field->alias ? field->alias : column->name, answer);
		return memory;
	}
	if (column->heading || !field) {
		return column->heading ? column->heading : column->name;
	}
	snprintf(memory, FLOWS_HEADING_BYTES, "%s%s", field->type == FIELD_NUMBER ? ">" : "",
		field->alias ? field->alias : field->path);
	return memory;
}

int flows_rows_begin(struct flows_rows *rows, struct flows_answer *answer, struct err *err)
{
	const char *headings[FLOWS_COLUMNS_MAX + 1] = { NULL };
	char memory[FLOWS_COLUMNS_MAX][FLOWS_HEADING_BYTES];

	if (answer->form == FORM_TABLE && rows->count == 0) {
		use_columns(rows, usual_columns, sizeof(usual_columns) / sizeof(usual_columns[0]));
	}
	for (unsigned i = 0; i < rows->count; i++) {
		const char *name = rows->columns[i].name;
		headings[i] = heading_of(&rows->columns[i], answer, memory[i]);
		if (answer->form == FORM_CSV) {
			text_printf(&answer->text, "%s%s", i > 0 ? "," : "", name);
		}
	}
	if (answer->form == FORM_CSV && rows->count > 0) {
		text_put(&answer->text, "\r\n");
	} else if (answer->form == FORM_CSV) {
		record_csv_put_header(&answer->text);
	}
	if (answer->form == FORM_TABLE && !rows->pivots && !table_init(&answer->table, headings)) {
		return err_set(err, ENOMEM, "out of memory");
	}
	return 0;
}

static void put_row(const struct flows_rows *rows, struct flows_answer *answer, const char *row)
{
	char cell[CELL_BYTES];

	if (answer->form != FORM_TABLE || rows->pivots) {
		text_put(&answer->text, row);
		return;
	}
	table_row(&answer->table);
	for (unsigned i = 0; i < rows->count; i++) {
		size_t length = strcspn(row, (const char[]){ CELL_END, '\0' });
		snprintf(cell, sizeof(cell), "%.*s", (int)length, row);
		(rows->columns[i].cell ? rows->columns[i].cell : table_cell_escaped)(
			&answer->table, i, cell);
		row += length + (row[length] != '\0');
	}
}

/* qsort() has no context, so that rows bear the direction in their keys: see note_key(). */
static int by_key(const void *a, const void *b)
{
	const struct row *left = a, *right = b;

	if (left->number != right->number) {
		return left->number < right->number ? -1 : 1;
	}
	int words = strcmp(left->word, right->word);
	return words ? words : left->came < right->came ? -1 : 1;
}

/* Descending order is ascending order of the complement. */
static void note_key(struct flows_rows *rows, struct row *row, const struct field_view *view)
{
	struct field_value value;
	struct text text;

	row->came = rows->came++;
	row->number = 0;
	text_init(&text, row->word, sizeof(row->word));
	if (!field_get_asked(rows->sort, view, &value)) {
		row->number = UINT64_MAX; /* what has none comes last */
		return;
	}
	if (sorts_by_number(rows->sort)) {
		row->number = rows->is_ascending ? value.number : ~value.number;
		return;
	}
	field_put_text(&text, rows->sort, &value);
	for (char *at = row->word; !rows->is_ascending && *at; at++) {
		*at = (char)~(unsigned char)*at;
	}
}

static void forget_after(struct flows_rows *rows, size_t count)
{
	while (rows->kept_count > count) {
		free(rows->kept[--rows->kept_count].text);
	}
}

/* Room for one more row; with a limit what cannot be among the first is dropped. */
static int make_room(struct flows_rows *rows, uint64_t limit, struct err *err)
{
	if (limit > 0 && limit < FLOWS_ROWS_MAX / 2 && rows->kept_count >= 2 * limit) {
		qsort(rows->kept, rows->kept_count, sizeof(*rows->kept), by_key);
		forget_after(rows, limit);
	}
	if (rows->kept_count == FLOWS_ROWS_MAX) {
		return err_set(err, E2BIG,
			"more than %d records to be sorted: ask for the first of them (--limit)",
			FLOWS_ROWS_MAX);
	}
	if (rows->kept_count == rows->kept_room) {
		size_t room = rows->kept_room ? rows->kept_room * 2 : 256;
		struct row *more = realloc(rows->kept, room * sizeof(*more));
		if (!more) {
			return err_set(err, ENOMEM, "out of memory");
		}
		rows->kept = more;
		rows->kept_room = room;
	}
	return 0;
}

int flows_rows_take(struct flows_rows *rows, struct flows_answer *answer,
	const struct field_view *view, struct err *err)
{
	const uint64_t limit = answer->settings->limit;

	text_clear(&rows->line);
	render(rows, answer, view, &rows->line);
	answer->printed++;
	if (!rows->sort) {
		put_row(rows, answer, rows->line.at);
		answer->is_full = limit && answer->printed >= limit;
		return flows_write_out(answer, OUT_FILE_BUFFER_BYTES, err);
	}
	int status = make_room(rows, limit, err);
	if (status == 0) {
		struct row *row = &rows->kept[rows->kept_count];
		note_key(rows, row, view);
		row->text = strdup(rows->line.at);
		status = row->text ? 0 : err_set(err, ENOMEM, "out of memory");
		rows->kept_count += status == 0;
	}
	return status;
}

int flows_rows_end(struct flows_rows *rows, struct flows_answer *answer, struct err *err)
{
	const uint64_t limit = answer->settings->limit;
	int status = 0;

	if (rows->kept_count > 0) {
		qsort(rows->kept, rows->kept_count, sizeof(*rows->kept), by_key);
	}
	answer->is_full |= limit && rows->kept_count > limit;
	for (size_t i = 0; i < rows->kept_count && (!limit || i < limit) && status == 0; i++) {
		put_row(rows, answer, rows->kept[i].text);
		status = flows_write_out(answer, OUT_FILE_BUFFER_BYTES, err);
	}
	if (rows->sort && limit && rows->kept_count > limit) {
		answer->printed = limit;
	}
	return status == 0 ? flows_write_out(answer, 0, err) : status;
}
