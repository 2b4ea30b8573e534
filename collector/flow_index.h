/* Flow index: from the hash of a flow's key to its number in the slab.
 *
 * A line is one cache line: twelve tags (a byte of the hash, never 0) and twelve numbers, filled
 * from the front. Keys that find their line full go to a chain of overflow lines behind it; with a
 * secret hash and at most FLOW_INDEX_LOAD keys a line on average these are few. Removing moves the
 * last entry of the chain into the hole, so all lines of a chain but the last are full.
 *
 * Growth   when the load is reached every line is split into two, FLOW_INDEX_SPLITS lines for
 * every flow that opens, so no packet waits for the whole table. Lines below the cursor are
 * addressed by one more bit of the hash.
 *
 * Memory   address space for the most lines, reserved once; pages come with growth.
 * Threads  one.
 * Failure  flow_index_init() returns -ENOMEM; afterwards none. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "collector/flow_slab.h"
#include "collector/simd/kernels.h"

enum { FLOW_INDEX_LOAD = 7, FLOW_INDEX_SPLITS = 2 };

struct flow_index {
	struct kernel_line *lines;
	uint32_t base;   /* lines before the splitting in progress; a power of two */
	uint32_t cursor; /* lines below it are split already */
	uint32_t count;  /* keys */
	uint32_t most;   /* lines that were reserved; a power of two */

	struct kernel_line *overflow;
	uint32_t overflow_used, overflow_free,
		overflow_most; /* free: a list through next, from 1; 0 none */

	const struct flow_slab *slab;
	void (*hash)(const struct kernel_secret *secret, const void *const *keys, unsigned count,
		uint64_t *hashes);
	void (*match)(const struct kernel_line *const *lines, const uint8_t *tags, unsigned count,
		uint32_t *ids);
	struct kernel_secret secret;
};

/* The hash is that of the slab's key length, from kernels, with a fresh secret. */
int flow_index_init(
	struct flow_index *index, const struct flow_slab *slab, const struct kernels *kernels);
void flow_index_deinit(struct flow_index *index);

/* Low bits choose the line, the top byte is the tag. */
static inline uint8_t flow_index_tag(uint64_t hash)
{
	uint8_t tag = (uint8_t)(hash >> 56);
	return (uint8_t)(tag + (tag == 0));
}

static inline struct kernel_line *flow_index_line(const struct flow_index *index, uint64_t hash)
{
	uint32_t line = (uint32_t)hash & (index->base - 1);
	uint32_t split = (uint32_t)hash & (2 * index->base - 1);

	return index->lines + (line < index->cursor ? split : line);
}

/* The numbers of the flows whose keys may have this hash, one after the other; FLOW_NONE: no more.
 * For each the key is to be compared. */
struct flow_index_search {
	const struct kernel_line *line;
	unsigned place; /* where to go on in it */
	uint8_t tag;
};

void flow_index_begin(
	const struct flow_index *index, uint64_t hash, struct flow_index_search *search);
uint32_t flow_index_next(const struct flow_index *index, struct flow_index_search *search);

void flow_index_add(struct flow_index *index, uint64_t hash, uint32_t number);

/* It must be there. */
void flow_index_remove(struct flow_index *index, uint64_t hash, uint32_t number);

/* The hash of one key; its context does not count, so that all contexts of a conversation are found
 * together. */
uint64_t flow_index_hash(const struct flow_index *index, const void *key);

size_t flow_index_bytes(const struct flow_index *index); /* in use */
