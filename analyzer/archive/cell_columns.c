#include "analyzer/archive/cell_columns.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/format/dictionary.h"
#include "analyzer/rollup/cell_cbor.h"
#include "base/clock.h"

struct cell_columns {
	struct columns_writer cells, devices;
	struct dictionary *dictionary; /* of the column at hand */
	struct cbor_writer entries;
	uint64_t *numbers, *others; /* of the column at hand, and of the one before */
	size_t capacity;
	enum archive_form form;
	bool failed;
};

struct cell_columns *cell_columns_create(void)
{
	struct cell_columns *columns = calloc(1, sizeof(*columns));

	if (!columns) {
		return NULL;
	}
	columns_writer_init(&columns->cells);
	columns_writer_init(&columns->devices);
	cbor_writer_init(&columns->entries);
	columns->dictionary = dictionary_create_for(COLUMNS_ROWS_MAX); /* a device a row */
	if (!columns->dictionary) {
		cell_columns_destroy(columns);
		return NULL;
	}
	return columns;
}

void cell_columns_destroy(struct cell_columns *columns)
{
	if (columns) {
		columns_writer_deinit(&columns->cells);
		columns_writer_deinit(&columns->devices);
		cbor_writer_deinit(&columns->entries);
		dictionary_destroy(columns->dictionary);
		free(columns->numbers);
		free(columns->others);
		free(columns);
	}
}

static bool reserve(struct cell_columns *columns, size_t count)
{
	if (count > columns->capacity) {
		free(columns->numbers);
		free(columns->others);
		columns->numbers = malloc(count * sizeof(uint64_t));
		columns->others = malloc(count * sizeof(uint64_t));
		columns->capacity = columns->numbers && columns->others ? count : 0;
	}
	return columns->capacity >= count;
}

static bool is_zero(const uint64_t *numbers, size_t count)
{
	uint64_t any = 0;

	for (size_t i = 0; i < count; i++) {
		any |= numbers[i];
	}
	return any == 0;
}

static void put_numbers(struct cell_columns *columns, unsigned key, size_t count)
{
	if (!is_zero(columns->numbers, count)) {
		columns_put(&columns->cells, key, columns->numbers, count);
	}
}

/* What a value of the column is called, as an entry. */
typedef void put_entry(struct cbor_writer *entries, unsigned form, uint64_t value);

/* The number of the entry of that value, from 1. */
static uint64_t number_of(
	struct cell_columns *columns, unsigned form, put_entry *put, uint64_t value)
{
	uint32_t before = dictionary_count(columns->dictionary);
	uint32_t number = dictionary_intern_hinted(
		columns->dictionary, value, (const char *)&value, sizeof(value));

	if (number == DICTIONARY_FULL) {
		columns->failed = true;
		return 0;
	}
	if (number == before) {
		put(&columns->entries, form, value);
	}
	return (uint64_t)number + 1;
}

/* Numbers become those of entries; zero has none. Cells are sorted: most are as the one before. */
static void number_entries(
	struct cell_columns *columns, unsigned form, put_entry *put, size_t count)
{
	uint64_t *numbers = columns->numbers, value = 0, number = 0;

	dictionary_clear(columns->dictionary);
	cbor_writer_clear(&columns->entries);
	for (size_t i = 0; i < count; i++) {
		if (numbers[i] != value) {
			value = numbers[i];
			number = value ? number_of(columns, form, put, value) : 0;
		}
		numbers[i] = number;
	}
}

static void put_entries(
	struct cell_columns *columns, unsigned key, unsigned form, put_entry *put, size_t count)
{
	if (!is_zero(columns->numbers, count)) {
		number_entries(columns, form, put, count);
		columns_put_entries(&columns->cells, key, columns->numbers, count,
			&columns->entries, dictionary_count(columns->dictionary));
	}
}

static void put_word(struct cbor_writer *entries, unsigned form, uint64_t value)
{
	char memory[3];
	const char *word = cell_word_of(form, (uint32_t)value, memory);

	cbor_writer_text(entries, word, strlen(word));
}

