#include "analyzer/archive/record_block.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/format/dictionary.h"
#include "analyzer/format/field_rows.h"
#include "analyzer/format/record_cbor.h"

enum { ROWS = COUNT_OF(field_rows), SAID_BITS = 5, SAID_BYTES_MAX = 15 };

/* The most that a row writes without asking for room: a key, then a tag and an address, or what was
 * said before. With what may be copied past its end, this is more than all of them need. */
enum { ROW_BYTES_MAX = 2 + 3 + 16, ROOM_BYTES = (ROWS + 1) * ROW_BYTES_MAX };

_Static_assert(ROW_BYTES_MAX >= 2 + CBOR_HEAD_MAX + 8, "a number and what is stored behind it");
_Static_assert(ROW_BYTES_MAX >= SAID_BYTES_MAX + 1, "what was said before");

/* What was written, key and all, where the member had this value. */
struct said {
	uint64_t value;
	uint8_t length, bytes[SAID_BYTES_MAX];
};

struct record_block {
	struct cbor_writer records;
	struct dictionary *labels;
	/* By row and a hash of the value. All zero is an empty one, and true: a member that is zero
	 * leaves nothing to write. */
	struct said said[ROWS][1 << SAID_BITS];
};

struct record_block *record_block_create(void)
{
	struct record_block *block = calloc(1, sizeof(*block));

	if (!block) {
		return NULL;
	}
	cbor_writer_init(&block->records);
	block->labels = dictionary_create();
	if (!block->labels) {
		free(block);
		return NULL;
	}
	return block;
}

void record_block_destroy(struct record_block *block)
{
	if (block) {
		dictionary_destroy(block->labels);
		cbor_writer_deinit(&block->records);
		free(block);
	}
}

void record_block_clear(struct record_block *block)
{
	cbor_writer_clear(&block->records);
	dictionary_clear(block->labels);
	record_block_forget(block);
}

/* How a row's value is come by. All of it is decided when the loop over the rows is unrolled. */
enum way {
	WAY_NONE,         /* not archived */
	WAY_NUMBER,       /* a number in the record */
	WAY_BOOL,         /* a bool in the record */
	WAY_FOUND_NUMBER, /* the same two, where the getter finds them */
	WAY_FOUND_BOOL,
	WAY_FOUND_ADDR, /* an address in the record, where the getter finds one */
	WAY_FOUND_WORD, /* a word that the getter makes */
	WAY_SAID,       /* up to eight bytes in the record, or an address, stand for what is said */
	WAY_OTHER
};

#define INLINE static inline __attribute__((always_inline))

INLINE enum way way_of(const struct field *field)
{
	bool is_found = field->get && !(field->forms & FIELD_OF_PART);

	if (!(field->forms & FIELD_ARCHIVED)) {
		return WAY_NONE;
	}
	if (field->place == FIELD_IN_WORDS || (field->names && !is_found)) {
		return WAY_SAID;
	}
	switch ((enum field_type)field->type) {
	case FIELD_NUMBER:
	case FIELD_NUMERAL:
	case FIELD_TIME:
	case FIELD_ID:
		return is_found ? WAY_FOUND_NUMBER : WAY_NUMBER;
	case FIELD_BOOL:
		return is_found ? WAY_FOUND_BOOL : WAY_BOOL;
	case FIELD_ADDR:
		return WAY_FOUND_ADDR;
	case FIELD_WORD:
		return is_found ? WAY_FOUND_WORD : WAY_SAID;
	default:
		return WAY_OTHER;
	}
}

INLINE uint64_t load8(const char *member)
{
	return (uint8_t)*member;
}

INLINE uint64_t load16(const char *member)
{
	uint16_t number;

	memcpy(&number, member, sizeof(number));
	return number;
}

INLINE uint64_t load32(const char *member)
{
	uint32_t number;

	memcpy(&number, member, sizeof(number));
	return number;
}

/* Members are loaded as wide as they are, in registers: the processor would have to wait for a
 * store that a wider load, or one of bytes just gathered in memory, covers in part. */
