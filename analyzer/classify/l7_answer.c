#include "analyzer/classify/l7_answer.h"

#include "analyzer/classify/l7_contest.h"
#include "analyzer/classify/l7_info_store.h"
#include "base/quick_hash.h"

/* So much of it tells it from another one. */
enum { KEPT_BYTES_MAX = 256 };

bool l7_answer_acknowledges(const struct l7_feed *feed, const struct packet *packet)
{
	const struct direction *asked = feed->session->directions, *answer = asked + 1;

	if (!asked->has_start) {
		return asked->is_done || !answer->start_is_seen; /* else nothing was said yet */
	}
	return !asked->start_is_seen || (int32_t)(packet->tcp_ack - asked->start_seq) > 0;
}

void l7_answer_keep(struct l7_feed *feed, const struct reader *bytes)
{
	struct reassembly *reassembly = feed->tables->reassembly;
	struct direction *answer = feed->session->directions + 1;
	size_t count = reader_left(bytes) < KEPT_BYTES_MAX ? reader_left(bytes) : KEPT_BYTES_MAX;

	if (!answer->said && answer->next_seq == answer->start_seq && !answer->is_read) {
		answer->said = reassembly_open(reassembly);
		if (answer->said) {
			reassembly_add(reassembly, answer->said, 0, bytes->at, count);
		}
	}
}

void l7_answer_keep_beside(struct l7_feed *feed, uint32_t place, struct reader in)
{
	struct reassembly *reassembly = feed->tables->reassembly;
	struct direction *asked = feed->session->directions, *answer = asked + 1;

	if (!answer->said && !asked->has_preamble) {
		return;
	}
	if (!asked->said) {
		asked->said = reassembly_open(reassembly);
	}
	if (asked->said) {
		reassembly_add(reassembly, asked->said, place, in.at, reader_left(&in));
	}
}

enum l7_protocol l7_answer_kind(const struct l7_feed *feed, const struct reader *bytes, bool *waits)
{
	const struct direction *answer = feed->session->directions + 1;

	*waits = false;
	if (answer->said || answer->is_read) {
		return l7_answer_is_known(feed) ? (enum l7_protocol)feed->l7->protocol : L7_UNKNOWN;
	}
	return l7_contest_answer(feed, *bytes, waits);
}

bool l7_answer_is_kept(const struct l7_feed *feed, const struct direction *direction)
{
	return direction == feed->session->directions + 1 && direction->said;
}

void l7_answer_note_words(struct direction *answer, const struct reader *bytes)
{
	enum { WORD_BYTES_MAX = 32 };
	size_t left = reader_left(bytes), count = left < WORD_BYTES_MAX ? left : WORD_BYTES_MAX;

	if (answer->next_seq == answer->start_seq && !answer->is_read && !answer->word_bytes) {
		answer->words = (uint32_t)quick_hash_bytes(0, bytes->at, count);
		answer->word_bytes = (uint8_t)count;
	}
}

/* While the client has begun anew behind the answer: is that said once more, with other words? */
static bool differs_in_words(const struct direction *answer, struct reader in)
{
	return answer->word_bytes > 0 && reader_left(&in) >= answer->word_bytes &&
	       (uint32_t)quick_hash_bytes(0, in.at, answer->word_bytes) != answer->words;
}

bool l7_answer_differs(const struct l7_feed *feed, const struct packet *packet)
{
	const struct direction *answer = feed->session->directions + 1;
	bool is_unread = answer->next_seq == answer->start_seq && !answer->is_read;
	uint32_t kept = answer->said ? answer->said : is_unread ? answer->stream : 0;
	struct reader in = reader_over(packet->payload, packet->payload_bytes);
	int32_t place = (int32_t)(packet->tcp_seq - answer->start_seq);
	uint32_t before = place < 0 ? 0U - (uint32_t)place : 0;

	if (before >= reader_left(&in) || answer->urgent_count > 0 ||
		packet->tcp_flags & (TCP_SYN | TCP_URG)) {
		return false;
	}
	reader_skip(&in, before);
	if (!kept) {
		return place <= 0 && feed->session->directions[0].versions &&
		       differs_in_words(answer, in);
	}
	return !reassembly_agrees(feed->tables->reassembly, kept, place < 0 ? 0 : (uint32_t)place,
		in.at, reader_left(&in));
}

bool l7_answer_is_known(const struct l7_feed *feed)
{
	const struct direction *answer = feed->session->directions + 1;

	return answer->is_known && answer->dissector != PROGRESS_NO_DISSECTOR &&
	       dissectors[answer->dissector]->protocol == feed->l7->protocol;
}

void l7_answer_forget(struct dissect_tables *tables, struct l7_session *session)
{
	struct direction *answer = session->directions + 1;

	if (answer->said | session->others) {
		reassembly_close(tables->reassembly, answer->said);
		l7_info_store_release(tables->store, session->others);
		answer->said = session->others = 0;
	}
}

/* Does that acknowledge all that was read of the direction? Where no SYN tells its numbers, only
 * one close to them does. */
static bool covers(const struct direction *direction, uint32_t tcp_ack)
{
	enum { APART_MAX = 65535 };

	return tcp_ack - direction->next_seq <= (direction->start_is_seen ? INT32_MAX : APART_MAX);
}

/* Who answers a hello has taken its bytes. Words of the other end that acknowledge less are for
 * something else that was said: the hello may be anybody's, until its answer comes after all. */
void l7_answer_doubt_hello(struct l7_feed *feed, const struct packet *packet)
{
	struct direction *hello = feed->session->directions, *answer = hello + 1;
	struct l7_info *l7 = feed->l7;
	bool counts = answer->is_started || !hello->start_is_seen;

	if (l7->server_hello) {
		l7->is_contested &= !hello->is_unheard;
		hello->is_unheard = false;
	} else if (counts && !l7->is_contested && l7->protocol == L7_TLS && hello->layer == 0 &&
		   hello->said_hello && !covers(hello, packet->tcp_ack)) {
		bool waits;
		struct reader words = reader_over(packet->payload, packet->payload_bytes);
		hello->is_unheard = l7->is_contested = true;
		l7->protocol = l7_contest_answer(feed, words, &waits);
	}
}
