#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/cell_columns_keyed.h"
#include "analyzer/archive/cell_columns_parts.h"
#include "base/quick_hash.h"

static void put_nothing(struct cbor_writer *entries, unsigned form, uint64_t value)
{
	(void)entries;
	(void)form;
	(void)value;
}

static uint64_t hint_of(const struct cell_key *key)
{
	uint64_t words[CELL_KEY_WORDS], hint = 0;

	memcpy(words, key, sizeof(words));
	for (unsigned i = 0; i < CELL_KEY_WORDS; i++) {
		hint = quick_hash(hint, words[i]);
	}
	return hint;
}

static bool reserve_said(struct cell_columns *columns, size_t count)
{
	if (count > columns->said_capacity) {
		free(columns->said);
		columns->said = malloc(count * sizeof(*columns->said));
		columns->said_capacity = columns->said ? count : 0;
	}
	return columns->said_capacity >= count;
}

/* The keys of the cells but for where, as they are met: how many. Each remembers when it was. */
static uint32_t say_keys(struct cell_columns *columns, const struct cell *cells, size_t count)
{
	dictionary_clear(columns->dictionary);
	for (size_t i = 0; i < count; i++) {
		struct cell_key key = cells[i].key;
		key.slot = 0;
		key.tenant = key.unit = key.class_ = 0;
		uint32_t before = dictionary_count(columns->dictionary);
		uint32_t number = dictionary_intern_hinted(
			columns->dictionary, hint_of(&key), (const char *)&key, sizeof(key));
		if (number == before) {
			columns->said[number] =
				(struct cell){ .key = key, .sums = { .flows = number } };
		}
		columns->failed |= number == DICTIONARY_FULL;
		columns->numbers[i] = number;
	}
	return dictionary_count(columns->dictionary);
}

/* Keys are said in the order of cells: from one cell of a unit to the next is a small step. */
static void put_keys(struct cell_columns *columns, const struct cell *cells, size_t count)
{
	if (!reserve_said(columns, count)) {
		columns->failed = true;
		return;
	}
	uint32_t said = say_keys(columns, cells, count);
	if (columns->failed) {
		return;
	}
	cells_sort(columns->said, said);
	for (uint32_t i = 0; i < said; i++) {
		columns->others[columns->said[i].sums.flows] = i;
	}
	for (size_t i = 0; i < count; i++) {
		columns->numbers[i] = columns->others[columns->numbers[i]];
	}
	columns_put_rising(&columns->cells, VALUE_KEY, columns->numbers, count, NULL, 0);
	cell_columns_put_key(columns, &columns->cells, CELL_WHERE, cells, count);
	cell_columns_put_key(columns, &columns->keys, ~CELL_WHERE, columns->said, said);
}

/* Flows are about as many as devices, packets as KiB: what is over is less. */
static void put_sums(struct cell_columns *columns, const struct cell *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		columns->numbers[i] =
			column_step(cell_columns_device_count(&cells[i]), cells[i].sums.flows);
	}
	cell_columns_put_numbers(columns, &columns->cells, VALUE_FLOWS_OVER, count);
	for (size_t i = 0; i < count; i++) {
		const struct cell_sums *sums = &cells[i].sums;
		columns->numbers[i] = column_step(
			cell_packets_about(sums->bytes_up, sums->bytes_down), sums->packets);
	}
	cell_columns_put_numbers(columns, &columns->cells, VALUE_PACKETS_OVER, count);
#define X(name, key)                                                                               \
	for (size_t i = 0; i < count; i++) {                                                       \
		columns->numbers[i] = cells[i].sums.name;                                          \
	}                                                                                          \
	cell_columns_put_numbers(columns, &columns->cells, key, count);
	CELL_OWN_SUMS(X)
#undef X
	cell_columns_put_bits(columns, cells, count);
}

static void put_times(struct cell_columns *columns, const struct cell *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		columns->numbers[i] = cells[i].sums.first_ns / CELL_TIME_STEP_NS;
	}
	cell_columns_put_numbers(columns, &columns->cells, VALUE_FIRST_STEP, count);
	for (size_t i = 0; i < count; i++) {
		columns->numbers[i] = column_step(cells[i].sums.first_ns / CELL_TIME_STEP_NS,
			cells[i].sums.last_ns / CELL_TIME_STEP_NS);
	}
	cell_columns_put_numbers(columns, &columns->cells, VALUE_LAST_STEP, count);
}

