#include "analyzer/classify/l7_info_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "collector/reserve.h"

enum {
	UNIT_BYTES = 64,
	UNITS_A_SET = 4, /* address space a set, on average */
	UNITS_MOST = (int)((sizeof(struct l7_info) + 16 + UNIT_BYTES - 1) / UNIT_BYTES)
};

/* What stands before each set; a set's number is the place of its first unit. */
struct held {
	uint32_t references;
	uint32_t hash;
	uint32_t next_free;
	uint32_t units;
};

struct slot {
	uint32_t number; /* 0: free */
	uint32_t hash;
};

struct l7_info_store {
	unsigned char *units;
	struct slot *slots;
	uint32_t slot_mask;
	uint32_t unit_count, units_touched;
	uint32_t limit, sets;
	uint64_t refused, units_used;
	struct hash_key key;
	uint32_t free_of[UNITS_MOST + 1]; /* first free run of that many units; 0 none */
};

struct l7_info_store *l7_info_store_create(uint32_t limit)
{
	struct l7_info_store *store = calloc(1, sizeof(*store));
	uint32_t slots = 64;

	if (!store) {
		return NULL;
	}
	while (slots < limit * UINT64_C(2) && slots < UINT32_C(1) << 30) {
		slots *= 2;
	}
	store->limit = limit;
	store->slot_mask = slots - 1;
	store->unit_count = limit * UNITS_A_SET + UNITS_MOST + 1;
	store->units_touched = 1; /* number 0 is nobody's */
	store->key = hash_key_random();
	store->units = reserve_map((size_t)store->unit_count * UNIT_BYTES);
	store->slots = calloc(slots, sizeof(*store->slots));
	if (!store->units || !store->slots) {
		l7_info_store_destroy(store);
		return NULL;
	}
	return store;
}

void l7_info_store_destroy(struct l7_info_store *store)
{
	if (store) {
		reserve_unmap(store->units, (size_t)store->unit_count * UNIT_BYTES);
		free(store->slots);
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
		held_at(store, number)->units = units;
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

uint32_t l7_info_store_add(struct l7_info_store *store, const struct l7_info *l7)
{
	size_t bytes = l7_info_used_bytes(l7);
	uint32_t hash = (uint32_t)hash_bytes(&store->key, l7, bytes);
	uint32_t at = hash & store->slot_mask;

	for (; store->slots[at].number; at = (at + 1) & store->slot_mask) {
		uint32_t number = store->slots[at].number;
		if (store->slots[at].hash == hash) {
			const struct l7_info *known = l7_info_store_get(store, number);
			if (l7_info_used_bytes(known) == bytes && memcmp(known, l7, bytes) == 0) {
				held_at(store, number)->references++;
				return number;
			}
		}
	}
	uint32_t units = (uint32_t)((sizeof(struct held) + bytes + UNIT_BYTES - 1) / UNIT_BYTES);
	uint32_t number = store->sets < store->limit ? take_units(store, units) : 0;
	if (!number) {
		store->refused++;
		return 0;
	}
	struct held *held = held_at(store, number);
	held->references = 1;
	held->hash = hash;
	memcpy(held + 1, l7, bytes);
	store->slots[at] = (struct slot){ number, hash };
	store->sets++;
	store->units_used += held->units;
	return number;
}

void l7_info_store_hold(struct l7_info_store *store, uint32_t number)
{
	if (number) {
		held_at(store, number)->references++;
	}
}

/* Empties a slot of the index and closes the gap, so that every probe still ends at the first empty
 * slot. */
static void empty_slot(struct l7_info_store *store, uint32_t gap)
{
	for (uint32_t at = (gap + 1) & store->slot_mask; store->slots[at].number;
		at = (at + 1) & store->slot_mask) {
		uint32_t home = store->slots[at].hash & store->slot_mask;
		if (((at - home) & store->slot_mask) >= ((at - gap) & store->slot_mask)) {
			store->slots[gap] = store->slots[at];
			gap = at;
		}
	}
	store->slots[gap] = (struct slot){ 0 };
}

void l7_info_store_release(struct l7_info_store *store, uint32_t number)
{
	if (!number || --held_at(store, number)->references > 0) {
		return;
	}
	struct held *held = held_at(store, number);
	uint32_t at = held->hash & store->slot_mask;
	while (store->slots[at].number != number) {
		at = (at + 1) & store->slot_mask;
	}
	empty_slot(store, at);
	held->next_free = store->free_of[held->units];
	store->free_of[held->units] = number;
	store->sets--;
	store->units_used -= held->units;
}

void l7_info_store_read_stats(const struct l7_info_store *store, struct l7_info_store_stats *stats)
{
	*stats = (struct l7_info_store_stats){ .sets = store->sets,
		.refused = store->refused,
		.bytes = store->units_used * UNIT_BYTES + store->sets * sizeof(struct slot) };
}
