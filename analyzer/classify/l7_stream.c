#include "analyzer/classify/l7_stream.h"

#include <string.h>

/* Behind a hole that many segments far ahead did not wait for, nothing more will come. */
enum { BEYOND_MAX = 16 };

/* How far an acknowledgement may be from what the other end is known to have said: the captured
 * order is not always the sent one, and captures have gaps. */
enum { ACK_APART_MAX = 65535 };

static bool is_untouched(const struct direction *direction)
{
	return direction->next_seq == direction->start_seq && !direction->is_read;
}

void l7_stream_close_unread(struct reassembly *reassembly, struct direction *direction)
{
	if (direction->stream | direction->rival) {
		reassembly_close(reassembly, direction->stream);
		reassembly_close(reassembly, direction->rival);
		direction->stream = direction->rival = 0;
		direction->unsure_bytes = 0;
	}
}

void l7_stream_forget_said(struct reassembly *reassembly, struct direction *direction)
{
	reassembly_close(reassembly, direction->said);
	direction->said = 0;
}

void l7_stream_close(struct reassembly *reassembly, struct direction *direction)
{
	l7_stream_close_unread(reassembly, direction);
	l7_stream_forget_said(reassembly, direction);
}

void l7_stream_forget(struct reassembly *reassembly, struct direction *direction)
{
	l7_stream_close(reassembly, direction);
	direction->has_start = false;
	direction->is_in_middle = true;
}

void l7_stream_reopen(struct reassembly *reassembly, struct direction *direction)
{
	l7_stream_forget(reassembly, direction);
	direction->is_read = direction->is_done = false;
}

/* Does the receiver look at such a segment at all? */
static bool is_acceptable(const struct packet *packet)
{
	return packet->tcp_flags & TCP_SYN || (packet->tcp_flags & (TCP_ACK | TCP_RST)) == TCP_ACK;
}

/* Does it acknowledge what the other end has said? Before that one has sent payload it can be its
 * SYN alone, and a FIN behind it. */
static bool acknowledges(const struct direction *direction, const struct l7_segment *segment)
{
	const struct peek *peek = segment->peek;
	int32_t ahead = (int32_t)(segment->packet->tcp_ack - peek->peer_seq);

	if (!peek->has_peer_seq || direction->is_ack_unsure ||
		segment->packet->tcp_flags & TCP_SYN) {
		return true;
	}
	return ahead <= ACK_APART_MAX && ahead >= (segment->peer_has_spoken ? -ACK_APART_MAX : -1);
}

static void begin(struct direction *direction, const struct l7_segment *segment, uint32_t seq)
{
	bool is_syn = segment->packet->tcp_flags & TCP_SYN;
	bool is_behind_syn = segment->peek->has_next_seq && !direction->is_in_middle;

	direction->has_start = true;
	direction->start_is_seen = is_syn || is_behind_syn;
	direction->start_seq = is_behind_syn && !is_syn ? segment->peek->next_seq : seq;
	direction->next_seq = direction->start_seq;
}

/* A few zeros, and nothing that asks for them to be handed on. */
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

/* Bytes at the start that are not to be read before it is clear that they count. */
static bool hold_unsure(struct reassembly *reassembly, struct direction *direction,
	const struct packet *packet, uint32_t ahead)
{
	bool is_syn = packet->tcp_flags & TCP_SYN;

	if (ahead > 0 || !is_untouched(direction) || direction->stream ||
		(!is_syn && !is_filler(packet))) {
		return false;
	}
	direction->stream = reassembly_open(reassembly);
	if (direction->stream && reassembly_add(reassembly, direction->stream, 0, packet->payload,
					 packet->payload_bytes)) {
		direction->unsure_bytes = (uint16_t)packet->payload_bytes;
		direction->is_syn_data = is_syn;
	}
	return true;
}

/* Where the stream goes on, or what was acknowledged of it, says whether the unsure bytes were
 * taken. */
