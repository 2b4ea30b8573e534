/* QUIC: the client's Initials, opened, their CRYPTO frames put together, and the hello inside read
 * as TLS is. */
#include <string.h>

#include "analyzer/classify/dissect/dissector.h"
#include "analyzer/classify/dissect/gquic.h"
#include "analyzer/classify/dissect/ja4.h"
#include "analyzer/classify/dissect/quic_header.h"
#include "analyzer/classify/dissect/tls_hello.h"
#include "analyzer/classify/dissect/wire_crypto.h"

/* Frames that may stand in an Initial (RFC 9000, 19). */
enum {
	FRAME_PADDING = 0,
	FRAME_PING = 1,
	FRAME_ACK = 2,
	FRAME_ACK_ECN = 3,
	FRAME_CRYPTO = 6,
	FRAME_CLOSE = 0x1c
};

enum { MESSAGE_CLIENT_HELLO = 1, HELLO_BYTES_LEAST = 38, DATAGRAM_INITIAL_LEAST = 1200 };

/* A client whose hello is not whole after so many datagrams, or a server whose packets cannot be
 * opened, is left alone. */
enum { DATAGRAMS_MAX = 12, UNOPENED_MAX = 4 };

/* So many datagrams are watched behind the hello; and the least that is more than acknowledging. */
enum { FOLLOWED_DATAGRAMS_MAX = 40, TALK_BYTES_LEAST = 64 };

/* What the dissector keeps in the flow's state. */
struct quic_state {
	uint8_t cid[QUIC_CID_MAX]; /* of the client's first Initial, which makes the keys */
	uint8_t cid_length;
	bool has_cid;
	uint8_t datagrams, unopened;
	uint8_t client_direction; /* 1: the initiator's, 2: the other's; 0 not known */
	uint8_t followed;         /* datagrams since the hello was read; 0 before that */
	bool client_talked;
};

_Static_assert(sizeof(struct quic_state) <= sizeof(((struct dissect_state *)0)->words),
	"fits the flow's state");

static enum dissect_result read_hello(
	struct dissection *dissection, struct reader messages, bool is_last)
{
	struct client_hello hello;
	uint8_t type = reader_u8(&messages);
	uint32_t bytes = reader_u24(&messages);

	if (!reader_ok(&messages)) {
		return DISSECT_MORE;
	}
	if (type != MESSAGE_CLIENT_HELLO || bytes < HELLO_BYTES_LEAST) {
		return DISSECT_OTHER;
	}
	bool is_short = bytes > reader_left(&messages);
	if (is_short && !is_last) {
		return DISSECT_MORE;
	}
	struct reader body = is_short ? messages : reader_sub(&messages, bytes);
	if (!client_hello_parse(body, false, &hello)) {
		return DISSECT_OTHER;
	}
	hello.is_whole &= !is_short;
	client_hello_to_l7_info(&hello, true, dissection->tables->ech, dissection->l7);
	ja4_of_hello(&dissection->tables->ja4, &hello, JA4_QUIC, dissection->l7->ja4);
	return DISSECT_DONE;
}

/* Adds one CRYPTO frame to what is known of the hello; reads it in place where it is all in this
 * frame. */
static enum dissect_result add_crypto(
	struct dissection *dissection, uint64_t offset, struct reader data)
{
	struct reassembly *reassembly = dissection->tables->reassembly;
	uint32_t *stream = &dissection->state->streams[0];

	if (!*stream && offset == 0) {
		enum dissect_result result = read_hello(dissection, data, false);
		if (result != DISSECT_MORE) {
			return result;
		}
	}
	if (!*stream) {
		*stream = reassembly_open(reassembly);
	}
	if (!*stream || offset >= REASSEMBLY_BYTES_MAX ||
		!reassembly_add(
			reassembly, *stream, (uint32_t)offset, data.at, reader_left(&data))) {
		return DISSECT_MORE;
	}
	return read_hello(dissection, reassembly_read(reassembly, *stream), false);
}