static void put_member(
	struct cell_columns *columns, unsigned key, enum cell_form form, size_t count)
{
	if (form == FORM_NUMBER || form == FORM_BOOL) {
		put_numbers(columns, key, count);
	} else {
		put_entries(columns, key, form, put_word, count);
	}
}

static void put_key(struct cell_columns *columns, const struct cell *cells, size_t count)
{
#define X(name, type, key_, form)                                                                  \
	for (size_t i = 0; i < count; i++) {                                                       \
		columns->numbers[i] = cells[i].key.name;                                           \
	}                                                                                          \
	put_member(columns, key_, FORM_##form, count);
	CELL_FIELDS(X)
#undef X
}

static const char *bit_name(unsigned key, unsigned bit)
{
	return key == VALUE_EVIDENCE ? evidence_kind_name(bit) : inferred_by_name(bit);
}

/* Bits are written as the words of an enum would be numbered by another version: by name. */
static void put_bits(struct cbor_writer *entries, unsigned key, uint64_t bits)
{
	cbor_writer_array(entries, (size_t)__builtin_popcountll(bits));
	for (unsigned bit = 0; bits >> bit; bit++) {
		if (bits >> bit & 1) {
			const char *word = bit_name(key, bit);
			cbor_writer_text(entries, word, strlen(word));
		}
	}
}

/* Times go together: a cell ends soon after it began. */
static void put_times(struct cell_columns *columns, const struct cell *cells, size_t count)
{
	bool in_ns = columns->form == ARCHIVE_FORM_COLUMNS;
	unsigned first = in_ns ? VALUE_FIRST : VALUE_FIRST_S;
	unsigned last = in_ns ? VALUE_LAST : VALUE_LAST_S;
	uint64_t unit_ns = in_ns ? 1 : NS_PER_S;

	for (size_t i = 0; i < count; i++) {
		columns->others[i] = cells[i].sums.first_ns / unit_ns;
		columns->numbers[i] = cells[i].sums.last_ns / unit_ns;
	}
	if (is_zero(columns->others, count)) {
		put_numbers(columns, last, count);
		return;
	}
	columns_put(&columns->cells, first, columns->others, count);
	columns_put_beside(&columns->cells, last, columns->numbers, columns->others, count);
}

static void put_sums(struct cell_columns *columns, const struct cell *cells, size_t count)
{
#define X(name, key)                                                                               \
	for (size_t i = 0; i < count; i++) {                                                       \
		columns->numbers[i] = cells[i].sums.name;                                          \
	}                                                                                          \
	put_numbers(columns, key, count);
	CELL_SUMS(X)
#undef X
#define X(name, key)                                                                               \
	for (size_t i = 0; i < count; i++) {                                                       \
		columns->numbers[i] = cells[i].sums.name;                                          \
	}                                                                                          \
	put_entries(columns, key, key, put_bits, count);
	CELL_BITS(X)
#undef X
}

static uint32_t device_count(const struct cell *cell)
{
	return cell->devices.more ? DEVICES_HEAVIEST : cell->devices.count;
}

/* Estimates are rare: each is an entry of its own. */
static void put_registers(struct cell_columns *columns, const struct cell *cells, size_t count)
{
	uint32_t entries = 0;

	cbor_writer_clear(&columns->entries);
	for (size_t i = 0; i < count; i++) {
		const struct device_sketch *sketch = cells[i].devices.more;
		columns->numbers[i] = sketch ? ++entries : 0;
		if (sketch) {
			cbor_writer_bytes(
				&columns->entries, sketch->registers, sizeof(sketch->registers));
		}
	}
	if (entries > 0) {
		columns_put_entries(&columns->cells, VALUE_REGISTERS, columns->numbers, count,
			&columns->entries, entries);
	}
}

static void put_hash(struct cbor_writer *entries, unsigned form, uint64_t value)
{
	(void)form;
	cbor_writer_number(entries, value);
}

static int by_hash(const void *a, const void *b)
{
	uint64_t one = ((const struct device *)a)->hash, other = ((const struct device *)b)->hash;

	return one < other ? -1 : one > other;
}

/* In order of their hashes: the same set is the same bytes, however it came together. */
static void take_devices(struct cell_columns *columns, const struct cell *cell, size_t at)
{
	const struct devices *devices = &cell->devices;
	struct device items[DEVICES_EXACT_MAX];
	uint32_t count = device_count(cell);

	memcpy(items, devices->more ? devices->more->heaviest : devices->items,
		count * sizeof(*items));
	qsort(items, count, sizeof(*items), by_hash);
	for (uint32_t i = 0; i < count; i++) {
		columns->numbers[at + i] = items[i].hash;
		columns->others[at + i] = items[i].bytes;
	}
}

/* In order of their numbers: steps from one to the next are small. */
static void sort_devices(struct cell_columns *columns, uint32_t count, size_t at)
{
	struct device items[DEVICES_EXACT_MAX];

	for (uint32_t i = 0; i < count; i++) {
		items[i] = (struct device){ columns->numbers[at + i], columns->others[at + i] };
	}
	qsort(items, count, sizeof(*items), by_hash);
	for (uint32_t i = 0; i < count; i++) {
		columns->numbers[at + i] = items[i].hash;
		columns->others[at + i] = items[i].bytes;
	}
}

/* What the last of them had is mostly what the others left of the cell's bytes. */
static void shorten_last(struct cell_columns *columns, const struct cell *cell, size_t at)
{
	uint32_t count = device_count(cell);
	uint64_t left = cell->sums.bytes_up + cell->sums.bytes_down;

	for (uint32_t i = 0; i + 1 < count; i++) {
		left -= columns->others[at + i];
	}
	if (count > 0) {
		columns->others[at + count - 1] = left - columns->others[at + count - 1];
	}
}

static void put_devices(struct cell_columns *columns, const struct cell *cells, size_t count)
{
	bool by_number = columns->form != ARCHIVE_FORM_COLUMNS;
	size_t all = 0, at = 0;

	for (size_t i = 0; i < count; i++) {
		columns->numbers[i] = device_count(&cells[i]);
		all += device_count(&cells[i]);
	}
	put_numbers(columns, VALUE_DEVICES, count);
	if (all == 0 || !reserve(columns, all)) {
		columns->failed |= all > 0;
		return;
	}
	for (size_t i = 0; i < count; at += device_count(&cells[i++])) {
		if (device_count(&cells[i]) > 0) {
			take_devices(columns, &cells[i], at);
		}
	}
	number_entries(columns, 0, put_hash, all);
	at = 0;
	for (size_t i = 0; i < count; at += device_count(&cells[i++])) {
		if (by_number) {
			sort_devices(columns, device_count(&cells[i]), at);
		}
		shorten_last(columns, &cells[i], at);
	}
	(by_number ? columns_put_rising : columns_put_entries)(&columns->devices, DEVICE_HASH,
		columns->numbers, all, &columns->entries, dictionary_count(columns->dictionary));
	columns_put(&columns->devices, DEVICE_BYTES, columns->others, all);
}

void cell_columns_put(struct cell_columns *columns, enum archive_form form,
	const struct cell *cells, size_t count, struct cbor_writer *content,
	struct columns_cuts *cuts)
{
	columns->form = form;
	columns_writer_clear(&columns->cells);
	columns_writer_clear(&columns->devices);
	cbor_writer_clear(content);
	cuts->count = 0;
	columns->failed = !reserve(columns, count);
	if (!columns->failed) {
		put_key(columns, cells, count);
		put_sums(columns, cells, count);
		put_times(columns, cells, count);
		put_registers(columns, cells, count);
		put_devices(columns, cells, count);
	}
	columns_content(&columns->cells, content, cuts);
	columns_content(&columns->devices, content, cuts);
	content->failed |= columns->failed;
}
