#include "analyzer/view/live_protect.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/rollup/protect.h"
#include "analyzer/view/live_rows.h"
#include "base/clock.h"
#include "base/hash_table.h"

/* The rows of parts, and what protect_parts() is told of them in one window. */
struct table {
	struct live_snapshot *snapshot;
	size_t count;
	size_t *rows; /* places in the snapshot */
	struct protected_part *parts;
	struct devices *sets;
	struct hash_table apps; /* line by app: its first row */
};

enum { LINE_UNITS, LINE_CLASSES, LINE_APPS };

static void free_table(struct table *table)
{
	free(table->rows);
	free(table->parts);
	free(table->sets);
	hash_table_deinit(&table->apps);
}

static bool make_table(struct table *table, struct live_snapshot *snapshot)
{
	size_t room = snapshot->row_count + 1;

	*table = (struct table){ .snapshot = snapshot,
		.rows = calloc(room, sizeof(*table->rows)),
		.parts = calloc(room, sizeof(*table->parts)),
		.sets = calloc(room, sizeof(*table->sets)) };
	for (size_t i = 0; table->rows && i < snapshot->row_count; i++) {
		if (dimension_is_of_part(snapshot->rows[i].dimension)) {
			table->rows[table->count++] = i;
		}
	}
	return table->rows && table->parts && table->sets;
}

static size_t app_length(const char *series)
{
	return strcspn(series, "@");
}

static bool is_of_app(const void *table, uint32_t place, const void *series)
{
	const struct table *all = table;
	const char *other = all->snapshot->rows[all->rows[place]].series;

	return app_length(other) == app_length(series) &&
	       memcmp(other, series, app_length(series)) == 0;
}

static uint64_t hash_app(const char *series)
{
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < app_length(series); i++) {
		hash = (hash ^ (uint8_t)series[i]) * 1099511628211u;
	}
	return hash;
}

/* The total of all units is known, that of all classes, and that of each app. */
static uint32_t line_of(struct table *table, uint32_t place)
{
	const struct live_snapshot_row *row = &table->snapshot->rows[table->rows[place]];

	if (row->dimension != DIMENSION_APP_UNIT) {
		return row->dimension == DIMENSION_UNIT ? LINE_UNITS : LINE_CLASSES;
	}
	uint64_t hash = hash_app(row->series);
	uint32_t first = hash_table_find(&table->apps, hash, is_of_app, table, row->series);
	if (first == HASH_TABLE_NONE) {
		hash_table_put(&table->apps, hash, place);
		first = place;
	}
	return LINE_APPS + first;
}

/* The devices of a row in a window, gathered in set; NULL where only their number is known. */
static const struct devices *devices_in(const struct live_snapshot_row *row,
	enum live_snapshot_window window, uint64_t now_ns, struct devices *set)
{
	uint32_t now = (uint32_t)(now_ns / SLOT_NS);
	unsigned slots = window == LIVE_SNAPSHOT_RECENT ? 2 : LIVE_ROW_SLOTS;

	if (!row->live || window == LIVE_SNAPSHOT_DAY) {
		return row->live ? &row->live->devices : NULL;
	}
	for (unsigned i = 0; i < LIVE_ROW_SLOTS; i++) {
		const struct live_slot *slot = &row->live->slots[i];
		if (slot->number + slots > now) {
			devices_merge(set, &slot->devices);
		}
	}
	return set;
}

static void judge_window(struct table *table, enum live_snapshot_window window, unsigned k)
{
	struct live_snapshot *snapshot = table->snapshot;

	for (size_t i = 0; i < table->count; i++) {
		const struct live_snapshot_row *row = &snapshot->rows[table->rows[i]];
		table->parts[i] = (struct protected_part){
			.lines = { line_of(table, (uint32_t)i), PROTECT_NO_LINE },
			.figures = { { row->up[window] + row->down[window],
				devices_in(row, window, snapshot->now_ns, &table->sets[i]),
				row->devices } },
			.is_hidden = row->series[0] == '\0',
		};
	}
	protect_parts(k, table->parts, table->count);
	for (size_t i = 0; i < table->count; i++) {
		snapshot->rows[table->rows[i]].is_hidden[window] = table->parts[i].is_hidden;
		devices_clear(&table->sets[i]);
	}
}