static void skip_ack(struct reader *in, bool with_ecn)
{
	quic_varint(in);
	quic_varint(in);
	uint64_t ranges = quic_varint(in);
	quic_varint(in);
	for (uint64_t i = 0; i < ranges && reader_ok(in); i++) {
		quic_varint(in);
		quic_varint(in);
	}
	for (unsigned i = 0; with_ecn && i < 3; i++) {
		quic_varint(in);
	}
}

/* All frames of an opened Initial. Several of CRYPTO may come in any order, with others between. */
static enum dissect_result read_frames(
	struct dissection *dissection, struct reader frames, bool is_cut)
{
	enum dissect_result result = DISSECT_MORE;

	while (reader_left(&frames) > 0 && reader_ok(&frames)) {
		/* In one byte, since types take the shortest form (RFC 9000, 12.4). */
		uint8_t type = reader_u8(&frames);
		if (type == FRAME_PADDING || type == FRAME_PING) {
			reader_skip_zeros(&frames);
			continue;
		}
		if (type == FRAME_ACK || type == FRAME_ACK_ECN) {
			skip_ack(&frames, type == FRAME_ACK_ECN);
			continue;
		}
		if (type != FRAME_CRYPTO) {
			break;
		}
		uint64_t offset = quic_varint(&frames);
		uint64_t length = quic_varint(&frames);
		if (is_cut && length > reader_left(&frames)) {
			length = reader_left(&frames);
		}
		struct reader data = reader_sub(&frames, length);
		if (reader_ok(&frames)) {
			result = add_crypto(dissection, offset, data);
			if (result != DISSECT_MORE) {
				break;
			}
		}
	}
	return result;
}

static size_t open_with(struct dissection *dissection, const struct quic_header *header,
	const uint8_t *start, const uint8_t *cid, uint8_t cid_length)
{
	struct quic_packet packet = { .version = header->version,
		.cid = cid,
		.cid_length = cid_length,
		.bytes = start,
		.count = header->count,
		.number_offset = header->number_offset,
		.from_client = true,
		.is_cut = header->is_cut };

	if (packet.count > DISSECT_SCRATCH_BYTES) {
		return 0;
	}
	return quic_open_initial(dissection->tables->quic, &packet, dissection->tables->scratch);
}

/* Opens the packet as the client's: by its own connection ID (the first, and after a Retry), or by
 * that of the first one, which stays the key when the server has given the
 * connection another name. */
static size_t open_initial(struct dissection *dissection, const struct quic_header *header,
	const uint8_t *start, struct quic_state *state)
{
	size_t count = 0;

	if (state->has_cid) {
		count = open_with(dissection, header, start, state->cid, state->cid_length);
	}
	if (count == 0) {
		count = open_with(
			dissection, header, start, header->destination, header->destination_length);
		if (count > 0 && !header->is_cut) {
			memcpy(state->cid, header->destination, header->destination_length);
			state->cid_length = header->destination_length;
			state->has_cid = true;
		}
	}
	return count;
}

static void claim(struct dissection *dissection, uint32_t version)
{
	dissection->l7->protocol = L7_QUIC;
	dissection->l7->quic_version = version;
}

