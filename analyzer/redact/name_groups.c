#include "analyzer/redact/name_groups.h"

#include <stdlib.h>
#include <string.h>

size_t name_octet_length(const char *at)
{
	unsigned number = 0;
	size_t length = 0;

	while (name_is_digit(at[length])) {
		number = number * 10 + (unsigned)(at[length++] - '0');
		if (length > 3) {
			return 0;
		}
	}
	return number <= 255 ? length : 0;
}

size_t name_exact_length(const char *at, size_t wanted)
{
	size_t length = 0;

	while (length < wanted && name_is_hex(at[length])) {
		length++;
	}
	return length == wanted && !name_is_word(at[length]) ? length : 0;
}

size_t name_pair_length(const char *at)
{
	return name_exact_length(at, 2);
}

size_t name_four_length(const char *at)
{
	return name_exact_length(at, 4);
}

size_t name_nibble_length(const char *at)
{
	return name_exact_length(at, 1);
}

size_t name_three_length(const char *at)
{
	return name_exact_length(at, 3);
}

size_t name_half_length(const char *at)
{
	size_t length = name_exact_length(at, 6);

	return strcspn(at, "0123456789") < length ? length : 0;
}

bool name_starts_groups(const char *at, unsigned groups, size_t (*group_length)(const char *))
{
	for (unsigned group = 0; group < groups; group++) {
		size_t length = group_length(at);
		if (length == 0) {
			return false;
		}
		at += length;
		if (group + 1 < groups && !name_is_separator(*at++)) {
			return false;
		}
	}
	return true;
}

bool name_read_short_groups(
	const char *at, unsigned groups, unsigned most, struct name_short_groups *read)
{
	*read = (struct name_short_groups){ 0 };
	for (unsigned group = 0; group < groups; group++) {
		size_t length = 0;
		for (; name_is_hex(at[length]); length++) {
			read->letters += !name_is_digit(at[length]);
		}
		bool is_last = group + 1 == groups;
		if (length == 0 || length > most ||
			(is_last ? name_is_word(at[length]) : !name_is_separator(at[length]))) {
			return false;
		}
		read->number = read->number << 4 * most | name_hex_number(at, length);
		read->digits += (unsigned)length;
		at += length + 1;
	}
	return true;
}

/* A number with a separator behind it; 0 where there is none in those bounds. */
static size_t part_length(const char *at, unsigned least, unsigned most)
{
	char *end;
	unsigned long number = name_is_digit(*at) ? strtoul(at, &end, 10) : 0;

	return name_is_digit(*at) && number >= least && number <= most && end - at <= 4
		       ? (size_t)(end - at)
		       : 0;
}

size_t name_date_length(const char *at)
{
	static const unsigned bounds[][2] = { { 1990, 2099 }, { 1, 12 }, { 1, 31 }, { 0, 23 },
		{ 0, 59 }, { 0, 59 } };
	enum { DATE = 3, PARTS = 6 };
	size_t length = 0;

	for (unsigned part = 0; part < PARTS; part++) {
		size_t sign = part > 0, digits;
		if (sign && !name_is_separator(at[length])) {
			return part >= DATE ? length : 0;
		}
		digits = part_length(at + length + sign, bounds[part][0], bounds[part][1]);
		if (digits == 0) {
			return part >= DATE ? length : 0;
		}
		length += sign + digits;
	}
	return length;
}

bool name_starts_random_uuid(const char *at)
{
	enum { GROUPS = 5, VERSION_AT = 14 };
	static const unsigned lengths[GROUPS] = { 8, 4, 4, 4, 12 };
	const char *from = at;

	for (unsigned group = 0; group < GROUPS; group++) {
		size_t length = name_exact_length(at, lengths[group]);
		if (length == 0 || (group + 1 < GROUPS && at[length] != '-')) {
			return false;
		}
		at += length + 1;
	}
	return from[VERSION_AT] == '4';
}
