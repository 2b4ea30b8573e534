#include "analyzer/attribute/server_profiles.h"

#include <string.h>

#include "base/quick_hash.h"
#include "base/clock.h"
#include "collector/reserve.h"

enum {
	SET_SIZE = 4,
	JUST_TAUGHT = 4096,
	TAUGHT_MINUTES = 10,
	COUNT_MAX = 50000,
	PREFIX_BITS_V4 = 96 + 24,
	PREFIX_BITS_V6 = 48,
};

_Static_assert(sizeof(struct known) == 64, "an entry is a cache line");

/* Where an entry belongs by its hash; the entries themselves stand as they came: a few lie on few
 * pages. */
struct slot {
	uint32_t tag;    /* of its hash */
	uint32_t number; /* of the entry, from 1 on; 0: free */
};

struct server_profiles {
	uint32_t set_mask, count;
	uint64_t given_up;
	uint32_t just_taught[JUST_TAUGHT]; /* direct-mapped: device, server, app and time */
	struct slot *slots;                /* sets of them, each filled from the front */
	struct known entries[];
};

static size_t bytes_of(size_t entries)
{
	return sizeof(struct server_profiles) +
	       entries * (sizeof(struct known) + sizeof(struct slot));
}

struct server_profiles *server_profiles_create(uint32_t limit)
{
	uint32_t sets = 1;

	while (sets * SET_SIZE < limit) {
		sets *= 2;
	}
	size_t count = (size_t)sets * SET_SIZE;
	struct server_profiles *known = reserve_map(bytes_of(count));
	if (known) {
		known->set_mask = sets - 1;
		known->slots = (struct slot *)(void *)&known->entries[count];
	}
	return known;
}

void server_profiles_destroy(struct server_profiles *known)
{
	if (known) {
		reserve_unmap(known, bytes_of(server_profiles_size(known)));
	}
}

static uint16_t remote_port(const struct record *record)
{
	return record->own_side == RECORD_SOURCE ? record->flow.destination_port
						 : record->flow.source_port;
}

static uint32_t minute_of(const struct record *record)
{
	return (uint32_t)(record->flow.end_ns / (60 * NS_PER_S));
}

static uint64_t hash_prefix(uint64_t hash, const struct addr *addr)
{
	struct addr prefix = *addr;
	unsigned bytes = (addr_is_v4(addr) ? PREFIX_BITS_V4 : PREFIX_BITS_V6) / 8;

	memset(prefix.bytes + bytes, 0, sizeof(prefix.bytes) - bytes);
	return quick_hash_addr(hash, &prefix);
}

static uint64_t hash_ja4(uint64_t hash, const char ja4[L7_INFO_JA4_MAX])
{
	char padded[(L7_INFO_JA4_MAX + 7) / 8 * 8] = { 0 };

	memcpy(padded, ja4, strlen(ja4));
	for (size_t at = 0; at < sizeof(padded); at += 8) {
		uint64_t word;
		memcpy(&word, padded + at, sizeof(word));
		hash = quick_hash(hash, word);
	}
	return hash;
}

/* 0 stands for "no entry". */
static uint64_t finish(uint64_t hash)
{
	return hash + (hash == 0);
}

struct known_place server_profiles_place(const struct record *record)
{
	const struct addr *remote = record_remote_addr(record);
	uint64_t port = remote_port(record);
	struct known_place place = { 0 };

	if (record->place.asn != 0) {
		place.hashes[KNOWN_NETWORK] =
			finish(quick_hash(KNOWN_NETWORK + 1, port << 32 | record->place.asn));
	}
	place.hashes[KNOWN_PREFIX] =
		finish(hash_prefix(quick_hash(KNOWN_PREFIX + 1, port), remote));
	place.hashes[KNOWN_ADDRESS] =
		finish(quick_hash_addr(quick_hash(KNOWN_ADDRESS + 1, port), remote));
	if (record->l7.ja4[0] != '\0') {
		place.hashes[KNOWN_HELLO] =
			finish(hash_ja4(place.hashes[KNOWN_ADDRESS], record->l7.ja4));
	}
	return place;
}

static struct slot *set_of(const struct server_profiles *known, uint64_t hash)
{
	return &known->slots[(hash & known->set_mask) * SET_SIZE];
}

static uint32_t tag_of(uint64_t hash)
{
	return (uint32_t)(hash >> 32);
}

/* The entry, a free one, or the one of its set that was taught longest ago. */
static struct known *find_room(struct server_profiles *known, uint64_t hash)
{
	struct slot *set = set_of(known, hash), *oldest = set;

