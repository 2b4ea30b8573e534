#include "analyzer/rollup/day_tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "analyzer/rollup/day_drafts.h"
#include "analyzer/rollup/protect.h"
#include "analyzer/rollup/rollup.h"
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

bool key_numbers_init(struct key_numbers *numbers, size_t most)
{
	*numbers = (struct key_numbers){ .keys = calloc(most + 1, sizeof(*numbers->keys)) };
	return numbers->keys != NULL;
}

void key_numbers_deinit(struct key_numbers *numbers)
{
	free(numbers->keys);
	hash_table_deinit(&numbers->table);
}

static bool is_key(const void *keys, uint32_t place, const void *key)
{
	return cell_key_equal((const struct cell_key *)keys + place, key);
}

uint32_t key_numbers_of(struct key_numbers *numbers, const struct cell_key *key)
{
	uint64_t words[CELL_KEY_WORDS], hash = 0;

	memcpy(words, key, sizeof(words));
	for (unsigned i = 0; i < CELL_KEY_WORDS; i++) {
		hash = quick_hash(hash, words[i]);
	}
	uint32_t number = hash_table_find(&numbers->table, hash, is_key, numbers->keys, key);
	if (number == HASH_TABLE_NONE) {
		number = numbers->count++;
		numbers->keys[number] = *key;
		hash_table_put(&numbers->table, hash, number);
	}
	return number;
}

enum day_table day_draft_wholes(enum day_table table)
{
	return day_table_part(table) == DAY_TABLE_PART_UNIT    ? DAY_TABLE_UNIT
	       : day_table_part(table) == DAY_TABLE_PART_CLASS ? DAY_TABLE_CLASS
							       : table;
}

static struct cell_key key_in(enum day_table table, const struct cell_key *of)
{
	struct cell_key key = keep(table, of);

	put_part(table, of, &key);
	key.direction =
		cell_crosses_border(of) ? RECORD_DIRECTION_OUTBOUND : RECORD_DIRECTION_INTERNAL;
	return key;
}

static struct rollup *make_rollup(void)
{
	return rollup_create(&(struct rollup_options){ .slot_ns = 0, .cells_max = UINT32_MAX });
}

/* The rows of a table, and which of them each atom is in. */
static bool draft_rows(struct day_draft *draft, const struct cell *atoms, size_t count)
{
	struct key_numbers numbers = { 0 };
	size_t row_count = 0;

	draft->folded = make_rollup();
	draft->row_of = malloc((count + 1) * sizeof(*draft->row_of));
	for (size_t i = 0; draft->folded && i < count; i++) {
		struct cell cell = atoms[i];
		cell.key = key_in(draft->table, &atoms[i].key);
		rollup_merge(draft->folded, &cell, 1);
	}
	const struct cell *rows = draft->folded ? rollup_cells(draft->folded, &row_count) : NULL;
	draft->rows = malloc((row_count + 1) * sizeof(*draft->rows));
	if (!draft->row_of || !draft->rows || !draft->folded ||
		!key_numbers_init(&numbers, row_count)) {
		return false;
	}
	draft->count = (uint32_t)row_count;
	memcpy(draft->rows, rows ? rows : draft->rows, row_count * sizeof(*draft->rows));
	cells_sort(draft->rows, row_count);
	for (size_t i = 0; i < row_count; i++) {
		key_numbers_of(&numbers, &draft->rows[i].key);
	}
	for (size_t i = 0; i < count; i++) {
		struct cell_key key = key_in(draft->table, &atoms[i].key);
		draft->row_of[i] = key_numbers_of(&numbers, &key);
	}
	key_numbers_deinit(&numbers);
	return true;
}

static uint64_t lot_of(enum day_table table, const struct cell_key *key)
{
	return protect_lot(day_table_part(table) == DAY_TABLE_PART_UNIT
				   ? symbol_name(SYMBOL_UNIT, key->unit)
				   : symbol_name(SYMBOL_CLASS, key->class_));
}

/* Lines are what a table's rows share whose sums are known besides: a column over all parts, and
 * the part over all columns. */
static bool draft_parts(struct day_draft *draft)
{
	bool is_whole = day_draft_wholes(draft->table) == draft->table;
	struct key_numbers lines = { 0 };

	draft->parts = calloc(draft->count + 1, sizeof(*draft->parts));
	if (!draft->parts || !key_numbers_init(&lines, 2 * (size_t)draft->count)) {
		return false;
	}
	for (uint32_t i = 0; i < draft->count; i++) {
		const struct cell *row = &draft->rows[i];
		struct cell_key column = day_table_line(&row->key);
		struct cell_key whole = { .other = true, .direction = row->key.direction };
		put_part(draft->table, &row->key, &whole);
		draft->parts[i] = (struct protected_part){
			.lines = { key_numbers_of(&lines, &column),
				is_whole ? PROTECT_NO_LINE : key_numbers_of(&lines, &whole) },
			/* A part without bytes is one all the same. */
			.figures = { { row->sums.bytes_up + row->sums.bytes_down + 1, &row->devices,
				0 } },
			.lot = lot_of(draft->table, &row->key),
		};
	}
	draft->line_count = lines.count;
	key_numbers_deinit(&lines);
	return true;
}

