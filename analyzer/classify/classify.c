#include "analyzer/classify/classify.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/classify/classify_parts.h"
#include "analyzer/classify/dns_questions.h"
#include "analyzer/classify/l7_claims.h"
#include "analyzer/classify/l7_info_store.h"
#include "analyzer/classify/dissect/dissector.h"
#include "analyzer/classify/dissect/wire_crypto.h"
#include "collector/log_clock.h"
#include "analyzer/classify/names.h"
#include "analyzer/classify/l7_session.h"

enum { PORT_DNS = 53 };

static uint32_t or_default(uint32_t value, uint32_t preset)
{
	return value ? value : preset;
}

struct classify *classify_create(const struct classify_options *options)
{
	struct classify *classify = calloc(1, sizeof(*classify));
	uint32_t reassembly_limit = or_default(options->reassembly_limit, 65536);
	uint32_t names_limit = or_default(options->names_limit, 1000000);

	if (!classify) {
		return NULL;
	}
	struct dissect_tables *tables = &classify->tables;
	tables->store = l7_info_store_create(or_default(options->l7_info_limit, 1000000));
	tables->reassembly = reassembly_create(reassembly_limit);
	tables->quic = quic_crypto_create();
	tables->questions = dns_questions_create();
	classify->session = l7_session_create(reassembly_limit);
	if (tables->store) {
		tables->names = names_create(names_limit, tables->store);
		classify->memory = flow_memory_create(names_limit / 4, tables->store);
	}
	if (!tables->store || !tables->names || !classify->memory || !tables->reassembly ||
		!tables->quic || !tables->questions || !classify->session) {
		classify_destroy(classify);
		return NULL;
	}
	ech_names_init(&classify->ech);
	dissector_choices_init(&tables->choices);
	call_sockets_init(&classify->calls);
	quic_moves_init(&classify->moves);
	classify->heard = options->names;
	classify->log_clock = classify->heard ? log_clock_create() : NULL;
	if (classify->heard && !classify->log_clock) {
		classify_destroy(classify);
		return NULL;
	}
	classify->probe_refusals = options->probe_key ? probe_refusals_create() : NULL;
	if (options->probe_key && !classify->probe_refusals) {
		classify_destroy(classify);
		return NULL;
	}
	if (classify->heard) {
		names_join(tables->names, name_feed_is_live(classify->heard));
	}
	tables->lookups = options->lookups;
	if (tables->lookups && !names_track(tables->names, tables->lookups)) {
		classify_destroy(classify);
		return NULL;
	}
	tables->ech = &classify->ech;
	tables->calls = &classify->calls;
	classify->servers = options->servers;
	tables->servers = classify->servers.app_at ? &classify->servers : NULL;
	tables->probe = options->probe_key;
	tables->own = options->own;
	tables->scratch = classify->joined;
	tables->overlay = classify->overlaid;
	return classify;
}

void classify_destroy(struct classify *classify)
{
	if (classify) {
		names_destroy(classify->tables.names);
		flow_memory_destroy(classify->memory);
		l7_info_store_destroy(classify->tables.store);
		reassembly_destroy(classify->tables.reassembly);
		quic_crypto_destroy(classify->tables.quic);
		dns_questions_destroy(classify->tables.questions);
		l7_session_destroy(classify->session);
		log_clock_destroy(classify->log_clock);
		probe_refusals_destroy(classify->probe_refusals);
		free(classify);
	}
}

void classify_load_l7_info(struct classify *classify, uint32_t number)
{
	if (number) {
		l7_info_copy(&classify->scratch, l7_info_store_get(classify->tables.store, number));
	} else {
		l7_info_clear(&classify->scratch);
	}
}

/* Does the scratch l7 info say anything else than those known before? */
static bool is_news(const struct classify *classify, uint32_t before)
{
	const struct l7_info *scratch = &classify->scratch;

	if (!before) {
		return scratch->protocol != L7_UNKNOWN || scratch->name_count > 0 ||
		       scratch->is_contested;
	}
	const struct l7_info *known = l7_info_store_get(classify->tables.store, before);
	size_t bytes = l7_info_used_bytes(scratch);
	return l7_info_used_bytes(known) != bytes || memcmp(known, scratch, bytes) != 0;
}

