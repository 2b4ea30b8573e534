#include "analyzer/policy/redact_names.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy.h"
#include "base/addr.h"

enum { OCTETS = 4, PAIRS = 6, LABEL_MAX = 63 };

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

static bool is_hex(char character)
{
	return is_digit(character) || (character >= 'a' && character <= 'f');
}

static bool is_word(char character)
{
	return is_digit(character) || (character >= 'a' && character <= 'z');
}

static bool is_separator(char character)
{
	return character == '-' || character == '.' || character == '_' || character == ':';
}

static bool ends_with(const char *name, const char *ending)
{
	size_t length = strlen(name), ending_length = strlen(ending);

	return length >= ending_length && strcmp(name + length - ending_length, ending) == 0;
}

/* A number from 0 to 255 in one to three digits; the number of digits, 0 where there is none. */
static size_t octet_length(const char *at)
{
	unsigned number = 0;
	size_t length = 0;

	while (is_digit(at[length])) {
		number = number * 10 + (unsigned)(at[length++] - '0');
		if (length > 3) {
			return 0;
		}
	}
	return number <= 255 ? length : 0;
}

/* Two hexadecimal digits with no other character of a word behind them. */
static size_t pair_length(const char *at)
{
	return is_hex(at[0]) && is_hex(at[1]) && !is_word(at[2]) ? 2 : 0;
}

/* As many groups in a row as asked for, one separator between two of them. */
static bool starts_groups(const char *at, unsigned groups, size_t (*group_length)(const char *))
{
	for (unsigned group = 0; group < groups; group++) {
		size_t length = group_length(at);
		if (length == 0) {
			return false;
		}
		at += length;
		if (group + 1 < groups && !is_separator(*at++)) {
			return false;
		}
	}
	return true;
}

static bool has_groups(const char *name)
{
	for (const char *at = name; *at; at++) {
		bool starts_word = at == name || !is_word(at[-1]);
		bool starts_number = at == name || !is_digit(at[-1]);
		if ((starts_number && starts_groups(at, OCTETS, octet_length)) ||
			(starts_word && starts_groups(at, PAIRS, pair_length))) {
			return true;
		}
	}
	return false;
}

static bool is_own(
	const struct addr *addr, const struct record *record, const struct policy *policy)
{
	return addr_equal(addr, record_own_addr(record)) ||
	       (record->direction == RECORD_DIRECTION_INTERNAL &&
		       addr_equal(addr, record_remote_addr(record))) ||
	       policy_is_own(policy, addr);
}

static bool is_own_v4(uint64_t number, const struct record *record, const struct policy *policy)
{
	uint8_t bytes[4] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16),
		(uint8_t)(number >> 8), (uint8_t)number };
	struct addr addr = addr_from_v4(bytes);

	return number <= UINT32_MAX && is_own(&addr, record, policy);
}

/* "010020001013": four octets of three digits each. */
static bool padded_octets(const char *digits, uint64_t *number)
{
	*number = 0;
	for (unsigned i = 0; i < OCTETS; i++) {
		unsigned octet = (unsigned)(digits[3 * i] - '0') * 100 +
				 (unsigned)(digits[3 * i + 1] - '0') * 10 +
				 (unsigned)(digits[3 * i + 2] - '0');
		if (octet > 255) {
			return false;
		}
		*number = *number << 8 | octet;
	}
	return true;
}

/* A word of a name that is one number: eight hexadecimal digits, the same in decimal, or padded
 * octets; or the 32 digits of an IPv6 address. */
