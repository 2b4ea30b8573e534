#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/columns.h"

void columns_init(struct columns *columns)
{
	*columns = (struct columns){ .rows = 0 };
}

void columns_deinit(struct columns *columns)
{
	free(columns->numbers);
}

static bool read_number(struct cbor_reader *reader, uint64_t most, uint64_t *number)
{
	struct cbor_item item = cbor_reader_next(reader);

	*number = item.number;
	return item.kind == CBOR_ITEM_NUMBER && item.number <= most;
}

/* A line of the directory; what stands for it in the data is cut off there. */
static bool read_column(
	struct column *column, struct cbor_reader *directory, struct reader *data, uint32_t rows)
{
	struct cbor_item line = cbor_reader_next(directory);
	uint64_t key, planes = 0, form = COLUMN_PLAIN, entries = 0, entry_bytes = 0;

	if (line.kind != CBOR_ITEM_ARRAY ||
		(line.number != 2 && line.number != 4 && line.number != 6) ||
		!read_number(directory, UINT32_MAX, &key) ||
		!read_number(directory, UINT64_MAX, &column->least)) {
		return false;
	}
	if (line.number >= 4 && (!read_number(directory, COLUMN_PLANES_MAX, &planes) ||
					!read_number(directory, COLUMN_BESIDE, &form))) {
		return false;
	}
	/* An entry has a byte at least. */
	if (line.number >= 6 && (!read_number(directory, COLUMNS_ROWS_MAX, &entries) ||
					!read_number(directory, reader_left(data), &entry_bytes) ||
					entries > entry_bytes)) {
		return false;
	}
	column->key = (uint32_t)key;
	column->plane_count = (uint32_t)planes;
	column->form = (enum column_form)form;
	column->entry_count = (uint32_t)entries;
	column->entries = cbor_reader_over(reader_bytes(data, entry_bytes), entry_bytes);
	column->planes = reader_bytes(data, planes * rows);
	column->numbers = NULL;
	return reader_ok(data);
}

static void read_planes(const struct column *column, uint32_t rows, uint32_t first, uint32_t count,
	uint64_t *restrict numbers)
{
	const uint64_t least = column->least;

	for (uint32_t i = 0; i < count; i++) {
		numbers[i] = least;
	}
	for (uint32_t plane = 0; plane < column->plane_count; plane++) {
		const uint8_t *restrict at = column->planes + (size_t)plane * rows + first;
		for (uint32_t i = 0; i < count; i++) {
			numbers[i] += (uint64_t)at[i] << 8 * plane;
		}
	}
}

/* before: NULL where the column is the first. */
static bool add_up(
	const struct columns *columns, struct column *column, const struct column *before)
{
	uint32_t rows = columns->rows;
	uint64_t last = 0;

	if (column->form == COLUMN_BESIDE && !before) {
		return false;
	}
	read_planes(column, rows, 0, rows, column->numbers);
	for (uint32_t first = 0; first < rows; first += COLUMN_BATCH_MAX) {
		uint32_t count = rows - first < COLUMN_BATCH_MAX ? rows - first : COLUMN_BATCH_MAX;
		uint64_t *numbers = column->numbers + first, beside[COLUMN_BATCH_MAX];
		if (column->form == COLUMN_BESIDE) {
			column_numbers(columns, before, first, count, beside);
		}
		for (uint32_t i = 0; i < count; i++) {
			last = column_add_step(
				column->form == COLUMN_BESIDE ? beside[i] : last, numbers[i]);
			numbers[i] = last;
		}
	}
	return true;
}

static bool adds_up(const struct column *column)
{
	return column->is_wanted && column->form != COLUMN_PLAIN;
}

/* What stands beside a column is wanted with it. */
static void note_wanted(struct columns *columns, const struct field_set *wanted)
{
	bool is_beside = false;

	for (uint32_t i = columns->count; i-- > 0;) {
		struct column *column = &columns->columns[i];
		column->is_wanted = is_beside || !wanted || field_set_has(wanted, column->key);
		is_beside = column->is_wanted && column->form == COLUMN_BESIDE;
	}
}

static bool add_all_up(struct columns *columns)
{
	size_t wanted = 0;

	for (uint32_t i = 0; i < columns->count; i++) {
		wanted += adds_up(&columns->columns[i]) ? columns->rows : 0;
	}
	if (wanted > COLUMNS_ADD_UP_MAX) {
		return false;
	}
	if (wanted > columns->numbers_capacity) {
		uint64_t *grown = realloc(columns->numbers, wanted * sizeof(*grown));
		if (!grown) {
			return false;
		}
		columns->numbers = grown;
		columns->numbers_capacity = wanted;
	}
	uint64_t *numbers = columns->numbers;
	for (uint32_t i = 0; i < columns->count; i++) {
		struct column *column = &columns->columns[i];
		if (adds_up(column)) {
			column->numbers = numbers;
			numbers += columns->rows;
			if (!add_up(columns, column, i ? column - 1 : NULL)) {
				return false;
			}
		}
	}
	return true;
}

/* The data stands behind the directory, whose end is found by stepping over it. */
bool columns_read(struct columns *columns, struct reader *block, uint32_t rows,
	const struct field_set *wanted)
{
	struct cbor_reader directory = { .input = *block }, behind = directory;
	struct cbor_item lines = cbor_reader_next(&directory), all = cbor_reader_next(&behind);

	cbor_reader_skip(&behind, &all);
	columns->rows = rows;
	columns->count = 0;
	if (lines.kind != CBOR_ITEM_ARRAY || lines.number > COLUMNS_MAX || behind.failed ||
		rows > COLUMNS_ROWS_MAX) {
		return false;
	}
	*block = behind.input;
	while (columns->count < lines.number) {
		if (!read_column(&columns->columns[columns->count], &directory, block, rows)) {
			return false;
		}
		columns->count++;
	}
	note_wanted(columns, wanted);
	return add_all_up(columns);
}

void column_numbers(const struct columns *columns, const struct column *column, uint32_t first,
	uint32_t count, uint64_t *numbers)
{
	if (column->numbers) {
		memcpy(numbers, column->numbers + first, count * sizeof(*numbers));
	} else {
		read_planes(column, columns->rows, first, count, numbers);
	}
}
