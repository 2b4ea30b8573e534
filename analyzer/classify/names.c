#include "analyzer/classify/names.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/classify/lookups.h"
#include "base/hash.h"
#include "base/quick_hash.h"
#include "collector/reserve.h"

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

static size_t entries_most(const struct names *names)
{
	return (size_t)names->sets_most * WAYS;
}

struct names *names_create(uint32_t limit, struct l7_info_store *store)
{
	struct names *names = calloc(1, sizeof(*names));

	if (!names) {
		return NULL;
	}
	names->sets_most = SETS_LEAST;
	while (entries_most(names) < limit && entries_most(names) < NAMES_LIMIT_MOST) {
		names->sets_most *= 2;
	}
	names->sets = reserve_map(names->sets_most * sizeof(struct set));
	names->entries = reserve_map(entries_most(names) * sizeof(struct entry));
	if (!names->sets || !names->entries) {
		names_destroy(names);
		return NULL;
	}
	names->set_mask = SETS_LEAST - 1;
	names->store = store;
	names->key = hash_key_random();
	return names;
}

/* The references that the entries hold end with the store, which its owner destroys after us. */
void names_destroy(struct names *names)
{
	if (names) {
		reserve_unmap(names->sets, names->sets_most * sizeof(struct set));
		reserve_unmap(names->entries, entries_most(names) * sizeof(struct entry));
		free(names);
	}
}

static uint64_t cut(uint64_t hash)
{
	return hash & ((UINT64_C(1) << HASH_BITS) - 1);
}

static uint64_t hash_of(
	const struct names *names, const struct addr *client, const struct addr *address)
{
	struct addr both[2] = { *client, *address };

	return cut(hash_bytes(&names->key, both, sizeof(both)));
}

/* By address alone: half the bytes, so never the hash of a pair. */
static uint64_t hash_of_address(const struct names *names, const struct addr *address)
{
	return cut(hash_bytes(&names->key, address, sizeof(*address)));
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

static uint32_t slot_of(uint64_t hash, uint32_t number)
{
	return (uint32_t)(hash >> 32) << NUMBER_BITS | UINT32_C(1) << 31 | number;
}

static struct entry *entry_at(const struct names *names, uint32_t slot)
{
	return names->entries + (slot & NUMBERS);
}

static uint32_t number_of(const struct names *names, const struct entry *entry)
{
	return (uint32_t)(entry - names->entries);
}

/* The entry of that hash, also one that has ended. */
static struct entry *find_any(const struct names *names, uint64_t hash)
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

static struct entry *find(const struct names *names, uint64_t hash, uint32_t now_s)
{
	struct entry *entry = find_any(names, hash);

	return entry && entry->ends_s > now_s ? entry : NULL;
}

/* The first free slot of the set; where there is none, that of the entry that ends first. Entries
 * lie anywhere, and are asked only then. */
static uint32_t *slot_for(const struct names *names, uint64_t hash)
{
	struct set *set = set_of(names, hash);
	uint32_t *first = set->slots;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set->slots[i] == 0) {
			return &set->slots[i];
		}
	}
	for (unsigned i = 1; i < WAYS; i++) {
		uint32_t *slot = &set->slots[i];
		if (entry_at(names, *slot)->ends_s < entry_at(names, *first)->ends_s) {
			first = slot;
		}
	}
	return first;
}

/* Twice as many sets: each has a part of what one had, and so has room for it. */
static void grow(struct names *names)
{
	memset(names->sets, 0, (names->set_mask + (size_t)1) * sizeof(struct set));
	names->set_mask = 2 * names->set_mask + 1;
	for (uint32_t number = 0; number < names->used; number++) {
		uint64_t hash = names->entries[number].hash;
		*slot_for(names, hash) = slot_of(hash, number);
	}
}

/* The entry of that hash, or a new one, or the one that gives way to it. */
static struct entry *place_for(struct names *names, uint64_t hash, uint32_t now_s)
{
	struct entry *known = find_any(names, hash);

