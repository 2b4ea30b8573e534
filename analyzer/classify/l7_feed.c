#include "analyzer/classify/l7_feed.h"

#include <string.h>

enum { IP_TCP = 6, IP_UDP = 17 };

/* How many payloads that nobody knows are looked at in a direction before it is left alone. A TCP
 * stream shows itself in its first bytes; two more segments may bring those that were overtaken.
 * Calls often start with other datagrams. */
enum { STREAM_MISSES_MAX = 3, DATAGRAM_MISSES_MAX = 6 };

/* How many payloads a dissector may ask for in a direction. */
enum { PIECES_MAX = 48 };

/* Where so much of a stream's start is there and nobody knows it, more of it tells nobody more. */
enum { START_BYTES_TELLING = 512 };

struct piece {
	struct direction *direction;
	bool from_source;
	uint32_t wire_bytes, cut_bytes;
};

static unsigned index_of(const struct dissector *dissector)
{
	unsigned index = 0;

	while (index < DISSECTOR_COUNT && dissectors[index] != dissector) {
		index++;
	}
	return index;
}

static void fill_ends(struct dissection *dissection, const struct flow_ends *ends, bool from_source)
{
	dissection->sender = from_source ? ends->source : ends->destination;
	dissection->receiver = from_source ? ends->destination : ends->source;
	dissection->sender_port = from_source ? ends->source_port : ends->destination_port;
	dissection->receiver_port = from_source ? ends->destination_port : ends->source_port;
}

static enum dissect_result call(struct l7_feed *feed, unsigned index, struct dissection *dissection)
{
	enum dissect_result (*read)(struct dissection *) = feed->ends.protocol == IP_TCP
								   ? dissectors[index]->stream
								   : dissectors[index]->datagram;

	dissection->used = 0;
	dissection->other_done = dissection->resumes = false;
	dissection->become = NULL;
	return read ? read(dissection) : DISSECT_OTHER;
}

/* Whom to ask first: who reads this direction, else who reads the other one. */
static unsigned first_choice(const struct l7_feed *feed, const struct direction *direction)
{
	const struct direction *directions = feed->session->directions;
	const struct direction *other = direction == directions ? directions + 1 : directions;

	return direction->dissector != PROGRESS_NO_DISSECTOR ? direction->dissector
							     : other->dissector;
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
	struct dissect_state *state = &feed->session->state;
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
		memset(feed->session->state.words, 0, sizeof(feed->session->state.words));
	}
	return ask_all(feed, direction, choice, dissection);
}

static void finish_direction(struct l7_feed *feed, struct direction *direction)
{
	reassembly_close(feed->tables->reassembly, direction->stream);
	direction->stream = 0;
	direction->is_done = true;
}

/* After an answer that ends the reading of this direction, or does not. */
static void settle_direction(struct l7_feed *feed, const struct piece *piece,
	enum dissect_result result, bool is_last, bool other_done)
{
	struct direction *direction = piece->direction;
	unsigned misses_max =
		feed->ends.protocol == IP_TCP ? STREAM_MISSES_MAX : DATAGRAM_MISSES_MAX;
	bool is_endless = direction->dissector != PROGRESS_NO_DISSECTOR &&
			  dissectors[direction->dissector]->endless;
	bool is_over = result == DISSECT_DONE || is_last;

	if (result == DISSECT_OTHER) {
		is_over |= ++direction->misses >= misses_max;
	} else if (!is_endless) {
		is_over |= ++direction->pieces >= PIECES_MAX;
	}
	if (is_over) {
		finish_direction(feed, direction);
	}
	if (other_done) {
		finish_direction(feed, feed->session->directions);
		finish_direction(feed, feed->session->directions + 1);
	}
}

/* Nobody knows these bytes. Is it worth keeping them? Not when they are telling: behind the SYN
 * nothing can come before them, so the direction is given up; in the middle of a stream the next
 * segment may begin something, and is looked at by itself. Behind a gap they may be the rest of a
 * hello whose start is still on its way. */
static bool is_worth_keeping(struct l7_feed *feed, struct direction *direction, size_t bytes)
{
	bool is_claimed = first_choice(feed, direction) != PROGRESS_NO_DISSECTOR;

	if (is_claimed || bytes < START_BYTES_TELLING || direction->place == PEEK_APART) {
		return true;
	}
	if (direction->place == PEEK_NEXT) {
		finish_direction(feed, direction);
	} else {
		reassembly_close(feed->tables->reassembly, direction->stream);
		direction->stream = 0;
		direction->is_started = false;
	}
	return false;
}

static void read_stream(
	struct l7_feed *feed, const struct piece *piece, struct reader in, bool is_last)
{
	struct direction *direction = piece->direction;
	struct dissect_tables *tables = feed->tables;
	struct dissection dissection = { .time_ns = feed->time_ns,
		.from_source = piece->from_source,
		.is_last = is_last,
		.wire_bytes = piece->wire_bytes,
		.cut_bytes = direction->stream ? 0 : piece->cut_bytes,
		.state = &feed->session->state,
		.tables = tables,
		.l7 = feed->l7 };
	uint8_t names_before = feed->l7->name_count;
	enum dissect_result result = DISSECT_MORE;
	size_t used = 0;

