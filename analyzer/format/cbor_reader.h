/* Reads CBOR (RFC 8949) item by item from memory: libcbor's streaming decoder behind a pull
 * interface.
 *
 * The one file that reads CBOR (cbor_writer writes it). Nothing is allocated and nothing copied:
 * texts point into the input. A malformed or cut item sets failed, which sticks; every later item
 * then reads as CBOR_ITEM_NONE. Input is hostile: lengths are checked before they are believed.
 * Threads: one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
	const uint8_t *bytes;
	size_t length, at;
	bool failed;
};

struct cbor_reader cbor_reader_over(const void *bytes, size_t length);

/* The next item's head, and its content where it is a text or bytes. */
struct cbor_item cbor_reader_next(struct cbor_reader *reader);

/* Steps over the rest of an item whose head has just been read. Nesting deeper than 16 fails. */
void cbor_reader_skip(struct cbor_reader *reader, const struct cbor_item *item);

/* True where nothing is left and nothing failed. */
bool cbor_reader_is_at_end(const struct cbor_reader *reader);
