#include "analyzer/rollup/meter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/rollup/meter_parts.h"
#include "analyzer/record/pseudonyms.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/text.h"

/* Tables are powers of two, at most half full. */
enum {
	CELL_SLOTS = 2 * METER_CELLS_MAX,
	DEVICE_SLOTS = 2 * METER_DEVICES_MAX,
	SERIES_SLOTS = 2 * METER_SERIES_MAX,
	KNOWN_DEVICES = 4096,
	SENT_DEVICES = 65536,
	SLOTS_PER_HOUR = 12,
	DAYS_LATE_MAX = 7
};

#define DAY_NS        (24 * 3600 * NS_PER_S)
#define SLOTS_PER_DAY (DAY_NS / SLOT_NS)

/* What stands for a device, remembered: a pseudonym costs a microsecond. */
struct known_device {
	struct addr addr;
	uint64_t day, device;
};

struct meter {
	struct hash_key table_key;  /* secret: where things stand in the tables */
	struct hash_key device_key; /* fixed: sensors must agree on what stands for a device */

	struct meter_cell *cells;
	struct meter_device *devices;
	uint32_t *cell_slots, *device_slots; /* place + 1; 0 empty */
	uint32_t cell_count, device_count;

	uint64_t *series_slots; /* keys of today's series + 1; 0 empty */
	uint32_t series_count, series_day;

	struct known_device *known; /* direct-mapped by address */
	uint64_t *sent; /* hashes of series, hour and device that batches had; direct-mapped */
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
	meter->table_key = hash_key_random();
	meter->device_key = hash_key_fixed("borderflow device");
	meter->cells = calloc(METER_CELLS_MAX, sizeof(*meter->cells));
	meter->devices = calloc(METER_DEVICES_MAX, sizeof(*meter->devices));
	meter->cell_slots = calloc(CELL_SLOTS, sizeof(*meter->cell_slots));
	meter->device_slots = calloc(DEVICE_SLOTS, sizeof(*meter->device_slots));
	meter->series_slots = calloc(SERIES_SLOTS, sizeof(*meter->series_slots));
	meter->known = calloc(KNOWN_DEVICES, sizeof(*meter->known));
	meter->sent = calloc(SENT_DEVICES, sizeof(*meter->sent));
	text_init_heap(&meter->text);
	if (!meter->cells || !meter->devices || !meter->cell_slots || !meter->device_slots ||
		!meter->series_slots || !meter->known || !meter->sent) {
		meter_destroy(meter);
		return NULL;
	}
	return meter;
}

void meter_destroy(struct meter *meter)
{
	if (meter) {
		free(meter->cells);
		free(meter->devices);
		free(meter->cell_slots);
		free(meter->device_slots);
		free(meter->series_slots);
		free(meter->known);
		free(meter->sent);
		text_deinit(&meter->text);
		free(meter);
	}
}

static uint64_t device_of(
	struct meter *meter, const struct pseudonyms *pseudonyms, const struct record *record)
{
	const struct addr *addr = &record->device.identity;
	uint64_t day = record->flow.start_ns / DAY_NS;
	uint64_t hash = hash_bytes(&meter->table_key, addr, sizeof(*addr));
	struct known_device *known = &meter->known[hash % KNOWN_DEVICES];
	char pseudonym[PSEUDONYM_LENGTH + 1];

	if (known->device && known->day == day && addr_equal(&known->addr, addr)) {
		return known->device;
	}
	known->addr = *addr;
	known->day = day;
	if (pseudonyms) {
		pseudonyms_of_device(
			pseudonyms, &record->device, record->flow.start_ns, pseudonym);
		known->device = hash_bytes(&meter->device_key, pseudonym, PSEUDONYM_LENGTH);
	} else {
		known->device = hash_bytes(&meter->device_key, addr, sizeof(*addr));
	}
	known->device += known->device == 0;
	return known->device;
}

/* The series itself while there is room for one more on this day, otherwise "other". */
static uint64_t admit_series(struct meter *meter, uint64_t series)
{
	uint64_t stored = series + 1;
	size_t slot = hash_bytes(&meter->table_key, &series, sizeof(series)) % SERIES_SLOTS;

	while (meter->series_slots[slot] && meter->series_slots[slot] != stored) {
		slot = (slot + 1) % SERIES_SLOTS;
	}
	if (meter->series_slots[slot] == stored) {
		return series;
	}
	if (meter->series_count == METER_SERIES_MAX) {
		meter->stats.series_overflow++;
		return series_other(series_dimension(series));
	}
	meter->series_slots[slot] = stored;
	meter->series_count++;
	return series;
}

static struct meter_cell *find_cell(struct meter *meter, uint64_t series, uint32_t slot_number)
{
	uint64_t key[2] = { series, slot_number };
	size_t slot = hash_bytes(&meter->table_key, key, sizeof(key)) % CELL_SLOTS;

	while (meter->cell_slots[slot]) {
		struct meter_cell *cell = &meter->cells[meter->cell_slots[slot] - 1];
		if (cell->series == series && cell->slot == slot_number) {
			return cell;
		}
		slot = (slot + 1) % CELL_SLOTS;
	}
	meter->cell_slots[slot] = ++meter->cell_count;
	struct meter_cell *cell = &meter->cells[meter->cell_count - 1];
	*cell = (struct meter_cell){ .series = series, .slot = slot_number };
	return cell;
}

/* A batch need not say again what another of this hour said. The key is fixed, so that the same
 * records make the same batches. */
