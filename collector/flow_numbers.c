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

bool flow_numbers_go_on(const struct flow_slab *slab, uint32_t number, const struct packet *packet)
{
	return !flow_slab_state(slab, number)->tcp_is_over &&
	       (packet->tcp_flags == 0 || flow_numbers_fit(slab, number, packet) != NUMBERS_APART);
}
