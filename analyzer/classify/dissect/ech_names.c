#include "analyzer/classify/dissect/ech_names.h"

#include <string.h>

/* One name for all sites of a provider (its published configuration), and those of the public test
 * sites. */
static const char *const shared_names[] = {
	"cloudflare-ech.com",
	"cover.defo.ie",
	"public.tls-ech.dev",
};

static char folded(char character)
{
	return character >= 'A' && character <= 'Z' ? (char)(character + 'a' - 'A') : character;
}

static size_t fold(const char *name, size_t length, char folded_name[253])
{
	if (length > 0 && name[length - 1] == '.') {
		length--;
	}
	if (length > 253) {
		return 0;
	}
	for (size_t i = 0; i < length; i++) {
		folded_name[i] = folded(name[i]);
	}
	return length;
}

void ech_names_init(struct ech_names *names)
{
	memset(names, 0, sizeof(*names));
	names->key = hash_key_random();
}

void ech_names_learn(struct ech_names *names, const char *public_name, size_t length)
{
	char name[253];

	length = fold(public_name, length, name);
	if (length > 0) {
		uint64_t hash = hash_bytes(&names->key, name, length);
		names->learnt[hash % ECH_NAMES] = hash;
	}
}

bool ech_names_know(const struct ech_names *names, const char *outer_name, size_t length)
{
	char name[253];

	length = fold(outer_name, length, name);
	if (length == 0) {
		return false;
	}
	for (size_t i = 0; i < sizeof(shared_names) / sizeof(shared_names[0]); i++) {
		if (strlen(shared_names[i]) == length &&
			memcmp(shared_names[i], name, length) == 0) {
			return true;
		}
	}
	uint64_t hash = hash_bytes(&names->key, name, length);
	return names->learnt[hash % ECH_NAMES] == hash;
}
