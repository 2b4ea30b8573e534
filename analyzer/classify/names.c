#include "analyzer/classify/names.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/classify/lookups.h"
#include "base/hash.h"
#include "collector/reserve.h"

enum { WAYS = 4 };

/* With the number of an l7 info: from an answer that nobody asked for. */
#define NOT_ASKED (UINT32_C(1) << 31)

/* The hash stands for the key: two keys of the same 64 keyed bits are not to be expected, and not
 * to be made. */
struct entry {
	uint64_t hash;
	uint32_t l7;     /* 0: free, or, where ends_s is set, an address that has several names */
	uint32_t ends_s; /* seconds since 1970; 0: free */
};

struct set {
	struct entry entries[WAYS];
};

_Static_assert(sizeof(struct set) == 64, "one cache line");

struct names {
	struct set *sets;
	struct l7_info_store *store;
	uint64_t set_mask;
	uint64_t used, given_up, alone; /* alone: entries by address alone, ever made */
	bool joins;
	struct lookups *lookups; /* the caller's; NULL: nobody asks where names come from */
	struct hash_key key;
};

struct names *names_create(uint32_t limit, struct l7_info_store *store)
{
	struct names *names = calloc(1, sizeof(*names));
	uint64_t sets = 1;

	if (!names) {
		return NULL;
	}
	while (sets * WAYS < limit) {
		sets *= 2;
	}
	names->sets = reserve_map(sets * sizeof(struct set));
	if (!names->sets) {
		free(names);
		return NULL;
	}
	names->set_mask = sets - 1;
	names->store = store;
	names->key = hash_key_random();
	return names;
}

/* The references that the entries hold end with the store, which its owner destroys after us. */
void names_destroy(struct names *names)
{
	if (names) {
		reserve_unmap(names->sets, (names->set_mask + 1) * sizeof(struct set));
		free(names);
	}
}

static uint64_t hash_of(
	const struct names *names, const struct addr *client, const struct addr *address)
{
	struct addr both[2] = { *client, *address };

	return hash_bytes(&names->key, both, sizeof(both));
}

/* By address alone: half the bytes, so never the hash of a pair. */
static uint64_t hash_of_address(const struct names *names, const struct addr *address)
{
	return hash_bytes(&names->key, address, sizeof(*address));
}

static inline struct set *set_of(const struct names *names, uint64_t hash)
{
	return names->sets + (hash & names->set_mask);
}

static struct names_place fetch(const struct names *names, uint64_t hash)
{
	__builtin_prefetch(set_of(names, hash), 1);
	return (struct names_place){ hash };
}

struct names_place names_prefetch(
	const struct names *names, const struct addr *client, const struct addr *address)
{
	return fetch(names, hash_of(names, client, address));
}

static struct entry *find(const struct names *names, uint64_t hash, uint32_t now_s)
{
	struct set *set = set_of(names, hash);

	for (unsigned i = 0; i < WAYS; i++) {
		struct entry *entry = set->entries + i;
		if (entry->hash == hash && entry->ends_s > now_s) {
			return entry;
		}
	}
	return NULL;
}

/* The entry of that hash, or the one of its set that is free or would end first. */
static struct entry *place_for(struct names *names, uint64_t hash, uint32_t now_s)
{
	struct set *set = set_of(names, hash);
	struct entry *best = set->entries;

	for (unsigned i = 0; i < WAYS; i++) {
		struct entry *entry = set->entries + i;
		if (entry->hash == hash && entry->ends_s) {
			return entry;
		}
		if (entry->ends_s < best->ends_s) {
			best = entry;
		}
	}
	names->used += best->ends_s == 0;
	names->given_up += best->ends_s > now_s;
	return best;
}

static size_t place_of(const struct names *names, const struct entry *entry)
{
	return (size_t)(entry - names->sets->entries);
}

static void put(struct names *names, uint64_t hash, uint32_t l7, uint32_t ends_s, uint32_t now_s)
{
	struct entry *entry = place_for(names, hash, now_s);
	uint32_t before = entry->l7 & ~NOT_ASKED;

	l7_info_store_hold(names->store, l7 & ~NOT_ASKED);
	*entry = (struct entry){ .hash = hash, .l7 = l7, .ends_s = ends_s };
	l7_info_store_release(names->store, before);
	if (names->lookups) {
		lookups_keep(names->lookups, place_of(names, entry));
	}
}

static uint32_t end_of(uint32_t ttl_s, uint32_t now_s)
{
	uint64_t life_s = ttl_s * UINT64_C(2);

	life_s = life_s < NAMES_LIFE_LEAST_S ? NAMES_LIFE_LEAST_S : life_s;
	life_s = life_s > NAMES_LIFE_MOST_S ? NAMES_LIFE_MOST_S : life_s;
	return now_s + (uint32_t)life_s;
}

bool names_track(struct names *names, struct lookups *lookups)
{
	names->lookups = lookups;
	return lookups_reserve(lookups, (names->set_mask + 1) * WAYS);
}

void names_join(struct names *names)
{
	names->joins = true;
}

/* What anybody got the address for: so many names of one address are kept. */
enum { JOINED_NAMES = 4 };
static uint64_t hash_of_joined(
	const struct names *names, const struct addr *address, uint32_t place)
{
	struct {
		struct addr address;
		uint32_t place;
	} key = { *address, place };

	return hash_bytes(&names->key, &key, sizeof(key));
}

