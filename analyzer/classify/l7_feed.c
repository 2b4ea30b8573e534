#include "analyzer/classify/l7_feed.h"

#include <arpa/inet.h>
#include <string.h>

#include "analyzer/classify/dissect/router.h"
#include "analyzer/classify/l7_stream.h"

enum { IP_TCP = 6, IP_UDP = 17, IP_ICMPV6 = 58 };

/* How many payloads that nobody knows are looked at in a direction before it is left alone. In the
 * middle of a TCP stream two more segments may begin something. Calls often start with other
 * datagrams, and who hides sends junk first: as long as nobody has answered it costs little. */
enum { STREAM_MISSES_MAX = 3, DATAGRAM_MISSES_MAX = 6, DATAGRAM_MISSES_UNANSWERED_MAX = 32 };

/* How many payloads a dissector may ask for in a direction: datagrams, and segments that it used.
 * Those that only add to what is kept are bounded by its bytes. */
enum { PIECES_MAX = 48 };

/* Where so much of a stream's start is there and nobody knows it, more of it tells nobody more. */
enum { START_BYTES_TELLING = 512 };

struct piece {
	struct direction *direction;
	bool from_source;
	uint32_t wire_bytes, cut_bytes;
};

static struct direction *other_of(const struct l7_feed *feed, const struct direction *direction)
{
	struct direction *directions = feed->session->directions;

	return direction == directions ? directions + 1 : directions;
}

static bool is_answered(const struct l7_feed *feed)
{
	return feed->session->directions[1].is_started;
}

static unsigned index_of(const struct dissector *dissector)
{
	unsigned index = 0;

	while (index < DISSECTOR_COUNT && dissectors[index] != dissector) {
		index++;
	}
	return index;
}

/* What a dissector has to say, before it was asked. */
static void clear_answer(struct dissection *dissection)
{
	dissection->used = 0;
	dissection->other_done = dissection->resumes = false;
	dissection->hands_over = dissection->begins_anew = false;
	dissection->become = NULL;
}

static void begin_dissection(
	struct dissection *dissection, const struct l7_feed *feed, const struct piece *piece)
{
	const struct flow_ends *ends = &feed->ends;
	bool from_source = piece->from_source;

	dissection->time_ns = feed->time_ns;
	dissection->sender = from_source ? ends->source : ends->destination;
	dissection->receiver = from_source ? ends->destination : ends->source;
	dissection->sender_port = from_source ? ends->source_port : ends->destination_port;
	dissection->receiver_port = from_source ? ends->destination_port : ends->source_port;
	dissection->from_source = from_source;
	dissection->is_answered = is_answered(feed);
	dissection->is_hearsay = feed->is_hearsay;
	dissection->is_last = dissection->reopens_other = false;
	dissection->wire_bytes = piece->wire_bytes;
	dissection->cut_bytes = 0;
	dissection->state = &feed->session->states[piece->direction->layer];
	dissection->tables = feed->tables;
	dissection->l7 = feed->l7;
	clear_answer(dissection);
}

static enum dissect_result call(struct l7_feed *feed, unsigned index, struct dissection *dissection)
{
	enum dissect_result (*read)(struct dissection *) = feed->ends.protocol == IP_TCP
								   ? dissectors[index]->stream
								   : dissectors[index]->datagram;

	clear_answer(dissection);
	return read ? read(dissection) : DISSECT_OTHER;
}

/* Whom to ask first: who reads this direction, else who reads the other one, or read it before it
 * handed over. */
static unsigned first_choice(const struct l7_feed *feed, const struct direction *direction)
{
	const struct direction *other = other_of(feed, direction);

	if (direction->dissector != PROGRESS_NO_DISSECTOR || direction->layer > other->layer) {
		return direction->dissector;
	}
	return direction->layer < other->layer ? other->handed_by : other->dissector;
}

