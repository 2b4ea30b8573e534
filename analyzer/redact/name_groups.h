/* Groups of digits in a folded name, with one separator between two of them: how long they are, and
 * what they say. Whose address that is says name_spelling.h.
 *
 * Threads  any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool name_is_digit(char character)
{
	return character >= '0' && character <= '9';
}

static inline bool name_is_hex(char character)
{
	return name_is_digit(character) || (character >= 'a' && character <= 'f');
}

static inline bool name_is_word(char character)
{
	return name_is_digit(character) || (character >= 'a' && character <= 'z');
}

static inline bool name_is_separator(char character)
{
	return character == '-' || character == '.' || character == '_' || character == ':';
}

static inline unsigned name_hex_value(char character)
{
	return (unsigned)(name_is_digit(character) ? character - '0' : character - 'a' + 10);
}

static inline uint64_t name_hex_number(const char *digits, size_t length)
{
	uint64_t number = 0;

	for (size_t i = 0; i < length; i++) {
		number = number << 4 | name_hex_value(digits[i]);
	}
	return number;
}

/* The length of a group, 0 where there is none: a number from 0 to 255 in one to three digits; so
 * many hexadecimal digits with no other character of a word behind them; six of them with a digit
 * among them, which are half a MAC and no word. */
size_t name_octet_length(const char *at);
size_t name_exact_length(const char *at, size_t wanted);
size_t name_nibble_length(const char *at);
size_t name_pair_length(const char *at);
size_t name_three_length(const char *at);
size_t name_four_length(const char *at);
size_t name_half_length(const char *at);

bool name_starts_groups(const char *at, unsigned groups, size_t (*group_length)(const char *));

/* Groups of digits whose leading zeros were left out, and which may be many other things. */
struct name_short_groups {
	uint64_t number;
	unsigned digits, letters;
};
bool name_read_short_groups(
	const char *at, unsigned groups, unsigned most, struct name_short_groups *read);

/* 2026-11-28, and the time behind it: numbers in a row that are no address. 0: no date. */
size_t name_date_length(const char *at);

/* Of 36 characters; its fourth version is random, earlier ones hold a MAC (RFC 9562, 5.4). */
enum { UUID_LENGTH = 36, UUID_LAST = 24 };
bool name_starts_random_uuid(const char *at);
