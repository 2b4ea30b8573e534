#include "analyzer/redact/name_spelling.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/redact/name_encoding.h"
#include "analyzer/redact/name_groups.h"
#include "analyzer/redact/name_squeezed.h"
#include "base/name_fold.h"

enum { OCTETS = 4, NAME_BYTES = 256, GAP_MAX = 5 };

static bool owns(const struct name_owner *owner, const struct addr *addr)
{
	for (unsigned i = 0; i < 2; i++) {
		if (owner->ends[i] && addr_equal(addr, owner->ends[i])) {
			return true;
		}
	}
	return owner->is_own(owner->context, addr);
}

/* Is it the IPv4 address of an end, in either order of bytes? */
static bool is_end(const struct name_owner *owner, uint32_t number)
{
	for (unsigned i = 0; i < 2; i++) {
		if (owner->ends[i] && addr_is_v4(owner->ends[i]) &&
			(addr_v4(owner->ends[i]) == number ||
				addr_v4(owner->ends[i]) == __builtin_bswap32(number))) {
			return true;
		}
	}
	return false;
}

/* The last three bytes of a MAC, which tell one machine from the next of its maker. */
static bool is_end_of_mac(const struct name_owner *owner, uint64_t number)
{
	return (owner->macs[0] && number == (owner->macs[0] & 0xffffff)) ||
	       (owner->macs[1] && number == (owner->macs[1] & 0xffffff));
}

/* In either order of bytes. */
static bool owns_v4(const struct name_owner *owner, uint64_t number)
{
	for (unsigned order = 0; order < 2 && number <= UINT32_MAX; order++) {
		uint32_t value = order ? __builtin_bswap32((uint32_t)number) : (uint32_t)number;
		uint8_t bytes[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16),
			(uint8_t)(value >> 8), (uint8_t)value };
		struct addr addr = addr_from_v4(bytes);
		if (owns(owner, &addr)) {
			return true;
		}
	}
	return false;
}

/* Addresses that nobody outside has: of private use, shared, of the link (RFC 1918, 6598, 3927). */
static bool is_private(uint32_t number)
{
	return number >> 24 == 10 || number >> 20 == 0xac1 || number >> 16 == 0xc0a8 ||
	       number >> 22 == 0x6440 >> 6 || number >> 16 == 0xa9fe;
}

/* Four octets, in either order. */
static bool octets_tell(const struct name_owner *owner, const char *at)
{
	uint32_t number = 0;
	char *end;

	for (unsigned i = 0; i < OCTETS; i++, at = end + 1) {
		number = number << 8 | (uint32_t)strtoul(at, &end, 10);
	}
	return is_private(number) || is_private(__builtin_bswap32(number)) ||
	       owns_v4(owner, number);
}

/* Does a machine of ours have it? Unseen ones are taken for ours, but where it is known who our
 * end is. */
static bool tells_mac(const struct name_owner *owner, uint64_t mac)
{
	return name_is_station(owner, mac) || (owner->macs[0] == 0 && owner->macs[1] == 0);
}

/* The last half of an address: the one of our end, or one made of a MAC (RFC 4291, appendix A). */
static bool is_interface(const struct name_owner *owner, uint64_t identifier)
{
	for (unsigned i = 0; i < 2; i++) {
		uint64_t own = 0;
		for (unsigned byte = 8; owner->ends[i] && byte < 16; byte++) {
			own = own << 8 | owner->ends[i]->bytes[byte];
		}
		if (owner->ends[i] && !addr_is_v4(owner->ends[i]) && own == identifier) {
			return true;
		}
	}
	uint64_t mac = (identifier >> 40 << 24 | (identifier & 0xffffff)) ^ UINT64_C(2) << 40;
	return (identifier >> 24 & 0xffff) == 0xfffe && tells_mac(owner, mac);
}

