/* Which flow a packet joins whose key was not found under its own context (VLAN, tunnel).
 *
 * Mirrors tag one direction and not the other, and overlay networks number the sender: the two
 * halves of a conversation then differ in their contexts. So the index goes by the five numbers
 * alone, and of the flows that have them
 *
 *  - one whose direction speaks under the packet's context has it;
 *  - else one of which only the other direction was seen: where TCP's numbers fit it, or say
 *    nothing and one of the two contexts is not known to carry both directions of a flow. So
 *    overlapping address plans stay apart where both directions carry their tags. Of several, one
 *    whose context answered this one before; then one of a tunnel between the same ends; then the
 *    first to begin;
 *  - else one that both directions were seen of, which went another way (contexts.h) until now:
 *    a phone that moved, a path that changed; of TCP also one in another VLAN or tunnel, where
 *    both numbers go on: a link that took over from another;
 *  - else none.
 *
 * Who wrapped a packet (wrapping.h) is part of its context: the two ways of a tunnel between us and
 * others join, and what others put into a tunnel never joins a direction that spoke otherwise,
 * whatever the rule.
 *
 * Threads  the table's.
 * Failure  none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "collector/flow_table_parts.h"

enum context_ways {
	CONTEXT_BOTH_WAYS = 1 << 0, /* some flow had both directions in it */
	CONTEXT_ONE_WAY = 1 << 1    /* TCP's numbers have proved that some flow had only one */
};

/* The number of the flow in its family, or FLOW_NONE. An answer that joins under its own context
 * leaves it with the flow. */
uint32_t flow_context_find(struct flow_table *table, struct flow_family *family, uint64_t hash,
	const struct packet *packet);

/* The context of the end's packets; that of the other end where it has none of its own. */
uint16_t flow_context_of(const struct flow_slab *slab, uint32_t number, unsigned end);

/* A packet under a context that is not known to carry both directions was counted. */
void flow_context_learn(
	struct flow_table *table, struct flow_family *family, uint32_t number, uint16_t context);
