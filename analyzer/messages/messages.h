/* Every sentence a person reads in a report, a summary, an alert or the live view, by key and
 * language: no text is built into code. Six languages: en sv nb nn da fi.
 *
 * Read from share/messages/, a table an area, a column a language. In a text "{name}" stands for
 * the value given under that name, and "{name|device|devices}" for the first form where that value
 * is "1", else for the second (all six languages have these two, CLDR's one and other). A test
 * holds every language to the keys and placeholders of the others.
 *
 * Also here: numbers, dates, lists and names of the catalogue as each language writes them.
 *
 * Memory   read-only after messages_open(). NULL for messages has none: keys stand for texts.
 * Threads  any number may ask. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "geo/geo.h"

struct local_zone;
struct messages;

/* language: one of messages_languages. 0 or -errno. */
int messages_open(struct messages **messages, const char *language, struct err *err);
void messages_close(struct messages *messages);

/* "en|sv|nb|nn|da|fi", for options, and each alone in the order of enum geo_language. */
#define MESSAGES_LANGUAGES "en|sv|nb|nn|da|fi"
extern const char *const messages_languages[GEO_LANGUAGE_COUNT];

/* The tables, for the test that holds them against each other; NULL ends. */
extern const char *const messages_areas[];

/* The reader's language: what an option says, else the policy, else the environment (LC_ALL,
 * LC_MESSAGES, LANG), else English. NULL and "" say nothing. */
const char *messages_choose(const char *option, const char *policy);

const char *messages_language(const struct messages *messages);
enum geo_language messages_geo_language(const struct messages *messages);

/* The text of a key; the key itself where the tables lack it (a test holds every key against
 * them). The second form joins prefix and name with "_": "zone_eu". */
const char *messages_get(const struct messages *messages, const char *key);
const char *messages_get2(const struct messages *messages, const char *prefix, const char *name);

/* Every key with its text, for readers that fill texts themselves. */
typedef void messages_tell(void *context, const char *key, const char *text);
void messages_each(const struct messages *messages, messages_tell *tell, void *context);

/* A name of the catalogue that is made of plain English words ("various"), as the language has it;
 * proper names as they are. */
const char *messages_catalogue(const struct messages *messages, const char *name);

/* The text of a key, filled: pairs of name and value, ended by NULL. */
void messages_put(const struct messages *messages, struct text *text, const char *key, ...)
	__attribute__((sentinel));

/* Numbers as the language writes them: "12,4 MB", "1 234", "37 %". */
void messages_put_size(const struct messages *messages, struct text *text, uint64_t bytes);
void messages_put_count(const struct messages *messages, struct text *text, uint64_t number);
void messages_put_percent(
	const struct messages *messages, struct text *text, uint64_t part, uint64_t whole);

/* "a, b and c" */
void messages_put_list(
	const struct messages *messages, struct text *text, const char *const *items, size_t count);

/* "17 mars 2026", and "17 mars 2026 kl. 06.02–18.11", on the wall of a zone (NULL: UTC). */
void messages_put_date(const struct messages *messages, struct text *text,
	const struct local_zone *zone, uint64_t time_ns);
/* Since when and until when: a date alone, unless it begins or ends within the day: "2 april 2026
 * kl. 18.00". The last moment of a day is that day, its first moment "kl. 00.00". */
void messages_put_since(const struct messages *messages, struct text *text,
	const struct local_zone *zone, uint64_t first_ns);
void messages_put_until(const struct messages *messages, struct text *text,
	const struct local_zone *zone, uint64_t last_ns);
/* "mars 2026" */
void messages_put_month(const struct messages *messages, struct text *text,
	const struct local_zone *zone, uint64_t time_ns);
void messages_put_period(const struct messages *messages, struct text *text,
	const struct local_zone *zone, uint64_t first_ns, uint64_t last_ns);
