#include "analyzer/classify/dissect/tor.h"

#include <string.h>

enum { RANDOM_LEAST = 8, RANDOM_MOST = 25 };

/* Base32 as Tor draws it: every character as likely as any other. Words have more vowels and no
 * digits inside. */
static bool is_random(const char *label, size_t length)
{
	unsigned vowels = 0, inner_digits = 0;

	for (size_t i = 0; i < length; i++) {
		char c = label[i];
		bool is_digit = c >= '2' && c <= '7';
		if (!is_digit && (c < 'a' || c > 'z')) {
			return false;
		}
		vowels += memchr("aeiouy", c, 6) != NULL;
		inner_digits += is_digit && i + 1 < length && label[i + 1] >= 'a';
	}
	return inner_digits > 0 && vowels * 10 <= length * 3;
}

bool tor_has_shape(const struct clues *clues)
{
	if (clues->name_count != 1 || clues->names[0].source != NAME_TLS_SNI ||
		clues->alpn[0] != '\0') {
		return false;
	}
	const char *name = clues_name(clues, 0);
	size_t length = clues->names[0].length;
	if (length < 8 + RANDOM_LEAST || length > 8 + RANDOM_MOST || memcmp(name, "www.", 4) != 0 ||
		memcmp(name + length - 4, ".com", 4) != 0) {
		return false;
	}
	return is_random(name + 4, length - 8);
}
