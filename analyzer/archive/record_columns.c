#include "analyzer/archive/record_columns.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/columns.h"
#include "analyzer/format/fields.h"
#include "analyzer/format/record_cbor_read.h"

/* For the entries of a block: several times what records that differ in every field take. One that
 * asks for more is damaged. */
enum { ENTRIES_MEMORY_MAX = 64 << 20 };

/* How a column goes into records. */
enum way {
	WAY_NUMBER,
	WAY_BOOL,
	WAY_MEMBER, /* an entry is the member's bytes */
	WAY_LABEL,  /* … a text */
	WAY_VALUE,  /* … what the setter takes */
};

/* What the setter takes. */
struct entry_value {
	const char *text; /* its items stand behind each other, each with a NUL */
	uint32_t length, count;
};

struct record_column {
	const struct field *field;
	const struct column *column;
	enum way way;
	bool is_list, is_asked;
	/* One of them by way; of entry number - 1. */
	const uint8_t *members;
	const char **labels;
	struct entry_value *values;
};

struct record_columns {
	struct columns columns;
	struct record_cbor_keys keys;
	struct record_column known[COLUMNS_MAX];
	uint32_t known_count, wanted_count;
	const struct column *start, *flow_start, *end, *last;

	/* What every record of the block has, and what is left of the memory for entries. */
	struct record same;
	struct record_labels same_labels;
	char *memory;
	size_t memory_bytes, memory_used;
	struct cbor_labels block; /* without words: entries say theirs */
};

struct record_columns *record_columns_create(void)
{
	struct record_columns *columns =
		aligned_alloc(_Alignof(struct record_columns), sizeof(struct record_columns));

	if (columns) {
		memset(columns, 0, sizeof(*columns));
		columns_init(&columns->columns);
		record_cbor_keys_init(&columns->keys);
	}
	return columns;
}

void record_columns_destroy(struct record_columns *columns)
{
	if (columns) {
		columns_deinit(&columns->columns);
		free(columns->memory);
		free(columns);
	}
}

/* Memory of the block, aligned for pointers; NULL where there is none left. */
static void *take(struct record_columns *columns, size_t bytes)
{
	size_t wanted = (bytes + sizeof(void *) - 1) & ~(sizeof(void *) - 1);

	if (columns->memory_bytes - columns->memory_used < wanted) {
		return NULL;
	}
	void *taken = columns->memory + columns->memory_used;
	columns->memory_used += wanted;
	return taken;
}

/* The most that reading entries takes: each has its slot, and its texts with a NUL behind them. An
 * item has a byte at least. */
static bool reserve(struct record_columns *columns)
{
	size_t wanted = 0;

	for (uint32_t i = 0; i < columns->known_count; i++) {
		const struct record_column *known = &columns->known[i];
		size_t slot =
			known->way == WAY_MEMBER ? known->field->bytes : sizeof(struct entry_value);
		wanted += (known->column->entry_count + 1) * slot +
			  2 * reader_left(&known->column->entries.input) +
			  known->column->entry_count + 2 * sizeof(void *);
	}
	columns->memory_used = 0;
	if (wanted > ENTRIES_MEMORY_MAX) {
		return false;
	}
	if (wanted > columns->memory_bytes) {
		free(columns->memory);
		columns->memory = malloc(wanted);
		columns->memory_bytes = columns->memory ? wanted : 0;
	}
	return columns->memory_bytes >= wanted;
}

static enum way way_of(const struct field *field)
{
	if (field->set) {
		return WAY_VALUE;
	}
	if (field->place == FIELD_IN_WORDS) {
		return WAY_LABEL;
	}
	if (field->names) {
		return WAY_MEMBER;
	}
	switch ((enum field_type)field->type) {
	case FIELD_NUMBER:
	case FIELD_NUMERAL:
	case FIELD_TIME:
	case FIELD_ID:
		return WAY_NUMBER;
	case FIELD_BOOL:
		return WAY_BOOL;
	default:
		return WAY_MEMBER;
	}
}

