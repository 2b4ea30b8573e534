#include "analyzer/format/record_cbor.h"

#include <string.h>

/* verdict.name: no name decided. */
enum { NAME_NOT_KNOWN = 0xff };

static void put_word(
	struct cbor_writer *writer, struct dictionary *dictionary, const char *word, size_t length)
{
	uint32_t number =
		dictionary ? dictionary_intern_hinted(dictionary, (uintptr_t)word, word, length)
			   : DICTIONARY_FULL;

	if (number == DICTIONARY_FULL) {
		cbor_writer_text(writer, word, length);
	} else {
		cbor_writer_number(writer, number);
	}
}

static void put_addr(struct cbor_writer *writer, const struct addr *addr)
{
	bool is_v4 = addr_is_v4(addr);

	cbor_writer_tag(writer, is_v4 ? CBOR_TAG_IPV4 : CBOR_TAG_IPV6);
	cbor_writer_bytes(writer, is_v4 ? addr->bytes + 12 : addr->bytes, is_v4 ? 4 : 16);
}

/* A file is for others and says U+FFFD where a name is not UTF-8, as the ndjson does; the archive
 * keeps the bytes. */
static void put_text(
	struct cbor_writer *writer, struct dictionary *dictionary, const char *text, size_t length)
{
	if (dictionary) {
		cbor_writer_text_or_bytes(writer, text, length);
	} else {
		cbor_writer_text(writer, text, length);
	}
}

static void put_list(struct cbor_writer *writer, struct dictionary *dictionary,
	const struct field *field, const struct field_value *value)
{
	cbor_writer_array(writer, value->count);
	for (unsigned i = 0; i < value->count; i++) {
		const char *item = value->items[i];
		if (field->type == FIELD_WORDS) {
			put_word(writer, dictionary, item, strlen(item));
		} else {
			put_text(writer, dictionary, item, strlen(item));
		}
	}
}

void record_cbor_put_value(struct cbor_writer *writer, struct dictionary *dictionary,
	const struct field *field, const struct field_value *value)
{
	cbor_writer_number(writer, field->key);
	switch ((enum field_type)field->type) {
	case FIELD_TEXT:
		put_text(writer, dictionary, value->text, value->length);
		break;
	case FIELD_WORD:
		put_word(writer, dictionary, value->text, value->length);
		break;
	case FIELD_NUMBER:
	case FIELD_NUMERAL:
	case FIELD_TIME:
	case FIELD_ID:
		cbor_writer_number(writer, value->number);
		break;
	case FIELD_BOOL:
		cbor_writer_bool(writer, value->number != 0);
		break;
	case FIELD_ADDR:
		put_addr(writer, value->addr);
		break;
	case FIELD_WORDS:
	case FIELD_TEXTS:
		put_list(writer, dictionary, field, value);
		break;
	}
}

void record_cbor_put(struct cbor_writer *writer, const struct field_view *view)
{
	cbor_writer_open_map(writer);
	for (unsigned i = 0; i < field_count; i++) {
		const struct field *field = &field_table[i];
		struct field_value value;
		if ((field->forms & FIELD_EXPORTED) && field->key != FIELD_NO_KEY &&
			field_get(field, view, &value)) {
			record_cbor_put_value(writer, NULL, field, &value);
		}
	}
	cbor_writer_break(writer);
}

void record_cbor_keys_init(struct record_cbor_keys *keys)
{
	memset(keys, 0, sizeof(*keys));
	for (unsigned i = 0; i < field_count; i++) {
		if (field_table[i].forms & FIELD_ARCHIVED) {
			keys->fields[field_table[i].key] = &field_table[i];
		}
	}
}

/* A copy that ends with a NUL; NULL where the memory is used up. */
static const char *keep_text(struct cbor_labels *block, const char *text, size_t length)
{
	if (block->memory_bytes - block->memory_used < length + 1) {
		return NULL;
	}
	char *copy = block->memory + block->memory_used;
	memcpy(copy, text, length);
	copy[length] = '\0';
	block->memory_used += length + 1;
	return copy;
}

/* A text as it stands, or a word by its number; NULL where it is neither. */
static const char *read_text(struct cbor_labels *block, const struct cbor_item *item)
{
	if (item->kind == CBOR_ITEM_TEXT || item->kind == CBOR_ITEM_BYTES) {
		return keep_text(block, item->bytes, item->length);
	}
	if (item->kind == CBOR_ITEM_NUMBER && item->number < block->count) {
		return block->labels[item->number];
	}
	return NULL;
}