/* Those that may know what begins like this; all of them where the flow is somebody's. */
static uint64_t choose(const struct l7_feed *feed, const struct dissection *dissection)
{
	const struct dissector_choices *choices = &feed->tables->choices;

	if (feed->l7->protocol != L7_UNKNOWN || reader_left(&dissection->in) == 0) {
		return UINT64_MAX >> (64 - DISSECTOR_COUNT);
	}
	return feed->ends.protocol == IP_TCP ? choices->streams[dissection->in.at[0]]
					     : choices->datagrams[dissection->in.at[0]];
}

/* All dissectors that may, but one that was asked already. In datagrams, which do not grow, one
 * that only thinks the flow might become its own leaves the others their say, and is taken at its
 * word when none of them claims it. */
static enum dissect_result ask_all(struct l7_feed *feed, struct direction *direction,
	unsigned asked, struct dissection *dissection)
{
	struct dissect_state *state = dissection->state;
	uint64_t hopeful_words[sizeof(state->words) / sizeof(state->words[0])];
	unsigned hopeful = PROGRESS_NO_DISSECTOR;

	for (uint64_t left = choose(feed, dissection); left; left &= left - 1) {
		unsigned index = (unsigned)__builtin_ctzll(left);
		if (index == asked) {
			continue;
		}
		enum dissect_result result = call(feed, index, dissection);
		bool is_hopeful = result == DISSECT_MORE && feed->ends.protocol == IP_UDP &&
				  feed->l7->protocol == L7_UNKNOWN;
		if (is_hopeful && hopeful == PROGRESS_NO_DISSECTOR) {
			hopeful = index;
			memcpy(hopeful_words, state->words, sizeof(hopeful_words));
		} else if (result != DISSECT_OTHER && !is_hopeful) {
			direction->dissector = (uint8_t)index;
			return result;
		}
		if (is_hopeful) {
			memset(state->words, 0, sizeof(state->words));
		}
	}
	if (hopeful == PROGRESS_NO_DISSECTOR) {
		return DISSECT_OTHER;
	}
	memcpy(state->words, hopeful_words, sizeof(hopeful_words));
	direction->dissector = (uint8_t)hopeful;
	return DISSECT_MORE;
}

/* Asks the dissectors in turn until one knows the bytes. One that has claimed the flow is asked
 * alone. */
static enum dissect_result ask(
	struct l7_feed *feed, struct direction *direction, struct dissection *dissection)
{
	unsigned choice = first_choice(feed, direction);

	if (choice != PROGRESS_NO_DISSECTOR) {
		enum dissect_result result = call(feed, choice, dissection);
		if (result != DISSECT_OTHER || feed->l7->protocol != L7_UNKNOWN) {
			direction->dissector = (uint8_t)choice;
			return result;
		}
		direction->dissector = PROGRESS_NO_DISSECTOR;
		memset(dissection->state->words, 0, sizeof(dissection->state->words));
	}
	return ask_all(feed, direction, choice, dissection);
}

/* What a hand-over led to is asked first. Where that is nothing to it, who handed over goes on: the
 * other end refused, or asked for something first. */
static enum dissect_result ask_after_hand_over(
	struct l7_feed *feed, struct direction *direction, struct dissection *dissection)
{
	enum dissect_result result = ask(feed, direction, dissection);

	if (result == DISSECT_DONE || (result == DISSECT_MORE && dissection->used > 0)) {
		direction->outer = PROGRESS_NO_DISSECTOR;
	}
	if (result != DISSECT_OTHER) {
		return result;
	}
	unsigned outer = direction->outer;
	struct dissect_state *inner_state = dissection->state;
	dissection->state = &feed->session->states[0];
	result = call(feed, outer, dissection);
	if (result == DISSECT_OTHER) {
		dissection->state = inner_state;
		return result;
	}
	direction->dissector = (uint8_t)outer;
	direction->outer = PROGRESS_NO_DISSECTOR;
	direction->layer = 0;
	return result;
}

