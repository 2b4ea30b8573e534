/* Texts to numbers, and names to numbers by suffix: one hash table probe for each label, from the
 * right.
 *
 * The table is built once from files that we trust, so its hash needs no secret key: what comes
 * from the wire only asks. The suffix is kept in the entry and compared on a hit.
 *
 * Memory   grows with what is added; texts stay the caller's and must outlive the index.
 * Threads  any number may ask after the last name_index_add(). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct name_index;

struct name_hit {
	uint32_t value;
	uint16_t length; /* of the suffix that matched */
};

/* How deep listed suffixes may lie below one another; more makes name_index_walk() keep the
 * longest. */
enum { NAME_HITS_MAX = 8 };

enum { NAME_INDEX_NOTHING = UINT32_MAX };

/* name_count: how many are expected. NULL: out of memory. */
struct name_index *name_index_create(size_t name_count);
void name_index_destroy(struct name_index *index);

/* The place of this very name's value, made with value where it is new; it may move with the next
 * name that is added. NULL: out of memory. */
uint32_t *name_index_add(struct name_index *index, const char *name, uint32_t value);

/* The value of this very name; NAME_INDEX_NOTHING where it is not listed. */
uint32_t name_index_find(const struct name_index *index, const char *name, size_t length);

/* All listed suffixes of the name that end on a label boundary, shortest first;
 * returns how many. */
unsigned name_index_walk(const struct name_index *index, const char *name, size_t length,
	struct name_hit hits[NAME_HITS_MAX]);
