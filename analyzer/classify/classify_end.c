/* What can only be said at the end of a flow, or of a part of it. */
#include "analyzer/classify/classify_parts.h"
#include "analyzer/classify/l7_info_store.h"
#include "collector/log_clock.h"

enum { IP_TCP = 6, IP_UDP = 17, PORT_DOT = 853 /* and DoQ: RFC 7858, RFC 9250 */ };

/* The flow is over, or a part of it is: what a dissector still waits for will not come. */
static void read_the_rest(
	struct classify *classify, struct l7_session *session, const struct flow_record *flow)
{
	struct l7_feed feed = { .tables = &classify->tables,
		.ends = { .source = flow->source,
			.destination = flow->destination,
			.source_port = flow->source_port,
			.destination_port = flow->destination_port,
			.protocol = flow->protocol },
		.time_ns = flow->end_ns,
		.session = session,
		.l7 = &classify->scratch };

	classify_load_l7_info(classify, session->l7);
	l7_feed_end(&feed);
	classify_keep_l7_info(classify, session);
	classify->stats.hellos_reassembled += feed.reassembled;
}

static bool has_payload(const struct flow_record *flow)
{
	/* Headers alone are at most 60 bytes of IP and 60 of TCP; a handshake and a goodbye are no
	 * conversation. */
	enum { HEADERS_USUAL = 66 };
	uint64_t packets = flow->total_packets[0] + flow->total_packets[1];

	return flow->protocol == IP_UDP ||
	       flow->total_bytes[0] + flow->total_bytes[1] > packets * HEADERS_USUAL;
}

/* Payload that is there has been looked at, and that has left its mark. */
static bool was_read(const struct flow_record *flow)
{
	return flow->note & (NOTE_PROGRESS | NOTE_DONE | NOTE_KEPT);
}

static bool may_be_call(const struct l7_info *l7)
{
	return (l7->protocol == L7_STUN || l7->protocol == L7_RTP || l7->protocol == L7_DTLS ||
		       l7->protocol == L7_UNKNOWN) &&
	       l7->app_hint == APP_HINT_NONE && l7->name_count == 0;
}

/* A flow of a call that does not show whose call it is has the app of its socket; so has
 * WireGuard, whose socket may be Tailscale's. */
static void name_socket(
	const struct classify *classify, const struct flow_record *flow, struct l7_info *l7)
{
	bool is_wireguard = l7->app_hint == APP_HINT_WIREGUARD;

	if (flow->protocol != IP_UDP || !(is_wireguard || may_be_call(l7))) {
		return;
	}
	enum app_hint app = call_sockets_find(&classify->calls, &flow->source, flow->source_port,
		flow->flow_start_ns, flow->end_ns);
	if (app == APP_HINT_NONE) {
		app = call_sockets_find(&classify->calls, &flow->destination,
			flow->destination_port, flow->flow_start_ns, flow->end_ns);
	}
	if (!is_wireguard || app == APP_HINT_TAILSCALE) {
		l7->app_hint = (uint8_t)app;
	}
}

/* A port speaks where the bytes cannot: before there are any, and where the beginning, by which
 * most protocols are known, was not seen. A flow over UDP whose beginning was missed was running,
 * and goes on. */
static bool may_ask_port(const struct flow_record *flow, const struct l7_info *l7)
{
	enum { RUNNING_PACKETS_LEAST = 8 };

	if (flow->protocol != IP_TCP && flow->protocol != IP_UDP) {
		return true; /* the number of the protocol, not of a port */
	}
	if (flow->start_seen) {
		return l7->not_captured || !(has_payload(flow) || was_read(flow));
	}
	return flow->protocol == IP_TCP ||
	       flow->total_packets[0] + flow->total_packets[1] >= RUNNING_PACKETS_LEAST;
}

/* What can only be said at the end: a protocol by its port, and why there is no name. */
static void conclude(
	const struct classify *classify, const struct flow_record *flow, struct l7_info *l7)
{
	name_socket(classify, flow, l7);
	if (l7->protocol == L7_UNKNOWN && may_ask_port(flow, l7)) {
		l7->protocol = (uint8_t)protocol_by_port(
			flow->protocol, flow->source_port, flow->destination_port);
		l7->protocol_by_port = l7->protocol != L7_UNKNOWN;
	}
	bool is_nameable = l7->protocol == L7_UNKNOWN || l7->protocol == L7_TLS ||
			   l7->protocol == L7_QUIC ||
			   (l7->protocol == L7_HTTP && l7->protocol_by_port);
	if (l7->hidden == NAME_HIDDEN_NONE && l7->name_count == 0 &&
		l7->app_hint == APP_HINT_NONE && is_nameable && has_payload(flow) &&
		(flow->protocol == IP_TCP || flow->protocol == IP_UDP)) {
		l7->hidden = NAME_HIDDEN_OPAQUE;
	}
	if ((l7->protocol == L7_TLS || l7->protocol == L7_QUIC) &&
		flow->destination_port == PORT_DOT) {
		l7->hidden = NAME_HIDDEN_ENCRYPTED_DNS;
	}
	if (l7->protocol == L7_DNS && l7->name_count > 0 && flow->protocol == IP_UDP &&
		flow->is_last && flow->total_packets[1] == 0 && classify->tables.dns_answers > 0) {
		l7->dns_unanswered = true;
	}
}

