/* Clue store: each different set of clues once, shared by all flows (and DNS answers) that showed
 * the same.
 *
 * A set is named by a number, 0 is "nothing known". Numbers are counted references:
 * clue_store_add() and clue_store_hold() take one, clue_store_release() gives it back, the last one
 * frees the set.
 *
 * Memory   address space for the limit is taken by clue_store_create(); pages are touched as they
 *          are used. Sets take what their text needs, in units of 64 bytes, and average under 256.
 * Threads  one a store.
 * Failure  a full store refuses (number 0) and counts.
 * Cost     adding a set that is known: one keyed hash of its bytes, one probe, one comparison. */
#pragma once

#include <stdint.h>

#include "analyzer/classify/clues.h"

struct clue_store;

struct clue_store_stats {
	uint32_t sets;    /* now in the store */
	uint64_t refused; /* sets that found no room */
	uint64_t bytes;   /* memory in use */
};

struct clue_store *clue_store_create(uint32_t limit); /* NULL: out of memory */
void clue_store_destroy(struct clue_store *store);

uint32_t clue_store_add(struct clue_store *store, const struct clues *clues);
void clue_store_hold(struct clue_store *store, uint32_t number);
void clue_store_release(struct clue_store *store, uint32_t number);

/* Good until the number's last reference is given back. Only clues_used_bytes() of it are there:
 * copy with clues_copy(), never by assignment. The number is not 0. */
const struct clues *clue_store_get(const struct clue_store *store, uint32_t number);

void clue_store_read_stats(const struct clue_store *store, struct clue_store_stats *stats);