/* An item of a text or list, with a NUL behind it. */
static bool read_item(struct record_columns *columns, struct cbor_reader *entries, uint32_t *length)
{
	struct cbor_item item = cbor_reader_next(entries);

	if ((item.kind != CBOR_ITEM_TEXT && item.kind != CBOR_ITEM_BYTES) ||
		columns->memory_bytes - columns->memory_used < item.length + 1) {
		return false;
	}
	char *copy = columns->memory + columns->memory_used;
	memcpy(copy, item.bytes, item.length);
	copy[item.length] = '\0';
	*length = (uint32_t)strlen(copy);
	columns->memory_used += *length + 1;
	return true;
}

static bool read_value(struct record_columns *columns, const struct record_column *known,
	struct cbor_reader *entries, struct entry_value *value)
{
	uint32_t length;

	*value = (struct entry_value){ .text = columns->memory + columns->memory_used };
	if (!known->is_list) {
		return read_item(columns, entries, &value->length);
	}
	struct cbor_item list = cbor_reader_next(entries);
	if (list.kind != CBOR_ITEM_ARRAY || list.number > FIELD_ITEMS_MAX) {
		return false;
	}
	while (value->count < list.number) {
		if (!read_item(columns, entries, &length)) {
			return false;
		}
		value->count++;
	}
	return true;
}

/* By way of a record that has nothing else. */
static bool read_member(struct record_columns *columns, const struct record_column *known,
	struct cbor_reader *entries, uint8_t *member)
{
	const struct field *field = known->field;
	uint8_t *in_record = (uint8_t *)&columns->same + field->offset;

	memset(in_record, 0, field->bytes);
	bool is_read = record_cbor_read_value(&columns->keys, field->key, entries, &columns->block,
		&columns->same, &columns->same_labels);
	memcpy(member, in_record, field->bytes);
	memset(in_record, 0, field->bytes);
	return is_read;
}

static bool read_entries(struct record_columns *columns, struct record_column *known)
{
	struct cbor_reader entries = known->column->entries;
	uint32_t count = known->column->entry_count, length;
	uint8_t *members = NULL;
	bool is_read = true;

	if (known->way == WAY_NUMBER || known->way == WAY_BOOL) {
		return count == 0 && cbor_reader_is_at_end(&entries);
	}
	if (known->way == WAY_MEMBER) {
		known->members = members = take(columns, count * (size_t)known->field->bytes);
	} else if (known->way == WAY_LABEL) {
		known->labels = take(columns, count * sizeof(*known->labels));
	} else {
		known->values = take(columns, count * sizeof(*known->values));
	}
	for (uint32_t i = 0; i < count && is_read; i++) {
		if (known->way == WAY_MEMBER) {
			is_read = read_member(columns, known, &entries,
				members + i * (size_t)known->field->bytes);
		} else if (known->way == WAY_LABEL) {
			known->labels[i] = columns->memory + columns->memory_used;
			is_read = read_item(columns, &entries, &length);
		} else {
			is_read = read_value(columns, known, &entries, &known->values[i]);
		}
	}
	/* What is taken next is for pointers again. */
	columns->memory_used = (columns->memory_used + sizeof(void *) - 1) & ~(sizeof(void *) - 1);
	return is_read && cbor_reader_is_at_end(&entries);
}

/* An entry in the form the setter takes. */
static void set_value(const struct field *field, const struct entry_value *entry,
	const struct record_place *place)
{
	struct field_value value;
	const char *item = entry->text;

	value.text = entry->text;
	value.length = entry->length;
	value.count = entry->count;
	for (uint32_t i = 0; i < entry->count; i++) {
		value.items[i] = item;
		item += strlen(item) + 1;
	}
	field->set(place->record, place->labels, &value);
}

/* What the numbers of a batch say, and where it goes. */
struct batch {
	const uint64_t *numbers; /* by row */
	const struct record_place *places;
	uint32_t count;
};

/* Inlined for each width and way, so that the loops hold a load and a store. */
#define INLINE static inline __attribute__((always_inline))

INLINE void put_numbers(size_t offset, unsigned bytes, const struct batch *batch)
{
	for (uint32_t i = 0; i < batch->count; i++) {
		const struct record_place *place = &batch->places[i];
		field_store_number(
			(char *)place->record + offset, bytes, batch->numbers[place->row]);
	}
}

