#include "analyzer/classify/l7_feed.h"

#include <arpa/inet.h>
#include <string.h>

#include "analyzer/classify/dissect/router.h"
#include "analyzer/classify/l7_answer.h"
#include "analyzer/classify/l7_ask.h"
#include "analyzer/classify/l7_contest.h"
#include "analyzer/classify/l7_stream.h"
#include "analyzer/classify/l7_versions.h"

enum { IP_ICMPV6 = 58 };

/* How many payloads that nobody knows are looked at in a direction before it is left alone. In the
 * middle of a TCP stream two more segments may begin something. Calls often start with other
 * datagrams, and who hides sends junk first: as long as nobody has answered it costs little. */
enum { STREAM_MISSES_MAX = 3, DATAGRAM_MISSES_MAX = 6, DATAGRAM_MISSES_UNANSWERED_MAX = 32 };

/* How many payloads a dissector may ask for in a direction: datagrams, and segments that it used.
 * Those that only add to what is kept are bounded by its bytes. */
enum { PIECES_MAX = 48 };

/* Where so much of a stream's start is there and nobody knows it, more of it tells nobody more. */
enum { START_BYTES_TELLING = 512 };

/* The same of an answer that somebody still waits for; and how many pieces of other versions of a
 * beginning are looked at. */
enum { ANSWER_BYTES_TELLING = 8192, VERSION_PIECES_MAX = 250 };

/* How many segments of the other end's are looked at for another version of its first words. */
enum { ANSWERS_MAX = 8 };

static void finish_direction(struct l7_feed *feed, struct direction *direction)
{
	l7_stream_close(feed->tables->reassembly, direction);
	direction->is_done = true;
}

/* As long as nobody answers, the beginning of a connection may still come in another version: its
 * SYN tells where that is, or a hello. */
static bool may_come_again(const struct l7_feed *feed, const struct direction *direction)
{
	return direction == feed->session->directions &&
	       (direction->start_is_seen || direction->said_hello) &&
	       feed->ends.protocol == IP_TCP && !feed->session->is_settled;
}

/* This direction has said what it has to say. */
static void conclude_direction(struct l7_feed *feed, struct direction *direction)
{
	bool is_asked = may_come_again(feed, direction);

	if (!is_asked && !l7_answer_is_kept(feed, direction)) {
		finish_direction(feed, direction);
		return;
	}
	if (is_asked) {
		versions_keep_stream(feed->tables->reassembly, direction);
	}
	l7_stream_close_unread(feed->tables->reassembly, direction);
	direction->is_read = true;
}

/* All is known of both directions: of a beginning, once the other end answers it, and of an answer
 * once nothing else can come in its place. */
static void conclude_flow(struct l7_feed *feed, struct direction *direction)
{
	if (may_come_again(feed, direction) || l7_answer_is_kept(feed, direction)) {
		conclude_direction(feed, direction);
		direction->ends_flow = true;
		return;
	}
	finish_direction(feed, feed->session->directions);
	finish_direction(feed, feed->session->directions + 1);
}

/* After an answer that ends the reading of this direction, or does not. */
static void settle_direction(struct l7_feed *feed, struct direction *direction,
	enum dissect_result result, const struct dissection *dissection)
{
	bool is_datagram = feed->ends.protocol == IP_UDP;
	unsigned misses_max = !is_datagram               ? STREAM_MISSES_MAX
			      : !dissection->is_answered ? DATAGRAM_MISSES_UNANSWERED_MAX
							 : DATAGRAM_MISSES_MAX;
	bool is_endless = direction->dissector != PROGRESS_NO_DISSECTOR &&
			  dissectors[direction->dissector]->endless;
	bool is_over = result == DISSECT_DONE || dissection->is_last;

	if (result == DISSECT_OTHER) {
		is_over |= ++direction->misses >= misses_max;
	} else if (!is_endless && (is_datagram || dissection->used > 0)) {
		is_over |= ++direction->pieces >= PIECES_MAX;
	}
	if (is_over) {
		conclude_direction(feed, direction);
	}
	if (dissection->other_done) {
		conclude_flow(feed, direction);
	}
}