/* So many groups of digits, which may lack zeros before. */
static uint64_t groups_number(const char *at, unsigned groups, unsigned digits)
{
	uint64_t number = 0;

	for (unsigned group = 0; group < groups; group++) {
		size_t length = 0;
		while (length < digits && name_is_hex(at[length])) {
			length++;
		}
		number = number << 4 * digits | name_hex_number(at, length);
		at += length + 1;
	}
	return number;
}

/* A MAC in pairs, threes, fours or halves. */
static bool has_mac_groups(const struct name_owner *owner, const char *at)
{
	static const struct {
		unsigned groups, digits;
		size_t (*length)(const char *);
	} forms[] = { { 6, 2, name_pair_length }, { 4, 3, name_three_length },
		{ 2, 6, name_half_length }, { 3, 4, name_four_length } };

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (name_starts_groups(at, forms[i].groups, forms[i].length)) {
			return tells_mac(
				owner, groups_number(at, forms[i].groups, forms[i].digits));
		}
	}
	return false;
}

/* A MAC in pairs without zeros before: a station's; by its look where it is neither a date nor a
 * version. */
static bool has_short_pairs(const struct name_owner *owner, const char *at)
{
	enum { PAIRS = 6, DIGITS_LEAST = 9 };
	struct name_short_groups pairs;

	return name_read_short_groups(at, PAIRS, 2, &pairs) &&
	       (name_is_station(owner, pairs.number) ||
		       (pairs.digits >= DIGITS_LEAST && pairs.letters > 0 &&
			       pairs.letters < pairs.digits && tells_mac(owner, pairs.number)));
}

/* The last half of an address word by word (8d2-3a1f-b20-55), in either order. */
static bool has_short_words(const struct name_owner *owner, const char *at)
{
	enum { WORDS = 4, WORD_BITS = 16 };
	struct name_short_groups words;
	uint64_t turned = 0;

	if (!name_read_short_groups(at, WORDS, 4, &words)) {
		return false;
	}
	for (unsigned i = 0; i < WORDS; i++) {
		turned = turned << WORD_BITS | (words.number >> i * WORD_BITS & UINT16_MAX);
	}
	return is_interface(owner, words.number) || is_interface(owner, turned);
}

/* IPv4 in four numbers, a MAC in groups, an IPv6 address digit by digit. */
static bool has_groups(const char *name, const struct name_owner *owner)
{
	enum { NIBBLES = 16 };

	for (const char *at = name; *at; at++) {
		bool starts_word = at == name || !name_is_word(at[-1]);
		bool starts_number = at == name || !name_is_digit(at[-1]);
		size_t other = starts_number ? name_date_length(at) : 0;
		other = starts_word && name_starts_random_uuid(at) ? UUID_LENGTH : other;
		if (other > 0) {
			at += other - 1;
			continue;
		}
		if ((starts_number && name_starts_groups(at, OCTETS, name_octet_length) &&
			    octets_tell(owner, at)) ||
			(starts_word &&
				(has_mac_groups(owner, at) || has_short_pairs(owner, at) ||
					has_short_words(owner, at) ||
					name_starts_groups(at, NIBBLES, name_nibble_length)))) {
			return true;
		}
	}
	return false;
}

/* 32 digits, from the first or from the last. */
static bool owns_v6(const struct name_owner *owner, const char *digits)
{
	for (unsigned order = 0; order < 2; order++) {
		struct addr addr;
		for (unsigned i = 0; i < 16; i++) {
			const char *high = order ? &digits[31 - 2 * i] : &digits[2 * i];
			const char *low = order ? &digits[30 - 2 * i] : &digits[2 * i + 1];
			addr.bytes[i] =
				(uint8_t)(name_hex_value(*high) << 4 | name_hex_value(*low));
		}
		if (owns(owner, &addr)) {
			return true;
		}
	}
	return false;
}

