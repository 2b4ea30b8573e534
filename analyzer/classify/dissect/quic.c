/* QUIC: the client's Initials, opened, and whose words go on behind the hello in them. */
#include <string.h>

#include "analyzer/classify/dissect/dissector.h"
#include "analyzer/classify/dissect/gquic.h"
#include "analyzer/classify/dissect/quic_connection.h"
#include "analyzer/classify/dissect/quic_frames.h"
#include "analyzer/classify/dissect/quic_header.h"
#include "analyzer/classify/dissect/quic_hello.h"
#include "analyzer/classify/dissect/wire_crypto.h"

enum { DATAGRAM_INITIAL_LEAST = 1200 };

/* A client whose hello is not whole after so many datagrams, or so many Initials of which none
 * opens, is left alone. */
enum { DATAGRAMS_MAX = 46, UNOPENED_MAX = 32 };

/* So many datagrams are watched behind the hello; and the least that is more than acknowledging. */
enum { FOLLOWED_DATAGRAMS_MAX = 40, TALK_BYTES_LEAST = 64 };

static void claim(struct dissection *dissection, uint32_t version)
{
	dissection->l7->protocol = L7_QUIC;
	dissection->l7->quic_version = version;
}

/* The server goes on with the connection at that place: that is the flow's. */
static void take_answer(struct dissection *dissection, struct quic_state *state, unsigned place,
	const uint8_t *server_id, uint8_t server_id_length)
{
	dissection->l7->is_quic_answered = true;
	if (!(state->contested >> place & 1)) {
		quic_hello_narrow(dissection, state, place);
		dissection->l7->is_contested = false;
	}
	quic_settle_connection(state, place, server_id, server_id_length);
	dissection->turns = state->connections[0].by_destination;
	state->connections[0].by_destination = false;
	state->client_direction = 1;
}

/* Other words than those of the hello's connection: it may be anybody's. Where they go on, they are
 * another connection's, of which nothing is known. */
static void doubt_hello(struct dissection *dissection, bool goes_on)
{
	if (quic_hello_names(dissection->l7) > 0) {
		dissection->l7->is_contested = true;
		dissection->begins_anew = goes_on;
	}
}

/* A packet of the server with a long header: it says which connection was meant. False where it
 * does not tell. */
static bool read_answer(struct dissection *dissection, const struct quic_header *header,
	const uint8_t *start, struct quic_state *state)
{
	/* Whoever is sent back (Retry, other versions) comes again, with another key. */
	if (header->kind == QUIC_RETRY || header->kind == QUIC_NEGOTIATION) {
		return false;
	}
	int answered = quic_answered_connection(dissection, header, start, state);
	if (answered >= 0) {
		take_answer(dissection, state, (unsigned)answered, header->source,
			header->source_length);
	}
	return answered >= 0;
}

/* One with a short header, where no answer to the hello was seen: perhaps it was only missed. */
static void read_words(struct dissection *dissection, struct quic_state *state)
{
	int spoken = quic_answered_connection(dissection, NULL, NULL, state);

	if (spoken >= 0) {
		take_answer(dissection, state, (unsigned)spoken, NULL, 0);
	} else if (spoken == QUIC_CONNECTION_NONE ||
		   !(state->greeted >> dissection->from_source & 1)) {
		doubt_hello(dissection, spoken == QUIC_CONNECTION_NONE && dissection->is_repeated);
	}
}

/* Words of the client: its first ones behind the hello that go where those before it went. */
static void read_client_words(struct dissection *dissection, struct quic_state *state)
{
	if (!state->client_spoke && !state->is_answered && dissection->is_repeated) {
		doubt_hello(dissection, true);
	}
	state->client_spoke = true;
}

static enum dissect_result read_initial(struct dissection *dissection,
	const struct quic_header *header, const uint8_t *start, struct quic_state *state)
{
	struct quic_pace *pace = &dissection->tables->pace;
	size_t count;

	if (state->count == 0 && !quic_pace_allows(pace)) {
		dissection->other_done = true;
		return DISSECT_DONE;
	}
	int place = quic_open_client(dissection, header, start, state, &count);
	if (count == 0) {
		if (place == QUIC_CONNECTION_NONE) {
			quic_pace_note(pace, false);
			state->unopened++;
			state->greeted |= state->count == 0 ? 1U << dissection->from_source : 0;
		}
		return DISSECT_MORE;
	}
	claim(dissection, header->version);
	if (state->count == 0) {
		state->client_direction = dissection->from_source ? 1 : 2;
	}
	/* Where no answer to the one that goes on was seen none can be asked of the next. */
	bool goes_on = dissection->l7->exchange == L7_EXCHANGE_MORE;
	if (place == QUIC_CONNECTION_NEW && (state->is_answered || goes_on)) {
		dissection->begins_beside = state->is_answered;
		dissection->begins_anew = !state->is_answered;
		return DISSECT_MORE;
	}
	if (place == QUIC_CONNECTION_NEW && !header->is_cut) {
		place = quic_add_connection(dissection, header, state);
	}
	struct reader bytes = reader_over(dissection->tables->scratch, count);
	struct quic_frames frames = { .in = bytes,
		.is_google = quic_has_google_frames(header->version),
		.is_cut = header->is_cut };
	enum gquic_hello hello = header->version == 0x51303530
					 ? gquic_read_hello(bytes, dissection->l7)
					 : GQUIC_NO_HELLO;
	unsigned at = place > 0 ? 1 : 0;
	if (hello != GQUIC_NO_HELLO) {
		quic_pace_note(pace, true);
		state->read |= (uint8_t)(1U << at);
		state->first_names = (uint8_t)quic_hello_names(dissection->l7);
		return DISSECT_DONE;
	}
	enum dissect_result result = quic_hello_take(dissection, &frames, state, at);
	/* Without a tag nothing proves the key: what is no hello then says nothing at all. With
	 * one it is somebody's word, behind which a hello may still come. */
	return result != DISSECT_OTHER ? result : header->is_cut ? DISSECT_DONE : DISSECT_MORE;
}

