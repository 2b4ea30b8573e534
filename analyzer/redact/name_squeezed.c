#include "analyzer/redact/name_squeezed.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/redact/name_groups.h"

enum { MAC_BITS = 48, V4_BITS = 32, SHORT_V4_BITS = 28, DIGIT_BITS = 4, BYTE_BITS = 8 };

static uint64_t last_bits(uint64_t number, unsigned bits)
{
	return number & ((UINT64_C(1) << bits) - 1);
}

/* From the last to the first: bytes, or digits. */
static uint64_t turned(uint64_t number, unsigned bits, unsigned part_bits)
{
	uint64_t other_way = 0;

	for (unsigned at = 0; at < bits; at += part_bits) {
		other_way = other_way << part_bits | last_bits(number >> at, part_bits);
	}
	return other_way;
}

static bool is_mac(const struct name_owner *owner, uint64_t mac)
{
	return name_is_known_mac(owner, mac) ||
	       name_is_known_mac(owner, turned(mac, MAC_BITS, BYTE_BITS)) ||
	       name_is_known_mac(owner, turned(mac, MAC_BITS, DIGIT_BITS));
}

static bool is_identifier(const struct name_owner *owner, uint64_t identifier)
{
	uint64_t mac = identifier >> 40 << 24 | last_bits(identifier, 24);

	return last_bits(identifier >> 24, 16) == 0xfffe &&
	       name_is_known_mac(owner, mac ^ UINT64_C(2) << 40);
}

static bool is_end(const struct name_owner *owner, uint64_t number)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct addr *end = owner->ends[i];
		if (end && addr_is_v4(end) &&
			(addr_v4(end) == number ||
				addr_v4(end) == turned(number, V4_BITS, BYTE_BITS))) {
			return true;
		}
	}
	return false;
}

/* So many digits have been read, and these are the last sixteen. */
static bool digits_tell(const struct name_owner *owner, uint64_t digits, size_t count)
{
	bool is_short = count == SHORT_V4_BITS / DIGIT_BITS;

	return (count >= 16 && (is_identifier(owner, digits) ||
				       is_identifier(owner, __builtin_bswap64(digits)))) ||
	       (count >= 12 && is_mac(owner, last_bits(digits, MAC_BITS))) ||
	       (count >= 8 && is_end(owner, last_bits(digits, V4_BITS))) ||
	       (is_short && is_end(owner, digits));
}

/* Six numbers in a row, each below 256: 60-82-170-187-1-26. */
static bool octets_tell(const char *folded, const struct name_owner *owner)
{
	enum { OCTETS = 6 };
	uint64_t mac = 0;
	unsigned in_a_row = 0;

	for (const char *at = folded; *at;) {
		size_t length = name_is_digit(*at) ? name_octet_length(at) : 0;
		if (length == 0) {
			in_a_row = name_is_separator(*at) ? in_a_row : 0;
			at += name_is_digit(*at) ? strspn(at, "0123456789") : 1;
			continue;
		}
		mac = last_bits(mac << BYTE_BITS | strtoul(at, NULL, 10), MAC_BITS);
		if (++in_a_row >= OCTETS && name_is_known_mac(owner, mac)) {
			return true;
		}
		at += length;
	}
	return false;
}

static bool hex_tells(const char *folded, const struct name_owner *owner)
{
	uint64_t digits = 0;
	size_t count = 0;

	for (const char *at = folded; *at; at++) {
		if (name_is_hex(*at)) {
			digits = digits << DIGIT_BITS | name_hex_value(*at);
			if (digits_tell(owner, digits, ++count)) {
				return true;
			}
		} else if (!name_is_separator(*at) && *at != 'x') {
			digits = count = 0;
		}
	}
	return false;
}

bool name_holds_digits(const char *folded, const struct name_owner *owner)
{
	return hex_tells(folded, owner) || octets_tell(folded, owner);
}