INLINE uint64_t load(const char *member, unsigned bytes)
{
	uint64_t number = 0;

	switch (bytes) {
	case 1:
		return load8(member);
	case 2:
		return load16(member);
	case 3:
		return load16(member) | load8(member + 2) << 16;
	case 4:
		return load32(member);
	case 6:
		return load32(member) | load16(member + 4) << 32;
	default:
		memcpy(&number, member, bytes < sizeof(number) ? bytes : sizeof(number));
		return number;
	}
}

/* 1 to 8 letters as a number, in registers as well: from both ends, what overlaps is the same. */
INLINE uint64_t letters_of(const char *text, unsigned length)
{
	if (length >= 4) {
		unsigned rest = length - 4;
		return load32(text) | load32(text + rest) << 8 * rest;
	}
	unsigned middle = length / 2, last = length - 1;
	return load8(text) | load8(text + middle) << 8 * middle | load8(text + last) << 8 * last;
}

INLINE uint8_t *put_key(uint8_t *at, uint8_t key)
{
	return cbor_put_head(at, CBOR_MAJOR_UNSIGNED, key);
}

INLINE uint8_t *put_number(uint8_t *at, uint8_t key, uint64_t number)
{
	return number ? cbor_put_head(put_key(at, key), CBOR_MAJOR_UNSIGNED, number) : at;
}

INLINE uint8_t *put_bool(uint8_t *at, uint8_t key, uint64_t number)
{
	return number ? cbor_put_head(put_key(at, key), CBOR_MAJOR_SIMPLE, CBOR_SIMPLE_TRUE) : at;
}

INLINE uint8_t *put_addr(uint8_t *at, uint8_t key, const struct addr *addr)
{
	at = put_key(at, key);
	if (addr_is_v4(addr)) {
		at = cbor_put_head(at, CBOR_MAJOR_TAG, CBOR_TAG_IPV4);
		at = cbor_put_head(at, CBOR_MAJOR_BYTES, 4);
		memcpy(at, addr->bytes + 12, 4);
		return at + 4;
	}
	at = cbor_put_head(at, CBOR_MAJOR_TAG, CBOR_TAG_IPV6);
	at = cbor_put_head(at, CBOR_MAJOR_BYTES, 16);
	memcpy(at, addr->bytes, 16);
	return at + 16;
}

/* Whatever the row is; and room again for those behind it. Without memory the block is lost: the
 * rest of the record goes where it began, which has had the room. */
static __attribute__((noinline)) uint8_t *put_any(struct record_block *block, uint8_t *at,
	const struct field *field, const struct field_view *view)
{
	struct cbor_writer *records = &block->records;
	struct field_value value;

	records->length = (size_t)(at - records->bytes);
	if (field_get(field, view, &value) && !field_is_default(field, &value)) {
		record_cbor_put_value(records, block->labels, field, &value);
	}
	if (!cbor_writer_reserve(records, ROOM_BYTES)) {
		records->length = 0;
	}
	return records->bytes + records->length;
}

static uint8_t *say(struct record_block *block, uint8_t *at, const struct field *field,
	const struct field_view *view, uint64_t value, struct said *said)
{
	size_t began = (size_t)(at - block->records.bytes);

	at = put_any(block, at, field, view);
	size_t length = (size_t)(at - block->records.bytes) - began;
	if (length <= sizeof(said->bytes) && !block->records.failed) {
		said->value = value;
		said->length = (uint8_t)length;
		memcpy(said->bytes, at - length, length);
	}
	return at;
}

INLINE uint8_t *say_again(struct record_block *block, uint8_t *at, unsigned row,
	const struct field_view *view, uint64_t value)
{
	uint64_t hash = value * UINT64_C(0x9e3779b97f4a7c15) >> (64 - SAID_BITS);
	struct said *said = &block->said[row][hash];

	if (__builtin_expect(said->value == value, 1)) {
		memcpy(at, said->bytes, sizeof(said->bytes));
		return at + said->length;
	}
	return say(block, at, &field_rows[row], view, value, said);
}

/* Letters of a short word stand for the word. */
INLINE uint8_t *put_found_word(
	struct record_block *block, uint8_t *at, unsigned row, const struct field_view *view)
{
	const struct field *field = &field_rows[row];
	struct field_value value;

