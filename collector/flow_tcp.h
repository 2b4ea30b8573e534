/* TCP as a flow table sees it: how far a connection got, what was sent again, how long the
 * handshake took.
 *
 * Numbers decide, not flags (RFC 9293, 3.10.7; RFC 5961): what its receiver would not take says
 * nothing of the connection, though its bytes are counted. A reset counts where its number is the
 * one that the receiver waits for, a refusal where it acknowledges the SYN; an answer with data
 * outranks both. Sequence numbers are compared modulo 2^32.
 *
 * Works on one flow and one packet. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "collector/collector.h"
#include "collector/flow.h"
#include "collector/flow_slab.h"
#include "collector/flow_table_parts.h"
#include "collector/packet.h"

/* So many packets of an end, of the first part, the window of its SYN stands for. */
enum { FLOW_YOUNG_PACKETS = 2 };

static inline bool flow_tcp_is_closed(const struct flow_state *flow)
{
	return flow->tcp_is_over;
}

/* Did this end alone say SYN, as the answer to one that nobody saw? */
static inline bool flow_tcp_only_answered(const struct flow_state *flow, unsigned end)
{
	bool is_source = end == ((flow->flags & FLOW_SOURCE_HIGH) != 0);

	return flow->tcp_state == TCP_STATE_SYN_ACK && !is_source &&
	       !(flow->tcp_flags[!end] & TCP_SYN);
}

static inline bool seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* For what flow_tcp_see() does not do itself. */
void flow_tcp_see_slow(struct flow_table *table, uint32_t flow, const struct packet *packet);

/* Takes a TCP packet of the flow that has a transport header. Nearly every packet is the next one
 * on an open connection; or the capture has only some of a connection, and this one comes later.
 * Both touch nothing but the hot record. */
static inline void flow_tcp_see(struct flow_table *table, uint32_t flow, struct flow_state *state,
	const struct packet *packet)
{
	unsigned end = packet_end(packet);
	unsigned known = state->flags >> FLOW_SEQ_SHIFT;
	bool is_midstream = state->tcp_state == TCP_STATE_MIDSTREAM;
	bool is_open = is_midstream | (state->tcp_state == TCP_STATE_ESTABLISHED);
	bool is_plain = (packet->tcp_flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK)) == TCP_ACK;

	if (__builtin_expect(!(is_open & is_plain), 0)) {
		flow_tcp_see_slow(table, flow, packet);
		return;
	}
	uint32_t length = packet->payload_wire_bytes, behind = packet->tcp_seq + length;
	uint32_t lag = state->next_seq[!end] - packet->tcp_ack;
	/* Tested bit by bit, not shifted: gcc 12 would spill a byte and load it as a word. */
	bool is_next = packet->tcp_seq == state->next_seq[end] && known & (1U << end);
	bool says_known = (int32_t)lag >= 0 || !(known & (2U >> end));
	if (__builtin_expect((is_next | (length == 0)) & says_known, 1)) {
		uint32_t flight = state->in_flight[end] + length;
		uint32_t other_flight = state->in_flight[!end];
		state->next_seq[end] += length;
		state->in_flight[end] =
			(uint16_t)(flight < FLIGHT_UNKNOWN ? flight : FLIGHT_UNKNOWN);
		state->in_flight[!end] = (uint16_t)(lag < other_flight ? lag : other_flight);
	} else if (is_midstream & known >> end & !is_next &&
		   (length == 0 || seq_before(state->next_seq[end], behind))) {
		state->next_seq[end] = length ? behind : state->next_seq[end];
		state->in_flight[end] = FLIGHT_UNKNOWN;
		state->tcp_gaps = TCP_GAPS_LOST;
	} else {
		flow_tcp_see_slow(table, flow, packet);
		return;
	}
	state->tcp_flags[end] |= packet->tcp_flags;
}