/* The scratch l7 info, shared by all flows that showed the same, in place of those known before;
 * the number, with the flow's reference. A full store leaves the flow what it had. */
uint32_t classify_share_l7_info(struct classify *classify, uint32_t before)
{
	struct l7_info_store *store = classify->tables.store;
	uint32_t after = l7_info_store_add(store, &classify->scratch);

	if (!after) {
		return before;
	}
	l7_info_store_release(store, before);
	return after;
}

/* What the scratch l7 info says is the session's own while it is read, and shared once it is over.
 * True where it is news. */
bool classify_keep_l7_info(struct classify *classify, struct l7_session *session)
{
	struct l7_info_store *store = classify->tables.store;
	bool has_changed = is_news(classify, session->l7), is_over = l7_feed_is_over(session);

	if (has_changed && is_over) {
		session->l7 = classify_share_l7_info(classify, session->l7);
	} else if (has_changed) {
		uint32_t own = l7_info_store_change(store, session->l7, &classify->scratch);
		session->l7 = own ? own : session->l7;
	} else if (is_over) {
		session->l7 = l7_info_store_share(store, session->l7);
	}
	return has_changed;
}

/* The flow keeps its l7 info and nothing else. */
void classify_end_session(struct classify *classify, uint32_t number)
{
	l7_feed_release(&classify->tables, l7_session_get(classify->session, number));
	l7_session_end(classify->session, number);
}

/* What the one that gives way had sent for its beginning is looked at as it is. */
static void settle_dropped(
	struct classify *classify, struct collector *collector, struct l7_session *session)
{
	struct l7_feed feed = {
		.tables = &classify->tables, .session = session, .l7 = &classify->scratch
	};

	if (session->directions[0].versions) {
		collector_flow_ends(collector, session->flow, &feed.ends);
		classify_load_l7_info(classify, session->l7);
		l7_feed_settle(&feed);
		classify_keep_l7_info(classify, session);
	}
}

static void drop_oldest(struct classify *classify, struct collector *collector)
{
	uint32_t number = l7_session_oldest(classify->session);

	if (number) {
		struct l7_session *session = l7_session_get(classify->session, number);
		settle_dropped(classify, collector, session);
		session->l7 = l7_info_store_share(classify->tables.store, session->l7);
		*collector_note(collector, session->flow) = session->l7 | NOTE_DONE;
		collector_stop_peeking(collector, session->flow, true);
		collector_stop_peeking(collector, session->flow, false);
		classify_end_session(classify, number);
		classify->stats.reassembly_dropped++;
		/* The next to be dropped has been silent for long: its flow has left the caches. */
		number = l7_session_oldest(classify->session);
		collector_fetch(collector, l7_session_get(classify->session, number)->flow);
	}
}

/* After a feed: the note says what is known and whether more is wanted. */
static void write_note(struct classify *classify, struct collector *collector,
	const struct peek *peek, uint32_t *note, struct l7_session *session)
{
	uint32_t number = *note & NOTE_PROGRESS ? *note & ~NOTE_PROGRESS : 0;

	bool is_watched = session->l7 && classify_may_follow(&classify->scratch);

	if (session->directions[!peek->from_source].is_done && !(is_watched && peek->from_source)) {
		collector_stop_peeking(collector, peek->flow, peek->from_source);
	}
	if (l7_feed_is_over(session)) {
		if (is_watched && classify->scratch.protocol == L7_QUIC) {
			classify_know_ends(classify, collector, peek->flow, session);
		}
		if (!is_watched ||
			(peek->from_source && !classify_waits(classify, collector, peek->flow))) {
			collector_stop_peeking(collector, peek->flow, !peek->from_source);
		}
		*note = session->l7 | NOTE_DONE | (session->is_cut ? NOTE_CUT : 0) |
			(is_watched ? NOTE_WATCH : 0);
		if (number) {
			classify_end_session(classify, number);
		} else {
			l7_feed_release(&classify->tables, session);
		}
		return;
	}
	if (number) {
		return;
	}
	number = l7_session_begin(classify->session, session);
	if (!number) {
		drop_oldest(classify, collector);
		number = l7_session_begin(classify->session, session);
	}
	*note = number | NOTE_PROGRESS;
}