static bool word_is_own(
	const char *word, size_t length, const struct record *record, const struct policy *policy)
{
	char text[40];
	size_t digits = 0, hex_digits = 0;
	uint64_t number;

	if (length > 2 && memcmp(word, "0x", 2) == 0) {
		word += 2;
		length -= 2;
	}
	if (length < 8 || length > 32) {
		return false;
	}
	memcpy(text, word, length);
	text[length] = '\0';
	while (is_hex(text[hex_digits])) {
		digits += is_digit(text[hex_digits++]);
	}
	if (hex_digits < length) {
		return false;
	}
	if (length == 32) {
		struct addr addr;
		for (unsigned i = 0; i < 16; i++) {
			char pair[3] = { text[2 * i], text[2 * i + 1], '\0' };
			addr.bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
		}
		return is_own(&addr, record, policy);
	}
	return (length == 8 && is_own_v4(strtoul(text, NULL, 16), record, policy)) ||
	       (length <= 10 && digits == length &&
		       is_own_v4(strtoul(text, NULL, 10), record, policy)) ||
	       (length == 12 && digits == length && padded_octets(text, &number) &&
		       is_own_v4(number, record, policy));
}

/* A run of hexadecimal digits and hyphens that is an IPv6 address with hyphens for colons, from its
 * start or from behind one of its hyphens ("ip6-fd00--5"). */
static bool run_is_own(
	const char *run, size_t length, const struct record *record, const struct policy *policy)
{
	char text[LABEL_MAX + 1];
	struct addr addr;

	if (length > LABEL_MAX) {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		text[i] = run[i] == '-' ? ':' : run[i];
	}
	text[length] = '\0';
	for (const char *at = text; at; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL) {
		if (addr_parse(at, &addr) && is_own(&addr, record, policy)) {
			return true;
		}
	}
	return false;
}

static bool is_run(char character)
{
	return is_hex(character) || character == '-';
}

static bool spells_own(const char *name, const struct record *record, const struct policy *policy)
{
	for (const char *at = name; *at; at++) {
		size_t word = 0, run = 0, hyphens = 0;
		while ((at == name || !is_word(at[-1])) && is_word(at[word])) {
			word++;
		}
		while ((at == name || !is_run(at[-1])) && is_run(at[run])) {
			hyphens += at[run++] == '-';
		}
		if (word_is_own(at, word, record, policy) ||
			(hyphens >= 2 && run_is_own(at, run, record, policy))) {
			return true;
		}
	}
	return false;
}

/* What is left of a name without its port or the brackets around an IPv6 address. */
static bool is_address(const char *name)
{
	char text[ADDR_TEXT_MAX];
	struct addr addr;
	size_t length = strcspn(name += *name == '[', "]");

	if (length >= sizeof(text)) {
		return false;
	}
	memcpy(text, name, length);
	text[length] = '\0';
	return addr_parse(text, &addr);
}

/* Whose name is it that the flow shows? Who is asked for from outside is a machine of ours, and so
 * is the other end of what stays inside; on the own link machines say who they are. A lookup names
 * what is looked for, and not who answers. */
static bool names_own_machine(const struct record *record)
{
	uint8_t protocol = record->l7.protocol;

	return protocol == L7_NETBIOS || protocol == L7_LLMNR || protocol == L7_MDNS ||
	       protocol == L7_DHCP || record->direction == RECORD_DIRECTION_INBOUND ||
	       (record->direction == RECORD_DIRECTION_INTERNAL && protocol != L7_DNS);
}

bool name_tells_device(const char *name, const struct record *record, const struct policy *policy)
{
	if (name[0] == '\0') {
		return false;
	}
	return names_own_machine(record) || !strchr(name, '.') || ends_with(name, ".arpa") ||
	       ends_with(name, ".local") || is_address(name) || has_groups(name) ||
	       spells_own(name, record, policy);
}

void record_redact_names(struct record *record, const struct policy *policy)
{
	struct l7_info *l7 = &record->l7;

	for (unsigned i = 0; i < l7->name_count; i++) {
		char *name = l7->text + l7->names[i].offset;
		if (name_tells_device(name, record, policy)) {
			memset(name, 0, l7->names[i].length);
			l7->names[i].length = 0;
		}
	}
}