static void settle_unsure(struct reassembly *reassembly, struct direction *direction, uint32_t seq)
{
	uint32_t from_start = seq - direction->start_seq;

	if (direction->unsure_bytes && from_start <= REASSEMBLY_BYTES_MAX) {
		if (from_start == 0) {
			reassembly_close(reassembly, direction->stream);
			direction->stream = 0;
		}
		direction->unsure_bytes = 0;
	}
}

bool l7_stream_take_rival(struct direction *direction)
{
	if (!direction->rival || direction->stream || !is_untouched(direction)) {
		return false;
	}
	direction->stream = direction->rival;
	direction->rival = 0;
	direction->is_ack_unsure = true;
	return true;
}

bool l7_stream_acknowledge(
	struct reassembly *reassembly, struct direction *direction, uint32_t tcp_ack)
{
	uint32_t from_start = tcp_ack - direction->start_seq;

	if (!direction->unsure_bytes) {
		return from_start > 0 && from_start <= REASSEMBLY_BYTES_MAX &&
		       l7_stream_take_rival(direction);
	}
	settle_unsure(reassembly, direction, tcp_ack);
	return direction->stream && !direction->unsure_bytes;
}

/* Before anybody has recognised the start of a stream whose SYN was not seen, an earlier segment
 * moves the start. */
static bool moves_start(struct reassembly *reassembly, struct direction *direction, uint32_t behind)
{
	return !direction->start_is_seen && direction->dissector == PROGRESS_NO_DISSECTOR &&
	       direction->stream && behind < REASSEMBLY_BYTES_MAX &&
	       reassembly_prepend(reassembly, direction->stream, behind);
}

/* Where the segment lies from the first byte on that is wanted; false where it is all before it. */
static bool place(struct reassembly *reassembly, struct direction *direction, uint32_t seq,
	struct reader *in, uint32_t *ahead)
{
	int32_t distance = (int32_t)(seq - direction->next_seq);
	uint32_t behind = distance < 0 ? 0U - (uint32_t)distance : 0;

	*ahead = distance > 0 ? (uint32_t)distance : 0;
	if (behind > 0 && moves_start(reassembly, direction, behind)) {
		direction->start_seq = direction->next_seq = seq;
		return true;
	}
	if (behind > 0 && behind >= reader_left(in)) {
		return false;
	}
	reader_skip(in, behind);
	return true;
}

static void begin_again(struct reassembly *reassembly, struct direction *direction)
{
	l7_stream_close(reassembly, direction);
	direction->next_seq = direction->start_seq;
	direction->dissector = direction->outer = PROGRESS_NO_DISSECTOR;
	direction->layer = 0;
	direction->is_read = false;
}

static void keep_rival(struct reassembly *reassembly, struct direction *direction, uint32_t ahead,
	const struct reader *in)
{
	if (!direction->rival) {
		direction->rival = reassembly_open(reassembly);
	}
	if (direction->rival) {
		reassembly_add(reassembly, direction->rival, ahead, in->at, reader_left(in));
	}
}

/* Adds to what is kept; where the same place holds something else already, to the rival. */
static enum l7_stream_news keep(struct reassembly *reassembly, struct direction *direction,
	uint32_t ahead, const struct reader *in, struct reader *bytes)
{
	uint64_t changed = reassembly_overlaps_changed(reassembly);

	if (!direction->stream) {
		direction->stream = reassembly_open(reassembly);
	}
	if (!direction->stream) {
		return L7_STREAM_NO_ROOM;
	}
	if (!reassembly_add(reassembly, direction->stream, ahead, in->at, reader_left(in))) {
		return ++direction->beyond < BEYOND_MAX ? L7_STREAM_NOTHING : L7_STREAM_ENOUGH;
	}
	if (reassembly_overlaps_changed(reassembly) != changed) {
		keep_rival(reassembly, direction, ahead, in);
	}
	*bytes = reassembly_read(reassembly, direction->stream);
	return reader_left(bytes) > 0 || direction->rival ? L7_STREAM_BYTES : L7_STREAM_NOTHING;
}

/* What acknowledges something else is kept beside, in case nothing better comes. */
static void take_doubtful(
	struct reassembly *reassembly, struct direction *direction, uint32_t seq, struct reader *in)
{
	uint32_t ahead;

