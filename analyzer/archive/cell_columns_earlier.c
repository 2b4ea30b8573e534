#include "analyzer/archive/cell_columns_parts.h"
#include "base/clock.h"

/* Times go together: a cell ends soon after it began. */
static void put_times(struct cell_columns *columns, const struct cell *cells, size_t count)
{
	bool in_ns = columns->form == ARCHIVE_FORM_COLUMNS;
	unsigned first = in_ns ? VALUE_FIRST : VALUE_FIRST_S;
	unsigned last = in_ns ? VALUE_LAST : VALUE_LAST_S;
	uint64_t unit_ns = in_ns ? 1 : NS_PER_S, any = 0;

	for (size_t i = 0; i < count; i++) {
		columns->others[i] = cells[i].sums.first_ns / unit_ns;
		columns->numbers[i] = cells[i].sums.last_ns / unit_ns;
		any |= columns->others[i];
	}
	if (any == 0) {
		cell_columns_put_numbers(columns, &columns->cells, last, count);
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
	cell_columns_put_numbers(columns, &columns->cells, key, count);
	CELL_SUMS(X)
#undef X
	cell_columns_put_bits(columns, cells, count);
}

static void put_hash(struct cbor_writer *entries, unsigned form, uint64_t value)
{
	(void)form;
	cbor_writer_number(entries, value);
}

/* What the last of them had is mostly what the others left of the cell's bytes. */
static void shorten_last(struct cell_columns *columns, const struct cell *cell, size_t at)
{
	uint32_t count = cell_columns_device_count(cell);
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
		columns->numbers[i] = cell_columns_device_count(&cells[i]);
		all += columns->numbers[i];
	}
	cell_columns_put_numbers(columns, &columns->cells, VALUE_DEVICES, count);
	if (all == 0 || !cell_columns_reserve(columns, all)) {
		columns->failed |= all > 0;
		return;
	}
	for (size_t i = 0; i < count; at += cell_columns_device_count(&cells[i++])) {
		cell_columns_take_devices(columns, &cells[i], at);
	}
	cell_columns_number_entries(columns, 0, put_hash, all);
	at = 0;
	for (size_t i = 0; i < count; at += cell_columns_device_count(&cells[i++])) {
		if (by_number) {
			cell_columns_sort_devices(
				columns, cell_columns_device_count(&cells[i]), at);
		}
		shorten_last(columns, &cells[i], at);
	}
	(by_number ? columns_put_rising : columns_put_entries)(&columns->devices, DEVICE_HASH,
		columns->numbers, all, &columns->entries, dictionary_count(columns->dictionary));
	columns_put(&columns->devices, DEVICE_BYTES, columns->others, all);
}

void cell_columns_put_earlier(struct cell_columns *columns, const struct cell *cells, size_t count)
{
	cell_columns_put_key(columns, &columns->cells, UINT64_MAX, cells, count);
	put_sums(columns, cells, count);
	put_times(columns, cells, count);
	cell_columns_put_registers(columns, cells, count);
	put_devices(columns, cells, count);
}
