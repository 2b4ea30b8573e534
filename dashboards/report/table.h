/* Tables on the terminal: aligned columns without frames, made to fit a width.
 *
 * Cells are gathered first, so that columns become as wide as what stands in them; where the table
 * would be too wide, the widest columns of text are cut. Numbers stand right, text left. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { TABLE_COLUMNS_MAX = 12, TABLE_ROWS_MAX = 400, TABLE_CELL_MAX = 96 };

struct table {
	unsigned columns, rows;
	bool right[TABLE_COLUMNS_MAX];
	char (*cells)[TABLE_COLUMNS_MAX][TABLE_CELL_MAX]; /* row 0 is the heading */
	bool bold[TABLE_ROWS_MAX];
	bool keeps_end[TABLE_ROWS_MAX][TABLE_COLUMNS_MAX];
	unsigned end_columns[TABLE_COLUMNS_MAX];   /* of the longest such end */
	unsigned whole_columns[TABLE_COLUMNS_MAX]; /* of the longest cell that is all end */
};

/* headings: ended by NULL; one that starts with '>' is a column of numbers. False where memory is
 * out; table_put() then prints nothing. */
bool table_init(struct table *table, const char *const *headings);
void table_deinit(struct table *table);

/* Starts a row; then one cell after the other. Rows past the last possible one are dropped. */
void table_row(struct table *table);
void table_cell(struct table *table, unsigned column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Text that is not ours: what would move the cursor is made visible. */
void table_cell_escaped(struct table *table, unsigned column, const char *string);
/* Adds to the cell a word that is never cut: what gives way stands before it. One such word a
 * column. */
void table_cell_end(struct table *table, unsigned column, const char *end);
void table_cell_size(struct table *table, unsigned column, uint64_t bytes);
void table_cell_count(struct table *table, unsigned column, uint64_t number);

void table_put(const struct table *table, FILE *out, unsigned width, bool color, bool utf8);