/* Nobody knows these bytes. Behind the SYN nothing can come before them: too few to tell wait for
 * more, and enough of them end the reading. In the middle of a stream the next segment may begin
 * something, and is looked at by itself. */
static bool is_worth_asking_again(
	struct l7_feed *feed, struct direction *direction, size_t bytes, bool is_last)
{
	bool is_claimed = l7_ask_first(feed, direction) != PROGRESS_NO_DISSECTOR;

	if (is_last || (is_claimed && direction->layer == 0)) {
		return false;
	}
	if (bytes < START_BYTES_TELLING) {
		return direction->start_is_seen;
	}
	if (direction->start_is_seen) {
		conclude_direction(feed, direction);
	}
	return false;
}

static bool names_its_server(const struct l7_info *l7, unsigned index)
{
	return l7->names[index].source <= NAME_HTTP_HOST;
}

static unsigned hello_names(const struct l7_info *l7)
{
	unsigned count = 0;

	while (count < l7->name_count && names_its_server(l7, count)) {
		count++;
	}
	return count;
}

/* Is the latest name that a hello showed one as hosts have them? */
static bool ends_in_host(const struct l7_info *l7)
{
	unsigned count = hello_names(l7);

	return count == 0 ||
	       l7_contest_is_host(l7_info_name(l7, count - 1), l7->names[count - 1].length);
}

/* Was the sender connected to, as a SYN says? Then he names nobody to whom the other end turned. */
static bool was_connected_to(const struct l7_feed *feed, const struct direction *direction)
{
	const struct direction *first = feed->session->directions;

	return direction != first && (first->start_is_seen || direction->start_is_seen);
}

/* Both have handed over: inside the connection another one begins, of which each may be false again
 * until it is answered. */
static void begin_inside(struct l7_feed *feed, size_t used)
{
	struct direction *direction = feed->session->directions, *answer = direction + 1;

	if (direction->is_done || !direction->start_is_seen) {
		return;
	}
	versions_forget(feed->tables->reassembly, direction);
	l7_answer_forget(feed->tables, feed->session);
	direction->start_seq = direction->next_seq;
	answer->start_seq = answer->next_seq + (uint32_t)used;
	direction->version_pieces = 0;
	direction->is_inner = answer->is_inner = true;
	direction->is_torn = answer->is_known = false;
	direction->outer_hosts = (uint8_t)l7_contest_hosts(feed->l7);
	feed->session->is_settled = false;
}

static void read_stream(
	struct l7_feed *feed, const struct piece *piece, struct reader in, bool is_last)
{
	struct direction *direction = piece->direction;
	struct dissection dissection;
	uint8_t names_before = feed->l7->name_count;
	unsigned hellos_before = hello_names(feed->l7);
	unsigned layer_before = direction->layer;
	uint32_t place = direction->next_seq - direction->start_seq;
	struct reader all = in;
	bool is_in_packet = !direction->stream;
	size_t used = 0;

