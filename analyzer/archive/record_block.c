#include "analyzer/archive/record_block.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/addr_numbers.h"
#include "analyzer/format/dictionary.h"
#include "analyzer/format/field_rows.h"
#include "analyzer/format/record_cbor.h"
#include "collector/reserve.h"

enum { ROWS = COUNT_OF(field_rows), KNOWN_BITS = 7, WAITING_MAX = 64 };

/* Numbers of a row from the next one's: an odd number of cache lines, so that the rows do not press
 * each other out of a few sets of the cache. */
enum { WAITING_STRIDE = WAITING_MAX + 8 };

_Static_assert((int)WAITING_MAX <= (int)ADDR_NUMBERS_TOGETHER, "addresses wait as well");

/* A block of names is full before its records are many. */
enum { ENTRIES_ENOUGH = 1 << 20 };

/* The longest entry: names and what is between them. */
enum { ENTRY_BYTES_MAX = FIELD_ITEMS_MAX * (DOMAIN_LENGTH_MAX + 1) };

/* The number of the entry where the member had this value. All zero is an empty one, and true: a
 * member that is zero has no entry. */
struct known {
	uint64_t value, number;
};

/* A field of all records of the block so far, but for those that wait. */
struct block_column {
	uint64_t first;    /* of the first record; while it is all there is, numbers are not kept */
	uint64_t *numbers; /* RECORD_BLOCK_RECORDS; NULL: never needed yet */
	bool varies;
	/* Of fields that are no numbers, by their content: addresses, or all else. */
	struct addr_numbers *addrs;
	struct dictionary *dictionary;
	struct cbor_writer entries;
	struct known known[1 << KNOWN_BITS]; /* by a hash of the value */
};

struct record_block {
	uint32_t count, waiting_count;
	uint64_t (*numbers)[RECORD_BLOCK_RECORDS]; /* of columns, in the order in which they ask */
	uint32_t numbers_count;
	size_t entry_bytes;
	bool has_failed;
	struct block_column columns[ROWS];
	uint64_t waiting[ROWS][WAITING_STRIDE];
	struct columns_writer writer;
};

/* How a row's value is come by. All of it is decided when the loop over the rows is unrolled. */
enum way {
	WAY_NONE,         /* not archived */
	WAY_NUMBER,       /* a number in the record */
	WAY_BOOL,         /* a bool in the record */
	WAY_FOUND_NUMBER, /* the same two, where the getter finds them */
	WAY_FOUND_BOOL,
	WAY_FOUND_ADDR, /* an address in the record, where the getter finds one */
	WAY_FOUND_WORD, /* a word that the getter makes */
	WAY_TEXT,       /* a text in the record */
	WAY_SAID,       /* up to eight bytes in the record, or an address, stand for the entry */
	WAY_TOLD,       /* a number that is made stands for it, or bytes */
	WAY_TOLD_BYTES,
	WAY_OTHER
};

#define INLINE static inline __attribute__((always_inline))

