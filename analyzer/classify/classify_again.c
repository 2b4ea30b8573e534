/* Conversations that share five numbers, one after the other. */
#include <string.h>

#include "analyzer/classify/classify_parts.h"
#include "analyzer/classify/dissect/dtls.h"
#include "analyzer/classify/dissect/host.h"
#include "analyzer/classify/dissect/quic_connection.h"

enum { IP_TCP = 6, INITIAL_BYTES_LEAST = 1200 };

bool classify_names_its_server(const struct l7_info *l7)
{
	return l7->name_count > 0 && l7->names[0].source <= NAME_HTTP_HOST;
}

bool classify_may_follow(const struct l7_info *l7)
{
	bool may_share =
		l7->protocol == L7_QUIC || l7->protocol == L7_DTLS || l7->protocol == L7_HTTP2;

	/* A proxy may be asked for an address, or for nothing, before it is asked for a host. */
	return l7->protocol == L7_HTTP || (may_share && classify_names_its_server(l7));
}

bool classify_split_early(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek, uint32_t l7,
	struct split_early early)
{
	uint32_t *note = collector_note(collector, peek->flow);
	struct split_notes notes = {
		.part = l7 | NOTE_DONE, .due = l7 | NOTE_DONE, .early = early
	};
	struct flow_ends ends;

	if (!collector_split(collector, batch, peek->flow, peek->packet, &notes)) {
		return false;
	}
	collector_flow_ends(collector, peek->flow, &ends);
	collector_start_peeking(collector, peek->flow);
	const struct packet *packet = &batch->packets.packets[peek->packet];
	*note = classify_looked_up(classify, classify_names_place(classify, &ends), &ends, packet);
	if (*note && classify->tables.lookups) {
		classify_credit_flow(classify, collector, peek->flow, &ends, packet->time_ns);
	}
	return true;
}

bool classify_split(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek, uint32_t l7)
{
	return classify_split_early(
		classify, collector, batch, peek, l7, (struct split_early){ 0 });
}

void classify_keep_parts(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek)
{
	uint32_t note = *collector_note(collector, peek->flow);

	if (note & NOTE_PROGRESS) {
		const struct l7_session *session =
			l7_session_get(classify->session, note & ~NOTE_PROGRESS);
		note = session->l7 | NOTE_DONE | (session->is_cut ? NOTE_CUT : 0);
	}
	uint32_t l7 = note & ~NOTE_FLAGS;
	unsigned kept = collector_keep_notes(collector, batch, peek, l7 ? note | NOTE_HELD : note);
	for (unsigned i = 0; l7 && i < kept; i++) {
		l7_info_store_hold(classify->tables.store, l7);
	}
}

static bool is_capital(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z';
}

/* The segment that waits in this flow; NULL. */
static struct ahead_segment *find_ahead(struct classify *classify, uint32_t flow)
{
	struct ahead_segment *ahead = &classify->ahead[flow % BEGUN_REQUESTS];

	return ahead->count > 0 && ahead->flow == flow ? ahead : NULL;
}

static void keep_ahead(struct classify *classify, const struct packet *packet, uint32_t flow)
{
	struct ahead_segment *ahead = &classify->ahead[flow % BEGUN_REQUESTS];

	ahead->flow = flow;
	ahead->seq = packet->tcp_seq;
	ahead->next_seq = packet->tcp_seq + packet->payload_wire_bytes;
	ahead->count =
		packet->payload_bytes < AHEAD_BYTES_MAX ? packet->payload_bytes : AHEAD_BYTES_MAX;
	memcpy(ahead->bytes, packet->payload, ahead->count);
}

/* Where the first request stands behind its bytes, in whatever order they come. */
static void follow_first(
	struct classify *classify, const struct packet *packet, uint32_t flow, struct reader in)
{
	struct request_ends *ends = &classify->request_ends;

