/* Every word a person reads in a report or on a page, by key and language: no text is built into
 * code.
 *
 * Read from share/words.tsv. A language that lacks a word falls back to English, so that a new key
 * never leaves a hole.
 *
 * Memory   read-only after words_open().
 * Threads  any number may ask. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "geo/geo.h"

struct words;

/* language: "en" or "sv". 0 or -errno. */
int words_open(struct words **words, const char *language, struct err *err);
void words_close(struct words *words);

const char *words_language(const struct words *words);
enum geo_language words_geo_language(const struct words *words);

/* The text of a key; the key itself where the table lacks it (a test holds every key against the
 * table). */
const char *words_get(const struct words *words, const char *key);

/* A name of the catalogue that is made of plain English words ("various"), as the language has it;
 * proper names as they are. Read from share/catalogue-words.tsv. */
const char *words_catalogue(const struct words *words, const char *name);

/* words_get() with "{name}" replaced: pairs of name and value, ended by NULL. */
void words_put(const struct words *words, struct text *text, const char *key, ...)
	__attribute__((sentinel));

/* Numbers as the language writes them: "12,4 MB", "1 234", "37 %". */
void words_put_size(const struct words *words, struct text *text, uint64_t bytes);
void words_put_count(const struct words *words, struct text *text, uint64_t number);
void words_put_percent(const struct words *words, struct text *text, uint64_t part, uint64_t whole);