static bool has_port(const struct packet *packet, uint16_t port)
{
	const uint16_t *ports =
		packet->flags & PACKET_V6 ? packet->key.v6.port_be : packet->key.v4.port_be;
	uint16_t port_be = htons(port);

	return ports[0] == port_be || ports[1] == port_be;
}

void classify_feed(struct classify *classify, struct collector *collector,
	const struct packet *packet, const struct peek *peek, struct l7_session *session,
	struct l7_feed *feed)
{
	*feed = (struct l7_feed){ .tables = &classify->tables,
		.time_ns = packet->time_ns,
		.session = session,
		.is_hearsay = collector_is_from_outside(collector, packet),
		.asker = has_port(packet, PORT_DNS) ? classify_asker(classify, packet)
						    : NAMES_ASKER_HIDDEN,
		.l7 = &classify->scratch };
	collector_flow_ends(collector, peek->flow, &feed->ends);
	classify_load_l7_info(classify, session->l7);
	l7_feed_packet(feed, packet, peek);
	session->is_cut |= packet->payload_bytes < packet->payload_wire_bytes;
	session->is_hearsay |= feed->is_hearsay;
	if (classify_keep_l7_info(classify, session) && !feed->is_hearsay) {
		classify_learn_own(classify, &feed->ends);
		classify_note_use(classify, &feed->ends, &classify->scratch, packet->time_ns);
	}
	if (classify->probe_refusals) {
		probe_refusals_expect(
			classify->probe_refusals, &classify->scratch, &feed->ends, packet);
	}
	classify->stats.reassembly_dropped += feed->dropped;
	classify->stats.hellos_reassembled += feed->reassembled;
}

/* The client goes on: it has the answer that was waited for. */
static void let_go(struct classify *classify, struct collector *collector, const struct peek *peek,
	uint32_t *note, struct l7_session *session)
{
	struct l7_feed feed = {
		.tables = &classify->tables, .session = session, .l7 = &classify->scratch
	};

	collector_flow_ends(collector, peek->flow, &feed.ends);
	classify_load_l7_info(classify, session->l7);
	l7_feed_settle(&feed);
	l7_feed_let_go(&classify->tables, session);
	classify_keep_l7_info(classify, session);
	write_note(classify, collector, peek, note, session);
}

/* The packet begins another conversation than that of the session, which becomes a part of its own.
 * Where it was a hello of QUIC that goes on otherwise, that waits for its answer. */
static bool part_session(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek, uint32_t number)
{
	const struct l7_session *session = l7_session_get(classify->session, number);

	if (classify->scratch.protocol == L7_QUIC) {
		return classify_leave_hello(classify, collector, batch, peek, number);
	}
	if (!classify_split(classify, collector, batch, peek, session->l7)) {
		return false;
	}
	classify_end_session(classify, number);
	return true;
}

/* is_later: another conversation begins on the flow's five numbers. */
static void l7_feed_flow(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek, bool is_later)
{
	const struct packet *packet = &batch->packets.packets[peek->packet];
	uint32_t *note = collector_note(collector, peek->flow);
	struct l7_session fresh, *session = &fresh;

	if (*note & NOTE_PROGRESS) {
		session = l7_session_get(classify->session, *note & ~NOTE_PROGRESS);
		bool goes_on = peek->from_source &&
			       (l7_feed_is_held(session) || l7_feed_is_past(session, packet, peek));
		if (__builtin_expect(goes_on, 0)) {
			let_go(classify, collector, peek, note, session);
			if (*note & NOTE_WATCH &&
				classify_begin_again(classify, collector, batch, peek)) {
				l7_feed_flow(classify, collector, batch, peek, true);
			}
			return;
		}
		struct l7_info *own = l7_info_store_own(classify->tables.store, session->l7);
		if (own && l7_feed_passes(session, own, packet, peek)) {
			return;
		}
	} else {
		l7_session_init(&fresh, peek->flow, *note);
		fresh.directions[0].is_later = fresh.directions[1].is_later = is_later;
	}
	classify_follow_request(classify, packet, peek, session == &fresh, is_later);
	struct l7_feed feed;
	classify_feed(classify, collector, packet, peek, session, &feed);
	struct peek turned = *peek;
	if (feed.has_turned) {
		collector_set_source(collector, batch, peek, false);
		turned.from_source = !peek->from_source;
		peek = &turned;
	}
	if (feed.begins_anew && *note & NOTE_PROGRESS &&
		part_session(classify, collector, batch, peek, *note & ~NOTE_PROGRESS)) {
		if (!(*note & NOTE_DONE)) {
			l7_feed_flow(classify, collector, batch, peek, true);
		}
		return;
	}
	write_note(classify, collector, peek, note, session);
	if (feed.begins_beside) {
		classify_begin_beside(classify, collector, batch, peek);
	}
}