/* Behind the used bytes somebody else goes on: as a rule inside what the flow is already; behind a
 * mere preamble as if it began there. */
static void hand_over(struct direction *direction, const struct dissection *dissection)
{
	const struct dissector *become = dissection->become;
	bool is_preamble = dissectors[direction->dissector]->is_preamble;

	direction->outer =
		is_preamble || direction->layer > 0 ? PROGRESS_NO_DISSECTOR : direction->dissector;
	if (!is_preamble && direction->layer == 0) {
		direction->handed_by = direction->dissector;
	}
	direction->layer = is_preamble ? direction->layer : LAYERS_MAX - 1;
	direction->dissector = become ? (uint8_t)index_of(become) : PROGRESS_NO_DISSECTOR;
}

static void finish_direction(struct l7_feed *feed, struct direction *direction)
{
	l7_stream_close(feed->tables->reassembly, direction);
	direction->is_done = true;
}

/* As long as nobody answers, the beginning of a connection may still come a second time, with other
 * content. */
static bool may_come_again(const struct l7_feed *feed, const struct direction *direction)
{
	return direction == feed->session->directions && direction->start_is_seen &&
	       feed->ends.protocol == IP_TCP && !is_answered(feed);
}

/* This direction has said what it has to say. */
static void conclude_direction(struct l7_feed *feed, struct direction *direction)
{
	if (!may_come_again(feed, direction)) {
		finish_direction(feed, direction);
		return;
	}
	l7_stream_close_unread(feed->tables->reassembly, direction);
	direction->is_read = true;
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
		finish_direction(feed, feed->session->directions);
		finish_direction(feed, feed->session->directions + 1);
	}
}

/* Nobody knows these bytes. Behind the SYN nothing can come before them: too few to tell wait for
 * more, and enough of them end the reading. In the middle of a stream the next segment may begin
 * something, and is looked at by itself. */
static bool is_worth_asking_again(
	struct l7_feed *feed, struct direction *direction, size_t bytes, bool is_last)
{
	bool is_claimed = first_choice(feed, direction) != PROGRESS_NO_DISSECTOR;

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

/* Asks about the bytes, and whoever they are handed over to. Returns the last answer. */
static enum dissect_result read_bytes(struct l7_feed *feed, struct direction *direction,
	struct dissection *dissection, struct reader *in, size_t *used)
{
	enum { CALLS_MAX = 32 };
	enum dissect_result result = DISSECT_MORE;

	for (unsigned i = 0; reader_left(in) > 0 && i < CALLS_MAX; i++) {
		dissection->in = *in;
		dissection->state = &feed->session->states[direction->layer];
		result = direction->outer == PROGRESS_NO_DISSECTOR
				 ? ask(feed, direction, dissection)
				 : ask_after_hand_over(feed, direction, dissection);
		*used += dissection->used;
		reader_skip(in, dissection->used);
		if (dissection->hands_over) {
			hand_over(direction, dissection);
		} else if (result != DISSECT_MORE || dissection->used == 0 || dissection->resumes) {
			break;
		}
	}
	return result;
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

/* Was the sender connected to, as a SYN says? Then he names nobody to whom the other end turned. */
static bool was_connected_to(const struct l7_feed *feed, const struct direction *direction)
{
	const struct direction *first = feed->session->directions;

	return direction != first && (first->start_is_seen || direction->start_is_seen);
}

static void read_stream(
	struct l7_feed *feed, const struct piece *piece, struct reader in, bool is_last)
{
	struct direction *direction = piece->direction;
	struct dissection dissection;
	uint8_t names_before = feed->l7->name_count;
	unsigned hellos_before = hello_names(feed->l7);
	size_t used = 0;

