#include "collector/flow_reopen.h"

#include "base/clock.h"
#include "collector/flow_table_parts.h"
#include "collector/flow_tcp.h"

/* Numbers so close behind a SYN are those of its connection's beginning. */
enum { BEGINNING_BYTES = 1 << 16, OVERTAKEN_BYTES = 1 << 20 };

static inline unsigned sender_of(const struct packet *packet)
{
	return packet_end(packet);
}

static bool was_seen(struct flow_table *table, uint32_t flow, unsigned end)
{
	return flow_table_state(table, flow)->packets[end] > 0 ||
	       flow_table_cold(table, flow)->total_packets[end] > 0;
}

/* The SYN may be the flow's own although none of its sender's was seen yet: it lies just before the
 * lowest number; or it answers the other's SYN; or nothing contradicts, and no SYN came so late
 * before. */
static bool was_overtaken(
	struct flow_table *table, uint32_t flow, const struct packet *syn, uint64_t quiet_ns)
{
	const struct flow_state *state = flow_table_state(table, flow);
	const struct flow_opening *opening = flow_table_opening(table, flow);
	unsigned sender = sender_of(syn);

	if (state->flags & (FLOW_SEQ_LOW << sender)) {
		return opening->isn[sender] - syn->tcp_seq <= OVERTAKEN_BYTES;
	}
	if (syn->tcp_flags & TCP_ACK && opening->flags & (OPENING_ISN_LOW << !sender)) {
		uint32_t beyond = syn->tcp_ack - (opening->isn[!sender] + 1);
		return beyond <= BEGINNING_BYTES || !state->tcp_is_over;
	}
	return !state->tcp_is_over && !state->tcp_has_syn &&
	       (syn->time_ns < state->end_ns || syn->time_ns - state->end_ns <= quiet_ns);
}

/* Both open at once (RFC 9293, figure 7), or the other's SYN was never answered. */
static bool is_half_open(const struct flow_state *state)
{
	return state->tcp_state == TCP_STATE_SYN || state->tcp_state == TCP_STATE_SYN_ACK;
}

/* Nobody gives a connection up that soon: a SYN of another number may be somebody else's, and the
 * answer tells. So it does where the first one was answered (RFC 5961, 4.2). */
static bool is_too_soon(const struct flow_state *state, const struct packet *syn)
{
	return syn->time_ns < state->end_ns + NS_PER_S / 10;
}

/* Does the other end know that it is over, since it said so itself? Of a reset it may not have
 * heard. */
static bool is_over_for_both(const struct flow_state *state)
{
	bool both_left = state->tcp_flags[0] & state->tcp_flags[1] & TCP_FIN;

	return both_left || state->tcp_state == TCP_STATE_REFUSED;
}

enum flow_syn flow_reopen_judge(
	struct flow_table *table, uint32_t flow, const struct packet *syn, uint64_t quiet_ns)
{
	const struct flow_state *state = flow_table_state(table, flow);
	const struct flow_opening *opening = flow_table_opening(table, flow);
	unsigned sender = sender_of(syn);
	bool answers = syn->tcp_flags & TCP_ACK;
	bool is_source = sender == ((state->flags & FLOW_SOURCE_HIGH) != 0);

	if (!answers && flow_tcp_only_answered(state, sender)) {
		/* What such an answer brought was read as a server's. */
		return opening->flags & OPENING_SYN_DATA ? FLOW_SYN_BEGINS : FLOW_SYN_JOINS;
	}
	if (opening->flags & (OPENING_ISN_LOW << sender)
			? syn->tcp_seq == opening->isn[sender]
			: was_overtaken(table, flow, syn, quiet_ns)) {
		return FLOW_SYN_JOINS;
	}
	if (state->tcp_is_over) {
		bool was_asked = answers && !is_source;
		return was_asked || is_over_for_both(state) ? FLOW_SYN_BEGINS : FLOW_SYN_WAITS;
	}
	if (is_half_open(state) && !answers && !is_source) {
		return FLOW_SYN_JOINS;
	}
	if (state->tcp_state == TCP_STATE_SYN && !answers && !is_too_soon(state, syn)) {
		return FLOW_SYN_BEGINS;
	}
	/* Who has said goodbye does not answer with a SYN: seen from one side this is proof. */
	if (state->tcp_flags[sender] & TCP_FIN && !was_seen(table, flow, !sender)) {
		return FLOW_SYN_BEGINS;
	}
	return FLOW_SYN_WAITS;
}

static struct flow_reopen *place_of(struct flow_table *table, uint32_t flow)
{
	return &table->reopens[flow % FLOW_REOPEN_PLACES];
}

