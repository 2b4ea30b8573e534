/* Connections of QUIC and DTLS that wait for an answer, in a flow that is another one's until then.
 */
#include <string.h>

#include "analyzer/classify/classify_parts.h"
#include "analyzer/classify/dissect/dtls.h"

/* A client that is not answered for so long has begun nothing. */
#define ANSWER_NS_MOST (UINT64_C(10) * 1000000000)

bool classify_same_ends(const struct flow_ends *a, const struct flow_ends *b)
{
	return addr_equal(&a->source, &b->source) && addr_equal(&a->destination, &b->destination) &&
	       a->source_port == b->source_port && a->destination_port == b->destination_port;
}

static void forget_connection(struct classify *classify, struct begun_connection *begun)
{
	l7_feed_release(&classify->tables, &begun->session);
	l7_info_store_release(classify->tables.store, begun->session.l7);
	begun->is_waiting = false;
}

/* A place for one of this flow; another's gives way. */
static struct begun_connection *place_connection(struct classify *classify, uint32_t flow)
{
	struct begun_connection *begun = &classify->connections[flow % BEGUN_CONNECTIONS];

	if (begun->is_waiting) {
		forget_connection(classify, begun);
	}
	return begun;
}

/* The one that waits in this flow; NULL. */
static struct begun_connection *find_connection(
	struct classify *classify, const struct collector *collector, uint32_t flow)
{
	struct begun_connection *begun = &classify->connections[flow % BEGUN_CONNECTIONS];
	struct flow_ends ends;

	if (!begun->is_waiting || begun->session.flow != flow) {
		return NULL;
	}
	collector_flow_ends(collector, flow, &ends);
	return classify_same_ends(&ends, &begun->ends) ? begun : NULL;
}

static enum l7_protocol protocol_of(const struct classify *classify, uint32_t l7)
{
	return l7 ? l7_info_store_get(classify->tables.store, l7)->protocol : L7_UNKNOWN;
}

static bool is_quic(const struct classify *classify, uint32_t l7)
{
	return protocol_of(classify, l7) == L7_QUIC;
}

/* The server answered the one that waits: the flow goes on as that. */
static void follow_connection(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek,
	struct begun_connection *begun)
{
	uint32_t *note = collector_note(collector, peek->flow);
	uint32_t number = *note & NOTE_PROGRESS ? *note & ~NOTE_PROGRESS : 0;
	uint32_t l7 = number ? l7_session_get(classify->session, number)->l7 : *note & ~NOTE_FLAGS;

	if (!classify_split_early(classify, collector, batch, peek, l7, begun->early)) {
		return;
	}
	if (number && is_quic(classify, l7)) {
		classify_know_ends(
			classify, collector, peek->flow, l7_session_get(classify->session, number));
	}
	if (is_quic(classify, begun->session.l7)) {
		classify_share_socket(classify, collector, batch, peek, begun, l7);
	}
	if (number) {
		l7_feed_release(&classify->tables, l7_session_get(classify->session, number));
		l7_session_end(classify->session, number);
	}
	number = l7_session_begin(classify->session, &begun->session);
	if (number) {
		l7_info_store_release(classify->tables.store, *note);
		*note = number | NOTE_PROGRESS;
		begun->is_waiting = false;
	} else {
		forget_connection(classify, begun);
	}
}

bool classify_waits(struct classify *classify, const struct collector *collector, uint32_t flow)
{
	return find_connection(classify, collector, flow) != NULL;
}

/* By its keys, or by the ID that it goes to, which the connection that goes on may have as well. */
static bool answers_quic(struct classify *classify, struct collector *collector,
	struct reader datagram, const struct begun_connection *begun)
{
	struct quic_ends known = classify_latest_ends(classify, collector, begun->session.flow);

	return !quic_goes_to(&known.client, datagram) &&
	       quic_answers(&classify->tables, datagram, &begun->session.states[0]);
}

/* Does its hello name somebody else than the flow's, which may be sent once more? */
static bool has_own_name(const struct classify *classify, struct collector *collector,
	const struct begun_connection *begun)
{
	uint32_t note = *collector_note(collector, begun->session.flow);
	uint32_t known = note & NOTE_PROGRESS
				 ? l7_session_get(classify->session, note & ~NOTE_PROGRESS)->l7
				 : note & ~NOTE_FLAGS;
	struct l7_info both;

	if (!known) {
		return true;
	}
	const struct l7_info *own = l7_info_store_get(classify->tables.store, begun->session.l7);
	l7_info_copy(&both, l7_info_store_get(classify->tables.store, known));
	return own->name_count > 0 && l7_info_add_name(&both, own->names[0].source,
					      l7_info_name(own, 0), own->names[0].length);
}

