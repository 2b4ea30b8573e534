#include "analyzer/rollup/day_tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "analyzer/rollup/protect.h"
#include "analyzer/rollup/rollup.h"
#include "base/hash_table.h"
#include "base/quick_hash.h"

struct cell_key day_table_line(const struct cell_key *key)
{
	struct cell_key line = *key;

	line.unit = line.class_ = 0;
	return line;
}

enum day_table_part day_table_part(enum day_table table)
{
	static const uint8_t parts[] = {
#define X(id, number, part) [DAY_TABLE_##id] = DAY_TABLE_PART_##part,
		DAY_TABLES(X)
#undef X
	};
	return parts[table];
}

static struct cell_key keep_verdict(const struct cell_key *key)
{
	return (struct cell_key){ .rule = key->rule,
		.app = key->app,
		.inferred = key->inferred,
		.exception = key->exception,
		.action = key->action,
		.verdict = key->verdict,
		.block = key->block };
}

/* What a table keeps of a key but for the part. */
static struct cell_key keep(enum day_table table, const struct cell_key *key)
{
	switch (table) {
	case DAY_TABLE_APP:
	case DAY_TABLE_UNIT_APP:
	case DAY_TABLE_CLASS_APP:
		return (struct cell_key){
			.app = key->app, .inferred = key->inferred, .embedded = key->embedded
		};
	case DAY_TABLE_ZONE:
	case DAY_TABLE_UNIT_ZONE:
		return (struct cell_key){ .zone = key->zone };
	case DAY_TABLE_COUNTRY:
		return (struct cell_key){ .server_country = key->server_country,
			.parent_country = key->parent_country,
			.zone = key->zone,
			.control = key->control };
	case DAY_TABLE_UNIT_CONTROL:
		return (struct cell_key){ .zone = key->zone, .control = key->control };
	case DAY_TABLE_UNIT_HIDDEN:
		return (struct cell_key){ .zone = key->zone, .hidden = key->hidden };
	case DAY_TABLE_VERDICT:
	case DAY_TABLE_UNIT_VERDICT:
	case DAY_TABLE_CLASS_VERDICT:
		return keep_verdict(key);
	default:
		return (struct cell_key){ .slot = 0 };
	}
}

static void put_part(enum day_table table, const struct cell_key *from, struct cell_key *to)
{
	enum day_table_part part = day_table_part(table);

	to->unit = part == DAY_TABLE_PART_UNIT ? from->unit : 0;
	to->class_ = part == DAY_TABLE_PART_CLASS ? from->class_ : 0;
}

/* The cells by the fields of a table; the caller's. */
static struct rollup *fold(enum day_table table, const struct cell *cells, size_t count)
{
	struct rollup *rollup =
		rollup_create(&(struct rollup_options){ .slot_ns = 0, .cells_max = UINT32_MAX });

	for (size_t i = 0; rollup && i < count; i++) {
		struct cell cell = cells[i];
		cell.key = keep(table, &cells[i].key);
		put_part(table, &cells[i].key, &cell.key);
		cell.key.direction = cell_crosses_border(&cells[i].key) ? RECORD_DIRECTION_OUTBOUND
									: RECORD_DIRECTION_INTERNAL;
		rollup_merge(rollup, &cell, 1);
	}
	return rollup;
}

bool day_tables_add(struct day_tables *tables, const struct day_table_row *row)
{
	if (tables->count == tables->capacity) {
		size_t capacity = tables->capacity ? 2 * tables->capacity : 64;
		struct day_table_row *grown =
			realloc(tables->rows, capacity * sizeof(*tables->rows));
		if (!grown) {
			return false;
		}
		tables->rows = grown;
		tables->capacity = capacity;
	}
	tables->rows[tables->count++] = *row;
	return true;
}

void day_tables_deinit(struct day_tables *tables)
{
	free(tables->rows);
	*tables = (struct day_tables){ 0 };
}

/* A part's devices are said to be k or more, whoever they are; those of the body are counted. */
static void put_devices(struct day_table_row *row, unsigned k, const struct devices *devices)
{
	bool is_of_part = day_table_part(row->table) != DAY_TABLE_PART_NONE;
	uint64_t count = devices_count(devices);

	row->devices = (uint32_t)count;
	if (count == 0) {
		row->devices_are = DAY_TABLE_UNKNOWN;
	} else if (!protect_shows_count(k, count)) {
		row->devices = k;
		row->devices_are = DAY_TABLE_FEWER;
	} else if (k && is_of_part) {
		row->devices = (uint32_t)protect_floor(k, count);
		row->devices_are = DAY_TABLE_AT_LEAST;
	} else {
		row->devices_are =
			devices_is_estimated(devices) ? DAY_TABLE_ABOUT : DAY_TABLE_EXACT;
	}
}

static bool add_row(
	struct day_tables *tables, enum day_table table, const struct cell *cell, bool is_rest)
{
	struct day_table_row row = { .table = table, .is_rest = is_rest, .key = cell->key };

	row.sums.flows = cell->sums.flows;
	row.sums.packets = cell->sums.packets;
	row.sums.bytes_up = cell->sums.bytes_up;
	row.sums.bytes_down = cell->sums.bytes_down;
	row.sums.unseen_up = cell->sums.unseen_up;
	row.sums.unseen_down = cell->sums.unseen_down;
	put_devices(&row, tables->k, &cell->devices);
	return day_tables_add(tables, &row);
}

/* The lines of a table whose sums are known besides, by what their rows share. */
struct lines {
	struct cell_key *keys;
	struct hash_table table;
	uint32_t count;
};

static bool is_line(const void *keys, uint32_t place, const void *key)
{
	return cell_key_equal((const struct cell_key *)keys + place, key);
}