/* Hashes of all devices of the block in the order in which cells have them; they get numbers. */
static void put_hashes(
	struct cell_columns *columns, const struct cell *cells, size_t count, size_t devices)
{
	size_t at = 0;

	for (size_t i = 0; i < count; at += cell_columns_device_count(&cells[i++])) {
		cell_columns_take_devices(columns, &cells[i], at);
	}
	cell_columns_number_entries(columns, 0, put_nothing, devices);
	at = 0;
	for (size_t i = 0; i < count; at += cell_columns_device_count(&cells[i++])) {
		cell_columns_sort_devices(columns, cell_columns_device_count(&cells[i]), at);
	}
}

static void put_dictionary(struct cell_columns *columns)
{
	uint32_t count = dictionary_count(columns->dictionary);

	for (uint32_t i = 0; i < count; i++) {
		uint64_t hash;
		memcpy(&hash, dictionary_word(columns->dictionary, i), sizeof(hash));
		columns->numbers[i] = devices_short(hash);
	}
	columns_put(&columns->hashes, DEVICE_HASH, columns->numbers, count);
}

/* The first device of a cell stands with it; the others, as steps from it on, behind each other: in
 * place, since there are fewer. How many others. */
static size_t part_devices(struct cell_columns *columns, const struct cell *cells, size_t count,
	uint64_t *first_numbers, uint64_t *first_shares)
{
	uint64_t *numbers = columns->numbers, *others = columns->others, last = 0;
	size_t at = 0, kept = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t bytes = cells[i].sums.bytes_up + cells[i].sums.bytes_down;
		uint32_t devices = cell_columns_device_count(&cells[i]);
		first_numbers[i] = devices ? numbers[at] : i ? first_numbers[i - 1] : 0;
		first_shares[i] = devices ? cell_share_of(others[at], bytes) : 0;
		last = first_numbers[i];
		for (uint32_t j = 1; j < devices; j++) {
			uint64_t number = numbers[at + j];
			numbers[kept] = number - last;
			others[kept++] = cell_share_of(others[at + j], bytes);
			last = number;
		}
		at += devices;
	}
	return kept;
}

static void put_device_columns(struct cell_columns *columns, const struct cell *cells, size_t count)
{
	uint64_t *first_numbers = malloc(2 * count * sizeof(uint64_t));
	uint64_t *first_shares = first_numbers + count;

	columns->failed |= !first_numbers;
	if (first_numbers) {
		size_t others = part_devices(columns, cells, count, first_numbers, first_shares);
		columns_put_rising(&columns->cells, VALUE_DEVICE, first_numbers, count, NULL, 0);
		columns_put(&columns->cells, VALUE_SHARE, first_shares, count);
		columns_put(&columns->devices, DEVICE_STEP, columns->numbers, others);
		columns_put(&columns->devices, DEVICE_SHARE, columns->others, others);
		put_dictionary(columns);
	}
	free(first_numbers);
}

static void put_devices(struct cell_columns *columns, const struct cell *cells, size_t count)
{
	size_t all = 0;

	for (size_t i = 0; i < count; i++) {
		columns->numbers[i] = cell_columns_device_count(&cells[i]);
		all += columns->numbers[i];
	}
	cell_columns_put_numbers(columns, &columns->cells, VALUE_DEVICES, count);
	if (all > 0 && cell_columns_reserve(columns, all)) {
		put_hashes(columns, cells, count, all);
		put_device_columns(columns, cells, count);
	} else {
		columns->failed |= all > 0;
	}
}

void cell_columns_put_keyed(struct cell_columns *columns, const struct cell *cells, size_t count)
{
	put_keys(columns, cells, count);
	put_sums(columns, cells, count);
	put_times(columns, cells, count);
	cell_columns_put_registers(columns, cells, count);
	put_devices(columns, cells, count);
}
