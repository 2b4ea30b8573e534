/* Flow table: every flow one worker is following.
 *
 * IPv4 and IPv6 have a slab and an index each. A batch goes through in three stages, each of which
 * starts the memory reads of the next for all packets at once: hash the keys and fetch index lines;
 * match tags and fetch records; then, packet by packet, compare the whole key and update. What
 * becomes of a packet depends only on the packets before it, never on where batches are cut.
 *
 * A flow ends (flow_expiry.h) or hands on a part: either is queued and becomes a record in
 * flow_table_take(). Until then the flow's number stays taken. flow_table_take() must be called
 * until it gives 0 after each batch.
 *
 * Memory   reserved once from the limit; used in proportion to the most flows that ever lived at
 *          once.
 * Threads  one.
 * Failure  flow_table_create() may find no memory; afterwards none: at the limit a flow is evicted
 *          and counted. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "collector/collector.h"
#include "collector/flow_clock.h"
#include "collector/flow_index.h"
#include "collector/flow_slab.h"
#include "collector/simd/kernels.h"

/* A flow's public number: its number in the slab, and this bit for IPv6. */
#define FLOW_NUMBER_V6 (UINT32_C(1) << 31)

/* The table never follows more flows than this, whatever was asked for. */
enum { FLOW_LIMIT_DEFAULT = 2000000, FLOW_LIMIT_MOST = 1 << 30 };

/* Slots looked at when the sweep is due, at most once a packet; so a batch makes at most
 * FLOW_DUE_MAX records. Besides, a packet may end its own flow and evict another, each with a part
 * before it. */
enum {
	FLOW_SWEEP_SLOTS = 32,
	FLOW_PARTS_MAX = PACKET_BATCH_MAX * (FLOW_SWEEP_SLOTS + 3),
	FLOW_DUE_MAX = FLOW_PARTS_MAX + PACKET_BATCH_MAX * (FLOW_SWEEP_SLOTS + 2)
};

struct flow_timeouts {
	uint64_t idle_tcp_ns, idle_other_ns, closed_ns, active_ns; /* active_ns 0: never */
	uint64_t part_ns;    /* how long after its slot a silent flow's part is handed on */
	uint64_t soonest_ns; /* before this nothing of the above can be due */
	bool whole_flows;
};

/* A record that is due: the last of a flow, or a part that was already written down. */
struct flow_due {
	uint64_t packet; /* running number of the packet at which it became due */
	uint32_t flow;
	uint32_t part; /* place in parts; FLOW_NONE: the last, to be read from the slab */
	uint8_t end;   /* enum flow_end */
};

/* One family's packets of a batch on their way through the stages. */
struct flow_lookups {
	unsigned count;
	const void *keys[PACKET_BATCH_MAX];
	uint64_t hashes[PACKET_BATCH_MAX];
	const struct kernel_line *lines[PACKET_BATCH_MAX];
	uint32_t numbers[PACKET_BATCH_MAX]; /* the likely flow */
	uint8_t tags[PACKET_BATCH_MAX];
};

struct flow_family {
	struct flow_slab slab;
	struct flow_index index;
	struct flow_lookups lookups;
};

/* The flow that will make room in a while, unless it gets a packet before: known ahead, so that
 * what ending it needs is in the cache by then. */
enum { FLOW_VICTIMS = 4 };

struct flow_victim {
	uint32_t flow;
	uint64_t running_ns; /* of its last packet when it was chosen */
};

struct flow_table {
	struct flow_clock clock;
	uint64_t began_running_ns;              /* the clock at the first packet */
	uint64_t slot_first_ns, slot_length_ns; /* the slot of the latest packet */
	uint64_t packets;      /* taken so far: the running number of the current one */
	uint64_t sweep_due_ns; /* on the running clock */
	uint32_t sweep_hand, evict_hand, finish_hand; /* places in both slabs, IPv4 first */
	struct flow_victim victims[FLOW_VICTIMS];
	unsigned next_victim;
	uint32_t limit;
	bool finishing;
	uint16_t worker;
	struct hash_key id_key;
	const struct kernels *kernels;
	const struct contexts *contexts;
	struct flow_timeouts timeouts;
	struct flow_family families[2]; /* IPv4, IPv6 */

	struct flow_due *due;
	struct flow_record *parts;
	unsigned due_count, due_taken, part_count;

	uint64_t flows_opened, flows_most, flows_ended[FLOW_END_COUNT];
	uint64_t packets_taken, bytes_taken;
};

/* contexts: what the context numbers in keys stand for; the decoder's. NULL: out of memory. */
struct flow_table *flow_table_create(const struct collector_options *options,
	const struct kernels *kernels, const struct contexts *contexts);
void flow_table_destroy(struct flow_table *table);

/* Takes batch->packets; fills in what was opened and what is to be looked at. */
void flow_table_batch(struct flow_table *table, struct collector_batch *batch);

/* No packet came, and it is time_ns now: flows and parts whose time is over become due. True where
 * more of them may be: take what is due and call again. */
bool flow_table_tick(struct flow_table *table, uint64_t time_ns);

/* No packet follows: every flow that is left becomes due. */
void flow_table_finish(struct flow_table *table);

size_t flow_table_take(struct flow_table *table, struct flow_record *records, size_t most);

void flow_table_ends(const struct flow_table *table, uint32_t flow, struct flow_ends *ends);

size_t flow_table_bytes(const struct flow_table *table);

static inline struct flow_slab *flow_table_slab(struct flow_table *table, uint32_t flow)
{
	return &table->families[flow >> 31].slab;
}

static inline uint32_t flow_table_number(uint32_t flow)
{
	return flow & ~FLOW_NUMBER_V6;
}

static inline struct flow_state *flow_table_state(struct flow_table *table, uint32_t flow)
{
	return flow_slab_state(flow_table_slab(table, flow), flow_table_number(flow));
}

static inline struct flow_cold *flow_table_cold(struct flow_table *table, uint32_t flow)
{
	return flow_slab_cold(flow_table_slab(table, flow), flow_table_number(flow));
}

/* Live flows of both families. */
static inline uint32_t flow_table_live(const struct flow_table *table)
{
	return table->families[0].slab.live + table->families[1].slab.live;
}
