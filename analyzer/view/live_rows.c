#include "analyzer/view/live_rows.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/rollup/series.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/quick_hash.h"

#define SLOTS_PER_DAY ((uint32_t)(24 * 3600 * NS_PER_S / SLOT_NS))

struct live_rows {
	uint64_t seed;
	uint32_t count;
	struct live_row *rows[LIVE_ROWS_MAX + DIMENSION_COUNT]; /* room for an "other" of each */
	struct hash_table table;
};

struct live_rows *live_rows_create(void)
{
	struct live_rows *rows = calloc(1, sizeof(*rows));

	if (rows) {
		rows->seed = hash_key_random().words[0];
	}
	return rows;
}

static void free_row(struct live_row *row)
{
	for (unsigned i = 0; i < LIVE_ROW_SLOTS; i++) {
		devices_deinit(&row->slots[i].devices);
	}
	devices_deinit(&row->devices);
	free(row);
}

void live_rows_destroy(struct live_rows *rows)
{
	if (!rows) {
		return;
	}
	for (uint32_t i = 0; i < rows->count; i++) {
		free_row(rows->rows[i]);
	}
	hash_table_deinit(&rows->table);
	free(rows);
}

static bool is_row(const void *rows, uint32_t place, const void *series)
{
	return ((struct live_row *const *)rows)[place]->series == *(const uint64_t *)series;
}

/* The row of a series, or "other" of its dimension; NULL where memory is out. */
static struct live_row *find_row(struct live_rows *rows, uint64_t series)
{
	uint64_t other = series_other(series_dimension(series));
	uint64_t hash = quick_hash(rows->seed, series);
	uint32_t place = hash_table_find(&rows->table, hash, is_row, rows->rows, &series);

	if (place != HASH_TABLE_NONE) {
		return rows->rows[place];
	}
	if (rows->count >= LIVE_ROWS_MAX && series != other) {
		return find_row(rows, other);
	}
	struct live_row *row = calloc(1, sizeof(*row));
	if (!row || !hash_table_put(&rows->table, hash, rows->count)) {
		free(row);
		return NULL;
	}
	row->series = series;
	rows->rows[rows->count++] = row;
	return row;
}

static void add_to_slot(struct live_row *row, const struct cell *cell)
{
	struct live_slot *slot = &row->slots[cell->key.slot % LIVE_ROW_SLOTS];

	if (slot->number < cell->key.slot) {
		slot->number = cell->key.slot;
		slot->up = slot->down = 0;
		devices_clear(&slot->devices);
	}
	if (slot->number == cell->key.slot) {
		slot->up += cell->sums.bytes_up;
		slot->down += cell->sums.bytes_down;
		if (dimension_is_of_part(series_dimension(row->series))) {
			devices_merge(&slot->devices, &cell->devices);
		}
	}
}

static void add_to_day(struct live_row *row, const struct cell *cell)
{
	uint32_t day = cell->key.slot / SLOTS_PER_DAY;

	if (row->day < day) {
		row->day = day;
		row->day_up = row->day_down = 0;
		devices_clear(&row->devices);
	}
	if (row->day == day) {
		row->day_up += cell->sums.bytes_up;
		row->day_down += cell->sums.bytes_down;
		devices_merge(&row->devices, &cell->devices);
	}
}

void live_rows_add(struct live_rows *rows, const struct cell *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t series[DIMENSION_COUNT];
		unsigned series_count = series_of(&cells[i].key, series);
		for (unsigned s = 0; s < series_count; s++) {
			struct live_row *row = find_row(rows, series[s]);
			if (row) {
				add_to_slot(row, &cells[i]);
				add_to_day(row, &cells[i]);
			}
		}
	}
}

void live_rows_forget_idle(struct live_rows *rows, uint64_t now_ns)
{
	uint32_t now = (uint32_t)(now_ns / SLOT_NS), kept = 0;

	for (uint32_t i = 0; i < rows->count; i++) {
		struct live_row *row = rows->rows[i];
		uint32_t latest = 0;
		for (unsigned s = 0; s < LIVE_ROW_SLOTS; s++) {
			latest = row->slots[s].number > latest ? row->slots[s].number : latest;
		}
		if (latest + LIVE_ROW_SLOTS > now) {
			rows->rows[kept++] = row;
		} else {
			free_row(row);
		}
	}
	rows->count = kept;
	hash_table_clear(&rows->table);
	for (uint32_t i = 0; i < kept; i++) {
		hash_table_put(&rows->table, quick_hash(rows->seed, rows->rows[i]->series), i);
	}
}

size_t live_rows_count(const struct live_rows *rows)
{
	return rows->count;
}

const struct live_row *live_rows_at(const struct live_rows *rows, size_t place)
{
	return rows->rows[place];
}
