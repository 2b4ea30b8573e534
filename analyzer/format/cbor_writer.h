/* Writes CBOR (RFC 8949) item by item into memory that grows.
 *
 * The one file that writes CBOR (cbor_reader reads it). Heads of items are made here, inline:
 * libcbor's encoders are calls through a shared library, several an item, and took four fifths of
 * the time a record's own encoding takes. Out of memory sets failed, which sticks, so that a writer
 * asks once. Threads: one at a time. */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cbor_writer {
	uint8_t *bytes;
	size_t length, capacity;
	bool failed;
};

void cbor_writer_init(struct cbor_writer *writer);
void cbor_writer_deinit(struct cbor_writer *writer);
void cbor_writer_clear(struct cbor_writer *writer);

/* RFC 8949, 3.1. */
enum cbor_major {
	CBOR_MAJOR_UNSIGNED,
	CBOR_MAJOR_NEGATIVE,
	CBOR_MAJOR_BYTES,
	CBOR_MAJOR_TEXT,
	CBOR_MAJOR_ARRAY,
	CBOR_MAJOR_MAP,
	CBOR_MAJOR_TAG,
	CBOR_MAJOR_SIMPLE
};

/* RFC 8949, 3.3. */
enum { CBOR_SIMPLE_FALSE = 20, CBOR_SIMPLE_TRUE = 21 };

/* The longest head of an item: type and a 64-bit argument. */
enum { CBOR_HEAD_MAX = 9 };

/* Room for count more bytes; false, and failed is set, where there is none. */
bool cbor_writer_grow(struct cbor_writer *writer, size_t count);

static inline bool cbor_writer_reserve(struct cbor_writer *writer, size_t count)
{
	return writer->capacity - writer->length >= count || cbor_writer_grow(writer, count);
}

/* The shortest head (RFC 8949, 4.2.1): an argument below 24 is part of the first byte; longer ones
 * follow it in network order. There must be room for CBOR_HEAD_MAX; the place behind the head. */
static inline uint8_t *cbor_put_head(uint8_t *at, enum cbor_major major, uint64_t argument)
{
	uint8_t type = (uint8_t)(major << 5);

	if (argument < 24) {
		at[0] = (uint8_t)(type | argument);
		return at + 1;
	}
	if (argument <= UINT8_MAX) {
		at[0] = type | 24;
		at[1] = (uint8_t)argument;
		return at + 2;
	}
	unsigned log = argument <= UINT16_MAX ? 1 : argument <= UINT32_MAX ? 2 : 3;
	uint64_t argument_be = htobe64(argument << (64 - (8u << log)));
	at[0] = (uint8_t)(type | (24 + log));
	memcpy(at + 1, &argument_be, sizeof(argument_be));
	return at + 1 + (1u << log);
}

static inline void cbor_writer_head(
	struct cbor_writer *writer, enum cbor_major major, uint64_t argument)
{
	if (cbor_writer_reserve(writer, CBOR_HEAD_MAX)) {
		uint8_t *at = writer->bytes + writer->length;
		writer->length += (size_t)(cbor_put_head(at, major, argument) - at);
	}
}

static inline void cbor_writer_number(struct cbor_writer *writer, uint64_t number)
{
	cbor_writer_head(writer, CBOR_MAJOR_UNSIGNED, number);
}

static inline void cbor_writer_bool(struct cbor_writer *writer, bool value)
{
	cbor_writer_head(writer, CBOR_MAJOR_SIMPLE, value ? CBOR_SIMPLE_TRUE : CBOR_SIMPLE_FALSE);
}

void cbor_writer_bytes(struct cbor_writer *writer, const void *bytes, size_t count);
/* CBOR text is UTF-8: every byte that is not becomes U+FFFD, as in JSON. */
void cbor_writer_text(struct cbor_writer *writer, const char *text, size_t length);
/* Text where it is UTF-8, otherwise bytes: nothing is lost. */
void cbor_writer_text_or_bytes(struct cbor_writer *writer, const char *text, size_t length);
void cbor_writer_tag(struct cbor_writer *writer, uint64_t tag); /* of the next item */
void cbor_writer_array(struct cbor_writer *writer, size_t count);
void cbor_writer_map(struct cbor_writer *writer, size_t pairs);
/* A map whose pairs are not counted beforehand, ended by cbor_writer_break(). */
void cbor_writer_open_map(struct cbor_writer *writer);
void cbor_writer_break(struct cbor_writer *writer);

/* A map's head, and "break", with 31 for "not counted" (RFC 8949, 3.2). */
static inline uint8_t *cbor_put_open_map(uint8_t *at)
{
	*at = CBOR_MAJOR_MAP << 5 | 31;
	return at + 1;
}

static inline uint8_t *cbor_put_break(uint8_t *at)
{
	*at = CBOR_MAJOR_SIMPLE << 5 | 31;
	return at + 1;
}

/* Items that are encoded already. */
void cbor_writer_append(struct cbor_writer *writer, const void *items, size_t count);
