#include "analyzer/format/record_cbor_read.h"

#include <string.h>

#include "analyzer/format/cbor_writer.h"
#include "analyzer/format/record_cbor.h"

/* verdict.name: no name decided. */
enum { NAME_NOT_KNOWN = 0xff };

/* What is to be done with a value. Most go straight into their member. */
enum way {
	WAY_SKIP,
	WAY_U8, /* a number into a member of so many bits */
	WAY_U16,
	WAY_U32,
	WAY_U64,
	WAY_BOOL,
	WAY_ADDR,
	WAY_TEXT,  /* a text, or a word of the block, into an array of the record */
	WAY_LABEL, /* a word of the block into the labels */
	WAY_NAME,  /* a word of the block that is a number in the record */
	WAY_BITS,  /* and several that are bits */
	WAY_SETTER
};

static enum way way_of_number(const struct field *field)
{
	return field->bytes == 1   ? WAY_U8
	       : field->bytes == 2 ? WAY_U16
	       : field->bytes == 4 ? WAY_U32
				   : WAY_U64;
}

static enum way way_of(const struct field *field)
{
	bool is_list = field->type == FIELD_WORDS || field->type == FIELD_TEXTS;

	if (field->set) {
		return WAY_SETTER;
	}
	if (field->place == FIELD_IN_WORDS) {
		return WAY_LABEL;
	}
	if (field->names) {
		return is_list ? WAY_BITS : WAY_NAME;
	}
	switch ((enum field_type)field->type) {
	case FIELD_NUMBER:
	case FIELD_NUMERAL:
	case FIELD_TIME:
	case FIELD_ID:
		return way_of_number(field);
	case FIELD_BOOL:
		return WAY_BOOL;
	case FIELD_ADDR:
		return WAY_ADDR;
	case FIELD_TEXT:
	case FIELD_WORD:
		return WAY_TEXT;
	default:
		return WAY_SETTER;
	}
}

