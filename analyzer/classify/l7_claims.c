#include "analyzer/classify/l7_claims.h"

#include "analyzer/classify/dissect/dtls.h"
#include "analyzer/classify/dissect/gquic.h"
#include "analyzer/classify/dissect/quic_connection.h"
#include "analyzer/classify/l7_info_store.h"

enum { RECORD_HANDSHAKE = 22, INITIAL_BYTES_LEAST = 1200 };

static void load(struct l7_feed *feed, uint32_t number)
{
	if (number) {
		l7_info_copy(feed->l7, l7_info_store_get(feed->tables->store, number));
	} else {
		l7_info_clear(feed->l7);
	}
}

/* The scratch l7 info in place of what the number stood for. */
static void keep(struct l7_feed *feed, uint32_t *number)
{
	uint32_t changed = l7_info_store_change(feed->tables->store, *number, feed->l7);

	*number = changed ? changed : *number;
}

static void keep_reading(struct l7_feed *feed, struct l7_claims *claims, uint32_t number)
{
	l7_info_store_hold(feed->tables->store, number);
	l7_info_store_release(feed->tables->store, claims->reading);
	claims->reading = number;
}

void l7_claims_forget(struct dissect_tables *tables, struct l7_session *session)
{
	struct l7_claims *claims = &session->claims;

	l7_info_store_release(tables->store, claims->before);
	l7_info_store_release(tables->store, claims->first);
	l7_info_store_release(tables->store, claims->reading);
	*claims = (struct l7_claims){ .is_open = false };
}

/* A hello is read piece by piece, and says itself what proves it. */
static bool is_signature(unsigned index)
{
	return index != DISSECTOR_quic && index != DISSECTOR_dtls;
}

static bool is_proven(const struct l7_feed *feed)
{
	const struct l7_info *l7 = feed->l7;

	return l7->protocol == L7_QUIC   ? l7->is_quic_answered
	       : l7->protocol == L7_DTLS ? dtls_is_answered(&feed->session->states[0])
					 : false;
}

/* Does the datagram begin what the flow is not taken for, nor known to be? */
static bool begins_other(const struct l7_feed *feed, struct reader datagram)
{
	const struct l7_info *l7 = feed->l7;
	uint8_t first = reader_left(&datagram) > 0 ? datagram.at[0] : 0;
	bool is_quic = l7->protocol == L7_QUIC && !gquic_is_version(l7->quic_version);

	if (first == RECORD_HANDSHAKE) {
		bool is_read = l7->protocol == L7_DTLS ||
			       (is_quic && quic_has_begun(&feed->session->states[0]));
		return !is_read && dtls_begins(datagram);
	}
	return first & QUIC_FORM_LONG && reader_left(&datagram) >= INITIAL_BYTES_LEAST &&
	       !is_quic && !is_proven(feed) && quic_begins(feed->tables, datagram);
}

/* From now on that one is asked, who has seen nothing yet; PROGRESS_NO_DISSECTOR: anybody. */
static void ask_from_now_on(struct l7_feed *feed, uint8_t dissector)
{
	struct l7_session *session = feed->session;

	l7_feed_forget_state(feed->tables, &session->states[0]);
	session->directions[0].dissector = session->directions[1].dissector = dissector;
}

/* The flow is read anew, from what was known before anybody claimed it. */
static void read_anew(struct l7_feed *feed)
{
	struct l7_claims *claims = &feed->session->claims;

	ask_from_now_on(feed, PROGRESS_NO_DISSECTOR);
	load(feed, claims->before);
	keep_reading(feed, claims, claims->before);
}

/* What was read until now is a claim like others. */
static void claim_read(struct l7_feed *feed, const struct direction *direction)
{
	struct l7_session *session = feed->session;
	struct l7_claims *claims = &session->claims;
	unsigned of = l7_ask_first(feed, direction);
	bool is_of_other = session->directions[0].dissector != of;

	keep(feed, &claims->first);
	claims->of = (uint8_t)of;
	if (of != PROGRESS_NO_DISSECTOR && of != DISSECTOR_quic) {
		claims->by[is_of_other] |= UINT64_C(1) << of;
	}
}