	if (request_ends_ahead(ends, flow, packet->tcp_seq) > 0) {
		keep_ahead(classify, packet, flow);
		return;
	}
	if (request_ends_take(ends, flow, packet->tcp_seq, in) == REQUEST_NOT_FOLLOWED) {
		return;
	}
	struct ahead_segment *ahead = find_ahead(classify, flow);
	if (ahead && request_ends_ahead(ends, flow, ahead->seq) <= 0) {
		request_ends_take(ends, flow, ahead->seq, reader_over(ahead->bytes, ahead->count));
		ahead->count = 0;
	}
}

void classify_follow_request(struct classify *classify, const struct packet *packet,
	const struct peek *peek, bool is_fresh, bool is_later)
{
	uint8_t first = packet->payload_bytes ? packet->payload[0] : 0;
	uint32_t start = peek->has_next_seq && !is_later ? peek->next_seq : packet->tcp_seq;
	bool may_begin = is_capital(first) || (int32_t)(packet->tcp_seq - start) > 0;
	uint8_t protocol =
		packet->flags & PACKET_V6 ? packet->key.v6.protocol : packet->key.v4.protocol;

	if (protocol != IP_TCP) {
		return;
	}
	struct ahead_segment *ahead = is_fresh ? find_ahead(classify, peek->flow) : NULL;
	if (ahead) {
		ahead->count = 0;
	}
	if (is_fresh && peek->from_source && may_begin) {
		request_ends_begin(&classify->request_ends, peek->flow, start);
	} else if (is_fresh) {
		request_ends_forget(&classify->request_ends, peek->flow);
	}
	if (peek->from_source) {
		struct reader in = reader_over(packet->payload, packet->payload_bytes);
		struct http2_asked asked;
		follow_first(classify, packet, peek->flow, in);
		http2_hosts_take(&classify->http2_hosts, peek->flow, packet->tcp_seq, in, &asked);
	}
}

enum request { REQUEST_KNOWN, REQUEST_UNFINISHED, REQUEST_ANOTHER };

/* Could these be the first bytes of a client's frame of HTTP/2 that is not here yet? */
static bool begins_frame(struct reader in)
{
	enum { FRAME_MOST = 16384, TYPE_MOST = 9 };
	size_t left = reader_left(&in);
	uint32_t bytes = reader_u24(&in);
	uint8_t type = reader_u8(&in);

	reader_skip(&in, 1);
	uint32_t stream = reader_u32(&in);
	return left < 4 || (bytes <= FRAME_MOST && type <= TYPE_MOST &&
				   (left < 9 || (stream & 1 && reader_left(&in) < bytes)));
}

static unsigned count_hosts(const struct l7_info *l7)
{
	unsigned count = 0;

	for (unsigned i = 0; i < l7->name_count; i++) {
		count += l7->names[i].source == NAME_HTTP_HOST;
	}
	return count;
}

static bool is_known_host(const struct l7_info *known, const char *host)
{
	bool is_known = false;

	for (unsigned i = 0; i < known->name_count; i++) {
		is_known |= known->names[i].source == NAME_HTTP_HOST &&
			    strcmp(l7_info_name(known, i), host) == 0;
	}
	return is_known;
}

/* Do requests ask for whom the flow names? Of HTTP/2, which may ask for several at once, for all of
 * them. */
static bool ask_for_known(const struct l7_info *known, const struct l7_info *l7)
{
	bool are_known = l7->protocol != L7_HTTP2 || count_hosts(l7) == count_hosts(known);

	for (unsigned i = 0; i < l7->name_count; i++) {
		are_known &= l7->names[i].source != NAME_HTTP_HOST ||
			     is_known_host(known, l7_info_name(l7, i));
	}
	return are_known;
}

/* Is the host of the first request in these bytes one that the flow has not named yet, or does it
 * ask for something else to go on behind it (CONNECT, TLS)? Then the scratch l7 info is the
 * request's. */
static enum request read_request(
	struct classify *classify, struct reader in, const struct l7_info *known)
{
	struct dissect_state state = { 0 };
	struct l7_info *l7 = &classify->scratch;
	struct dissection dissection = { .in = in,
		.from_source = true,
		.is_answered = true,
		.is_last = true,
		.wire_bytes = (uint32_t)reader_left(&in),
		.state = &state,
		.tables = &classify->tables,
		.l7 = l7 };
	uint8_t first = in.at[0];
	/* HTTP/1 may have been asked to go on as HTTP/2, which says so at its start. */
	bool is_http2 = first == 0 || (reader_left(&in) > 3 && memcmp(in.at, "PRI ", 4) == 0);