	if (known) {
		return known;
	}
	uint32_t *slot = slot_for(names, hash);
	while (*slot && entry_at(names, *slot)->ends_s > now_s &&
		names->set_mask + 1 < names->sets_most) {
		grow(names);
		slot = slot_for(names, hash);
	}
	uint32_t number = *slot ? *slot & NUMBERS : names->used++;
	*slot = slot_of(hash, number);
	names->given_up += names->entries[number].ends_s > now_s;
	return names->entries + number;
}

static void put(struct names *names, const struct entry *says, uint32_t now_s)
{
	struct entry *entry = place_for(names, says->hash, now_s);
	uint32_t before = entry->l7;

	l7_info_store_hold(names->store, says->l7);
	*entry = *says;
	l7_info_store_release(names->store, before);
	if (names->lookups) {
		lookups_keep(names->lookups, number_of(names, entry));
	}
}

static uint32_t end_of(uint32_t ttl_s, uint32_t now_s)
{
	uint64_t life_s = (uint64_t)ttl_s + NAMES_KEPT_S + NAMES_OLD_S;

	return now_s + (uint32_t)(life_s < NAMES_LIFE_MOST_S ? life_s : NAMES_LIFE_MOST_S);
}

static bool is_old(const struct entry *entry, uint32_t now_s)
{
	return entry->ends_s - NAMES_OLD_S <= now_s;
}

bool names_track(struct names *names, struct lookups *lookups)
{
	names->lookups = lookups;
	return lookups_reserve(lookups, entries_most(names));
}

void names_join(struct names *names, bool are_late)
{
	names->joins = true;
	names->are_late = are_late;
}

/* Since when there is the entry of that hash, beside it, as an entry that ends a day later. */
static uint64_t hash_of_since(uint64_t hash)
{
	return cut(~hash);
}

static void put_since(struct names *names, uint64_t hash, uint32_t now_s)
{
	const struct entry since = { .hash = hash_of_since(hash),
		.ends_s = now_s + NAMES_LIFE_MOST_S };

	put(names, &since, now_s);
}

void names_note_since(struct names *names, struct names_place place, uint64_t now_ns)
{
	uint32_t now_s = (uint32_t)(now_ns / 1000000000);

	if (!find(names, hash_of_since(place.hash), now_s)) {
		put_since(names, place.hash, now_s);
	}
}

static bool was_there(const struct names *names, uint64_t hash, uint64_t then_ns, uint64_t now_ns)
{
	const struct entry *since =
		find(names, hash_of_since(hash), (uint32_t)(now_ns / 1000000000));

	return since && since->ends_s - NAMES_LIFE_MOST_S <= then_ns / 1000000000;
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

	return cut(hash_bytes(&names->key, &key, sizeof(key)));
}

static void join(
	struct names *names, const struct addr *address, struct entry says, uint64_t now_ns)
{
	uint32_t now_s = (uint32_t)(now_ns / 1000000000);

	says.hash = hash_of_joined(names, address, says.l7 % JOINED_NAMES);
	says.asker = NAMES_ASKER_UNTOLD;
	if (names->are_late) {
		const struct entry *known = find(names, says.hash, now_s);
		if (known && known->l7 == says.l7) {
			names_note_since(names, (struct names_place){ says.hash }, now_ns);
		} else {
			put_since(names, says.hash, now_s);
		}
	}
	put(names, &says, now_s);
}

static uint64_t hash_of_others(uint64_t hash)
{
	return cut(hash << HASH_BITS / 2 | hash >> HASH_BITS / 2);
}

/* Is the first name of both the same? */
static bool is_same_name(const struct names *names, uint32_t a, uint32_t b)
{
	const struct l7_info *left = l7_info_store_get(names->store, a);
	const struct l7_info *right = l7_info_store_get(names->store, b);

	return a == b || (left->name_count > 0 && right->name_count > 0 &&
				 strcmp(l7_info_name(left, 0), l7_info_name(right, 0)) == 0);
}

static void add_first_name(struct l7_info *to, const struct l7_info *from)
{
	if (from->name_count > 0) {
		l7_info_add_name(to, (enum name_source)from->names[0].source, l7_info_name(from, 0),
			from->names[0].length);
	}
}

