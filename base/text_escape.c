/* Escapes for what comes from the wire. */
#include "base/text.h"

#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Copies runs of plain characters at once; put_one writes the others, and answers false for a plain
 * one. */
static void put_escaped(struct text *text, const char *bytes, size_t count,
	bool (*put_one)(struct text *text, const char *character, size_t length))
{
	size_t plain_from = 0, at = 0;

	while (at < count) {
		size_t length = text_utf8_length(bytes + at, count - at);
		char memory[24]; /* of the longest escape: four bytes as \xNN */
		struct text escaped;

		text_init(&escaped, memory, sizeof(memory));
		if (length == 0) {
			length = 1;
			text_put(&escaped, REPLACEMENT);
		} else if (!put_one(&escaped, bytes + at, length)) {
			at += length;
			continue;
		}
		text_put_bytes(text, bytes + plain_from, at - plain_from);
		text_put_bytes(text, escaped.at, escaped.length);
		at += length;
		plain_from = at;
	}
	text_put_bytes(text, bytes + plain_from, count - plain_from);
}

static const char hex_digits[] = "0123456789abcdef";

/* The code point of a whole UTF-8 character. */
static uint32_t code_point(const char *c, size_t length)
{
	static const uint8_t first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t code = (uint8_t)c[0] & first_bits[length];

	for (size_t i = 1; i < length; i++) {
		code = code << 6 | ((uint8_t)c[i] & 0x3f);
	}
	return code;
}

/* Characters that can make a text look like another one, or like more lines: controls, marks that
 * change its direction, line separators, and what is not seen at all. */
static bool is_deceptive(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = { { 0, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x61c, 0x61c },
		{ 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
		{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe0fff } };

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]) && code >= ranges[i].first; i++) {
		if (code <= ranges[i].last) {
			return true;
		}
	}
	return false;
}

static void put_hex(struct text *text, uint32_t number, unsigned digits)
{
	while (digits-- > 0) {
		text_put_char(text, hex_digits[number >> 4 * digits & 15]);
	}
}

/* Makes a deceptive character visible, byte by byte. */
static bool put_visible(struct text *text, const char *c, size_t length)
{
	if (!is_deceptive(code_point(c, length))) {
		return false;
	}
	for (size_t k = 0; k < length; k++) {
		text_put(text, "\\x");
		put_hex(text, (uint8_t)c[k], 2);
	}
	return true;
}

static bool put_json_character(struct text *text, const char *c, size_t length)
{
	uint32_t code = code_point(c, length);

	if (code == '"' || code == '\\') {
		text_put_char(text, '\\');
		text_put_char(text, *c);
		return true;
	}
	if (!is_deceptive(code)) {
		return false;
	}
	text_put(text, "\\u");
	if (code > 0xffff) {
		put_hex(text, 0xd800 + ((code - 0x10000) >> 10), 4);
		text_put(text, "\\u");
		code = 0xdc00 + ((code - 0x10000) & 0x3ff);
	}
	put_hex(text, code, 4);
	return true;
}

static bool put_html_character(struct text *text, const char *c, size_t length)
{
	if (length != 1) {
		return put_visible(text, c, length);
	}
	switch (*c) {
	case '&':
		text_put(text, "&amp;");
		return true;
	case '<':
		text_put(text, "&lt;");
		return true;
	case '>':
		text_put(text, "&gt;");
		return true;
	case '"':
		text_put(text, "&quot;");
		return true;
	case '\'':
		text_put(text, "&#39;");
		return true;
	default:
		if ((unsigned char)*c < 0x20 && *c != '\n' && *c != '\t') {
			text_put(text, REPLACEMENT);
			return true;
		}
		return false;
	}
}

static bool put_csv_character(struct text *text, const char *c, size_t length)
{
	if (*c == '"') {
		text_put(text, "\"\"");
		return true;
	}
	return put_visible(text, c, length);
}

void text_put_json(struct text *text, const char *bytes, size_t count)
{
	put_escaped(text, bytes, count, put_json_character);
}

void text_put_html(struct text *text, const char *bytes, size_t count)
{
	put_escaped(text, bytes, count, put_html_character);
}

void text_put_terminal(struct text *text, const char *bytes, size_t count)
{
	put_escaped(text, bytes, count, put_visible);
}

void text_put_terminal_lines(struct text *text, const char *bytes, size_t count)
{
	const char *end = bytes + count;

	for (const char *line = bytes; line < end;) {
		const char *line_end = memchr(line, '\n', (size_t)(end - line));
		text_put_terminal(text, line, (size_t)((line_end ? line_end : end) - line));
		if (line_end) {
			text_put_char(text, '\n');
		}
		line = line_end ? line_end + 1 : end;
	}
}

void text_put_csv(struct text *text, const char *bytes, size_t count)
{
	bool formula = count > 0 && memchr("=+-@\t\r", bytes[0], 6) != NULL;
	bool quoted = formula;

	for (size_t i = 0; i < count && !quoted; i++) {
		quoted = memchr("\",\r\n", bytes[i], 4) != NULL;
	}
	if (!quoted) {
		put_escaped(text, bytes, count, put_csv_character);
		return;
	}
	text_put_char(text, '"');
	if (formula) {
		text_put_char(text, '\'');
	}
	put_escaped(text, bytes, count, put_csv_character);
	text_put_char(text, '"');
}