/* "010020001013": four octets of three digits each. */
static bool owns_padded(const struct name_owner *owner, const char *digits)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < OCTETS; i++) {
		unsigned octet = (unsigned)(digits[3 * i] - '0') * 100 +
				 (unsigned)(digits[3 * i + 1] - '0') * 10 +
				 (unsigned)(digits[3 * i + 2] - '0');
		if (octet > 255) {
			return false;
		}
		number = number << 8 | octet;
	}
	return owns_v4(owner, number);
}

/* All digits that stand together, as one number: decimal, octal, binary, padded octets. */
static bool digits_tell(const struct name_owner *owner, const char *at, size_t length)
{
	char text[40];

	if (length < 8 || length > 32) {
		return false;
	}
	memcpy(text, at, length);
	text[length] = '\0';
	return (length <= 10 && owns_v4(owner, strtoull(text, NULL, 10))) ||
	       (length <= 15 && name_is_known_mac(owner, strtoull(text, NULL, 10))) ||
	       (length <= 11 && strspn(text, "01234567") == length &&
		       strtoull(text, NULL, 8) <= UINT32_MAX &&
		       is_end(owner, (uint32_t)strtoull(text, NULL, 8))) ||
	       (text[0] == '0' && length <= 12 && owns_v4(owner, strtoull(text, NULL, 8))) ||
	       (length == 32 && strspn(text, "01") == 32 &&
		       owns_v4(owner, strtoull(text, NULL, 2))) ||
	       (length == 12 && owns_padded(owner, text));
}

/* Digits in a row are many things, and a MAC by their look where its first byte is a maker's. */
static bool tells_mac_in_a_row(const struct name_owner *owner, uint64_t mac)
{
	enum { GROUP_OR_LOCAL = 3 };

	return mac >> 40 & GROUP_OR_LOCAL ? name_is_station(owner, mac) : tells_mac(owner, mac);
}

/* Hexadecimal digits that stand together. What is before or behind the address in the same word may
 * be such digits too ("pc" before 0a14010d), so it is looked for at either end. */
static bool hex_tells(
	const struct name_owner *owner, const char *at, size_t length, bool may_be_mac)
{
	const char *end = at + length;
	size_t letters = 0;

	while (letters < length && !name_is_digit(at[letters])) {
		letters++;
	}
	return (length >= 8 && (owns_v4(owner, name_hex_number(at, 8)) ||
				       owns_v4(owner, name_hex_number(end - 8, 8)))) ||
	       (may_be_mac && length >= 12 && length - 12 <= letters &&
		       tells_mac_in_a_row(owner, name_hex_number(end - 12, 12))) ||
	       (length >= 6 && (is_end_of_mac(owner, name_hex_number(end - 6, 6)) ||
				       is_end_of_mac(owner, name_hex_number(at, 6)))) ||
	       (length >= 16 && (is_interface(owner, name_hex_number(at, 16)) ||
					is_interface(owner, name_hex_number(end - 16, 16)))) ||
	       (length >= 32 && (owns_v6(owner, at) || owns_v6(owner, end - 32)));
}

/* A number in hexadecimal drops the zero before the 10 of 10.0.0.0: 0xa14010d. */
static bool is_short_hex(
	const char *name, const char *at, size_t length, const struct name_owner *owner)
{
	enum { DIGITS = 7 };

	return length >= DIGITS && at - name >= 2 && at[-1] == 'x' && at[-2] == '0' &&
	       owns_v4(owner, name_hex_number(at, DIGITS));
}

static bool has_own_number(const char *name, const struct name_owner *owner)
{
	for (const char *at = name; *at; at++) {
		size_t digits = 0, hex = 0, count = 0;
		while ((at == name || !name_is_digit(at[-1])) && name_is_digit(at[digits])) {
			digits++;
		}
		while ((at == name || !name_is_hex(at[-1])) && name_is_hex(at[hex])) {
			count += name_is_digit(at[hex++]);
		}
		bool may_be_mac = at - name < UUID_LAST || !name_starts_random_uuid(at - UUID_LAST);
		if (digits_tell(owner, at, digits) ||
			(count > 0 && hex_tells(owner, at, hex, may_be_mac)) ||
			is_short_hex(name, at, hex, owner)) {
			return true;
		}
	}
	return false;
}

