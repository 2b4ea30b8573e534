/* The rollup: the third noun. Cells by their key, in slots of time.
 *
 * A record is added up once, here. What was gathered is handed on as cells, over and over, and
 * whoever keeps figures for longer merges them: the summary, the batches for Redis, the live view,
 * the archive's hours.
 *
 * Bounded in cells: rollup_add() says when one more would be too many, so that what is gathered can
 * be handed on; rollup_merge() gives what finds no room to the cell "other" of its time, zone and
 * direction. And bounded in time: records come with the time that the wire, or a file, claims, and
 * may open ROLLUP_DAYS_MAX days of a run; of others the time is slot 0. Both are counted.
 *
 * Memory   grows with the cells; rollup_clear() keeps it.
 * Threads  one at a time.
 * Failure  out of memory gives to "other", or counts as lost. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analyzer/rollup/cell.h"

enum { ROLLUP_DAYS_MAX = 62 };

struct rollup;

struct rollup_options {
	uint64_t slot_ns; /* how long a slot is; 0: all of time is one */
	uint32_t cells_max;
};

struct rollup_stats {
	uint64_t other;   /* records, or cells merged, that found no room of their own */
	uint64_t untimed; /* records of days past ROLLUP_DAYS_MAX */
	uint64_t lost;    /* for want of memory */
};

struct rollup *rollup_create(const struct rollup_options *options); /* NULL: out of memory */
void rollup_destroy(struct rollup *rollup);

/* Live: what day it is. Days from a week before to the day after are always open, and no others are
 * from then on. */
void rollup_set_now(struct rollup *rollup, uint64_t now_ns);

/* Adds a record of that device (device_hash.h). False: it has no room before rollup_clear(), for
 * cells or for the exact devices of one. */
bool rollup_add(struct rollup *rollup, const struct record *record, uint64_t device);

/* Adds cells; slots are taken as they are where both rollups have the same, or made of first_ns. */
void rollup_merge(struct rollup *rollup, const struct cell *cells, size_t count);

/* In order of first sight; good until the next call that changes the rollup. */
const struct cell *rollup_cells(const struct rollup *rollup, size_t *count);
void rollup_clear(struct rollup *rollup);

void rollup_read_stats(const struct rollup *rollup, struct rollup_stats *stats);
