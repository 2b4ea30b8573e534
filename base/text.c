#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_init(struct text *text, char *memory, size_t bytes)
{
	*text = (struct text){ .at = memory, .capacity = bytes };
	memory[0] = '\0';
}

void text_init_heap(struct text *text)
{
	*text = (struct text){ .at = NULL, .on_heap = true };
}

void text_deinit(struct text *text)
{
	if (text->on_heap) {
		free(text->at);
		text->at = NULL;
		text->length = text->capacity = 0;
	}
}

void text_clear(struct text *text)
{
	text->length = 0;
	text->truncated = false;
	if (text->capacity > 0) {
		text->at[0] = '\0';
	}
}

/* Room for count more bytes and the NUL. */
static bool text_reserve(struct text *text, size_t count)
{
	if (text->length + count < text->capacity) {
		return true;
	}
	if (!text->on_heap) {
		text->truncated = true;
		return false;
	}
	size_t capacity = text->capacity ? text->capacity : 256;
	while (capacity <= text->length + count) {
		capacity *= 2;
	}
	char *grown = realloc(text->at, capacity);
	if (!grown) {
		text->truncated = true;
		return false;
	}
	text->at = grown;
	text->capacity = capacity;
	return true;
}

size_t text_utf8_length(const char *bytes, size_t count)
{
	const unsigned char *b = (const unsigned char *)bytes;

	if (count == 0) {
		return 0;
	}
	if (b[0] < 0x80) {
		return 1;
	}
	size_t length = b[0] >= 0xf0 ? 4 : b[0] >= 0xe0 ? 3 : 2;
	if (b[0] < 0xc2 || b[0] > 0xf4 || length > count) {
		return 0;
	}
	for (size_t i = 1; i < length; i++) {
		if ((b[i] & 0xc0) != 0x80) {
			return 0;
		}
	}
	if ((b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] > 0x9f) ||
		(b[0] == 0xf0 && b[1] < 0x90) || (b[0] == 0xf4 && b[1] > 0x8f)) {
		return 0;
	}
	return length;
}

bool text_is_utf8(const char *bytes, size_t count)
{
	const uint64_t high_bits = UINT64_C(0x8080808080808080);

	for (size_t at = 0; at < count;) {
		uint64_t word = high_bits;
		size_t left = count - at;
		if (left >= sizeof(word)) {
			left = sizeof(word);
			memcpy(&word, bytes + at, sizeof(word));
		} else if (count >= sizeof(word)) {
			/* The last one overlaps the one before it. */
			memcpy(&word, bytes + count - sizeof(word), sizeof(word));
		}
		size_t length =
			(word & high_bits) == 0 ? left : text_utf8_length(bytes + at, count - at);
		if (length == 0) {
			return false;
		}
		at += length;
	}
	return true;
}

size_t text_columns(const char *string)
{
	size_t columns = 0;

	for (; *string; string++) {
		columns += ((unsigned char)*string & 0xc0) != 0x80;
	}
	return columns;
}

/* How much of the bytes fits into room, cut between characters. */
static size_t whole_characters(const char *bytes, size_t count, size_t room)
{
	size_t fitting = 0;

	while (fitting < count) {
		size_t length = text_utf8_length(bytes + fitting, count - fitting);
		if (fitting + (length ? length : 1) > room) {
			break;
		}
		fitting += length ? length : 1;
	}
	return fitting;
}

void text_put_bytes(struct text *text, const char *bytes, size_t count)
{
	if (!text_reserve(text, count)) {
		size_t used = text->length + 1;
		count = whole_characters(
			bytes, count, text->capacity > used ? text->capacity - used : 0);
		if (count == 0) {
			return;
		}
	}
	if (count > 0) { /* nothing may come from nowhere, but not by memcpy() */
		memcpy(text->at + text->length, bytes, count);
	}
	text->length += count;
	text->at[text->length] = '\0';
}

void text_put(struct text *text, const char *string)
{
	text_put_bytes(text, string, strlen(string));
}

void text_put_char(struct text *text, char character)
{
	if (text_reserve(text, 1)) {
		text->at[text->length++] = character;
		text->at[text->length] = '\0';
	}
}

void text_put_u64(struct text *text, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	text_put_bytes(text, digits + at, sizeof(digits) - at);
}

void text_printf(struct text *text, const char *format, ...)
{
	char line[1024];
	va_list arguments, again;

	va_start(arguments, format);
	va_copy(again, arguments);
	int length = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (length >= (int)sizeof(line) && text_reserve(text, (size_t)length)) {
		vsnprintf(text->at + text->length, (size_t)length + 1, format, again);
		text->length += (size_t)length;
	} else if (length >= 0) {
		text_put_bytes(text, line, strlen(line));
	}
	va_end(again);
}

void text_put_size(struct text *text, uint64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	unsigned unit = 0;
	double value = (double)bytes;

	while (value >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1000;
		unit++;
	}
	if (unit == 0) {
		text_printf(text, "%.0f B", value);
	} else {
		text_printf(text, "%.*f %s", value >= 99.95 ? 0 : 1, value, units[unit]);
	}
}

void text_put_grouped(struct text *text, uint64_t number, const char *separator)
{
	if (number >= 1000) {
		text_put_grouped(text, number / 1000, separator);
		text_put(text, separator);
		text_printf(text, "%03u", (unsigned)(number % 1000));
	} else {
		text_put_u64(text, number);
	}
}

void text_put_shell(struct text *text, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-./:=,+@";

	if (word[0] && word[strspn(word, plain)] == '\0') {
		text_put(text, word);
		return;
	}
	text_put_char(text, '\'');
	for (; *word; word++) {
		if (*word == '\'') {
			text_put(text, "'\\''");
		} else {
			text_put_char(text, *word);
		}
	}
	text_put_char(text, '\'');
}
