#include "analyzer/classify/dissect/ja4.h"

#include <string.h>

#include "base/quick_hash.h"
#include "analyzer/record/digest.h"
#include "base/text.h"

static const char hex_digits[] = "0123456789abcdef";

static const char *version_text(uint16_t version)
{
	switch (version) {
	case 0x0304:
		return "13";
	case 0x0303:
		return "12";
	case 0x0302:
		return "11";
	case 0x0301:
		return "10";
	case 0x0300:
		return "s3";
	case 0x0002:
		return "s2";
	case 0xfeff:
		return "d1";
	case 0xfefd:
		return "d2";
	case 0xfefc:
		return "d3";
	}
	return "00";
}

static bool is_alphanumeric(unsigned char character)
{
	return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
	       (character >= 'A' && character <= 'Z');
}

/* First and last character of the first ALPN value; where one of them is not a letter or digit,
 * first and last digit of the value in hexadecimal. */
static void put_alpn(struct text *text, const char *alpn, size_t length)
{
	if (!alpn || length == 0) {
		text_put(text, "00");
		return;
	}
	unsigned char first = (unsigned char)alpn[0], last = (unsigned char)alpn[length - 1];
	if (is_alphanumeric(first) && is_alphanumeric(last)) {
		text_put_char(text, (char)first);
		text_put_char(text, (char)last);
	} else {
		text_put_char(text, hex_digits[first >> 4]);
		text_put_char(text, hex_digits[last & 15]);
	}
}

static void put_two_digits(struct text *text, unsigned number)
{
	number = number > 99 ? 99 : number;
	text_put_char(text, (char)('0' + number / 10));
	text_put_char(text, (char)('0' + number % 10));
}

/* Each value's place is how many are smaller, or equal and before it: loops that the compiler turns
 * into vectors, and no branch that a browser's shuffled extensions would have guessed wrong. */
static void sort_values(uint16_t *values, unsigned count)
{
	uint16_t sorted[JA4_LIST_MAX];

	for (unsigned i = 0; i < count; i++) {
		uint16_t value = values[i], place = 0;
		for (unsigned j = 0; j < count; j++) {
			place = (uint16_t)(place + (values[j] < value));
		}
		for (unsigned j = 0; j < i; j++) {
			place = (uint16_t)(place + (values[j] == value));
		}
		sorted[place] = value;
	}
	memcpy(values, sorted, count * sizeof(values[0]));
}

/* What is hashed: four digits a value, with commas between them, and an underscore where the second
 * part begins. */
static size_t write_list(const struct ja4_list *list, char text[JA4_LIST_MAX * 5])
{
	char *at = text;

	for (unsigned i = 0; i < list->count; i++) {
		if (i > 0) {
			*at++ = i == list->second_part ? '_' : ',';
		}
		for (int shift = 12; shift >= 0; shift -= 4) {
			*at++ = hex_digits[list->values[i] >> shift & 15];
		}
	}
	return (size_t)(at - text);
}

static void hash_list(const struct ja4_list *list, char hash[JA4_SHORT_HASH])
{
	char text[JA4_LIST_MAX * 5], hex[2 * DIGEST_SHA256_BYTES + 1];
	uint8_t digest[DIGEST_SHA256_BYTES];

	digest_sha256(text, write_list(list, text), digest);
	digest_hex(digest, JA4_SHORT_HASH / 2, hex);
	memcpy(hash, hex, JA4_SHORT_HASH);
}

static bool same_list(const struct ja4_list *a, const struct ja4_list *b)
{
	return a->count == b->count && a->second_part == b->second_part &&
	       memcmp(a->values, b->values, a->count * sizeof(a->values[0])) == 0;
}

static struct ja4_entry *entry_of(struct ja4_cache *cache, const struct ja4_list *list)
{
	uint64_t hash = list->second_part;

	for (unsigned i = 0; i < list->count; i += 4) {
		uint64_t word = 0;
		unsigned left = list->count - i;
		memcpy(&word, list->values + i, (left < 4 ? left : 4) * sizeof(list->values[0]));
		hash = quick_hash(hash, word);
	}
	return &cache->entries[hash % JA4_CACHE_ENTRIES];
}

/* is_sorted: the part before the second is. What a client does not shuffle is sorted once. */
static void put_short_hash(
	struct ja4_cache *cache, struct text *text, const struct ja4_list *list, bool is_sorted)
{
	struct ja4_entry *entry = entry_of(cache, list);

	if (list->count == 0) {
		text_put(text, "000000000000");
		return;
	}
	if (!same_list(&entry->list, list)) {
		struct ja4_list sorted = *list;
		entry->list = *list;
		if (!is_sorted) {
			sort_values(sorted.values, sorted.second_part);
		}
		hash_list(&sorted, entry->hash);
	}
	text_put_bytes(text, entry->hash, JA4_SHORT_HASH);
}

static void put_ciphers(
	struct ja4_cache *cache, struct text *text, const struct client_hello *hello)
{
	struct ja4_list list;

	list.count = list.second_part = (uint16_t)hello->cipher_count;
	memcpy(list.values, hello->ciphers, list.count * sizeof(list.values[0]));
	put_short_hash(cache, text, &list, false);
}

/* Extensions sorted, without server_name and ALPN, which differ by destination; then the signature
 * algorithms in the client's own order. */
static void put_extensions(
	struct ja4_cache *cache, struct text *text, const struct client_hello *hello)
{
	struct ja4_list list;

	list.count = 0;
	for (unsigned i = 0; i < hello->extension_count; i++) {
		if (hello->extensions[i] != 0 && hello->extensions[i] != 16) {
			list.values[list.count++] = hello->extensions[i];
		}
	}
	sort_values(list.values, list.count);
	list.second_part = list.count;
	if (list.count > 0) {
		memcpy(list.values + list.count, hello->signatures,
			hello->signature_count * sizeof(list.values[0]));
		list.count = (uint16_t)(list.count + hello->signature_count);
	}
	put_short_hash(cache, text, &list, true);
}

void ja4_of_hello(struct ja4_cache *cache, const struct client_hello *hello,
	enum ja4_transport transport, char memory[L7_INFO_JA4_MAX])
{
	struct text text;

	text_init(&text, memory, L7_INFO_JA4_MAX);
	if (!hello->is_whole || hello->cipher_count > HELLO_CIPHERS_MAX ||
		hello->extension_count > HELLO_EXTENSIONS_MAX ||
		hello->signature_count > HELLO_SIGNATURES_MAX) {
		return;
	}
	text_put_char(&text, (char)transport);
	text_put(&text,
		version_text(hello->best_version ? hello->best_version : hello->legacy_version));
	text_put_char(&text, hello->has_server_name ? 'd' : 'i');
	put_two_digits(&text, hello->cipher_count);
	put_two_digits(&text, hello->extension_count);
	put_alpn(&text, hello->alpn, hello->alpn_length);
	text_put_char(&text, '_');
	put_ciphers(cache, &text, hello);
	text_put_char(&text, '_');
	put_extensions(cache, &text, hello);
}
