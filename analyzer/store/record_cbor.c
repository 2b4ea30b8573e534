#include "analyzer/store/record_cbor.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* verdict.name: no name decided. */
enum { NAME_NOT_KNOWN = 0xff };

/* Where the value of a field comes from. The frequent ways are apart, and all fields of one way
 * follow each other, so that the processor can tell what comes next; the first has those whose
 * order matters to a reader (the family of the addresses before them). */
enum access {
	ACCESS_ANY,    /* by field_get() */
	ACCESS_NUMBER, /* a number in the record */
	ACCESS_BOOL,
	ACCESS_NAME, /* a number in the record that stands for a word */
	ACCESS_CODE, /* a short word in the record, such as a country */
	ACCESS_WORD, /* a word of the lexicon */
	ACCESS_COUNT
};

static void put_word(struct cbor_writer *writer, struct dictionary *dictionary, uint64_t hint,
	const char *word, size_t length)
{
	uint32_t number = dictionary ? dictionary_intern_hinted(dictionary, hint, word, length)
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
	struct cbor_writer *writer, enum field_form form, const char *text, size_t length)
{
	if (form == FIELD_ARCHIVED) {
		cbor_writer_text_or_bytes(writer, text, length);
	} else {
		cbor_writer_text(writer, text, length);
	}
}

static void put_list(struct cbor_writer *writer, enum field_form form, const struct field *field,
	const struct field_value *value, struct dictionary *dictionary)
{
	cbor_writer_array(writer, value->count);
	for (unsigned i = 0; i < value->count; i++) {
		if (field->type == FIELD_WORDS) {
			put_word(writer, dictionary, (uintptr_t)value->items[i], value->items[i],
				strlen(value->items[i]));
		} else {
			put_text(writer, form, value->items[i], strlen(value->items[i]));
		}
	}
}

static void put_value(struct cbor_writer *writer, enum field_form form, const struct field *field,
	const struct field_value *value, struct dictionary *dictionary)
{
	switch ((enum field_type)field->type) {
	case FIELD_TEXT:
		put_text(writer, form, value->text, value->length);
		break;
	case FIELD_WORD:
		put_word(writer, dictionary, (uintptr_t)value->text, value->text, value->length);
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
		put_list(writer, form, field, value, dictionary);
		break;
	}
}

static enum access access_of(const struct field *field)
{
	if (field->get || field->place == FIELD_IN_GETTER) {
		return ACCESS_ANY;
	}
	if (field->place == FIELD_IN_WORDS) {
		return ACCESS_WORD;
	}
	if (field->names) {
		return ACCESS_NAME;
	}
	switch ((enum field_type)field->type) {
	case FIELD_NUMBER:
	case FIELD_NUMERAL:
	case FIELD_TIME:
	case FIELD_ID:
		return ACCESS_NUMBER;
	case FIELD_BOOL:
		return ACCESS_BOOL;
	case FIELD_WORD:
		return field->bytes <= sizeof(uint64_t) ? ACCESS_CODE : ACCESS_ANY;
	default:
		return ACCESS_ANY;
	}
}

static struct record_cbor_step plan_step(const struct field *field, enum field_form form)
{
	_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the mask keeps low bytes");
	return (struct record_cbor_step){ .field = field,
		.mask = field->bytes < 8 ? (UINT64_C(1) << 8 * field->bytes) - 1 : UINT64_MAX,
		.offset = field->offset,
		.key = field->key,
		.access = (uint8_t)access_of(field),
		.may_be_zero = form != FIELD_ARCHIVED && !(field->forms & FIELD_OPTIONAL) };
}

static int compare_steps(const void *left, const void *right)
{
	const struct record_cbor_step *a = left, *b = right;

	if (a->access != b->access) {
		return a->access < b->access ? -1 : 1;
	}
	return a->field < b->field ? -1 : a->field > b->field;
}