	if (!is_http2 && (known->protocol == L7_HTTP2 || !is_capital(first))) {
		return REQUEST_KNOWN;
	}
	const struct dissector *dissector = is_http2 ? &dissector_http2 : &dissector_http;
	l7_info_clear(l7);
	enum dissect_result result = dissector->stream(&dissection);
	if (dissection.hands_over) {
		return REQUEST_ANOTHER;
	}
	if (result != DISSECT_DONE || !classify_names_its_server(l7)) {
		dissection.is_last = false;
		bool is_begun = first == 0 ? begins_frame(in)
					   : dissector->stream(&dissection) == DISSECT_MORE &&
						     !dissection.hands_over;
		return is_begun ? REQUEST_UNFINISHED : REQUEST_KNOWN;
	}
	return ask_for_known(known, l7) ? REQUEST_KNOWN : REQUEST_ANOTHER;
}

/* Of the hosts that were asked for at once, those that the flow has named, or the others. */
static void add_asked(const struct http2_asked *asked, const struct l7_info *known, bool are_known,
	struct l7_info *l7)
{
	struct l7_info one;

	for (unsigned i = 0; i < asked->count; i++) {
		l7_info_clear(&one);
		const struct hpack_request *request = &asked->requests[i];
		host_to_l7_info(request->host, request->length, &one);
		if (one.name_count > 0 &&
			is_known_host(known, l7_info_name(&one, 0)) == are_known) {
			l7_info_add_name(
				l7, NAME_HTTP_HOST, l7_info_name(&one, 0), one.names[0].length);
			if (request->is_tunnel) {
				l7->through_proxy = L7_PROXY_ASKED;
			}
		}
	}
}

/* Do the bytes ask on HTTP/2 for others than the flow has named, in whatever words? Then the
 * scratch l7 info is the requests'. */
static bool asks_on_http2(struct classify *classify, const struct packet *packet, uint32_t flow,
	const struct l7_info *known)
{
	struct l7_info *l7 = &classify->scratch;
	struct http2_asked asked;

	http2_hosts_take(&classify->http2_hosts, flow, packet->tcp_seq,
		reader_over(packet->payload, packet->payload_bytes), &asked);
	if (asked.count == 0) {
		return false;
	}
	l7_info_clear(l7);
	l7->protocol = L7_HTTP2;
	add_asked(&asked, known, false, l7);
	add_asked(&asked, known, true, l7);
	return classify_names_its_server(l7) && !ask_for_known(known, l7);
}

/* Of two requests for the same bytes either may be false: the scratch l7 info, the later one's,
 * names whom the flow has asked before as well. */
static void contest_request(struct l7_info *l7, const struct l7_info *known)
{
	l7_info_add_names(l7, NAME_HTTP_HOST, known);
	l7->is_contested = true;
}

/* Bytes of a flow go on with a request that has begun, or begin one that does not tell its host
 * yet. *in_pieces: they go on, or stand in place of another one, and are not to be read anew. */
static enum request read_piece(struct classify *classify, uint32_t flow, uint32_t seq,
	struct reader in, const struct l7_info *known, bool *in_pieces)
{
	struct begun_request *begun = &classify->begun[flow % BEGUN_REQUESTS];
	const uint8_t *piece = in.at;
	uint32_t bytes = (uint32_t)reader_left(&in);
	uint32_t before = begun->flow == flow ? begun->count : 0;
	uint32_t again = begun->next_seq - seq;