static bool holds(const struct l7_info *l7, const struct l7_info *other)
{
	for (unsigned i = 0; i < l7->name_count; i++) {
		if (strcmp(l7_info_name(l7, i), l7_info_name(other, 0)) == 0) {
			return true;
		}
	}
	return false;
}

/* What is known beside an entry, and that name: a few, and that there were more. */
static uint32_t with_other(struct names *names, uint32_t before, uint32_t l7)
{
	enum { OTHERS_MOST = 4 };
	static const char more[] = "\xe2\x80\xa6";
	const struct l7_info *known = l7_info_store_get(names->store, before);
	const struct l7_info *other = l7_info_store_get(names->store, l7);
	struct l7_info all;

	if (known->name_count > OTHERS_MOST || other->name_count == 0 || holds(known, other)) {
		l7_info_store_hold(names->store, before);
		return before;
	}
	l7_info_copy(&all, known);
	if (known->name_count == OTHERS_MOST) {
		l7_info_add_name(&all, NAME_USED, more, sizeof(more) - 1);
	} else {
		add_first_name(&all, other);
	}
	return l7_info_store_add(names->store, &all);
}

/* It alone. */
static uint32_t first_other(struct names *names, uint32_t l7)
{
	struct l7_info all;

	l7_info_clear(&all);
	add_first_name(&all, l7_info_store_get(names->store, l7));
	return l7_info_store_add(names->store, &all);
}

/* Beside what the entry of that hash says there is another name, until then. */
static void keep_other(
	struct names *names, uint64_t hash, uint32_t l7, uint32_t ends_s, uint32_t now_s)
{
	struct entry says = { .hash = hash_of_others(hash), .ends_s = ends_s };
	const struct entry *known = find(names, says.hash, now_s);
	uint32_t number = known ? with_other(names, known->l7, l7) : first_other(names, l7);

	if (known && known->ends_s > ends_s) {
		says.ends_s = known->ends_s;
	}
	if (number) {
		says.l7 = number;
		put(names, &says, now_s);
		l7_info_store_release(names->store, number);
	}
}

/* The latest answer, in the place of the one before: where that had another name, it stays known
 * beside it. */
static void put_asked(struct names *names, struct entry *says, uint32_t now_s)
{
	const struct entry *known = find(names, says->hash, now_s);

	if (known && known->l7 && known->was_asked) {
		says->has_others = known->has_others;
		if (!is_same_name(names, known->l7, says->l7)) {
			says->has_others = true;
			keep_other(names, says->hash, known->l7, known->ends_s, now_s);
		}
	}
	put(names, says, now_s);
}

/* By address alone, whoever asks, as long as all have one name for it. */
static void put_alone(
	struct names *names, const struct addr *address, struct entry says, uint32_t now_s)
{
	says.hash = hash_of_address(names, address);
	const struct entry *known = find(names, says.hash, now_s);
	bool several = known && known->l7 != says.l7;

	says.l7 = several ? 0 : says.l7;
	says.has_others = false;
	put(names, &says, now_s);
	names->alone++;
}

void names_add(struct names *names, struct names_place place, const struct addr *client,
	const struct addr *address, const struct names_answer *answer, uint64_t now_ns)
{
	uint32_t now_s = (uint32_t)(now_ns / 1000000000);
	struct entry says = { .hash = place.hash,
		.l7 = answer->l7 & L7_INFO_NUMBER_MOST,
		.asker = answer->asker & (NAMES_ASKER_COUNT - 1),
		.was_asked = answer->was_asked,
		.ends_s = end_of(answer->ttl_s, now_s) };

	if (!answer->was_asked) {
		const struct entry *known = find(names, says.hash, now_s);
		if (!known || !known->was_asked) {
			put(names, &says, now_s);
		}
		return;
	}
	put_asked(names, &says, now_s);
	if (names->joins) {
		join(names, address, says, now_ns);
	}
	if (addr_is_v4(client) != addr_is_v4(address)) {
		put_alone(names, address, says, now_s);
	}
}

