#include "dashboards/report/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { COLUMN_GAP = 2, COLUMN_WIDTH_LEAST = 8 };

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

/* Columns that a UTF-8 text takes (one a character: our texts are Latin). */
static size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++) {
		width += ((unsigned char)*text & 0xc0) != 0x80;
	}
	return width;
}

/* The widest column of text; TABLE_COLUMNS_MAX where none can give way any more. */
static unsigned widest_text_column(
	const struct table *table, const size_t widths[TABLE_COLUMNS_MAX])
{
	unsigned widest = TABLE_COLUMNS_MAX;

	for (unsigned column = 0; column < table->columns; column++) {
		if (!table->right[column] && widths[column] > COLUMN_WIDTH_LEAST &&
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
			size_t cell = text_width(table->cells[row][column]);
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

/* The cell in exactly width columns; what does not fit ends in an ellipsis. */
static void put_cell(FILE *out, const char *cell, size_t width, bool right, bool utf8)
{
	size_t shown = text_width(cell);

	if (right && shown < width) {
		fprintf(out, "%*s", (int)(width - shown), "");
	}
	if (shown <= width) {
		fputs(cell, out);
	} else {
		size_t room = width - (utf8 ? 1 : 2);
		while (room > 0) {
			size_t length = text_utf8_length(cell, strlen(cell));
			length = length ? length : 1;
			fwrite(cell, 1, length, out);
			cell += length;
			room--;
		}
		fputs(utf8 ? "\xe2\x80\xa6" : "..", out);
	}
	if (!right && shown < width) {
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
			bool last = column + 1 == table->columns;
			if (column > 0) {
				fprintf(out, "%*s", COLUMN_GAP, "");
			}
			/* No blanks at the end of a line. */
			if (last && !table->right[column]) {
				put_cell(out, table->cells[row][column],
					text_width(table->cells[row][column]) < widths[column]
						? text_width(table->cells[row][column])
						: widths[column],
					false, utf8);
			} else {
				put_cell(out, table->cells[row][column], widths[column],
					table->right[column], utf8);
			}
		}
		fputs(styled ? "\x1b[0m\n" : "\n", out);
	}
}
