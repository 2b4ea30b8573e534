#include "analyzer/classify/l7_info_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/hash_table.h"
#include "collector/reserve.h"

enum {
	UNIT_BYTES = 64,
	UNITS_A_SET = 5, /* address space a set, on average */
	UNITS_MOST = (int)((sizeof(struct l7_info) + 16 + UNIT_BYTES - 1) / UNIT_BYTES)
};

/* What stands before each set; a set's number is the place of its first unit. */
struct held {
	uint32_t references;
	uint32_t hash;
	uint32_t next_free;
	uint16_t units;
	bool is_own; /* of one holder: not to be found by its content */
};

_Static_assert(sizeof(struct held) == 16, "l7 info behind it stays aligned");

struct l7_info_store {
	unsigned char *units;
	struct hash_table by_content; /* as large as what is kept: it stays in the cache */
	uint32_t unit_count, units_touched;
	uint32_t limit, sets;
	uint64_t refused, units_used;
	struct hash_key key;
	uint32_t free_of[UNITS_MOST + 1]; /* first free run of that many units; 0 none */
};

struct l7_info_store *l7_info_store_create(uint32_t limit)
{
	struct l7_info_store *store = calloc(1, sizeof(*store));

	if (!store) {
		return NULL;
	}
	uint32_t most = (L7_INFO_NUMBER_MOST - UNITS_MOST - 1) / UNITS_A_SET;
	store->limit = limit < most ? limit : most;
	store->unit_count = store->limit * UNITS_A_SET + UNITS_MOST + 1;
	store->units_touched = 1; /* number 0 is nobody's */
	store->key = hash_key_random();
	store->units = reserve_map((size_t)store->unit_count * UNIT_BYTES);
	if (!store->units) {
		l7_info_store_destroy(store);
		return NULL;
	}
	return store;
}

void l7_info_store_destroy(struct l7_info_store *store)
{
	if (store) {
		reserve_unmap(store->units, (size_t)store->unit_count * UNIT_BYTES);
		hash_table_deinit(&store->by_content);
		free(store);
	}
}

static inline struct held *held_at(const struct l7_info_store *store, uint32_t number)
{
	return (struct held *)(void *)(store->units + (size_t)number * UNIT_BYTES);
}

const struct l7_info *l7_info_store_get(const struct l7_info_store *store, uint32_t number)
{
	return (const struct l7_info *)(const void *)(held_at(store, number) + 1);
}

/* A run of units: a freed one of that size, a new one, or a freed larger one; 0 where there is
 * none. */
static uint32_t take_units(struct l7_info_store *store, uint32_t units)
{
	uint32_t number = store->free_of[units];

	if (!number && store->unit_count - store->units_touched >= units) {
		number = store->units_touched;
		store->units_touched += units;
		held_at(store, number)->units = (uint16_t)units;
	} else {
		uint32_t size = units;
		while (!number && size < UNITS_MOST) {
			number = store->free_of[++size];
		}
		if (number) {
			store->free_of[size] = held_at(store, number)->next_free;
		}
	}
	return number;
}

static void give_back(struct l7_info_store *store, uint32_t number)
{
	struct held *held = held_at(store, number);

	held->next_free = store->free_of[held->units];
	store->free_of[held->units] = number;
}

/* What is looked for among the sets. */
struct wanted {
	const struct l7_info *l7;
	size_t bytes;
};

static bool is_same(const void *items, uint32_t number, const void *key)
{
	const struct wanted *wanted = key;
	const struct l7_info *known = l7_info_store_get(items, number);

	return l7_info_used_bytes(known) == wanted->bytes &&
	       memcmp(known, wanted->l7, wanted->bytes) == 0;
}

/* A new set; 0 where there is no room. */
static uint32_t put(struct l7_info_store *store, const struct l7_info *l7, size_t bytes)
{
	uint32_t units = (uint32_t)((sizeof(struct held) + bytes + UNIT_BYTES - 1) / UNIT_BYTES);
	uint32_t number = store->sets < store->limit ? take_units(store, units) : 0;
	struct held *held = held_at(store, number);

	if (!number) {
		store->refused++;
		return 0;
	}
	held->references = 1;
	held->is_own = true;
	memcpy(held + 1, l7, bytes);
	store->sets++;
	store->units_used += held->units;
	return number;
}

uint32_t l7_info_store_add(struct l7_info_store *store, const struct l7_info *l7)
{
	size_t bytes = l7_info_used_bytes(l7);
	uint32_t hash = (uint32_t)hash_bytes_fast(&store->key, l7, bytes);
	const struct wanted wanted = { l7, bytes };
	uint32_t known = hash_table_find(&store->by_content, hash, is_same, store, &wanted);

	if (known != HASH_TABLE_NONE) {
		held_at(store, known)->references++;
		return known;
	}
	uint32_t number = put(store, l7, bytes);
	if (number && !hash_table_put(&store->by_content, hash, number)) {
		l7_info_store_release(store, number);
		store->refused++;
		return 0;
	}
	if (number) {
		struct held *held = held_at(store, number);
		held->hash = hash;
		held->is_own = false;
	}
	return number;
}

struct l7_info *l7_info_store_own(struct l7_info_store *store, uint32_t number)
{
	struct held *held = held_at(store, number);

	return number && held->is_own && held->references == 1
		       ? (struct l7_info *)(void *)(held + 1)
		       : NULL;
}

uint32_t l7_info_store_change(
	struct l7_info_store *store, uint32_t number, const struct l7_info *l7)
{
	size_t bytes = l7_info_used_bytes(l7);
	struct l7_info *own = l7_info_store_own(store, number);

	if (own &&
		sizeof(struct held) + bytes <= (size_t)held_at(store, number)->units * UNIT_BYTES) {
		memcpy(own, l7, bytes);
		return number;
	}
	uint32_t other = put(store, l7, bytes);
	if (other) {
		l7_info_store_release(store, number);
	}
	return other;
}

uint32_t l7_info_store_share(struct l7_info_store *store, uint32_t number)
{
	bool is_own = number && held_at(store, number)->is_own;
	uint32_t shared = is_own ? l7_info_store_add(store, l7_info_store_get(store, number)) : 0;

	if (!shared) {
		return number;
	}
	l7_info_store_release(store, number);
	return shared;
}

void l7_info_store_hold(struct l7_info_store *store, uint32_t number)
{
	if (number) {
		held_at(store, number)->references++;
	}
}

void l7_info_store_release(struct l7_info_store *store, uint32_t number)
{
	if (!number || --held_at(store, number)->references > 0) {
		return;
	}
	struct held *held = held_at(store, number);
	if (!held->is_own) {
		hash_table_remove(&store->by_content, held->hash, number);
	}
	give_back(store, number);
	store->sets--;
	store->units_used -= held->units;
}

void l7_info_store_fetch(const struct l7_info_store *store, uint32_t number)
{
	enum { FETCHED_BYTES = 3 * UNIT_BYTES };
	const char *set = (const char *)held_at(store, number);

	for (unsigned at = 0; number && at < FETCHED_BYTES; at += UNIT_BYTES) {
		__builtin_prefetch(set + at, 1);
	}
}

void l7_info_store_read_stats(const struct l7_info_store *store, struct l7_info_store_stats *stats)
{
	*stats = (struct l7_info_store_stats){ .sets = store->sets,
		.refused = store->refused,
		.bytes = store->units_used * UNIT_BYTES +
			 store->sets * sizeof(struct hash_table_slot) };
}