void names_use(struct names *names, const struct addr *client, const struct addr *address,
	uint32_t l7, uint64_t now_ns)
{
	uint32_t now_s = (uint32_t)(now_ns / 1000000000);
	uint64_t hash = hash_of(names, client, address);
	struct entry *known = find(names, hash, now_s);

	if (known && known->l7 && known->was_asked && !is_same_name(names, known->l7, l7)) {
		known->has_others = true;
		keep_other(names, hash, l7, known->ends_s, now_s);
	}
}

uint16_t names_asker(const struct names *names, const uint8_t mac[6])
{
	uint64_t bits = 0;

	memcpy(&bits, mac, 6);
	bits = quick_hash(names->key.words[0], bits) % (NAMES_ASKER_COUNT - NAMES_ASKER_FIRST);
	return (uint16_t)(NAMES_ASKER_FIRST + bits);
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
	return cut(hash_bytes(&names->key, &key, sizeof(key.client) + length));
}

struct names_place names_prefetch_lookup(
	const struct names *names, const struct addr *client, const char *name, size_t length)
{
	return fetch(names, hash_of_lookup(names, client, name, length));
}

void names_note_lookup(struct names *names, struct names_place place, uint64_t now_ns)
{
	uint32_t now_s = (uint32_t)(now_ns / 1000000000);
	const struct entry says = { .hash = place.hash, .ends_s = now_s + NAMES_LIFE_MOST_S };

	put(names, &says, now_s);
}

bool names_know_lookup(const struct names *names, const struct addr *client, const char *name,
	size_t length, uint64_t now_ns)
{
	uint32_t now_s = (uint32_t)(now_ns / 1000000000);

	return find(names, hash_of_lookup(names, client, name, length), now_s) != NULL;
}

/* Who has what is known by address alone. */
static const struct addr anybody;

static void put_contest(struct names *names, const struct addr *client, const char *name,
	size_t length, uint32_t now_s)
{
	const struct entry says = { .hash = hash_of_others(
					    hash_of_lookup(names, client, name, length)),
		.ends_s = now_s + NAMES_LIFE_MOST_S };

	put(names, &says, now_s);
}

void names_contest(struct names *names, const struct addr *client, const struct addr *address,
	const char *name, size_t length, uint64_t now_ns)
{
	uint32_t now_s = (uint32_t)(now_ns / 1000000000);
	const struct entry *entry = find(names, hash_of(names, client, address), now_s);
	const struct l7_info *known = entry && entry->l7 && entry->was_asked
					      ? l7_info_store_get(names->store, entry->l7)
					      : NULL;

	if (!known || strcmp(l7_info_name(known, 0), name) != 0) {
		names->contests++;
		put_contest(names, client, name, length, now_s);
		put_contest(names, &anybody, name, length, now_s);
	}
}

/* Of the name that an entry of the client's, or of anybody's, begins with. */
static bool is_contested(const struct names *names, const struct addr *client,
	const struct entry *entry, uint32_t now_s)
{
	if (names->contests == 0 || !entry->l7) {
		return false;
	}
	const struct l7_info *l7 = l7_info_store_get(names->store, entry->l7);
	uint64_t lookup = hash_of_lookup(names, client, l7_info_name(l7, 0), l7->names[0].length);
	return find(names, hash_of_others(lookup), now_s) != NULL;
}

/* One of the names that anybody got the address for, which the client has asked for; both before
 * then, unless it is NULL. */
static const struct entry *find_joined(const struct names *names, const struct addr *client,
	const struct addr *address, const uint64_t *then_ns, uint64_t now_ns)
{
	uint32_t now_s = (uint32_t)(now_ns / 1000000000);

	for (uint32_t place = 0; place < JOINED_NAMES; place++) {
		uint64_t hash = hash_of_joined(names, address, place);
		const struct entry *entry = find(names, hash, now_s);
		const struct l7_info *l7 =
			entry ? l7_info_store_get(names->store, entry->l7) : NULL;
		if (!l7 || l7->name_count == 0) {
			continue;
		}
		uint64_t lookup =
			hash_of_lookup(names, client, l7_info_name(l7, 0), l7->names[0].length);
		if (then_ns ? was_there(names, hash, *then_ns, now_ns) &&
					was_there(names, lookup, *then_ns, now_ns)
			    : find(names, lookup, now_s) != NULL) {
			return entry;
		}
	}
	return NULL;
}

