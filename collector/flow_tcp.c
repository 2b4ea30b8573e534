#include "collector/flow_tcp.h"

#include "base/clock.h"

enum {
	/* Farther than any window reaches (RFC 7323, 2.3) a number says nothing. */
	SEQ_REACH = 1 << 30,
	WINDOW_MOST = UINT16_MAX
};

/* A packet and what it meets. */
struct sight {
	struct flow_table *table;
	uint32_t flow;
	struct flow_state *state;
	struct flow_opening *opening;
	const struct packet *packet;
	unsigned sender;
};

static inline unsigned source_of(const struct flow_state *flow)
{
	return (flow->flags & FLOW_SOURCE_HIGH) != 0;
}

static inline bool knows_seq(const struct flow_state *flow, unsigned end)
{
	return flow->flags & (FLOW_SEQ_LOW << end);
}

static inline bool knows_isn(const struct flow_opening *opening, unsigned end)
{
	return opening->flags & (OPENING_ISN_LOW << end);
}

static void set_next(struct flow_state *flow, unsigned end, uint32_t next_seq)
{
	flow->flags |= (uint8_t)(FLOW_SEQ_LOW << end);
	flow->next_seq[end] = next_seq;
	flow->in_flight[end] = FLIGHT_UNKNOWN;
}

static inline void count_sent_again(const struct sight *sight)
{
	struct flow_cold *cold = flow_table_cold(sight->table, sight->flow);
	cold->retransmissions++;
}

/* How far the windows that this end offers are shifted. */
static unsigned scale_of(const struct flow_opening *opening, unsigned end)
{
	enum { BOTH = OPENING_SCALED_LOW | OPENING_SCALED_HIGH };

	if ((opening->flags & BOTH) != BOTH) {
		return TCP_SCALE_MOST;
	}
	return opening->scale >> (4 * end) & 15;
}

/* The window that this end offers: as its SYN said while the flow is young, otherwise the most it
 * may be. */
static uint32_t window_of(struct flow_table *table, uint32_t flow, unsigned end)
{
	const struct flow_state *state = flow_table_state(table, flow);
	const struct flow_opening *opening = flow_table_opening(table, flow);
	bool is_young = state->packets[end] <= FLOW_YOUNG_PACKETS &&
			flow_table_cold(table, flow)->part == 0;
	uint32_t window = is_young ? opening->window[end] : WINDOW_MOST;

	return window << scale_of(opening, end);
}

/* Does the receiver not take bytes of the sender up to this number, for all that was seen? Only the
 * SYN of an end says how large its windows may be. */
static bool is_beyond_window(const struct sight *sight, uint32_t behind)
{
	const struct flow_state *state = sight->state;
	unsigned sender = sight->sender, receiver = !sender;

	if (!(state->tcp_flags[receiver] & TCP_SYN) || state->in_flight[sender] == FLIGHT_UNKNOWN) {
		return false;
	}
	uint32_t right = state->next_seq[sender] - state->in_flight[sender] +
			 window_of(sight->table, sight->flow, receiver);
	return seq_before(right, behind);
}

static uint16_t add_flight(uint16_t in_flight, uint32_t more)
{
	uint64_t sum = (uint64_t)in_flight + more;
	return sum < FLIGHT_UNKNOWN ? (uint16_t)sum : FLIGHT_UNKNOWN;
}

/* Was the end seen to send anything, as it is where both ways are seen? */
static bool is_heard(const struct sight *sight, unsigned end)
{
	const struct flow_state *flow = sight->state;

	return flow->packets[end] > 0 || end == sight->sender ||
	       flow_table_cold(sight->table, sight->flow)->total_packets[end] > 0;
}

static void add_gap(const struct sight *sight, unsigned end, uint32_t from, uint32_t to)
{
	struct flow_gaps_table *gaps = &sight->table->gaps;
	struct flow_state *flow = sight->state;

	if (flow->tcp_state == TCP_STATE_MIDSTREAM) {
		flow->tcp_gaps = TCP_GAPS_LOST;
	} else if (flow->tcp_gaps == TCP_GAPS_NONE) {
		flow_gaps_begin(gaps, sight->flow);
		flow->tcp_gaps = TCP_GAPS_KNOWN;
	}
	if (flow->tcp_gaps == TCP_GAPS_KNOWN &&
		!flow_gaps_add(gaps, sight->flow, end, (struct flow_gap){ from, to },
			is_heard(sight, end))) {
		flow->tcp_gaps = TCP_GAPS_LOST;
	}
}

