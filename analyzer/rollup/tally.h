/* A tally: sums over records, one row a key.
 *
 * Keys are small numbers or packed codes chosen by the caller, never text from the wire, so rows
 * are few by nature; a bound still holds, past which everything new goes into one row of its own
 * (tally_overflow).
 *
 * Memory   grows with the rows, up to row_limit.
 * Threads  one at a time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analyzer/rollup/distinct.h"
#include "analyzer/rollup/overview.h"

struct tally_row {
	uint64_t key;
	struct overview_row sums; /* devices: filled by tally_sums() */
	struct distinct devices;
	uint64_t last_device; /* the hash that came last: runs of records are often of one device */
};

struct tally {
	uint32_t row_count, row_capacity, row_limit, slots;
	struct tally_row *rows; /* in order of first sight */
	uint32_t *index;        /* open addressing: row + 1; 0 empty */
	uint32_t last;          /* the row that was asked for last */
};

enum { TALLY_OVERFLOW_KEY = UINT32_MAX };

void tally_init(struct tally *tally, uint32_t row_limit);
void tally_deinit(struct tally *tally);

/* The row of key, made on first sight. Good until the next call. NULL only where memory is out. */
struct tally_row *tally_find_row(struct tally *tally, uint64_t key);

static inline struct tally_row *tally_row(struct tally *tally, uint64_t key)
{
	if (tally->last < tally->row_count && tally->rows[tally->last].key == key) {
		return &tally->rows[tally->last];
	}
	return tally_find_row(tally, key);
}

/* Adds a record to a row: a flow where it is part 0, bytes and packets of this part, the device. */
void tally_add(struct tally_row *row, const struct record *record, uint64_t device_hash);

/* Adds one row to another. */
void tally_merge(struct tally_row *to, const struct tally_row *from);

/* The row's sums with its devices counted; for a key without a row, zeros. */
const struct overview_row *tally_sums(struct tally *tally, uint64_t key);
const struct overview_row *tally_row_sums(struct tally_row *row);
