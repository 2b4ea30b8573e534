#include "analyzer/store/cbor_writer.h"

#include <cbor.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The longest head of an item: type and a 64-bit argument. */
enum { HEAD_MAX = 9 };

void cbor_writer_init(struct cbor_writer *writer)
{
	*writer = (struct cbor_writer){ .bytes = NULL };
}

void cbor_writer_deinit(struct cbor_writer *writer)
{
	free(writer->bytes);
	cbor_writer_init(writer);
}

void cbor_writer_clear(struct cbor_writer *writer)
{
	writer->length = 0;
	writer->failed = false;
}

/* Room for count more bytes. */
static bool reserve(struct cbor_writer *writer, size_t count)
{
	if (writer->capacity - writer->length >= count) {
		return true;
	}
	size_t capacity = writer->capacity ? writer->capacity : 4096;
	while (capacity - writer->length < count) {
		capacity *= 2;
	}
	uint8_t *grown = realloc(writer->bytes, capacity);
	if (!grown) {
		writer->failed = true;
		return false;
	}
	writer->bytes = grown;
	writer->capacity = capacity;
	return true;
}

/* Runs one of libcbor's encoders, which all end in (…, buffer, size) and return the bytes written.
 */
#define ENCODE(writer, encoder, ...)                                                               \
	do {                                                                                       \
		if (reserve(writer, HEAD_MAX)) {                                                   \
			(writer)->length +=                                                        \
				encoder(__VA_ARGS__(writer)->bytes + (writer)->length, HEAD_MAX);  \
		}                                                                                  \
	} while (false)
#define WITH(argument) argument,

void cbor_writer_number(struct cbor_writer *writer, uint64_t number)
{
	ENCODE(writer, cbor_encode_uint, WITH(number));
}

void cbor_writer_bool(struct cbor_writer *writer, bool value)
{
	ENCODE(writer, cbor_encode_bool, WITH(value));
}

void cbor_writer_append(struct cbor_writer *writer, const void *items, size_t count)
{
	if (count > 0 && reserve(writer, count)) {
		memcpy(writer->bytes + writer->length, items, count);
		writer->length += count;
	}
}

void cbor_writer_bytes(struct cbor_writer *writer, const void *bytes, size_t count)
{
	ENCODE(writer, cbor_encode_bytestring_start, WITH(count));
	cbor_writer_append(writer, bytes, count);
}

static bool is_ascii(const char *text, size_t length)
{
	unsigned char all = 0;

	for (size_t i = 0; i < length; i++) {
		all |= (unsigned char)text[i];
	}
	return all < 0x80;
}

/* The length of the text once every byte that is not UTF-8 is replaced; with copy, that text is
 * written there. */
static size_t clean_text(const char *text, size_t length, uint8_t *copy)
{
	static const char replacement[3] = "\xef\xbf\xbd";
	size_t clean = 0;

	for (size_t at = 0; at < length;) {
		size_t character = text_utf8_length(text + at, length - at);
		const char *from = character ? text + at : replacement;
		size_t count = character ? character : sizeof(replacement);

		if (copy) {
			memcpy(copy + clean, from, count);
		}
		clean += count;
		at += character ? character : 1;
	}
	return clean;
}

void cbor_writer_text(struct cbor_writer *writer, const char *text, size_t length)
{
	bool ascii = is_ascii(text, length);
	size_t clean = ascii ? length : clean_text(text, length, NULL);

	ENCODE(writer, cbor_encode_string_start, WITH(clean));
	if (ascii) {
		cbor_writer_append(writer, text, length);
	} else if (reserve(writer, clean)) {
		clean_text(text, length, writer->bytes + writer->length);
		writer->length += clean;
	}
}

void cbor_writer_text_or_bytes(struct cbor_writer *writer, const char *text, size_t length)
{
	size_t at = 0, character = 1;

	while (at < length && character > 0) {
		character = text_utf8_length(text + at, length - at);
		at += character;
	}
	if (character > 0) {
		ENCODE(writer, cbor_encode_string_start, WITH(length));
	} else {
		ENCODE(writer, cbor_encode_bytestring_start, WITH(length));
	}
	cbor_writer_append(writer, text, length);
}

void cbor_writer_tag(struct cbor_writer *writer, uint64_t tag)
{
	ENCODE(writer, cbor_encode_tag, WITH(tag));
}

void cbor_writer_array(struct cbor_writer *writer, size_t count)
{
	ENCODE(writer, cbor_encode_array_start, WITH(count));
}

void cbor_writer_map(struct cbor_writer *writer, size_t pairs)
{
	ENCODE(writer, cbor_encode_map_start, WITH(pairs));
}

void cbor_writer_open_map(struct cbor_writer *writer)
{
	ENCODE(writer, cbor_encode_indef_map_start, );
}

void cbor_writer_break(struct cbor_writer *writer)
{
	ENCODE(writer, cbor_encode_break, );
}
