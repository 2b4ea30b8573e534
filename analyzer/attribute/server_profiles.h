/* Known servers: what named flows have shown servers to be used for.
 *
 * Counts, for each network (AS number), each prefix (/24, /48), each address and each address with
 * a client's fingerprint, all with the port: how often which app was used there, and how often
 * something else that had a name. A device counts once in ten minutes for each app and address, so
 * that a busy one does not speak for all.
 *
 * Memory   taken by server_profiles_create(): 8 bytes a place, in sets of four, and 64 an entry,
 *          which are touched in the order in which they came.
 * Threads  one.
 * Failure  a full set gives up the entry that was taught longest ago, and counts.
 * Cost     teaching what was just taught: one hash and one probe, else four of each. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/record/record.h"
#include "base/text.h"

/* From the widest to the closest; each holds a part of what the one before it holds. */
enum known_level { KNOWN_NETWORK, KNOWN_PREFIX, KNOWN_ADDRESS, KNOWN_HELLO, KNOWN_LEVEL_COUNT };

enum { KNOWN_APPS_MAX = 12, KNOWN_LIFE_MINUTES = 7 * 24 * 60 };

/* What is known of one of them. Counts are halved together before they overflow. */
struct known {
	uint64_t hash;   /* 0: no entry */
	uint32_t minute; /* when it was last taught */
	uint16_t total;  /* all of it: apps, and what was something else */
	uint16_t reserved;
	struct {
		uint16_t app, count; /* app 0: none from here on */
	} apps[KNOWN_APPS_MAX];
};

/* Where to look for a server; hash 0: this level does not exist for it. */
struct known_place {
	uint64_t hashes[KNOWN_LEVEL_COUNT];
};

struct server_profiles;

struct server_profiles *server_profiles_create(uint32_t limit); /* NULL: out of memory */
void server_profiles_destroy(struct server_profiles *known);

/* The remote end of the record. */
struct known_place server_profiles_place(const struct record *record);

/* A named flow was of this app; 0: of something else. */
void server_profiles_teach(
	struct server_profiles *known, const struct record *record, uint16_t app);

void server_profiles_prefetch(const struct server_profiles *known, const struct record *record);

/* NULL where nothing is known, or nothing that is younger than KNOWN_LIFE_MINUTES. */
const struct known *server_profiles_find(
	const struct server_profiles *known, uint64_t hash, uint32_t minute);

uint16_t known_count(const struct known *entry, uint16_t app);

uint64_t server_profiles_given_up(const struct server_profiles *known);

/* Entries by place, 0..size-1; hash 0: none there. And one from elsewhere, as it is. */
uint32_t server_profiles_size(const struct server_profiles *known);
const struct known *server_profiles_at(const struct server_profiles *known, uint32_t place);
void server_profiles_put(struct server_profiles *known, const struct known *entry);

/* All of it as bytes to keep, with apps by their ids. False: out of memory. Reading it back: false
 * where it is not whole; what was read until then is known. */
bool server_profiles_save(const struct server_profiles *known, struct text *text);
bool server_profiles_load(struct server_profiles *known, const char *content, size_t count);