static enum flow_gaps_answer fill_gap(const struct sight *sight, uint32_t from, uint32_t to)
{
	if (sight->state->tcp_gaps != TCP_GAPS_KNOWN) {
		return sight->state->tcp_gaps == TCP_GAPS_NONE ? FLOW_GAPS_SEEN : FLOW_GAPS_UNKNOWN;
	}
	return flow_gaps_fill(
		&sight->table->gaps, sight->flow, sight->sender, (struct flow_gap){ from, to });
}

/* A segment that lies wholly below the highest byte. A keep-alive repeats the last byte on purpose
 * (RFC 9293, 3.8.4), and so does the probe of a closed window. */
static void see_old_bytes(const struct sight *sight, uint32_t seq, uint32_t behind)
{
	uint32_t next = sight->state->next_seq[sight->sender];
	uint32_t begin = sight->opening->isn[sight->sender] + 1;
	bool is_probe =
		behind - seq == 1 && behind == next && !(sight->packet->tcp_flags & TCP_FIN);

	if (seq_before(seq, begin)) {
		/* Older than the capture, and never seen. */
		if (!knows_isn(sight->opening, sight->sender) && !seq_before(behind, begin)) {
			sight->opening->isn[sight->sender] = seq - 1;
		}
	} else if (fill_gap(sight, seq, behind) == FLOW_GAPS_SEEN && !is_probe) {
		count_sent_again(sight);
	}
}

/* Would the receiver take a segment there, for all that was seen? What comes next always is: it may
 * probe a closed window. */
static bool is_in_reach(const struct sight *sight, uint32_t seq, uint32_t behind)
{
	const struct flow_state *state = sight->state;
	unsigned sender = sight->sender;
	int32_t ahead = (int32_t)(seq - state->next_seq[sender]);

	if (ahead == 0) {
		return true;
	}
	if (ahead > SEQ_REACH || ahead < -SEQ_REACH) {
		return false;
	}
	if (ahead < 0) {
		return behind == seq || !knows_isn(sight->opening, sender) ||
		       seq_before(sight->opening->isn[sender] + 1, behind);
	}
	return !is_beyond_window(sight, behind);
}

/* Bytes of the sender: which are new, which were sent again. False where its receiver would not
 * take them. */
static bool take_bytes(const struct sight *sight, uint32_t seq, uint32_t length)
{
	struct flow_state *state = sight->state;
	unsigned sender = sight->sender;
	uint32_t behind = seq + length;

	if (!knows_seq(state, sender)) {
		if (length > 0) {
			set_next(state, sender, behind);
			sight->opening->isn[sender] = seq - 1;
		}
		return true;
	}
	if (!is_in_reach(sight, seq, behind)) {
		return false;
	}
	uint32_t next = state->next_seq[sender];
	if (length == 0) {
		return true;
	}
	if (!seq_before(next, behind)) {
		see_old_bytes(sight, seq, behind);
		return true;
	}
	if (seq_before(next, seq)) {
		add_gap(sight, sender, next, seq);
	} else if (seq != next) {
		fill_gap(sight, seq, next);
	}
	state->next_seq[sender] = behind;
	state->in_flight[sender] = add_flight(state->in_flight[sender], behind - next);
	return true;
}

/* The payload of a SYN counts once it was acknowledged (RFC 7413, 3.1). */
static bool acknowledges_syn(const struct sight *sight, unsigned end)
{
	enum { SYN_DATA_MOST = 1460 };
	uint32_t beyond = sight->packet->tcp_ack - (sight->opening->isn[end] + 1);

	return beyond == 0 || (sight->opening->flags & OPENING_SYN_DATA && beyond <= SYN_DATA_MOST);
}