	l7_ask_begin(&dissection, feed, piece);
	dissection.is_last = is_last;
	dissection.cut_bytes = direction->stream ? 0 : piece->cut_bytes;
	enum dissect_result result = l7_ask_stream(feed, direction, &dissection, &in, &used);
	feed->reassembled |= direction->stream && feed->l7->name_count > names_before;
	bool says_hello = hello_names(feed->l7) > hellos_before;
	direction->said_hello |= says_hello;
	feed->l7->is_reversed |= says_hello && was_connected_to(feed, direction);
	feed->l7->is_contested |= says_hello && direction->is_again;
	feed->begins_anew = dissection.begins_anew;
	if (piece->from_source && !feed->session->is_settled) {
		direction->is_torn |= dissection.is_torn || !ends_in_host(feed->l7);
	}
	direction->is_known |= used > 0 || result == DISSECT_DONE;
	if ((used > 0 || result == DISSECT_DONE) && may_come_again(feed, direction)) {
		l7_stream_keep_said(direction);
		l7_answer_keep_beside(feed, place, all);
	}
	if (!piece->from_source && direction->layer > layer_before &&
		l7_other_of(feed, direction)->layer == direction->layer) {
		begin_inside(feed, used);
	}
	if (dissection.reopens_other) {
		l7_stream_reopen(feed->tables->reassembly, l7_other_of(feed, direction));
	}
	if (dissection.resumes && dissection.cut_bytes > 0 && result == DISSECT_MORE) {
		used += reader_left(&in) + dissection.cut_bytes;
		in = reader_over(in.end, 0);
		dissection.is_last = false;
	}
	bool waits = result == DISSECT_OTHER &&
		     is_worth_asking_again(feed, direction, reader_left(&in), is_last);
	if (direction->is_read || direction->is_done) {
		return;
	}
	if (!waits) {
		dissection.used = used;
		settle_direction(feed, direction, result, &dissection);
	}
	if (direction->is_read && is_in_packet && place > 0) {
		/* It does not go on with what was read: perhaps with another version of that. */
		versions_keep(feed->tables->reassembly, direction, place, all, is_last);
	}
	if (direction->is_read || direction->is_done) {
		return;
	}
	if (result == DISSECT_OTHER && !direction->start_is_seen &&
		reader_left(&in) >= START_BYTES_TELLING &&
		l7_ask_first(feed, direction) == PROGRESS_NO_DISSECTOR) {
		l7_stream_forget(feed->tables->reassembly, direction);
	} else if (!l7_stream_use(feed->tables->reassembly, direction, used, &in)) {
		feed->dropped++;
		finish_direction(feed, direction);
	}
}

/* What the client sent right behind the version that counts, while it was in doubt. */
static void read_behind(struct l7_feed *feed, const struct piece *piece)
{
	struct direction *direction = piece->direction;
	struct reassembly *reassembly = feed->tables->reassembly;

	if (direction->next_seq == direction->start_seq) {
		return; /* none counts */
	}
	for (unsigned i = 0; i < PIECES_MAX && !direction->is_done && !direction->stream; i++) {
		struct reader behind = versions_behind(
			reassembly, direction, direction->next_seq - direction->start_seq);
		if (reader_left(&behind) == 0) {
			return;
		}
		read_stream(feed, piece, behind, false);
	}
}

/* Of all that was sent for the beginning, what an answer of that kind leaves; without one, what is
 * forgotten before all of it was tried is said to be. */
static void settle_versions(struct l7_feed *feed, enum l7_protocol kind)
{
	struct direction *direction = feed->session->directions;
	struct piece piece = { .direction = direction, .from_source = true };
	struct reassembly *reassembly = feed->tables->reassembly;
	struct l7_contest contest;

	if (kind != L7_UNKNOWN) {
		l7_contest_keep_all(feed);
	}
	l7_contest_look(&contest, feed, kind);
	if (kind != L7_UNKNOWN && !l7_contest_is_answered(&contest)) {
		l7_contest_look(&contest, feed, L7_UNKNOWN); /* of none: each may be true */
	}
	direction->is_untried |= may_come_again(feed, direction) &&
				 (contest.has_open || !versions_begin(reassembly, direction));
	bool replaces = l7_contest_replaces(&contest);
	if (replaces) {
		read_stream(feed, &piece, reassembly_read(reassembly, direction->stream), false);
	}
	l7_contest_end(&contest, replaces);
	if (feed->session->is_settled) {
		read_behind(feed, &piece);
	}
	versions_forget(reassembly, direction);
}

/* Does the answer tell which version of the beginning it is for? False where it is too short so
 * far: then it is kept. */
static bool settle_by_answer(
	struct l7_feed *feed, struct direction *direction, const struct reader *bytes)
{
	bool waits;
	enum l7_protocol kind = l7_answer_kind(feed, bytes, &waits);

