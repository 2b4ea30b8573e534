#include "analyzer/classify/l7_feed.h"

#include <arpa/inet.h>
#include <string.h>

#include "analyzer/classify/dissect/router.h"
#include "analyzer/classify/l7_answer.h"
#include "analyzer/classify/l7_ask.h"
#include "analyzer/classify/l7_claims.h"
#include "analyzer/classify/l7_contest.h"
#include "analyzer/classify/l7_read.h"
#include "analyzer/classify/l7_stream.h"
#include "analyzer/classify/l7_versions.h"

enum { IP_ICMPV6 = 58 };

/* Where so much of an answer is there that somebody still waits for, more of it tells nobody more.
 */
enum { ANSWER_BYTES_TELLING = 8192 };

/* How many segments of the other end's are looked at for another version of its first words; and of
 * the client's, for something to be understood behind an answer to what was not. */
enum { ANSWERS_MAX = 8, BEHIND_MAX = 8 };

/* Of all that was sent for the beginning, what an answer of that kind leaves; without one, what is
 * forgotten before all of it was tried is said to be. */
static void settle_versions(struct l7_feed *feed, enum l7_protocol kind, struct reader answer)
{
	struct direction *direction = feed->session->directions;
	struct piece piece = { .direction = direction, .from_source = true };
	struct reassembly *reassembly = feed->tables->reassembly;
	struct l7_contest contest;

	l7_contest_look(&contest, feed, kind, answer);
	direction->is_untried |= l7_read_may_come_again(feed, direction) &&
				 (contest.has_open || !versions_begin(reassembly, direction));
	bool replaces = l7_contest_replaces(&contest);
	if (replaces) {
		l7_read_stream(feed, &piece, reassembly_read(reassembly, direction->stream), false);
	}
	l7_contest_end(&contest, replaces);
	if (feed->session->is_settled) {
		l7_read_behind(feed, &piece);
		versions_forget(reassembly, direction);
	} else {
		versions_forget_pieces(reassembly, direction);
	}
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
	settle_versions(feed, kind, *bytes);
	return true;
}

