/* The meter: bytes and flows by dimension, series and five-minute slot, made of cells and cut into
 * numbered batches for Redis.
 *
 * A batch is plain text (share/redis/borderflow.lua says its lines), so that it can wait in a
 * spool, be checked, and be applied by anybody who can read. The same cells in the same order make
 * the same batches, byte for byte.
 *
 * Memory   bounded: METER_SUMS_MAX sums and METER_DEVICES_MAX devices a batch; METER_SERIES_MAX
 *          series a day, after which new ones are counted as the series "other".
 * Threads  one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/rollup/cell.h"

enum { METER_SUMS_MAX = 4096, METER_DEVICES_MAX = 16384, METER_SERIES_MAX = 65536 };

struct meter;

struct meter_batch {
	uint64_t number;    /* 1, 2, … */
	uint64_t latest_ns; /* start of the latest cell in it */
	const char *bytes;
	size_t length;
};

struct meter_stats {
	uint64_t batches;
	uint64_t series_overflow; /* times a sum went to "other" */
};

struct meter *meter_create(void); /* NULL: out of memory */
void meter_destroy(struct meter *meter);

/* Takes cells, in slots of SLOT_NS, until a batch is full: how many were taken. Fewer than count:
 * cut a batch, then go on. */
size_t meter_add(struct meter *meter, const struct cell *cells, size_t count);

/* Makes a batch of what was gathered; good until the next call. False where there is nothing, or no
 * memory (errno tells: 0 or ENOMEM). */
bool meter_cut(struct meter *meter, struct meter_batch *batch);

void meter_read_stats(const struct meter *meter, struct meter_stats *stats);

/* What a batch is made of: bytes, flows, and records of which a way did not cross the sensor, of
 * one series in one slot, and a device seen in one, on a day or, where small groups are
 * judged by it (dimension_counts_slots()), in a slot of that day. */
struct meter_sum {
	uint64_t series, up, down, flows, unseen_up, unseen_down;
	uint32_t slot; /* since 1970 */
};

struct meter_device {
	uint64_t series, device;
	uint32_t slot; /* since 1970; of a day: its first */
};

/* The text of a batch (meter_batch.c). Sorts the arrays. False: out of memory. */
struct text;
bool meter_put_batch(struct text *text, struct meter_sum *sums, size_t sum_count,
	struct meter_device *devices, size_t device_count);
