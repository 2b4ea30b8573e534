#include "analyzer/classify/l7_stream.h"

#include "analyzer/classify/l7_versions.h"

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
	if (direction->stream | direction->doubtful) {
		reassembly_close(reassembly, direction->stream);
		reassembly_close(reassembly, direction->doubtful);
		direction->stream = direction->doubtful = 0;
		direction->unsure_bytes = 0;
	}
}

void l7_stream_close(struct reassembly *reassembly, struct direction *direction)
{
	l7_stream_close_unread(reassembly, direction);
	versions_forget(reassembly, direction);
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

void l7_stream_restart(struct reassembly *reassembly, struct direction *direction)
{
	l7_stream_close_unread(reassembly, direction);
	direction->next_seq = direction->start_seq;
	direction->layer = direction->is_inner ? LAYERS_MAX - 1 : 0;
	direction->dissector = direction->outer = PROGRESS_NO_DISSECTOR;
	direction->handed_by = direction->is_inner ? direction->handed_by : PROGRESS_NO_DISSECTOR;
	direction->is_read = direction->is_done = direction->ends_flow = false;
	direction->is_torn = direction->is_known = false;
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
	direction->is_again = direction->is_in_middle && segment->peek->has_next_seq &&
			      (int32_t)(seq - segment->peek->next_seq) < 0;
	/* A later conversation begins where it is noticed. */
	direction->start_seq =
		is_behind_syn && !is_syn && !direction->is_later ? segment->peek->next_seq : seq;
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

/* The receiver took so many of the unsure bytes; the others are sent once more. */
static void keep_taken(struct reassembly *reassembly, struct direction *direction, uint32_t count)
{
	uint32_t all = direction->stream;
	struct reader taken = reader_over(NULL, 0);

	if (all && count > 0) {
		taken = reassembly_read(reassembly, all);
		taken = reader_sub(&taken, count);
	}
	direction->stream = reader_left(&taken) > 0 ? reassembly_open(reassembly) : 0;
	if (direction->stream) {
		reassembly_add(reassembly, direction->stream, 0, taken.at, reader_left(&taken));
	}
	reassembly_close(reassembly, all);
}

/* Where the stream goes on, or what was acknowledged of it, says how many of the unsure bytes were
 * taken. */
static void settle_unsure(struct reassembly *reassembly, struct direction *direction, uint32_t seq)
{
	uint32_t taken = seq - direction->start_seq;

	if (direction->unsure_bytes && taken <= REASSEMBLY_BYTES_MAX) {
		if (taken < direction->unsure_bytes) {
			keep_taken(reassembly, direction, taken);
		}
		direction->unsure_bytes = 0;
	}
}

bool l7_stream_take_doubtful(struct direction *direction)
{
	if (!direction->doubtful || direction->stream || !is_untouched(direction)) {
		return false;
	}
	direction->stream = direction->doubtful;
	direction->doubtful = 0;
	direction->is_ack_unsure = true;
	return true;
}

bool l7_stream_acknowledge(
	struct reassembly *reassembly, struct direction *direction, uint32_t tcp_ack)
{
	uint32_t from_start = tcp_ack - direction->start_seq;

	if (!direction->unsure_bytes) {
		return from_start > 0 && from_start <= REASSEMBLY_BYTES_MAX &&
		       l7_stream_take_doubtful(direction);
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

static void keep_doubtful(struct reassembly *reassembly, struct direction *direction,
	uint32_t ahead, const struct reader *in)
{
	if (!direction->doubtful) {
		direction->doubtful = reassembly_open(reassembly);
	}
	if (direction->doubtful) {
		reassembly_add(reassembly, direction->doubtful, ahead, in->at, reader_left(in));
	}
}

/* Adds to what is kept; what is there already stays. */
static enum l7_stream_news keep(struct reassembly *reassembly, struct direction *direction,
	uint32_t ahead, const struct reader *in, struct reader *bytes)
{
	if (!direction->stream) {
		direction->stream = reassembly_open(reassembly);
	}
	if (!direction->stream) {
		return L7_STREAM_NO_ROOM;
	}
	bool is_kept =
		reassembly_add(reassembly, direction->stream, ahead, in->at, reader_left(in));
	*bytes = reassembly_read(reassembly, direction->stream);
	if (!is_kept) {
		return ++direction->beyond < BEYOND_MAX ? L7_STREAM_NOTHING : L7_STREAM_ENOUGH;
	}
	return reader_left(bytes) > 0 ? L7_STREAM_BYTES : L7_STREAM_NOTHING;
}

/* What acknowledges something else is kept beside, in case nothing better comes. */
static void take_doubtful(
	struct reassembly *reassembly, struct direction *direction, uint32_t seq, struct reader *in)
{
	uint32_t ahead;

	if (!direction->stream && is_untouched(direction) &&
		place(reassembly, direction, seq, in, &ahead)) {
		keep_doubtful(reassembly, direction, ahead, in);
	}
}

static enum l7_stream_news take(struct reassembly *reassembly, struct direction *direction,
	const struct l7_segment *segment, uint32_t seq, struct reader in, struct reader *bytes)
{
	const struct peek *peek = segment->peek;
	bool is_acked = direction->is_syn_data && peek->has_acked_seq;
	uint32_t ahead;

	settle_unsure(reassembly, direction, is_acked ? peek->acked_seq : seq);
	if (direction->is_read || !place(reassembly, direction, seq, &in, &ahead)) {
		return L7_STREAM_NOTHING;
	}
	if (direction->doubtful && !direction->stream) {
		reassembly_close(reassembly, direction->doubtful); /* here is what was taken */
		direction->doubtful = 0;
	}
	if (hold_unsure(reassembly, direction, segment->packet, ahead)) {
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

/* What came before it, and stands behind it, was placed as if its byte were the stream's. */
static void note_urgent(struct reassembly *reassembly, struct direction *direction, uint32_t seq)
{
	bool is_new = !direction->urgent_count || (int32_t)(seq - direction->urgent_seq) > 0;
	uint32_t place = seq - direction->urgent_count - direction->next_seq;

	if (is_new && direction->urgent_count < UINT8_MAX) {
		if (direction->stream && place < REASSEMBLY_BYTES_MAX) {
			reassembly_close_hole(reassembly, direction->stream, place);
		}
		direction->urgent_seq = seq;
		direction->urgent_count++;
	}
}

/* Bytes of a segment that follow each other, and the number of the first. */
struct part {
	uint32_t seq;
	struct reader in;
};

enum { PARTS_MAX = 2 };

/* A segment's bytes but for the urgent one: what stands before it, and what stands behind. */
static unsigned parts_of(struct reassembly *reassembly, struct direction *direction,
	const struct packet *packet, uint32_t seq, struct part parts[PARTS_MAX])
{
	struct reader in = reader_over(packet->payload, packet->payload_bytes);
	uint32_t urgent = urgent_place(packet);
	unsigned count = 0;

	if (urgent == UINT32_MAX) {
		parts[0] = (struct part){ seq - urgent_before(direction, seq), in };
		return 1;
	}
	note_urgent(reassembly, direction, seq + urgent);
	uint32_t place = seq - urgent_before(direction, seq);
	if (urgent > 0) {
		parts[count++] = (struct part){ place, reader_sub(&in, urgent) };
	}
	reader_skip(&in, 1);
	if (reader_left(&in) > 0) {
		parts[count++] = (struct part){ place + urgent, in };
	}
	return count;
}

static enum l7_stream_news take_parts(struct reassembly *reassembly, struct direction *direction,
	const struct l7_segment *segment, const struct part parts[], unsigned count,
	struct reader *bytes)
{
	enum l7_stream_news news = L7_STREAM_NOTHING;

	for (unsigned i = 0; i < count && news != L7_STREAM_NO_ROOM; i++) {
		if (news == L7_STREAM_BYTES && !direction->stream &&
			keep(reassembly, direction, 0, bytes, bytes) == L7_STREAM_NO_ROOM) {
			return L7_STREAM_NO_ROOM;
		}
		enum l7_stream_news more =
			take(reassembly, direction, segment, parts[i].seq, parts[i].in, bytes);
		news = more == L7_STREAM_NOTHING ? news : more;
	}
	return news;
}

/* Does it count, for all that its flags and its acknowledgement say? */
static bool is_taken(const struct direction *direction, const struct l7_segment *segment)
{
	return is_acceptable(segment->packet) && acknowledges(direction, segment);
}

/* Once there is a doubt all that comes is kept: it may go on with either. */
static enum l7_stream_version keep_part(struct reassembly *reassembly, struct direction *direction,
	struct part part, const struct l7_segment *segment)
{
	const struct peek *peek = segment->peek;
	int32_t place = (int32_t)(part.seq - direction->start_seq);
	uint32_t before = place < 0 ? 0U - (uint32_t)place : 0;
	uint32_t at = place < 0 ? 0 : (uint32_t)place;
	bool is_behind = at < direction->next_seq - direction->start_seq;

	if (before >= reader_left(&part.in)) {
		return L7_VERSION_NONE;
	}
	reader_skip(&part.in, before);
	if (!(direction->versions | direction->first) && !direction->is_read &&
		versions_agree(reassembly, direction, at, part.in)) {
		return L7_VERSION_NONE;
	}
	struct version_piece piece = { .place = at,
		.in = part.in,
		.is_cut = segment->packet->payload_bytes < segment->packet->payload_wire_bytes,
		.is_late = peek->has_acked_seq && (int32_t)(peek->acked_seq - part.seq) > 0 };
	enum versions_news news = versions_keep(reassembly, direction, &piece);
	return news == VERSIONS_FULL ? L7_VERSION_NO_ROOM
	       : is_behind           ? L7_VERSION_INSTEAD
				     : L7_VERSION_KEPT;
}

enum l7_stream_version l7_stream_keep_version(struct reassembly *reassembly,
	struct direction *direction, const struct l7_segment *segment)
{
	const struct packet *packet = segment->packet;
	bool is_beginning = is_untouched(direction) && !(direction->stream | direction->versions);
	enum l7_stream_version version = L7_VERSION_NONE;
	struct part parts[PARTS_MAX];

	if (!segment->may_begin_again || !direction->has_start || is_beginning ||
		packet->tcp_flags & TCP_SYN || !is_taken(direction, segment)) {
		return L7_VERSION_NONE;
	}
	unsigned count = parts_of(reassembly, direction, packet, packet->tcp_seq, parts);
	for (unsigned i = 0; i < count; i++) {
		enum l7_stream_version of_part =
			keep_part(reassembly, direction, parts[i], segment);
		version = of_part > version ? of_part : version;
	}
	return version;
}

/* In the middle, where nobody knows what is kept: does the segment say something else there? */
static bool begins_otherwise(const struct reassembly *reassembly, const struct direction *direction,
	const struct packet *packet)
{
	uint32_t place = packet->tcp_seq - direction->next_seq;

	return direction->stream && !direction->start_is_seen && is_untouched(direction) &&
	       direction->dissector == PROGRESS_NO_DISSECTOR &&
	       !reassembly_agrees(reassembly, direction->stream, place, packet->payload,
		       packet->payload_bytes);
}

enum l7_stream_news l7_stream_take(struct reassembly *reassembly, struct direction *direction,
	const struct l7_segment *segment, struct reader *bytes)
{
	const struct packet *packet = segment->packet;
	uint32_t seq = packet->tcp_seq + (packet->tcp_flags & TCP_SYN ? 1 : 0);
	const struct peek *peek = segment->peek;
	struct part parts[PARTS_MAX];

	if (begins_otherwise(reassembly, direction, packet)) {
		l7_stream_forget(reassembly, direction);
	}
	bool is_first = !direction->has_start;
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
	unsigned count = parts_of(reassembly, direction, packet, seq, parts);
	if (count == 0 && direction->stream) { /* the one byte that was missing is none */
		*bytes = reassembly_read(reassembly, direction->stream);
		return reader_left(bytes) > 0 ? L7_STREAM_BYTES : L7_STREAM_NOTHING;
	}
	return take_parts(reassembly, direction, segment, parts, count, bytes);
}

bool l7_stream_skip_missed(struct reassembly *reassembly, struct direction *direction,
	const struct direction *other, const struct l7_segment *segment)
{
	const struct peek *peek = segment->peek;
	uint32_t seq = segment->packet->tcp_seq, place;
	struct reader in;

	if (!is_untouched(direction) || direction->unsure_bytes || direction->versions ||
		(int32_t)(seq - direction->next_seq) <= 0 ||
		!reassembly_range(reassembly, direction->stream, 0, &place, &in) || place == 0 ||
		in.at[0] < 'A' || in.at[0] > 'Z') {
		return false;
	}
	uint32_t behind = direction->next_seq + place + (uint32_t)reader_left(&in);
	bool goes_on = !peek->has_peer_seq && seq == behind &&
		       (int32_t)(segment->packet->tcp_ack - other->start_seq) > 0;
	if (!goes_on && !(peek->has_acked_seq && (int32_t)(peek->acked_seq - behind) >= 0)) {
		return false;
	}
	reassembly_consume(reassembly, direction->stream, place);
	direction->start_seq = direction->next_seq = direction->next_seq + place;
	direction->start_is_seen = false;
	direction->is_in_middle = true;
	return true;
}

void l7_stream_keep_said(struct direction *direction)
{
	if (direction->stream && is_untouched(direction) && !direction->said) {
		direction->said = direction->stream;
		direction->stream = 0;
	}
}

/* What l7_stream_acknowledge() and l7_stream_take() would ask, where all answers are the usual
 * ones. */
bool l7_stream_goes_on(const struct direction *direction, const struct direction *other,
	const struct l7_segment *segment)
{
	const struct packet *packet = segment->packet;
	bool is_plain = direction->is_started && !direction->is_read && !direction->is_done &&
			!(direction->stream | direction->doubtful | direction->versions) &&
			!direction->unsure_bytes && !(other->doubtful | other->unsure_bytes);

	return is_plain && direction->has_start && packet->tcp_seq == direction->next_seq &&
	       !is_untouched(direction) && !(packet->tcp_flags & (TCP_SYN | TCP_URG)) &&
	       is_acceptable(packet) && acknowledges(direction, segment);
}

bool l7_stream_use(struct reassembly *reassembly, struct direction *direction, size_t used,
	const struct reader *rest)
{
	direction->next_seq += (uint32_t)used;
	if (used > 0) {
		reassembly_close(reassembly, direction->doubtful);
		direction->doubtful = 0;
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
