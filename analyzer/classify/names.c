#include "analyzer/classify/names.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/classify/lookups.h"
#include "analyzer/classify/names_parts.h"
#include "base/quick_hash.h"
#include "collector/reserve.h"

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