void record_cbor_keys_init(struct record_cbor_keys *keys)
{
	memset(keys, 0, sizeof(*keys));
	for (unsigned i = 0; i < field_count; i++) {
		const struct field *field = &field_table[i];
		if (field->forms & FIELD_ARCHIVED) {
			keys->keys[field->key] = (struct record_cbor_key){ field, field->offset,
				(uint8_t)way_of(field), field->bytes };
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

/* The reader of a record is a copy on the stack of record_cbor_read(), which nothing outside gets
 * the address of: with all of this inlined it stays in registers, and where the next item begins is
 * known without a trip through memory. */
#define INLINE static inline __attribute__((always_inline))

/* The bytes of a text whose head was read; NULL where it is none. */
INLINE const char *take_text(
	struct cbor_reader *reader, const struct cbor_head *head, size_t *length)
{
	bool is_text = (head->major == CBOR_MAJOR_TEXT || head->major == CBOR_MAJOR_BYTES) &&
		       head->info != CBOR_INFO_UNCOUNTED;

	*length = head->argument;
	return is_text ? (const char *)reader_bytes(&reader->input, head->argument) : NULL;
}

/* Is it the number of a word of the block? */
INLINE bool is_word(const struct cbor_labels *block, const struct cbor_head *head)
{
	return head->major == CBOR_MAJOR_UNSIGNED && head->argument < block->count;
}

/* A text as it stands, or a word by its number; NULL where it is neither. */
INLINE const char *read_text(struct cbor_reader *reader, struct cbor_labels *block)
{
	struct cbor_head head;
	size_t length;

	if (!cbor_reader_head(reader, &head)) {
		return NULL;
	}
	if (is_word(block, &head)) {
		return block->labels[head.argument];
	}
	const char *text = take_text(reader, &head, &length);
	return text ? keep_text(block, text, length) : NULL;
}

INLINE bool read_number(struct cbor_reader *reader, uint64_t *number)
{
	struct cbor_head head;
	bool is_there = cbor_reader_head(reader, &head);

	*number = head.argument;
	return is_there && head.major == CBOR_MAJOR_UNSIGNED && head.info != CBOR_INFO_UNCOUNTED;
}

INLINE bool read_bool(struct cbor_reader *reader, bool *member)
{
	struct cbor_head head;
	bool is_there = cbor_reader_head(reader, &head);

	*member = head.info == CBOR_SIMPLE_TRUE;
	return is_there && head.major == CBOR_MAJOR_SIMPLE &&
	       (head.info == CBOR_SIMPLE_TRUE || head.info == CBOR_SIMPLE_FALSE);
}

INLINE bool read_addr(struct cbor_reader *reader, struct addr *member)
{
	struct cbor_head tag, bytes;

	if (!cbor_reader_head(reader, &tag) || !cbor_reader_head(reader, &bytes) ||
		tag.major != CBOR_MAJOR_TAG || bytes.major != CBOR_MAJOR_BYTES) {
		return false;
	}
	if (tag.argument == CBOR_TAG_IPV4 && bytes.argument == 4) {
		const uint8_t *address = reader_bytes(&reader->input, 4);
		*member = address ? addr_from_v4(address) : *member;
		return address != NULL;
	}
	if (tag.argument == CBOR_TAG_IPV6 && bytes.argument == 16) {
		const uint8_t *address = reader_bytes(&reader->input, 16);
		*member = address ? addr_from_v6(address) : *member;
		return address != NULL;
	}
	return false;
}

/* Texts of their own need no copy here. */
INLINE bool read_member_text(struct cbor_reader *reader, const struct cbor_labels *block,
	const struct record_cbor_key *key, char *member)
{
	struct cbor_head head;
	size_t length, most = key->bytes - 1u;
	const char *text;

	if (!cbor_reader_head(reader, &head)) {
		return false;
	}
	if (is_word(block, &head) && key->field->type == FIELD_WORD) {
		text = block->labels[head.argument];
		length = strnlen(text, most);
	} else {
		text = take_text(reader, &head, &length);
	}
	if (text) {
		length = length < most ? length : most;
		memcpy(member, text, length);
		member[length] = '\0';
	}
	return text != NULL;
}

static __attribute__((noinline)) uint32_t learn_name(
	struct cbor_known_word *known, const struct field *field, uint32_t word, const char *text)
{
	*known = (struct cbor_known_word){ word + 1, field_number_of(field, text, strlen(text)) };
	return known->name;
}

/* The number that a word has among the field's names; one that this version does not know is their
 * count. */
INLINE bool read_name(struct cbor_reader *reader, struct cbor_labels *block,
	const struct field *field, uint32_t *name)
{
	struct cbor_head head;
	size_t length;

	if (!cbor_reader_head(reader, &head)) {
		return false;
	}
	if (is_word(block, &head)) {
		uint32_t word = (uint32_t)head.argument;
		struct cbor_known_word *known = &block->known[field->key][word % CBOR_KNOWN_WORDS];
		*name = __builtin_expect(known->word == word + 1, 1)
				? known->name
				: learn_name(known, field, word, block->labels[word]);
		return true;
	}
	const char *text = take_text(reader, &head, &length);
	*name = text ? field_number_of(field, text, strnlen(text, length)) : 0;
	return text != NULL;
}

/* A word that this version does not know leaves the member at its start, which is "none" or
 * "unknown". */
INLINE bool read_member_name(struct cbor_reader *reader, struct cbor_labels *block,
	const struct record_cbor_key *key, void *member)
{
	uint32_t name = 0;
	bool is_there = read_name(reader, block, key->field, &name);

	if (is_there && name < key->field->name_count) {
		field_store_number(member, key->bytes, name);
	}
	return is_there;
}

INLINE bool read_count(struct cbor_reader *reader, uint32_t *count)
{
	struct cbor_head head;
	bool is_there = cbor_reader_head(reader, &head);

	*count = (uint32_t)head.argument;
	return is_there && head.major == CBOR_MAJOR_ARRAY && head.argument <= FIELD_ITEMS_MAX;
}

INLINE bool read_bits(struct cbor_reader *reader, struct cbor_labels *block,
	const struct record_cbor_key *key, void *member)
{
	uint64_t bits = 0;
	uint32_t count, name = 0;

	if (!read_count(reader, &count)) {
		return false;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (!read_name(reader, block, key->field, &name)) {
			return false;
		}
		bits |= name < key->field->name_count ? UINT64_C(1) << name : 0;
	}
	field_store_number(member, key->bytes, bits);
	return true;
}

/* Fields with a setter are words and lists. */
INLINE bool read_for_setter(struct cbor_reader *reader, struct cbor_labels *block,
	const struct field *field, struct record *record, struct record_labels *labels)
{
	struct field_value value;

	if (field->type == FIELD_WORDS || field->type == FIELD_TEXTS) {
		if (!read_count(reader, &value.count)) {
			return false;
		}
		for (unsigned i = 0; i < value.count; i++) {
			value.items[i] = read_text(reader, block);
			if (!value.items[i]) {
				return false;
			}
		}
	} else {
		value.text = read_text(reader, block);
		if (!value.text) {
			return false;
		}
		value.length = (uint32_t)strlen(value.text);
	}
	field->set(record, labels, &value);
	return true;
}

/* Steps over a value: numbers and texts here, what holds others by a copy of the reader. */
INLINE bool skip_value(struct cbor_reader *reader)
{
	struct cbor_reader before = *reader;
	struct cbor_head head;
	size_t length;

	if (!cbor_reader_head(reader, &head)) {
		return false;
	}
	if (head.major == CBOR_MAJOR_UNSIGNED && head.info != CBOR_INFO_UNCOUNTED) {
		return true;
	}
	if (take_text(reader, &head, &length)) {
		return true;
	}
	struct cbor_item item = cbor_reader_next(&before);
	cbor_reader_skip(&before, &item);
	*reader = before;
	return item.kind != CBOR_ITEM_NONE && item.kind != CBOR_ITEM_BREAK && !reader->failed;
}

INLINE bool read_pair(const struct record_cbor_key *key, struct cbor_reader *reader,
	struct cbor_labels *block, struct record *record, struct record_labels *labels)
{
	char *member = (char *)record + key->offset;
	uint64_t number;

	switch ((enum way)key->way) {
	case WAY_SKIP:
		return skip_value(reader);
	case WAY_U8:
		return read_number(reader, &number) &&
		       (field_store_number(member, 1, number), true);
	case WAY_U16:
		return read_number(reader, &number) &&
		       (field_store_number(member, 2, number), true);
	case WAY_U32:
		return read_number(reader, &number) &&
		       (field_store_number(member, 4, number), true);
	case WAY_U64:
		return read_number(reader, &number) &&
		       (field_store_number(member, 8, number), true);
	case WAY_BOOL:
		return read_bool(reader, (bool *)member);
	case WAY_ADDR:
		return read_addr(reader, (struct addr *)member);
	case WAY_TEXT:
		return read_member_text(reader, block, key, member);
	case WAY_LABEL: {
		const char *text = read_text(reader, block);
		memcpy((char *)labels + key->offset, &text, sizeof(text));
		return text != NULL;
	}
	case WAY_NAME:
		return read_member_name(reader, block, key, member);
	case WAY_BITS:
		return read_bits(reader, block, key, member);
	case WAY_SETTER:
		return read_for_setter(reader, block, key->field, record, labels);
	}
	return false;
}

/* What the archive leaves out because it follows from the rest; and what others use as an index is
 * kept in range. */
void record_cbor_complete(struct record *record)
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

/* The pairs of a map up to its break. */
INLINE bool read_pairs(const struct record_cbor_keys *keys, struct cbor_reader *reader,
	struct cbor_labels *block, struct record *record, struct record_labels *labels)
{
	struct cbor_head head;

	if (!cbor_reader_head(reader, &head) || head.major != CBOR_MAJOR_MAP ||
		head.info != CBOR_INFO_UNCOUNTED) {
		return false;
	}
	while (cbor_reader_head(reader, &head)) {
		if (head.major == CBOR_MAJOR_SIMPLE) {
			return head.info == CBOR_INFO_UNCOUNTED;
		}
		uint64_t key = head.argument < FIELD_NO_KEY ? head.argument : FIELD_NO_KEY;
		if (head.major != CBOR_MAJOR_UNSIGNED || head.info == CBOR_INFO_UNCOUNTED ||
			!read_pair(&keys->keys[key], reader, block, record, labels)) {
			return false;
		}
	}
	return false;
}

bool record_cbor_read(const struct record_cbor_keys *keys, struct cbor_reader *reader,
	struct cbor_labels *block, struct record *record, struct record_labels *labels)
{
	struct cbor_reader rest = *reader;

	memset(record, 0, offsetof(struct record, l7.text));
	record->l7.text[0] = '\0';
	record_labels_init(labels);
	block->memory_used = 0;
	bool is_whole = read_pairs(keys, &rest, block, record, labels);
	*reader = rest;
	if (is_whole) {
		record_cbor_complete(record);
	}
	return is_whole;
}

bool record_cbor_read_value(const struct record_cbor_keys *keys, uint8_t key,
	struct cbor_reader *reader, struct cbor_labels *block, struct record *record,
	struct record_labels *labels)
{
	return read_pair(&keys->keys[key], reader, block, record, labels);
}