void record_cbor_plan_init(struct record_cbor_plan *plan, enum field_form form)
{
	*plan = (struct record_cbor_plan){ .form = form };
	for (unsigned i = 0; i < field_count; i++) {
		const struct field *field = &field_table[i];
		if ((field->forms & form) && field->key != FIELD_NO_KEY) {
			assert(plan->count < RECORD_CBOR_FIELDS_MAX);
			plan->steps[plan->count++] = plan_step(field, form);
		}
	}
	if (form == FIELD_ARCHIVED) {
		qsort(plan->steps, plan->count, sizeof(plan->steps[0]), compare_steps);
	}
	for (unsigned i = 0; i < plan->count; i++) {
		plan->step_of_key[plan->steps[i].key] = (uint8_t)(i + 1);
	}
}

/* A member of the record and what follows it: members stand before the text of the clues, so there
 * are always eight bytes. */
static inline uint64_t load_member(const struct record *record, const struct record_cbor_step *step)
{
	uint64_t bytes;

	_Static_assert(offsetof(struct record, clues.text) + sizeof(bytes) < sizeof(*record),
		"eight bytes behind any member");
	memcpy(&bytes, (const char *)record + step->offset, sizeof(bytes));
	return bytes & step->mask;
}

/* One step after the other from here on that has this access; the place behind them. */
static const struct record_cbor_step *put_numbers(const struct record_cbor_step *step,
	const struct record_cbor_step *end, struct cbor_writer *writer, const struct record *record)
{
	if (!cbor_writer_reserve(writer, (size_t)(end - step) * 2 * CBOR_HEAD_MAX)) {
		return end;
	}
	uint8_t *at = writer->bytes + writer->length;
	for (; step < end && step->access == ACCESS_NUMBER; step++) {
		uint64_t number = load_member(record, step);
		if (number > 0 || step->may_be_zero) {
			at = cbor_put_head(at, CBOR_MAJOR_UNSIGNED, step->key);
			at = cbor_put_head(at, CBOR_MAJOR_UNSIGNED, number);
		}
	}
	for (; step < end && step->access == ACCESS_BOOL; step++) {
		uint64_t number = load_member(record, step);
		if (number > 0 || step->may_be_zero) {
			at = cbor_put_head(at, CBOR_MAJOR_UNSIGNED, step->key);
			at = cbor_put_head(at, CBOR_MAJOR_SIMPLE,
				number ? CBOR_SIMPLE_TRUE : CBOR_SIMPLE_FALSE);
		}
	}
	writer->length = (size_t)(at - writer->bytes);
	return step;
}

static void put_name(struct cbor_writer *writer, const struct record_cbor_step *step,
	uint64_t number, struct dictionary *dictionary)
{
	const struct field *field = step->field;
	const char *name = number < field->name_count ? field->names[number] : "";

	if (name[0] != '\0') {
		cbor_writer_number(writer, step->key);
		put_word(writer, dictionary, (uintptr_t)name, name, strlen(name));
	}
}

static const struct record_cbor_step *put_names(const struct record_cbor_step *step,
	const struct record_cbor_step *end, struct cbor_writer *writer, const struct record *record,
	struct dictionary *dictionary)
{
	for (; step < end && step->access == ACCESS_NAME; step++) {
		uint64_t number = load_member(record, step);
		if (number > 0 || step->may_be_zero) {
			put_name(writer, step, number, dictionary);
		}
	}
	return step;
}

/* The letters themselves are the hint: the same ones stand in other records at other addresses. */
static const struct record_cbor_step *put_codes(const struct record_cbor_step *step,
	const struct record_cbor_step *end, struct cbor_writer *writer, const struct record *record,
	struct dictionary *dictionary)
{
	for (; step < end && step->access == ACCESS_CODE; step++) {
		const char *code = (const char *)record + step->offset;
		if (code[0] != '\0') {
			cbor_writer_number(writer, step->key);
			put_word(writer, dictionary, load_member(record, step), code,
				strnlen(code, step->field->bytes));
		}
	}
	return step;
}

