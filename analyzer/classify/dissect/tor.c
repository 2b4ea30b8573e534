#include "analyzer/classify/dissect/tor.h"

#include <string.h>

enum { RANDOM_LEAST = 8, RANDOM_MOST = 25 };

static bool is_base32(const char *label, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		bool is_digit = label[i] >= '2' && label[i] <= '7';
		if (!is_digit && (label[i] < 'a' || label[i] > 'z')) {
			return false;
		}
	}
	return true;
}

/* www.<8 to 25 characters of base32>.<end>: the label, or NULL. */
static const char *made_up_label(
	const struct l7_info *l7, unsigned index, const char *end, size_t *length)
{
	const char *name = l7_info_name(l7, index);
	size_t bytes = l7->names[index].length;

	if (bytes < 8 + RANDOM_LEAST || bytes > 8 + RANDOM_MOST || memcmp(name, "www.", 4) != 0 ||
		memcmp(name + bytes - 4, end, 4) != 0 || !is_base32(name + 4, bytes - 8)) {
		return NULL;
	}
	*length = bytes - 8;
	return name + 4;
}

/* Base32 as Tor draws it: every character as likely as any other. Words have more vowels and no
 * digits inside. */
static bool is_random(const char *label, size_t length)
{
	unsigned vowels = 0, inner_digits = 0;

	for (size_t i = 0; i < length; i++) {
		char c = label[i];
		bool is_digit = c < 'a';
		vowels += memchr("aeiouy", c, 6) != NULL;
		inner_digits += is_digit && i + 1 < length && label[i + 1] >= 'a';
	}
	return inner_digits > 0 && vowels * 10 <= length * 3;
}

bool tor_may_be(const struct l7_info *l7)
{
	size_t length;

	return l7->name_count > 0 && l7->names[0].source == NAME_TLS_SNI && l7->alpn[0] == '\0' &&
	       made_up_label(l7, 0, ".com", &length) && !l7_info_have_source(l7, NAME_DNS_QUERY) &&
	       !l7_info_have_source(l7, NAME_DNS_LOG);
}

bool tor_has_shape(const struct l7_info *l7)
{
	size_t length = 0;
	const char *label = tor_may_be(l7) ? made_up_label(l7, 0, ".com", &length) : NULL;

	return label && is_random(label, length);
}

bool tor_has_certificate(const struct l7_info *l7)
{
	size_t length;

	for (unsigned i = 0; i < l7->name_count; i++) {
		if (l7->names[i].source == NAME_CERT) {
			return tor_may_be(l7) && made_up_label(l7, i, ".net", &length);
		}
	}
	return false;
}
