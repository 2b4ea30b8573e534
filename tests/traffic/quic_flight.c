#include "tests/traffic/quic_flight.h"

#include <string.h>

#include "base/clock.h"
#include "tests/traffic/quic_packet.h"
#include "tests/traffic/udp_session.h"

enum {
	CLIENT,
	SERVER,
	INITIAL_DATAGRAM_BYTES = 1250, /* RFC 9000, 14.1: 1,200 at least */
	ID_BYTES = 8,
	TOKEN_BYTES = 64,
	FRAMES_MAX = 1500,
	PADDING_BYTES = 17, /* of what is put between frames */
	FRAME_PING = 1,
	FLIGHT_BYTES = 700,
	SHORT_PACKET_LEAST = 60,
	SHORT_PACKET_MOST = 1200,
};

/* A reserved version, with which clients keep servers able to negotiate (RFC 9000, 15). */
static const uint32_t reserved_version = 0x1a2a3a4a;

/* One CRYPTO frame: which packet of which datagram it is in, and which part of the hello, in
 * thousandths, it holds. */
struct piece {
	uint8_t datagram, packet;
	uint16_t from, to;
	bool after_ping, after_padding;
};

enum { PIECES_MAX = 12 };

static const struct cut {
	unsigned count;
	struct piece pieces[PIECES_MAX];
} cuts[QUIC_CUT_COUNT] = {
	[QUIC_CUT_WHOLE] = { 1, { { 0, 0, 0, 1000, false, false } } },
	[QUIC_CUT_IN_ORDER] = { 2,
		{ { 0, 0, 0, 600, false, false }, { 1, 1, 600, 1000, false, false } } },
	[QUIC_CUT_TURNED] = { 2,
		{ { 0, 0, 550, 1000, false, false }, { 1, 1, 0, 550, false, false } } },
	[QUIC_CUT_SHUFFLED] = { 9,
		{ { 0, 0, 310, 420, true, false }, { 0, 0, 0, 30, false, true },
			{ 0, 0, 700, 790, true, true }, { 0, 0, 150, 310, false, false },
			{ 0, 0, 990, 1000, false, true }, { 1, 1, 790, 990, true, false },
			{ 1, 1, 30, 150, true, true }, { 1, 1, 420, 600, false, false },
			{ 1, 1, 600, 700, true, false } } },
	[QUIC_CUT_OVERLAPPING] = { 5,
		{ { 0, 0, 0, 400, false, false }, { 0, 0, 250, 450, true, false },
			{ 1, 1, 400, 700, false, false }, { 1, 1, 650, 800, false, true },
			{ 2, 2, 300, 1000, false, false } } },
	[QUIC_CUT_GAP] = { 4,
		{ { 0, 0, 0, 250, false, false }, { 0, 0, 450, 600, false, false },
			{ 1, 1, 600, 1000, false, false }, { 2, 2, 250, 450, true, false } } },
	[QUIC_CUT_COALESCED] = { 2,
		{ { 0, 0, 500, 1000, false, false }, { 0, 1, 0, 500, true, false } } },
	[QUIC_CUT_THREE] = { 3, { { 0, 0, 0, 350, false, false }, { 1, 1, 650, 1000, false, false },
					{ 2, 2, 350, 650, false, false } } },
};

/* One side's view of a connection that begins. */
struct attempt {
	struct rng *rng;
	uint32_t version;
	struct quic_id first, client, server; /* first: the client's guess, which makes the keys */
	struct quic_id key_id;
	uint8_t token[TOKEN_BYTES];
	size_t token_bytes;
	uint32_t number;
	uint8_t hello[HELLO_BYTES_MAX];
	size_t hello_bytes;
};

static void draw_id(struct rng *rng, struct quic_id *id)
{
	id->length = ID_BYTES;
	rng_fill(rng, id->bytes, ID_BYTES);
}

static void begin(struct attempt *attempt, struct rng *rng, const struct quic_flight *flight)
{
	memset(attempt, 0, sizeof(*attempt));
	attempt->rng = rng;
	attempt->version = flight->version;
	draw_id(rng, &attempt->first);
	draw_id(rng, &attempt->client);
	draw_id(rng, &attempt->server);
	attempt->key_id = attempt->first;
	attempt->hello_bytes = hello_build(rng, &flight->hello, attempt->hello);
}