/* A first datagram must be an Initial of a version we know and of the size that clients must fill
 * (RFC 9000, 14.1), or look like a reserved version asking for negotiation. Servers' packets are
 * believed by their version. */
static bool may_be_quic(const struct dissection *dissection, const struct quic_header *header)
{
	if (header->kind == QUIC_UNREADABLE) {
		return (header->version & 0x0f0f0f0f) == 0x0a0a0a0a &&
		       dissection->wire_bytes >= DATAGRAM_INITIAL_LEAST &&
		       header->destination_length >= 8;
	}
	if (header->kind == QUIC_NEGOTIATION) {
		return header->source_length >= 8 && dissection_has_port(dissection, 443) &&
		       dissection->wire_bytes % 4 ==
			       (7U + header->destination_length + header->source_length) % 4;
	}
	return true;
}

/* Has the other end begun a connection that the sender may answer? */
static bool may_answer(const struct dissection *dissection, const struct quic_state *state)
{
	bool may = false;

	for (unsigned i = 0; i < state->count; i++) {
		may |= state->connections[i].by_destination == dissection->from_source;
	}
	return may;
}

static enum dissect_result read_packets(struct dissection *dissection, struct quic_state *state)
{
	struct reader datagram = dissection->in;
	enum dissect_result result = DISSECT_MORE;
	struct quic_header header;
	bool is_first = true;

	while (reader_left(&datagram) > 0) {
		const uint8_t *start = datagram.at;
		if (!quic_header_read(&datagram, &header) ||
			(is_first && !may_be_quic(dissection, &header))) {
			return is_first ? DISSECT_OTHER : result;
		}
		if (is_first && dissection->l7->protocol == L7_UNKNOWN) {
			claim(dissection, header.version);
		}
		is_first = false;
		/* What answers nothing may begin a connection, to be taken for the client. */
		if (may_answer(dissection, state) &&
			(state->is_answered || read_answer(dissection, &header, start, state) ||
				!quic_opens_itself(dissection, &header, start))) {
			return DISSECT_MORE;
		}
		/* A hello that was read may be the decoy before another in the same datagram. */
		if (header.kind == QUIC_INITIAL &&
			read_initial(dissection, &header, start, state) == DISSECT_DONE) {
			result = DISSECT_DONE;
		}
	}
	return result;
}

static enum dissect_result read_gquic(struct dissection *dissection, struct quic_state *state)
{
	struct reader in = dissection->in, id;
	uint32_t version;

	if (!gquic_read_header(&in, &version, &id)) {
		return DISSECT_OTHER;
	}
	claim(dissection, version);
	if (gquic_read_hello(in, dissection->l7) == GQUIC_NO_HELLO) {
		return DISSECT_MORE;
	}
	if (reader_left(&id) < 8 || quic_hello_names(dissection->l7) == 0) {
		dissection->other_done = true;
		return DISSECT_DONE;
	}
	struct quic_connection *hello = &state->connections[0];
	hello->key_length = (uint8_t)reader_left(&id);
	memcpy(hello->key, id.at, hello->key_length);
	hello->by_destination = !dissection->from_source;
	state->read = QUIC_READ_GOOGLE;
	return DISSECT_MORE;
}

/* Behind such a hello, which nothing proves: packets of the client without its ID are another
 * connection's, and it may be anybody's. */
static enum dissect_result follow_gquic(struct dissection *dissection, struct quic_state *state)
{
	enum { FOLLOWED_MAX = 16 };
	const struct quic_connection *hello = &state->connections[0];

	if (hello->by_destination == dissection->from_source) {
		return DISSECT_MORE;
	}
	bool fits = gquic_fits(dissection->in, hello->key, hello->key_length);
	dissection->l7->is_contested |= !fits;
	if (fits && ++state->followed < FOLLOWED_MAX) {
		return DISSECT_MORE;
	}
	dissection->other_done = true;
	return DISSECT_DONE;
}

