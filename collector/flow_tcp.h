/* TCP as a flow table sees it: how far a connection got, what was sent again, how long the
 * handshake took.
 *
 * Works on one flow and one packet; keeps all it knows in the flow's own record. Sequence numbers
 * are compared as RFC 9293 does, modulo 2^32. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "collector/collector.h"
#include "collector/flow.h"
#include "collector/flow_slab.h"
#include "collector/packet.h"

/* Is the connection over: a reset, or a FIN from both sides? */
static inline bool flow_tcp_is_closed(const struct flow_state *flow)
{
	return ((flow->tcp_flags[0] | flow->tcp_flags[1]) & TCP_RST) ||
	       (flow->tcp_flags[0] & flow->tcp_flags[1] & TCP_FIN);
}

/* Does this SYN (without ACK) begin another connection between the same ends, rather than repeat
 * that of the flow? quiet_ns: after so much silence even an open connection gives way to a SYN with
 * another number. */
bool flow_tcp_begins_anew(const struct flow_state *flow, const struct flow_cold *cold,
	const struct packet *packet, uint64_t quiet_ns);

/* For what flow_tcp_see() does not do itself. */
void flow_tcp_see_slow(
	struct flow_state *flow, struct flow_cold *cold, const struct packet *packet);

/* Takes a TCP packet of the flow that has a transport header. Nearly every packet is one on an open
 * connection that brings new bytes or none at all: it touches nothing but the hot record. */
static inline void flow_tcp_see(
	struct flow_state *flow, struct flow_cold *cold, const struct packet *packet)
{
	unsigned end = (packet->flags & PACKET_FROM_HIGH) != 0;
	uint32_t length = packet->payload_wire_bytes, behind = packet->tcp_seq + length;
	bool is_open =
		flow->tcp_state == TCP_STATE_ESTABLISHED || flow->tcp_state == TCP_STATE_MIDSTREAM;
	bool is_plain = !(packet->tcp_flags & (TCP_FIN | TCP_SYN | TCP_RST));
	bool is_new = (int32_t)(flow->next_seq[end] - behind) < 0 &&
		      (flow->flags & (FLOW_SEQ_LOW << end));

	if (__builtin_expect(is_open && is_plain && (is_new || !length), 1)) {
		flow->next_seq[end] = length ? behind : flow->next_seq[end];
		flow->tcp_flags[end] |= packet->tcp_flags;
		return;
	}
	flow_tcp_see_slow(flow, cold, packet);
}
