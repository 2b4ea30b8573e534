/* A table as rows of cells. Of a long one the first rows are shown, and one row for all others: the
 * page stays small, and the files beside it have every row. */
#include <string.h>

#include "dashboards/report/html_page.h"
#include "dashboards/report/report_value.h"

enum { ROWS_SHOWN = LISTING_ROWS_MAX, CELL_BYTES_MAX = 600, SHORT_ROWS = 8 };
enum { WORD_BYTES = 24, ID_WHOLE_BYTES = 16, COMMAND_COLUMNS = 80 };

static void put_head(struct html_page *page, const struct report_table *table)
{
	/* Where it is wider than the screen it scrolls, by keyboard as well. */
	text_put(page->out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
	html_put_escaped(page, messages_get2(page->messages, "table", table->type->id));
	text_put(page->out, table->count <= SHORT_ROWS ? "\"><table class=\"short\">\n<caption>"
						       : "\"><table>\n<caption>");
	html_put_escaped(page, messages_get2(page->messages, "table", table->type->id));
	text_put(page->out, "</caption>\n<thead><tr>");
	for (unsigned i = 0; i < table->column_count; i++) {
		struct report_column column = report_column(table->type, i);
		if (!column.is_for_files) {
			text_put(page->out, column.is_number ? "<th scope=\"col\" class=\"n\">"
							     : "<th scope=\"col\">");
			html_put_escaped(page, messages_get2(page->messages, "column", column.key));
			text_put(page->out, "</th>");
		}
	}
	text_put(page->out, "</tr></thead>\n<tbody>\n");
}

static void put_value(struct html_page *page, const struct report_value *value)
{
	struct text plain;

	text_init_heap(&plain);
	report_value_put(&plain, value, page->model, page->messages);
	const char *at = plain.at ? plain.at : "";
	size_t length = strlen(at);
	if (length > CELL_BYTES_MAX) {
		length = CELL_BYTES_MAX;
		while (length > 0 && (at[length] & 0xc0) == 0x80) {
			length--; /* not within a character */
		}
	}
	text_put_html(page->out, at, length);
	text_put(page->out, at[0] && at[length] ? "\xe2\x80\xa6" : "");
	text_deinit(&plain);
}

/* A word, and what belongs to it: an option with its values, up to the next option or quoted text.
 */
static size_t group_length(const char *command)
{
	bool is_quoted = false;
	size_t length = 0;

	for (; command[length]; length++) {
		is_quoted ^= command[length] == '\'';
		bool starts_next = command[length] == ' ' &&
				   (command[length + 1] == '-' || command[length + 1] == '\'');
		if (starts_next && !is_quoted) {
			break;
		}
	}
	return length;
}

/* In lines that a shell reads as one, so that whoever copies it from paper or screen has what to
 * type. */
static void put_command(struct html_page *page, const char *command)
{
	size_t column = 0;

	while (*command) {
		size_t length = group_length(command);
		const char *next = command + length + (command[length] == ' ');
		bool is_whole = length <= COMMAND_COLUMNS;
		column += length + 1;
		bool is_end = *next && column + group_length(next) > COMMAND_COLUMNS;
		text_put(page->out, is_whole ? "<span>" : "");
		text_put_html(page->out, command, length);
		text_put(page->out, is_end ? " \\" : "");
		text_put(page->out, is_whole ? "</span>" : "");
		text_put(page->out, is_end ? "<br>" : *next ? " " : "");
		column = is_end ? 0 : column;
		command = next;
	}
}

static bool is_zone(const struct report_value *value)
{
	return value->kind == VALUE_WORD && strcmp(value->prefix, "zone") == 0;
}

/* The state of a service, the id of a rule: in narrow columns, and soon read where it is whole. */
static bool is_short_word(const struct report_value *value)
{
	bool is_state = value->kind == VALUE_WORD && strcmp(value->prefix, "state_of") == 0;

	return is_state || (value->kind == VALUE_TEXT && strlen(value->text) <= ID_WHOLE_BYTES &&
				   !strchr(value->text, ' '));
}

static size_t longest_word(const char *text)
{
	size_t longest = 0;

	for (const char *word = text; *word; word += strspn(word, " ")) {
		size_t length = strcspn(word, " ");
		longest = length > longest ? length : longest;
		word += length;
	}
	return longest;
}

static void put_cell(struct html_page *page, const struct report_column *column,
	const struct report_value *value)
{
	char code[3] = "";

	if (value->kind == VALUE_COUNTRY) {
		cell_country_name(value->items[0], code);
	}
	text_put(page->out, "<td");
	if (column->is_number) {
		text_put(page->out, " class=\"n\"");
	} else if (strcmp(column->key, "digest") == 0 || strcmp(column->key, "command") == 0) {
		text_printf(page->out, " class=\"code %s\"", column->key);
	} else if (value->kind >= VALUE_DATE && value->kind <= VALUE_MONTH &&
		   !report_value_has_time(value, page->model)) {
		text_put(page->out, " class=\"date\"");
	} else if (report_is_others(value) || is_short_word(value)) {
		text_put(page->out, " class=\"part\"");
	} else if (value->kind == VALUE_TEXT && longest_word(value->text) > WORD_BYTES) {
		text_put(page->out, " class=\"text\""); /* may break anywhere */
	}
	if (code[0] >= 'A') {
		text_printf(page->out, " title=\"%s\"", code);
	}
	text_put(page->out, ">");
	if (is_zone(value)) {
		text_printf(page->out, "<span class=\"chip zone-%s\"></span>\xc2\xa0", value->text);
	}
	if (value->kind == VALUE_TEXT && strcmp(column->key, "command") == 0) {
		put_command(page, value->text);
	} else {
		put_value(page, value);
	}
	text_put(page->out, "</td>");
}

static void put_row(
	struct html_page *page, const struct report_table *table, const struct report_row *row)
{
	static const char *const starts[] = {
		[ROW_PLAIN] = "<tr>",
		[ROW_MARKED] = "<tr class=\"denied\">",
		[ROW_SUM] = "<tr class=\"sum\">",
	};

	text_put(page->out, starts[row->kind]);
	for (unsigned i = 0; i < table->column_count; i++) {
		struct report_column column = report_column(table->type, i);
		if (!column.is_for_files) {
			put_cell(page, &column, &row->values[i]);
		}
	}
	text_put(page->out, "</tr>\n");
}

/* Bytes and counts add; shares and devices do not. */
static void add_row(struct report_row *sum, const struct report_row *row, unsigned columns)
{
	for (unsigned i = 0; i < columns; i++) {
		struct report_value *value = &sum->values[i];
		uint8_t kind = row->values[i].kind;
		if (kind == VALUE_BYTES || kind == VALUE_COUNT || kind == VALUE_HIDDEN) {
			value->kind = value->kind == VALUE_HIDDEN ? VALUE_HIDDEN : kind;
			value->number += row->values[i].number;
		}
	}
}

/* What is left out is said, never dropped in silence. */
static void put_others(struct html_page *page, const struct report_table *table,
	const struct report_row *sum, size_t count)
{
	struct html_piece number, sentence;
	bool is_first = true;

	messages_put(page->messages, html_piece_start(&sentence), "row_others_in_file", "count",
		html_count(page, &number, count), "file", table->type->id, NULL);
	text_put(page->out, "<tr class=\"others\">");
	for (unsigned i = 0; i < table->column_count; i++) {
		struct report_column column = report_column(table->type, i);
		if (is_first) {
			text_put(page->out, "<td>");
			html_put_escaped(page, sentence.memory);
			text_put(page->out, "</td>");
			is_first = false;
		} else if (!column.is_for_files) {
			put_cell(page, &column, &sum->values[i]);
		}
	}
	text_put(page->out, "</tr>\n");
}

size_t html_put_table(struct html_page *page, const struct report_table *table)
{
	struct report_row others = { .kind = ROW_PLAIN };
	size_t shown = 0, left_out = 0;

	if (table->count == 0) {
		return 0;
	}
	put_head(page, table);
	for (size_t i = 0; i < table->count; i++) {
		const struct report_row *row = &table->rows[i];
		if (row->kind == ROW_SUM) {
			continue;
		}
		if (shown < ROWS_SHOWN) {
			put_row(page, table, row);
			shown++;
		} else {
			add_row(&others, row, table->column_count);
			left_out++;
		}
	}
	if (left_out > 0) {
		put_others(page, table, &others, left_out);
	}
	for (size_t i = 0; i < table->count; i++) {
		if (table->rows[i].kind == ROW_SUM) {
			put_row(page, table, &table->rows[i]);
		}
	}
	text_put(page->out, "</tbody></table></div>\n");
	return table->count;
}