/* What was waited for has come. */
static void end_waiting(struct l7_feed *feed)
{
	struct direction *asked = feed->session->directions, *answer = asked + 1;

	feed->session->is_settled = true;
	versions_forget(feed->tables->reassembly, asked);
	if (asked->is_read && feed->l7->protocol != L7_UNKNOWN) {
		l7_read_finish(feed, asked);
	}
	if (!l7_contest_has_others(feed)) {
		l7_answer_forget(feed->tables, feed->session);
	}
	if (asked->ends_flow || answer->ends_flow) {
		l7_read_conclude_flow(feed, answer);
	} else if (answer->is_read && !l7_answer_is_kept(feed, answer)) {
		l7_read_finish(feed, answer);
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
	l7_contest_recall_all(feed);
	if (!feed->session->is_settled || feed->session->directions[0].versions) {
		feed->session->is_settled = true;
		settle_versions(feed, L7_UNKNOWN, reader_over(NULL, 0));
	}
	l7_answer_forget(feed->tables, feed->session);
	bool is_known = l7_answer_is_known(feed);
	end_waiting(feed);
	if (!is_known) {
		l7_stream_restart(feed->tables->reassembly, direction);
	}
}

/* Another version of what was said is kept until it is answered; where there is no more room,
 * looked at now, or behind an answer forgotten. True where the segment is nothing else. */
static bool is_other_version(
	struct l7_feed *feed, struct direction *direction, const struct l7_segment *segment)
{
	struct reassembly *reassembly = feed->tables->reassembly;
	enum l7_stream_version version = l7_stream_keep_version(reassembly, direction, segment);

	if (version == L7_VERSION_NO_ROOM && feed->session->is_settled) {
		versions_forget(reassembly, direction);
	} else if (version == L7_VERSION_NO_ROOM) {
		settle_versions(feed, L7_UNKNOWN, reader_over(NULL, 0));
		version = l7_stream_keep_version(reassembly, direction, segment);
	}
	return direction->is_done || version == L7_VERSION_INSTEAD;
}

/* What is there behind a beginning that was missed; if it is nothing, what follows may be. */
static void read_behind_missed(struct l7_feed *feed, const struct piece *piece)
{
	struct direction *direction = piece->direction;
	struct reassembly *reassembly = feed->tables->reassembly;

	l7_read_stream(feed, piece, reassembly_read(reassembly, direction->stream), false);
	if (!direction->is_done && direction->dissector == PROGRESS_NO_DISSECTOR) {
		l7_stream_forget(reassembly, direction);
	}
}

/* All was read, and only another version is waited for. */
static void wait_on(struct l7_feed *feed, struct direction *direction)
{
	bool is_behind = feed->session->is_settled && direction == feed->session->directions;

	direction->waited += is_behind;
	if (++direction->pieces >= L7_PIECES_MAX || direction->waited >= BEHIND_MAX) {
		l7_read_finish(feed, direction);
	}
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
		.may_begin_again = l7_read_may_come_again(feed, direction) ||
				   l7_read_begins_anew(feed, direction, packet) };
	bool is_cut = packet->payload_bytes < packet->payload_wire_bytes;
	struct reader bytes;

	if (piece->from_source && !direction->has_start && !other->has_start) {
		other->start_seq = packet->tcp_ack; /* so far as anybody can tell */
	}
	if (l7_stream_acknowledge(reassembly, other, packet->tcp_ack)) {
		struct piece held = { .direction = other, .from_source = !piece->from_source };
		l7_read_stream(feed, &held, reassembly_read(reassembly, other->stream), false);
	}
	if (piece->from_source && direction->stream &&
		l7_stream_skip_missed(reassembly, direction, other, &segment)) {
		read_behind_missed(feed, piece);
	}
	if (segment.may_begin_again && is_other_version(feed, direction, &segment)) {
		return;
	}
	if (!piece->from_source && l7_answer_differs(feed, packet)) {
		hear_other_answer(feed, direction);
	}
	enum l7_stream_news news = l7_stream_take(reassembly, direction, &segment, &bytes);
	bool is_readable = news == L7_STREAM_BYTES || news == L7_STREAM_ENOUGH;
	if (!piece->from_source && is_readable) {
		l7_answer_note_words(direction, &bytes);
	}
	if (!piece->from_source && direction->is_started && !feed->session->is_settled &&
		!hear_answer(feed, packet, direction, news, &bytes)) {
		return;
	}
	switch (news) {
	case L7_STREAM_NO_ROOM:
		feed->dropped++;
		l7_read_finish(feed, direction);
		break;
	case L7_STREAM_NOTHING:
		if (direction->is_read && !direction->versions) {
			wait_on(feed, direction);
		}
		break;
	case L7_STREAM_ENOUGH:
		feed->dropped++;
		l7_read_stream(feed, piece, reassembly_read(reassembly, direction->stream), true);
		break;
	case L7_STREAM_BYTES:
		l7_read_stream(feed, piece, bytes, is_cut);
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
	dissection.in = reader_over(packet->payload, packet->payload_bytes);
	l7_claims_begin(feed, piece, dissection.in);
	bool was_known = feed->l7->protocol != L7_UNKNOWN;
	l7_ask_begin(&dissection, feed, piece);
	dissection.is_repeated = is_repeated(feed, direction, packet);
	bool was_shown = piece->from_source || l7_info_format_app(feed->l7);
	enum dissect_result result = l7_ask(feed, direction, &dissection);
	l7_read_note_format(feed, direction, was_shown);
	result = l7_claims_judge(feed, piece, result, was_known, &dissection);
	feed->begins_anew = dissection.begins_anew;
	feed->begins_beside = dissection.begins_beside;
	feed->has_turned = dissection.turns;
	l7_read_settle(feed, direction, result, &dissection);
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
		direction->pieces + 1 >= L7_PIECES_MAX ||
		packet->payload_bytes < packet->payload_wire_bytes ||
		(!peek->from_source && !session->is_settled) ||
		!l7_stream_goes_on(direction, other, &segment) ||
		!dissector->stream_passes(&session->states[direction->layer], known,
			peek->from_source, reader_over(packet->payload, packet->payload_bytes))) {
		return false;
	}
	direction->pieces += l7_read_counts(direction, packet->payload_bytes);
	direction->next_seq += packet->payload_bytes;
	return true;
}

/* What is neither a stream nor a datagram names nobody, but a router says what is ours. */
static void hear_router(const struct l7_feed *feed, const struct packet *packet, bool from_source)
{
	const struct flow_ends *ends = &feed->ends;
	bool is_router = ends->protocol == IP_ICMPV6 &&
			 packet->key.v6.port_be[packet_end(packet)] == htons(ROUTER_ADVERTISEMENT);

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
		l7_read_finish(feed, piece.direction);
	}
}

void l7_feed_settle(struct l7_feed *feed)
{
	if (feed->session->directions[0].versions && !feed->session->is_settled) {
		feed->session->is_settled = true;
		settle_versions(feed, L7_UNKNOWN, reader_over(NULL, 0));
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
			l7_read_stream(feed, &piece,
				reassembly_read(feed->tables->reassembly, direction->stream), true);
		}
	}
}

void l7_feed_forget_state(struct dissect_tables *tables, struct dissect_state *state)
{
	for (unsigned i = 0; i < DISSECT_STREAMS; i++) {
		reassembly_close(tables->reassembly, state->streams[i]);
	}
	memset(state, 0, sizeof(*state));
}

void l7_feed_release(struct dissect_tables *tables, struct l7_session *session)
{
	l7_answer_forget(tables, session);
	l7_claims_forget(tables, session);
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
	session->directions[0].is_done = session->directions[1].is_done = true;
}