	begin_dissection(&dissection, feed, piece);
	dissection.is_last = is_last;
	dissection.cut_bytes = direction->stream ? 0 : piece->cut_bytes;
	enum dissect_result result = read_bytes(feed, direction, &dissection, &in, &used);
	feed->reassembled |= direction->stream && feed->l7->name_count > names_before;
	feed->l7->is_reversed |=
		was_connected_to(feed, direction) && hello_names(feed->l7) > hellos_before;
	feed->begins_anew = dissection.begins_anew;
	if ((used > 0 || result == DISSECT_DONE) && may_come_again(feed, direction) &&
		hello_names(feed->l7) > 0) {
		l7_stream_keep_said(direction);
	}
	if (dissection.reopens_other) {
		l7_stream_reopen(feed->tables->reassembly, other_of(feed, direction));
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
	if (direction->is_read || direction->is_done) {
		return;
	}
	if (result == DISSECT_OTHER && !direction->start_is_seen &&
		reader_left(&in) >= START_BYTES_TELLING &&
		first_choice(feed, direction) == PROGRESS_NO_DISSECTOR) {
		l7_stream_forget(feed->tables->reassembly, direction);
	} else if (!l7_stream_use(feed->tables->reassembly, direction, used, &in)) {
		feed->dropped++;
		finish_direction(feed, direction);
	}
}

/* Does it show a hello's name that was not known? The last one is always there. */
static bool names_more(const struct l7_info *l7, const struct l7_info *known)
{
	unsigned count = hello_names(l7), before = hello_names(known);

	return count != before || (count > 0 && strcmp(l7_info_name(l7, count - 1),
							l7_info_name(known, count - 1)) != 0);
}

/* Two beginnings for the same place: known tells of the one, the flow of both. */
static void contest(struct l7_feed *feed, struct direction *direction, const struct l7_info *known)
{
	feed->l7->is_contested = true;
	direction->has_two_hellos |= known->ja4[0] != '\0';
}

/* What came in place of other bytes, read for its names alone. */
static void read_rival(struct l7_feed *feed, const struct piece *piece, struct reader in)
{
	struct dissect_state state = { 0 };
	struct dissection dissection = { 0 };
	struct l7_info known;

	l7_info_copy(&known, feed->l7);
	begin_dissection(&dissection, feed, piece);
	dissection.in = in;
	dissection.state = &state;
	for (uint64_t left = reader_left(&in) ? choose(feed, &dissection) : 0; left;
		left &= left - 1) {
		call(feed, (unsigned)__builtin_ctzll(left), &dissection);
		if (names_more(feed->l7, &known)) {
			contest(feed, piece->direction, &known);
			piece->direction->rival_has_name = true;
			return;
		}
		l7_info_copy(feed->l7, &known);
	}
}

/* Reads a stream that began otherwise before, or where other bytes named somebody: is this one a
 * hello as well? */
static void read_version(
	struct l7_feed *feed, const struct piece *piece, struct reader in, bool is_last)
{
	struct direction *direction = piece->direction;
	struct l7_info known;