/* Four numbers with something short between them, from the first or from the last: 10x20x1x13. */
static bool has_own_octets(const char *name, const struct name_owner *owner)
{
	const char *last_end = name;
	uint64_t numbers = 0;
	uint32_t octal = 0;
	unsigned in_a_row = 0;

	for (const char *at = name; *at;) {
		if (!name_is_digit(*at)) {
			at++;
			continue;
		}
		char *end;
		unsigned long number = strtoul(at, &end, 10);
		in_a_row = at - last_end > GAP_MAX ? 0 : in_a_row;
		in_a_row = number > 255 || end - at > 3 ? 0 : in_a_row + 1;
		numbers = (numbers << 8 | (number & 0xff)) & UINT32_MAX;
		octal = octal << 8 | (uint32_t)(strtoul(at, NULL, 8) & 0xff);
		if (in_a_row >= OCTETS && (owns_v4(owner, numbers) || is_end(owner, octal))) {
			return true;
		}
		at = last_end = end;
	}
	return false;
}

/* The same of hexadecimal ones: 0a-14-01-0d, 0xa.0x14.0x1.0xd. */
static bool has_own_pairs(const char *name, const struct name_owner *owner)
{
	enum { MAC_END = 3 };
	uint64_t numbers = 0;
	unsigned in_a_row = 0;

	for (const char *at = name; *at; at++) {
		const char *word = at;
		size_t length = 0;
		if (at != name && name_is_word(at[-1])) {
			continue;
		}
		word += word[0] == '0' && word[1] == 'x' ? 2 : 0;
		while (name_is_hex(word[length])) {
			length++;
		}
		if (length == 0 || length > 2 || name_is_word(word[length])) {
			in_a_row = name_is_separator(*at) ? in_a_row : 0;
			continue;
		}
		in_a_row++;
		numbers = (numbers << 8 | name_hex_number(word, length)) & UINT32_MAX;
		if ((in_a_row >= OCTETS && owns_v4(owner, numbers)) ||
			(in_a_row >= MAC_END && is_end_of_mac(owner, numbers & 0xffffff))) {
			return true;
		}
	}
	return false;
}

/* Two words of up to four: 0a14-010d, and the end of ffff-a14-10d. Short ones are words of other
 * kinds too, and count where they are our end's. */
static bool has_own_fours(const char *name, const struct name_owner *owner)
{
	enum { FOUR = 4 };
	uint32_t number = 0;
	size_t before = 0;

	for (const char *at = name; *at; at++) {
		size_t length = 0;
		if (at != name && name_is_word(at[-1])) {
			continue;
		}
		while (name_is_hex(at[length])) {
			length++;
		}
		if (length == 0 || length > FOUR || name_is_word(at[length])) {
			before = 0;
			continue;
		}
		number = number << 16 | (uint32_t)name_hex_number(at, length);
		bool is_whole = before == FOUR && length == FOUR;
		if (before > 0 && (is_whole ? owns_v4(owner, number) : is_end(owner, number))) {
			return true;
		}
		before = name_is_separator(at[length]) ? length : 0;
	}
	return false;
}

static bool is_run(char character)
{
	return name_is_hex(character) || name_is_separator(character);
}

/* "1::" and "::1" are numbers among separators, and every machine's own. */
static bool spells_own_v6(const char *text, const struct name_owner *owner)
{
	enum { EMPTY = 15 };
	static const uint8_t nothing[EMPTY];
	struct addr addr;

	return addr_parse(text, &addr) && memcmp(addr.bytes, nothing, EMPTY) != 0 &&
	       owns(owner, &addr);
}