static struct quic_long client_header(const struct attempt *attempt, uint8_t type)
{
	return (struct quic_long){ .version = attempt->version,
		.type = type,
		.destination = attempt->key_id,
		.source = attempt->client,
		.token = attempt->token,
		.token_bytes = type == QUIC_LONG_INITIAL ? attempt->token_bytes : 0,
		.number = attempt->number };
}

/* The frames of one packet, from piece *next on, which it moves on. */
static size_t put_frames(
	const struct attempt *attempt, const struct cut *cut, unsigned *next, uint8_t *frames)
{
	uint8_t packet = cut->pieces[*next].packet;
	size_t at = 0;

	for (; *next < cut->count && cut->pieces[*next].packet == packet; (*next)++) {
		const struct piece *piece = &cut->pieces[*next];
		size_t from = piece->from * attempt->hello_bytes / 1000;
		size_t to = piece->to * attempt->hello_bytes / 1000;
		if (piece->after_ping) {
			frames[at++] = FRAME_PING;
		}
		if (piece->after_padding) {
			memset(frames + at, 0, PADDING_BYTES);
			at += PADDING_BYTES;
		}
		at += quic_put_crypto(from, attempt->hello + from, to - from, frames + at);
	}
	return at;
}

/* All Initials that are one datagram; the last is padded to the datagram's size. */
static size_t put_datagram(
	struct attempt *attempt, const struct cut *cut, unsigned *next, uint8_t *out)
{
	enum { HEADER_BYTES = 1 + 4 + 2 * (1 + ID_BYTES) + 2 + 2 + 2 };
	uint8_t datagram = cut->pieces[*next].datagram;
	size_t at = 0;

	while (*next < cut->count && cut->pieces[*next].datagram == datagram) {
		struct quic_long header = client_header(attempt, QUIC_LONG_INITIAL);
		uint8_t frames[FRAMES_MAX] = { 0 };
		size_t count = put_frames(attempt, cut, next, frames);
		bool is_last = *next == cut->count || cut->pieces[*next].datagram != datagram;
		size_t whole =
			at + HEADER_BYTES + header.token_bytes + count + QUIC_PACKET_TAG_BYTES;
		if (is_last && whole < INITIAL_DATAGRAM_BYTES) {
			count += INITIAL_DATAGRAM_BYTES - whole;
		}
		at += quic_seal_initial(&header, &attempt->key_id, true, frames, count, out + at);
		attempt->number++;
	}
	return at;
}

static size_t put_early_data(struct attempt *attempt, uint8_t *out)
{
	struct quic_long header = client_header(attempt, QUIC_LONG_EARLY);
	uint8_t bytes[100];

	rng_fill(attempt->rng, bytes, sizeof(bytes));
	return quic_put_opaque(&header, bytes, sizeof(bytes), out);
}

void quic_flight_build(
	struct rng *rng, const struct quic_flight *flight, struct quic_datagrams *out)
{
	const struct cut *cut = &cuts[flight->cut];
	struct attempt attempt;
	unsigned next = 0;

	begin(&attempt, rng, flight);
	for (out->count = 0; next < cut->count; out->count++) {
		out->bytes[out->count] =
			put_datagram(&attempt, cut, &next, out->datagrams[out->count]);
	}
}

static void send_flight(
	struct conversation *udp, struct attempt *attempt, const struct quic_flight *flight)
{
	const struct cut *cut = &cuts[flight->cut];
	uint8_t datagram[2 * FRAMES_MAX];
	unsigned next = 0;

	udp->carries_name = true;
	while (next < cut->count) {
		bool is_late = flight->cut == QUIC_CUT_GAP && next + 1 == cut->count;
		udp->now_ns += is_late ? 300 * NS_PER_MS : 20 * NS_PER_US;
		size_t count = put_datagram(attempt, cut, &next, datagram);
		if (flight->hello.is_resumed && next == cut->count) {
			count += put_early_data(attempt, datagram + count);
		}
		udp_send(udp, CLIENT, datagram, count);
	}
	udp->carries_name = false;
}

static struct quic_long server_header(const struct attempt *attempt, uint8_t type)
{
	return (struct quic_long){ .version = attempt->version,
		.type = type,
		.destination = attempt->client,
		.source = attempt->server };
}

/* An attempt that leads to a Retry: the client comes back with the token, to the ID that the server
 * has chosen, which makes new keys. */
static void ask_for_token(
	struct conversation *udp, struct attempt *attempt, const struct quic_flight *flight)
{
	struct quic_long header = server_header(attempt, QUIC_LONG_RETRY);
	uint8_t datagram[FRAMES_MAX];