static bool read_addr(struct cbor_reader *reader, const struct cbor_item *tag, struct addr *addr)
{
	struct cbor_item bytes = cbor_reader_next(reader);

	if (tag->kind != CBOR_ITEM_TAG || bytes.kind != CBOR_ITEM_BYTES) {
		return false;
	}
	if (tag->number == CBOR_TAG_IPV4 && bytes.length == 4) {
		*addr = addr_from_v4(bytes.bytes);
		return true;
	}
	if (tag->number == CBOR_TAG_IPV6 && bytes.length == 16) {
		*addr = addr_from_v6(bytes.bytes);
		return true;
	}
	return false;
}

static bool read_list(struct cbor_reader *reader, struct cbor_labels *block,
	const struct cbor_item *array, struct field_value *value)
{
	if (array->kind != CBOR_ITEM_ARRAY || array->number > FIELD_ITEMS_MAX) {
		return false;
	}
	value->count = (uint32_t)array->number;
	for (unsigned i = 0; i < value->count; i++) {
		struct cbor_item item = cbor_reader_next(reader);
		value->items[i] = read_text(block, &item);
		if (!value->items[i]) {
			return false;
		}
	}
	return true;
}

static bool read_value(struct cbor_reader *reader, struct cbor_labels *block,
	const struct field *field, struct field_value *value, struct addr *addr)
{
	struct cbor_item item = cbor_reader_next(reader);

	value->number = item.number;
	switch ((enum field_type)field->type) {
	case FIELD_TEXT:
		value->text = item.bytes;
		value->length = (uint32_t)item.length;
		return item.kind == CBOR_ITEM_TEXT || item.kind == CBOR_ITEM_BYTES;
	case FIELD_WORD:
		value->text = read_text(block, &item);
		value->length = value->text ? (uint32_t)strlen(value->text) : 0;
		return value->text != NULL;
	case FIELD_NUMBER:
	case FIELD_NUMERAL:
	case FIELD_TIME:
	case FIELD_ID:
		return item.kind == CBOR_ITEM_NUMBER;
	case FIELD_BOOL:
		return item.kind == CBOR_ITEM_BOOL;
	case FIELD_ADDR:
		value->addr = addr;
		return read_addr(reader, &item, addr);
	case FIELD_WORDS:
	case FIELD_TEXTS:
		return read_list(reader, block, &item, value);
	}
	return false;
}

static bool read_pair(const struct record_cbor_keys *keys, struct cbor_reader *reader,
	struct cbor_labels *block, const struct cbor_item *key, struct record *record,
	struct record_labels *labels)
{
	const struct field *field = key->kind == CBOR_ITEM_NUMBER && key->number < FIELD_NO_KEY
					    ? keys->fields[key->number]
					    : NULL;
	struct field_value value;
	struct addr addr;

	if (key->kind != CBOR_ITEM_NUMBER) {
		return false;
	}
	if (!field) {
		struct cbor_item item = cbor_reader_next(reader);
		cbor_reader_skip(reader, &item);
		return item.kind != CBOR_ITEM_NONE && item.kind != CBOR_ITEM_BREAK &&
		       !reader->failed;
	}
	if (!read_value(reader, block, field, &value, &addr)) {
		return false;
	}
	/* A word that this version does not know leaves the member at its start, which is "none" or
	 * "unknown". */
	field_set(field, record, labels, &value);
	return true;
}

/* What the archive leaves out because it follows from the rest; and what others use as an index is
 * kept in range. */
static void complete(struct record *record)
{
	struct flow_record *flow = &record->flow;

	if (record->verdict.name >= record->l7.name_count) {
		record->verdict.name = NAME_NOT_KNOWN;
	}
	if (record->own_side != RECORD_SOURCE) {
		record->own_side = RECORD_DESTINATION;
	}

	if (flow->flow_start_ns == 0) {
		flow->flow_start_ns = flow->start_ns;
	}
	if (flow->part == 0) {
		memcpy(flow->total_bytes, flow->bytes, sizeof(flow->total_bytes));
		memcpy(flow->total_packets, flow->packets, sizeof(flow->total_packets));
	}
}

bool record_cbor_read(const struct record_cbor_keys *keys, struct cbor_reader *reader,
	struct cbor_labels *block, struct record *record, struct record_labels *labels)
{
	struct cbor_item map = cbor_reader_next(reader);

	memset(record, 0, offsetof(struct record, l7.text));
	record->l7.text[0] = '\0';
	record_labels_init(labels);
	block->memory_used = 0;
	if (map.kind != CBOR_ITEM_MAP || map.number != CBOR_ITEM_UNCOUNTED) {
		return false;
	}
	for (;;) {
		struct cbor_item key = cbor_reader_next(reader);
		if (key.kind == CBOR_ITEM_BREAK) {
			complete(record);
			return true;
		}
		if (!read_pair(keys, reader, block, &key, record, labels)) {
			return false;
		}
	}
}
