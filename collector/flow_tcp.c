#include "collector/flow_tcp.h"

#include "base/clock.h"

/* a is behind b by less than half the number space. */
static inline bool seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline unsigned sender_of(const struct packet *packet)
{
	return (packet->flags & PACKET_FROM_HIGH) != 0;
}

static inline unsigned source_of(const struct flow_state *flow)
{
	return (flow->flags & FLOW_SOURCE_HIGH) != 0;
}

static inline bool knows_seq(const struct flow_state *flow, unsigned end)
{
	return flow->flags & (FLOW_SEQ_LOW << end);
}

/* A SYN that was overtaken by what its connection sent next: it lies just before the data, and the
 * flow is young. */
static bool is_overtaken_syn(
	const struct flow_state *flow, const struct packet *packet, uint64_t quiet_ns)
{
	enum { OVERTAKEN_BYTES_MAX = 1 << 20 };
	unsigned sender = sender_of(packet);

	if (knows_seq(flow, sender)) {
		return flow->next_seq[sender] - (packet->tcp_seq + 1) <= OVERTAKEN_BYTES_MAX;
	}
	return packet->time_ns < flow->end_ns || packet->time_ns - flow->end_ns <= quiet_ns;
}

bool flow_tcp_begins_anew(const struct flow_state *flow, const struct flow_cold *cold,
	const struct packet *packet, uint64_t quiet_ns)
{
	bool syn_seen = flow->tcp_flags[source_of(flow)] & TCP_SYN;

	if (syn_seen && source_of(flow) == sender_of(packet) && packet->tcp_seq == cold->isn) {
		return false;
	}
	if (!syn_seen && !flow_tcp_is_closed(flow)) {
		return !is_overtaken_syn(flow, packet, quiet_ns);
	}
	if (flow->tcp_state == TCP_STATE_SYN && source_of(flow) != sender_of(packet)) {
		return flow_tcp_is_closed(flow); /* both opened at once (RFC 9293, figure 7) */
	}
	if (flow_tcp_is_closed(flow) || flow->tcp_state == TCP_STATE_SYN ||
		flow->tcp_state == TCP_STATE_SYN_ACK) {
		return true;
	}
	return packet->time_ns > flow->end_ns && packet->time_ns - flow->end_ns > quiet_ns;
}

/* The number behind the highest byte seen, and whether this segment lies wholly before it. SYN and
 * FIN count as a byte each (RFC 9293, 3.4). A keep-alive repeats the last byte on purpose (RFC
 * 9293, 3.8.4). */
static bool is_sent_again(struct flow_state *flow, const struct packet *packet)
{
	unsigned sender = sender_of(packet);
	uint32_t length = packet->payload_wire_bytes + !!(packet->tcp_flags & TCP_SYN) +
			  !!(packet->tcp_flags & TCP_FIN);
	uint32_t behind = packet->tcp_seq + length;

	if (length == 0) {
		return false;
	}
	if (!knows_seq(flow, sender) || seq_before(flow->next_seq[sender], behind)) {
		flow->flags |= (uint8_t)(FLOW_SEQ_LOW << sender);
		flow->next_seq[sender] = behind;
		return false;
	}
	bool is_keep_alive =
		packet->payload_wire_bytes == 1 && length == 1 && behind == flow->next_seq[sender];
	return !is_keep_alive;
}

/* A SYN that opens, answers or was overtaken, and who it makes the initiator. is_first: of its
 * sender. */
static void see_syn(
	struct flow_state *flow, struct flow_cold *cold, const struct packet *packet, bool is_first)
{
	bool answers = packet->tcp_flags & TCP_ACK;
	bool is_source = sender_of(packet) == source_of(flow);

	if (!(flow->flags & FLOW_START_SEEN)) {
		bool source_is_high = sender_of(packet) != answers;
		flow->flags &= (uint8_t)~FLOW_SOURCE_HIGH;
		flow->flags |= FLOW_START_SEEN | (source_is_high ? FLOW_SOURCE_HIGH : 0);
		is_source = !answers;
	}
	if (is_source && !answers && is_first) {
		cold->isn = packet->tcp_seq;
	}
	switch (flow->tcp_state) {
	case TCP_STATE_NONE:
		flow->tcp_state = answers ? TCP_STATE_SYN_ACK : TCP_STATE_SYN;
		break;
	case TCP_STATE_SYN:
		flow->tcp_state = answers && !is_source ? TCP_STATE_SYN_ACK : TCP_STATE_SYN;
		break;
	case TCP_STATE_MIDSTREAM:
		flow->tcp_state = TCP_STATE_ESTABLISHED;
		break;
	default:
		break;
	}
}

