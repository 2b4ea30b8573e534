/* The meter: bytes by dimension, series and five-minute slot, gathered into numbered batches.
 *
 * A batch is plain text (share/redis/borderflow.lua says its lines), so that it can wait in a
 * spool, be checked, and be applied by anybody who can read. The same records in the same order
 * make the same batches, byte for byte.
 *
 * Each record's bytes are booked into the slot of its start; flows are cut at slots before they
 * come here. Series are made of app ids, country codes and hashes of the policy's names: nothing
 * from the wire becomes part of a key.
 *
 * Memory   bounded: METER_CELLS_MAX sums and METER_DEVICES_MAX devices a batch; METER_SERIES_MAX
 *          series a day, after which new ones are counted as the series "other".
 * Threads  one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/record/reference.h"
#include "analyzer/record/record.h"

/* What is metered, each once for bytes up and once for bytes down; names as in keys: "app.up". */
#define METER_DIMENSIONS(X)                                                                        \
	X(APP, "app")                                                                              \
	X(APP_UNIT, "app-unit")                                                                    \
	X(UNIT, "unit")                                                                            \
	X(SERVER, "server") /* country */                                                          \
	X(PARENT, "parent") /* country */                                                          \
	X(ZONE, "zone")     /* of the server */                                                    \
	X(CLASS, "class")                                                                          \
	X(MATRIX, "matrix")     /* server country and parent country: "SE-CN" */                   \
	X(INFERRED, "inferred") /* apps of flows without a name; in "app" these are "unknown" */

enum meter_dimension {
#define X(id, name) METER_##id,
	METER_DIMENSIONS(X)
#undef X
		METER_DIMENSION_COUNT
};

enum { METER_CELLS_MAX = 4096, METER_DEVICES_MAX = 8192, METER_SERIES_MAX = 65536 };

struct meter;

struct meter_batch {
	uint64_t number;    /* 1, 2, … */
	uint64_t latest_ns; /* start of the latest record in it */
	const char *bytes;
	size_t length;
};

struct meter_stats {
	uint64_t records, batches;
	uint64_t series_overflow; /* times a sum went to "other" */
};

struct meter *meter_create(void); /* NULL: out of memory */
void meter_destroy(struct meter *meter);

/* Takes records until a batch is full: how many were taken. Fewer than count: cut a batch, then go
 * on. */
size_t meter_add(struct meter *meter, const struct pseudonyms *pseudonyms,
	const struct record *records, size_t count);

/* Makes a batch of what was gathered; good until the next call. False where there is nothing, or no
 * memory (errno tells: 0 or ENOMEM). */
bool meter_cut(struct meter *meter, struct meter_batch *batch);

void meter_read_stats(const struct meter *meter, struct meter_stats *stats);
