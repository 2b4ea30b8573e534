/* A small hash table: where something stands, by the hash of its key.
 *
 * The things themselves stay in an array of the caller's; the table holds their places in it and 32
 * bits of their hashes, so that what is compared is nearly always what was looked for. Open
 * addressing with linear probing, at most half full. Where keys come from the wire the hash has to
 * be a keyed one (base/hash.h).
 *
 *     uint32_t place = hash_table_find(&table, hash, is_item, items, &key);
 *     if (place == HASH_TABLE_NONE && hash_table_put(&table, hash, count)) {
 *             items[count++] = …
 *     }
 *
 * Memory   8 bytes a slot; grows by doubling, and is kept by hash_table_clear().
 * Threads  one that changes it; any number that find while nobody does.
 * Failure  out of memory leaves the table as it was. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash_table_slot {
	uint32_t hash;
	uint32_t place; /* + 1; 0: empty */
};

/* A zeroed struct is an empty table. */
struct hash_table {
	struct hash_table_slot *slots;
	uint32_t mask; /* slots - 1; a power of two of them, where there are any */
	uint32_t count;
};

enum { HASH_TABLE_LEAST = 16 };
#define HASH_TABLE_NONE UINT32_MAX

/* Is the thing at that place the one with that key? items is what hash_table_find() was given. */
typedef bool hash_table_is(const void *items, uint32_t place, const void *key);

/* The upper half of a product depends on all bits: also a hash that is good in some alone will do.
 */
static inline uint32_t hash_table_fold(uint64_t hash)
{
	return (uint32_t)(hash * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

/* The place of the thing with that key, or HASH_TABLE_NONE. */
static inline uint32_t hash_table_find(const struct hash_table *table, uint64_t hash,
	hash_table_is *is, const void *items, const void *key)
{
	uint32_t folded = hash_table_fold(hash);

	if (!table->slots) {
		return HASH_TABLE_NONE;
	}
	for (uint32_t at = folded & table->mask;; at = (at + 1) & table->mask) {
		const struct hash_table_slot *slot = &table->slots[at];
		if (slot->place == 0) {
			return HASH_TABLE_NONE;
		}
		if (slot->hash == folded && is(items, slot->place - 1, key)) {
			return slot->place - 1;
		}
	}
}

/* What is looked for soon may lie far away. First its slot is fetched, later the thing itself: at
 * the place of the one with such a hash, which need not be compared for that. */
static inline void hash_table_fetch(const struct hash_table *table, uint64_t hash)
{
	if (table->slots) {
		__builtin_prefetch(&table->slots[hash_table_fold(hash) & table->mask]);
	}
}

static inline bool hash_table_is_any(const void *items, uint32_t place, const void *key)
{
	(void)items, (void)place, (void)key;
	return true;
}

static inline uint32_t hash_table_guess(const struct hash_table *table, uint64_t hash)
{
	return hash_table_find(table, hash, hash_table_is_any, NULL, NULL);
}

/* Notes the place of something that hash_table_find() did not find. False: out of memory. */
bool hash_table_put(struct hash_table *table, uint64_t hash, uint32_t place);

/* Forgets what stands at that place; hash is that of its key. */
void hash_table_remove(struct hash_table *table, uint64_t hash, uint32_t place);

void hash_table_clear(struct hash_table *table);
void hash_table_deinit(struct hash_table *table);
