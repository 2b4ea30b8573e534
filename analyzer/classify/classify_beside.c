/* Connections of QUIC that share a socket, and go on beside each other. */
#include "analyzer/classify/classify_parts.h"

#include "collector/flow_slab.h"

void classify_know_ends(struct classify *classify, const struct collector *collector, uint32_t flow,
	const struct l7_session *session)
{
	struct known_ends *known = &classify->known_ends[flow % KNOWN_ENDS];
	struct flow_ends ends;

	*known = (struct known_ends){ .flow = flow, .ends = quic_ends_of(&session->states[0]) };
	collector_flow_ends(collector, flow, &ends);
	if (known->ends.is_known && session->l7 && !session->is_hearsay) {
		quic_moves_keep(
			&classify->moves, classify->tables.store, &ends, &known->ends, session->l7);
	}
}

struct quic_ends classify_latest_ends(
	struct classify *classify, struct collector *collector, uint32_t flow)
{
	const struct known_ends *known = &classify->known_ends[flow % KNOWN_ENDS];
	uint32_t note = *collector_note(collector, flow);

	if (note & NOTE_PROGRESS) {
		return quic_ends_of(
			&l7_session_get(classify->session, note & ~NOTE_PROGRESS)->states[0]);
	}
	return known->flow == flow ? known->ends : (struct quic_ends){ .is_known = false };
}

static bool is_counted(const struct collector *collector, const struct earlier_connection *earlier)
{
	return earlier->beside != FLOW_NONE && collector_is_live(collector, earlier->beside);
}

static void forget_earlier(
	struct classify *classify, struct collector *collector, struct shared_socket *shared)
{
	if (is_counted(collector, &shared->earlier[0])) {
		collector_release_beside(collector, shared->earlier[0].beside);
	}
	l7_info_store_release(classify->tables.store, shared->earlier[0].l7);
	shared->count--;
	for (unsigned i = 0; i < shared->count; i++) {
		shared->earlier[i] = shared->earlier[i + 1];
	}
}

static void forget_socket(
	struct classify *classify, struct collector *collector, struct shared_socket *shared)
{
	while (shared->count > 0) {
		forget_earlier(classify, collector, shared);
	}
	classify->shared_count--;
}

static bool is_same(const struct collector *collector, const struct shared_socket *shared)
{
	struct flow_ends ends;

	if (!collector_is_live(collector, shared->flow)) {
		return false;
	}
	collector_flow_ends(collector, shared->flow, &ends);
	return classify_same_ends(&ends, &shared->ends);
}

void classify_share_socket(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek,
	const struct begun_connection *begun, uint32_t l7)
{
	struct shared_socket *shared = &classify->shared[peek->flow % SHARED_SOCKETS];
	const struct known_ends *known = &classify->known_ends[peek->flow % KNOWN_ENDS];
	bool is_other =
		shared->flow != peek->flow || !classify_same_ends(&shared->ends, &begun->ends);

	if (shared->count > 0 && is_other) {
		forget_socket(classify, collector, shared);
	}
	if (shared->count == EARLIER_CONNECTIONS) {
		forget_earlier(classify, collector, shared);
	} else if (shared->count == 0) {
		*shared = (struct shared_socket){ .flow = peek->flow, .ends = begun->ends };
		classify->shared_count++;
	}
	shared->from = collector_packet_number(collector, batch, peek->packet);
	shared->kept_ns = batch->packets.packets[peek->packet].time_ns;
	shared->strays = (struct stray_packets){ 0 };
	shared->client_strays = shared->server_strays = shared->is_contested = false;
	l7_info_store_hold(classify->tables.store, l7);
	shared->earlier[shared->count++] = (struct earlier_connection){
		.ends = known->flow == peek->flow ? known->ends
						  : (struct quic_ends){ .is_known = false },
		.l7 = l7,
		.beside = FLOW_NONE,
	};
}

/* Nobody can tell whose the packet is: the flow has the earlier names beside its own, and says so.
 */
static void contest(
	struct classify *classify, struct collector *collector, struct shared_socket *shared)
{
	uint32_t *note = collector_note(collector, shared->flow);
	struct l7_session *session =
		*note & NOTE_PROGRESS ? l7_session_get(classify->session, *note & ~NOTE_PROGRESS)
				      : NULL;
	uint32_t before = session ? session->l7 : *note & ~NOTE_FLAGS;
	struct l7_info *l7 = &classify->scratch;

	shared->is_contested = true;
	if (!before) {
		return;
	}
	l7_info_copy(l7, l7_info_store_get(classify->tables.store, before));
	unsigned known = l7->name_count;
	bool is_anybody = false;
	for (unsigned i = 0; i < shared->count; i++) {
		const struct earlier_connection *earlier = &shared->earlier[i];
		if (earlier->l7) {
			l7_info_add_names(l7, NAME_QUIC_SNI,
				l7_info_store_get(classify->tables.store, earlier->l7));
		}
		is_anybody |= !earlier->ends.is_known;
	}
	if (l7->name_count == known && !is_anybody) {
		return;
	}
	l7->is_contested = true;
	uint32_t after = classify_share_l7_info(classify, before);
	if (session) {
		session->l7 = after;
	} else {
		*note = after | (*note & NOTE_FLAGS);
	}
}