static const struct entry *find_pair(const struct names *names, uint64_t hash,
	const struct addr *client, const struct addr *address, uint32_t now_s)
{
	const struct entry *entry = find(names, hash, now_s);

	if (!entry && names->alone && addr_is_v4(client) == addr_is_v4(address)) {
		entry = find(names, hash_of_address(names, address), now_s);
	}
	return entry;
}

/* client: whose the entry is. */
static struct names_found found_in(const struct names *names, const struct entry *entry,
	const struct addr *client, uint32_t then_s, uint32_t now_s)
{
	struct names_found found = { 0 };

	if (entry) {
		const struct entry *others =
			entry->has_others ? find(names, hash_of_others(entry->hash), now_s) : NULL;
		found.l7 = entry->l7;
		found.others = others ? others->l7 : 0;
		found.asker = entry->was_asked ? entry->asker : NAMES_ASKER_UNTOLD;
		found.is_old = is_old(entry, then_s);
		found.is_contested = is_contested(names, client, entry, now_s);
	}
	return found;
}

/* What others got is as old as the client's own question at least: when that was answered, and for
 * how long, nobody tells. */
static struct names_found found_joined(const struct names *names, const struct entry *entry,
	const struct addr *client, uint32_t then_s, uint32_t now_s)
{
	struct names_found found = found_in(names, entry, &anybody, then_s, now_s);

	if (entry) {
		const struct l7_info *l7 = l7_info_store_get(names->store, entry->l7);
		const struct entry *lookup = find(names,
			hash_of_lookup(names, client, l7_info_name(l7, 0), l7->names[0].length),
			now_s);
		found.is_old |= lookup->ends_s - NAMES_LIFE_MOST_S + NAMES_KEPT_S <= then_s;
	}
	return found;
}

static const struct addr *owner_of(
	const struct entry *entry, uint64_t hash, const struct addr *client)
{
	return entry && entry->hash == hash ? client : &anybody;
}

static uint32_t seconds_of(uint64_t time_ns)
{
	return (uint32_t)(time_ns / 1000000000);
}

struct names_found names_find(const struct names *names, struct names_place place,
	const struct addr *client, const struct addr *address, uint64_t now_ns)
{
	uint32_t now_s = seconds_of(now_ns);
	const struct entry *entry = find_pair(names, place.hash, client, address, now_s);

	if (entry || !names->joins) {
		return found_in(names, entry, owner_of(entry, place.hash, client), now_s, now_s);
	}
	return found_joined(
		names, find_joined(names, client, address, NULL, now_ns), client, now_s, now_s);
}

struct names_found names_find_late(const struct names *names, const struct addr *client,
	const struct addr *address, uint64_t then_ns, uint64_t now_ns)
{
	uint64_t hash = hash_of(names, client, address);
	uint32_t then_s = seconds_of(then_ns), now_s = seconds_of(now_ns);

	if (was_there(names, hash, then_ns, now_ns)) {
		const struct entry *entry = find_pair(names, hash, client, address, now_s);
		if (entry) {
			return found_in(names, entry, owner_of(entry, hash, client), then_s, now_s);
		}
	}
	const struct entry *entry =
		names->joins ? find_joined(names, client, address, &then_ns, now_ns) : NULL;
	return found_joined(names, entry, client, then_s, now_s);
}

static void credit(const struct names *names, const struct entry *entry, uint32_t serial)
{
	if (entry && names->lookups) {
		lookups_name(names->lookups, number_of(names, entry), serial);
	}
}

void names_credit(const struct names *names, const struct addr *client, const struct addr *address,
	uint64_t now_ns, uint32_t serial)
{
	const struct entry *entry = find_pair(names, hash_of(names, client, address), client,
		address, (uint32_t)(now_ns / 1000000000));

	if (!entry && names->joins) {
		entry = find_joined(names, client, address, NULL, now_ns);
	}
	credit(names, entry, serial);
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
