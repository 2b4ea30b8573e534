#include "collector/fragments.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"

enum { GROUP_COUNT = 2048, GROUP_PLACES = 4 };

/* Reassembly gives up after 15 to 60 seconds (RFC 1122 3.3.2, RFC 8200 4.5). */
#define BELIEVED_NS (30 * NS_PER_S)

struct place {
	struct fragment_key key;
	struct fragment_start start;
	bool used;
	uint64_t time_ns;
};

struct fragments {
	struct hash_key hash_key;
	struct place places[GROUP_COUNT][GROUP_PLACES];
};

struct fragments *fragments_create(void)
{
	struct fragments *fragments = calloc(1, sizeof(*fragments));

	if (fragments) {
		fragments->hash_key = hash_key_random();
	}
	return fragments;
}

void fragments_destroy(struct fragments *fragments)
{
	free(fragments);
}

static struct place *group_of(struct fragments *fragments, const struct fragment_key *key)
{
	return fragments->places[hash_bytes(&fragments->hash_key, key, sizeof(*key)) % GROUP_COUNT];
}

void fragments_remember(struct fragments *fragments, const struct fragment_key *key,
	const struct fragment_start *start, uint64_t now_ns)
{
	struct place *group = group_of(fragments, key), *chosen = &group[0];

	for (unsigned i = 0; i < GROUP_PLACES; i++) {
		struct place *place = &group[i];
		if (place->used && memcmp(&place->key, key, sizeof(*key)) == 0) {
			chosen = place;
			break;
		}
		if (chosen->used && (!place->used || place->time_ns < chosen->time_ns)) {
			chosen = place;
		}
	}
	*chosen = (struct place){ *key, *start, true, now_ns };
}

const struct fragment_start *fragments_find(
	struct fragments *fragments, const struct fragment_key *key, uint64_t now_ns)
{
	struct place *group = group_of(fragments, key);

	for (unsigned i = 0; i < GROUP_PLACES; i++) {
		struct place *place = &group[i];
		if (place->used && memcmp(&place->key, key, sizeof(*key)) == 0) {
			uint64_t age_ns = now_ns > place->time_ns ? now_ns - place->time_ns
								  : place->time_ns - now_ns;
			return age_ns <= BELIEVED_NS ? &place->start : NULL;
		}
	}
	return NULL;
}