/* Of so little that was heard of an end, from its SYN on, nobody misses much more than a window. */
static uint32_t missed_most(const struct sight *sight, unsigned end)
{
	enum { YOUNG_PACKETS = 16 };
	const struct flow_state *state = sight->state;

	/* In the middle of a connection no SYN was seen before, and to make sure is not worth a
	 * cache miss. */
	if ((state->tcp_state == TCP_STATE_MIDSTREAM && !(sight->packet->tcp_flags & TCP_SYN)) ||
		!knows_isn(sight->opening, end)) {
		return SEQ_REACH;
	}
	if (state->next_seq[end] == sight->opening->isn[end] + 1) {
		return WINDOW_MOST;
	}
	bool is_young = state->tcp_flags[!end] & TCP_SYN && state->packets[end] > 0 &&
			state->packets[end] <= YOUNG_PACKETS &&
			flow_table_cold(sight->table, sight->flow)->part == 0;
	return is_young ? 2 * window_of(sight->table, sight->flow, !end) : SEQ_REACH;
}

/* Was the end seen to answer a SYN, and nothing of it since? */
static bool has_only_answered(const struct sight *sight, unsigned end)
{
	const struct flow_state *state = sight->state;

	return end != source_of(state) && state->tcp_flags[end] & TCP_SYN &&
	       knows_isn(sight->opening, end) &&
	       state->next_seq[end] == sight->opening->isn[end] + 1;
}

/* What the packet acknowledges; true where that is more than before. An acknowledgement of bytes
 * that were not seen is believed of a segment that is itself in its place. */
static bool take_acknowledgement(const struct sight *sight, bool is_in_place)
{
	struct flow_state *state = sight->state;
	unsigned other = !sight->sender;
	uint32_t ack = sight->packet->tcp_ack, lag = state->next_seq[other] - ack;

	if (!(sight->packet->tcp_flags & TCP_ACK) || !knows_seq(state, other)) {
		return false;
	}
	if ((int32_t)lag >= 0) {
		bool is_more = lag < state->in_flight[other];
		state->in_flight[other] = is_more ? (uint16_t)lag : state->in_flight[other];
		return is_more;
	}
	/* Who acknowledges what cannot have been sent was not sent it, and is not believed there
	 * either (RFC 9293, 3.10.7.4). */
	if (-lag > missed_most(sight, other)) {
		return false;
	}
	/* Behind a SYN alone it is that of an older connection. */
	bool is_unanswered = state->tcp_state == TCP_STATE_SYN &&
			     sight->packet->payload_wire_bytes == 0 &&
			     !acknowledges_syn(sight, other);
	if (!is_in_place || is_unanswered) {
		return false;
	}
	/* First words that were missed show once their sender goes on behind them; until then who
	 * acknowledges more than a FIN may have made them up. */
	if (-lag > 1 && has_only_answered(sight, other)) {
		return false;
	}
	add_gap(sight, other, state->next_seq[other], ack);
	state->next_seq[other] = ack;
	state->in_flight[other] = 0;
	return true;
}

static void note_scale(struct flow_opening *opening, unsigned end, const struct packet *packet)
{
	enum { BOTH = OPENING_SCALED_LOW | OPENING_SCALED_HIGH };

	if (packet->tcp_scale == TCP_SCALE_NONE) {
		/* Both sides scale, or none (RFC 7323, 1.3). */
		opening->scale = 0;
		opening->flags |= BOTH;
	} else if (!(opening->flags & (OPENING_SCALED_LOW << end))) {
		opening->scale |= (uint8_t)(packet->tcp_scale << 4 * end);
		opening->flags |= (uint8_t)(OPENING_SCALED_LOW << end);
	}
}

/* The windows of SYNs are not scaled. That of the first is taken for the largest: whether windows
 * will be scaled, only the answer says. */
static void note_syn_window(struct flow_opening *opening, unsigned end, const struct packet *packet)
{
	unsigned scale = scale_of(opening, end);
	bool answers = packet->tcp_flags & TCP_ACK;

	opening->window[end] =
		answers ? (uint16_t)((packet->tcp_window >> scale) + (scale > 0)) : WINDOW_MOST;
}

