/* Flows that go on with a conversation which is known from before: one that was silent for a while,
 * and one of QUIC whose client had another port. */
#include "analyzer/classify/classify_parts.h"
#include "analyzer/classify/dissect/quic_header.h"

enum { IP_TCP = 6, IP_UDP = 17 };

/* What names itself with each packet need not be remembered. Over TCP few connections fall silent
 * and stay open, and each says only at its beginning what it is. */
static bool is_worth_keeping(const struct l7_info *l7, uint8_t protocol)
{
	bool hides = l7->protocol == L7_TLS || l7->protocol == L7_QUIC || l7->protocol == L7_DTLS ||
		     l7->protocol == L7_HTTP || l7->protocol == L7_HTTP2;
	bool is_told = l7->app_hint != APP_HINT_NONE || l7->protocol == L7_BITTORRENT;

	if (protocol == IP_TCP) {
		is_told |=
			l7->name_count > 0 || (l7->protocol != L7_UNKNOWN && !l7->protocol_by_port);
	}
	return is_told ||
	       (hides && (classify_names_its_server(l7) || l7_info_have_source(l7, NAME_CERT)));
}

void classify_keep(struct classify *classify, const struct flow_record *flow, uint32_t l7)
{
	struct l7_info_store *store = classify->tables.store;
	bool is_bare = flow->wrapped[0] != FLOW_WRAPPED_OUTSIDE &&
		       flow->wrapped[1] != FLOW_WRAPPED_OUTSIDE;
	bool may_go_on = flow->end == FLOW_END_IDLE || flow->end == FLOW_END_ACTIVE ||
			 flow->end == FLOW_END_EVICTED;
	bool is_open =
		flow->protocol == IP_UDP ||
		(flow->protocol == IP_TCP && (flow->tcp_state == TCP_STATE_ESTABLISHED ||
						     flow->tcp_state == TCP_STATE_MIDSTREAM));
	struct flow_ends ends = { .source = flow->source,
		.destination = flow->destination,
		.source_port = flow->source_port,
		.destination_port = flow->destination_port,
		.protocol = flow->protocol };
	struct flow_stand stand = { .next_seq = { flow->next_seq[0], flow->next_seq[1] },
		.is_known = { flow->has_next_seq & 1, flow->has_next_seq >> 1 & 1 } };

	if (l7 && is_bare && may_go_on && is_open &&
		is_worth_keeping(l7_info_store_get(store, l7), flow->protocol)) {
		l7_info_store_hold(store, l7);
		l7 = l7_info_store_share(store, l7);
		flow_memory_keep(classify->memory, &ends, &stand, l7, flow->end_ns);
		l7_info_store_release(store, l7);
	}
}

static struct flow_stand stand_of(const struct packet *packet, bool from_source)
{
	struct flow_stand stand = { .is_known = { false, false } };

	if (packet->tcp_flags) {
		stand.next_seq[!from_source] = packet->tcp_seq;
		stand.is_known[!from_source] = true;
		stand.next_seq[from_source] = packet->tcp_ack;
		stand.is_known[from_source] = packet->tcp_flags & TCP_ACK;
	}
	return stand;
}

uint32_t classify_recall(const struct classify *classify, struct collector *collector,
	uint32_t flow, const struct flow_ends *ends, const struct packet *packet, uint32_t after)
{
	bool may_go_on = ends->protocol == IP_UDP ||
			 (ends->protocol == IP_TCP && !(packet->tcp_flags & TCP_SYN));

	if (!may_go_on) {
		return 0;
	}
	if (after != UINT32_MAX) {
		uint32_t note = *collector_note(collector, after);
		uint32_t l7 = note & NOTE_PROGRESS
				      ? l7_session_get(classify->session, note & ~NOTE_PROGRESS)->l7
				      : note & ~NOTE_FLAGS;
		bool is_kept = l7 && is_worth_keeping(l7_info_store_get(classify->tables.store, l7),
					     ends->protocol);
		return is_kept ? l7 : 0;
	}
	if (flow_memory_is_empty(classify->memory)) {
		return 0;
	}
	struct flow_stand stand =
		stand_of(packet, collector_is_from_source(collector, flow, packet));
	return flow_memory_find(classify->memory, ends, &stand, packet->time_ns);
}

/* A hello or a request begins something that speaks for itself. */
static bool goes_on(const struct packet *packet, const struct l7_info *l7, bool is_udp)
{
	enum { RECORD_HANDSHAKE = 0x16 };
	uint8_t first = packet->payload[0];
	bool is_capital = first >= 'A' && first <= 'Z';
	bool may_ask = l7->protocol == L7_HTTP || l7->protocol == L7_HTTP2 ||
		       l7->protocol == L7_TLS || l7->protocol == L7_UNKNOWN;

	return first != RECORD_HANDSHAKE &&
	       !(is_udp ? first & QUIC_FORM_LONG : is_capital && may_ask);
}

/* All is known of the flow, without a look at it. */
static void know_flow(struct collector *collector, uint32_t flow, uint32_t l7)
{
	*collector_note(collector, flow) = l7 | NOTE_DONE;
	collector_stop_peeking(collector, flow, true);
	collector_stop_peeking(collector, flow, false);
}

