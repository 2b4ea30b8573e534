#include <stdlib.h>

#include "analyzer/archive/cell_columns_parts.h"

struct reading {
	struct cell_table cells;
	struct columns devices;
	const struct column *hashes, *bytes;
	uint64_t *hash_values;
	uint32_t next_device;
	struct device_sketch sketch;
};

static bool read_hashes(struct reading *reading)
{
	reading->hashes = cell_column_of(&reading->devices, DEVICE_HASH);
	reading->bytes = cell_column_of(&reading->devices, DEVICE_BYTES);
	if (!reading->hashes) {
		return reading->devices.rows == 0;
	}
	struct cbor_reader entries = reading->hashes->entries;
	reading->hash_values = calloc(reading->hashes->entry_count + 1, sizeof(uint64_t));
	bool is_read = reading->hash_values != NULL;
	for (uint32_t i = 1; i <= reading->hashes->entry_count && is_read; i++) {
		struct cbor_item item = cbor_reader_next(&entries);
		reading->hash_values[i] = item.number;
		is_read = item.kind == CBOR_ITEM_NUMBER;
	}
	return is_read;
}

static bool begin(struct reading *reading, const void *block, size_t bytes, uint32_t count)
{
	struct reader reader = reader_over(block, bytes);
	uint32_t devices;

	return cell_table_read(&reading->cells, &reader, count) &&
	       cell_table_count_devices(&reading->cells, &devices) &&
	       columns_read(&reading->devices, &reader, devices, NULL) &&
	       reader_left(&reader) == 0 && read_hashes(reading);
}

static bool next_device(struct reading *reading, struct device *device)
{
	uint32_t row = reading->next_device++;
	uint64_t number = cell_column_number(&reading->devices, reading->hashes, row);

	if (number > reading->hashes->entry_count) {
		return false;
	}
	*device = (struct device){ reading->hash_values[number],
		cell_column_number(&reading->devices, reading->bytes, row) };
	return true;
}

/* The last has what the others left. */
static bool put_devices(struct reading *reading, uint32_t row, struct cell *cell)
{
	uint64_t left = cell->sums.bytes_up + cell->sums.bytes_down;
	uint64_t count = cell_column_number(&reading->cells.columns, reading->cells.counts, row);
	bool is_read, has_sketch = cell_table_sketch(
			      &reading->cells, row, count, &reading->sketch, &is_read);

	for (uint64_t i = 0; i < count && is_read; i++) {
		struct device device;
		is_read = next_device(reading, &device);
		if (!is_read) {
			return false;
		}
		device.bytes = i + 1 == count ? left - device.bytes : device.bytes;
		left -= device.bytes;
		if (has_sketch) {
			reading->sketch.heaviest[i] = device;
		} else {
			devices_add(&cell->devices, device.hash, device.bytes);
		}
	}
	if (is_read && has_sketch) {
		devices_merge_sketch(&cell->devices, &reading->sketch);
	}
	return is_read;
}

static uint32_t hand_out(struct reading *reading, uint32_t count,
	void (*take)(void *context, const struct cell *cell), void *context)
{
	struct cell cells[CELL_BATCH];

	for (uint32_t first = 0; first < count; first += CELL_BATCH) {
		uint32_t some = count - first < CELL_BATCH ? count - first : CELL_BATCH;
		if (!cell_table_rows(&reading->cells, first, some, cells)) {
			return first;
		}
		for (uint32_t i = 0; i < some; i++) {
			bool is_read = put_devices(reading, first + i, &cells[i]);
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

uint32_t cell_columns_read_earlier(const void *block, size_t bytes, uint32_t count,
	void (*take)(void *context, const struct cell *cell), void *context)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	uint32_t read = 0;

	if (!reading) {
		return 0;
	}
	columns_init(&reading->devices);
	if (begin(reading, block, bytes, count)) {
		read = hand_out(reading, count, take, context);
	}
	cell_table_deinit(&reading->cells);
	free(reading->hash_values);
	columns_deinit(&reading->devices);
	free(reading);
	return read;
}
