#include "collector/flow_numbers.h"

enum flow_numbers flow_numbers_fit(
	const struct flow_slab *slab, uint32_t number, const struct packet *packet)
{
	const struct flow_state *state = flow_slab_state(slab, number);
	unsigned sender = packet_end(packet);
	bool is_judged = false;

	if (packet->tcp_flags & TCP_ACK && state->flags & (FLOW_SEQ_LOW << !sender)) {
		if (!flow_numbers_near(packet->tcp_ack, state->next_seq[!sender])) {
			return NUMBERS_APART;
		}
		is_judged = true;
	}
	if (state->flags & (FLOW_SEQ_LOW << sender)) {
		if (!flow_numbers_near(packet->tcp_seq, state->next_seq[sender])) {
			return NUMBERS_APART;
		}
		is_judged = true;
	}
	return is_judged ? NUMBERS_NEAR : NUMBERS_UNKNOWN;
}

/* Does it lie within what its sender said last, and acknowledge no more than the other end did? */
static bool is_said_again(const struct flow_state *state, const struct packet *packet)
{
	enum { LAST_BYTES = 1 << 16 };
	unsigned sender = packet_end(packet);
	bool both_known = state->flags & FLOW_SEQ_LOW && state->flags & FLOW_SEQ_HIGH;

	return both_known && packet->tcp_flags & TCP_ACK &&
	       state->next_seq[sender] - packet->tcp_seq <= LAST_BYTES &&
	       state->next_seq[!sender] - packet->tcp_ack <= LAST_BYTES;
}

bool flow_numbers_go_on(const struct flow_slab *slab, uint32_t number, const struct packet *packet)
{
	const struct flow_state *state = flow_slab_state(slab, number);

	if (packet->tcp_flags == 0) {
		return true;
	}
	return state->tcp_is_over ? is_said_again(state, packet)
				  : flow_numbers_fit(slab, number, packet) != NUMBERS_APART;
}
