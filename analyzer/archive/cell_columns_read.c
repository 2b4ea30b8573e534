#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/cell_columns_keyed.h"
#include "analyzer/archive/cell_columns_parts.h"

/* The member of the key with that number, as it is written. False: there is none. */
static bool form_of(uint32_t key, enum cell_form *form)
{
	switch (key) {
#define X(name, type, key_, form_)                                                                 \
	case key_:                                                                                 \
		*form = FORM_##form_;                                                              \
		return true;
		CELL_FIELDS(X)
#undef X
	default:
		return false;
	}
}

static bool has_bits(uint32_t key)
{
	return key == VALUE_EVIDENCE || key == VALUE_GROUNDS;
}

/* Its word, with a NUL behind it; "" where it is none that could be known. */
static void read_word(struct cbor_reader *entries, char word[256])
{
	struct cbor_item item = cbor_reader_next(entries);

	word[0] = '\0';
	if (item.kind == CBOR_ITEM_TEXT && item.length < 256) {
		memcpy(word, item.bytes, item.length);
		word[item.length] = '\0';
	} else {
		entries->failed = true;
	}
}

static bool read_bits(struct cbor_reader *entries, uint32_t key, uint32_t *bits)
{
	unsigned count = key == VALUE_EVIDENCE ? EVIDENCE_KIND_COUNT : INFERRED_BY_COUNT;
	struct cbor_item list = cbor_reader_next(entries);
	char word[256];

	*bits = 0;
	for (uint64_t i = 0; list.kind == CBOR_ITEM_ARRAY && i < list.number; i++) {
		read_word(entries, word);
		if (entries->failed) {
			return false;
		}
		for (unsigned bit = 0; bit < count; bit++) {
			const char *name = key == VALUE_EVIDENCE ? evidence_kind_name(bit)
								 : inferred_by_name(bit);
			*bits |= strcmp(name, word) == 0 ? 1u << bit : 0;
		}
	}
	return list.kind == CBOR_ITEM_ARRAY && !entries->failed;
}

/* The values that entries of a column stand for, in this process. */
static bool read_values(struct cell_table *table, uint32_t place)
{
	const struct column *column = &table->columns.columns[place];
	struct cbor_reader entries = column->entries;
	enum cell_form form = FORM_NUMBER;
	char word[256];
	bool is_word = form_of(column->key, &form) && form != FORM_NUMBER && form != FORM_BOOL;

	if (!is_word && !has_bits(column->key)) {
		return column->key == VALUE_REGISTERS || column->entry_count == 0;
	}
	uint32_t *values = calloc(column->entry_count + 1, sizeof(*values));
	table->values[place] = values;
	bool is_read = values != NULL;
	for (uint32_t i = 1; i <= column->entry_count && is_read; i++) {
		if (is_word) {
			read_word(&entries, word);
			is_read = !entries.failed && cell_value_of(form, word, &values[i]);
		} else {
			is_read = read_bits(&entries, column->key, &values[i]);
		}
	}
	return is_read;
}

/* Where the registers of each entry stand: rows may name them in any order. */
static bool read_sketches(struct cell_table *table)
{
	if (!table->registers) {
		return true;
	}
	uint32_t count = table->registers->entry_count;
	struct cbor_reader entries = table->registers->entries;
	bool is_read = true;

	table->sketches = calloc(count + 1, sizeof(*table->sketches));
	for (uint32_t i = 1; table->sketches && i <= count && is_read; i++) {
		struct cbor_item item = cbor_reader_next(&entries);
		is_read = item.kind == CBOR_ITEM_BYTES && item.length == 1 << DEVICES_REGISTER_BITS;
		table->sketches[i] = (const uint8_t *)item.bytes;
	}
	return table->sketches && is_read;
}

const struct column *cell_column_of(const struct columns *columns, uint32_t key)
{
	for (uint32_t i = 0; i < columns->count; i++) {
		if (columns->columns[i].key == key) {
			return &columns->columns[i];
		}
	}
	return NULL;
}

uint64_t cell_column_number(
	const struct columns *columns, const struct column *column, uint32_t row)
{
	uint64_t number = 0;

	if (column) {
		column_numbers(columns, column, row, 1, &number);
	}
	return number;
}

bool cell_table_read(struct cell_table *table, struct reader *block, uint32_t rows)
{
	columns_init(&table->columns);
	if (!columns_read(&table->columns, block, rows, NULL)) {
		return false;
	}
	for (uint32_t i = 0; i < table->columns.count; i++) {
		if (!read_values(table, i)) {
			return false;
		}
	}
	table->counts = cell_column_of(&table->columns, VALUE_DEVICES);
	table->registers = cell_column_of(&table->columns, VALUE_REGISTERS);
	return read_sketches(table);
}

