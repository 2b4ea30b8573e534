/* Cells, headings and paragraphs of the summary in the reader's language. */
#include <inttypes.h>
#include <stdio.h>

#include "base/wrap.h"
#include "dashboards/report/summary_page.h"

const char *summary_count(
	const struct summary_page *page, struct summary_piece *piece, uint64_t number)
{
	struct text text;

	text_init(&text, piece->memory, sizeof(piece->memory));
	messages_put_count(page->messages, &text, number);
	return piece->memory;
}

const char *summary_size(
	const struct summary_page *page, struct summary_piece *piece, uint64_t bytes)
{
	struct text text;

	text_init(&text, piece->memory, sizeof(piece->memory));
	messages_put_size(page->messages, &text, bytes);
	return piece->memory;
}

const char *summary_percent(
	const struct summary_page *page, struct summary_piece *piece, uint64_t part, uint64_t whole)
{
	struct text text;

	text_init(&text, piece->memory, sizeof(piece->memory));
	messages_put_percent(page->messages, &text, part, whole);
	return piece->memory;
}

const char *summary_word(const struct summary_page *page, const char *key)
{
	return messages_get(page->messages, key);
}

void summary_put_heading(const struct summary_page *page, const char *key)
{
	fprintf(page->out, page->style->color ? "\n\x1b[1m%s\x1b[0m  %s\n" : "\n%s  %s\n",
		summary_word(page, key), messages_get2(page->messages, key, "says"));
}

void summary_put_heading_with(
	const struct summary_page *page, const char *key, const char *name, const char *value)
{
	char says[64];
	struct text text;

	snprintf(says, sizeof(says), "%s_says", key);
	text_init_heap(&text);
	messages_put(page->messages, &text, says, name, value, NULL);
	fprintf(page->out, page->style->color ? "\n\x1b[1m%s\x1b[0m  %s\n" : "\n%s  %s\n",
		summary_word(page, key), text.at ? text.at : "");
	text_deinit(&text);
}

void summary_put_paragraph(const struct summary_page *page, struct text *text)
{
	wrap_put(page->out, text->at ? text->at : "", 0, 0, page->style->width);
	text_deinit(text);
}

bool summary_table_init(
	const struct summary_page *page, struct table *table, const char *const *columns)
{
	char memory[TABLE_COLUMNS_MAX][TABLE_CELL_MAX];
	const char *headings[TABLE_COLUMNS_MAX + 1] = { NULL };

	for (unsigned i = 0; i < TABLE_COLUMNS_MAX && columns[i]; i++) {
		bool is_number = columns[i][0] == '>';
		snprintf(memory[i], sizeof(memory[i]), "%s%s", is_number ? ">" : "",
			messages_get2(page->messages, "head", columns[i] + is_number));
		headings[i] = memory[i];
	}
	return table_init(table, headings);
}

void summary_table_put(const struct summary_page *page, struct table *table)
{
	table_put(table, page->out, page->style->width, page->style->color, page->style->utf8);
	table_deinit(table);
}

void summary_cell_size(
	const struct summary_page *page, struct table *table, unsigned column, uint64_t bytes)
{
	struct summary_piece piece;

	table_cell(table, column, "%s", summary_size(page, &piece, bytes));
}

void summary_cell_way(const struct summary_page *page, struct table *table, unsigned column,
	uint64_t bytes, enum cell_way way)
{
	struct summary_piece piece;

	if (way == CELL_WAY_UNKNOWN) {
		table_cell(table, column, "%s", summary_word(page, "unknown"));
	} else {
		table_cell(table, column, "%s%s", way == CELL_WAY_AT_LEAST ? ">=" : "",
			summary_size(page, &piece, bytes));
	}
}

void summary_cell_count(
	const struct summary_page *page, struct table *table, unsigned column, uint64_t number)
{
	struct summary_piece piece;

	table_cell(table, column, "%s", summary_count(page, &piece, number));
}

void summary_cell_devices(const struct summary_page *page, struct table *table, unsigned column,
	const struct overview_row *row)
{
	struct summary_piece piece;

	if (report_model_shows_count(page->model, row)) {
		table_cell(table, column, "%s%s",
			row->devices_estimated  ? "~"
			: row->devices_at_least ? ">="
						: "",
			summary_count(page, &piece, row->devices));
	} else {
		table_cell(table, column, "<%u", page->model->group_minimum);
	}
}

void summary_cell_percent(const struct summary_page *page, struct table *table, unsigned column,
	uint64_t part, uint64_t whole)
{
	struct summary_piece piece;

	table_cell(table, column, "%s", whole ? summary_percent(page, &piece, part, whole) : "-");
}

const char *summary_country(const struct summary_page *page, const char *code)
{
	return code[0] ? report_model_country(
				 page->model, code, messages_geo_language(page->messages))
		       : summary_word(page, "unknown");
}

void summary_put_more_json(const struct summary_page *page, uint64_t count)
{
	struct summary_piece number;
	struct text text;

	text_init_heap(&text);
	messages_put(page->messages, &text, "summary_more_json", "count",
		summary_count(page, &number, count), NULL);
	summary_put_paragraph(page, &text);
}