	if (before > 0 && again > 0 && again <= before) {
		return REQUEST_KNOWN; /* a piece that is there */
	}
	*in_pieces = before > 0 && again == 0;
	enum request_place place = request_ends_take(&classify->request_ends, flow, seq, in);
	/* HTTP/1 may have switched to HTTP/2, whose frames look like a head that does not end. */
	if (place == REQUEST_INSIDE || (place == REQUEST_IN_HEAD && !*in_pieces && in.at[0] != 0)) {
		return REQUEST_KNOWN;
	}
	before = *in_pieces ? before : 0;
	bool fits = before + bytes <= BEGUN_BYTES_MAX;
	if (*in_pieces && fits) {
		memcpy(begun->bytes + before, piece, bytes);
		in = reader_over(begun->bytes, before + bytes);
	}
	enum request request = read_request(classify, in, known);
	if (place == REQUEST_BEGINS_AGAIN && request == REQUEST_ANOTHER &&
		classify_names_its_server(&classify->scratch)) {
		contest_request(&classify->scratch, known);
		*in_pieces = true;
	}
	if (place == REQUEST_NOT_FOLLOWED && is_capital(in.at[0]) &&
		classify->scratch.protocol == L7_HTTP) {
		request_ends_begin(&classify->request_ends, flow, seq);
		request_ends_take(&classify->request_ends, flow, seq, in);
	}
	if (request == REQUEST_UNFINISHED && fits) {
		if (!*in_pieces) {
			memcpy(begun->bytes, piece, bytes);
		}
		begun->flow = flow;
		begun->next_seq = seq + bytes;
		begun->count = before + bytes;
	} else if (*in_pieces) {
		begun->count = 0;
	}
	return request;
}

/* A request that began inside a segment may end in the next one. */
static void keep_begun(
	struct classify *classify, uint32_t flow, uint32_t next_seq, struct reader in)
{
	struct begun_request *begun = &classify->begun[flow % BEGUN_REQUESTS];

	if (reader_left(&in) <= BEGUN_BYTES_MAX) {
		begun->flow = flow;
		begun->next_seq = next_seq;
		begun->count = (uint32_t)reader_left(&in);
		memcpy(begun->bytes, in.at, begun->count);
	}
}

/* A segment: what it begins with or goes on with, and then the requests that begin inside it, as
 * far as one of them is for another host. */
static enum request read_segment(struct classify *classify, uint32_t flow, uint32_t seq,
	struct reader in, const struct l7_info *known, bool *in_pieces)
{
	struct request_ends *ends = &classify->request_ends;

	ends->inside_count = 0;
	enum request request = read_piece(classify, flow, seq, in, known, in_pieces);
	for (unsigned i = 0; i < ends->inside_count && request != REQUEST_ANOTHER; i++) {
		struct reader rest = in;
		reader_skip(&rest, ends->inside[i]);
		request = reader_left(&rest) > 0 ? read_request(classify, rest, known)
						 : REQUEST_KNOWN;
		*in_pieces |= request == REQUEST_ANOTHER;
		if (request == REQUEST_UNFINISHED) {
			keep_begun(classify, flow, seq + (uint32_t)reader_left(&in), rest);
		}
	}
	return request;
}

static bool has_acked(const struct peek *peek, uint32_t seq)
{
	return peek->has_acked_seq && (int32_t)(peek->acked_seq - seq) >= 0;
}

/* Does the segment lie behind bytes that the server has yet to be sent? Those that it has were only
 * missed; so were, where nothing is heard of it, those that the client goes on behind. */
static bool waits_for_gap(
	const struct classify *classify, const struct packet *packet, const struct peek *peek)
{
	return !has_acked(peek, packet->tcp_seq) &&
	       request_ends_ahead(&classify->request_ends, peek->flow, packet->tcp_seq) > 0;
}

/* What waits in the flow is read once the bytes before it have come, or the server has it though
 * they were missed; and it is nothing where others came in its place. */
static enum request read_ahead_segment(struct classify *classify, const struct packet *packet,
	const struct peek *peek, const struct l7_info *known)
{
	struct ahead_segment *ahead = find_ahead(classify, peek->flow);
	bool in_pieces;

	if (!ahead) {
		return REQUEST_KNOWN;
	}
	int32_t gap = request_ends_ahead(&classify->request_ends, peek->flow, ahead->seq);
	bool goes_on = !peek->has_peer_seq && packet->tcp_seq == ahead->next_seq;
	if (gap > 0 && !goes_on && !has_acked(peek, ahead->seq + ahead->count)) {
		return REQUEST_KNOWN;
	}
	struct reader in = reader_over(ahead->bytes, ahead->count);
	ahead->count = 0;
	return gap < 0 ? REQUEST_KNOWN
		       : read_segment(classify, peek->flow, ahead->seq, in, known, &in_pieces);
}