static enum dissect_result read_initial(struct dissection *dissection,
	const struct quic_header *header, const uint8_t *start, struct quic_state *state)
{
	struct quic_pace *pace = &dissection->tables->pace;

	if (!state->has_cid && !quic_pace_allows(pace)) {
		dissection->other_done = true;
		return DISSECT_DONE;
	}
	size_t count = open_initial(dissection, header, start, state);
	if (count == 0) {
		quic_pace_note(pace, false);
		state->unopened++;
		return DISSECT_MORE;
	}
	claim(dissection, header->version);
	state->client_direction = dissection->from_source ? 1 : 2;
	struct reader frames = reader_over(dissection->tables->scratch, count);
	enum gquic_hello hello = header->version == 0x51303530
					 ? gquic_read_hello(frames, dissection->l7)
					 : GQUIC_NO_HELLO;
	if (hello != GQUIC_NO_HELLO) {
		quic_pace_note(pace, true);
		return DISSECT_DONE;
	}
	enum dissect_result result = read_frames(dissection, frames, header->is_cut);
	quic_pace_note(pace, result == DISSECT_DONE);
	/* Without a tag nothing proves the key: what is no hello then says nothing at all. */
	return result == DISSECT_OTHER ? DISSECT_DONE : result;
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

static enum dissect_result read_packets(struct dissection *dissection, struct quic_state *state)
{
	struct reader datagram = dissection->in;
	struct quic_header header;
	bool is_first = true;

	while (reader_left(&datagram) > 0) {
		const uint8_t *start = datagram.at;
		if (!quic_header_read(&datagram, &header) ||
			(is_first && !may_be_quic(dissection, &header))) {
			return is_first ? DISSECT_OTHER : DISSECT_MORE;
		}
		if (is_first && dissection->l7->protocol == L7_UNKNOWN) {
			claim(dissection, header.version);
		}
		is_first = false;
		if (header.kind == QUIC_INITIAL) {
			enum dissect_result result =
				read_initial(dissection, &header, start, state);
			if (result != DISSECT_MORE) {
				return result;
			}
		}
	}
	return DISSECT_MORE;
}

static enum dissect_result read_gquic(struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint32_t version;

	if (!gquic_read_header(&in, &version)) {
		return DISSECT_OTHER;
	}
	claim(dissection, version);
	if (gquic_read_hello(in, dissection->l7) == GQUIC_NO_HELLO) {
		return DISSECT_MORE;
	}
	dissection->other_done = true;
	return DISSECT_DONE;
}

/* The hello will not come together any more: what there is of it may still hold the name. */
static enum dissect_result give_up(struct dissection *dissection)
{
	uint32_t stream = dissection->state->streams[0];

	if (stream) {
		enum dissect_result result = read_hello(
			dissection, reassembly_read(dissection->tables->reassembly, stream), true);
		quic_pace_note(&dissection->tables->pace, result == DISSECT_DONE);
	}
	return DISSECT_DONE;
}

/* Behind the hello: packets with a short header are what both say to each other; those of an
 * acknowledgement are small. Done when the server has answered the client's words. */
static enum dissect_result follow_hello(struct dissection *dissection, struct quic_state *state)
{
	bool is_short = reader_left(&dissection->in) > 0 && !(dissection->in.at[0] & 0x80);
	bool is_client = state->client_direction == (dissection->from_source ? 1 : 2);

	if (is_short && dissection->wire_bytes >= TALK_BYTES_LEAST) {
		if (is_client) {
			state->client_talked = true;
		} else if (state->client_talked) {
			dissection->l7->exchange = L7_EXCHANGE_MORE;
		}
	}
	if (dissection->l7->exchange == L7_EXCHANGE_MORE ||
		++state->followed >= FOLLOWED_DATAGRAMS_MAX) {
		dissection->other_done = true;
		return DISSECT_DONE;
	}
	return DISSECT_MORE;
}

static enum dissect_result read_datagram(struct dissection *dissection, struct quic_state *state)
{
	enum dissect_result result;

	bool is_long = reader_left(&dissection->in) > 0 && dissection->in.at[0] & 0x80;
	if (!is_long && dissection->l7->protocol == L7_QUIC && state->has_cid) {
		/* Short headers from the client: the handshake is behind us. */
		result = state->client_direction == (dissection->from_source ? 1 : 2)
				 ? give_up(dissection)
				 : DISSECT_MORE;
	} else {
		result = read_gquic(dissection);
		if (result == DISSECT_OTHER && is_long) {
			result = read_packets(dissection, state);
		}
	}
	if (result == DISSECT_MORE &&
		(++state->datagrams >= DATAGRAMS_MAX || state->unopened >= UNOPENED_MAX)) {
		result = give_up(dissection);
	}
	dissection->other_done |= result == DISSECT_DONE && dissection->l7->name_count > 0;
	return result;
}

static enum dissect_result quic_datagram(struct dissection *dissection)
{
	struct quic_state state;
	enum dissect_result result;

	memcpy(&state, dissection->state->words, sizeof(state));
	if (state.followed) {
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

const struct dissector dissector_quic = { .protocol = L7_QUIC, .datagram = quic_datagram };