	if (!direction->stream && is_untouched(direction) &&
		place(reassembly, direction, seq, in, &ahead)) {
		keep_rival(reassembly, direction, ahead, in);
	}
}

static enum l7_stream_news take(struct reassembly *reassembly, struct direction *direction,
	const struct packet *packet, uint32_t seq, struct reader in, struct reader *bytes)
{
	uint32_t ahead;

	settle_unsure(reassembly, direction, seq);
	if (direction->is_read || !place(reassembly, direction, seq, &in, &ahead)) {
		return L7_STREAM_NOTHING;
	}
	if (direction->rival && !direction->stream) {
		reassembly_close(reassembly, direction->rival); /* here is what was taken */
		direction->rival = 0;
	}
	if (hold_unsure(reassembly, direction, packet, ahead)) {
		return direction->stream ? L7_STREAM_NOTHING : L7_STREAM_NO_ROOM;
	}
	if (ahead > 0 || direction->stream) {
		return keep(reassembly, direction, ahead, &in, bytes);
	}
	*bytes = in;
	return L7_STREAM_BYTES;
}

/* The place of the urgent byte in the segment: the pointer is to what follows it (RFC 6093, 3.4: so
 * stacks have it); UINT32_MAX where there is none. */
static uint32_t urgent_place(const struct packet *packet)
{
	if ((packet->tcp_flags & (TCP_URG | TCP_SYN)) != TCP_URG) {
		return UINT32_MAX; /* the pointer was not read */
	}
	uint32_t at = packet->tcp_urgent > 0 ? packet->tcp_urgent - 1U : 0;
	return at < packet->payload_bytes ? at : UINT32_MAX;
}

/* How many numbers before this one are of urgent bytes. Of several all but the latest are taken to
 * be before it. */
static uint32_t urgent_before(const struct direction *direction, uint32_t seq)
{
	bool is_behind = (int32_t)(seq - direction->urgent_seq) > 0;

	return direction->urgent_count - (direction->urgent_count > 0 && !is_behind);
}

static void note_urgent(struct direction *direction, uint32_t seq)
{
	bool is_new = !direction->urgent_count || (int32_t)(seq - direction->urgent_seq) > 0;

	if (is_new && direction->urgent_count < UINT8_MAX) {
		direction->urgent_seq = seq;
		direction->urgent_count++;
	}
}

/* A segment's bytes but for the urgent one: what stands before it, and what stands behind. */
static enum l7_stream_news take_around(struct reassembly *reassembly, struct direction *direction,
	const struct packet *packet, uint32_t seq, uint32_t urgent, struct reader *bytes)
{
	struct reader behind = reader_over(packet->payload, packet->payload_bytes);
	struct reader before = reader_sub(&behind, urgent);

	note_urgent(direction, seq + urgent);
	reader_skip(&behind, 1);
	uint32_t place = seq - urgent_before(direction, seq);
	if (reader_left(&before) == 0) {
		return take(reassembly, direction, packet, place, behind, bytes);
	}
	enum l7_stream_news news = take(reassembly, direction, packet, place, before, bytes);
	if (reader_left(&behind) == 0 || news == L7_STREAM_NO_ROOM) {
		return news;
	}
	if (news == L7_STREAM_BYTES && !direction->stream &&
		keep(reassembly, direction, 0, bytes, bytes) == L7_STREAM_NO_ROOM) {
		return L7_STREAM_NO_ROOM;
	}
	return take(reassembly, direction, packet, place + urgent, behind, bytes);
}