/* Of a request whose last piece told its host no packet is left to be read: the flow is what the
 * scratch l7 info says. */
static void take_request(struct classify *classify, struct collector *collector, uint32_t flow)
{
	struct l7_info_store *store = classify->tables.store;
	uint32_t *note = collector_note(collector, flow);
	uint32_t l7 = l7_info_store_add(store, &classify->scratch);

	if (l7) {
		l7_info_store_release(store, *note);
		*note = l7;
	}
	*note |= NOTE_DONE | NOTE_WATCH;
	collector_stop_peeking(collector, flow, false);
}

/* What waited in a watched flow of HTTP is told by the packet to have been said: the flow goes on
 * as that, if it asks for another host. */
static void follow_ahead(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek)
{
	uint32_t l7 = *collector_note(collector, peek->flow) & ~NOTE_FLAGS;
	const struct packet *packet = &batch->packets.packets[peek->packet];
	const struct l7_info *known = l7_info_store_get(classify->tables.store, l7);

	if (read_ahead_segment(classify, packet, peek, known) == REQUEST_ANOTHER &&
		classify_split(classify, collector, batch, peek, l7)) {
		take_request(classify, collector, peek->flow);
	}
}

/* A packet of a watched flow that is not one of QUIC; as classify_begin_again(). */
static bool begin_request(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek)
{
	const struct packet *packet = &batch->packets.packets[peek->packet];
	struct reader in = reader_over(packet->payload, packet->payload_bytes);

	if (peek->has_acked_seq) {
		request_ends_acknowledge(&classify->request_ends, peek->flow, peek->acked_seq);
	}
	follow_ahead(classify, collector, batch, peek);
	if (waits_for_gap(classify, packet, peek)) {
		keep_ahead(classify, packet, peek->flow);
		return false;
	}
	uint32_t l7 = *collector_note(collector, peek->flow) & ~NOTE_FLAGS;
	const struct l7_info *known = l7_info_store_get(classify->tables.store, l7);
	bool in_pieces = asks_on_http2(classify, packet, peek->flow, known);
	enum request request = in_pieces ? REQUEST_ANOTHER
					 : read_segment(classify, peek->flow, packet->tcp_seq, in,
						   known, &in_pieces);
	if (request != REQUEST_ANOTHER) {
		follow_ahead(classify, collector, batch, peek);
		return false;
	}
	if (!classify_split(classify, collector, batch, peek, l7)) {
		return false;
	}
	in_pieces |= find_ahead(classify, peek->flow) != NULL;
	if (in_pieces) {
		take_request(classify, collector, peek->flow);
	}
	return !in_pieces;
}

bool classify_begin_again(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek)
{
	const struct packet *packet = &batch->packets.packets[peek->packet];
	uint32_t l7 = *collector_note(collector, peek->flow) & ~NOTE_FLAGS;
	const struct l7_info *known = l7_info_store_get(classify->tables.store, l7);

	if (!classify_is_udp(packet)) {
		return begin_request(classify, collector, batch, peek);
	}
	struct reader datagram = reader_over(packet->payload, packet->payload_bytes);
	bool is_dtls = known->protocol == L7_DTLS;
	bool begins = is_dtls ? dtls_begins(datagram)
			      : packet->payload_wire_bytes >= INITIAL_BYTES_LEAST &&
					packet->payload[0] & QUIC_FORM_LONG &&
					quic_begins(&classify->tables, datagram);
	if (begins && (is_dtls || known->is_quic_answered)) {
		classify_begin_beside(classify, collector, batch, peek);
		return false;
	}
	/* Where no answer to the first was seen none can be asked of the second. */
	return begins && classify_split(classify, collector, batch, peek, l7);
}
