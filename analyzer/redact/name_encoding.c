#include "analyzer/redact/name_encoding.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { OCTETS = 4, V4_AT = 12, MAC_BYTES = 6 };

/* Bytes as letters, so many bits each (RFC 4648, without padding; names know no capitals). */
static bool is_encoded(
	const char *word, size_t length, const uint8_t *bytes, unsigned count, unsigned bits)
{
	static const char letters32[] = "abcdefghijklmnopqrstuvwxyz234567";
	static const char letters64[] =
		"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *letters = bits == 5 ? letters32 : letters64;
	bool is_same = length == (8 * count + bits - 1) / bits;

	for (unsigned i = 0; is_same && i < length; i++) {
		unsigned byte = i * bits / 8, shift = 16 - bits - i * bits % 8;
		uint32_t two =
			(uint32_t)bytes[byte] << 8 | (byte + 1 < count ? bytes[byte + 1] : 0);
		is_same = word[i] == letters[two >> shift & ((1U << bits) - 1)];
	}
	return is_same;
}

static bool has_encoded(const char *name, const uint8_t *bytes, unsigned count)
{
	for (const char *word = name; *word; word++) {
		size_t length = strcspn(word, ".");
		size_t part = strcspn(word, ".-_");
		if (is_encoded(word, part, bytes, count, 5) ||
			is_encoded(word, part, bytes, count, 6) ||
			is_encoded(word, length, bytes, count, 6)) {
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

static bool encodes_mac(const char *folded, uint64_t mac)
{
	uint8_t bytes[MAC_BYTES];

	for (unsigned i = 0; i < MAC_BYTES; i++) {
		bytes[i] = (uint8_t)(mac >> 8 * (MAC_BYTES - 1 - i));
	}
	return mac != 0 && has_encoded(folded, bytes, MAC_BYTES);
}

bool name_encodes_end(const char *folded, const struct name_owner *owner)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct addr *end = owner->ends[i];
		if (encodes_mac(folded, owner->macs[i])) {
			return true;
		}
		if (!end || !addr_is_v4(end)) {
			if (end && has_encoded(folded, end->bytes, sizeof(end->bytes))) {
				return true;
			}
			continue;
		}
		const uint8_t *bytes = end->bytes + V4_AT;
		const uint8_t turned[OCTETS] = { bytes[3], bytes[2], bytes[1], bytes[0] };
		if (has_encoded(folded, bytes, OCTETS) || has_numbers(folded, bytes) ||
			has_numbers(folded, turned)) {
			return true;
		}
	}
	return false;
}