/* The words of the text, from the last to the first. */
static void turn_words(const char *text, size_t length, char *turned)
{
	size_t end = length, at = 0;

	for (size_t i = length + 1; i-- > 0;) {
		if (i > 0 && text[i - 1] != ':') {
			continue;
		}
		memcpy(turned + at, text + i, end - i);
		at += end - i;
		if (i > 0) {
			turned[at++] = ':';
			end = i - 1;
		}
	}
	turned[at] = '\0';
}

/* A run of hexadecimal digits and separators that is an IPv6 address with others for colons, from
 * its start or from behind one of its separators ("ip6-fd00--5", "fd00.0.0.0.0.0.0.5.example"), or
 * from within its first word ("idfd00--5"). */
static bool run_tells(const struct name_owner *owner, const char *run, size_t length)
{
	char text[ADDR_TEXT_MAX + 1], turned[ADDR_TEXT_MAX + 1];
	unsigned colons = 0;

	for (size_t i = 0; i < length; i++) {
		bool is_other = name_is_separator(run[i]);
		colons += is_other;
		if (i >= sizeof(text) - 1 || colons > 8) {
			length = i;
			break;
		}
		text[i] = is_other ? ':' : run[i];
	}
	for (; length > 2; length--) {
		text[length] = '\0';
		turn_words(text, length, turned);
		if (spells_own_v6(text, owner) || spells_own_v6(turned, owner)) {
			return true;
		}
		while (length > 2 && text[length - 1] != ':') {
			length--;
		}
	}
	return false;
}

static bool has_own_run(const char *name, const struct name_owner *owner)
{
	enum { WORD = 4 };

	for (const char *at = name; *at; at++) {
		size_t run = 0, separators = 0, digits = 0;
		if (at != name && name_is_hex(at[-1])) {
			continue;
		}
		while (is_run(at[run])) {
			separators += name_is_separator(at[run++]);
		}
		while (name_is_hex(at[digits])) {
			digits++;
		}
		size_t start = digits > WORD ? digits - WORD : 0;
		do {
			if (separators >= 2 && run_tells(owner, at + start, run - start)) {
				return true;
			}
		} while (++start < digits);
	}
	return false;
}

/* Two words of eight digits that are the last half of our address: 08d23aff-fe104455. */
static bool has_own_eights(const char *name, const struct name_owner *owner)
{
	enum { EIGHT = 8 };

	for (const char *at = name; *at; at++) {
		bool starts_word = at == name || !name_is_word(at[-1]);
		if (starts_word && name_exact_length(at, EIGHT) && name_is_separator(at[EIGHT]) &&
			name_exact_length(at + EIGHT + 1, EIGHT) &&
			is_interface(owner, name_hex_number(at, EIGHT) << 32 |
						    name_hex_number(at + EIGHT + 1, EIGHT))) {
			return true;
		}
	}
	return false;
}

/* The same with x for colons: fd00x10xx13. */
static bool has_own_crosses(const char *name, const struct name_owner *owner)
{
	char text[NAME_BYTES];
	size_t length = strlen(name);

	if (!strchr(name, 'x') || length >= sizeof(text)) {
		return false;
	}
	for (size_t i = 0; i <= length; i++) {
		text[i] = name[i] == 'x' ? '-' : name[i];
	}
	return has_own_run(text, owner);
}

bool name_spells_address(const char *name, const struct name_owner *owner)
{
	char folded[NAME_BYTES];

	name_fold(name, folded, sizeof(folded));
	if (name_encodes_end(folded, owner)) {
		return true;
	}
	if (!strpbrk(folded, "0123456789")) {
		return false;
	}
	return has_groups(folded, owner) || has_own_crosses(folded, owner) ||
	       has_own_number(folded, owner) || has_own_octets(folded, owner) ||
	       has_own_pairs(folded, owner) || has_own_fours(folded, owner) ||
	       has_own_eights(folded, owner) || has_own_run(folded, owner) ||
	       name_holds_digits(folded, owner);
}
