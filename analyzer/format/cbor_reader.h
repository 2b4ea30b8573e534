/* Reads CBOR (RFC 8949) item by item from memory.
 *
 * The one pair that reads CBOR (cbor_writer writes it): heads are taken apart here, inline, since a
 * record has forty of them and libcbor's callbacks took two thirds of a scan's time; the tests hold
 * it to libcbor. Nothing is allocated and nothing copied: texts point into the input. A malformed
 * or cut item sets failed, which sticks; every later item then reads as CBOR_ITEM_NONE. Input is
 * hostile: lengths are checked before they are believed. Threads: one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"

enum cbor_item_kind {
	CBOR_ITEM_NONE, /* end of the input, or failed */
	CBOR_ITEM_NUMBER,
	CBOR_ITEM_BOOL,
	CBOR_ITEM_BYTES,
	CBOR_ITEM_TEXT,
	CBOR_ITEM_TAG,   /* number; the tagged item follows */
	CBOR_ITEM_ARRAY, /* number of items, or CBOR_ITEM_UNCOUNTED */
	CBOR_ITEM_MAP,   /* number of pairs, or CBOR_ITEM_UNCOUNTED */
	CBOR_ITEM_BREAK, /* end of an uncounted array or map */
	CBOR_ITEM_OTHER, /* negative numbers, floats, null: valid CBOR that we never write */
};

#define CBOR_ITEM_UNCOUNTED UINT64_MAX

struct cbor_item {
	enum cbor_item_kind kind;
	uint64_t number;
	const char *bytes; /* BYTES, TEXT; no NUL behind them */
	size_t length;
};

struct cbor_reader {
	struct reader input;
	bool failed;
};

struct cbor_reader cbor_reader_over(const void *bytes, size_t length);

/* An item's first byte and its argument (RFC 8949, 3). */
enum { CBOR_INFO_UNCOUNTED = 31 };

struct cbor_head {
	uint8_t major, info; /* enum cbor_major (cbor_writer.h) */
	uint64_t argument;   /* CBOR_ITEM_UNCOUNTED where info is CBOR_INFO_UNCOUNTED */
};

/* The next head; false, and failed is set, where there is none or it is cut or reserved. */
static inline bool cbor_reader_head(struct cbor_reader *reader, struct cbor_head *head)
{
	uint8_t first = reader_u8(&reader->input);

	*head = (struct cbor_head){ first >> 5, first & 31, first & 31 };
	if (__builtin_expect(head->info >= 24, 0)) {
		switch (head->info) {
		case 24:
			head->argument = reader_u8(&reader->input);
			break;
		case 25:
			head->argument = reader_u16(&reader->input);
			break;
		case 26:
			head->argument = reader_u32(&reader->input);
			break;
		case 27:
			head->argument = reader_u64(&reader->input);
			break;
		case CBOR_INFO_UNCOUNTED:
			head->argument = CBOR_ITEM_UNCOUNTED;
			break;
		default:
			reader->failed = true;
		}
	}
	reader->failed |= !reader_ok(&reader->input);
	return !reader->failed;
}

/* The next item's head, and its content where it is a text or bytes. */
struct cbor_item cbor_reader_next(struct cbor_reader *reader);

/* The item whose head was read. */
struct cbor_item cbor_reader_item(struct cbor_reader *reader, const struct cbor_head *head);

/* Steps over the rest of an item whose head has just been read. Nesting deeper than 16 fails. */
void cbor_reader_skip(struct cbor_reader *reader, const struct cbor_item *item);

/* True where nothing is left and nothing failed. */
bool cbor_reader_is_at_end(const struct cbor_reader *reader);
