#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/cell_columns.h"
#include "base/clock.h"

enum { BATCH = COLUMN_BATCH_MAX };

struct reading {
	struct columns cells, devices;
	uint32_t *values[COLUMNS_MAX]; /* of a column's entries; NULL: it has none */
	const struct column *counts, *registers, *hashes, *bytes;
	uint64_t *hash_values;
	const uint8_t **sketches; /* of the entries of registers */
	uint32_t next_device;
	struct device_sketch sketch;
};

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
static bool read_values(struct reading *reading, uint32_t place)
{
	const struct column *column = &reading->cells.columns[place];
	struct cbor_reader entries = column->entries;
	enum cell_form form = FORM_NUMBER;
	char word[256];
	bool is_word = form_of(column->key, &form) && form != FORM_NUMBER && form != FORM_BOOL;

	if (!is_word && !has_bits(column->key)) {
		return column->key == VALUE_REGISTERS || column->entry_count == 0;
	}
	uint32_t *values = calloc(column->entry_count + 1, sizeof(*values));
	reading->values[place] = values;
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

static bool read_hashes(struct reading *reading)
{
	struct cbor_reader entries;

	for (uint32_t i = 0; i < reading->devices.count; i++) {
		const struct column *column = &reading->devices.columns[i];
		if (column->key == DEVICE_HASH) {
			reading->hashes = column;
		} else if (column->key == DEVICE_BYTES) {
			reading->bytes = column;
		}
	}
	if (!reading->hashes) {
		return reading->devices.rows == 0;
	}
	entries = reading->hashes->entries;
	reading->hash_values = calloc(reading->hashes->entry_count + 1, sizeof(uint64_t));
	bool is_read = reading->hash_values != NULL;
	for (uint32_t i = 1; i <= reading->hashes->entry_count && is_read; i++) {
		struct cbor_item item = cbor_reader_next(&entries);
		reading->hash_values[i] = item.number;
		is_read = item.kind == CBOR_ITEM_NUMBER;
	}
	return is_read;
}

/* Where the registers of each entry stand: rows may name them in any order. */
static bool read_sketches(struct reading *reading)
{
	if (!reading->registers) {
		return true;
	}
	uint32_t count = reading->registers->entry_count;
	struct cbor_reader entries = reading->registers->entries;
	bool is_read = true;

	reading->sketches = calloc(count + 1, sizeof(*reading->sketches));
	for (uint32_t i = 1; reading->sketches && i <= count && is_read; i++) {
		struct cbor_item item = cbor_reader_next(&entries);
		is_read = item.kind == CBOR_ITEM_BYTES &&
			  item.length == sizeof(reading->sketch.registers);
		reading->sketches[i] = (const uint8_t *)item.bytes;
	}
	return reading->sketches && is_read;
}

/* How many devices all cells have. */
static bool count_devices(struct reading *reading, uint32_t *count)
{
	uint64_t numbers[BATCH], all = 0;

	for (uint32_t i = 0; i < reading->cells.count; i++) {
		const struct column *column = &reading->cells.columns[i];
		if (column->key == VALUE_DEVICES) {
			reading->counts = column;
		} else if (column->key == VALUE_REGISTERS) {
			reading->registers = column;
		}
	}
	for (uint32_t first = 0; reading->counts && first < reading->cells.rows; first += BATCH) {
		uint32_t left = reading->cells.rows - first, some = left < BATCH ? left : BATCH;
		column_numbers(&reading->cells, reading->counts, first, some, numbers);
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

static bool begin(struct reading *reading, const void *block, size_t bytes, uint32_t count)
{
	struct reader reader = reader_over(block, bytes);
	uint32_t devices;

	if (!columns_read(&reading->cells, &reader, count) || !count_devices(reading, &devices) ||
		!columns_read(&reading->devices, &reader, devices) || reader_left(&reader) > 0) {
		return false;
	}
	for (uint32_t i = 0; i < reading->cells.count; i++) {
		if (!read_values(reading, i)) {
			return false;
		}
	}
	return read_sketches(reading) && read_hashes(reading);
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
	default:
		return true;
	}
}

static bool put_column(
	struct reading *reading, uint32_t place, uint32_t first, uint32_t count, struct cell *cells)
{
	const struct column *column = &reading->cells.columns[place];
	const uint32_t *values = reading->values[place];
	uint64_t numbers[BATCH];
	bool is_read = true;

	column_numbers(&reading->cells, column, first, count, numbers);
	for (uint32_t i = 0; i < count && is_read; i++) {
		is_read = !values || numbers[i] <= column->entry_count;
		is_read = is_read && put_number(&cells[i], column->key,
					     values ? values[numbers[i]] : numbers[i]);
	}
	return is_read;
}

static bool next_device(struct reading *reading, struct device *device)
{
	uint64_t number, bytes = 0;

	column_numbers(&reading->devices, reading->hashes, reading->next_device, 1, &number);
	if (reading->bytes) {
		column_numbers(&reading->devices, reading->bytes, reading->next_device, 1, &bytes);
	}
	reading->next_device++;
	if (number > reading->hashes->entry_count) {
		return false;
	}
	*device = (struct device){ reading->hash_values[number], bytes };
	return true;
}

/* Before the heaviest come. */
static bool begin_sketch(struct reading *reading, uint64_t number)
{
	if (number > reading->registers->entry_count) {
		return false;
	}
	memset(&reading->sketch, 0, sizeof(reading->sketch));
	memcpy(reading->sketch.registers, reading->sketches[number],
		sizeof(reading->sketch.registers));
	return true;
}

static bool put_devices(struct reading *reading, uint32_t row, struct cell *cell)
{
	uint64_t left = cell->sums.bytes_up + cell->sums.bytes_down, count = 0, registers = 0;

	if (reading->counts) {
		column_numbers(&reading->cells, reading->counts, row, 1, &count);
	}
	if (reading->registers) {
		column_numbers(&reading->cells, reading->registers, row, 1, &registers);
	}
	if (registers && (count > DEVICES_HEAVIEST || !begin_sketch(reading, registers))) {
		return false;
	}
	for (uint64_t i = 0; i < count; i++) {
		struct device device;
		if (!next_device(reading, &device)) {
			return false;
		}
		device.bytes = i + 1 == count ? left - device.bytes : device.bytes;
		left -= device.bytes;
		if (registers) {
			reading->sketch.heaviest[i] = device;
		} else {
			devices_add(&cell->devices, device.hash, device.bytes);
		}
	}
	if (registers) {
		devices_merge_sketch(&cell->devices, &reading->sketch);
	}
	return true;
}

static bool read_batch(
	struct reading *reading, uint32_t first, uint32_t count, struct cell cells[BATCH])
{
	for (uint32_t i = 0; i < count; i++) {
		cells[i] = (struct cell){ .devices = { 0 } };
		cell_sums_init(&cells[i].sums);
		cells[i].sums.first_ns = 0;
	}
	for (uint32_t place = 0; place < reading->cells.count; place++) {
		if (!put_column(reading, place, first, count, cells)) {
			return false;
		}
	}
	return true;
}

static uint32_t hand_out(struct reading *reading, uint32_t count,
	void (*take)(void *context, const struct cell *cell), void *context)
{
	struct cell cells[BATCH];
	bool is_read = true;

	for (uint32_t first = 0; first < count; first += BATCH) {
		uint32_t some = count - first < BATCH ? count - first : BATCH;
		if (!read_batch(reading, first, some, cells)) {
			return first;
		}
		for (uint32_t i = 0; i < some; i++) {
			is_read = put_devices(reading, first + i, &cells[i]);
			if (is_read) {
				take(context, &cells[i]);
			}
			devices_deinit(&cells[i].devices);
			if (!is_read) {
				return first + i;
			}
		}
	}
	return count;
}

uint32_t cell_columns_read(const void *block, size_t bytes, uint32_t count,
	void (*take)(void *context, const struct cell *cell), void *context)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	uint32_t read = 0;

	if (!reading) {
		return 0;
	}
	columns_init(&reading->cells);
	columns_init(&reading->devices);
	if (begin(reading, block, bytes, count)) {
		read = hand_out(reading, count, take, context);
	}
	for (uint32_t i = 0; i < COLUMNS_MAX; i++) {
		free(reading->values[i]);
	}
	free(reading->hash_values);
	free(reading->sketches);
	columns_deinit(&reading->cells);
	columns_deinit(&reading->devices);
	free(reading);
	return read;
}