	l7_info_copy(&known, feed->l7);
	read_stream(feed, piece, in, is_last);
	bool is_other_hello = direction->rival_has_name &&
			      memcmp(feed->l7->ja4, known.ja4, sizeof(known.ja4)) != 0;
	if (is_other_hello || names_more(feed->l7, &known)) {
		contest(feed, direction, &known);
	}
}

static void close_state_streams(struct dissect_tables *tables, struct l7_session *session)
{
	for (unsigned i = 0; i < LAYERS_MAX; i++) {
		for (unsigned j = 0; j < 2; j++) {
			if (session->states[i].streams[j]) {
				reassembly_close(tables->reassembly, session->states[i].streams[j]);
				session->states[i].streams[j] = 0;
			}
		}
	}
}

static void feed_segment(struct l7_feed *feed, const struct packet *packet, const struct peek *peek,
	const struct piece *piece)
{
	struct direction *direction = piece->direction;
	struct direction *other = other_of(feed, direction);
	struct reassembly *reassembly = feed->tables->reassembly;
	struct l7_segment segment = { .packet = packet,
		.peek = peek,
		.peer_has_spoken = other->is_started || other->is_done,
		.may_begin_again = piece->from_source && !is_answered(feed) };
	bool is_cut = packet->payload_bytes < packet->payload_wire_bytes;
	struct reader bytes;

	if (l7_stream_acknowledge(reassembly, other, packet->tcp_ack)) {
		struct piece held = { .direction = other, .from_source = !piece->from_source };
		read_stream(feed, &held, reassembly_read(reassembly, other->stream), false);
	}
	if (l7_stream_rewrites(reassembly, direction, &segment)) {
		read_rival(feed, piece, reassembly_read(reassembly, direction->said));
	}
	enum l7_stream_news news = l7_stream_take(reassembly, direction, &segment, &bytes);
	switch (news) {
	case L7_STREAM_NO_ROOM:
		feed->dropped++;
		finish_direction(feed, direction);
		break;
	case L7_STREAM_NOTHING:
		if (direction->is_read && ++direction->pieces >= PIECES_MAX) {
			finish_direction(feed, direction);
		}
		break;
	case L7_STREAM_ENOUGH:
		feed->dropped++;
		read_stream(feed, piece, reassembly_read(reassembly, direction->stream), true);
		break;
	case L7_STREAM_AGAIN:
		close_state_streams(feed->tables, feed->session);
		memset(feed->session->states, 0, sizeof(feed->session->states));
		/* fall through */
	case L7_STREAM_BYTES:
		if (direction->rival && direction->stream) {
			read_rival(feed, piece,
				reassembly_read_with(reassembly, direction->stream,
					direction->rival, feed->tables->overlay));
		}
		direction->comes_again |= news == L7_STREAM_AGAIN;
		if (direction->comes_again | direction->rival_has_name) {
			read_version(feed, piece, bytes, is_cut);
		} else {
			read_stream(feed, piece, bytes, is_cut);
		}
		break;
	}
	if (!piece->from_source && direction->is_started) {
		l7_stream_forget_said(reassembly, other);
		/* Of all that was sent for the beginning the server took a hello. */
		feed->l7->is_contested &= !feed->l7->server_hello || other->has_two_hellos;
		if (other->is_read) {
			finish_direction(feed, other);
		}
	}
}

static void feed_datagram(
	struct l7_feed *feed, const struct packet *packet, const struct piece *piece)
{
	struct direction *direction = piece->direction;
	struct dissection dissection = { 0 };

	if (!direction->is_started) {
		direction->is_started = true;
		other_of(feed, direction)->misses = 0; /* before the answer: costs nothing */
	}
	begin_dissection(&dissection, feed, piece);
	dissection.in = reader_over(packet->payload, packet->payload_bytes);
	enum dissect_result result = ask(feed, direction, &dissection);
	feed->begins_anew = dissection.begins_anew;
	settle_direction(feed, direction, result, &dissection);
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
		(!peek->from_source && other->is_read) ||
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
	} else if (feed->ends.protocol == IP_UDP) {
		feed_datagram(feed, packet, &piece);
	} else {
		hear_router(feed, packet, peek->from_source);
		finish_direction(feed, piece.direction);
	}
}

void l7_feed_end(struct l7_feed *feed)
{
	for (unsigned i = 0; i < 2; i++) {
		struct direction *direction = feed->session->directions + i;
		struct piece piece = { .direction = direction, .from_source = i == 0 };
		bool was_taken = !direction->unsure_bytes || !direction->is_syn_data;
		if (!direction->is_done) {
			l7_stream_take_rival(direction);
		}
		if (!direction->is_done && direction->stream && was_taken) {
			read_stream(feed, &piece,
				reassembly_read(feed->tables->reassembly, direction->stream), true);
		}
	}
}

void l7_feed_release(struct dissect_tables *tables, struct l7_session *session)
{
	for (unsigned i = 0; i < 2; i++) {
		l7_stream_close(tables->reassembly, &session->directions[i]);
	}
	close_state_streams(tables, session);
}
