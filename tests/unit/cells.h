/* Records as cells, for tests: what the exporter makes of them. */
#pragma once

#include "analyzer/rollup/device_hash.h"
#include "analyzer/rollup/overview.h"
#include "analyzer/rollup/rollup.h"
#include "base/clock.h"

static struct device_hashes *cells_hashes;

static uint64_t device_of(const struct record *record)
{
	struct record seen = *record;

	record_note_vantage(&seen);
	if (!cells_hashes) {
		cells_hashes = device_hashes_create(NULL);
	}
	return device_hash(cells_hashes, NULL, &seen);
}

/* A rollup of records in slots of five minutes; the caller's to destroy. */
__attribute__((unused)) static struct rollup *cells_of(const struct record *records, size_t count)
{
	struct rollup *rollup =
		rollup_create(&(struct rollup_options){ .slot_ns = SLOT_NS, .cells_max = 4096 });

	for (size_t i = 0; i < count; i++) {
		rollup_add(rollup, &records[i], device_of(&records[i]));
	}
	return rollup;
}

__attribute__((unused)) static void overview_add(
	struct overview *overview, const struct record *records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct rollup *rollup = cells_of(&records[i], 1);
		size_t cell_count;
		const struct cell *cells = rollup_cells(rollup, &cell_count);

		overview_take(overview, cells, cell_count);
		overview_take_name(overview, &records[i], device_of(&records[i]));
		rollup_destroy(rollup);
	}
}
