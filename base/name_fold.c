#include "base/name_fold.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

enum { LABEL_MAX = 63, CODE_MAX = 0x10ffff };

/* Where ten digits or 26 letters stand in order: digits of scripts, full width, mathematical. */
struct row {
	uint32_t first, count;
	char stands_for; /* the first of them */
};

static const struct row rows[] = {
	{ 0x0660, 10, '0' },
	{ 0x06f0, 10, '0' },
	{ 0x07c0, 10, '0' },
	{ 0x0966, 10, '0' },
	{ 0x09e6, 10, '0' },
	{ 0x0a66, 10, '0' },
	{ 0x0ae6, 10, '0' },
	{ 0x0b66, 10, '0' },
	{ 0x0be6, 10, '0' },
	{ 0x0c66, 10, '0' },
	{ 0x0ce6, 10, '0' },
	{ 0x0d66, 10, '0' },
	{ 0x0e50, 10, '0' },
	{ 0x0ed0, 10, '0' },
	{ 0x0f20, 10, '0' },
	{ 0x1040, 10, '0' },
	{ 0x17e0, 10, '0' },
	{ 0x1810, 10, '0' },
	{ 0x2074, 6, '4' },  /* superscripts */
	{ 0x2080, 10, '0' }, /* subscripts */
	{ 0x2460, 9, '1' },  /* circled */
	{ 0x2474, 9, '1' },  /* in parentheses */
	{ 0x2488, 9, '1' },  /* with a full stop */
	{ 0x24d0, 26, 'a' }, /* circled letters */
	{ 0xff10, 10, '0' }, /* full width */
	{ 0xff21, 26, 'a' },
	{ 0xff41, 26, 'a' },
	{ 0x1d400, 26, 'a' }, /* mathematical */
	{ 0x1d41a, 26, 'a' },
	{ 0x1d7ce, 10, '0' },
	{ 0x1d7d8, 10, '0' },
	{ 0x1d7e2, 10, '0' },
	{ 0x1d7ec, 10, '0' },
	{ 0x1d7f6, 10, '0' },
	{ 0x1fbf0, 10, '0' },
};

struct single {
	uint32_t code;
	char stands_for;
};

static const struct single singles[] = { { 0x00b2, '2' }, { 0x00b3, '3' }, { 0x00b9, '1' },
	{ 0x2070, '0' }, { 0x24ea, '0' }, { 0x2010, '-' }, { 0x2011, '-' }, { 0x2012, '-' },
	{ 0x2013, '-' }, { 0x2212, '-' }, { 0x3002, '.' }, { 0xff0d, '-' }, { 0xff0e, '.' },
	{ 0xff1a, ':' }, { 0xff3f, '_' }, { 0xff61, '.' } };

static char fold_code(uint32_t code)
{
	if (code < 0x80) {
		return code >= 'A' && code <= 'Z' ? (char)(code + 'a' - 'A') : (char)code;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (code - rows[i].first < rows[i].count) {
			return (char)(rows[i].stands_for + (char)(code - rows[i].first));
		}
	}
	for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++) {
		if (singles[i].code == code) {
			return singles[i].stands_for;
		}
	}
	return '?';
}

/* Parameters of punycode: RFC 3492, 5. */
enum { BASE = 36, LEAST = 1, MOST = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 128 };

static uint32_t adapt(uint32_t delta, uint32_t points, bool is_first)
{
	uint32_t k = 0;

	delta = is_first ? delta / DAMP : delta / 2;
	for (delta += delta / points; delta > (BASE - LEAST) * MOST / 2; k += BASE) {
		delta /= BASE - LEAST;
	}
	return k + (BASE - LEAST + 1) * delta / (delta + SKEW);
}

static unsigned digit_of(char character)
{
	return character >= 'a' && character <= 'z'   ? (unsigned)(character - 'a')
	       : character >= 'A' && character <= 'Z' ? (unsigned)(character - 'A')
	       : character >= '0' && character <= '9' ? (unsigned)(character - '0') + 26
						      : BASE;
}

