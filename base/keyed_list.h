/* Rows of which each key has one, found by its hash: a hash_table and the array that it speaks of.
 *
 *     struct sum *sum = keyed_list_row(&sums, sizeof(*sum), hash, is_sum, &wanted);
 *     if (sum) {
 *             sum->flows++;
 *     }
 *
 * Memory   grows by doubling; rows move when one is added.
 * Threads  one at a time.
 * Failure  out of memory leaves the list as it was. */
#pragma once

#include <stddef.h>

#include "base/hash_table.h"

/* A zeroed struct is an empty list. */
struct keyed_list {
	void *rows; /* in the order in which they were added */
	uint32_t count, capacity;
	uint32_t most; /* rows; 0: as many as there is memory for */
	struct hash_table table;
};

/* The row with the key of wanted; where there is none, wanted becomes it. NULL: out of memory, or
 * there are as many as there may be. */
void *keyed_list_row(struct keyed_list *list, size_t row_bytes, uint64_t hash, hash_table_is *is,
	const void *wanted);
void keyed_list_deinit(struct keyed_list *list);