/* One of those names that the client has asked for. */
static const struct entry *find_joined(const struct names *names, const struct addr *client,
	const struct addr *address, uint64_t now_ns)
{
	uint32_t now_s = (uint32_t)(now_ns / 1000000000);

	for (uint32_t place = 0; place < JOINED_NAMES; place++) {
		const struct entry *entry =
			find(names, hash_of_joined(names, address, place), now_s);
		const struct l7_info *l7 =
			entry ? l7_info_store_get(names->store, entry->l7) : NULL;
		if (l7 && l7->name_count > 0 &&
			names_know_lookup(
				names, client, l7_info_name(l7, 0), l7->names[0].length, now_ns)) {
			return entry;
		}
	}
	return NULL;
}

void names_add(struct names *names, struct names_place place, const struct addr *client,
	const struct addr *address, uint32_t l7, bool was_asked, uint32_t ttl_s, uint64_t now_ns)
{
	uint32_t now_s = (uint32_t)(now_ns / 1000000000), ends_s = end_of(ttl_s, now_s);
	uint64_t hash = place.hash;

	if (!was_asked) {
		const struct entry *known = find(names, hash, now_s);
		if (!known || known->l7 & NOT_ASKED) {
			put(names, hash, l7 | NOT_ASKED, ends_s, now_s);
		}
		return;
	}
	put(names, hash, l7, ends_s, now_s);
	if (names->joins) {
		put(names, hash_of_joined(names, address, l7 % JOINED_NAMES), l7, ends_s, now_s);
	}
	if (addr_is_v4(client) != addr_is_v4(address)) {
		uint64_t alone = hash_of_address(names, address);
		const struct entry *known = find(names, alone, now_s);
		bool several = known && known->l7 != l7;
		put(names, alone, several ? 0 : l7, ends_s, now_s);
		names->alone++;
	}
}

/* A pair that leads to no address: so long keys are nobody else's. */
static uint64_t hash_of_lookup(
	const struct names *names, const struct addr *client, const char *name, size_t length)
{
	struct {
		struct addr client[3];
		char name[L7_INFO_NAME_MAX];
	} key;

	length = length < sizeof(key.name) ? length : sizeof(key.name);
	key.client[0] = key.client[1] = key.client[2] = *client;
	memcpy(key.name, name, length);
	return hash_bytes(&names->key, &key, sizeof(key.client) + length);
}

struct names_place names_prefetch_lookup(
	const struct names *names, const struct addr *client, const char *name, size_t length)
{
	return fetch(names, hash_of_lookup(names, client, name, length));
}

void names_note_lookup(struct names *names, struct names_place place, uint64_t now_ns)
{
	uint32_t now_s = (uint32_t)(now_ns / 1000000000);

	put(names, place.hash, 0, now_s + NAMES_LIFE_MOST_S, now_s);
}

bool names_know_lookup(const struct names *names, const struct addr *client, const char *name,
	size_t length, uint64_t now_ns)
{
	uint32_t now_s = (uint32_t)(now_ns / 1000000000);

	return find(names, hash_of_lookup(names, client, name, length), now_s) != NULL;
}

static uint64_t hash_of_pair(
	const struct names *names, const struct addr *client, const struct addr *address)
{
	struct addr key[4] = { *client, *address, *client, *address };

	return hash_bytes(&names->key, key, sizeof(key));
}

void names_note_pair(
	struct names *names, const struct addr *client, const struct addr *address, uint64_t now_ns)
{
	uint32_t now_s = (uint32_t)(now_ns / 1000000000);
	uint64_t hash = hash_of_pair(names, client, address);

	if (!find(names, hash, now_s)) {
		put(names, hash, 0, now_s + NAMES_LIFE_MOST_S, now_s);
	}
}

uint64_t names_pair_since(const struct names *names, const struct addr *client,
	const struct addr *address, uint64_t now_ns)
{
	const struct entry *entry =
		find(names, hash_of_pair(names, client, address), (uint32_t)(now_ns / 1000000000));

	return entry ? (uint64_t)(entry->ends_s - NAMES_LIFE_MOST_S) * 1000000000 : UINT64_MAX;
}

static const struct entry *find_pair(const struct names *names, uint64_t hash,
	const struct addr *client, const struct addr *address, uint64_t now_ns)
{
	uint32_t now_s = (uint32_t)(now_ns / 1000000000);
	const struct entry *entry = find(names, hash, now_s);

	if (!entry && names->alone && addr_is_v4(client) == addr_is_v4(address)) {
		entry = find(names, hash_of_address(names, address), now_s);
	}
	if (!entry && names->joins) {
		entry = find_joined(names, client, address, now_ns);
	}
	return entry;
}

uint32_t names_find(const struct names *names, struct names_place place, const struct addr *client,
	const struct addr *address, uint64_t now_ns)
{
	const struct entry *entry = find_pair(names, place.hash, client, address, now_ns);

	return entry ? entry->l7 & ~NOT_ASKED : 0;
}

static void credit(const struct names *names, const struct entry *entry, uint32_t serial)
{
	if (entry && names->lookups) {
		lookups_name(names->lookups, place_of(names, entry), serial);
	}
}

void names_credit(const struct names *names, const struct addr *client, const struct addr *address,
	uint64_t now_ns, uint32_t serial)
{
	credit(names, find_pair(names, hash_of(names, client, address), client, address, now_ns),
		serial);
}

void names_credit_lookup(const struct names *names, const struct addr *client, const char *name,
	size_t length, uint64_t now_ns, uint32_t serial)
{
	credit(names,
		find(names, hash_of_lookup(names, client, name, length),
			(uint32_t)(now_ns / 1000000000)),
		serial);
}

bool names_are_empty(const struct names *names)
{
	return names->used == 0;
}

uint64_t names_given_up(const struct names *names)
{
	return names->given_up;
}

uint64_t names_bytes(const struct names *names)
{
	return names->used * sizeof(struct entry);
}