void flow_reopen_keep(struct flow_table *table, uint32_t flow, const struct packet *syn)
{
	struct flow_state *state = flow_table_state(table, flow);
	struct flow_reopen *place = place_of(table, flow);

	*place = (struct flow_reopen){ .syn = *syn,
		.end_ns = state->end_ns,
		.flow = flow,
		.part = flow_table_cold(table, flow)->part };
	if (table->track) {
		place->frame = flow_track_frame(table->track, syn);
	}
	place->syn.payload = NULL;
	place->syn.payload_bytes = 0;
	state->tcp_has_syn = true;
}

bool flow_reopen_waits(const struct flow_table *table, uint32_t flow, const struct packet *syn)
{
	const struct flow_reopen *place = &table->reopens[flow % FLOW_REOPEN_PLACES];

	return place->flow == flow && place->syn.tcp_seq == syn->tcp_seq &&
	       place->syn.tcp_flags == syn->tcp_flags && sender_of(&place->syn) == sender_of(syn);
}

static bool goes_on_from(uint32_t number, uint32_t isn)
{
	return number - (isn + 1) <= BEGINNING_BYTES;
}

/* Does it acknowledge this SYN, and no more than its payload? */
static bool answers_syn(const struct packet *packet, const struct packet *syn)
{
	return packet->tcp_flags & TCP_ACK &&
	       packet->tcp_ack - (syn->tcp_seq + 1) <= syn->payload_wire_bytes;
}

static bool is_near(const struct flow_state *state, unsigned end, uint32_t number)
{
	uint32_t apart = number - state->next_seq[end] + BEGINNING_BYTES;

	return state->flags & (FLOW_SEQ_LOW << end) && apart <= 2 * BEGINNING_BYTES;
}

/* Does it go on in the flow: just behind what its sender said, or with both numbers nearby? */
static bool is_of_flow(const struct flow_state *state, const struct packet *packet)
{
	unsigned sender = sender_of(packet);

	return packet->tcp_seq == state->next_seq[sender] ||
	       (is_near(state, sender, packet->tcp_seq) &&
		       is_near(state, !sender, packet->tcp_ack));
}

/* Does what the other end says answer the SYN that waits? It may be the SYN that this one answers,
 * and came late. */
static bool is_answer(
	const struct flow_state *state, const struct packet *syn, const struct packet *packet)
{
	if (packet->tcp_flags & TCP_RST) {
		return state->tcp_is_over && answers_syn(packet, syn);
	}
	if (packet->tcp_flags & TCP_SYN) {
		return answers_syn(packet, syn) ||
		       (!(packet->tcp_flags & TCP_ACK) && answers_syn(syn, packet));
	}
	return packet->tcp_flags & TCP_ACK && goes_on_from(packet->tcp_ack, syn->tcp_seq) &&
	       !is_of_flow(state, packet);
}

static bool is_proof(
	struct flow_table *table, const struct flow_reopen *place, const struct packet *packet)
{
	const struct flow_state *state = flow_table_state(table, place->flow);
	unsigned of = sender_of(&place->syn), sender = sender_of(packet);

	if (sender != of) {
		return is_answer(state, &place->syn, packet);
	}
	return !was_seen(table, place->flow, !of) && !(packet->tcp_flags & (TCP_SYN | TCP_RST)) &&
	       packet->tcp_flags && packet->tcp_seq != state->next_seq[sender] &&
	       goes_on_from(packet->tcp_seq, place->syn.tcp_seq);
}

/* Takes the SYN out of what the flow has counted since its last part. */
static bool give_back(struct flow_table *table, const struct flow_reopen *place)
{
	struct flow_state *state = flow_table_state(table, place->flow);
	unsigned of = sender_of(&place->syn);

	if (flow_table_cold(table, place->flow)->part != place->part || state->packets[of] == 0 ||
		state->bytes[of] < place->syn.ip_bytes) {
		return false;
	}
	state->packets[of]--;
	state->bytes[of] -= place->syn.ip_bytes;
	if (state->end_ns == place->syn.time_ns && place->end_ns < state->end_ns) {
		state->end_ns = place->end_ns;
	}
	return true;
}

bool flow_reopen_prove(struct flow_table *table, uint32_t flow, const struct packet *packet,
	struct flow_reopen *reopen)
{
	struct flow_reopen *place = place_of(table, flow);

	if (place->flow != flow || !is_proof(table, place, packet)) {
		return false;
	}
	place->is_given_back = give_back(table, place);
	*reopen = *place;
	return true;
}
