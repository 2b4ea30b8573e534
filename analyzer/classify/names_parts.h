/* What stands behind names.h, for names.c, which fills the table, and names_find.c, which asks it.
 */
#pragma once

#include <string.h>

#include "analyzer/classify/names.h"
#include "base/hash.h"

/* The hash stands for the key: two keys of the same 48 keyed bits are not to be expected in one
 * set, and not to be made. */
enum { HASH_BITS = 48 };

struct entry {
	uint64_t hash : HASH_BITS;
	uint64_t asker : 16;
	uint32_t l7 : L7_INFO_NUMBER_BITS; /* 0: an address that has several names, or something
					      that has none */
	uint32_t was_asked : 1;
	uint32_t has_others : 1; /* there were, beside it */
	uint32_t ends_s;         /* seconds since 1970 */
};

_Static_assert(sizeof(struct entry) == 16 && NAMES_ASKER_COUNT == 1 << 16, "four a cache line");

/* Where entries stand, by their hashes: the number of each, below a part of its hash. A set is
 * filled from the front; 0 is free. */
enum { WAYS = 16, SETS_LEAST = 1, NUMBER_BITS = 20 };

#define NUMBERS ((UINT32_C(1) << NUMBER_BITS) - 1)

struct set {
	uint32_t slots[WAYS];
};

_Static_assert(sizeof(struct set) == 64, "one cache line");
_Static_assert(NAMES_LIMIT_MOST == NUMBERS + 1, "each entry has a number");

struct names {
	struct set *sets;
	struct entry *entries; /* as they came: a few lie on few pages */
	struct l7_info_store *store;
	uint32_t set_mask, sets_most; /* there are more sets as entries need them */
	uint32_t used;
	uint64_t given_up, alone; /* alone: entries by address alone, ever made */
	uint64_t contests;        /* answers in doubt, ever found */
	bool joins, are_late;     /* are_late: names may come after the flow that they lead to */
	struct lookups *lookups;  /* the caller's; NULL: nobody asks where names come from */
	struct hash_key key;
};

static inline uint64_t cut(uint64_t hash)
{
	return hash & ((UINT64_C(1) << HASH_BITS) - 1);
}

static inline uint64_t hash_of(
	const struct names *names, const struct addr *client, const struct addr *address)
{
	struct addr both[2] = { *client, *address };

	return cut(hash_bytes(&names->key, both, sizeof(both)));
}

/* By address alone: half the bytes, so never the hash of a pair. */
static inline uint64_t hash_of_address(const struct names *names, const struct addr *address)
{
	return cut(hash_bytes(&names->key, address, sizeof(*address)));
}

static inline struct set *set_of(const struct names *names, uint64_t hash)
{
	return names->sets + (hash & names->set_mask);
}

static inline uint32_t slot_of(uint64_t hash, uint32_t number)
{
	return (uint32_t)(hash >> 32) << NUMBER_BITS | UINT32_C(1) << 31 | number;
}

static inline struct entry *entry_at(const struct names *names, uint32_t slot)
{
	return names->entries + (slot & NUMBERS);
}

static inline uint32_t number_of(const struct names *names, const struct entry *entry)
{
	return (uint32_t)(entry - names->entries);
}

/* The entry of that hash, also one that has ended. */
static inline struct entry *find_any(const struct names *names, uint64_t hash)
{
	const struct set *set = set_of(names, hash);
	uint32_t tag = slot_of(hash, 0);

	for (unsigned i = 0; i < WAYS && set->slots[i]; i++) {
		if ((set->slots[i] & ~NUMBERS) == tag &&
			entry_at(names, set->slots[i])->hash == hash) {
			return entry_at(names, set->slots[i]);
		}
	}
	return NULL;
}

static inline struct entry *find(const struct names *names, uint64_t hash, uint32_t now_s)
{
	struct entry *entry = find_any(names, hash);

	return entry && entry->ends_s > now_s ? entry : NULL;
}

/* Since when there is the entry of that hash, beside it, as an entry that ends a day later. */
static inline uint64_t hash_of_since(uint64_t hash)
{
	return cut(~hash);
}

static inline bool was_there(
	const struct names *names, uint64_t hash, uint64_t then_ns, uint64_t now_ns)
{
	const struct entry *since =
		find(names, hash_of_since(hash), (uint32_t)(now_ns / 1000000000));

	return since && since->ends_s - NAMES_LIFE_MOST_S <= then_ns / 1000000000;
}

/* What anybody got the address for: so many names of one address are kept. */
enum { JOINED_NAMES = 4 };
static inline uint64_t hash_of_joined(
	const struct names *names, const struct addr *address, uint32_t place)
{
	struct {
		struct addr address;
		uint32_t place;
	} key = { *address, place };

	return cut(hash_bytes(&names->key, &key, sizeof(key)));
}

static inline uint64_t hash_of_others(uint64_t hash)
{
	return cut(hash << HASH_BITS / 2 | hash >> HASH_BITS / 2);
}

/* A pair that leads to no address: so long keys are nobody else's. */
static inline uint64_t hash_of_lookup(
	const struct names *names, const struct addr *client, const char *name, size_t length)
{
	struct {
		struct addr client[3];
		char name[L7_INFO_NAME_MAX];
	} key;

	length = length < sizeof(key.name) ? length : sizeof(key.name);
	key.client[0] = key.client[1] = key.client[2] = *client;
	memcpy(key.name, name, length);
	return cut(hash_bytes(&names->key, &key, sizeof(key.client) + length));
}

/* Who has what is known by address alone. */
static const struct addr anybody;