static void judge_parts(struct live_snapshot *snapshot, unsigned k)
{
	struct table table;

	if (make_table(&table, snapshot)) {
		for (unsigned window = 0; window < LIVE_SNAPSHOT_WINDOW_COUNT; window++) {
			judge_window(&table, window, k);
		}
		for (size_t i = 0; i < table.count; i++) {
			devices_deinit(&table.sets[i]);
		}
	} else {
		for (size_t i = 0; i < snapshot->row_count; i++) {
			bool is_part = dimension_is_of_part(snapshot->rows[i].dimension);
			memset(snapshot->rows[i].is_hidden, is_part,
				sizeof(snapshot->rows[i].is_hidden));
		}
	}
	free_table(&table);
}

/* Hidden windows go to the row without a name; true where nothing of the row is left. */
static bool take_hidden(struct live_snapshot_row *row, struct live_snapshot_row *rest)
{
	bool is_gone = true;

	for (unsigned window = 0; window < LIVE_SNAPSHOT_WINDOW_COUNT; window++) {
		if (row->is_hidden[window]) {
			rest->up[window] += row->up[window];
			rest->down[window] += row->down[window];
			row->up[window] = row->down[window] = 0;
		} else if (row->up[window] + row->down[window] > 0) {
			is_gone = false;
		}
	}
	return is_gone;
}

static void put_together(struct live_snapshot *snapshot)
{
	struct live_snapshot_row rests[DIMENSION_COUNT] = { { .dimension = 0 } };
	bool is_there[DIMENSION_COUNT] = { false };
	size_t kept = 0;

	for (size_t i = 0; i < snapshot->row_count; i++) {
		struct live_snapshot_row *row = &snapshot->rows[i];
		bool is_part = dimension_is_of_part(row->dimension);
		if (is_part && take_hidden(row, &rests[row->dimension])) {
			is_there[row->dimension] = true;
			continue;
		}
		for (unsigned window = 0; window < LIVE_SNAPSHOT_WINDOW_COUNT; window++) {
			is_there[row->dimension] |= row->is_hidden[window];
		}
		snapshot->rows[kept++] = *row;
	}
	snapshot->row_count = kept;
	for (unsigned i = 0; i < DIMENSION_COUNT; i++) {
		struct live_snapshot_row *rest =
			is_there[i] ? live_snapshot_add_row(snapshot, i, "") : NULL;
		if (rest) {
			memcpy(rest->up, rests[i].up, sizeof(rest->up));
			memcpy(rest->down, rests[i].down, sizeof(rest->down));
		}
	}
}

/* At least so many are the body. */
static uint64_t most_devices(const struct live_snapshot *snapshot)
{
	uint64_t most = 0;

	for (size_t i = 0; i < snapshot->row_count; i++) {
		most = snapshot->rows[i].devices > most ? snapshot->rows[i].devices : most;
	}
	return most;
}

void live_snapshot_protect(struct live_snapshot *snapshot, unsigned k)
{
	snapshot->group_minimum = k > snapshot->group_minimum ? k : snapshot->group_minimum;
	if (k == 0) {
		return;
	}
	if (!protect_shows_count(k, most_devices(snapshot))) {
		snapshot->row_count = 0;
		return;
	}
	judge_parts(snapshot, k);
	put_together(snapshot);
	for (size_t i = 0; i < snapshot->row_count; i++) {
		struct live_snapshot_row *row = &snapshot->rows[i];
		row->devices = dimension_is_of_part(row->dimension) ? protect_floor(k, row->devices)
			       : protect_shows_count(k, row->devices) ? row->devices
								      : 0;
	}
}