enum { PLACE_LATEST = 0, PLACE_UNKNOWN = -1 };

/* Whose the packet is: the latest's, or one more than the place of an earlier connection. */
static int place_of(const struct shared_socket *shared, const struct quic_ends *latest,
	struct reader datagram, bool from_client)
{
	const struct quic_end *end = from_client ? &latest->server : &latest->client;

	if (reader_left(&datagram) == 0 || datagram.at[0] & QUIC_FORM_LONG || !latest->is_known ||
		quic_goes_to(end, datagram)) {
		return PLACE_LATEST;
	}
	for (unsigned i = 0; i < shared->count; i++) {
		const struct earlier_connection *earlier = &shared->earlier[i];
		end = from_client ? &earlier->ends.server : &earlier->ends.client;
		if (earlier->ends.is_known && quic_goes_to(end, datagram)) {
			return (int)i + 1;
		}
	}
	return PLACE_UNKNOWN;
}

/* The same for one of the client's that goes to nobody who is known. *is_doubtful: it may be any
 * connection's. */
static int place_of_stray(
	struct stray_packets *strays, uint8_t id_length, struct reader datagram, bool *is_doubtful)
{
	enum { WAITING_MOST = 3 };
	struct quic_end to;

	*is_doubtful = id_length == 0 || !quic_end_of(datagram, id_length, &to);
	if (*is_doubtful) {
		return PLACE_UNKNOWN;
	}
	if (strays->to.length != to.length || strays->to.hash != to.hash) {
		*strays = (struct stray_packets){ .to = to, .waiting = strays->waiting };
	}
	unsigned may_be = strays->heard & ~strays->spoken;
	bool is_one = may_be && !(may_be & (may_be - 1));
	strays->waiting = is_one ? 0 : strays->waiting + 1;
	*is_doubtful = (may_be && !is_one) || strays->waiting > WAITING_MOST;
	return is_one ? __builtin_ctz(may_be) : PLACE_UNKNOWN;
}

/* The packet's place. *is_doubtful: it may be any connection's, or leaves others in doubt. */
static int place_packet(struct shared_socket *shared, const struct quic_ends *latest,
	struct reader datagram, bool from_client, bool *is_doubtful)
{
	int place = place_of(shared, latest, datagram, from_client);

	*is_doubtful = false;
	if (place >= 0 && from_client) {
		shared->strays.spoken |= (uint8_t)(1U << place);
	} else if (place >= 0) {
		shared->strays.heard |= (uint8_t)(1U << place);
	} else if (from_client) {
		place = place_of_stray(
			&shared->strays, latest->server.length, datagram, is_doubtful);
	}
	shared->client_strays |= from_client && place != PLACE_LATEST;
	shared->server_strays |= !from_client && place == PLACE_UNKNOWN;
	*is_doubtful |= shared->client_strays && shared->server_strays;
	return place;
}

/* The packet leaves the flow for the one that counts the earlier connection. */
static bool move(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, unsigned at, const struct shared_socket *shared,
	struct earlier_connection *earlier)
{
	for (unsigned attempts = 0; attempts < 2; attempts++) {
		bool is_live = is_counted(collector, earlier);
		if (!is_live) {
			earlier->beside = collector_open_beside(
				collector, batch, shared->flow, at, earlier->l7 | NOTE_DONE);
		}
		if (earlier->beside == FLOW_NONE) {
			return false;
		}
		if (!is_live) {
			l7_info_store_hold(classify->tables.store, earlier->l7);
		}
		if (collector_move(
			    collector, batch, at, shared->flow, earlier->beside, shared->kept_ns)) {
			return true;
		}
	}
	return false;
}

static void part_socket(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, struct shared_socket *shared)
{
	unsigned at = collector_next_packet(collector, batch, shared->flow, UINT32_MAX);

	for (; at < batch->packets.count;
		at = collector_next_packet(collector, batch, shared->flow, at)) {
		const struct packet *packet = &batch->packets.packets[at];
		bool is_behind = collector_packet_number(collector, batch, at) > shared->from;
		bool is_doubtful;
		if (!is_behind) {
			continue;
		}
		struct quic_ends latest = classify_latest_ends(classify, collector, shared->flow);
		int place = place_packet(shared, &latest,
			reader_over(packet->payload, packet->payload_bytes),
			collector_is_from_source(collector, shared->flow, packet), &is_doubtful);
		if (place <= PLACE_LATEST || !move(classify, collector, batch, at, shared,
						     &shared->earlier[place - 1])) {
			shared->kept_ns = packet->time_ns;
		}
		if (is_doubtful && !shared->is_contested) {
			contest(classify, collector, shared);
		}
	}
	for (unsigned i = 0; i < shared->count; i++) {
		if (is_counted(collector, &shared->earlier[i])) {
			collector_settle_beside(collector, shared->earlier[i].beside);
		}
	}
}

void classify_part_sockets(
	struct classify *classify, struct collector *collector, const struct collector_batch *batch)
{
	for (unsigned i = 0; i < SHARED_SOCKETS; i++) {
		struct shared_socket *shared = &classify->shared[i];
		if (shared->count > 0 && !is_same(collector, shared)) {
			forget_socket(classify, collector, shared);
		} else if (shared->count > 0) {
			part_socket(classify, collector, batch, shared);
		}
	}
}
