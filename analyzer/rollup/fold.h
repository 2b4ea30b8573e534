/* A fold: cells added up by some of their fields, a row each.
 *
 * Memory   grows with the rows.
 * Threads  one at a time.
 * Failure  out of memory leaves a cell out. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analyzer/rollup/cell.h"
#include "base/keyed_list.h"

struct fold_row {
	uint64_t key;
	struct cell_sums sums;
	uint64_t bytes_up_outside; /* to servers outside EU and EEA */
	uint64_t flows_embedded, flows_denied, flows_unapproved;
	struct devices devices;
};

/* A zeroed struct is an empty fold. */
struct fold {
	struct keyed_list rows; /* in order of first sight */
};

static inline const struct fold_row *fold_at(const struct fold *fold, uint32_t place)
{
	return (const struct fold_row *)fold->rows.rows + place;
}

/* Which row a cell belongs to; false: to none. */
typedef bool fold_key(const struct cell_key *key, uint64_t *row);

void fold_cells(struct fold *fold, fold_key *by, const struct cell *cells, size_t count);

/* NULL where there is none. */
const struct fold_row *fold_find(const struct fold *fold, uint64_t key);
void fold_deinit(struct fold *fold);