	if (kind == L7_UNKNOWN && waits && reader_left(bytes) < ANSWER_BYTES_TELLING &&
		l7_stream_use(feed->tables->reassembly, direction, 0, bytes)) {
		return false;
	}
	feed->session->is_settled = true;
	settle_versions(feed, kind);
	return true;
}

/* What was waited for has come. */
static void end_waiting(struct l7_feed *feed)
{
	struct direction *asked = feed->session->directions, *answer = asked + 1;

	feed->session->is_settled = true;
	versions_forget(feed->tables->reassembly, asked);
	if (asked->is_read) {
		finish_direction(feed, asked);
	}
	if (!l7_contest_has_others(feed)) {
		l7_answer_forget(feed->tables, feed->session);
	}
	if (asked->ends_flow || answer->ends_flow) {
		conclude_flow(feed, answer);
	} else if (answer->is_read && !l7_answer_is_kept(feed, answer)) {
		finish_direction(feed, answer);
	}
}

/* Nothing else has come in the place of what the other end said first, for as long as anybody waits
 * for it. */
static void stop_waiting(struct l7_feed *feed)
{
	struct direction *asked = feed->session->directions, *answer = asked + 1;

	if (!answer->said || ++answer->waited < ANSWERS_MAX) {
		return;
	}
	l7_answer_forget(feed->tables, feed->session);
	if (feed->session->is_settled || !asked->has_start) {
		end_waiting(feed);
	}
}

/* The other end has spoken, for all that was seen of what it says. False where that is not to be
 * read: it tells nothing yet, or nothing is wanted of it. */
static bool hear_answer(struct l7_feed *feed, const struct packet *packet,
	struct direction *direction, enum l7_stream_news news, const struct reader *bytes)
{
	struct direction *asked = l7_other_of(feed, direction);
	bool is_readable = news == L7_STREAM_BYTES || news == L7_STREAM_ENOUGH;

	if (is_readable && !l7_answer_acknowledges(feed, packet)) {
		l7_answer_keep(feed, bytes);
		return true;
	}
	if (asked->versions && !is_readable && !direction->is_read) {
		return true;
	}
	if (asked->versions && !settle_by_answer(feed, direction, bytes)) {
		return false;
	}
	if (feed->session->others && is_readable) {
		l7_answer_keep(feed, bytes);
	}
	end_waiting(feed);
	return !direction->is_done;
}

/* The other end's first bytes come with other content: what the first ones decided is open, and
 * where nobody knew those the others are read in their place. */
static void hear_other_answer(struct l7_feed *feed, struct direction *direction)
{
	if (feed->session->is_settled) {
		l7_contest_recall_all(feed);
	} else {
		feed->session->is_settled = true;
		settle_versions(feed, L7_UNKNOWN);
	}
	l7_answer_forget(feed->tables, feed->session);
	bool is_known = l7_answer_is_known(feed);
	end_waiting(feed);
	if (!is_known) {
		l7_stream_restart(feed->tables->reassembly, direction);
	}
}

/* Another version of what was said is kept until it is answered; where there is no more room,
 * looked at now. True where the segment is nothing else. */
static bool is_other_version(
	struct l7_feed *feed, struct direction *direction, const struct l7_segment *segment)
{
	struct reassembly *reassembly = feed->tables->reassembly;
	enum l7_stream_version version = l7_stream_keep_version(reassembly, direction, segment);

	if (version == L7_VERSION_NO_ROOM) {
		settle_versions(feed, L7_UNKNOWN);
		version = l7_stream_keep_version(reassembly, direction, segment);
	}
	if (direction->version_pieces >= VERSION_PIECES_MAX) {
		direction->is_untried = true;
		settle_versions(feed, L7_UNKNOWN);
		finish_direction(feed, direction);
	}
	return direction->is_done || version == L7_VERSION_INSTEAD;
}