INLINE enum way way_of(const struct field *field)
{
	bool is_found = field->get && !(field->forms & FIELD_OF_PART);

	if (!(field->forms & FIELD_ARCHIVED)) {
		return WAY_NONE;
	}
	if (field->told_by) {
		return WAY_TOLD;
	}
	if (field->told_by_bytes) {
		return WAY_TOLD_BYTES;
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
	case FIELD_TEXT:
		return is_found ? WAY_OTHER : WAY_TEXT;
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

static void add_entry(struct record_block *block, struct block_column *column,
	const struct field *field, const struct field_view *view)
{
	size_t length = column->entries.length;
	struct field_value value;

	field_get(field, view, &value);
	record_cbor_put_value(&column->entries, true, field, &value);
	block->entry_bytes += column->entries.length - length;
}

/* By content; the number of the entry, from 1. */
static uint64_t number_of(struct record_block *block, unsigned row, const struct field_view *view,
	const void *content, size_t bytes)
{
	struct block_column *column = &block->columns[row];
	uint32_t before = dictionary_count(column->dictionary);
	uint64_t hint = bytes >= sizeof(hint) ? load((const char *)content, 8) ^
							load((const char *)content + bytes - 8, 8)
					      : bytes;
	uint32_t number = dictionary_intern_hinted(column->dictionary, hint, content, bytes);

	if (number == DICTIONARY_FULL) {
		block->has_failed = true;
		return 0;
	}
	if (number == before) {
		add_entry(block, column, &field_rows[row], view);
	}
	return (uint64_t)number + 1;
}

/* Items behind each other: a name holds no NUL. */
static size_t join(const struct field_value *value, char content[ENTRY_BYTES_MAX])
{
	size_t at = 0;

	for (unsigned i = 0; i < value->count; i++) {
		size_t length = strnlen(value->items[i], DOMAIN_LENGTH_MAX);
		memcpy(content + at, value->items[i], length);
		content[at + length] = '\0';
		at += length + 1;
	}
	return at;
}

/* The number of whatever the row is. */
static __attribute__((noinline)) uint64_t find_entry(
	struct record_block *block, unsigned row, const struct field_view *view)
{
	const struct field *field = &field_rows[row];
	struct field_value value;
	char content[ENTRY_BYTES_MAX];

	if (!field_get(field, view, &value) || field_is_default(field, &value)) {
		return 0;
	}
	switch ((enum field_type)field->type) {
	case FIELD_WORDS:
	case FIELD_TEXTS:
		if (value.count == 1) {
			return number_of(
				block, row, view, value.items[0], strlen(value.items[0]) + 1);
		}
		return number_of(block, row, view, content, join(&value, content));
	default:
		return number_of(block, row, view, value.text, value.length);
	}
}

INLINE uint64_t find_known(
	struct record_block *block, unsigned row, const struct field_view *view, uint64_t value)
{
	uint64_t hash = value * UINT64_C(0x9e3779b97f4a7c15) >> (64 - KNOWN_BITS);
	struct known *known = &block->columns[row].known[hash];

	if (__builtin_expect(known->value != value, 0)) {
		*known = (struct known){ value, find_entry(block, row, view) };
	}
	return known->number;
}

/* Letters of a short word stand for the word. */
INLINE uint64_t find_word(struct record_block *block, unsigned row, const struct field_view *view)
{
	struct field_value value;

	if (!field_rows[row].get(view, &value) || value.length == 0) {
		return 0;
	}
	return value.length <= sizeof(uint64_t)
		       ? find_known(block, row, view, letters_of(value.text, value.length))
		       : find_entry(block, row, view);
}

/* Most records have none. */
INLINE uint64_t find_text(struct record_block *block, unsigned row, const struct field_view *view)
{
	const struct field *field = &field_rows[row];
	const char *text = (const char *)view->record + field->offset;
	size_t length = text[0] ? strnlen(text, field->bytes) : 0;

	if (length <= sizeof(uint64_t)) {
		return length ? find_known(block, row, view, letters_of(text, (unsigned)length))
			      : 0;
	}
	return number_of(block, row, view, text, length);
}

static __attribute__((noinline)) uint64_t find_told_bytes(
	struct record_block *block, unsigned row, const struct field_view *view)
{
	char room[ENTRY_BYTES_MAX];
	const char *bytes;
	size_t length = field_rows[row].told_by_bytes(view, room, &bytes);

	return length ? number_of(block, row, view, bytes, length) : 0;
}

/* Where the getter finds an address in the record; it is numbered with all that wait. */
INLINE uint64_t find_addr(struct record_block *block, unsigned row, const struct field_view *view)
{
	struct field_value value;

	if (!field_rows[row].get(view, &value)) {
		return 0;
	}
	addr_numbers_wait(block->columns[row].addrs, block->waiting_count, value.addr);
	return 1;
}

INLINE uint64_t number_of_row(
	struct record_block *block, unsigned row, const struct field_view *view)
{
	const struct field *field = &field_rows[row];
	const char *in_record = (const char *)view->record + field->offset;
	const char *in_words = (const char *)view->labels + field->offset;
	struct field_value value;
	uint64_t number;

	if (field->needs_bytes > 0 &&
		load((const char *)view->record + field->needs, field->needs_bytes) == 0) {
		return 0;
	}
	switch (way_of(field)) {
	case WAY_NONE:
		return 0;
	case WAY_NUMBER:
	case WAY_BOOL:
		return load(in_record, field->bytes);
	case WAY_FOUND_NUMBER:
	case WAY_FOUND_BOOL:
		number = load(in_record, field->bytes);
		return number && field->get(view, &value) ? number : 0;
	case WAY_FOUND_WORD:
		return find_word(block, row, view);
	case WAY_TEXT:
		return find_text(block, row, view);
	case WAY_SAID:
		number = field->place == FIELD_IN_WORDS ? load(in_words, sizeof(char *))
							: load(in_record, field->bytes);
		return number ? find_known(block, row, view, number) : 0;
	case WAY_FOUND_ADDR:
		return find_addr(block, row, view);
	case WAY_TOLD:
		number = field->told_by(view);
		return number ? find_known(block, row, view, number) : 0;
	case WAY_TOLD_BYTES:
		return find_told_bytes(block, row, view);
	case WAY_OTHER:
		return find_entry(block, row, view);
	}
	return 0;
}

static void destroy_columns(struct record_block *block)
{
	for (unsigned row = 0; row < ROWS; row++) {
		struct block_column *column = &block->columns[row];
		addr_numbers_destroy(column->addrs);
		dictionary_destroy(column->dictionary);
		cbor_writer_deinit(&column->entries);
	}
}

struct record_block *record_block_create(void)
{
	struct record_block *block = calloc(1, sizeof(*block));

	if (!block) {
		return NULL;
	}
	columns_writer_init(&block->writer);
	block->numbers = reserve_map(ROWS * sizeof(*block->numbers));
	if (!block->numbers) {
		record_block_destroy(block);
		return NULL;
	}
	for (unsigned row = 0; row < ROWS; row++) {
		struct block_column *column = &block->columns[row];
		enum way way = way_of(&field_rows[row]);
		cbor_writer_init(&column->entries);
		column->addrs = way == WAY_FOUND_ADDR ? addr_numbers_create() : NULL;
		column->dictionary = way > WAY_FOUND_ADDR ? dictionary_create() : NULL;
		if (way >= WAY_FOUND_ADDR && !column->addrs && !column->dictionary) {
			record_block_destroy(block);
			return NULL;
		}
	}
	return block;
}

void record_block_destroy(struct record_block *block)
{
	if (block) {
		destroy_columns(block);
		reserve_unmap(block->numbers, ROWS * sizeof(*block->numbers));
		columns_writer_deinit(&block->writer);
		free(block);
	}
}

void record_block_clear(struct record_block *block)
{
	for (unsigned row = 0; row < ROWS; row++) {
		struct block_column *column = &block->columns[row];
		column->varies = false;
		if (column->addrs) {
			addr_numbers_clear(column->addrs);
		}
		if (column->dictionary) {
			dictionary_clear(column->dictionary);
			cbor_writer_clear(&column->entries);
		}
	}
	block->count = block->waiting_count = 0;
	block->entry_bytes = 0;
	block->has_failed = false;
	record_block_forget(block);
}

/* The column is no longer the same in every record. */
static void begin_numbers(struct record_block *block, struct block_column *column)
{
	if (!column->numbers) {
		column->numbers = block->numbers[block->numbers_count++];
	}
	column->varies = true;
	for (uint32_t i = 0; i < block->count; i++) {
		column->numbers[i] = column->first;
	}
}

static void take_addrs(struct record_block *block, struct addr_numbers *addrs, uint64_t *waiting)
{
	uint32_t before = addr_numbers_count(addrs);

	addr_numbers_take(addrs, waiting, block->waiting_count);
	for (uint32_t i = before; i < addr_numbers_count(addrs); i++) {
		block->entry_bytes += record_cbor_addr_bytes(&addr_numbers_all(addrs)[i]);
	}
}

/* Is each of the numbers this one? Each is the next one, and the first is. */
static bool are_all(const uint64_t *numbers, uint32_t count, uint64_t number)
{
	return numbers[0] == number &&
	       memcmp(numbers, numbers + 1, (count - 1) * sizeof(*numbers)) == 0;
}

static void take_waiting(struct record_block *block)
{
	uint32_t count = block->waiting_count;

	for (unsigned row = 0; row < ROWS && count > 0; row++) {
		struct block_column *column = &block->columns[row];
		uint64_t *waiting = block->waiting[row];

		if (!(field_rows[row].forms & FIELD_ARCHIVED)) {
			continue;
		}
		if (column->addrs) {
			take_addrs(block, column->addrs, waiting);
		}
		column->first = block->count ? column->first : waiting[0];
		if (!column->varies && !are_all(waiting, count, column->first)) {
			begin_numbers(block, column);
		}
		if (column->varies) {
			memcpy(column->numbers + block->count, waiting, count * sizeof(*waiting));
		}
	}
	block->count += count;
	block->waiting_count = 0;
}

void record_block_put(
	struct record_block *block, const struct record *record, const struct record_labels *labels)
{
	struct field_view view = { record, labels, true, NULL };
	uint32_t place = block->waiting_count;

#pragma GCC unroll 128
	for (unsigned row = 0; row < ROWS; row++) {
		if (way_of(&field_rows[row]) != WAY_NONE) {
			block->waiting[row][place] = number_of_row(block, row, &view);
		}
	}
	if (++block->waiting_count == WAITING_MAX) {
		take_waiting(block);
	}
}

void record_block_forget(struct record_block *block)
{
	for (unsigned row = 0; row < ROWS; row++) {
		memset(block->columns[row].known, 0, sizeof(block->columns[row].known));
	}
}

bool record_block_is_full(const struct record_block *block)
{
	return block->count == RECORD_BLOCK_RECORDS || block->entry_bytes >= ENTRIES_ENOUGH ||
	       block->has_failed;
}

bool record_block_has_failed(const struct record_block *block)
{
	return block->has_failed;
}

/* Addresses were only numbered so far. */
static void put_addrs(struct columns_writer *writer, uint32_t key, struct block_column *column,
	const uint64_t *numbers, uint32_t rows)
{
	uint32_t count = addr_numbers_count(column->addrs);

	cbor_writer_clear(&column->entries);
	record_cbor_put_addrs(&column->entries, addr_numbers_all(column->addrs), count);
	columns_put_entries(writer, key, numbers, rows, &column->entries, count);
}

/* One number stands for all where they are the same. A time goes with the time before it. */
void record_block_content(
	struct record_block *block, struct cbor_writer *content, struct columns_cuts *cuts)
{
	struct columns_writer *writer = &block->writer;
	const uint64_t *time_before = NULL;

	take_waiting(block);
	columns_writer_clear(writer);
	for (unsigned row = 0; row < ROWS; row++) {
		const struct field *field = &field_rows[row];
		struct block_column *column = &block->columns[row];
		const uint64_t *numbers = column->varies ? column->numbers : &column->first;
		uint32_t rows = column->varies ? block->count : 1;

		if (way_of(field) == WAY_NONE || (!column->varies && column->first == 0)) {
			continue;
		}
		if (column->addrs) {
			put_addrs(writer, field->key, column, numbers, rows);
		} else if (column->dictionary) {
			columns_put_entries(writer, field->key, numbers, rows, &column->entries,
				dictionary_count(column->dictionary));
		} else if (column->varies && time_before && field->type == FIELD_TIME) {
			columns_put_beside(writer, field->key, numbers, time_before, rows);
		} else {
			columns_put(writer, field->key, numbers, rows);
		}
		time_before = column->varies && field->type == FIELD_TIME ? numbers : NULL;
	}
	cuts->count = 0;
	columns_content(writer, content, cuts);
	content->failed |= block->has_failed;
}
