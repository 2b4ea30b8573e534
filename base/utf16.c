#include "base/utf16.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT UINT32_C(0xfffd)

bool utf16_is(const char *content, size_t length)
{
	return length >= 2 &&
	       (memcmp(content, "\xff\xfe", 2) == 0 || memcmp(content, "\xfe\xff", 2) == 0);
}

static uint32_t unit_at(const char *content, size_t at, bool is_big)
{
	uint8_t first = (uint8_t)content[at], second = (uint8_t)content[at + 1];

	return is_big ? (uint32_t)first << 8 | second : (uint32_t)second << 8 | first;
}

static bool is_high(uint32_t unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(uint32_t unit)
{
	return unit >= 0xdc00 && unit < 0xe000;
}

static char *put(char *to, uint32_t code)
{
	unsigned more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const uint8_t firsts[] = { 0, 0xc0, 0xe0, 0xf0 };

	*to++ = (char)(firsts[more] | code >> 6 * more);
	while (more-- > 0) {
		*to++ = (char)(0x80 | (code >> 6 * more & 0x3f));
	}
	return to;
}

char *utf16_to_utf8(const char *content, size_t length, size_t *utf8_length)
{
	bool is_big = (uint8_t)content[0] == 0xfe;
	char *text = malloc(length / 2 * 3 + 1), *to = text;

	for (size_t at = 2; text && at + 1 < length; at += 2) {
		uint32_t unit = unit_at(content, at, is_big);
		uint32_t next = at + 3 < length ? unit_at(content, at + 2, is_big) : 0;
		if (is_high(unit) && is_low(next)) {
			to = put(to, 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00));
			at += 2;
		} else {
			to = put(to, is_high(unit) || is_low(unit) ? REPLACEMENT : unit);
		}
	}
	if (text) {
		*to = '\0';
		*utf8_length = (size_t)(to - text);
	}
	return text;
}
