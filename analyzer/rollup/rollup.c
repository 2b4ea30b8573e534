#include "analyzer/rollup/rollup.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/quick_hash.h"

#define DAY_NS (24 * 3600 * NS_PER_S)

enum { CELLS_LEAST = 64, DAYS_BACK = 7, DAYS_AHEAD = 1 };

struct rollup {
	struct rollup_options options;
	uint64_t seed; /* of the table: which cells collide is not for others to choose */
	struct hash_table table;
	struct cell
		*cells; /* behind count stand cells that were used before, with memory of theirs */
	uint32_t count, capacity, used;
	uint32_t last; /* the cell that was asked for last: records come in runs */

	uint32_t days[ROLLUP_DAYS_MAX]; /* that are open; a live one opens by the clock instead */
	uint32_t day_count, last_day;
	uint64_t today; /* 0: no clock */
	struct rollup_stats stats;
};

struct rollup *rollup_create(const struct rollup_options *options)
{
	struct rollup *rollup = calloc(1, sizeof(*rollup));

	if (rollup) {
		rollup->options = *options;
		rollup->seed = hash_key_random().words[0];
		rollup->last_day = UINT32_MAX;
	}
	return rollup;
}

void rollup_destroy(struct rollup *rollup)
{
	if (!rollup) {
		return;
	}
	for (uint32_t i = 0; i < rollup->used; i++) {
		devices_deinit(&rollup->cells[i].devices);
	}
	hash_table_deinit(&rollup->table);
	free(rollup->cells);
	free(rollup);
}

void rollup_set_now(struct rollup *rollup, uint64_t now_ns)
{
	if (rollup->today != now_ns / DAY_NS) {
		rollup->today = now_ns / DAY_NS;
		rollup->last_day = UINT32_MAX;
	}
}

static bool open_day(struct rollup *rollup, uint32_t day)
{
	if (rollup->today) {
		return day + DAYS_BACK >= rollup->today && day <= rollup->today + DAYS_AHEAD;
	}
	for (uint32_t i = 0; i < rollup->day_count; i++) {
		if (rollup->days[i] == day) {
			return true;
		}
	}
	if (rollup->day_count == ROLLUP_DAYS_MAX) {
		return false;
	}
	rollup->days[rollup->day_count++] = day;
	return true;
}

/* 0 where the record's day is not open. */
static uint32_t slot_of(struct rollup *rollup, uint64_t time_ns)
{
	uint32_t day = (uint32_t)(time_ns / DAY_NS);

	if (rollup->options.slot_ns == 0) {
		return 0;
	}
	if (day != rollup->last_day) {
		if (!open_day(rollup, day)) {
			rollup->stats.untimed++;
			return 0;
		}
		rollup->last_day = day;
	}
	return (uint32_t)(time_ns / rollup->options.slot_ns);
}

static uint64_t hash_of(const struct rollup *rollup, const struct cell_key *key)
{
	uint64_t words[CELL_KEY_WORDS], hash = rollup->seed;

	memcpy(words, key, sizeof(words));
	for (unsigned i = 0; i < CELL_KEY_WORDS; i++) {
		hash = quick_hash(hash, words[i]);
	}
	return hash;
}

static bool is_cell(const void *cells, uint32_t place, const void *key)
{
	return cell_key_equal(&((const struct cell *)cells)[place].key, key);
}

static bool reserve(struct rollup *rollup)
{
	if (rollup->count < rollup->capacity) {
		return true;
	}
	uint32_t capacity = rollup->capacity ? 2 * rollup->capacity : CELLS_LEAST;
	struct cell *cells = realloc(rollup->cells, capacity * sizeof(*cells));
	if (cells) {
		rollup->cells = cells;
		rollup->capacity = capacity;
	}
	return cells != NULL;
}

static struct cell *append(struct rollup *rollup, const struct cell_key *key, uint64_t hash)
{
	if (!reserve(rollup) || !hash_table_put(&rollup->table, hash, rollup->count)) {
		return NULL;
	}
	struct cell *cell = &rollup->cells[rollup->count];
	if (rollup->count == rollup->used) {
		cell->devices = (struct devices){ 0 };
		rollup->used++;
	}
	cell->key = *key;
	cell_sums_init(&cell->sums);
	rollup->last = rollup->count++;
	return cell;
}

/* NULL: there is none, and no room for one. */
static struct cell *find_cell(struct rollup *rollup, const struct cell_key *key, uint32_t most)
{
	if (rollup->last < rollup->count && cell_key_equal(&rollup->cells[rollup->last].key, key)) {
		return &rollup->cells[rollup->last];
	}
	uint64_t hash = hash_of(rollup, key);
	uint32_t place = hash_table_find(&rollup->table, hash, is_cell, rollup->cells, key);
	if (place != HASH_TABLE_NONE) {
		rollup->last = place;
		return &rollup->cells[place];
	}
	return rollup->count < most ? append(rollup, key, hash) : NULL;
}

bool rollup_add(struct rollup *rollup, const struct record *record, uint64_t device)
{
	struct cell_key key = cell_key_of(record);

	key.slot = slot_of(rollup, record->flow.start_ns);
	struct cell *cell = find_cell(rollup, &key, rollup->options.cells_max);
	if (cell && !devices_is_full(&cell->devices)) {
		cell_add(cell, record, device);
		return true;
	}
	if (rollup->count > 0) {
		return false;
	}
	rollup->stats.lost++; /* not even the first one has memory */
	return true;
}

void rollup_merge(struct rollup *rollup, const struct cell *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct cell_key key = cells[i].key;
		if (rollup->options.slot_ns == 0) {
			key.slot = 0;
		} else if (key.slot != 0) {
			key.slot = (uint32_t)(cells[i].sums.first_ns / rollup->options.slot_ns);
		}
		struct cell *cell = find_cell(rollup, &key, rollup->options.cells_max);
		if (!cell) {
			struct cell_key other = cell_key_other(&key);
			cell = find_cell(rollup, &other, UINT32_MAX);
			rollup->stats.other++;
		}
		if (cell) {
			cell_merge(cell, &cells[i]);
		} else {
			rollup->stats.lost++;
		}
	}
}

const struct cell *rollup_cells(const struct rollup *rollup, size_t *count)
{
	*count = rollup->count;
	return rollup->cells;
}

void rollup_clear(struct rollup *rollup)
{
	for (uint32_t i = 0; i < rollup->count; i++) {
		devices_clear(&rollup->cells[i].devices);
	}
	hash_table_clear(&rollup->table);
	rollup->count = 0;
}

void rollup_read_stats(const struct rollup *rollup, struct rollup_stats *stats)
{
	*stats = rollup->stats;
}
