#include "analyzer/classify/l7_read.h"

#include "analyzer/classify/l7_answer.h"
#include "analyzer/classify/l7_contest.h"
#include "analyzer/classify/l7_stream.h"
#include "analyzer/classify/l7_versions.h"

/* How many payloads that nobody knows are looked at in a direction before it is left alone. In the
 * middle of a TCP stream two more segments may begin something. Calls often start with other
 * datagrams, and who hides sends junk first: as long as nobody has answered it costs little. */
enum { STREAM_MISSES_MAX = 3, DATAGRAM_MISSES_MAX = 6, DATAGRAM_MISSES_UNANSWERED_MAX = 32 };

/* Where so much of a stream's start is there and nobody knows it, more of it tells nobody more. */
enum { START_BYTES_TELLING = 512 };

unsigned l7_read_counts(const struct direction *direction, size_t bytes)
{
	enum { PIECE_BITS = 9 };
	uint32_t seq = direction->next_seq;
	bool is_cheap = direction->dissector != PROGRESS_NO_DISSECTOR &&
			dissectors[direction->dissector]->stream_passes;

	return !is_cheap || (seq ^ (seq + (uint32_t)bytes)) >> PIECE_BITS != 0;
}

void l7_read_finish(struct l7_feed *feed, struct direction *direction)
{
	l7_stream_close(feed->tables->reassembly, direction);
	direction->is_done = true;
}

bool l7_read_may_come_again(const struct l7_feed *feed, const struct direction *direction)
{
	return direction == feed->session->directions &&
	       (direction->start_is_seen || direction->said_hello) &&
	       feed->ends.protocol == IP_TCP && !feed->session->is_settled;
}

bool l7_read_begins_anew(
	const struct l7_feed *feed, const struct direction *direction, const struct packet *packet)
{
	return direction == feed->session->directions && direction->start_is_seen &&
	       direction->has_start && feed->session->is_settled &&
	       (direction->versions || direction->is_read || !direction->is_known ||
		       (int32_t)(packet->tcp_seq - direction->next_seq) < 0);
}

/* The other end was understood, and nothing that the client said. */
static bool is_client_unknown(const struct l7_feed *feed, const struct direction *direction)
{
	const struct direction *client = feed->session->directions;

	return direction != client && client->start_is_seen && client->is_started &&
	       !client->is_known && !client->is_done && feed->ends.protocol == IP_TCP;
}

/* This direction has said what it has to say. */
static void conclude_direction(struct l7_feed *feed, struct direction *direction)
{
	bool is_asked = l7_read_may_come_again(feed, direction);

	if (!is_asked && !l7_answer_is_kept(feed, direction) &&
		!is_client_unknown(feed, direction)) {
		l7_read_finish(feed, direction);
		return;
	}
	if (is_asked) {
		versions_keep_stream(feed->tables->reassembly, direction);
	}
	l7_stream_close_unread(feed->tables->reassembly, direction);
	direction->is_read = true;
}

void l7_read_conclude_flow(struct l7_feed *feed, struct direction *direction)
{
	if (l7_read_may_come_again(feed, direction) || l7_answer_is_kept(feed, direction) ||
		is_client_unknown(feed, direction)) {
		conclude_direction(feed, direction);
		direction->ends_flow = true;
		return;
	}
	l7_read_finish(feed, feed->session->directions);
	l7_read_finish(feed, feed->session->directions + 1);
}

void l7_read_settle(struct l7_feed *feed, struct direction *direction, enum dissect_result result,
	const struct dissection *dissection)
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
		direction->pieces += l7_read_counts(direction, dissection->used);
		is_over |= direction->pieces >= L7_PIECES_MAX;
	}
	if (is_over) {
		conclude_direction(feed, direction);
	}
	if (dissection->other_done) {
		l7_read_conclude_flow(feed, direction);
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

void l7_read_note_format(struct l7_feed *feed, const struct direction *direction, bool was_shown)
{
	const struct direction *first = feed->session->directions;

	feed->l7->is_reversed |=
		!was_shown && l7_info_format_app(feed->l7) && direction != first &&
		direction->dissector != first->dissector &&
		(feed->ends.protocol == IP_UDP ? first->is_started
					       : was_connected_to(feed, direction));
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
	direction->is_inner = answer->is_inner = true;
	direction->is_torn = answer->is_known = false;
	answer->word_bytes = 0;
	direction->outer_hosts = (uint8_t)l7_contest_hosts(feed->l7);
	feed->session->is_settled = false;
}

void l7_read_stream(struct l7_feed *feed, const struct piece *piece, struct reader in, bool is_last)
{
	struct direction *direction = piece->direction;
	struct dissection dissection;
	uint8_t names_before = feed->l7->name_count;
	unsigned hellos_before = hello_names(feed->l7);
	bool was_shown = piece->from_source || l7_info_format_app(feed->l7);
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
	l7_read_note_format(feed, direction, was_shown);
	feed->l7->is_contested |= says_hello && direction->is_again;
	feed->begins_anew = dissection.begins_anew;
	if (piece->from_source && !feed->session->is_settled) {
		direction->is_torn |= dissection.is_torn || !ends_in_host(feed->l7);
	}
	direction->is_known |= used > 0 || result == DISSECT_DONE;
	if (l7_read_may_come_again(feed, direction)) {
		l7_answer_keep_beside(feed, place, all);
		if (used > 0 || result == DISSECT_DONE) {
			l7_stream_keep_said(direction);
		}
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
		l7_read_settle(feed, direction, result, &dissection);
	}
	if (direction->is_read && is_in_packet && place > 0) {
		/* It does not go on with what was read: perhaps with another version of that. */
		versions_keep(feed->tables->reassembly, direction,
			&(struct version_piece){ .place = place, .in = all, .is_cut = is_last });
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
		l7_read_finish(feed, direction);
	}
}

void l7_read_behind(struct l7_feed *feed, const struct piece *piece)
{
	struct direction *direction = piece->direction;
	struct reassembly *reassembly = feed->tables->reassembly;

	if (direction->next_seq == direction->start_seq) {
		return; /* none counts */
	}
	for (unsigned i = 0; i < L7_PIECES_MAX && !direction->is_done && !direction->stream; i++) {
		struct reader behind = versions_behind(
			reassembly, direction, direction->next_seq - direction->start_seq);
		if (reader_left(&behind) == 0) {
			return;
		}
		l7_read_stream(feed, piece, behind, false);
	}
}
