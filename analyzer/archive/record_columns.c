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
	bool is_list;
	/* One of them by way; of entry number - 1. */
	const uint8_t *members;
	const char **labels;
	struct entry_value *values;
};

struct record_columns {
	struct columns columns;
	struct record_cbor_keys keys;
	struct record_column known[COLUMNS_MAX];
	uint32_t known_count;
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

static void put_entry(
	const struct record_column *known, uint32_t number, const struct record_place *place)
{
	const struct field *field = known->field;
	char *member = (char *)place->record + field->offset;
	const uint8_t *bytes;

	switch (known->way) {
	case WAY_MEMBER:
		bytes = known->members + (size_t)number * field->bytes;
		if (field->bytes == 1) {
			*member = (char)*bytes;
		} else {
			memcpy(member, bytes, field->bytes);
		}
		break;
	case WAY_LABEL:
		memcpy((char *)place->labels + field->offset, &known->labels[number],
			sizeof(*known->labels));
		break;
	default:
		set_value(field, &known->values[number], place);
	}
}

/* Puts what the numbers say, by row of the batch, where it belongs. False: they speak of entries
 * that are not there. */
static bool put_column(const struct record_column *known, const uint64_t *numbers,
	const struct record_place *places, uint32_t count)
{
	const struct field *field = known->field;
	bool is_whole = true;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t number = numbers[places[i].row];
		char *member = (char *)places[i].record + field->offset;
		if (known->way == WAY_NUMBER) {
			field_store_number(member, field->bytes, number);
		} else if (known->way == WAY_BOOL) {
			*(bool *)member = number != 0;
		} else if (number > 0 && number <= known->column->entry_count) {
			put_entry(known, (uint32_t)number - 1, &places[i]);
		} else {
			is_whole &= number == 0;
		}
	}
	return is_whole;
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

/* The columns that are known, in the order in which they stand. */
static void find_columns(struct record_columns *columns)
{
	columns->known_count = 0;
	columns->start = columns->flow_start = columns->end = columns->last = NULL;
	for (uint32_t i = 0; i < columns->columns.count; i++) {
		const struct column *column = &columns->columns.columns[i];
		const struct field *field =
			column->key < FIELD_NO_KEY ? columns->keys.keys[column->key].field : NULL;
		if (field) {
			struct record_column *known = &columns->known[columns->known_count++];
			*known = (struct record_column){ .field = field,
				.column = column,
				.way = way_of(field),
				.is_list =
					field->type == FIELD_WORDS || field->type == FIELD_TEXTS };
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
		} else if (!put_column(known, &known->column->least, &all, 1)) {
			return false;
		}
	}
	columns->known_count = varying;
	return true;
}

bool record_columns_read(
	struct record_columns *columns, const void *block, size_t bytes, uint32_t rows)
{
	struct reader reader = reader_over(block, bytes);

	if (!columns_read(&columns->columns, &reader, rows) || reader_left(&reader) > 0) {
		return false;
	}
	find_columns(columns);
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

bool record_columns_batch(struct record_columns *columns, uint32_t first, uint32_t count,
	const struct record_place *places, uint32_t place_count)
{
	uint64_t numbers[COLUMN_BATCH_MAX];
	bool is_whole = true;

	for (uint32_t i = 0; i < place_count; i++) {
		begin(columns, &places[i]);
	}
	for (uint32_t at = 0; at < columns->known_count; at++) {
		const struct record_column *known = &columns->known[at];
		column_numbers(&columns->columns, known->column, first, count, numbers);
		is_whole &= put_column(known, numbers, places, place_count);
	}
	for (uint32_t i = 0; i < place_count; i++) {
		record_cbor_complete(places[i].record);
	}
	return is_whole;
}
