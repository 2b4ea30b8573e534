#include "analyzer/policy/name_encoding.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { OCTETS = 4, V4_AT = 12 };

/* Bytes as letters, so many bits each (RFC 4648, without padding; names know no capitals). */
static bool is_encoded(const char *word, size_t length, const uint8_t *bytes, unsigned bits)
{
	static const char letters32[] = "abcdefghijklmnopqrstuvwxyz234567";
	static const char letters64[] =
		"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *letters = bits == 5 ? letters32 : letters64;
	const unsigned count = (8 * OCTETS + bits - 1) / bits;
	uint64_t number = 0;

	for (unsigned i = 0; i < OCTETS; i++) {
		number = number << 8 | bytes[i];
	}
	number <<= count * bits - 8 * OCTETS;
	bool is_same = length == count;
	for (unsigned i = count; is_same && i-- > 0; number >>= bits) {
		is_same = word[i] == letters[number & ((1U << bits) - 1)];
	}
	return is_same;
}

static bool has_encoded(const char *name, const uint8_t *bytes)
{
	for (const char *word = name; *word; word++) {
		size_t length = strcspn(word, ".");
		size_t part = strcspn(word, ".-_");
		if (is_encoded(word, part, bytes, 5) || is_encoded(word, part, bytes, 6) ||
			is_encoded(word, length, bytes, 6)) {
			return true;
		}
		word += part;
		if (!*word) {
			break;
		}
	}
	return false;
}

/* 10, 20, 1 and 13 as 1020113. */
static uint64_t joined(const uint8_t *bytes)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < OCTETS; i++) {
		number = number * (bytes[i] < 10 ? 10 : bytes[i] < 100 ? 100 : 1000) + bytes[i];
	}
	return number;
}

/* Octets without signs between, or fewer than four numbers, as inet_aton() takes them. */
static bool has_numbers(const char *name, const uint8_t *bytes)
{
	enum { DIGITS_MAX = 12 };
	const uint64_t low16 = (uint64_t)bytes[2] << 8 | bytes[3];
	const uint64_t low24 = (uint64_t)bytes[1] << 16 | low16;
	uint64_t before = UINT64_MAX, before_that = UINT64_MAX;

	for (const char *at = name; *at;) {
		size_t digits = strspn(at, "0123456789");
		if (digits == 0) {
			at++;
			continue;
		}
		uint64_t number = digits <= DIGITS_MAX ? strtoull(at, NULL, 10) : UINT64_MAX;
		if (number == joined(bytes) || (before == bytes[0] && number == low24) ||
			(before_that == bytes[0] && before == bytes[1] && number == low16)) {
			return true;
		}
		at += digits;
		bool goes_on = *at && strchr(".-_", *at) && at[1] >= '0' && at[1] <= '9';
		before_that = goes_on ? before : UINT64_MAX;
		before = goes_on ? number : UINT64_MAX;
	}
	return false;
}

bool name_encodes_end(const char *folded, const struct name_owner *owner)
{
	for (unsigned i = 0; i < 2; i++) {
		if (!owner->ends[i] || !addr_is_v4(owner->ends[i])) {
			continue;
		}
		const uint8_t *bytes = owner->ends[i]->bytes + V4_AT;
		const uint8_t turned[OCTETS] = { bytes[3], bytes[2], bytes[1], bytes[0] };
		if (has_encoded(folded, bytes) || has_numbers(folded, bytes) ||
			has_numbers(folded, turned)) {
			return true;
		}
	}
	return false;
}
