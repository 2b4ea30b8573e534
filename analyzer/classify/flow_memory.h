/* Flow memory: what was known of a conversation that only fell silent.
 *
 * A flow ends for its watcher when nothing came for a while; its two ends may keep it for hours (a
 * push connection speaks every quarter of an hour). What was known of it lasts as long as its five
 * numbers do: a later flow of theirs, without a beginning of its own, is the same conversation.
 *
 * Of TCP its sequence numbers go on as well: others are those of another connection between the
 * same ports.
 *
 * Memory   32 bytes a flow, and an index as large as what is kept: it stays in the caches as long
 *          as that is little.
 * Threads  one.
 * Failure  a full one gives up the flow that has been silent longest.
 * Cost     one keyed hash and a look into the index a flow that ends or begins so; nothing while it
 *          is empty. */
#pragma once

#include <stdint.h>

#include "analyzer/classify/l7_info_store.h"
#include "collector/collector.h"

enum { FLOW_MEMORY_LIFE_S = 24 * 3600 };

struct flow_memory;

/* NULL: out of memory. The store is to outlive it. */
struct flow_memory *flow_memory_create(uint32_t limit, struct l7_info_store *store);
void flow_memory_destroy(struct flow_memory *memory);

/* Where TCP stands: behind the last byte of the source, and of the destination. */
struct flow_stand {
	uint32_t next_seq[2];
	bool is_known[2];
};

/* Takes a reference of its own. */
void flow_memory_keep(struct flow_memory *memory, const struct flow_ends *ends,
	const struct flow_stand *stand, uint32_t l7, uint64_t now_ns);
/* The number of the l7 info, without a reference; 0 where nothing is known of that connection. */
uint32_t flow_memory_find(const struct flow_memory *memory, const struct flow_ends *ends,
	const struct flow_stand *stand, uint64_t now_ns);
bool flow_memory_is_empty(const struct flow_memory *memory);