static bool is_answer(struct classify *classify, struct collector *collector,
	const struct packet *packet, const struct begun_connection *begun)
{
	bool is_high = packet->flags & PACKET_FROM_HIGH;
	struct reader datagram = reader_over(packet->payload, packet->payload_bytes);

	if (is_high == begun->early.is_high) {
		return false;
	}
	return protocol_of(classify, begun->session.l7) == L7_DTLS
		       ? dtls_answers(datagram) && has_own_name(classify, collector, begun)
		       : answers_quic(classify, collector, datagram, begun);
}

void classify_begin_beside(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek)
{
	const struct packet *packet = &batch->packets.packets[peek->packet];
	struct begun_connection *begun = find_connection(classify, collector, peek->flow);
	struct l7_feed feed;

	if (!begun) {
		begun = place_connection(classify, peek->flow);
		*begun = (struct begun_connection){ .early = { .time_ns = packet->time_ns,
							    .is_high = packet->flags &
								       PACKET_FROM_HIGH },
			.is_waiting = true };
		collector_flow_ends(collector, peek->flow, &begun->ends);
		l7_session_init(&begun->session, peek->flow,
			classify_looked_up(classify, classify_names_place(classify, &begun->ends),
				&begun->ends, packet));
		collector_start_peeking(collector, peek->flow);
	}
	if (begun->early.packets < SPLIT_EARLY_NUMBERS) {
		begun->early.numbers[begun->early.packets] =
			collector_packet_number(collector, batch, peek->packet);
	}
	begun->early.were_due |= collector_is_due(collector, batch, peek->flow, peek->packet);
	begun->early.packets++;
	begun->early.bytes += packet->ip_bytes;
	classify_feed(classify, collector, packet, peek, &begun->session, &feed);
	/* What the same batch holds of the server may not have been asked for. */
	struct peek next = { .flow = peek->flow, .packet = peek->packet };
	while ((next.packet = (uint16_t)collector_next_packet(
			collector, batch, peek->flow, next.packet)) < batch->packets.count) {
		const struct packet *later = &batch->packets.packets[next.packet];
		if (is_answer(classify, collector, later, begun)) {
			next.from_source = collector_is_from_source(collector, peek->flow, later);
			classify_feed(classify, collector, later, &next, &begun->session, &feed);
			follow_connection(classify, collector, batch, &next, begun);
			return;
		}
	}
}

/* What is remembered of the flow's ends from before it fell silent goes on. */
static void recall_ends(
	struct classify *classify, const struct flow_ends *ends, uint64_t time_ns, uint32_t *note)
{
	const struct flow_stand stand = { .is_known = { false, false } }; /* it is of UDP */
	uint32_t kept = flow_memory_is_empty(classify->memory)
				? 0
				: flow_memory_find(classify->memory, ends, &stand, time_ns);

	if (kept) {
		l7_info_store_hold(classify->tables.store, kept);
		l7_info_store_release(classify->tables.store, *note);
		*note = kept | NOTE_DONE | NOTE_WATCH;
	}
}

bool classify_leave_hello(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek, uint32_t number)
{
	struct l7_info_store *store = classify->tables.store;
	struct l7_session *session = l7_session_get(classify->session, number);
	const struct packet *packet = &batch->packets.packets[peek->packet];
	uint32_t l7 = session->l7 = l7_info_store_share(store, session->l7);
	bool is_high = packet->flags & PACKET_FROM_HIGH,
	     is_of_client = quic_is_of_source(&session->states[0]) == peek->from_source;

	if (!classify_split(classify, collector, batch, peek, l7)) {
		return false;
	}
	l7_info_store_hold(store, l7); /* the part has the session's */
	struct begun_connection *begun = place_connection(classify, peek->flow);
	*begun = (struct begun_connection){ .early = { .time_ns = packet->time_ns,
						    .is_high = is_high == is_of_client },
		.session = *session,
		.is_waiting = true };
	collector_flow_ends(collector, peek->flow, &begun->ends);
	l7_session_end(classify->session, number);
	recall_ends(classify, &begun->ends, packet->time_ns, collector_note(collector, peek->flow));
	return true;
}

void classify_hear_answer(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek)
{
	const struct packet *packet = &batch->packets.packets[peek->packet];
	struct begun_connection *begun = find_connection(classify, collector, peek->flow);
	bool is_watched = *collector_note(collector, peek->flow) & NOTE_WATCH;

	if (begun && is_answer(classify, collector, packet, begun)) {
		follow_connection(classify, collector, batch, peek, begun);
	} else if (begun && packet->time_ns > begun->early.time_ns + ANSWER_NS_MOST) {
		forget_connection(classify, begun);
		begun = NULL;
	}
	if (!begun && is_watched && !peek->from_source) {
		classify_hear_moved(classify, collector, peek, packet);
		collector_stop_peeking(collector, peek->flow, false);
	}
}
