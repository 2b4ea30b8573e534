#include "analyzer/format/dictionary.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/hash_table.h"
#include "base/text.h"

enum { TEXT_BYTES_MAX = 16 << 20, HINT_BITS = 11 };

struct entry {
	uint32_t offset, length; /* in the text */
};

/* Right or wrong; with the tag of another hint wrong, which is told without a look at the word. */
struct hinted {
	uint32_t tag, number;
};

struct dictionary {
	struct hash_key key;
	struct text text; /* the labels, each with a NUL behind it */
	uint32_t count, capacity, words_max;
	struct entry *entries;
	struct hash_table table; /* number by hash */
	struct hinted hinted[1 << HINT_BITS];
};

struct dictionary *dictionary_create(void)
{
	return dictionary_create_for(DICTIONARY_WORDS_MAX);
}

struct dictionary *dictionary_create_for(uint32_t words_max)
{
	struct dictionary *dictionary = calloc(1, sizeof(*dictionary));

	if (!dictionary) {
		return NULL;
	}
	dictionary->key = hash_key_random();
	dictionary->words_max = words_max;
	text_init_heap(&dictionary->text);
	return dictionary;
}

void dictionary_destroy(struct dictionary *dictionary)
{
	if (dictionary) {
		text_deinit(&dictionary->text);
		free(dictionary->entries);
		hash_table_deinit(&dictionary->table);
		free(dictionary);
	}
}

void dictionary_clear(struct dictionary *dictionary)
{
	hash_table_clear(&dictionary->table);
	dictionary->count = 0;
	text_clear(&dictionary->text);
}

static bool is_word(
	const struct dictionary *dictionary, uint32_t number, const char *word, size_t length)
{
	const struct entry *entry = &dictionary->entries[number];

	return entry->length == length &&
	       memcmp(dictionary->text.at + entry->offset, word, length) == 0;
}

static bool reserve_entry(struct dictionary *dictionary)
{
	if (dictionary->count < dictionary->capacity) {
		return true;
	}
	uint32_t capacity = dictionary->capacity ? 2 * dictionary->capacity : 256;
	struct entry *grown = realloc(dictionary->entries, capacity * sizeof(*grown));
	if (!grown) {
		return false;
	}
	dictionary->entries = grown;
	dictionary->capacity = capacity;
	return true;
}

static uint32_t add_word(
	struct dictionary *dictionary, uint64_t hash, const char *word, size_t length)
{
	struct text *text = &dictionary->text;
	size_t offset = text->length;

	if (dictionary->count == dictionary->words_max || offset + length + 1 > TEXT_BYTES_MAX ||
		!reserve_entry(dictionary)) {
		return DICTIONARY_FULL;
	}
	text_put_bytes(text, word, length);
	text_put_char(text, '\0');
	if (text->truncated || !hash_table_put(&dictionary->table, hash, dictionary->count)) {
		text->length = offset;
		text->truncated = false;
		return DICTIONARY_FULL;
	}
	dictionary->entries[dictionary->count] =
		(struct entry){ (uint32_t)offset, (uint32_t)length };
	return dictionary->count++;
}

struct word {
	const char *bytes;
	size_t length;
};

static bool is_key(const void *dictionary, uint32_t number, const void *key)
{
	const struct word *word = key;

	return is_word(dictionary, number, word->bytes, word->length);
}

uint32_t dictionary_intern(struct dictionary *dictionary, const char *word, size_t length)
{
	uint64_t hash = hash_bytes_fast(&dictionary->key, word, length);
	struct word key = { word, length };
	uint32_t number = hash_table_find(&dictionary->table, hash, is_key, dictionary, &key);

	return number != HASH_TABLE_NONE ? number : add_word(dictionary, hash, word, length);
}

uint32_t dictionary_intern_hinted(
	struct dictionary *dictionary, uint64_t hint, const char *word, size_t length)
{
	uint64_t mixed = hint * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t tag = (uint32_t)(mixed >> (32 - HINT_BITS));
	struct hinted *hinted = &dictionary->hinted[mixed >> (64 - HINT_BITS)];

	if (hinted->tag != tag || hinted->number >= dictionary->count ||
		!is_word(dictionary, hinted->number, word, length)) {
		*hinted = (struct hinted){ tag, dictionary_intern(dictionary, word, length) };
	}
	return hinted->number;
}

uint32_t dictionary_count(const struct dictionary *dictionary)
{
	return dictionary->count;
}

const char *dictionary_word(const struct dictionary *dictionary, uint32_t number)
{
	return number < dictionary->count ? dictionary->text.at + dictionary->entries[number].offset
					  : "";
}
