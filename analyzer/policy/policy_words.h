/* Reading the words of a policy file: values out of nodes, and every complaint with its place.
 *
 * A mapping is read by a table of words; a word that no table knows gets the closest one that is
 * known. Readers never stop at an error: they say it, leave the target as it was and go on, so that
 * one run shows all of them.
 *
 * Threads  one at a time.
 * Memory   texts point into the tree. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/catalogue/prefix_index.h"
#include "base/number_set.h"
#include "analyzer/policy/policy.h"
#include "analyzer/policy/yaml_tree.h"
#include "analyzer/record/symbols.h"

struct policy_reader {
	struct policy_problems *problems;
	const struct catalogue *catalogue;
	struct policy *policy; /* being filled */
	const char *language;  /* of free texts */
};

/* In the order of lines, however they were found. */
void policy_sort_problems(struct policy_problems *problems);

struct policy_word {
	const char *name;
	/* NULL: the language has this word, this version does not. */
	void (*read)(struct policy_reader *reader, const struct yaml_node *value, void *target);
};

void policy_error(struct policy_reader *reader, const struct yaml_node *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void policy_warning(struct policy_reader *reader, const struct yaml_node *at, const char *format,
	...) __attribute__((format(printf, 3, 4)));

/* Reads every word of a mapping into target; what: "a rule", "the scope of a rule". words ends with
 * a NULL name. */
void policy_read_words(struct policy_reader *reader, const struct yaml_node *map, const char *what,
	const struct policy_word *words, void *target);

/* A text, a list of texts or nothing: steps through the texts alone. First call with item NULL;
 * NULL at the end. */
const struct yaml_node *policy_next_text(
	struct policy_reader *reader, const struct yaml_node *value, const struct yaml_node *item);

const char *policy_read_text(struct policy_reader *reader, const struct yaml_node *value);
/* A text, or one a language: {sv: …, en: …}. The reader's language, else English, else the first,
 * with its code behind it; *target stays where there is none. */
void policy_read_free_text(
	struct policy_reader *reader, const struct yaml_node *value, const char **target);
bool policy_read_bool(struct policy_reader *reader, const struct yaml_node *value, bool *result);
bool policy_read_number(struct policy_reader *reader, const struct yaml_node *value, uint32_t least,
	uint32_t most, uint32_t *result);

/* The number of a network: "AS64500" or "64500". */
bool policy_read_asn(struct policy_reader *reader, const struct yaml_node *value, uint32_t *asn);

/* A date or time. A date alone is its first moment, or with is_end its last. */
bool policy_read_time(struct policy_reader *reader, const struct yaml_node *value, bool is_end,
	uint64_t *time_ns);

/* One of names[0..count): its place, or -1. what: "an action". */
int policy_read_choice(struct policy_reader *reader, const struct yaml_node *value,
	const char *what, const char *const *names, unsigned count);

/* An empty set for the numbers below size. */
/* The symbol of an id of the file; an error of the file where there is no room for it. */
uint16_t policy_symbol(struct policy_reader *reader, const struct yaml_node *at,
	enum symbol_kind kind, const char *name);

/* Rows of zeros, the caller's to free; NULL, and said as an error of the file, where there is no
 * memory for them: a list that is not read must never be taken for an empty one. */
void *policy_new_rows(
	struct policy_reader *reader, const struct yaml_node *at, size_t count, size_t row_bytes);

void policy_new_set(struct policy_reader *reader, const struct yaml_node *at, uint32_t size,
	struct number_set *set);

/* A host name, made small and without its final dot where it had one; NULL, and said why, where it
 * is none. */
const char *policy_host_name(struct policy_reader *reader, const struct yaml_node *item);

/* Addresses and networks, one or a list: an index of them, NULL where there are none. */
void policy_read_prefixes(
	struct policy_reader *reader, const struct yaml_node *value, struct prefix_index **index);

/* A country that the file names: policy_check() looks whether there is such a one. */
void policy_note_country(struct policy_reader *reader, const struct yaml_node *item);

uint32_t policy_count_texts(const struct yaml_node *value); /* 1 where it is no list */

/* The name closest to word, for "did you mean"; keeps the best of several calls. */
struct policy_guess {
	const char *word, *best;
	unsigned distance;
};
struct policy_guess policy_guess(const char *word);
void policy_guess_try(struct policy_guess *guess, const char *name);
/* " (did you mean \"x\"?)", or "" where nothing is close. */
const char *policy_guess_text(const struct policy_guess *guess, char text[96]);