	send_flight(udp, attempt, flight);
	rng_fill(attempt->rng, attempt->token, TOKEN_BYTES);
	header.token = attempt->token;
	header.token_bytes = TOKEN_BYTES;
	udp_answer(udp, datagram, quic_put_retry(&header, &attempt->first, datagram));
	attempt->token_bytes = TOKEN_BYTES;
	attempt->key_id = attempt->server;
	udp->now_ns += udp->delay_ns[0];
}

/* An attempt with a version that nobody speaks: its contents are of no version that we know. */
static void negotiate(struct conversation *udp, struct attempt *attempt)
{
	struct quic_long header = client_header(attempt, QUIC_LONG_INITIAL);
	uint8_t bytes[INITIAL_DATAGRAM_BYTES], datagram[FRAMES_MAX];
	uint32_t versions[] = { attempt->version, QUIC_V1, reserved_version + 0x10 };

	header.version = reserved_version;
	rng_fill(attempt->rng, bytes, sizeof(bytes));
	udp_send(udp, CLIENT, datagram,
		quic_put_opaque(&header, bytes, INITIAL_DATAGRAM_BYTES - 50, datagram));
	struct quic_long answer = { .destination = attempt->client, .source = attempt->first };
	size_t count = quic_put_negotiation(&answer, versions, attempt->version == QUIC_V1 ? 2 : 3,
		(uint8_t)rng_next(attempt->rng), datagram);
	udp_answer(udp, datagram, count);
	udp->now_ns += udp->delay_ns[0];
	draw_id(attempt->rng, &attempt->first);
	attempt->key_id = attempt->first;
}

/* The server's Initial with an acknowledgement and the beginning of its hello, its handshake behind
 * it. */
static void answer(struct conversation *udp, struct attempt *attempt)
{
	struct quic_long initial = server_header(attempt, QUIC_LONG_INITIAL);
	struct quic_long handshake = server_header(attempt, QUIC_LONG_HANDSHAKE);
	uint8_t hello[120], frames[FRAMES_MAX], bytes[FLIGHT_BYTES], datagram[FRAMES_MAX];
	/* Largest 0, no delay, no further range, none before it (RFC 9000, 19.3). */
	static const uint8_t ack[] = { 2, 0, 0, 0, 0 };

	rng_fill(attempt->rng, hello, sizeof(hello));
	memcpy(hello, "\x02\x00\x00\x74\x03\x03", 6);
	memcpy(frames, ack, sizeof(ack));
	size_t count = sizeof(ack) + quic_put_crypto(0, hello, sizeof(hello), frames + sizeof(ack));
	count = quic_seal_initial(&initial, &attempt->key_id, false, frames, count, datagram);
	rng_fill(attempt->rng, bytes, sizeof(bytes));
	count += quic_put_opaque(&handshake, bytes, sizeof(bytes), datagram + count);
	udp_answer(udp, datagram, count);
}

/* Packets with a short header: a fixed bit, and an ID that the receiver knows the length of. */
static void send_short(
	struct conversation *udp, unsigned side, const struct quic_id *id, struct rng *rng)
{
	uint8_t packet[SHORT_PACKET_MOST];
	size_t count = rng_between(rng, SHORT_PACKET_LEAST, SHORT_PACKET_MOST);

	rng_fill(rng, packet, count);
	packet[0] = 0x40 | (packet[0] & 0x3f);
	memcpy(packet + 1, id->bytes, id->length);
	udp_send(udp, side, packet, count);
}

void quic_flight_play(struct conversation *udp, const struct quic_flight *flight)
{
	struct attempt attempt;

	begin(&attempt, &udp->scene->rng, flight);
	if (flight->opening == QUIC_OPEN_RETRY) {
		ask_for_token(udp, &attempt, flight);
	} else if (flight->opening == QUIC_OPEN_NEGOTIATION) {
		negotiate(udp, &attempt);
	}
	send_flight(udp, &attempt, flight);
	answer(udp, &attempt);
	udp->is_bulk = true;
	for (unsigned i = 0; i < flight->exchanges; i++) {
		udp->now_ns += udp->delay_ns[0];
		send_short(udp, CLIENT, &attempt.server, attempt.rng);
		udp->now_ns += udp->delay_ns[1];
		send_short(udp, SERVER, &attempt.client, attempt.rng);
	}
	udp->is_bulk = false;
}