void l7_claims_begin(struct l7_feed *feed, const struct piece *piece, struct reader datagram)
{
	struct l7_session *session = feed->session;
	struct l7_claims *claims = &session->claims;

	if (claims->is_open) {
		load(feed, claims->reading);
	}
	if (feed->l7->protocol == L7_UNKNOWN || !begins_other(feed, datagram)) {
		return;
	}
	if (!claims->is_open || feed->l7->protocol == L7_DTLS) {
		claim_read(feed, piece->direction);
	}
	claims->is_open = true;
	read_anew(feed);
}

/* That one has the flow, as far as the datagram tells. What is read for as long as the flow lives
 * is not done with the first of it. */
static bool is_new_claim(const struct l7_feed *feed, const struct direction *direction,
	enum dissect_result result, bool was_known)
{
	unsigned of = direction->dissector;

	return result != DISSECT_OTHER && !was_known && feed->l7->protocol != L7_UNKNOWN &&
	       is_signature(of) && (result == DISSECT_DONE || !dissectors[of]->endless);
}

/* While another one reads: does the datagram answer in kind what the other end claimed? */
static bool answers_claim(
	struct l7_feed *feed, struct direction *direction, uint64_t of_other, struct reader in)
{
	struct dissect_state state = { 0 };
	struct l7_info reading;
	struct dissection dissection;
	struct piece piece = { .direction = direction,
		.from_source = direction == feed->session->directions,
		.wire_bytes = (uint32_t)reader_left(&in) };
	bool answers = false;

	l7_info_copy(&reading, feed->l7);
	for (; of_other && !answers; of_other &= of_other - 1) {
		unsigned index = (unsigned)__builtin_ctzll(of_other);
		load(feed, feed->session->claims.before);
		l7_ask_begin(&dissection, feed, &piece);
		dissection.in = in;
		dissection.state = &state;
		answers = l7_ask_one(feed, index, &dissection) != DISSECT_OTHER &&
			  feed->l7->protocol != L7_UNKNOWN;
		direction->dissector = answers ? (uint8_t)index : direction->dissector;
	}
	l7_feed_forget_state(feed->tables, &state);
	if (!answers) {
		l7_info_copy(feed->l7, &reading);
	}
	return answers;
}

/* Nothing is open any more; who claimed is still known. */
static void close_claims(struct l7_feed *feed)
{
	struct l7_claims *claims = &feed->session->claims;

	claims->is_open = false;
	keep_reading(feed, claims, 0);
}

/* The end that spoke has claimed the flow for that dissector. True where the other one has as well.
 */
static bool take_claim(struct l7_feed *feed, const struct direction *direction)
{
	struct l7_claims *claims = &feed->session->claims;
	unsigned end = direction == feed->session->directions ? 0 : 1, of = direction->dissector;
	const struct l7_info *first =
		claims->first ? l7_info_store_get(feed->tables->store, claims->first) : NULL;

	claims->by[end] |= UINT64_C(1) << of;
	/* Words of the other end's that were to tell only together with these count as well. */
	claims->by[!end] |= (uint64_t)(l7_other_of(feed, direction)->dissector == of) << of;
	bool is_answered = claims->by[!end] >> of & 1;
	feed->l7->is_reversed &= !is_answered;
	bool is_telling = feed->l7->app_hint != APP_HINT_NONE && first &&
			  first->app_hint == APP_HINT_NONE && of == claims->of;
	if (!first || (is_answered && of != claims->of) || is_telling) {
		keep(feed, &claims->first);
		claims->of = (uint8_t)of;
	}
	return is_answered;
}

/* Does the other end speak otherwise than the one that claimed the flow first? Where the protocol
 * shows in what one end says alone, does that one as well? */
