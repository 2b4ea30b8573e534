#include "analyzer/rollup/fold.h"

#include "base/quick_hash.h"

static bool is_row(const void *rows, uint32_t place, const void *key)
{
	return ((const struct fold_row *)rows)[place].key == *(const uint64_t *)key;
}

const struct fold_row *fold_find(const struct fold *fold, uint64_t key)
{
	uint32_t place = hash_table_find(
		&fold->rows.table, quick_hash(0, key), is_row, fold->rows.rows, &key);

	return place == HASH_TABLE_NONE ? NULL : fold_at(fold, place);
}

/* A row is large, and most are there. */
static struct fold_row *find_row(struct fold *fold, uint64_t key)
{
	struct fold_row *found = (struct fold_row *)(uintptr_t)fold_find(fold, key);

	if (found) {
		return found;
	}
	struct fold_row row = { .key = key };
	cell_sums_init(&row.sums);
	return keyed_list_row(&fold->rows, sizeof(row), quick_hash(0, key), is_row, &row);
}

static void add_cell(struct fold_row *row, const struct cell *cell)
{
	const struct cell_key *key = &cell->key;

	cell_sums_merge(&row->sums, &cell->sums);
	devices_merge(&row->devices, &cell->devices);
	row->bytes_up_outside += geo_zone_is_outside(key->zone) ? cell->sums.bytes_up : 0;
	row->flows_embedded += key->embedded ? cell->sums.flows : 0;
	row->flows_denied += key->verdict == POLICY_VERDICT_VIOLATION ? cell->sums.flows : 0;
	row->flows_unapproved += key->verdict == POLICY_VERDICT_UNAPPROVED ? cell->sums.flows : 0;
}

void fold_cells(struct fold *fold, fold_key *by, const struct cell *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t key;
		struct fold_row *row = by(&cells[i].key, &key) ? find_row(fold, key) : NULL;
		if (row) {
			add_cell(row, &cells[i]);
		}
	}
}

void fold_deinit(struct fold *fold)
{
	struct fold_row *rows = fold->rows.rows;

	for (uint32_t i = 0; i < fold->rows.count; i++) {
		devices_deinit(&rows[i].devices);
	}
	keyed_list_deinit(&fold->rows);
}
