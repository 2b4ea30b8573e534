/* What the client has looked up, of a flow that begins. */
#include "analyzer/classify/lookups.h"
#include "analyzer/classify/names_parts.h"

static bool is_old(const struct entry *entry, uint32_t now_s)
{
	return entry->ends_s - NAMES_OLD_S <= now_s;
}

bool names_know_lookup(const struct names *names, const struct addr *client, const char *name,
	size_t length, uint64_t now_ns)
{
	uint32_t now_s = (uint32_t)(now_ns / 1000000000);

	return find(names, hash_of_lookup(names, client, name, length), now_s) != NULL;
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
