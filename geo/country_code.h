/* A country code as we keep it: two capital letters and a NUL, or "" for not known. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Reads "se" or "SE". "ZZ" says in so many letters that the country is not known and becomes "";
 * the regions "EU" and "AP" of older databases stay, as rows of the country table. False, and code
 * untouched, where the text is not two letters. */
static inline bool country_code_read(char code[3], const char *text, size_t length)
{
	if (length != 2) {
		return false;
	}
	char a = text[0] >= 'a' && text[0] <= 'z' ? (char)(text[0] - 32) : text[0];
	char b = text[1] >= 'a' && text[1] <= 'z' ? (char)(text[1] - 32) : text[1];
	if (a < 'A' || a > 'Z' || b < 'A' || b > 'Z') {
		return false;
	}
	bool is_unknown = a == 'Z' && b == 'Z';
	code[0] = is_unknown ? '\0' : a;
	code[1] = is_unknown ? '\0' : b;
	code[2] = '\0';
	return true;
}