	fill_ends(&dissection, &feed->ends, piece->from_source);
	while (reader_left(&in) > 0) {
		dissection.in = in;
		result = ask(feed, direction, &dissection);
		used += dissection.used;
		reader_skip(&in, dissection.used);
		if (!dissection.become) {
			break;
		}
		direction->dissector = (uint8_t)index_of(dissection.become);
		result = DISSECT_MORE;
	}
	feed->reassembled |= direction->stream && feed->l7->name_count > names_before;
	direction->next_seq += (uint32_t)used;
	bool resumes = dissection.resumes && dissection.cut_bytes > 0 && result == DISSECT_MORE;
	if (resumes) {
		direction->next_seq += (uint32_t)reader_left(&in) + dissection.cut_bytes;
		in = reader_over(in.end, 0);
	}
	settle_direction(feed, piece, result, is_last && !resumes, dissection.other_done);
	if (direction->is_done || (result == DISSECT_OTHER && used == 0 &&
					  !is_worth_keeping(feed, direction, reader_left(&in)))) {
		return;
	}
	if (direction->stream) {
		reassembly_consume(tables->reassembly, direction->stream, used);
		if (reassembly_is_empty(tables->reassembly, direction->stream)) {
			reassembly_close(tables->reassembly, direction->stream);
			direction->stream = 0;
		}
	} else if (reader_left(&in) > 0) {
		direction->stream = reassembly_open(tables->reassembly);
		if (!direction->stream || !reassembly_add(tables->reassembly, direction->stream, 0,
						  in.at, reader_left(&in))) {
			feed->dropped++;
			finish_direction(feed, direction);
		}
	}
}

/* Where a segment lies relative to the first byte that is wanted; negative: before it. Until
 * somebody has recognised the start, an earlier segment moves the start. */
static bool place_segment(struct l7_feed *feed, struct direction *direction, uint32_t seq,
	struct reader *segment, uint32_t *ahead)
{
	int32_t distance = (int32_t)(seq - direction->next_seq);

	if (distance >= 0) {
		*ahead = (uint32_t)distance;
		return true;
	}
	uint32_t behind = 0U - (uint32_t)distance;
	*ahead = 0;
	if (direction->dissector == PROGRESS_NO_DISSECTOR && direction->stream &&
		behind < REASSEMBLY_BYTES_MAX &&
		reassembly_prepend(feed->tables->reassembly, direction->stream, behind)) {
		direction->next_seq = seq;
		return true;
	}
	if (behind >= reader_left(segment)) {
		return false;
	}
	reader_skip(segment, behind);
	return true;
}

/* Some stacks count the padding of a small frame as payload of their bare acknowledgements: a few
 * zeros. */
static bool is_filler(const struct packet *packet)
{
	enum { FILLER_MAX = 6 };
	struct reader in = reader_over(packet->payload, packet->payload_bytes);
	bool is_zero = packet->payload_bytes <= FILLER_MAX && !(packet->tcp_flags & TCP_PSH);

	while (is_zero && reader_left(&in) > 0) {
		is_zero = reader_u8(&in) == 0;
	}
	return is_zero;
}

static void feed_segment(
	struct l7_feed *feed, const struct packet *packet, struct piece *piece, uint8_t place)
{
	struct direction *direction = piece->direction;
	struct reassembly *reassembly = feed->tables->reassembly;
	struct reader segment = reader_over(packet->payload, packet->payload_bytes);
	uint32_t seq = packet->tcp_seq + (packet->tcp_flags & TCP_SYN ? 1 : 0);
	bool is_last = packet->payload_bytes < packet->payload_wire_bytes;
	uint32_t ahead;

	if (!direction->is_started) {
		if (is_filler(packet)) {
			return;
		}
		direction->is_started = true;
		direction->next_seq = seq;
		direction->place = direction->misses == 0 ? place : direction->place;
	}
	if (!place_segment(feed, direction, seq, &segment, &ahead)) {
		return;
	}
	if (!direction->stream && ahead == 0) {
		read_stream(feed, piece, segment, is_last);
		return;
	}
	if (!direction->stream) {
		direction->stream = reassembly_open(reassembly);
	}
	if (!direction->stream) {
		feed->dropped++;
		finish_direction(feed, direction);
		return;
	}
	if (!reassembly_add(
		    reassembly, direction->stream, ahead, segment.at, reader_left(&segment))) {
		feed->dropped++;
		is_last = true;
	}
	read_stream(feed, piece, reassembly_read(reassembly, direction->stream), is_last);
}

static void feed_datagram(struct l7_feed *feed, const struct packet *packet, struct piece *piece)
{
	struct dissection dissection = { .in = reader_over(packet->payload, packet->payload_bytes),
		.time_ns = feed->time_ns,
		.from_source = piece->from_source,
		.wire_bytes = packet->payload_wire_bytes,
		.state = &feed->session->state,
		.tables = feed->tables,
		.l7 = feed->l7 };

	fill_ends(&dissection, &feed->ends, piece->from_source);
	enum dissect_result result = ask(feed, piece->direction, &dissection);
	settle_direction(feed, piece, result, false, dissection.other_done);
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
		feed_segment(feed, packet, &piece, peek->place);
	} else if (feed->ends.protocol == IP_UDP) {
		feed_datagram(feed, packet, &piece);
	} else {
		finish_direction(feed, piece.direction);
	}
}

void l7_feed_end(struct l7_feed *feed)
{
	for (unsigned i = 0; i < 2; i++) {
		struct direction *direction = feed->session->directions + i;
		struct piece piece = { .direction = direction, .from_source = i == 0 };
		if (!direction->is_done && direction->stream) {
			read_stream(feed, &piece,
				reassembly_read(feed->tables->reassembly, direction->stream), true);
		}
	}
}

void l7_feed_release(struct dissect_tables *tables, struct l7_session *session)
{
	for (unsigned i = 0; i < 2; i++) {
		reassembly_close(tables->reassembly, session->directions[i].stream);
		reassembly_close(tables->reassembly, session->state.streams[i]);
		session->directions[i].stream = 0;
		session->state.streams[i] = 0;
	}
}