static void put_bools(size_t offset, const struct batch *batch)
{
	for (uint32_t i = 0; i < batch->count; i++) {
		const struct record_place *place = &batch->places[i];
		*(bool *)((char *)place->record + offset) = batch->numbers[place->row] != 0;
	}
}

INLINE void put_entry(const struct record_column *known, enum way way, unsigned bytes,
	uint64_t number, const struct record_place *place)
{
	size_t offset = known->field->offset;

	switch (way) {
	case WAY_MEMBER:
		memcpy((char *)place->record + offset, known->members + number * bytes, bytes);
		break;
	case WAY_LABEL:
		memcpy((char *)place->labels + offset, &known->labels[number],
			sizeof(*known->labels));
		break;
	default:
		set_value(known->field, &known->values[number], place);
	}
}

/* False: the numbers speak of entries that are not there. */
INLINE bool put_entries(
	const struct record_column *known, enum way way, unsigned bytes, const struct batch *batch)
{
	const uint64_t entry_count = known->column->entry_count;
	bool is_whole = true;

	for (uint32_t i = 0; i < batch->count; i++) {
		const struct record_place *place = &batch->places[i];
		uint64_t number = batch->numbers[place->row];
		if (number > 0 && number <= entry_count) {
			put_entry(known, way, bytes, number - 1, place);
		} else {
			is_whole &= number == 0;
		}
	}
	return is_whole;
}

static void put_numbers_of(const struct field *field, const struct batch *batch)
{
	switch (field->bytes) {
	case 1:
		put_numbers(field->offset, 1, batch);
		break;
	case 2:
		put_numbers(field->offset, 2, batch);
		break;
	case 4:
		put_numbers(field->offset, 4, batch);
		break;
	default:
		put_numbers(field->offset, 8, batch);
	}
}

static bool put_members(const struct record_column *known, const struct batch *batch)
{
	switch (known->field->bytes) {
	case 1:
		return put_entries(known, WAY_MEMBER, 1, batch);
	case 3:
		return put_entries(known, WAY_MEMBER, 3, batch);
	case sizeof(struct addr):
		return put_entries(known, WAY_MEMBER, sizeof(struct addr), batch);
	default:
		return put_entries(known, WAY_MEMBER, known->field->bytes, batch);
	}
}

/* Puts what the numbers say where it belongs. */
static bool put_column(const struct record_column *known, const struct batch *batch)
{
	switch (known->way) {
	case WAY_NUMBER:
		put_numbers_of(known->field, batch);
		return true;
	case WAY_BOOL:
		put_bools(known->field->offset, batch);
		return true;
	case WAY_MEMBER:
		return put_members(known, batch);
	case WAY_LABEL:
		return put_entries(known, WAY_LABEL, 0, batch);
	default:
		return put_entries(known, WAY_VALUE, 0, batch);
	}
}

static void note_time(struct record_columns *columns, const struct record_column *known)
{
	size_t offset = known->field->offset;

	if (offset == offsetof(struct record, flow.start_ns)) {
		columns->start = known->column;
	} else if (offset == offsetof(struct record, flow.flow_start_ns)) {
		columns->flow_start = known->column;
	} else if (offset == offsetof(struct record, flow.end_ns)) {
		columns->end = known->column;
	} else if (offset == offsetof(struct record, flow.is_last)) {
		columns->last = known->column;
	}
}

/* The columns that are known and wanted, in the order in which they stand. */
static void find_columns(struct record_columns *columns, const struct record_wanted *wanted)
{
	columns->known_count = 0;
	columns->start = columns->flow_start = columns->end = columns->last = NULL;
	for (uint32_t i = 0; i < columns->columns.count; i++) {
		const struct column *column = &columns->columns.columns[i];
		const struct field *field =
			column->key < FIELD_NO_KEY ? columns->keys.keys[column->key].field : NULL;
		if (field && (!wanted->fields || field_set_has(wanted->fields, column->key))) {
			struct record_column *known = &columns->known[columns->known_count++];
			*known = (struct record_column){ .field = field,
				.column = column,
				.way = way_of(field),
				.is_list = field->type == FIELD_WORDS || field->type == FIELD_TEXTS,
				.is_asked = wanted->asked &&
					    field_set_has(wanted->asked, column->key) };
			if (known->way == WAY_NUMBER || known->way == WAY_BOOL) {
				note_time(columns, known);
			}
		}
	}
}