/* The numbers that a SYN states: its own, and by what it answers the other's. */
static void take_syn_numbers(const struct sight *sight)
{
	const struct packet *packet = sight->packet;
	struct flow_opening *opening = sight->opening;
	unsigned sender = sight->sender, other = !sender;

	opening->isn[sender] = packet->tcp_seq;
	opening->flags |= (uint8_t)(OPENING_ISN_LOW << sender);
	opening->flags |= packet->payload_wire_bytes ? OPENING_SYN_DATA : 0;
	if (!knows_seq(sight->state, sender)) {
		set_next(sight->state, sender, packet->tcp_seq + 1);
	}
	note_scale(opening, sender, packet);
	note_syn_window(opening, sender, packet);
	if (!(packet->tcp_flags & TCP_ACK)) {
		return;
	}
	if (!knows_isn(opening, other)) {
		opening->isn[other] = packet->tcp_ack - 1;
		opening->flags |= (uint8_t)(OPENING_ISN_LOW << other);
	}
	if (!knows_seq(sight->state, other)) {
		set_next(sight->state, other, packet->tcp_ack);
	}
	take_acknowledgement(sight, true);
}

static void advance_by_syn(struct flow_state *flow, bool answers, bool is_source)
{
	switch (flow->tcp_state) {
	case TCP_STATE_NONE:
		flow->tcp_state = answers ? TCP_STATE_SYN_ACK : TCP_STATE_SYN;
		break;
	case TCP_STATE_SYN:
	case TCP_STATE_REFUSED:
		if (answers && !is_source) {
			flow->tcp_state = TCP_STATE_SYN_ACK;
			flow->tcp_is_over = false;
		}
		break;
	case TCP_STATE_MIDSTREAM:
		flow->tcp_state = TCP_STATE_ESTABLISHED;
		break;
	default:
		break;
	}
}

/* Did it ask, and has nobody asked it? */
static bool answers_itself(const struct flow_state *flow, unsigned end)
{
	return flow->tcp_state == TCP_STATE_SYN && end == source_of(flow) &&
	       !(flow->tcp_flags[!end] & TCP_SYN);
}

/* Whoever sends a SYN has not answered one: what it took for the other's number was made up. */
static void take_back_answer(const struct sight *sight)
{
	enum { OF_CONTEXT = OPENING_BY_HIGH | OPENING_OTHER_CONTEXT };
	enum { OF_NUMBERS = FLOW_START_SEEN | FLOW_SEQ_LOW | FLOW_SEQ_HIGH | FLOW_HIGH_LEFT_FIRST };
	struct flow_state *flow = sight->state;
	struct flow_opening *opening = sight->opening;

	*opening = (struct flow_opening){ .other_context = opening->other_context,
		.flags = opening->flags & OF_CONTEXT };
	flow->flags &= (uint8_t)~OF_NUMBERS;
	flow->tcp_flags[0] = flow->tcp_flags[1] = 0;
	flow->tcp_state = TCP_STATE_NONE;
	flow->tcp_is_over = false;
}

/* A SYN that opens, answers, was overtaken or is repeated, and who it makes the initiator. One of
 * other numbers says nothing of this connection. */
static void see_syn(const struct sight *sight)
{
	const struct packet *packet = sight->packet;
	struct flow_state *flow = sight->state;
	unsigned sender = sight->sender;
	bool answers = packet->tcp_flags & TCP_ACK;

	if (flow->tcp_has_syn && flow_reopen_waits(sight->table, sight->flow, packet)) {
		return;
	}
	if (!answers && flow_tcp_only_answered(flow, sender)) {
		take_back_answer(sight);
	}
	if (knows_isn(sight->opening, sender) && sight->opening->isn[sender] != packet->tcp_seq) {
		return;
	}
	if (answers && knows_isn(sight->opening, !sender) && !acknowledges_syn(sight, !sender)) {
		return;
	}
	if (flow->tcp_flags[sender] & TCP_SYN) {
		count_sent_again(sight);
	}
	if (answers && answers_itself(flow, sender)) {
		return;
	}
	if (!(flow->flags & FLOW_START_SEEN)) {
		bool source_is_high = sender != answers;
		flow->flags &= (uint8_t)~FLOW_SOURCE_HIGH;
		flow->flags |= FLOW_START_SEEN | (source_is_high ? FLOW_SOURCE_HIGH : 0);
	}
	take_syn_numbers(sight);
	flow->tcp_flags[sender] |= packet->tcp_flags;
	advance_by_syn(flow, answers, sender == source_of(flow));
}

