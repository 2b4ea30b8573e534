/* Addresses to prefixes: all listed prefixes as disjoint ranges, found by binary search.
 *
 * Threads  any number may ask after prefix_index_create(). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct prefix_index;

enum { PREFIX_NONE = -1 };

/* Copies the prefixes; their places in the array are what prefix_index_find() answers. Of two equal
 * prefixes the later one is found first and the earlier is its parent. NULL: out of memory. */
struct prefix_index *prefix_index_create(const struct prefix *prefixes, size_t count);
void prefix_index_destroy(struct prefix_index *index);

/* The longest prefix that holds the address; PREFIX_NONE where there is none. */
int32_t prefix_index_find(const struct prefix_index *index, const struct addr *addr);

/* The next shorter listed prefix around this one. */
int32_t prefix_index_parent(const struct prefix_index *index, int32_t prefix);