static uint32_t line_of(struct lines *lines, const struct cell_key *key)
{
	uint64_t words[CELL_KEY_WORDS], hash = 0;

	memcpy(words, key, sizeof(words));
	for (unsigned i = 0; i < CELL_KEY_WORDS; i++) {
		hash = quick_hash(hash, words[i]);
	}
	uint32_t place = hash_table_find(&lines->table, hash, is_line, lines->keys, key);
	if (place == HASH_TABLE_NONE) {
		place = lines->count++;
		lines->keys[place] = *key;
		hash_table_put(&lines->table, hash, place);
	}
	return place;
}

/* Is the part one that the table of parts alone does not show? Then nothing of it is shown. */
static bool is_part_hidden(
	const struct day_tables *tables, enum day_table table, const struct cell_key *key)
{
	enum day_table parts =
		day_table_part(table) == DAY_TABLE_PART_UNIT ? DAY_TABLE_UNIT : DAY_TABLE_CLASS;

	for (size_t i = 0; table != parts && i < tables->count; i++) {
		const struct day_table_row *row = &tables->rows[i];
		if (row->table == parts && !row->is_rest && row->key.unit == key->unit &&
			row->key.class_ == key->class_ && row->key.direction == key->direction) {
			return false;
		}
	}
	return table != parts;
}

static uint64_t lot_of(enum day_table table, const struct cell_key *key)
{
	return protect_lot(day_table_part(table) == DAY_TABLE_PART_UNIT
				   ? symbol_name(SYMBOL_UNIT, key->unit)
				   : symbol_name(SYMBOL_CLASS, key->class_));
}

static struct protected_part *judge(const struct day_tables *tables, enum day_table table,
	const struct cell *cells, size_t count)
{
	struct protected_part *parts = calloc(count + 1, sizeof(*parts));
	struct lines lines = { .keys = calloc(2 * count + 1, sizeof(*lines.keys)) };

	for (size_t i = 0; parts && lines.keys && i < count; i++) {
		const struct cell *cell = &cells[i];
		struct cell_key column = day_table_line(&cell->key);
		struct cell_key whole = { .other = true, .direction = cell->key.direction };
		put_part(table, &cell->key, &whole);
		bool is_whole = table == DAY_TABLE_UNIT || table == DAY_TABLE_CLASS;
		parts[i] = (struct protected_part){
			.lines = { line_of(&lines, &column),
				is_whole ? PROTECT_NO_LINE : line_of(&lines, &whole) },
			/* A part without bytes is one all the same. */
			.figures = { { cell->sums.bytes_up + cell->sums.bytes_down + 1,
				&cell->devices, 0 } },
			.lot = lot_of(table, &cell->key),
			.is_hidden = is_part_hidden(tables, table, &cell->key),
		};
	}
	if (parts && lines.keys) {
		protect_parts(tables->k, parts, count);
	} else {
		free(parts);
		parts = NULL;
	}
	free(lines.keys);
	hash_table_deinit(&lines.table);
	return parts;
}

/* Parts that are shown, and what the others of each line add up to. */
static bool add_parts(
	struct day_tables *tables, enum day_table table, const struct cell *cells, size_t count)
{
	struct protected_part *parts = judge(tables, table, cells, count);
	struct rollup *rests =
		rollup_create(&(struct rollup_options){ .slot_ns = 0, .cells_max = UINT32_MAX });
	bool is_added = parts && rests;

	for (size_t i = 0; is_added && i < count; i++) {
		if (tables->k && parts[i].is_hidden) {
			struct cell rest = cells[i];
			rest.key = day_table_line(&cells[i].key);
			rollup_merge(rests, &rest, 1);
		} else {
			is_added = add_row(tables, table, &cells[i], false);
		}
	}
	size_t rest_count = 0;
	const struct cell *rest = rests ? rollup_cells(rests, &rest_count) : NULL;
	for (size_t i = 0; is_added && i < rest_count; i++) {
		is_added = add_row(tables, table, &rest[i], true);
	}
	rollup_destroy(rests);
	free(parts);
	return is_added;
}

static bool add_table(
	struct day_tables *tables, enum day_table table, const struct cell *cells, size_t count)
{
	struct rollup *folded = fold(table, cells, count);
	size_t row_count = 0;
	const struct cell *found = folded ? rollup_cells(folded, &row_count) : NULL;
	struct cell *rows = folded ? malloc((row_count + 1) * sizeof(*rows)) : NULL;
	bool is_added = rows != NULL;

	if (is_added) {
		memcpy(rows, found ? found : rows, row_count * sizeof(*rows));
		cells_sort(rows, row_count);
	}
	if (is_added && day_table_part(table) != DAY_TABLE_PART_NONE) {
		is_added = add_parts(tables, table, rows, row_count);
	} else {
		for (size_t i = 0; is_added && i < row_count; i++) {
			is_added = add_row(tables, table, &rows[i], false);
		}
	}
	free(rows);
	rollup_destroy(folded);
	return is_added;
}

int day_tables_make(struct day_tables *tables, unsigned k, const struct cell *cells, size_t count)
{
	struct devices body = { 0 };
	bool is_made = true;

	*tables = (struct day_tables){ .k = k };
	for (size_t i = 0; i < count; i++) {
		devices_merge(&body, &cells[i].devices);
	}
	tables->is_withheld = !protect_shows_count(k, devices_count(&body));
	devices_deinit(&body);
	for (unsigned table = 0; table < DAY_TABLE_COUNT && !tables->is_withheld && is_made;
		table++) {
		is_made = add_table(tables, table, cells, count);
	}
	if (!is_made) {
		day_tables_deinit(tables);
	}
	return is_made ? 0 : -ENOMEM;
}
