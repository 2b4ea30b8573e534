#include "analyzer/rollup/meter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/rollup/series.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "base/quick_hash.h"
#include "base/text.h"

enum { SENT_DEVICES = 65536, SLOTS_PER_HOUR = 12, DAYS_LATE_MAX = 7 };

#define SLOTS_PER_DAY ((uint32_t)(24 * 3600 * NS_PER_S / SLOT_NS))

_Static_assert((unsigned)METER_DEVICES_MAX >= DEVICES_EXACT_MAX * (unsigned)DIMENSION_COUNT,
	"any cell finds room in an empty batch");

struct meter {
	uint64_t seed; /* secret: where things stand in the tables */
	struct meter_sum *sums;
	struct meter_device *devices;
	uint64_t *series; /* of the day */
	struct hash_table sum_table, device_table, series_table;
	uint32_t sum_count, device_count, series_count, series_day;
	uint64_t *sent; /* hashes of series, time and device that batches had; direct-mapped */
	struct text text;
	uint64_t number, latest_ns;
	struct meter_stats stats;
};

struct meter *meter_create(void)
{
	struct meter *meter = calloc(1, sizeof(*meter));

	if (!meter) {
		return NULL;
	}
	meter->seed = hash_key_random().words[0];
	meter->sums = calloc(METER_SUMS_MAX, sizeof(*meter->sums));
	meter->devices = calloc(METER_DEVICES_MAX, sizeof(*meter->devices));
	meter->series = calloc(METER_SERIES_MAX, sizeof(*meter->series));
	meter->sent = calloc(SENT_DEVICES, sizeof(*meter->sent));
	text_init_heap(&meter->text);
	if (!meter->sums || !meter->devices || !meter->series || !meter->sent) {
		meter_destroy(meter);
		return NULL;
	}
	return meter;
}

void meter_destroy(struct meter *meter)
{
	if (meter) {
		free(meter->sums);
		free(meter->devices);
		free(meter->series);
		free(meter->sent);
		hash_table_deinit(&meter->sum_table);
		hash_table_deinit(&meter->device_table);
		hash_table_deinit(&meter->series_table);
		text_deinit(&meter->text);
		free(meter);
	}
}

static bool is_series(const void *all, uint32_t place, const void *series)
{
	return ((const uint64_t *)all)[place] == *(const uint64_t *)series;
}

/* The series itself while there is room for one more on this day, otherwise "other". */
static uint64_t admit_series(struct meter *meter, uint64_t series)
{
	uint64_t hash = quick_hash(meter->seed, series);

	if (hash_table_find(&meter->series_table, hash, is_series, meter->series, &series) !=
		HASH_TABLE_NONE) {
		return series;
	}
	if (meter->series_count == METER_SERIES_MAX ||
		!hash_table_put(&meter->series_table, hash, meter->series_count)) {
		meter->stats.series_overflow++;
		return series_other(series_dimension(series));
	}
	meter->series[meter->series_count++] = series;
	return series;
}

static bool is_sum(const void *sums, uint32_t place, const void *key)
{
	const struct meter_sum *sum = &((const struct meter_sum *)sums)[place], *wanted = key;

	return sum->series == wanted->series && sum->slot == wanted->slot;
}

static void add_sum(struct meter *meter, const struct meter_sum *sum)
{
	uint64_t hash = quick_hash(quick_hash(meter->seed, sum->series), sum->slot);
	uint32_t place = hash_table_find(&meter->sum_table, hash, is_sum, meter->sums, sum);

	if (place != HASH_TABLE_NONE) {
		meter->sums[place].up += sum->up;
		meter->sums[place].down += sum->down;
		meter->sums[place].flows += sum->flows;
		meter->sums[place].unseen_up += sum->unseen_up;
		meter->sums[place].unseen_down += sum->unseen_down;
	} else if (hash_table_put(&meter->sum_table, hash, meter->sum_count)) {
		meter->sums[meter->sum_count++] = *sum;
	}
}

/* A batch need not say again what another of this time said. The hash has no secret, so that the
 * same records make the same batches; devices are under one already. */
