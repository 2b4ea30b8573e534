#include "analyzer/classify/dissect/ja4.h"

#include <string.h>

#include "analyzer/digest.h"
#include "base/text.h"

enum { SHORT_HASH = 12 };

static const char hex_digits[] = "0123456789abcdef";

static const char *version_text(uint16_t version)
{
	switch (version) {
	case 0x0304:
		return "13";
	case 0x0303:
		return "12";
	case 0x0302:
		return "11";
	case 0x0301:
		return "10";
	case 0x0300:
		return "s3";
	case 0x0002:
		return "s2";
	case 0xfeff:
		return "d1";
	case 0xfefd:
		return "d2";
	case 0xfefc:
		return "d3";
	}
	return "00";
}

static bool is_alphanumeric(unsigned char character)
{
	return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
	       (character >= 'A' && character <= 'Z');
}

/* First and last character of the first ALPN value; where one of them is not a letter or digit,
 * first and last digit of the value in hexadecimal. */
static void put_alpn(struct text *text, const char *alpn, size_t length)
{
	if (!alpn || length == 0) {
		text_put(text, "00");
		return;
	}
	unsigned char first = (unsigned char)alpn[0], last = (unsigned char)alpn[length - 1];
	if (is_alphanumeric(first) && is_alphanumeric(last)) {
		text_put_char(text, (char)first);
		text_put_char(text, (char)last);
	} else {
		text_put_char(text, hex_digits[first >> 4]);
		text_put_char(text, hex_digits[last & 15]);
	}
}

static void put_two_digits(struct text *text, unsigned number)
{
	number = number > 99 ? 99 : number;
	text_put_char(text, (char)('0' + number / 10));
	text_put_char(text, (char)('0' + number % 10));
}

static char *write_list(char *at, const uint16_t *values, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (i > 0) {
			*at++ = ',';
		}
		for (int shift = 12; shift >= 0; shift -= 4) {
			*at++ = hex_digits[values[i] >> shift & 15];
		}
	}
	return at;
}

/* Few and almost sorted values: insertion beats qsort() and calls nothing. */
static void sort_values(uint16_t *values, unsigned count)
{
	for (unsigned i = 1; i < count; i++) {
		uint16_t value = values[i];
		unsigned place = i;
		for (; place > 0 && values[place - 1] > value; place--) {
			values[place] = values[place - 1];
		}
		values[place] = value;
	}
}

static void put_short_hash(struct text *text, const char *list, size_t length)
{
	uint8_t digest[DIGEST_SHA256_BYTES];
	char hex[2 * DIGEST_SHA256_BYTES + 1];

	if (length == 0) {
		text_put(text, "000000000000");
		return;
	}
	digest_sha256(list, length, digest);
	digest_hex(digest, SHORT_HASH / 2, hex);
	text_put_bytes(text, hex, SHORT_HASH);
}

static void put_ciphers(struct text *text, const struct client_hello *hello)
{
	char list[HELLO_CIPHERS_MAX * 5];
	uint16_t values[HELLO_CIPHERS_MAX];
	unsigned count = hello->cipher_count;

	memcpy(values, hello->ciphers, count * sizeof(values[0]));
	sort_values(values, count);
	put_short_hash(text, list, (size_t)(write_list(list, values, count) - list));
}

/* Extensions sorted, without server_name and ALPN, which differ by destination; then the signature
 * algorithms in the client's own order. */
static void put_extensions(struct text *text, const struct client_hello *hello)
{
	char list[(HELLO_EXTENSIONS_MAX + HELLO_SIGNATURES_MAX) * 5 + 1];
	uint16_t values[HELLO_EXTENSIONS_MAX];
	unsigned count = 0;

	for (unsigned i = 0; i < hello->extension_count; i++) {
		if (hello->extensions[i] != 0 && hello->extensions[i] != 16) {
			values[count++] = hello->extensions[i];
		}
	}
	sort_values(values, count);
	char *end = write_list(list, values, count);
	if (hello->signature_count > 0 && count > 0) {
		*end++ = '_';
		end = write_list(end, hello->signatures, hello->signature_count);
	}
	put_short_hash(text, list, (size_t)(end - list));
}

void ja4_of_hello(
	const struct client_hello *hello, enum ja4_transport transport, char memory[CLUE_JA4_MAX])
{
	struct text text;

	text_init(&text, memory, CLUE_JA4_MAX);
	if (!hello->is_whole || hello->cipher_count > HELLO_CIPHERS_MAX ||
		hello->extension_count > HELLO_EXTENSIONS_MAX ||
		hello->signature_count > HELLO_SIGNATURES_MAX) {
		return;
	}
	text_put_char(&text, (char)transport);
	text_put(&text,
		version_text(hello->best_version ? hello->best_version : hello->legacy_version));
	text_put_char(&text, hello->has_server_name ? 'd' : 'i');
	put_two_digits(&text, hello->cipher_count);
	put_two_digits(&text, hello->extension_count);
	put_alpn(&text, hello->alpn, hello->alpn_length);
	text_put_char(&text, '_');
	put_ciphers(&text, hello);
	text_put_char(&text, '_');
	put_extensions(&text, hello);
}