static void feed_segment(struct l7_feed *feed, const struct packet *packet, const struct peek *peek,
	const struct piece *piece)
{
	struct direction *direction = piece->direction;
	struct direction *other = l7_other_of(feed, direction);
	struct reassembly *reassembly = feed->tables->reassembly;
	struct l7_segment segment = { .packet = packet,
		.peek = peek,
		.peer_has_spoken = other->is_started || other->is_done,
		.may_begin_again = may_come_again(feed, direction) };
	bool is_cut = packet->payload_bytes < packet->payload_wire_bytes;
	struct reader bytes;

	if (l7_stream_acknowledge(reassembly, other, packet->tcp_ack)) {
		struct piece held = { .direction = other, .from_source = !piece->from_source };
		read_stream(feed, &held, reassembly_read(reassembly, other->stream), false);
	}
	if (segment.may_begin_again && is_other_version(feed, direction, &segment)) {
		return;
	}
	if (!piece->from_source && l7_answer_differs(feed, packet)) {
		hear_other_answer(feed, direction);
	}
	enum l7_stream_news news = l7_stream_take(reassembly, direction, &segment, &bytes);
	if (!piece->from_source && direction->is_started && !feed->session->is_settled &&
		!hear_answer(feed, packet, direction, news, &bytes)) {
		return;
	}
	switch (news) {
	case L7_STREAM_NO_ROOM:
		feed->dropped++;
		finish_direction(feed, direction);
		break;
	case L7_STREAM_NOTHING:
		if (direction->is_read && !direction->versions &&
			++direction->pieces >= PIECES_MAX) {
			finish_direction(feed, direction);
		}
		break;
	case L7_STREAM_ENOUGH:
		feed->dropped++;
		read_stream(feed, piece, reassembly_read(reassembly, direction->stream), true);
		break;
	case L7_STREAM_BYTES:
		read_stream(feed, piece, bytes, is_cut);
		break;
	}
}

/* Where packets of QUIC with a short header have their connection ID, several in a row have the
 * same: something goes on here, whatever it is. */
static bool is_repeated(
	const struct l7_feed *feed, struct direction *direction, const struct packet *packet)
{
	uint32_t address;

	if (packet->payload_bytes <= sizeof(address) || packet->payload[0] & 0x80) {
		return direction->is_repeated || l7_other_of(feed, direction)->is_repeated;
	}
	memcpy(&address, packet->payload + 1, sizeof(address));
	direction->is_repeated = address == direction->address;
	direction->address = address;
	return direction->is_repeated;
}

static void feed_datagram(
	struct l7_feed *feed, const struct packet *packet, const struct piece *piece)
{
	struct direction *direction = piece->direction;
	struct dissection dissection = { 0 };

	if (!direction->is_started) {
		direction->is_started = true;
		l7_other_of(feed, direction)->misses = 0; /* before the answer: costs nothing */
	}
	l7_ask_begin(&dissection, feed, piece);
	dissection.in = reader_over(packet->payload, packet->payload_bytes);
	dissection.is_repeated = is_repeated(feed, direction, packet);
	enum dissect_result result = l7_ask(feed, direction, &dissection);
	feed->begins_anew = dissection.begins_anew;
	feed->begins_beside = dissection.begins_beside;
	feed->has_turned = dissection.turns;
	settle_direction(feed, direction, result, &dissection);
	if (dissection.turns) {
		struct direction *directions = feed->session->directions, first = directions[0];
		directions[0] = directions[1];
		directions[1] = first;
	}
}