enum reset { RESET_VOID, RESET_DOUBTFUL, RESET_SURE };

/* What a reset of an open connection is worth: RFC 5961, 3.2 lets only the number count that the
 * receiver waits for. That is the next one, or the first that it has not acknowledged. Elsewhere in
 * the window it is answered with a challenge; what follows will tell. */
static enum reset judge_reset(const struct sight *sight)
{
	const struct flow_state *flow = sight->state;
	unsigned sender = sight->sender;
	uint32_t next = flow->next_seq[sender], seq = sight->packet->tcp_seq;
	uint32_t flight = flow->in_flight[sender];

	if (!knows_seq(flow, sender)) {
		return RESET_SURE;
	}
	bool is_behind_goodbye = flow->tcp_flags[sender] & TCP_FIN && seq == next - 1;
	if (seq == next || is_behind_goodbye ||
		(flight != FLIGHT_UNKNOWN && seq == next - flight)) {
		return RESET_SURE;
	}
	uint32_t window = window_of(sight->table, sight->flow, !sender);
	uint32_t left = flight != FLIGHT_UNKNOWN ? next - flight : next - window;
	uint32_t most = flight != FLIGHT_UNKNOWN ? window : 2 * window;
	return seq - left <= most ? RESET_DOUBTFUL : RESET_VOID;
}

/* A reset of a half-open connection: the server's acknowledges the SYN, or has its number behind
 * the SYN-ACK; the client's has its own next number. */
static bool is_given_up(const struct sight *sight)
{
	const struct flow_state *flow = sight->state;
	unsigned source = source_of(flow);

	if (flow->tcp_state == TCP_STATE_SYN && sight->sender != source) {
		return sight->packet->tcp_flags & TCP_ACK && acknowledges_syn(sight, source);
	}
	return !knows_seq(flow, sight->sender) ||
	       sight->packet->tcp_seq == flow->next_seq[sight->sender];
}

/* Who says FIN or RST before the other one does. */
static void note_goodbye(const struct sight *sight)
{
	unsigned said = sight->state->tcp_flags[0] | sight->state->tcp_flags[1];

	if (!(said & (TCP_FIN | TCP_RST)) && sight->sender) {
		sight->state->flags |= FLOW_HIGH_LEFT_FIRST;
	}
}

static void see_reset(const struct sight *sight)
{
	struct flow_state *flow = sight->state;
	enum reset worth = RESET_SURE;

	switch (flow->tcp_state) {
	case TCP_STATE_SYN:
	case TCP_STATE_SYN_ACK:
		if (!is_given_up(sight)) {
			return;
		}
		if (flow->tcp_state == TCP_STATE_SYN && sight->sender != source_of(flow)) {
			flow->tcp_state = TCP_STATE_REFUSED;
		}
		break;
	case TCP_STATE_REFUSED:
	case TCP_STATE_CLOSED:
	case TCP_STATE_RESET:
		break;
	default:
		worth = judge_reset(sight);
		if (worth == RESET_VOID) {
			return;
		}
		flow->tcp_state = TCP_STATE_RESET;
		break;
	}
	note_goodbye(sight);
	flow->tcp_is_over |= worth == RESET_SURE;
	flow->tcp_flags[sight->sender] |= sight->packet->tcp_flags;
}

/* The time from SYN to the ACK that completes the handshake, where neither was sent twice (Karn's
 * rule). */
static void complete_handshake(const struct sight *sight)
{
	struct flow_state *flow = sight->state;
	struct flow_cold *cold = flow_table_cold(sight->table, sight->flow);
	uint64_t time_ns = sight->packet->time_ns;
	bool is_whole = flow->tcp_state == TCP_STATE_SYN_ACK && flow->flags & FLOW_START_SEEN &&
			flow->tcp_flags[source_of(flow)] & TCP_SYN && !cold->retransmissions &&
			time_ns >= cold->flow_start_ns;

	flow->tcp_state = TCP_STATE_ESTABLISHED;
	if (is_whole) {
		uint64_t rtt_us = (time_ns - cold->flow_start_ns) / NS_PER_US;
		cold->rtt_us = rtt_us > UINT32_MAX ? UINT32_MAX : rtt_us ? (uint32_t)rtt_us : 1;
	}
}