/* A packet of QUIC with a short header, as far as can be told: a bit that is always one, and room
 * for an ID, a number and what seals it (RFC 9000, 17.3). */
static bool may_be_short(const struct packet *packet)
{
	enum { FIXED_BIT = 0x40, BYTES_LEAST = 21 };

	return (packet->payload[0] & (QUIC_FORM_LONG | FIXED_BIT)) == FIXED_BIT &&
	       packet->payload_wire_bytes >= BYTES_LEAST;
}

/* A flow of QUIC that was silent goes on where its IDs do. Others may be of the same connection,
 * which changes them by itself, or of another one on the same ports: the name is in doubt. */
static void go_on_with_quic(struct classify *classify, struct collector *collector,
	const struct peek *peek, const struct packet *packet, uint32_t before)
{
	struct l7_info_store *store = classify->tables.store;
	uint32_t *note = collector_note(collector, peek->flow);
	struct flow_ends ends;

	collector_flow_ends(collector, peek->flow, &ends);
	uint32_t l7 = quic_moves_find(&classify->moves, &ends, peek->from_source,
		reader_over(packet->payload, packet->payload_bytes));
	if (l7) {
		l7_info_store_hold(store, l7);
		know_flow(collector, peek->flow, l7);
	} else {
		l7_info_copy(&classify->scratch, l7_info_store_get(store, before));
		classify->scratch.is_contested = true;
		l7 = l7_info_store_add(store, &classify->scratch);
		*note = l7 ? l7 | NOTE_DONE | NOTE_WATCH : 0;
	}
	l7_info_store_release(store, before);
}

bool classify_is_recalled(struct classify *classify, struct collector *collector,
	const struct peek *peek, const struct packet *packet)
{
	uint32_t *note = collector_note(collector, peek->flow);
	uint32_t l7 = *note & ~NOTE_FLAGS;
	const struct l7_info *known = l7_info_store_get(classify->tables.store, l7);
	bool is_quic = classify_is_udp(packet) && known->protocol == L7_QUIC;

	if (!goes_on(packet, known, classify_is_udp(packet)) ||
		(is_quic && !may_be_short(packet))) {
		l7_info_store_release(classify->tables.store, l7);
		*note = 0;
		return false;
	}
	if (is_quic) {
		go_on_with_quic(classify, collector, peek, packet, l7);
		return true;
	}
	know_flow(collector, peek->flow, l7);
	return true;
}

/* What the connections between its ends say of a flow that may go on with one of them, with a
 * reference: their names, in doubt. 0 where there were none. */
static uint32_t in_doubt(struct classify *classify, const struct flow_ends *ends)
{
	struct l7_info_store *store = classify->tables.store;
	struct l7_info *l7 = &classify->scratch;
	uint32_t connections[QUIC_MOVES_BETWEEN];
	unsigned count = quic_moves_between(&classify->moves, ends, connections);

	l7_info_clear(l7);
	l7->protocol = L7_QUIC;
	l7->is_contested = true;
	for (unsigned i = 0; i < count; i++) {
		const struct l7_info *known = l7_info_store_get(store, connections[i]);
		l7->quic_version = known->quic_version;
		l7_info_add_names(l7, NAME_QUIC_SNI, known);
	}
	return l7->name_count > 0 ? l7_info_store_add(store, l7) : 0;
}

bool classify_has_moved(struct classify *classify, struct collector *collector,
	const struct peek *peek, const struct packet *packet)
{
	struct reader datagram = reader_over(packet->payload, packet->payload_bytes);
	uint32_t *note = collector_note(collector, peek->flow);
	struct flow_ends ends;

	if (quic_moves_are_empty(&classify->moves) || !peek->from_source ||
		packet->payload[0] & QUIC_FORM_LONG) {
		return false;
	}
	collector_flow_ends(collector, peek->flow, &ends);
	uint32_t l7 = quic_moves_find(&classify->moves, &ends, true, datagram);
	if (l7) {
		l7_info_store_hold(classify->tables.store, l7);
		l7_info_store_release(classify->tables.store, *note & ~NOTE_FLAGS);
		know_flow(collector, peek->flow, l7);
		return true;
	}
	l7 = *note || !may_be_short(packet) ? 0 : in_doubt(classify, &ends);
	*note = l7 ? l7 | NOTE_DONE | NOTE_WATCH : *note;
	return l7 != 0;
}

void classify_hear_moved(struct classify *classify, struct collector *collector,
	const struct peek *peek, const struct packet *packet)
{
	struct l7_info_store *store = classify->tables.store;
	uint32_t *note = collector_note(collector, peek->flow);
	struct flow_ends ends;

	if (!l7_info_store_get(store, *note & ~NOTE_FLAGS)->is_contested) {
		return;
	}
	collector_flow_ends(collector, peek->flow, &ends);
	uint32_t l7 = quic_moves_find(&classify->moves, &ends, false,
		reader_over(packet->payload, packet->payload_bytes));
	if (l7) {
		l7_info_store_hold(store, l7);
		l7_info_store_release(store, *note & ~NOTE_FLAGS);
		*note = l7 | (*note & NOTE_FLAGS);
	}
}
