/* A dictionary: labels as small numbers in order of first use. What lets a block of the archive say
 * each word once.
 *
 * Memory   grows with the labels up to the limit given; dictionary_clear() keeps it for reuse.
 * Threads  one at a time.
 * Failure  a word that finds no room (memory, or the limit) has no number; the caller writes it
 *          out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dictionary;

enum { DICTIONARY_WORDS_MAX = 65536, DICTIONARY_FULL = UINT32_MAX };

/* NULL: out of memory. The first takes DICTIONARY_WORDS_MAX words. */
struct dictionary *dictionary_create(void);
struct dictionary *dictionary_create_for(uint32_t words_max);
void dictionary_destroy(struct dictionary *dictionary);
void dictionary_clear(struct dictionary *dictionary);

/* The number of the word, given on first sight; DICTIONARY_FULL where there is no room. */
uint32_t dictionary_intern(struct dictionary *dictionary, const char *word, size_t length);

/* The same, and faster where hint is a number that mostly stands for this word: its address, an
 * enum's value. A hint that misleads costs a look at the wrong word. */
uint32_t dictionary_intern_hinted(
	struct dictionary *dictionary, uint64_t hint, const char *word, size_t length);

uint32_t dictionary_count(const struct dictionary *dictionary);
/* Ends with a NUL; good until the next dictionary_intern(). "" for a number that was not given. */
const char *dictionary_word(const struct dictionary *dictionary, uint32_t number);
