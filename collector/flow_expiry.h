/* When a flow's part is handed on and when the flow ends.
 *
 *  - idle: nothing came for the idle timeout.
 *  - closed: a closed connection lingered for its time, or a SYN begins another one.
 *  - active: the flow is older than the active timeout when its next packet comes.
 *  - slot: the flow goes on, but its next packet lies in a later five-minute slot than the last;
 *    or the slot was over for FLOW_PART_GRACE_NS and nothing came (not of an unanswered or closed
 *    connection, of which no more is expected); or a counter of the part would overflow.
 *  - evicted: the table was full, and this flow the idlest of a few.
 *  - eof: the input ended.
 *
 * All of this follows from the flow's own packets and the running clock (flow_clock.h), never from
 * when the sweep comes by: a flow is settled before its next packet joins it. So the sweep only
 * decides how soon a record is seen.
 *
 * The sweep does not touch every flow: each has a time in the slab before which nothing of it can
 * be due (flow_slab.due). Packets only ever move what is due to later, by the least timeout of an
 * open flow at least, but for one that closes the connection; so that time is set when a flow
 * opens, when it is closed (flow_hasten()) and when the sweep has looked at it.
 *
 * Threads  the table's.
 * Failure  none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "collector/flow_table_parts.h"

/* The whole slab is looked at once in this much of packet time. */
#define FLOW_SWEEP_NS (4 * NS_PER_S)

void flow_timeouts_init(struct flow_timeouts *timeouts, const struct collector_options *options);

/* Hands on and ends what was due at running time now_ns; true where the flow ended. */
bool flow_settle(struct flow_table *table, uint32_t flow, uint64_t now_ns);

/* What the next packet of a flow does. */
enum flow_next {
	FLOW_NEXT_JOINS,
	FLOW_NEXT_BEGINS,   /* the flow ended: the packet begins another one */
	FLOW_NEXT_REOPENS,  /* the same, and shows a SYN to have been the first of that one */
	FLOW_NEXT_CONTINUES /* the flow got too old: the packet begins another one with the same
			       initiator */
};

/* Settles everything that stands between a flow and its next packet, which came at running time
 * now_ns. reopen is filled in with FLOW_NEXT_REOPENS. */
enum flow_next flow_meet(struct flow_table *table, uint32_t flow, const struct packet *packet,
	uint64_t now_ns, struct flow_reopen *reopen);

/* A packet that came at running time now_ns may have closed the flow. */
static inline void flow_hasten(
	const struct flow_table *table, struct flow_slab *slab, uint32_t number, uint64_t now_ns)
{
	uint32_t due = flow_slab_coarse(now_ns + table->timeouts.closed_ns);

	if (due < slab->due[number]) {
		slab->due[number] = due;
	}
}

/* Ends one flow to make room. */
void flow_evict(struct flow_table *table);

/* Looks at the next few flows; when it has to come again is put into the table. */
void flow_sweep(struct flow_table *table);

/* Ends the next flow that is left; false where none is. */
bool flow_finish_next(struct flow_table *table);