/* Columns that are the same in every row go into the record that all are copied from. */
static bool put_same(struct record_columns *columns)
{
	const struct record_place all = { 0, &columns->same, &columns->same_labels };
	uint32_t varying = 0;

	for (uint32_t i = 0; i < columns->known_count; i++) {
		const struct record_column *known = &columns->known[i];
		if (known->column->plane_count > 0 || known->column->numbers) {
			columns->known[varying++] = *known;
		} else if (!put_column(known, &(struct batch){ &known->column->least, &all, 1 })) {
			return false;
		}
	}
	columns->known_count = varying;
	return true;
}

bool record_columns_read(struct record_columns *columns, const void *block, size_t bytes,
	uint32_t rows, const struct record_wanted *wanted)
{
	struct reader reader = reader_over(block, bytes);

	if (!columns_read(&columns->columns, &reader, rows, wanted->fields) ||
		reader_left(&reader) > 0) {
		return false;
	}
	find_columns(columns, wanted);
	columns->wanted_count = columns->known_count;
	if (!reserve(columns)) {
		return false;
	}
	memset(&columns->same, 0, offsetof(struct record, l7.text));
	columns->same.l7.text[0] = '\0';
	record_labels_init(&columns->same_labels);
	for (uint32_t i = 0; i < columns->known_count; i++) {
		if (!read_entries(columns, &columns->known[i])) {
			return false;
		}
	}
	return put_same(columns);
}

uint32_t record_columns_count(const struct record_columns *columns)
{
	return columns->columns.count;
}

uint32_t record_columns_wanted(const struct record_columns *columns)
{
	return columns->wanted_count;
}

static void numbers_of(const struct record_columns *columns, const struct column *column,
	uint32_t first, uint32_t count, uint64_t numbers[COLUMN_BATCH_MAX])
{
	if (column) {
		column_numbers(&columns->columns, column, first, count, numbers);
	} else {
		memset(numbers, 0, count * sizeof(*numbers));
	}
}

void record_columns_times(const struct record_columns *columns, uint32_t first, uint32_t count,
	struct record_times *times)
{
	uint64_t start[COLUMN_BATCH_MAX], flow_start[COLUMN_BATCH_MAX];
	uint64_t end[COLUMN_BATCH_MAX], last[COLUMN_BATCH_MAX];

	numbers_of(columns, columns->start, first, count, start);
	numbers_of(columns, columns->flow_start, first, count, flow_start);
	numbers_of(columns, columns->end, first, count, end);
	numbers_of(columns, columns->last, first, count, last);
	for (uint32_t i = 0; i < count; i++) {
		times[i] = (struct record_times){ start[i],
			flow_start[i] ? flow_start[i] : start[i], end[i], last[i] != 0 };
	}
}

/* A copy of what is used. */
static void begin(const struct record_columns *columns, const struct record_place *place)
{
	uint16_t text_length = columns->same.l7.text_length;

	memcpy(place->record, &columns->same,
		offsetof(struct record, l7.text) + (text_length ? text_length : 1));
	*place->labels = columns->same_labels;
}

bool record_columns_batch(struct record_columns *columns, enum record_part part, uint32_t first,
	uint32_t count, const struct record_place *places, uint32_t place_count)
{
	uint64_t numbers[COLUMN_BATCH_MAX];
	const struct batch batch = { numbers, places, place_count };
	bool is_whole = true;

	for (uint32_t i = 0; i < place_count; i++) {
		begin(columns, &places[i]);
	}
	for (uint32_t at = 0; at < columns->known_count; at++) {
		const struct record_column *known = &columns->known[at];
		if (part == RECORD_ASKED && !known->is_asked) {
			continue;
		}
		column_numbers(&columns->columns, known->column, first, count, numbers);
		is_whole &= put_column(known, &batch);
	}
	for (uint32_t i = 0; i < place_count; i++) {
		record_cbor_complete(places[i].record);
	}
	return is_whole;
}