bool l7_feed_passes(struct l7_session *session, struct l7_info *known, const struct packet *packet,
	const struct peek *peek)
{
	struct direction *direction = session->directions + !peek->from_source;
	const struct direction *other = session->directions + peek->from_source;
	struct l7_segment segment = { .packet = packet,
		.peek = peek,
		.peer_has_spoken = other->is_started || other->is_done };
	const struct dissector *dissector = direction->dissector == PROGRESS_NO_DISSECTOR
						    ? NULL
						    : dissectors[direction->dissector];

	if (!dissector || !dissector->stream_passes || direction->outer != PROGRESS_NO_DISSECTOR ||
		direction->pieces + 1 >= PIECES_MAX ||
		packet->payload_bytes < packet->payload_wire_bytes ||
		(!peek->from_source && !session->is_settled) ||
		!l7_stream_goes_on(direction, other, &segment) ||
		!dissector->stream_passes(&session->states[direction->layer], known,
			peek->from_source, reader_over(packet->payload, packet->payload_bytes))) {
		return false;
	}
	direction->next_seq += packet->payload_bytes;
	direction->pieces++;
	return true;
}

/* What is neither a stream nor a datagram names nobody, but a router says what is ours. */
static void hear_router(const struct l7_feed *feed, const struct packet *packet, bool from_source)
{
	const struct flow_ends *ends = &feed->ends;
	bool is_router = ends->protocol == IP_ICMPV6 &&
			 packet->key.v6.port_be[(packet->flags & PACKET_FROM_HIGH) != 0] ==
				 htons(ROUTER_ADVERTISEMENT);

	if (is_router && !feed->is_hearsay) {
		router_learn(&feed->tables->own, from_source ? &ends->source : &ends->destination,
			reader_over(packet->payload, packet->payload_bytes));
	}
}

void l7_feed_packet(struct l7_feed *feed, const struct packet *packet, const struct peek *peek)
{
	struct piece piece = { .direction = feed->session->directions + !peek->from_source,
		.from_source = peek->from_source,
		.wire_bytes = packet->payload_wire_bytes,
		.cut_bytes = packet->payload_wire_bytes - packet->payload_bytes };

	if (piece.direction->is_done || packet->payload_bytes == 0) {
		return;
	}
	if (feed->ends.protocol == IP_TCP) {
		feed_segment(feed, packet, peek, &piece);
		if (!peek->from_source) {
			l7_answer_doubt_hello(feed, packet);
			stop_waiting(feed);
		}
	} else if (feed->ends.protocol == IP_UDP) {
		feed_datagram(feed, packet, &piece);
	} else {
		hear_router(feed, packet, peek->from_source);
		finish_direction(feed, piece.direction);
	}
}

void l7_feed_settle(struct l7_feed *feed)
{
	if (feed->session->directions[0].versions) {
		feed->session->is_settled = true;
		settle_versions(feed, L7_UNKNOWN);
	}
}

void l7_feed_end(struct l7_feed *feed)
{
	l7_feed_settle(feed);
	for (unsigned i = 0; i < 2; i++) {
		struct direction *direction = feed->session->directions + i;
		struct piece piece = { .direction = direction, .from_source = i == 0 };
		bool was_taken = !direction->unsure_bytes || !direction->is_syn_data;
		if (!direction->is_done) {
			l7_stream_take_doubtful(direction);
		}
		if (!direction->is_done && direction->stream && was_taken) {
			read_stream(feed, &piece,
				reassembly_read(feed->tables->reassembly, direction->stream), true);
		}
	}
}

void l7_feed_forget_state(struct dissect_tables *tables, struct dissect_state *state)
{
	for (unsigned i = 0; i < 2; i++) {
		reassembly_close(tables->reassembly, state->streams[i]);
	}
	memset(state, 0, sizeof(*state));
}

void l7_feed_release(struct dissect_tables *tables, struct l7_session *session)
{
	l7_answer_forget(tables, session);
	for (unsigned i = 0; i < 2; i++) {
		l7_stream_close(tables->reassembly, &session->directions[i]);
	}
	for (unsigned i = 0; i < LAYERS_MAX; i++) {
		l7_feed_forget_state(tables, &session->states[i]);
	}
}

void l7_feed_let_go(struct dissect_tables *tables, struct l7_session *session)
{
	l7_feed_release(tables, session);
	session->directions[1].is_done = true;
}
