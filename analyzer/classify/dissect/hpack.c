#include "analyzer/classify/dissect/hpack.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Places in the static table (RFC 7541, appendix A). */
enum { STATIC_AUTHORITY = 1, STATIC_HOST = 38 };

/* The codes of five to eight bits (RFC 7541, appendix B), which are all that a host's name needs:
 * those of one length are numbers in a row. */
static const struct code_length {
	uint8_t bits;
	uint8_t first;
	const char *characters;
} code_lengths[] = {
	{ 5, 0x00, "012aceiost" },
	{ 6, 0x14, " %-./3456789=A_bdfghlmnpru" },
	{ 7, 0x5c, ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz" },
	{ 8, 0xf8, "&*,;XZ" },
};

/* RFC 7541, 5.1: what does not fit into the first byte follows in sevens. */
static uint32_t read_integer(struct reader *in, uint8_t first, unsigned prefix_bits)
{
	uint32_t most = (1U << prefix_bits) - 1, value = first & most;
	uint8_t byte = 0x80;

	if (value < most) {
		return value;
	}
	for (unsigned shift = 0; byte & 0x80 && shift <= 21; shift += 7) {
		byte = reader_u8(in);
		value += (uint32_t)(byte & 0x7f) << shift;
	}
	if (byte & 0x80) {
		in->overrun = true;
	}
	return value;
}

struct string {
	struct reader bytes;
	bool is_packed; /* Huffman's code */
};

static struct string read_string(struct reader *in)
{
	uint8_t first = reader_u8(in);
	uint32_t length = read_integer(in, first, 7);

	return (struct string){ .bytes = reader_sub(in, length), .is_packed = first & 0x80 };
}

/* The character whose code the highest bits hold; 0 where it is a long one. */
static char unpack_character(uint32_t bits, unsigned *used)
{
	for (size_t i = 0; i < sizeof(code_lengths) / sizeof(code_lengths[0]); i++) {
		const struct code_length *length = code_lengths + i;
		uint32_t place = (bits >> (32 - length->bits)) - length->first;
		if (place < strlen(length->characters)) {
			*used = length->bits;
			return length->characters[place];
		}
	}
	return '\0';
}

/* What is left behind the last character is a part of the longest code: ones. */
static size_t unpack(struct reader in, char *text)
{
	uint32_t bits = 0;
	unsigned held = 0, used = 0;
	size_t length = 0;

	while (true) {
		while (held <= 24 && reader_left(&in) > 0) {
			bits |= (uint32_t)reader_u8(&in) << (24 - held);
			held += 8;
		}
		char character = unpack_character(bits, &used);
		if (held < 8 && (held == 0 || bits >> (32 - held) == (1U << held) - 1)) {
			return length;
		}
		if (character == '\0' || used > held || length == HPACK_HOST_MAX) {
			return 0;
		}
		text[length++] = character;
		bits <<= used;
		held -= used;
	}
}

static size_t text_of(const struct string *string, char *text)
{
	struct reader bytes = string->bytes;
	size_t length = reader_left(&bytes);

	if (string->is_packed) {
		return unpack(bytes, text);
	}
	if (length > HPACK_HOST_MAX) {
		return 0;
	}
	const uint8_t *at = reader_bytes(&bytes, length);
	memcpy(text, at, at ? length : 0);
	return at ? length : 0;
}

static bool is_name(const struct string *name, const char *wanted)
{
	char text[HPACK_HOST_MAX + 1];
	size_t length = text_of(name, text);

	return length == strlen(wanted) && memcmp(text, wanted, length) == 0;
}

/* One field of the block (RFC 7541, 6), over which the cursor steps. True where it has a value of
 * its own that names the host. */
static bool read_field(struct reader *in, struct string *value)
{
	uint8_t first = reader_u8(in);

	if (first & 0x80) { /* a whole field of a table */
		read_integer(in, first, 7);
		return false;
	}
	if ((first & 0xe0) == 0x20) { /* the dynamic table's new size */
		read_integer(in, first, 5);
		return false;
	}
	uint32_t name = read_integer(in, first, first & 0x40 ? 6 : 4);
	bool is_host = name == STATIC_AUTHORITY || name == STATIC_HOST;
	if (name == 0) {
		struct string text = read_string(in);
		is_host = reader_ok(in) && (is_name(&text, ":authority") || is_name(&text, "host"));
	}
	*value = read_string(in);
	return is_host && reader_ok(in);
}

size_t hpack_host(struct reader block, char host[HPACK_HOST_MAX + 1])
{
	size_t length = 0;

	while (length == 0 && reader_ok(&block) && reader_left(&block) > 0) {
		struct string value;
		if (read_field(&block, &value)) {
			length = text_of(&value, host);
		}
	}
	host[length] = '\0';
	return length;
}
