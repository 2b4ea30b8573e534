/* Writes CBOR (RFC 8949) item by item into memory that grows: libcbor's streaming encoders and
 * nothing else of it.
 *
 * The one file that writes CBOR (cbor_reader reads it). Out of memory sets failed, which sticks, so
 * that a writer asks once. Threads: one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cbor_writer {
	uint8_t *bytes;
	size_t length, capacity;
	bool failed;
};

void cbor_writer_init(struct cbor_writer *writer);
void cbor_writer_deinit(struct cbor_writer *writer);
void cbor_writer_clear(struct cbor_writer *writer);

void cbor_writer_number(struct cbor_writer *writer, uint64_t number);
void cbor_writer_bool(struct cbor_writer *writer, bool value);
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

/* Items that are encoded already. */
void cbor_writer_append(struct cbor_writer *writer, const void *items, size_t count);