	if (!field->get(view, &value) || value.length == 0) {
		return at;
	}
	return value.length <= sizeof(uint64_t)
		       ? say_again(block, at, row, view, letters_of(value.text, value.length))
		       : put_any(block, at, field, view);
}

INLINE uint8_t *put_row(
	struct record_block *block, uint8_t *at, unsigned row, const struct field_view *view)
{
	const struct field *field = &field_rows[row];
	const char *in_record = (const char *)view->record + field->offset;
	const char *in_words = (const char *)view->labels + field->offset;
	struct field_value value;
	uint64_t number;

	if (field->needs_bytes > 0 &&
		load((const char *)view->record + field->needs, field->needs_bytes) == 0) {
		return at;
	}
	switch (way_of(field)) {
	case WAY_NONE:
		return at;
	case WAY_NUMBER:
		return put_number(at, field->key, load(in_record, field->bytes));
	case WAY_BOOL:
		return put_bool(at, field->key, load(in_record, field->bytes));
	case WAY_FOUND_NUMBER:
		number = load(in_record, field->bytes);
		return number && field->get(view, &value) ? put_number(at, field->key, number) : at;
	case WAY_FOUND_BOOL:
		number = load(in_record, field->bytes);
		return number && field->get(view, &value) ? put_bool(at, field->key, number) : at;
	case WAY_FOUND_ADDR:
		return field->get(view, &value)
			       ? put_addr(at, field->key, (const struct addr *)in_record)
			       : at;
	case WAY_FOUND_WORD:
		return put_found_word(block, at, row, view);
	case WAY_SAID:
		number = field->place == FIELD_IN_WORDS ? load(in_words, sizeof(char *))
							: load(in_record, field->bytes);
		return number ? say_again(block, at, row, view, number) : at;
	case WAY_OTHER:
		return put_any(block, at, field, view);
	}
	return at;
}

/* Rows are written in three turns: those with a getter, then numbers, then labels. The order is
 * free but for the family of the addresses, which stands before them, and it is what the compressor
 * works on: where start and end are neighbours it takes the one for a copy of the other and so
 * loses the longer match, with the record before (a scan: 18 bytes a record, and 15 so). */
enum turn { TURN_GETTERS, TURN_NUMBERS, TURN_WORDS, TURN_COUNT };

INLINE enum turn turn_of(const struct field *field)
{
	if (field->get) {
		return TURN_GETTERS;
	}
	return way_of(field) == WAY_NUMBER || way_of(field) == WAY_BOOL ? TURN_NUMBERS : TURN_WORDS;
}

void record_block_put(
	struct record_block *block, const struct record *record, const struct record_labels *labels)
{
	struct field_view view = { record, labels, true, NULL };
	struct cbor_writer *records = &block->records;

	if (!cbor_writer_reserve(records, ROOM_BYTES)) {
		return;
	}
	uint8_t *at = cbor_put_open_map(records->bytes + records->length);
#pragma GCC unroll 3
	for (unsigned turn = 0; turn < TURN_COUNT; turn++) {
#pragma GCC unroll 128
		for (unsigned row = 0; row < ROWS; row++) {
			if (turn_of(&field_rows[row]) == (enum turn)turn) {
				at = put_row(block, at, row, &view);
			}
		}
	}
	records->length = (size_t)(cbor_put_break(at) - records->bytes);
}

void record_block_forget(struct record_block *block)
{
	memset(block->said, 0, sizeof(block->said));
}

size_t record_block_bytes(const struct record_block *block)
{
	return block->records.length;
}

bool record_block_has_failed(const struct record_block *block)
{
	return block->records.failed;
}

void record_block_content(const struct record_block *block, struct cbor_writer *content)
{
	uint32_t count = dictionary_count(block->labels);

	cbor_writer_array(content, count);
	for (uint32_t i = 0; i < count; i++) {
		const char *word = dictionary_word(block->labels, i);
		cbor_writer_text(content, word, strlen(word));
	}
	cbor_writer_append(content, block->records.bytes, block->records.length);
	content->failed |= block->records.failed;
}
