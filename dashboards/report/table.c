#include "dashboards/report/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { COLUMN_GAP = 2, COLUMN_WIDTH_LEAST = 4, BEFORE_END_LEAST = 8 };

bool table_init(struct table *table, const char *const *headings)
{
	*table = (struct table){ 0 };
	table->cells = calloc(TABLE_ROWS_MAX, sizeof(*table->cells));
	if (!table->cells) {
		return false;
	}
	for (; headings[table->columns]; table->columns++) {
		const char *heading = headings[table->columns];
		table->right[table->columns] = *heading == '>';
		table_cell(table, table->columns, "%s", heading + (*heading == '>'));
	}
	return true;
}

void table_deinit(struct table *table)
{
	free(table->cells);
	table->cells = NULL;
}

void table_row(struct table *table)
{
	if (table->rows + 1 < TABLE_ROWS_MAX) {
		table->rows++;
	}
}

void table_cell(struct table *table, unsigned column, const char *format, ...)
{
	va_list arguments;

	if (!table->cells) {
		return;
	}
	va_start(arguments, format);
	vsnprintf(table->cells[table->rows][column], TABLE_CELL_MAX, format, arguments);
	va_end(arguments);
}

void table_cell_escaped(struct table *table, unsigned column, const char *string)
{
	char memory[TABLE_CELL_MAX];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	text_put_terminal(&text, string, strlen(string));
	table_cell(table, column, "%s", memory);
}

void table_cell_end(struct table *table, unsigned column, const char *end)
{
	size_t columns = text_columns(end);

	if (!table->cells) {
		return;
	}
	char *cell = table->cells[table->rows][column];
	size_t length = strlen(cell);
	snprintf(cell + length, TABLE_CELL_MAX - length, "%s", end);
	unsigned *least = length > 0 ? &table->end_columns[column] : &table->whole_columns[column];
	table->keeps_end[table->rows][column] = length > 0;
	if (columns > *least) {
		*least = (unsigned)columns;
	}
}

void table_cell_size(struct table *table, unsigned column, uint64_t bytes)
{
	char memory[32];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	text_put_size(&text, bytes);
	table_cell(table, column, "%s", memory);
}

void table_cell_count(struct table *table, unsigned column, uint64_t number)
{
	char memory[32];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	text_put_grouped(&text, number, ",");
	table_cell(table, column, "%s", memory);
}

/* The widest column of text; TABLE_COLUMNS_MAX where none can give way any more. */
static unsigned widest_text_column(
	const struct table *table, const size_t widths[TABLE_COLUMNS_MAX])
{
	unsigned widest = TABLE_COLUMNS_MAX;

	for (unsigned column = 0; column < table->columns; column++) {
		size_t end = table->end_columns[column];
		size_t least = end ? end + BEFORE_END_LEAST : COLUMN_WIDTH_LEAST;
		least = table->whole_columns[column] > least ? table->whole_columns[column] : least;
		if (!table->right[column] && widths[column] > least &&
			(widest == TABLE_COLUMNS_MAX || widths[column] > widths[widest])) {
			widest = column;
		}
	}
	return widest;
}

/* Columns as wide as what stands in them; where that is too much, the widest text
 * gives way first. */
static void measure(const struct table *table, unsigned width, size_t widths[TABLE_COLUMNS_MAX])
{
	size_t all = 0;

	for (unsigned column = 0; column < table->columns; column++) {
		widths[column] = 0;
		for (unsigned row = 0; row <= table->rows; row++) {
			size_t cell = text_columns(table->cells[row][column]);
			widths[column] = cell > widths[column] ? cell : widths[column];
		}
		all += widths[column] + (column > 0 ? COLUMN_GAP : 0);
	}
	while (all > width) {
		unsigned widest = widest_text_column(table, widths);
		if (widest == TABLE_COLUMNS_MAX) {
			return;
		}
		widths[widest]--;
		all--;
	}
}

/* So many columns of a text; what comes after them. */
static const char *put_columns(FILE *out, const char *text, size_t columns)
{
	for (; columns > 0 && *text; columns--) {
		size_t length = text_utf8_length(text, strlen(text));
		length = length ? length : 1;
		fwrite(text, 1, length, out);
		text += length;
	}
	return text;
}

/* What does not fit gives way to an ellipsis, before the end that is kept. */
static void put_cut(FILE *out, const char *cell, size_t width, size_t end_columns, bool utf8)
{
	size_t dots = utf8 ? 1 : 2, all = text_columns(cell);
	size_t kept = end_columns + dots < width ? end_columns : 0;
	const char *end = cell;

	for (size_t column = 0; column < all - kept; column++) {
		size_t length = text_utf8_length(end, strlen(end));
		end += length ? length : 1;
	}
	put_columns(out, cell, width - kept - dots);
	fputs(utf8 ? "\xe2\x80\xa6" : "..", out);
	fputs(end, out);
}

/* A cell in exactly width columns. */
static void put_cell(const struct table *table, FILE *out, unsigned row, unsigned column,
	size_t width, bool utf8)
{
	const char *cell = table->cells[row][column];
	size_t shown = text_columns(cell),
	       end_columns = table->keeps_end[row][column] ? table->end_columns[column] : 0;
	bool right = table->right[column];

	if (right && shown < width) {
		fprintf(out, "%*s", (int)(width - shown), "");
	}
	if (shown <= width) {
		fputs(cell, out);
	} else {
		put_cut(out, cell, width, end_columns, utf8);
	}
	/* No blanks at the end of a line. */
	if (!right && shown < width && column + 1 < table->columns) {
		fprintf(out, "%*s", (int)(width - shown), "");
	}
}

void table_put(const struct table *table, FILE *out, unsigned width, bool color, bool utf8)
{
	size_t widths[TABLE_COLUMNS_MAX];

	if (!table->cells) {
		return;
	}
	measure(table, width, widths);
	for (unsigned row = 0; row <= table->rows; row++) {
		bool styled = color && (row == 0 || table->bold[row]);
		if (styled) {
			fputs(row == 0 ? "\x1b[2m" : "\x1b[1m", out);
		}
		for (unsigned column = 0; column < table->columns; column++) {
			if (column > 0) {
				fprintf(out, "%*s", COLUMN_GAP, "");
			}
			put_cell(table, out, row, column, widths[column], utf8);
		}
		fputs(styled ? "\x1b[0m\n" : "\n", out);
	}
}