/* Lookups are most of the small flows and need no memory between their packets: question and answer
 * each stand alone. False where it is not DNS after all. */
static bool l7_feed_dns(struct classify *classify, struct collector *collector,
	const struct peek *peek, const struct packet *packet, uint32_t *note)
{
	struct dissect_state state = { 0 };
	struct flow_ends ends;

	collector_flow_ends(collector, peek->flow, &ends);
	struct dissection dissection = { .in = reader_over(packet->payload, packet->payload_bytes),
		.time_ns = packet->time_ns,
		.sender = peek->from_source ? ends.source : ends.destination,
		.receiver = peek->from_source ? ends.destination : ends.source,
		.sender_port = peek->from_source ? ends.source_port : ends.destination_port,
		.receiver_port = peek->from_source ? ends.destination_port : ends.source_port,
		.from_source = peek->from_source,
		.is_hearsay = collector_is_from_outside(collector, packet),
		.asker = classify_asker(classify, packet),
		.wire_bytes = packet->payload_wire_bytes,
		.state = &state,
		.tables = &classify->tables,
		.l7 = &classify->scratch };
	classify_load_l7_info(classify, *note);
	if (dissector_dns.datagram(&dissection) == DISSECT_OTHER) {
		return false;
	}
	if (is_news(classify, *note)) {
		*note = classify_share_l7_info(classify, *note);
	}
	return true;
}

/* The flow's source and destination change places: the names are those that the other one has
 * looked up. */
static void turn_flow(struct classify *classify, struct collector *collector, uint32_t flow,
	const struct packet *packet, uint32_t *note)
{
	struct flow_ends ends;

	collector_flow_ends(collector, flow, &ends);
	l7_info_store_release(classify->tables.store, *note);
	*note = classify_looked_up(classify, classify_names_place(classify, &ends), &ends, packet);
	if (*note && classify->tables.lookups) {
		classify_credit_flow(classify, collector, flow, &ends, packet->time_ns);
	}
}

/* Which payload tells better who began. */
enum telling { TELLS_NOTHING, TELLS_BY_HELLO, TELLS };

/* May this one? The first one, where its beginning was missed. Of UDP any that the other end sends,
 * as long as nothing has told what the flow is: whoever sends anything first need not be who asks.
 * Where it is what the first one claims, and no more, a hello does. */
static enum telling may_tell_who_began(const struct classify *classify,
	const struct collector *collector, const struct packet *packet, const struct peek *peek,
	uint32_t note)
{
	bool is_answer = classify_is_udp(packet) && !peek->from_source;

	if (note & NOTE_FLAGS) {
		return TELLS_NOTHING;
	}
	if (note & NOTE_PROGRESS && is_answer) {
		const struct l7_session *session =
			l7_session_get(classify->session, note & ~NOTE_PROGRESS);
		uint8_t protocol = l7_info_store_get(classify->tables.store, session->l7)->protocol;
		return protocol == L7_UNKNOWN                               ? TELLS
		       : protocol != L7_QUIC && l7_claims_are_open(session) ? TELLS_BY_HELLO
									    : TELLS_NOTHING;
	}
	bool is_first = !(note & NOTE_PROGRESS) &&
			(is_answer || !collector_source_is_known(collector, peek->flow));
	return is_first ? TELLS : TELLS_NOTHING;
}

