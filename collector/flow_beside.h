/* Two conversations of one flow at once: what belongs to the one that stands beside it is counted
 * in a flow of its own, which has the same ends and which no packet finds.
 *
 * Whoever reads the payload notices when the batch was counted already, so each packet is taken out
 * of the flow again, and of the part of it that has become due since.
 *
 * Threads  the table's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "collector/flow_table_parts.h"

/* A flow of nothing yet, with the ends of that one and a note of its own; its first packet will be
 * this one. FLOW_NONE where the table is full. */
uint32_t flow_beside_open(
	struct flow_table *table, uint32_t flow, const struct packet *packet, uint32_t note);

/* What is due of it is handed on, and it ends where it was silent for long: once all packets of a
 * batch were looked at, since nobody else knows what it will still be given. Until it is released,
 * and goes the way of all flows. It has to be live. */
void flow_beside_settle(struct flow_table *table, uint32_t beside);
void flow_beside_release(struct flow_table *table, uint32_t beside);

bool flow_beside_is_live(const struct flow_table *table, uint32_t flow);

/* Packet `at` of the batch, which the flow counted, is that of the one beside it. kept_ns: when the
 * flow's last packet that stays its own came. False, and nothing moved, where the flow no longer
 * has it, or the other one is over. */
bool flow_beside_move(struct flow_table *table, const struct packet_batch *packets, unsigned at,
	uint32_t flow, uint32_t beside, uint64_t kept_ns);