static void see_reset(struct flow_state *flow, const struct packet *packet)
{
	switch (flow->tcp_state) {
	case TCP_STATE_SYN:
		if (sender_of(packet) != source_of(flow)) {
			flow->tcp_state = TCP_STATE_REFUSED;
		}
		break;
	case TCP_STATE_SYN_ACK: /* half open and given up: the handshake never came to its end */
	case TCP_STATE_REFUSED:
	case TCP_STATE_CLOSED:
		break;
	default:
		flow->tcp_state = TCP_STATE_RESET;
		break;
	}
}

/* The time from SYN to the ACK that completes the handshake, where neither was sent twice (Karn's
 * rule). */
static void complete_handshake(
	struct flow_state *flow, struct flow_cold *cold, const struct packet *packet)
{
	bool is_whole = flow->tcp_state == TCP_STATE_SYN_ACK && flow->flags & FLOW_START_SEEN &&
			flow->tcp_flags[source_of(flow)] & TCP_SYN && !cold->retransmissions &&
			packet->time_ns >= cold->flow_start_ns;

	flow->tcp_state = TCP_STATE_ESTABLISHED;
	if (is_whole) {
		uint64_t rtt_us = (packet->time_ns - cold->flow_start_ns) / NS_PER_US;
		cold->rtt_us = rtt_us > UINT32_MAX ? UINT32_MAX : rtt_us ? (uint32_t)rtt_us : 1;
	}
}

/* A segment that neither opens nor resets. */
static void see_segment(
	struct flow_state *flow, struct flow_cold *cold, const struct packet *packet)
{
	bool is_source = sender_of(packet) == source_of(flow);

	switch (flow->tcp_state) {
	case TCP_STATE_NONE:
		flow->tcp_state = TCP_STATE_MIDSTREAM;
		break;
	case TCP_STATE_SYN: /* the answer was not captured, but it was given */
		if (packet->tcp_flags & TCP_ACK) {
			flow->tcp_state = TCP_STATE_ESTABLISHED;
		}
		break;
	case TCP_STATE_SYN_ACK:
		if (packet->tcp_flags & TCP_ACK && is_source) {
			complete_handshake(flow, cold, packet);
		}
		break;
	default:
		break;
	}
}

static void see_fin(struct flow_state *flow)
{
	bool both = flow->tcp_flags[0] & flow->tcp_flags[1] & TCP_FIN;

	switch (flow->tcp_state) {
	case TCP_STATE_MIDSTREAM:
	case TCP_STATE_ESTABLISHED:
	case TCP_STATE_CLOSING:
		flow->tcp_state = both ? TCP_STATE_CLOSED : TCP_STATE_CLOSING;
		break;
	default:
		break;
	}
}

/* Who says FIN or RST before the other one does. */
static void note_goodbye(struct flow_state *flow, const struct packet *packet)
{
	unsigned said = flow->tcp_flags[0] | flow->tcp_flags[1];

	if (packet->tcp_flags & (TCP_FIN | TCP_RST) && !(said & (TCP_FIN | TCP_RST)) &&
		sender_of(packet)) {
		flow->flags |= FLOW_HIGH_LEFT_FIRST;
	}
}

void flow_tcp_see_slow(struct flow_state *flow, struct flow_cold *cold, const struct packet *packet)
{
	bool is_first_syn = !(flow->tcp_flags[sender_of(packet)] & TCP_SYN);

	/* The cold line is a cache miss: only what was sent again may cost it. */
	if (!(packet->tcp_flags & TCP_RST) && is_sent_again(flow, packet)) {
		cold->retransmissions++;
	}
	note_goodbye(flow, packet);
	flow->tcp_flags[sender_of(packet)] |= packet->tcp_flags;
	if (packet->tcp_flags & TCP_RST) {
		if (flow->tcp_state == TCP_STATE_NONE) {
			flow->tcp_state = TCP_STATE_MIDSTREAM;
		}
		see_reset(flow, packet);
		return;
	}
	if (packet->tcp_flags & TCP_SYN) {
		see_syn(flow, cold, packet, is_first_syn);
		return;
	}
	see_segment(flow, cold, packet);
	if (packet->tcp_flags & TCP_FIN) {
		see_fin(flow);
	}
}