	for (unsigned i = 0; i < SET_SIZE; i++) {
		if (set[i].number == 0) {
			set[i] = (struct slot){ tag_of(hash), ++known->count };
			return &known->entries[set[i].number - 1];
		}
		struct known *entry = &known->entries[set[i].number - 1];
		if (entry->hash == hash) {
			return entry;
		}
		if (entry->minute < known->entries[oldest->number - 1].minute) {
			oldest = &set[i];
		}
	}
	struct known *entry = &known->entries[oldest->number - 1];
	known->given_up++;
	oldest->tag = tag_of(hash);
	entry->hash = 0;
	return entry;
}

static void halve(struct known *entry)
{
	entry->total /= 2;
	for (unsigned i = 0; i < KNOWN_APPS_MAX; i++) {
		entry->apps[i].count /= 2;
	}
}

/* Where all places are taken the app stays among what was something else. */
static void count_app(struct known *entry, uint16_t app)
{
	entry->total++;
	for (unsigned i = 0; app != 0 && i < KNOWN_APPS_MAX; i++) {
		if (entry->apps[i].app == app || entry->apps[i].app == 0) {
			entry->apps[i].app = app;
			entry->apps[i].count++;
			return;
		}
	}
}

static bool is_stale(const struct known *entry, uint32_t minute)
{
	uint32_t apart = minute > entry->minute ? minute - entry->minute : entry->minute - minute;

	return apart > KNOWN_LIFE_MINUTES;
}

static void teach_level(struct server_profiles *known, uint64_t hash, uint32_t minute, uint16_t app)
{
	struct known *entry = find_room(known, hash);

	if (entry->hash == 0 || is_stale(entry, minute)) {
		*entry = (struct known){ .hash = hash };
	}
	entry->minute = minute;
	if (entry->total >= COUNT_MAX) {
		halve(entry);
	}
	count_app(entry, app);
}

static bool was_just_taught(
	struct server_profiles *known, const struct record *record, uint32_t minute, uint16_t app)
{
	uint64_t hash =
		quick_hash(minute / TAUGHT_MINUTES, (uint64_t)remote_port(record) << 16 | app);

	hash = quick_hash_addr(
		quick_hash_addr(hash, record_own_addr(record)), record_remote_addr(record));
	uint32_t *taught = &known->just_taught[hash % JUST_TAUGHT], tag = (uint32_t)(hash >> 32);

	if (*taught == tag) {
		return true;
	}
	*taught = tag;
	return false;
}

void server_profiles_teach(struct server_profiles *known, const struct record *record, uint16_t app)
{
	uint32_t minute = minute_of(record);

	if (was_just_taught(known, record, minute, app)) {
		return;
	}
	struct known_place place = server_profiles_place(record);
	for (unsigned level = 0; level < KNOWN_LEVEL_COUNT; level++) {
		__builtin_prefetch(set_of(known, place.hashes[level]), 1);
	}
	for (unsigned level = 0; level < KNOWN_LEVEL_COUNT; level++) {
		if (place.hashes[level] != 0) {
			teach_level(known, place.hashes[level], minute, app);
		}
	}
}

void server_profiles_prefetch(const struct server_profiles *known, const struct record *record)
{
	struct known_place place = server_profiles_place(record);

	for (unsigned level = 0; level < KNOWN_LEVEL_COUNT; level++) {
		__builtin_prefetch(set_of(known, place.hashes[level]));
	}
}

const struct known *server_profiles_find(
	const struct server_profiles *known, uint64_t hash, uint32_t minute)
{
	const struct slot *set = set_of(known, hash);

	for (unsigned i = 0; hash != 0 && i < SET_SIZE && set[i].number != 0; i++) {
		const struct known *entry = &known->entries[set[i].number - 1];
		if (set[i].tag == tag_of(hash) && entry->hash == hash) {
			return is_stale(entry, minute) ? NULL : entry;
		}
	}
	return NULL;
}

uint16_t known_count(const struct known *entry, uint16_t app)
{
	for (unsigned i = 0; i < KNOWN_APPS_MAX && entry->apps[i].app != 0; i++) {
		if (entry->apps[i].app == app) {
			return entry->apps[i].count;
		}
	}
	return 0;
}

uint64_t server_profiles_given_up(const struct server_profiles *known)
{
	return known->given_up;
}

uint32_t server_profiles_size(const struct server_profiles *known)
{
	return (known->set_mask + 1) * SET_SIZE;
}

const struct known *server_profiles_at(const struct server_profiles *known, uint32_t place)
{
	static const struct known none;
	uint32_t number = known->slots[place].number;

	return number ? &known->entries[number - 1] : &none;
}

void server_profiles_put(struct server_profiles *known, const struct known *entry)
{
	*find_room(known, entry->hash) = *entry;
}