static bool is_doubtful(const struct l7_claims *claims)
{
	bool is_doubtful = false;

	if (claims->by[0] & claims->by[1] || claims->of == PROGRESS_NO_DISSECTOR) {
		return false;
	}
	for (unsigned end = 0; end < 2; end++) {
		bool is_claimant = claims->by[end] >> claims->of & 1;
		is_doubtful |= is_claimant && claims->said_other[!end] &&
			       (claims->said_other[end] || !dissectors[claims->of]->is_one_sided);
	}
	return is_doubtful;
}

static bool is_named_by_hello(const struct l7_info *l7)
{
	return l7->name_count > 0 && l7->names[0].source <= NAME_QUIC_SNI;
}

/* What the flow is, as far as anybody knows. */
static void show(struct l7_feed *feed)
{
	const struct l7_claims *claims = &feed->session->claims;

	if (is_named_by_hello(feed->l7)) {
		feed->l7->is_contested = true;
		return;
	}
	load(feed, claims->first);
	feed->l7->is_doubted = !feed->l7->is_reversed && is_doubtful(claims);
}

/* Media with DTLS' keys is still a call (RFC 7983), as long as nobody is named. */
static bool is_call(const struct l7_feed *feed)
{
	const struct l7_info *claimed =
		l7_info_store_get(feed->tables->store, feed->session->claims.first);

	return feed->l7->protocol == L7_DTLS && claimed->protocol == L7_STUN &&
	       !is_named_by_hello(feed->l7);
}

/* A datagram that makes no claim. */
static enum dissect_result judge_reading(struct l7_feed *feed, const struct piece *piece,
	enum dissect_result result, struct dissection *dissection)
{
	struct l7_claims *claims = &feed->session->claims;
	bool may_be_claimed = result != DISSECT_OTHER && piece->direction->dissector == claims->of;

	claims->said_other[piece->from_source ? 0 : 1] |= !may_be_claimed;
	if (is_proven(feed)) {
		if (is_call(feed)) {
			ask_from_now_on(feed, claims->of);
			load(feed, claims->first);
		}
		close_claims(feed);
		return result;
	}
	if (feed->l7->protocol != L7_UNKNOWN) {
		keep(feed, &claims->reading);
	}
	show(feed);
	bool is_lost = dissection->begins_anew;
	dissection->begins_anew = dissection->begins_beside = dissection->turns = false;
	dissection->other_done = false;
	return result == DISSECT_OTHER || is_lost ? DISSECT_OTHER : DISSECT_MORE;
}

/* The flow was nobody's until now. */
static enum dissect_result judge_first(
	struct l7_feed *feed, bool is_claim, enum dissect_result result, bool was_known)
{
	struct l7_session *session = feed->session;
	struct l7_claims *claims = &session->claims;

	if (!was_known && feed->l7->protocol != L7_UNKNOWN && !claims->before) {
		l7_info_store_hold(feed->tables->store, session->l7);
		claims->before = session->l7;
	}
	if (is_claim) {
		keep_reading(feed, claims, claims->before);
		claims->is_open = true;
		for (unsigned i = 0; i < 2; i++) {
			claims->said_other[i] = session->directions[i].misses > 0;
		}
	}
	return result;
}

enum dissect_result l7_claims_judge(struct l7_feed *feed, const struct piece *piece,
	enum dissect_result result, bool was_known, struct dissection *dissection)
{
	struct direction *direction = piece->direction;
	struct l7_claims *claims = &feed->session->claims;
	unsigned end = piece->from_source ? 0 : 1;
	bool is_claim = is_new_claim(feed, direction, result, was_known);

	if (!claims->is_open) {
		result = judge_first(feed, is_claim, result, was_known);
	} else if (!is_claim && was_known && claims->by[!end]) {
		is_claim = answers_claim(feed, direction, claims->by[!end], dissection->in);
		dissection->other_done = is_claim;
		result = is_claim ? DISSECT_DONE : result;
	}
	if (!claims->is_open) {
		return result;
	}
	if (!is_claim) {
		return judge_reading(feed, piece, result, dissection);
	}
	if (take_claim(feed, direction)) {
		load(feed, claims->first);
		close_claims(feed);
		return result;
	}
	show(feed);
	dissection->other_done = false;
	return DISSECT_MORE;
}
