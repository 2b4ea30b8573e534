#include "analyzer/archive/cell_columns.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/cell_columns_parts.h"

/* A block's cells; their devices are as many as a block of columns has rows. */
enum { CELLS_A_BLOCK = 8192 };

struct cell_columns *cell_columns_create(void)
{
	struct cell_columns *columns = calloc(1, sizeof(*columns));

	if (!columns) {
		return NULL;
	}
	columns_writer_init(&columns->cells);
	columns_writer_init(&columns->keys);
	columns_writer_init(&columns->devices);
	columns_writer_init(&columns->hashes);
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
		columns_writer_deinit(&columns->keys);
		columns_writer_deinit(&columns->devices);
		columns_writer_deinit(&columns->hashes);
		cbor_writer_deinit(&columns->entries);
		dictionary_destroy(columns->dictionary);
		free(columns->numbers);
		free(columns->others);
		free(columns->said);
		free(columns);
	}
}

/* Registers are as long as the devices that they stand for. */
static size_t devices_of(const struct cell *cell)
{
	return cell->devices.more ? DEVICES_EXACT_MAX : cell->devices.count;
}

size_t cell_columns_room(const struct cell *cells, size_t count)
{
	size_t devices = 0, room = 0;

	while (room < count && room < CELLS_A_BLOCK &&
		devices + devices_of(&cells[room]) <= COLUMNS_ROWS_MAX) {
		devices += devices_of(&cells[room++]);
	}
	return room;
}

bool cell_columns_reserve(struct cell_columns *columns, size_t count)
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

void cell_columns_put_numbers(
	struct cell_columns *columns, struct columns_writer *to, unsigned key, size_t count)
{
	if (!is_zero(columns->numbers, count)) {
		columns_put(to, key, columns->numbers, count);
	}
}

/* The number of the entry of that value, from 1. */
static uint64_t number_of(
	struct cell_columns *columns, unsigned form, cell_put_entry *put, uint64_t value)
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

/* Cells are sorted: most are as the one before. */
void cell_columns_number_entries(
	struct cell_columns *columns, unsigned form, cell_put_entry *put, size_t count)
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

static void put_entries(struct cell_columns *columns, struct columns_writer *to, unsigned key,
	unsigned form, cell_put_entry *put, size_t count)
{
	if (!is_zero(columns->numbers, count)) {
		cell_columns_number_entries(columns, form, put, count);
		columns_put_entries(to, key, columns->numbers, count, &columns->entries,
			dictionary_count(columns->dictionary));
	}
}

static void put_word(struct cbor_writer *entries, unsigned form, uint64_t value)
{
	char memory[3];
	const char *word = cell_word_of(form, (uint32_t)value, memory);

	cbor_writer_text(entries, word, strlen(word));
}

static void put_member(struct cell_columns *columns, struct columns_writer *to, unsigned key,
	enum cell_form form, size_t count)
{
	if (form == FORM_NUMBER || form == FORM_BOOL) {
		cell_columns_put_numbers(columns, to, key, count);
	} else {
		put_entries(columns, to, key, form, put_word, count);
	}
}

void cell_columns_put_key(struct cell_columns *columns, struct columns_writer *to, uint64_t wanted,
	const struct cell *cells, size_t count)
{
#define X(name, type, key_, form)                                                                  \
	for (size_t i = 0; i < count && (wanted >> (key_)&1); i++) {                               \
		columns->numbers[i] = cells[i].key.name;                                           \
	}                                                                                          \
	if (wanted >> (key_)&1) {                                                                  \
		put_member(columns, to, key_, FORM_##form, count);                                 \
	}
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

void cell_columns_put_bits(struct cell_columns *columns, const struct cell *cells, size_t count)
{
#define X(name, key)                                                                               \
	for (size_t i = 0; i < count; i++) {                                                       \
		columns->numbers[i] = cells[i].sums.name;                                          \
	}                                                                                          \
	put_entries(columns, &columns->cells, key, key, put_bits, count);
	CELL_BITS(X)
#undef X
}

/* Estimates are rare: each is an entry of its own. */
void cell_columns_put_registers(
	struct cell_columns *columns, const struct cell *cells, size_t count)
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

uint32_t cell_columns_device_count(const struct cell *cell)
{
	return cell->devices.more ? DEVICES_HEAVIEST : cell->devices.count;
}

static int by_hash(const void *a, const void *b)
{
	uint64_t one = ((const struct device *)a)->hash, other = ((const struct device *)b)->hash;

	return one < other ? -1 : one > other;
}

static void put_sorted(
	struct cell_columns *columns, struct device *items, uint32_t count, size_t at)
{
	qsort(items, count, sizeof(*items), by_hash);
	for (uint32_t i = 0; i < count; i++) {
		columns->numbers[at + i] = items[i].hash;
		columns->others[at + i] = items[i].bytes;
	}
}

void cell_columns_take_devices(struct cell_columns *columns, const struct cell *cell, size_t at)
{
	const struct devices *devices = &cell->devices;
	struct device items[DEVICES_EXACT_MAX];
	uint32_t count = cell_columns_device_count(cell);

	if (count > 0) {
		memcpy(items, devices->more ? devices->more->heaviest : devices->items,
			count * sizeof(*items));
		put_sorted(columns, items, count, at);
	}
}

void cell_columns_sort_devices(struct cell_columns *columns, uint32_t count, size_t at)
{
	struct device items[DEVICES_EXACT_MAX];

	for (uint32_t i = 0; i < count; i++) {
		items[i] = (struct device){ columns->numbers[at + i], columns->others[at + i] };
	}
	put_sorted(columns, items, count, at);
}

static void clear(struct cell_columns *columns)
{
	columns_writer_clear(&columns->cells);
	columns_writer_clear(&columns->keys);
	columns_writer_clear(&columns->devices);
	columns_writer_clear(&columns->hashes);
}

void cell_columns_put(struct cell_columns *columns, enum archive_form form,
	const struct cell *cells, size_t count, struct cbor_writer *content,
	struct columns_cuts *cuts)
{
	bool is_keyed = form == ARCHIVE_FORM_KEYED;

	columns->form = form;
	clear(columns);
	cbor_writer_clear(content);
	cuts->count = 0;
	columns->failed = !cell_columns_reserve(columns, count);
	if (!columns->failed) {
		(is_keyed ? cell_columns_put_keyed : cell_columns_put_earlier)(
			columns, cells, count);
	}
	columns_content(&columns->cells, content, cuts);
	if (is_keyed) {
		columns_content(&columns->keys, content, cuts);
	}
	columns_content(&columns->devices, content, cuts);
	if (is_keyed) {
		columns_content(&columns->hashes, content, cuts);
	}
	content->failed |= columns->failed;
}