static bool was_sent(struct meter *meter, uint64_t series, uint32_t slot, uint64_t device)
{
	uint64_t key[3] = { series, slot / SLOTS_PER_HOUR, device };
	uint64_t hash = hash_bytes(&meter->device_key, key, sizeof(key));
	uint64_t *sent = &meter->sent[hash % SENT_DEVICES];
	bool was = *sent == hash;

	*sent = hash;
	return was;
}

static void add_device(struct meter *meter, uint64_t series, uint32_t day, uint64_t device)
{
	uint64_t key[3] = { series, day, device };
	size_t slot = hash_bytes(&meter->table_key, key, sizeof(key)) % DEVICE_SLOTS;

	while (meter->device_slots[slot]) {
		const struct meter_device *known = &meter->devices[meter->device_slots[slot] - 1];
		if (known->series == series && known->day == day && known->device == device) {
			return;
		}
		slot = (slot + 1) % DEVICE_SLOTS;
	}
	meter->device_slots[slot] = meter->device_count + 1;
	meter->devices[meter->device_count++] = (struct meter_device){ series, device, day };
}

/* The series of a record, one a dimension; returns how many. What is only inferred has a dimension
 * of its own, the last one, and is in none of the others. */
static unsigned series_of(const struct record *record, uint64_t series[METER_DIMENSION_COUNT])
{
	bool inferred = record->verdict.inferred;
	uint32_t app = inferred ? 0 : record->verdict.app, unit = record->decision.unit;
	uint32_t parent = country_number(
		verdict_control_is_proven(&record->verdict) ? record->verdict.parent_country : "");
	uint32_t server = record->place.zone == GEO_ZONE_INTERNAL
				  ? COUNTRY_INTERNAL
				  : country_number(record->place.country);

	series[METER_APP] = series_key(METER_APP, app, 0);
	series[METER_APP_UNIT] = series_key(METER_APP_UNIT, app, unit);
	series[METER_UNIT] = series_key(METER_UNIT, unit, 0);
	series[METER_SERVER] = series_key(METER_SERVER, server, 0);
	series[METER_PARENT] = series_key(METER_PARENT, parent, 0);
	series[METER_ZONE] = series_key(METER_ZONE, record->place.zone, 0);
	series[METER_CLASS] = series_key(METER_CLASS, record->decision.class_, 0);
	series[METER_MATRIX] = series_key(METER_MATRIX, server, parent);
	series[METER_INFERRED] = series_key(METER_INFERRED, record->verdict.app, 0);
	return inferred ? METER_DIMENSION_COUNT : METER_INFERRED;
}

/* A new day has room for new series. Records of the days before still come: only a clock that
 * jumped far back begins anew. */
static void begin_day(struct meter *meter, uint32_t day)
{
	if (day > meter->series_day || day + DAYS_LATE_MAX < meter->series_day) {
		meter->series_day = day;
		meter->series_count = 0;
		memset(meter->series_slots, 0, SERIES_SLOTS * sizeof(*meter->series_slots));
	}
}

static void add_record(
	struct meter *meter, const struct pseudonyms *pseudonyms, const struct record *record)
{
	uint64_t series[METER_DIMENSION_COUNT], device = device_of(meter, pseudonyms, record);
	uint64_t up = record_bytes_up(record), down = record_bytes_down(record);
	uint32_t slot = (uint32_t)(record->flow.start_ns / SLOT_NS);

	begin_day(meter, (uint32_t)(slot / SLOTS_PER_DAY));
	unsigned count = series_of(record, series);
	for (unsigned i = 0; i < count; i++) {
		struct meter_cell *cell = find_cell(meter, admit_series(meter, series[i]), slot);
		cell->up += up;
		cell->down += down;
		if (cell->last_device != device) {
			cell->last_device = device;
			if (!was_sent(meter, cell->series, slot, device)) {
				add_device(meter, cell->series, (uint32_t)(slot / SLOTS_PER_DAY),
					device);
			}
		}
	}
	if (record->flow.start_ns > meter->latest_ns) {
		meter->latest_ns = record->flow.start_ns;
	}
	meter->stats.records++;
}

size_t meter_add(struct meter *meter, const struct pseudonyms *pseudonyms,
	const struct record *records, size_t count)
{
	size_t taken = 0;

	while (taken < count && meter->cell_count <= METER_CELLS_MAX - METER_DIMENSION_COUNT &&
		meter->device_count <= METER_DEVICES_MAX - METER_DIMENSION_COUNT) {
		add_record(meter, pseudonyms, &records[taken++]);
	}
	return taken;
}

bool meter_cut(struct meter *meter, struct meter_batch *batch)
{
	errno = 0;
	if (meter->cell_count == 0) {
		return false;
	}
	text_clear(&meter->text);
	if (!meter_put_batch(&meter->text, meter->cells, meter->cell_count, meter->devices,
		    meter->device_count)) {
		errno = ENOMEM;
		return false;
	}
	memset(meter->cell_slots, 0, CELL_SLOTS * sizeof(*meter->cell_slots));
	memset(meter->device_slots, 0, DEVICE_SLOTS * sizeof(*meter->device_slots));
	meter->cell_count = 0;
	meter->device_count = 0;
	meter->stats.batches++;
	*batch = (struct meter_batch){ ++meter->number, meter->latest_ns, meter->text.at,
		meter->text.length };
	return true;
}

void meter_read_stats(const struct meter *meter, struct meter_stats *stats)
{
	*stats = meter->stats;
}