/* Of a part that is not shown as a whole nothing is shown. */
static bool draft_wholes(struct day_draft *draft, const struct day_draft *wholes, size_t count)
{
	draft->whole = calloc(draft->count + 1, sizeof(*draft->whole));
	for (size_t i = 0; draft->whole && i < count; i++) {
		draft->whole[draft->row_of[i]] = wholes->row_of[i];
	}
	for (uint32_t i = 0; draft->whole && i < draft->count; i++) {
		draft->parts[i].is_hidden = wholes->parts[draft->whole[i]].is_hidden;
	}
	return draft->whole != NULL;
}

static bool draft_table(struct day_draft *drafts, enum day_table table, unsigned k,
	const struct cell *atoms, size_t count)
{
	struct day_draft *draft = &drafts[table];
	enum day_table wholes = day_draft_wholes(table);

	draft->table = table;
	if (!draft_rows(draft, atoms, count)) {
		return false;
	}
	if (day_table_part(table) == DAY_TABLE_PART_NONE) {
		return true;
	}
	if (!draft_parts(draft) ||
		(wholes != table && !draft_wholes(draft, &drafts[wholes], count))) {
		return false;
	}
	protect_parts(k, draft->parts, draft->count);
	return true;
}

static void forget_drafts(struct day_draft *drafts)
{
	for (unsigned i = 0; i < DAY_TABLE_COUNT; i++) {
		free(drafts[i].rows);
		free(drafts[i].parts);
		free(drafts[i].row_of);
		free(drafts[i].whole);
		rollup_destroy(drafts[i].folded);
	}
}

/* Rows that are shown, and what the others of each line add up to. */
static bool add_table(struct day_tables *tables, const struct day_draft *draft)
{
	struct rollup *rests = make_rollup();
	bool is_added = rests != NULL;

	for (uint32_t i = 0; is_added && i < draft->count; i++) {
		if (draft->parts && draft->parts[i].is_hidden) {
			struct cell rest = draft->rows[i];
			rest.key = day_table_line(&rest.key);
			rollup_merge(rests, &rest, 1);
		} else {
			is_added = add_row(tables, draft->table, &draft->rows[i], false);
		}
	}
	size_t rest_count = 0;
	const struct cell *rest = rests ? rollup_cells(rests, &rest_count) : NULL;
	for (size_t i = 0; is_added && i < rest_count; i++) {
		is_added = add_row(tables, draft->table, &rest[i], true);
	}
	rollup_destroy(rests);
	return is_added;
}

static bool add_tables(struct day_tables *tables, const struct cell *atoms, size_t count)
{
	struct day_draft drafts[DAY_TABLE_COUNT] = { 0 };
	bool is_made = true;

	for (unsigned table = 0; table < DAY_TABLE_COUNT && is_made; table++) {
		is_made = draft_table(drafts, table, tables->k, atoms, count);
	}
	if (is_made && tables->k) {
		is_made = day_cuts_hide(tables->k, drafts, atoms, count) >= 0;
	}
	for (unsigned table = 0; table < DAY_TABLE_COUNT && is_made; table++) {
		is_made = add_table(tables, &drafts[table]);
	}
	forget_drafts(drafts);
	return is_made;
}

/* The cells of a day whatever their slots; who began a flow is not told. */
static struct rollup *fold_day(const struct cell *cells, size_t count)
{
	struct rollup *day = make_rollup();

	for (size_t i = 0; day && i < count; i++) {
		struct cell cell = cells[i];
		cell.key.slot = 0;
		cell.key.direction = cell_crosses_border(&cell.key) ? RECORD_DIRECTION_OUTBOUND
								    : RECORD_DIRECTION_INTERNAL;
		rollup_merge(day, &cell, 1);
	}
	return day;
}

int day_tables_make(struct day_tables *tables, unsigned k, const struct cell *cells, size_t count)
{
	struct devices body = { 0 };
	struct rollup *day = NULL;
	bool is_made = true;

	*tables = (struct day_tables){ .k = k };
	for (size_t i = 0; i < count; i++) {
		devices_merge(&body, &cells[i].devices);
	}
	tables->is_withheld = !protect_shows_count(k, devices_count(&body));
	devices_deinit(&body);
	if (!tables->is_withheld) {
		size_t atom_count = 0;
		day = fold_day(cells, count);
		const struct cell *atoms = day ? rollup_cells(day, &atom_count) : NULL;
		is_made = day && add_tables(tables, atoms, atom_count);
	}
	rollup_destroy(day);
	if (!is_made) {
		day_tables_deinit(tables);
	}
	return is_made ? 0 : -ENOMEM;
}