/* Whoever is taken for who began is a guess until the payload tells. What was read before counts
 * for nothing where it was the other end. */
static void hear_who_began(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, enum telling telling, struct peek *peek,
	uint32_t *note)
{
	const struct packet *packet = &batch->packets.packets[peek->packet];
	bool is_stream = !classify_is_udp(packet);
	const uint16_t *ports_be =
		packet->flags & PACKET_V6 ? packet->key.v6.port_be : packet->key.v4.port_be;
	struct dissection dissection = {
		.in = reader_over(packet->payload, packet->payload_bytes),
		.time_ns = packet->time_ns,
		.sender_port = ntohs(ports_be[packet_end(packet)]),
		.receiver_port = ntohs(ports_be[!packet_end(packet)]),
		.from_source = peek->from_source,
		.wire_bytes = packet->payload_wire_bytes,
		.tables = &classify->tables,
	};
	enum dissect_began began =
		telling == TELLS_BY_HELLO
			? dissector_quic.datagram_began(&dissection)
			: dissectors_who_began(&classify->tables.choices, &dissection, is_stream);

	if (began == DISSECT_BEGAN_UNKNOWN) {
		return;
	}
	bool sender_began = began == DISSECT_BEGAN_SENDER;
	collector_set_source(collector, batch, peek, sender_began);
	if (sender_began != peek->from_source) {
		if (*note & NOTE_PROGRESS) {
			uint32_t number = *note & ~NOTE_PROGRESS;
			*note = l7_session_get(classify->session, number)->l7;
			classify_end_session(classify, number);
		}
		peek->from_source = sender_began;
		turn_flow(classify, collector, peek->flow, packet, note);
	}
}

static void look_at_peek(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, struct peek *peek)
{
	const struct packet *packet = &batch->packets.packets[peek->packet];
	uint32_t *note = collector_note(collector, peek->flow);

	classify->stats.peeks++;
	if (packet->payload_bytes == 0) {
		return;
	}
	if (collector_has_parts(collector)) {
		classify_keep_parts(classify, collector, batch, peek);
	}
	if (classify->tables.lookups) {
		classify_read_at(classify, collector, batch, peek);
	}
	/* Known by a packet of the same batch: with that one nothing more was wanted. */
	if ((*note & (NOTE_DONE | NOTE_WATCH)) == NOTE_DONE) {
		return;
	}
	/* A packet or a word of the same batch may have told who began. */
	peek->from_source = collector_is_from_source(collector, peek->flow, packet);
	enum telling telling = may_tell_who_began(classify, collector, packet, peek, *note);
	if (telling != TELLS_NOTHING) {
		hear_who_began(classify, collector, batch, telling, peek, note);
	}
	if (*note & (NOTE_PROGRESS | NOTE_WATCH) && classify_is_udp(packet)) {
		classify_hear_answer(classify, collector, batch, peek);
	}
	bool is_later = *note & NOTE_DONE;
	if (is_later) {
		bool begins = *note & NOTE_WATCH && peek->from_source &&
			      classify_begin_again(classify, collector, batch, peek);
		if (!begins) {
			return;
		}
	}
	if (!(*note & NOTE_PROGRESS) && *note & NOTE_KEPT &&
		classify_is_recalled(classify, collector, peek, packet)) {
		return;
	}
	if (!(*note & NOTE_PROGRESS) && classify_is_udp(packet) && has_port(packet, PORT_DNS) &&
		l7_feed_dns(classify, collector, peek, packet, note)) {
		return;
	}
	if (!(*note & (NOTE_PROGRESS | NOTE_FLAGS)) && classify_is_udp(packet) &&
		classify_has_moved(classify, collector, peek, packet)) {
		return;
	}
	l7_feed_flow(classify, collector, batch, peek, is_later);
}

/* Where the names of the flows that this batch opened are to be found; all cache misses at once. */
static void prefetch_names(const struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, struct flow_ends ends[], struct names_place places[])
{
	for (unsigned i = 0; i < batch->opened_count; i++) {
		collector_flow_ends(collector, batch->opened[i], &ends[i]);
		places[i] = names_prefetch(
			classify->tables.names, &ends[i].source, &ends[i].destination);
	}
}

