/* One flow, two conversations: hands on what came before a packet as a part of its own.
 *
 * A socket of UDP, or a connection to a proxy, may be used for one server after the other. Whoever
 * reads the payload notices when the batch was counted already, so the packets from there on are
 * taken out of the part again.
 *
 * Threads  the table's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "collector/flow_table_parts.h"

/* What the flow had before packet `at` of the batch becomes a part, the last of its
 * conversation, with a note of its own; the flow goes on with that packet, under the same id, and
 * so do the parts that became due behind it. False, and nothing changed, where the flow is over or
 * there was nothing before. */
bool flow_split(struct flow_table *table, uint32_t flow, const struct packet_batch *packets,
	unsigned at, const struct split_notes *notes);

/* The flow's parts that became due before the packet of that running number, and have no note of
 * their own, get this one; how many. */
unsigned flow_split_keep_notes(
	struct flow_table *table, uint32_t flow, uint64_t until, uint32_t note);

/* By the five numbers, whatever else stands in a key. */
bool flow_split_same_ends(const struct packet *packet, const void *key, bool is_v6);

/* The flow of the packet's five numbers that ended in this batch, among the last ones; FLOW_NONE.
 */
uint32_t flow_split_find_ended(const struct flow_table *table, const struct packet *packet);
