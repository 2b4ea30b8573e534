#include "analyzer/classify/flow_memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/hash_table.h"
#include "collector/flow_numbers.h"
#include "collector/reserve.h"

struct entry {
	uint64_t hash;
	uint32_t l7; /* 0: free */
	uint32_t time_s;
	struct flow_stand stand; /* in the order of the ends */
};

struct flow_memory {
	struct entry *entries; /* a ring, in the order in which they fell silent */
	struct hash_table by_hash;
	struct l7_info_store *store;
	uint32_t limit, next;
	struct hash_key key;
};

struct flow_memory *flow_memory_create(uint32_t limit, struct l7_info_store *store)
{
	struct flow_memory *memory = calloc(1, sizeof(*memory));

	if (!memory) {
		return NULL;
	}
	memory->limit = limit ? limit : 1;
	memory->entries = reserve_map(memory->limit * sizeof(*memory->entries));
	if (!memory->entries) {
		free(memory);
		return NULL;
	}
	memory->store = store;
	memory->key = hash_key_random();
	return memory;
}

void flow_memory_destroy(struct flow_memory *memory)
{
	if (memory) {
		reserve_unmap(memory->entries, memory->limit * sizeof(*memory->entries));
		hash_table_deinit(&memory->by_hash);
		free(memory);
	}
}

/* The same from both sides: who began was perhaps not seen. */
static bool is_swapped(const struct flow_ends *ends)
{
	int order = memcmp(&ends->source, &ends->destination, sizeof(ends->source));

	return order > 0 || (order == 0 && ends->source_port > ends->destination_port);
}

static uint64_t hash_of(const struct flow_memory *memory, const struct flow_ends *ends)
{
	struct {
		struct addr ends[2];
		uint16_t ports[2], protocol, zero;
	} key;
	bool swap = is_swapped(ends);

	key.ends[swap] = ends->source;
	key.ends[!swap] = ends->destination;
	key.ports[swap] = ends->source_port;
	key.ports[!swap] = ends->destination_port;
	key.protocol = ends->protocol;
	key.zero = 0;
	return hash_bytes(&memory->key, &key, sizeof(key));
}

static struct flow_stand in_order(const struct flow_ends *ends, const struct flow_stand *stand)
{
	bool swap = is_swapped(ends);

	return (struct flow_stand){ { stand->next_seq[swap], stand->next_seq[!swap] },
		{ stand->is_known[swap], stand->is_known[!swap] } };
}

/* Do they contradict each other nowhere? */
static bool fits(const struct flow_stand *before, const struct flow_stand *now)
{
	for (unsigned i = 0; i < 2; i++) {
		if (before->is_known[i] && now->is_known[i] &&
			!flow_numbers_near(before->next_seq[i], now->next_seq[i])) {
			return false;
		}
	}
	return true;
}

static bool is_same(const void *entries, uint32_t place, const void *hash)
{
	return ((const struct entry *)entries)[place].hash == *(const uint64_t *)hash;
}

static uint32_t find(const struct flow_memory *memory, uint64_t hash)
{
	return hash_table_find(&memory->by_hash, hash, is_same, memory->entries, &hash);
}

static void forget(struct flow_memory *memory, uint32_t place)
{
	struct entry *entry = memory->entries + place;

	if (entry->l7) {
		hash_table_remove(&memory->by_hash, entry->hash, place);
		l7_info_store_release(memory->store, entry->l7);
		entry->l7 = 0;
	}
}

void flow_memory_keep(struct flow_memory *memory, const struct flow_ends *ends,
	const struct flow_stand *stand, uint32_t l7, uint64_t now_ns)
{
	uint64_t hash = hash_of(memory, ends);
	uint32_t before = find(memory, hash), place = memory->next;

	l7_info_store_hold(memory->store, l7);
	if (before != HASH_TABLE_NONE) {
		forget(memory, before);
	}
	forget(memory, place);
	if (!hash_table_put(&memory->by_hash, hash, place)) {
		l7_info_store_release(memory->store, l7);
		return;
	}
	memory->entries[place] =
		(struct entry){ hash, l7, (uint32_t)(now_ns / 1000000000), in_order(ends, stand) };
	memory->next = place + 1 < memory->limit ? place + 1 : 0;
}

uint32_t flow_memory_find(const struct flow_memory *memory, const struct flow_ends *ends,
	const struct flow_stand *stand, uint64_t now_ns)
{
	uint32_t place = find(memory, hash_of(memory, ends));
	struct flow_stand now = in_order(ends, stand);

	if (place == HASH_TABLE_NONE) {
		return 0;
	}
	const struct entry *entry = memory->entries + place;
	uint64_t ends_s = entry->time_s + UINT64_C(0) + FLOW_MEMORY_LIFE_S;
	return now_ns / 1000000000 <= ends_s && fits(&entry->stand, &now) ? entry->l7 : 0;
}

bool flow_memory_is_empty(const struct flow_memory *memory)
{
	return memory->by_hash.count == 0;
}