static bool was_sent(struct meter *meter, uint64_t series, uint32_t time, uint64_t device)
{
	uint64_t hash = quick_hash(quick_hash(quick_hash(0, series), time), device);
	uint64_t *sent = &meter->sent[hash % SENT_DEVICES];
	bool was = *sent == hash;

	*sent = hash;
	return was;
}

static bool is_device(const void *devices, uint32_t place, const void *key)
{
	const struct meter_device *device = &((const struct meter_device *)devices)[place],
				  *wanted = key;

	return device->series == wanted->series && device->slot == wanted->slot &&
	       device->device == wanted->device;
}

static void add_device(struct meter *meter, const struct meter_device *device)
{
	uint64_t hash = quick_hash(
		quick_hash(quick_hash(meter->seed, device->series), device->device), device->slot);

	if (hash_table_find(&meter->device_table, hash, is_device, meter->devices, device) ==
			HASH_TABLE_NONE &&
		hash_table_put(&meter->device_table, hash, meter->device_count)) {
		meter->devices[meter->device_count++] = *device;
	}
}

/* A new day has room for new series. Cells of the days before still come: only a clock that jumped
 * far back begins anew. */
static void begin_day(struct meter *meter, uint32_t day)
{
	if (day > meter->series_day || day + DAYS_LATE_MAX < meter->series_day) {
		meter->series_day = day;
		meter->series_count = 0;
		hash_table_clear(&meter->series_table);
	}
}

static void add_devices(struct meter *meter, const struct cell *cell, uint64_t series)
{
	uint32_t slot = cell->key.slot;
	bool is_by_slot = dimension_counts_slots(series_dimension(series));

	for (uint32_t i = 0; i < cell->devices.count; i++) {
		struct meter_device device = { series, devices_told(cell->devices.items[i].hash),
			is_by_slot ? slot : slot - slot % SLOTS_PER_DAY };
		if (!was_sent(meter, series, is_by_slot ? slot : slot / SLOTS_PER_HOUR,
			    device.device)) {
			add_device(meter, &device);
		}
	}
}

static void add_cell(struct meter *meter, const struct cell *cell)
{
	uint64_t series[DIMENSION_COUNT];
	unsigned count = series_of(&cell->key, series);

	begin_day(meter, cell->key.slot / SLOTS_PER_DAY);
	for (unsigned i = 0; i < count; i++) {
		uint64_t admitted = admit_series(meter, series[i]);
		add_sum(meter, &(struct meter_sum){ .series = admitted,
				       .up = cell->sums.bytes_up,
				       .down = cell->sums.bytes_down,
				       .flows = cell->sums.flows,
				       .unseen_up = cell->sums.unseen_up,
				       .unseen_down = cell->sums.unseen_down,
				       .slot = cell->key.slot });
		add_devices(meter, cell, admitted);
	}
	if (cell->sums.first_ns > meter->latest_ns) {
		meter->latest_ns = cell->sums.first_ns;
	}
}

static bool has_room(const struct meter *meter, const struct cell *cell)
{
	return meter->sum_count + DIMENSION_COUNT <= METER_SUMS_MAX &&
	       meter->device_count + cell->devices.count * DIMENSION_COUNT <= METER_DEVICES_MAX;
}

size_t meter_add(struct meter *meter, const struct cell *cells, size_t count)
{
	size_t taken = 0;

	while (taken < count && has_room(meter, &cells[taken])) {
		add_cell(meter, &cells[taken++]);
	}
	return taken;
}

bool meter_cut(struct meter *meter, struct meter_batch *batch)
{
	errno = 0;
	if (meter->sum_count == 0) {
		return false;
	}
	text_clear(&meter->text);
	if (!meter_put_batch(&meter->text, meter->sums, meter->sum_count, meter->devices,
		    meter->device_count)) {
		errno = ENOMEM;
		return false;
	}
	hash_table_clear(&meter->sum_table);
	hash_table_clear(&meter->device_table);
	meter->sum_count = meter->device_count = 0;
	meter->stats.batches++;
	*batch = (struct meter_batch){ ++meter->number, meter->latest_ns, meter->text.at,
		meter->text.length };
	return true;
}

void meter_read_stats(const struct meter *meter, struct meter_stats *stats)
{
	*stats = meter->stats;
}