static const struct record_cbor_step *put_words(const struct record_cbor_step *step,
	const struct record_cbor_step *end, struct cbor_writer *writer, const struct words *words,
	struct dictionary *dictionary)
{
	for (; step < end && step->access == ACCESS_WORD; step++) {
		const char *word;
		memcpy(&word, (const char *)words + step->offset, sizeof(word));
		if (word[0] != '\0') {
			cbor_writer_number(writer, step->key);
			put_word(writer, dictionary, (uintptr_t)word, word, strlen(word));
		}
	}
	return step;
}

static const struct record_cbor_step *put_others(const struct record_cbor_step *step,
	const struct record_cbor_step *end, struct cbor_writer *writer, enum field_form form,
	const struct field_view *view, struct dictionary *dictionary)
{
	for (; step < end && step->access == ACCESS_ANY; step++) {
		struct field_value value;
		if (field_get(step->field, view, &value) &&
			!(form == FIELD_ARCHIVED && field_is_default(step->field, &value))) {
			cbor_writer_number(writer, step->key);
			put_value(writer, form, step->field, &value, dictionary);
		}
	}
	return step;
}

void record_cbor_put(const struct record_cbor_plan *plan, struct cbor_writer *writer,
	const struct field_view *view, struct dictionary *dictionary)
{
	const struct record_cbor_step *step = plan->steps, *end = plan->steps + plan->count;

	cbor_writer_open_map(writer);
	while (step < end) {
		step = put_others(step, end, writer, plan->form, view, dictionary);
		step = put_numbers(step, end, writer, view->record);
		step = put_names(step, end, writer, view->record, dictionary);
		step = put_codes(step, end, writer, view->record, dictionary);
		step = put_words(step, end, writer, view->words, dictionary);
	}
	cbor_writer_break(writer);
}

/* A copy that ends with a NUL; NULL where the memory is used up. */
static const char *keep_text(struct cbor_words *block, const char *text, size_t length)
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
static const char *read_text(struct cbor_words *block, const struct cbor_item *item)
{
	if (item->kind == CBOR_ITEM_TEXT || item->kind == CBOR_ITEM_BYTES) {
		return keep_text(block, item->bytes, item->length);
	}
	if (item->kind == CBOR_ITEM_NUMBER && item->number < block->count) {
		return block->words[item->number];
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

static bool read_list(struct cbor_reader *reader, struct cbor_words *block,
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

static bool read_value(struct cbor_reader *reader, struct cbor_words *block,
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

static const struct field *find_field(const struct record_cbor_plan *plan, uint64_t key)
{
	unsigned step = key < FIELD_NO_KEY ? plan->step_of_key[key] : 0;

	return step > 0 ? plan->steps[step - 1].field : NULL;
}

static bool read_pair(const struct record_cbor_plan *plan, struct cbor_reader *reader,
	struct cbor_words *block, const struct cbor_item *key, struct record *record,
	struct words *words)
{
	const struct field *field =
		key->kind == CBOR_ITEM_NUMBER ? find_field(plan, key->number) : NULL;
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
	field_set(field, record, words, &value);
	return true;
}

/* What the archive leaves out because it follows from the rest; and what others use as an index is
 * kept in range. */
static void complete(struct record *record)
{
	struct flow_record *flow = &record->flow;

	if (record->verdict.name >= record->clues.name_count) {
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

bool record_cbor_read(const struct record_cbor_plan *plan, struct cbor_reader *reader,
	struct cbor_words *block, struct record *record, struct words *words)
{
	struct cbor_item map = cbor_reader_next(reader);

	memset(record, 0, offsetof(struct record, clues.text));
	record->clues.text[0] = '\0';
	words_init(words);
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
		if (!read_pair(plan, reader, block, &key, record, words)) {
			return false;
		}
	}
}