void cell_table_deinit(struct cell_table *table)
{
	for (uint32_t i = 0; i < COLUMNS_MAX; i++) {
		free(table->values[i]);
	}
	free(table->sketches);
	columns_deinit(&table->columns);
}

bool cell_table_count_devices(const struct cell_table *table, uint32_t *count)
{
	uint64_t numbers[CELL_BATCH], all = 0;
	uint32_t rows = table->columns.rows;

	for (uint32_t first = 0; table->counts && first < rows; first += CELL_BATCH) {
		uint32_t left = rows - first, some = left < CELL_BATCH ? left : CELL_BATCH;
		column_numbers(&table->columns, table->counts, first, some, numbers);
		for (uint32_t i = 0; i < some; i++) {
			if (numbers[i] > DEVICES_EXACT_MAX) {
				return false;
			}
			all += numbers[i];
		}
	}
	*count = (uint32_t)all;
	return all <= COLUMNS_ROWS_MAX;
}

/* False where the number is too large for the member. */
static bool put_number(struct cell *cell, uint32_t key, uint64_t number)
{
	switch (key) {
#define X(name, type, key_, form)                                                                  \
	case key_:                                                                                 \
		cell->key.name = (type)number;                                                     \
		return number <= (type)-1;
		CELL_FIELDS(X)
#undef X
#define X(name, key_)                                                                              \
	case key_:                                                                                 \
		cell->sums.name = (__typeof__(cell->sums.name))number;                             \
		return cell->sums.name == number;
		CELL_SUMS(X)
		CELL_BITS(X)
		X(first_ns, VALUE_FIRST)
		X(last_ns, VALUE_LAST)
#undef X
#define X(name, key_)                                                                              \
	case key_:                                                                                 \
		cell->sums.name = number * NS_PER_S;                                               \
		return number <= UINT64_MAX / NS_PER_S;
		X(first_ns, VALUE_FIRST_S)
		X(last_ns, VALUE_LAST_S)
#undef X
#define X(name, key_)                                                                              \
	case key_:                                                                                 \
		cell->sums.name = number;                                                          \
		return true;
		/* What is over is added when all is there. */
		X(flows, VALUE_FLOWS_OVER)
		X(packets, VALUE_PACKETS_OVER)
		X(first_ns, VALUE_FIRST_STEP)
		X(last_ns, VALUE_LAST_STEP)
#undef X
	default:
		return true;
	}
}

static bool put_column(const struct cell_table *table, uint32_t place, uint32_t first,
	uint32_t count, struct cell *cells)
{
	const struct column *column = &table->columns.columns[place];
	const uint32_t *values = table->values[place];
	uint64_t numbers[CELL_BATCH];
	bool is_read = true;

	column_numbers(&table->columns, column, first, count, numbers);
	for (uint32_t i = 0; i < count && is_read; i++) {
		is_read = !values || numbers[i] <= column->entry_count;
		is_read = is_read && put_number(&cells[i], column->key,
					     values ? values[numbers[i]] : numbers[i]);
	}
	return is_read;
}

bool cell_table_rows(
	const struct cell_table *table, uint32_t first, uint32_t count, struct cell *cells)
{
	for (uint32_t i = 0; i < count; i++) {
		cells[i] = (struct cell){ .devices = { 0 } };
		cell_sums_init(&cells[i].sums);
		cells[i].sums.first_ns = 0;
	}
	for (uint32_t place = 0; place < table->columns.count; place++) {
		if (!put_column(table, place, first, count, cells)) {
			return false;
		}
	}
	return true;
}

bool cell_table_sketch(const struct cell_table *table, uint32_t row, uint64_t devices,
	struct device_sketch *sketch, bool *is_read)
{
	uint64_t number = cell_column_number(&table->columns, table->registers, row);

	*is_read = number == 0 ||
		   (number <= table->registers->entry_count && devices <= DEVICES_HEAVIEST);
	if (number == 0 || !*is_read) {
		return false;
	}
	memset(sketch, 0, sizeof(*sketch));
	memcpy(sketch->registers, table->sketches[number], sizeof(sketch->registers));
	return true;
}

uint32_t cell_columns_read(enum archive_form form, const void *block, size_t bytes, uint32_t count,
	void (*take)(void *context, const struct cell *cell), void *context)
{
	return (form == ARCHIVE_FORM_KEYED ? cell_columns_read_keyed : cell_columns_read_earlier)(
		block, bytes, count, take, context);
}