/* One number of variable length (3.3); false where it is none. */
static bool read_delta(const char **at, const char *end, uint32_t bias, uint32_t *number)
{
	uint32_t weight = 1;

	for (uint32_t k = BASE;; k += BASE) {
		unsigned digit = *at < end ? digit_of(*(*at)++) : BASE;
		uint32_t threshold = k <= bias ? LEAST : k >= bias + MOST ? MOST : k - bias;
		if (digit == BASE || digit > (UINT32_MAX - *number) / weight) {
			return false;
		}
		*number += digit * weight;
		if (digit < threshold) {
			return true;
		}
		if (weight > UINT32_MAX / (BASE - threshold)) {
			return false;
		}
		weight *= BASE - threshold;
	}
}

/* A label behind its "xn--"; the number of its characters, 0 where it is no punycode. */
static uint32_t decode_label(const char *label, size_t length, uint32_t codes[LABEL_MAX])
{
	const char *end = label + length, *at = label;
	uint32_t count = 0, code = FIRST, bias = BIAS, place = 0;
	size_t plain = length;

	while (plain > 0 && label[plain - 1] != '-') {
		plain--;
	}
	for (size_t i = 0; i + 1 < plain && count < LABEL_MAX; i++) {
		codes[count++] = (unsigned char)label[i];
	}
	for (at += plain; at < end && count < LABEL_MAX;) {
		uint32_t before = place;
		if (!read_delta(&at, end, bias, &place)) {
			return 0;
		}
		bias = adapt(place - before, count + 1, before == 0);
		code += place / (count + 1);
		place %= count + 1;
		if (code > CODE_MAX) {
			return 0;
		}
		memmove(codes + place + 1, codes + place, (count - place) * sizeof(*codes));
		codes[place++] = code;
		count++;
	}
	return count;
}

/* The code point at bytes, and how many bytes it takes; what is no UTF-8 is one byte. */
static size_t read_code(const char *bytes, size_t count, uint32_t *code)
{
	static const uint8_t kept[] = { 0x7f, 0x7f, 0x1f, 0x0f, 0x07 };
	size_t length = text_utf8_length(bytes, count);

	if (length == 0) {
		*code = CODE_MAX;
		return 1;
	}
	*code = (uint8_t)bytes[0] & kept[length];
	for (size_t i = 1; i < length; i++) {
		*code = *code << 6 | ((uint8_t)bytes[i] & 0x3f);
	}
	return length;
}

struct folding {
	char *text;
	size_t length, size;
};

static void put(struct folding *folding, uint32_t code)
{
	if (folding->length + 1 < folding->size) {
		folding->text[folding->length++] = fold_code(code);
	}
}

static void fold_label(struct folding *folding, const char *label, size_t length)
{
	uint32_t codes[LABEL_MAX], count = 0, code;
	bool is_punycode = length > 4 && length <= LABEL_MAX && (label[0] | 0x20) == 'x' &&
			   (label[1] | 0x20) == 'n' && label[2] == '-' && label[3] == '-';

	if (is_punycode) {
		count = decode_label(label + 4, length - 4, codes);
	}
	for (uint32_t i = 0; i < count; i++) {
		put(folding, codes[i]);
	}
	for (size_t at = 0; count == 0 && at < length;) {
		at += read_code(label + at, length - at, &code);
		put(folding, code);
	}
}

size_t name_fold(const char *name, char *folded, size_t size)
{
	struct folding folding = { folded, 0, size };

	for (;;) {
		size_t length = strcspn(name, ".");
		fold_label(&folding, name, length);
		if (name[length] == '\0') {
			break;
		}
		put(&folding, '.');
		name += length + 1;
	}
	if (size > 0) {
		folded[folding.length] = '\0';
	}
	return folding.length;
}
