#include <stdlib.h>

#include "analyzer/archive/cell_columns_keyed.h"
#include "analyzer/archive/cell_columns_parts.h"

struct reading {
	struct cell_table cells, keys;
	struct columns devices, hashes;
	const struct column *key, *first_device, *first_share, *steps, *shares;
	struct cell *said; /* cells of nothing but their keys */
	uint64_t *hash_values;
	uint32_t next_device;
	struct device_sketch sketch;
};

/* How many keys there are: cells name each, and the last. */
static uint32_t count_keys(const struct reading *reading, uint32_t count)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t key = cell_column_number(&reading->cells.columns, reading->key, i);
		most = key > most ? key : most;
	}
	return most < count ? (uint32_t)most + 1 : 0;
}

static bool read_keys(struct reading *reading, struct reader *block, uint32_t count)
{
	uint32_t keys = count_keys(reading, count);

	if ((count > 0 && keys == 0) || !cell_table_read(&reading->keys, block, keys)) {
		return false;
	}
	reading->said = calloc(keys + 1, sizeof(*reading->said));
	bool is_read = reading->said != NULL;
	for (uint32_t first = 0; first < keys && is_read; first += CELL_BATCH) {
		uint32_t some = keys - first < CELL_BATCH ? keys - first : CELL_BATCH;
		is_read = cell_table_rows(&reading->keys, first, some, reading->said + first);
	}
	return is_read;
}

static uint64_t count_of(const struct reading *reading, uint32_t row)
{
	return cell_column_number(&reading->cells.columns, reading->cells.counts, row);
}

/* How many devices stand behind the first ones. */
static bool count_others(const struct reading *reading, uint32_t count, uint32_t *others)
{
	uint32_t all, with_any = 0;
	bool is_counted = cell_table_count_devices(&reading->cells, &all);

	for (uint32_t i = 0; i < count && is_counted; i++) {
		with_any += count_of(reading, i) > 0;
	}
	*others = is_counted ? all - with_any : 0;
	return is_counted;
}

/* How many hashes there are: the devices' numbers count them from 1. False where they name more
 * than there are devices. */
static bool count_hashes(const struct reading *reading, uint32_t count, uint32_t *hashes)
{
	uint64_t most = 0, all = 0;
	uint32_t next = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t number =
			cell_column_number(&reading->cells.columns, reading->first_device, i);
		uint64_t devices = count_of(reading, i);
		all += devices;
		for (uint64_t j = 1; j < devices; j++) {
			most = number > most ? number : most;
			number += cell_column_number(&reading->devices, reading->steps, next++);
		}
		most = devices > 0 && number > most ? number : most;
	}
	*hashes = (uint32_t)most;
	return most <= all;
}

static bool read_hashes(struct reading *reading, struct reader *block, uint32_t count)
{
	uint32_t hashes;

	if (!count_hashes(reading, count, &hashes) ||
		!columns_read(&reading->hashes, block, hashes, NULL)) {
		return false;
	}
	const struct column *column = cell_column_of(&reading->hashes, DEVICE_HASH);
	reading->hash_values = calloc((size_t)hashes + 1, sizeof(uint64_t));
	for (uint32_t i = 0; reading->hash_values && i < hashes; i++) {
		reading->hash_values[i + 1] =
			devices_hash_of(cell_column_number(&reading->hashes, column, i));
	}
	return reading->hash_values != NULL;
}

static bool begin(struct reading *reading, const void *block, size_t bytes, uint32_t count)
{
	struct reader reader = reader_over(block, bytes);
	uint32_t others;

	if (!cell_table_read(&reading->cells, &reader, count)) {
		return false;
	}
	reading->key = cell_column_of(&reading->cells.columns, VALUE_KEY);
	reading->first_device = cell_column_of(&reading->cells.columns, VALUE_DEVICE);
	reading->first_share = cell_column_of(&reading->cells.columns, VALUE_SHARE);
	if (!read_keys(reading, &reader, count) || !count_others(reading, count, &others) ||
		!columns_read(&reading->devices, &reader, others, NULL)) {
		return false;
	}
	reading->steps = cell_column_of(&reading->devices, DEVICE_STEP);
	reading->shares = cell_column_of(&reading->devices, DEVICE_SHARE);
	return read_hashes(reading, &reader, count) && reader_left(&reader) == 0;
}

/* The key, of which the cell itself has where; and what is over. */
static bool finish(struct reading *reading, uint32_t row, struct cell *cell)
{
	uint64_t key = cell_column_number(&reading->cells.columns, reading->key, row);
	struct cell_key where = cell->key;
	struct cell_sums *sums = &cell->sums;

	cell->key = reading->said[key].key;
	cell->key.slot = where.slot;
	cell->key.tenant = where.tenant;
	cell->key.unit = where.unit;
	cell->key.class_ = where.class_;
	sums->flows = column_add_step(count_of(reading, row), sums->flows);
	sums->packets = column_add_step(
		cell_packets_about(sums->bytes_up, sums->bytes_down), sums->packets);
	uint64_t last = column_add_step(sums->first_ns, sums->last_ns);
	if (sums->first_ns > UINT64_MAX / CELL_TIME_STEP_NS ||
		last > UINT64_MAX / CELL_TIME_STEP_NS) {
		return false;
	}
	sums->first_ns *= CELL_TIME_STEP_NS;
	sums->last_ns = last * CELL_TIME_STEP_NS;
	return true;
}

static void put_devices(struct reading *reading, uint32_t row, bool has_sketch, struct cell *cell)
{
	const struct columns *columns = &reading->cells.columns;
	uint64_t bytes = cell->sums.bytes_up + cell->sums.bytes_down;
	uint64_t number = cell_column_number(columns, reading->first_device, row);
	uint64_t share = cell_column_number(columns, reading->first_share, row);
	uint64_t count = count_of(reading, row);

	for (uint64_t i = 0; i < count; i++) {
		if (i > 0) {
			uint32_t next = reading->next_device++;
			number += cell_column_number(&reading->devices, reading->steps, next);
			share = cell_column_number(&reading->devices, reading->shares, next);
		}
		struct device device = { reading->hash_values[number],
			cell_share_bytes(share, bytes) };
		if (has_sketch) {
			reading->sketch.heaviest[i] = device;
		} else {
			devices_add(&cell->devices, device.hash, device.bytes);
		}
	}
	if (has_sketch) {
		devices_merge_sketch(&cell->devices, &reading->sketch);
	}
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
			uint32_t row = first + i;
			bool is_read, has_sketch = cell_table_sketch(&reading->cells, row,
					      count_of(reading, row), &reading->sketch, &is_read);
			if (!is_read || !finish(reading, row, &cells[i])) {
				return row;
			}
			put_devices(reading, row, has_sketch, &cells[i]);
			take(context, &cells[i]);
			devices_deinit(&cells[i].devices);
		}
	}
	return count;
}

uint32_t cell_columns_read_keyed(const void *block, size_t bytes, uint32_t count,
	void (*take)(void *context, const struct cell *cell), void *context)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	uint32_t read = 0;

	if (!reading) {
		return 0;
	}
	columns_init(&reading->devices);
	columns_init(&reading->hashes);
	if (begin(reading, block, bytes, count)) {
		read = hand_out(reading, count, take, context);
	}
	cell_table_deinit(&reading->cells);
	cell_table_deinit(&reading->keys);
	columns_deinit(&reading->devices);
	columns_deinit(&reading->hashes);
	free(reading->said);
	free(reading->hash_values);
	free(reading);
	return read;
}