/* A flow begins with what is remembered of its ends, or with what lookups say of them. */
static void open_flow(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, unsigned opened, const struct flow_ends *ends,
	struct names_place place)
{
	const struct packet *packet = &batch->packets.packets[batch->opened_packet[opened]];
	uint32_t flow = batch->opened[opened];
	uint32_t l7 = classify_looked_up(classify, place, ends, packet);
	uint32_t kept = classify_recall(
		classify, collector, flow, ends, packet, batch->opened_after[opened]);

	if (l7 && classify->tables.lookups) {
		classify_credit_flow(classify, collector, flow, ends, packet->time_ns);
	}
	if (kept) {
		l7_info_store_hold(classify->tables.store, kept);
		l7_info_store_release(classify->tables.store, l7);
	}
	*collector_note(collector, flow) = kept ? kept | NOTE_KEPT : l7;
}

/* A flood of half-finished hellos must not keep others from being read: the oldest give way, so
 * many as a batch can begin.
 */
static void make_room(struct classify *classify, struct collector *collector)
{
	unsigned most = PACKET_BATCH_MAX;

	while (reassembly_is_tight(classify->tables.reassembly) &&
		l7_session_oldest(classify->session) && most-- > 0) {
		drop_oldest(classify, collector);
	}
}

void classify_batch(
	struct classify *classify, struct collector *collector, const struct collector_batch *batch)
{
	struct flow_ends ends[PACKET_BATCH_MAX];
	struct names_place places[PACKET_BATCH_MAX];
	unsigned opened = 0;
	bool has_names = batch->opened_count > 0 &&
			 (!names_are_empty(classify->tables.names) || batch->peek_count > 0 ||
				 classify->heard || !flow_memory_is_empty(classify->memory));

	l7_session_reclaim(classify->session);
	make_room(classify, collector);
	classify_fetch(classify, collector, batch);
	if (has_names) {
		prefetch_names(classify, collector, batch, ends, places);
	}
	for (unsigned i = 0; i <= batch->peek_count; i++) {
		unsigned until = i < batch->peek_count ? batch->peeks[i].packet : PACKET_BATCH_MAX;
		/* In packet order, so that an answer comes before the flow it leads to. */
		for (; has_names && opened < batch->opened_count &&
			batch->opened_packet[opened] <= until;
			opened++) {
			if (classify->heard) {
				classify_hear(classify,
					batch->packets.packets[batch->opened_packet[opened]]
						.time_ns);
			}
			open_flow(
				classify, collector, batch, opened, &ends[opened], places[opened]);
		}
		if (i < batch->peek_count) {
			struct peek peek = batch->peeks[i];
			look_at_peek(classify, collector, batch, &peek);
		}
	}
	if (classify->shared_count > 0) {
		classify_part_sockets(classify, collector, batch);
	}
	if (classify->probe_refusals) {
		probe_refusals_hear(classify->probe_refusals, collector, &batch->packets);
	}
}

void classify_read_stats(const struct classify *classify, struct classify_stats *stats)
{
	struct l7_info_store_stats store;

	l7_info_store_read_stats(classify->tables.store, &store);
	*stats = classify->stats;
	stats->l7_info_dropped = store.refused;
	if (classify->log_clock) {
		uint32_t by;
		stats->log_ahead_s = log_clock_ahead_s(classify->log_clock, &by);
		stats->log_ahead_by = by;
	}
	stats->names_dropped = names_given_up(classify->tables.names);
	stats->overlaps_changed = reassembly_overlaps_changed(classify->tables.reassembly);
	stats->initials_passed_over = classify->tables.pace.passed_over;
	stats->dns_answers = classify->tables.dns_answers;
	stats->dns_unasked = classify->tables.dns_unasked;
	stats->dns_malformed = classify->tables.dns_malformed;
	stats->bytes = store.bytes + names_bytes(classify->tables.names) +
		       reassembly_bytes(classify->tables.reassembly) +
		       l7_session_bytes(classify->session);
}
