#include "analyzer/classify/flow_memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "collector/reserve.h"

enum { WAYS = 4 };

struct entry {
	uint64_t hash;
	uint32_t l7; /* 0: free */
	uint32_t time_s;
};

struct set {
	struct entry entries[WAYS];
};

_Static_assert(sizeof(struct set) == 64, "one cache line");

struct flow_memory {
	struct set *sets;
	struct l7_info_store *store;
	uint64_t set_mask, used;
	struct hash_key key;
};

struct flow_memory *flow_memory_create(uint32_t limit, struct l7_info_store *store)
{
	struct flow_memory *memory = calloc(1, sizeof(*memory));
	uint64_t sets = 1;

	if (!memory) {
		return NULL;
	}
	while (sets * WAYS < limit) {
		sets *= 2;
	}
	memory->sets = reserve_map(sets * sizeof(struct set));
	if (!memory->sets) {
		free(memory);
		return NULL;
	}
	memory->set_mask = sets - 1;
	memory->store = store;
	memory->key = hash_key_random();
	return memory;
}

void flow_memory_destroy(struct flow_memory *memory)
{
	if (memory) {
		reserve_unmap(memory->sets, (memory->set_mask + 1) * sizeof(struct set));
		free(memory);
	}
}

/* The same from both sides: who began was perhaps not seen. */
static uint64_t hash_of(const struct flow_memory *memory, const struct flow_ends *ends)
{
	struct {
		struct addr ends[2];
		uint16_t ports[2], protocol, zero;
	} key;
	int order = memcmp(&ends->source, &ends->destination, sizeof(ends->source));
	bool swap = order > 0 || (order == 0 && ends->source_port > ends->destination_port);

	key.ends[swap] = ends->source;
	key.ends[!swap] = ends->destination;
	key.ports[swap] = ends->source_port;
	key.ports[!swap] = ends->destination_port;
	key.protocol = ends->protocol;
	key.zero = 0;
	return hash_bytes(&memory->key, &key, sizeof(key));
}

void flow_memory_keep(
	struct flow_memory *memory, const struct flow_ends *ends, uint32_t l7, uint64_t now_ns)
{
	uint64_t hash = hash_of(memory, ends);
	struct set *set = memory->sets + (hash & memory->set_mask);
	struct entry *place = set->entries;

	for (unsigned i = 0; i < WAYS; i++) {
		struct entry *entry = set->entries + i;
		if (entry->l7 && entry->hash == hash) {
			place = entry;
			break;
		}
		if (!entry->l7 || (place->l7 && entry->time_s < place->time_s)) {
			place = entry;
		}
	}
	uint32_t before = place->l7;
	memory->used += before == 0;
	l7_info_store_hold(memory->store, l7);
	*place = (struct entry){ hash, l7, (uint32_t)(now_ns / 1000000000) };
	l7_info_store_release(memory->store, before);
}

uint32_t flow_memory_find(
	const struct flow_memory *memory, const struct flow_ends *ends, uint64_t now_ns)
{
	uint64_t hash = hash_of(memory, ends), now_s = now_ns / 1000000000;
	const struct set *set = memory->sets + (hash & memory->set_mask);

	for (unsigned i = 0; i < WAYS; i++) {
		const struct entry *entry = set->entries + i;
		if (entry->l7 && entry->hash == hash &&
			now_s <= entry->time_s + UINT64_C(0) + FLOW_MEMORY_LIFE_S) {
			return entry->l7;
		}
	}
	return 0;
}

bool flow_memory_is_empty(const struct flow_memory *memory)
{
	return memory->used == 0;
}