static void come_alive(struct flow_state *flow)
{
	bool has_fin = (flow->tcp_flags[0] | flow->tcp_flags[1]) & TCP_FIN;

	flow->tcp_state = has_fin ? TCP_STATE_CLOSING : TCP_STATE_ESTABLISHED;
	flow->tcp_is_over = false;
	flow->flags &= (uint8_t)(has_fin ? UINT8_MAX : ~FLOW_HIGH_LEFT_FIRST);
	flow->tcp_flags[0] &= (uint8_t)~TCP_RST;
	flow->tcp_flags[1] &= (uint8_t)~TCP_RST;
}

/* The SYN was answered, though the answer itself was not captured; or refused by somebody whose
 * word did not count. */
static bool shows_answer(const struct sight *sight)
{
	unsigned source = source_of(sight->state);

	if (!(sight->packet->tcp_flags & TCP_ACK)) {
		return false;
	}
	if (sight->sender == source) {
		return true;
	}
	uint32_t beyond = sight->packet->tcp_ack - (sight->opening->isn[source] + 1);
	return beyond <= sight->state->next_seq[source] - (sight->opening->isn[source] + 1) &&
	       (sight->state->tcp_state != TCP_STATE_REFUSED ||
		       sight->packet->payload_wire_bytes > 0);
}

/* says_more: the segment brings or acknowledges new bytes. */
static void advance_by_segment(const struct sight *sight, bool says_more)
{
	struct flow_state *flow = sight->state;

	switch (flow->tcp_state) {
	case TCP_STATE_NONE:
		flow->tcp_state = TCP_STATE_MIDSTREAM;
		break;
	case TCP_STATE_SYN:
	case TCP_STATE_REFUSED:
		if (shows_answer(sight)) {
			come_alive(flow);
		}
		break;
	case TCP_STATE_SYN_ACK:
		if (sight->packet->tcp_flags & TCP_ACK && sight->sender == source_of(flow)) {
			complete_handshake(sight);
		}
		break;
	case TCP_STATE_RESET:
		/* Whoever goes on did not send the reset that bore its name. */
		if (says_more && flow->tcp_flags[sight->sender] & TCP_RST) {
			come_alive(flow);
		}
		break;
	default:
		break;
	}
}

static void see_fin(struct flow_state *flow)
{
	bool both = flow->tcp_flags[0] & flow->tcp_flags[1] & TCP_FIN;

	flow->tcp_is_over |= both;
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

/* A segment that neither opens nor resets. */
static void see_segment(const struct sight *sight)
{
	const struct packet *packet = sight->packet;
	struct flow_state *flow = sight->state;
	unsigned sender = sight->sender;
	uint32_t before = flow->next_seq[sender];
	bool is_in_place = !knows_seq(flow, sender) || packet->tcp_seq == before;
	uint32_t length = packet->payload_wire_bytes + !!(packet->tcp_flags & TCP_FIN);

	if (!take_bytes(sight, packet->tcp_seq, length)) {
		return;
	}
	bool says_more = take_acknowledgement(sight, is_in_place);
	says_more |= flow->next_seq[sender] != before;
	advance_by_segment(sight, says_more);
	if (packet->tcp_flags & TCP_FIN) {
		note_goodbye(sight);
	}
	flow->tcp_flags[sender] |= packet->tcp_flags;
	if (packet->tcp_flags & TCP_FIN) {
		see_fin(flow);
	}
}

void flow_tcp_see_slow(struct flow_table *table, uint32_t flow, const struct packet *packet)
{
	struct sight sight = { .table = table,
		.flow = flow,
		.state = flow_table_state(table, flow),
		.opening = flow_table_opening(table, flow),
		.packet = packet,
		.sender = packet_end(packet) };

	if (!packet->tcp_flags) {
		if (sight.state->tcp_state == TCP_STATE_NONE) {
			sight.state->tcp_state = TCP_STATE_MIDSTREAM;
		}
	} else if (packet->tcp_flags & TCP_RST) {
		see_reset(&sight);
	} else if (packet->tcp_flags & TCP_SYN) {
		see_syn(&sight);
	} else {
		see_segment(&sight);
	}
}