enum l7_stream_news l7_stream_take(struct reassembly *reassembly, struct direction *direction,
	const struct l7_segment *segment, struct reader *bytes)
{
	const struct packet *packet = segment->packet;
	uint32_t seq = packet->tcp_seq + (packet->tcp_flags & TCP_SYN ? 1 : 0);
	bool is_first = !direction->has_start;
	uint32_t urgent = urgent_place(packet);
	const struct peek *peek = segment->peek;

	if (packet->tcp_flags & TCP_SYN && peek->has_next_seq && seq != peek->next_seq) {
		return L7_STREAM_NOTHING;
	}
	if (is_first) {
		begin(direction, segment, seq);
	}
	/* A SYN once more, or another connection's, says nothing either. */
	if (!is_acceptable(packet) || (packet->tcp_flags & TCP_SYN && !is_first)) {
		return L7_STREAM_NOTHING;
	}
	if (!acknowledges(direction, segment)) {
		struct reader in = reader_over(packet->payload, packet->payload_bytes);
		take_doubtful(reassembly, direction, seq - urgent_before(direction, seq), &in);
		return L7_STREAM_NOTHING;
	}
	direction->is_started = true;
	bool again = segment->may_begin_again && direction->start_is_seen &&
		     seq == direction->start_seq && !is_untouched(direction);
	if (again) {
		begin_again(reassembly, direction);
	}
	struct reader in = reader_over(packet->payload, packet->payload_bytes);
	enum l7_stream_news news =
		urgent != UINT32_MAX
			? take_around(reassembly, direction, packet, seq, urgent, bytes)
			: take(reassembly, direction, packet, seq - urgent_before(direction, seq),
				  in, bytes);
	return again && news == L7_STREAM_BYTES ? L7_STREAM_AGAIN : news;
}

void l7_stream_keep_said(struct direction *direction)
{
	if (direction->stream && is_untouched(direction) && !direction->said) {
		direction->said = direction->stream;
		direction->stream = 0;
	}
}

static size_t said_bytes(const struct reassembly *reassembly, const struct direction *direction)
{
	struct reader said = reassembly_read(reassembly, direction->said);

	return reader_left(&said);
}

bool l7_stream_rewrites(struct reassembly *reassembly, struct direction *direction,
	const struct l7_segment *segment)
{
	const struct packet *packet = segment->packet;
	uint32_t from_start = packet->tcp_seq - direction->start_seq;

	if (!direction->said || from_start == 0 || !segment->may_begin_again ||
		!is_acceptable(packet) || !acknowledges(direction, segment)) {
		return false;
	}
	size_t said = said_bytes(reassembly, direction);
	if (from_start > said || (from_start == said && !direction->comes_again)) {
		return false;
	}
	bool is_other = reassembly_replace(
		reassembly, direction->said, from_start, packet->payload, packet->payload_bytes);
	bool is_more = said_bytes(reassembly, direction) > said;
	is_other |= is_more && direction->comes_again;
	direction->comes_again |= is_other;
	return is_other;
}

/* What l7_stream_acknowledge() and l7_stream_take() would ask, where all answers are the usual
 * ones. */
bool l7_stream_goes_on(const struct direction *direction, const struct direction *other,
	const struct l7_segment *segment)
{
	const struct packet *packet = segment->packet;
	bool is_plain = direction->is_started && !direction->is_read && !direction->is_done &&
			!(direction->stream | direction->rival | direction->unsure_bytes) &&
			!(other->rival | other->unsure_bytes);

	return is_plain && direction->has_start && packet->tcp_seq == direction->next_seq &&
	       !is_untouched(direction) && !(packet->tcp_flags & (TCP_SYN | TCP_URG)) &&
	       is_acceptable(packet) && acknowledges(direction, segment);
}

bool l7_stream_use(struct reassembly *reassembly, struct direction *direction, size_t used,
	const struct reader *rest)
{
	direction->next_seq += (uint32_t)used;
	if (used > 0) {
		reassembly_close(reassembly, direction->rival);
		direction->rival = 0;
	}
	if (direction->stream) {
		reassembly_consume(reassembly, direction->stream, used);
		if (reassembly_is_empty(reassembly, direction->stream)) {
			reassembly_close(reassembly, direction->stream);
			direction->stream = 0;
		}
		return true;
	}
	if (reader_left(rest) == 0) {
		return true;
	}
	direction->stream = reassembly_open(reassembly);
	return direction->stream &&
	       reassembly_add(reassembly, direction->stream, 0, rest->at, reader_left(rest));
}
