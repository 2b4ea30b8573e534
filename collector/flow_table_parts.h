/* The parts of the flow table, for those who work on them: the table itself, flow_expiry.c and
 * flow_report.c. Others ask flow_table.h.
 *
 * Memory   the table's.
 * Threads  the table's. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "collector/collector.h"
#include "collector/flow_clock.h"
#include "collector/flow_gaps.h"
#include "collector/flow_index.h"
#include "collector/flow_reopen.h"
#include "collector/flow_slab.h"
#include "collector/flow_track.h"
#include "collector/simd/kernels.h"

/* A flow's public number: its number in the slab, and this bit for IPv6. */
#define FLOW_NUMBER_V6 (UINT32_C(1) << 31)

/* Slots looked at when the sweep is due, at most once a packet; so a batch makes at most
 * FLOW_DUE_MAX records. Besides, a packet may end its own flow and evict another, each with a part
 * before it, split its flow, and end one beside it. */
enum {
	FLOW_SWEEP_SLOTS = 32,
	FLOW_PARTS_MAX = PACKET_BATCH_MAX * (FLOW_SWEEP_SLOTS + 5),
	FLOW_DUE_MAX = FLOW_PARTS_MAX + PACKET_BATCH_MAX * (FLOW_SWEEP_SLOTS + 3)
};

struct flow_timeouts {
	uint64_t idle_tcp_ns, idle_other_ns, closed_ns, active_ns; /* active_ns 0: never */
	uint64_t part_ns;    /* how long after its slot a silent flow's part is handed on */
	uint64_t soonest_ns; /* before this nothing of the above can be due */
	uint64_t open_ns;    /* the same for a flow that is not closed, whatever active_ns says */
	bool whole_flows;
};

/* A record that is due: the last of a flow, or a part that was already written down. */
struct flow_due {
	uint64_t packet; /* running number of the packet at which it became due */
	uint32_t flow;
	uint32_t part; /* place in parts; FLOW_NONE: the last, to be read from the slab */
	uint8_t end;   /* enum flow_end */
	bool has_note; /* the part's own (flow_split.h) */
};

/* So many packets of a batch go through the stages together: enough that their cache misses are in
 * flight at once, few enough that packets and records are in the first cache from stage to stage.
 */
enum { FLOW_RUN_PACKETS = 64 };

/* One family's packets of a run on their way through the stages. */
struct flow_lookups {
	unsigned count;
	const void *keys[FLOW_RUN_PACKETS];
	uint64_t hashes[FLOW_RUN_PACKETS];
	const struct kernel_line *lines[FLOW_RUN_PACKETS];
	uint32_t numbers[FLOW_RUN_PACKETS]; /* the likely flow */
	uint8_t tags[FLOW_RUN_PACKETS];
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
	struct hash_key id_key, id_key_next;
	uint64_t id_next_ns;
	const struct kernels *kernels;
	const struct contexts *contexts;
	enum flow_context_rule context_rule;
	uint8_t *context_ways;   /* enum context_ways, by the context's number (flow_context.h) */
	uint16_t *context_pairs; /* by the same: which one answers or asks; 0 not known */
	struct flow_timeouts timeouts;
	struct flow_family families[2]; /* IPv4, IPv6 */

	struct flow_due *due;
	struct flow_record *parts;
	unsigned due_count, due_taken, part_count;

	struct flow_track *track; /* NULL: nobody asks which packets are whose */
	struct flow_gaps_table gaps;
	struct flow_reopen reopens[FLOW_REOPEN_PLACES];

	uint64_t flows_opened, flows_most, flows_ended[FLOW_END_COUNT];
	uint64_t packets_taken, bytes_taken;
};

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

static inline struct flow_opening *flow_table_opening(struct flow_table *table, uint32_t flow)
{
	return flow_slab_opening(flow_table_slab(table, flow), flow_table_number(flow));
}

/* Live flows of both families. */
static inline uint32_t flow_table_live(const struct flow_table *table)
{
	return table->families[0].slab.live + table->families[1].slab.live;
}
