/* A set of small numbers as bits; or "any", which holds everything.
 *
 * Memory   the words belong to the set until number_set_deinit().
 * Threads  any number may ask once it is made. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct number_set {
	uint64_t *words; /* NULL: any */
	uint32_t word_count;
};

/* For the numbers below size, empty. False without memory: the set is then "any". */
bool number_set_init(struct number_set *set, uint32_t size);
void number_set_deinit(struct number_set *set);
void number_set_add(struct number_set *set, uint32_t number);
/* Leaves what is in both, and takes the memory of by over. */
void number_set_narrow(struct number_set *set, struct number_set *by);

/* Adds what is in by, of the same size, and takes its memory over. Here a set without words is
 * empty, not "any". */
void number_set_widen(struct number_set *set, struct number_set *by);

static inline bool number_set_has(const struct number_set *set, uint32_t number)
{
	return !set->words ||
	       (number / 64 < set->word_count && (set->words[number / 64] >> number % 64 & 1) != 0);
}

/* Is all of inner in outer? */
bool number_set_has_all(const struct number_set *outer, const struct number_set *inner);