/* The server spoke, and not TLS. */
static bool is_unanswered(const struct flow_record *flow, const struct l7_info *l7)
{
	enum { HEADERS_MOST = 60, WORDS_LEAST = 8 };
	uint64_t answer_bytes = flow->total_bytes[1];

	return flow->protocol == IP_TCP && l7->ja4[0] != '\0' &&
	       (l7->protocol == L7_TLS || l7->is_contested) && flow->start_seen && flow->is_last &&
	       !l7->server_hello && !l7->not_captured &&
	       answer_bytes > flow->total_packets[1] * HEADERS_MOST + WORDS_LEAST;
}

/* The hello's name was never asked for by a client whose look-ups can be seen. */
static bool is_unresolved(
	const struct classify *classify, const struct flow_record *flow, const struct l7_info *l7)
{
	const struct names *names = classify->tables.names;
	const struct clue_name *name = &l7->names[0];
	struct addr address;

	/* For an address nobody asks. */
	return l7->name_count > 0 && flow->start_seen &&
	       (name->source == NAME_TLS_SNI || name->source == NAME_QUIC_SNI) &&
	       !addr_parse(l7_info_name(l7, 0), &address) &&
	       !l7_info_have_source(l7, NAME_DNS_QUERY) && !l7_info_have_source(l7, NAME_DNS_LOG) &&
	       names_know_lookup(names, &flow->source, "", 0, flow->flow_start_ns) &&
	       !names_know_lookup(names, &flow->source, l7_info_name(l7, 0), name->length,
		       flow->flow_start_ns);
}

static void note_findings(
	const struct classify *classify, const struct flow_record *flow, struct l7_info *l7)
{
	l7->findings = (uint8_t)(is_unanswered(flow, l7) << L7_FINDING_UNANSWERED |
				 is_unresolved(classify, flow, l7) << L7_FINDING_UNRESOLVED |
				 (l7->is_contested || l7->is_doubted) << L7_FINDING_CONTESTED |
				 l7->is_reversed << L7_FINDING_REVERSED);
}

void classify_settle(struct classify *classify, const struct flow_record *flow, struct l7_info *l7)
{
	bool is_session = flow->note & NOTE_PROGRESS;
	uint32_t number = is_session ? flow->note : flow->note & ~NOTE_FLAGS;
	bool is_cut = !is_session && flow->note & NOTE_CUT;

	if (is_session) {
		uint32_t place = number & ~NOTE_PROGRESS;
		struct l7_session *session = l7_session_get(classify->session, place);
		is_cut = session->is_cut;
		if (flow->is_last && !session->is_over) {
			read_the_rest(classify, session, flow);
			classify_end_session(classify, place);
		}
		number = session->l7;
	}
	if (number) {
		l7_info_copy(l7, l7_info_store_get(classify->tables.store, number));
	} else {
		l7_info_clear(l7);
	}
	if (classify->heard) {
		classify_name_late(classify, flow, l7);
	}
	conclude(classify, flow, l7);
	if (classify->tables.lookups) {
		classify_credit_name(classify, flow, l7);
	}
	is_cut |= !was_read(flow);
	l7->not_captured = l7->hidden == NAME_HIDDEN_OPAQUE && is_cut;
	note_findings(classify, flow, l7);
	if (classify->probe_refusals) {
		probe_refusals_tell(classify->probe_refusals, flow, l7);
	}
	if (flow->is_last) {
		if (classify->heard) {
			classify->stats.named_by_log += l7_info_have_source(l7, NAME_DNS_LOG);
			log_clock_take_flow(classify->log_clock, &flow->source, &flow->destination,
				flow->flow_start_ns);
		}
		classify_keep(classify, flow, number);
	}
	if (flow->is_last || (!is_session && flow->note & NOTE_HELD)) {
		l7_info_store_release(classify->tables.store, number);
	}
}