/* A datagram behind the hello: what it says of whose words go on here. */
static void judge_hello(struct dissection *dissection, struct quic_state *state, bool is_client)
{
	bool is_short = !(dissection->in.at[0] & QUIC_FORM_LONG);
	bool is_awaited = !is_client && !state->is_answered;

	if (is_short && is_awaited) {
		read_words(dissection, state);
	} else if (is_short && is_client) {
		read_client_words(dissection, state);
	} else if (!is_short && (is_client || is_awaited) &&
		   read_packets(dissection, state) == DISSECT_OTHER && is_awaited) {
		doubt_hello(dissection, false);
	}
	if (is_short && state->is_answered && dissection->is_later) {
		dissection->l7->is_contested |= !quic_fits(dissection, state, is_client);
	}
}

/* Behind the hello: packets with a short header are what both say to each other; those of an
 * acknowledgement are small. Done when the server has answered the client's words. */
static enum dissect_result follow_hello(struct dissection *dissection, struct quic_state *state)
{
	bool is_client = state->client_direction == (dissection->from_source ? 1 : 2);
	bool is_short = !(dissection->in.at[0] & QUIC_FORM_LONG);

	judge_hello(dissection, state, is_client);
	if (dissection->begins_anew) {
		return DISSECT_OTHER;
	}
	if (is_short && dissection->wire_bytes >= TALK_BYTES_LEAST) {
		if (is_client) {
			state->client_talked = true;
		} else if (state->client_talked) {
			dissection->l7->exchange = L7_EXCHANGE_MORE;
		}
	}
	bool has_told = dissection->l7->exchange == L7_EXCHANGE_MORE && state->is_answered;
	if (has_told || ++state->followed >= FOLLOWED_DATAGRAMS_MAX) {
		dissection->other_done = true;
		return DISSECT_DONE;
	}
	return DISSECT_MORE;
}

/* Does it begin a connection beside one that goes on, of which nothing is known? */
static bool begins_behind(const struct dissection *dissection)
{
	return dissection->l7->protocol == L7_UNKNOWN && dissection->is_answered &&
	       dissection->is_repeated && dissection->from_source &&
	       quic_begins(dissection->tables, dissection->in);
}

static enum dissect_result read_datagram(struct dissection *dissection, struct quic_state *state)
{
	enum dissect_result result;

	bool is_long = reader_left(&dissection->in) > 0 && dissection->in.at[0] & 0x80;
	if (is_long && begins_behind(dissection)) {
		dissection->begins_anew = true;
		return DISSECT_MORE;
	}
	if (!is_long && dissection->l7->protocol == L7_QUIC && state->count > 0) {
		/* Short headers from the client: the handshake is behind us. */
		result = state->client_direction == (dissection->from_source ? 1 : 2)
				 ? quic_hello_give_up(dissection)
				 : DISSECT_MORE;
	} else {
		result = read_gquic(dissection, state);
		if (result == DISSECT_OTHER && is_long) {
			result = read_packets(dissection, state);
		}
	}
	bool is_unopened = state->unopened >= UNOPENED_MAX;
	if (result == DISSECT_MORE && (++state->datagrams >= DATAGRAMS_MAX || is_unopened)) {
		dissection->l7->is_contested |= is_unopened;
		result = quic_hello_give_up(dissection);
	}
	dissection->other_done |= result == DISSECT_DONE && dissection->l7->name_count > 0;
	return result;
}

static enum dissect_result quic_datagram(struct dissection *dissection)
{
	struct quic_state state;
	enum dissect_result result;

	memcpy(&state, dissection->state->words, sizeof(state));
	if (state.read == QUIC_READ_GOOGLE) {
		result = follow_gquic(dissection, &state);
	} else if (state.followed) {
		result = follow_hello(dissection, &state);
	} else {
		result = read_datagram(dissection, &state);
		if (result == DISSECT_DONE && state.client_direction &&
			dissection->l7->name_count > 0) {
			dissection->l7->exchange = L7_EXCHANGE_NONE;
			dissection->other_done = false;
			state.followed = 1;
			result = DISSECT_MORE;
		}
	}
	memcpy(dissection->state->words, &state, sizeof(state));
	return result;
}

/* A client's Initial opens by what it brings itself. That costs microseconds, and tells nothing new
 * where its sender is taken for who began. */
static enum dissect_began quic_began(const struct dissection *dissection)
{
	bool may_begin = !dissection->from_source &&
			 dissection->wire_bytes >= DATAGRAM_INITIAL_LEAST &&
			 dissection->in.at[0] & 0x80;

	return began_by(may_begin && quic_begins(dissection->tables, dissection->in), false);
}

const struct dissector dissector_quic = {
	.protocol = L7_QUIC, .datagram = quic_datagram, .datagram_began = quic_began
};
