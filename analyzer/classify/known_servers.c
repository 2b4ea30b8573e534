#include "analyzer/classify/known_servers.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"

enum {
	SET_SIZE = 4,
	JUST_TAUGHT = 8192,
	TAUGHT_MINUTES = 10,
	COUNT_MAX = 50000,
	PREFIX_BITS_V4 = 96 + 24,
	PREFIX_BITS_V6 = 48,
};

_Static_assert(sizeof(struct known) == 64, "an entry is a cache line");

struct known_servers {
	struct hash_key key;
	uint32_t set_mask;
	uint64_t given_up;
	uint64_t just_taught[JUST_TAUGHT]; /* direct-mapped: device, server, app and time */
	struct known entries[];
};

struct known_servers *known_servers_create(uint32_t limit)
{
	uint32_t sets = 1;

	while (sets * SET_SIZE < limit) {
		sets *= 2;
	}
	struct known_servers *known =
		calloc(1, sizeof(*known) + sizeof(struct known) * SET_SIZE * sets);
	if (known) {
		/* The same file gives the same records. Whoever contrives collisions makes us
		 * forget at most SET_SIZE servers a set. */
		known->key = hash_key_fixed("borderflow known servers");
		known->set_mask = sets - 1;
	}
	return known;
}

void known_servers_destroy(struct known_servers *known)
{
	free(known);
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

/* What one level's key is made of; every byte is set. */
struct level_key {
	uint8_t level, reserved;
	uint16_t port;
	uint32_t asn;
	struct addr addr;
	char ja4[CLUE_JA4_MAX + 3];
};

static uint64_t hash_of(const struct known_servers *known, const struct level_key *key)
{
	uint64_t hash = hash_bytes(&known->key, key, sizeof(*key));

	return hash + (hash == 0);
}

static struct addr prefix_of(const struct addr *addr)
{
	unsigned bytes = (addr_is_v4(addr) ? PREFIX_BITS_V4 : PREFIX_BITS_V6) / 8;
	struct addr prefix = *addr;

	memset(prefix.bytes + bytes, 0, sizeof(prefix.bytes) - bytes);
	return prefix;
}

struct known_place known_servers_place(
	const struct known_servers *known, const struct record *record)
{
	const struct addr *remote = record_remote_addr(record);
	struct level_key key = {
		.level = KNOWN_NETWORK, .port = remote_port(record), .asn = record->place.asn
	};
	struct known_place place = { 0 };

	if (key.asn != 0) {
		place.hashes[KNOWN_NETWORK] = hash_of(known, &key);
	}
	key.level = KNOWN_PREFIX;
	key.asn = 0;
	key.addr = prefix_of(remote);
	place.hashes[KNOWN_PREFIX] = hash_of(known, &key);
	key.level = KNOWN_ADDRESS;
	key.addr = *remote;
	place.hashes[KNOWN_ADDRESS] = hash_of(known, &key);
	if (record->clues.ja4[0] != '\0') {
		key.level = KNOWN_HELLO;
		memcpy(key.ja4, record->clues.ja4, strlen(record->clues.ja4));
		place.hashes[KNOWN_HELLO] = hash_of(known, &key);
	}
	return place;
}

/* The entry, a free one, or the one of its set that was taught longest ago. */
static struct known *find_room(struct known_servers *known, uint64_t hash)
{
	struct known *set = &known->entries[(hash & known->set_mask) * SET_SIZE];
	struct known *oldest = set;

	for (unsigned i = 0; i < SET_SIZE; i++) {
		if (set[i].hash == hash || set[i].hash == 0) {
			return &set[i];
		}
		if (set[i].minute < oldest->minute) {
			oldest = &set[i];
		}
	}
	known->given_up++;
	oldest->hash = 0;
	return oldest;
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

static void teach_level(struct known_servers *known, uint64_t hash, uint32_t minute, uint16_t app)
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
	struct known_servers *known, const struct record *record, uint32_t minute, uint16_t app)
{
	struct {
		struct addr own, remote;
		uint32_t time;
		uint16_t port, app;
	} key = { *record_own_addr(record), *record_remote_addr(record), minute / TAUGHT_MINUTES,
		remote_port(record), app };
	uint64_t hash = hash_bytes(&known->key, &key, sizeof(key));
	uint64_t *taught = &known->just_taught[hash % JUST_TAUGHT];

	if (*taught == hash) {
		return true;
	}
	*taught = hash;
	return false;
}

void known_servers_teach(struct known_servers *known, const struct record *record, uint16_t app)
{
	uint32_t minute = minute_of(record);

	if (was_just_taught(known, record, minute, app)) {
		return;
	}
	struct known_place place = known_servers_place(known, record);
	for (unsigned level = 0; level < KNOWN_LEVEL_COUNT; level++) {
		if (place.hashes[level] != 0) {
			teach_level(known, place.hashes[level], minute, app);
		}
	}
}

const struct known *known_servers_find(
	const struct known_servers *known, uint64_t hash, uint32_t minute)
{
	const struct known *set = &known->entries[(hash & known->set_mask) * SET_SIZE];

	for (unsigned i = 0; hash != 0 && i < SET_SIZE; i++) {
		if (set[i].hash == hash) {
			return is_stale(&set[i], minute) ? NULL : &set[i];
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

/* What was an app that is gone counts as something else. */
static void renumber(struct known *entry, const uint16_t *rows, unsigned row_count)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < KNOWN_APPS_MAX && entry->apps[i].app != 0; i++) {
		uint16_t row = entry->apps[i].app < row_count ? rows[entry->apps[i].app] : 0;
		uint16_t count = entry->apps[i].count;
		entry->apps[i].app = 0;
		entry->apps[i].count = 0;
		if (row != 0) {
			entry->apps[kept].app = row;
			entry->apps[kept].count = count;
			kept++;
		}
	}
}

void known_servers_renumber(struct known_servers *known, const uint16_t *rows, unsigned row_count)
{
	uint64_t count = (known->set_mask + UINT64_C(1)) * SET_SIZE;

	for (uint64_t i = 0; i < count; i++) {
		if (known->entries[i].hash != 0) {
			renumber(&known->entries[i], rows, row_count);
		}
	}
	memset(known->just_taught, 0, sizeof(known->just_taught));
}

uint64_t known_servers_given_up(const struct known_servers *known)
{
	return known->given_up;
}
