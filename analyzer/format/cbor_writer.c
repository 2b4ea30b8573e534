#include "analyzer/format/cbor_writer.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

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

bool cbor_writer_grow(struct cbor_writer *writer, size_t count)
{
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

void cbor_writer_append(struct cbor_writer *writer, const void *items, size_t count)
{
	if (count > 0 && cbor_writer_reserve(writer, count)) {
		memcpy(writer->bytes + writer->length, items, count);
		writer->length += count;
	}
}

void cbor_writer_bytes(struct cbor_writer *writer, const void *bytes, size_t count)
{
	cbor_writer_head(writer, CBOR_MAJOR_BYTES, count);
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

	cbor_writer_head(writer, CBOR_MAJOR_TEXT, clean);
	if (ascii) {
		cbor_writer_append(writer, text, length);
	} else if (cbor_writer_reserve(writer, clean)) {
		clean_text(text, length, writer->bytes + writer->length);
		writer->length += clean;
	}
}

void cbor_writer_text_or_bytes(struct cbor_writer *writer, const char *text, size_t length)
{
	size_t at = is_ascii(text, length) ? length : 0, character = 1;

	while (at < length && character > 0) {
		character = text_utf8_length(text + at, length - at);
		at += character;
	}
	if (character > 0) {
		cbor_writer_head(writer, CBOR_MAJOR_TEXT, length);
	} else {
		cbor_writer_head(writer, CBOR_MAJOR_BYTES, length);
	}
	cbor_writer_append(writer, text, length);
}

void cbor_writer_tag(struct cbor_writer *writer, uint64_t tag)
{
	cbor_writer_head(writer, CBOR_MAJOR_TAG, tag);
}

void cbor_writer_array(struct cbor_writer *writer, size_t count)
{
	cbor_writer_head(writer, CBOR_MAJOR_ARRAY, count);
}

void cbor_writer_map(struct cbor_writer *writer, size_t pairs)
{
	cbor_writer_head(writer, CBOR_MAJOR_MAP, pairs);
}

void cbor_writer_open_map(struct cbor_writer *writer)
{
	if (cbor_writer_reserve(writer, 1)) {
		cbor_put_open_map(writer->bytes + writer->length++);
	}
}

void cbor_writer_break(struct cbor_writer *writer)
{
	if (cbor_writer_reserve(writer, 1)) {
		cbor_put_break(writer->bytes + writer->length++);
	}
}
