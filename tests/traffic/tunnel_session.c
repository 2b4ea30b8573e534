#include "tests/traffic/tunnel_session.h"

#include <nettle/aes.h>
#include <nettle/ctr.h>
#include <string.h>

#include "base/clock.h"
#include "tests/traffic/bytes.h"
#include "tests/traffic/udp_session.h"
#include "tests/unit/hello_builder.h"

enum { CLIENT, SERVER, DATA_BYTES_MAX = 1300 };

static void put_drawn(struct hello_builder *out, struct rng *rng, size_t count)
{
	rng_fill(rng, out->bytes + out->count, count);
	out->count += count;
}

static void send(struct conversation *udp, unsigned side, const struct hello_builder *message)
{
	udp->now_ns += udp->delay_ns[side];
	udp->carries_name = !udp->is_bulk;
	udp_send(udp, side, message->bytes, message->count);
	udp->carries_name = false;
}

/* wireguard.com/protocol: a type, three zeros, then each type's own length. */
static void play_wireguard(struct conversation *udp, unsigned packets, bool has_handshake)
{
	enum { INITIATION_BYTES = 148, RESPONSE_BYTES = 92, DATA_HEADER_BYTES = 16 };
	struct rng *rng = &udp->scene->rng;
	uint32_t receivers[2] = { (uint32_t)rng_next(rng) | 1, (uint32_t)rng_next(rng) | 1 };
	uint32_t counters[2] = { 0, 0 };

	for (unsigned side = 0; has_handshake && side < 2; side++) {
		struct hello_builder message = { .count = 0 };
		put_number(&message, 4, side ? 0x02000000 : 0x01000000);
		put_drawn(&message, rng, (side ? RESPONSE_BYTES : INITIATION_BYTES) - 4);
		send(udp, side, &message);
	}
	for (unsigned i = 0; i < packets; i++) {
		unsigned side = i % 2;
		uint8_t counter[8] = { (uint8_t)counters[side], (uint8_t)(counters[side] >> 8) };
		struct hello_builder message = { .count = 0 };
		put_number(&message, 4, 0x04000000);
		put_number(&message, 4, receivers[side]);
		put_bytes(&message, counter, sizeof(counter));
		put_drawn(&message, rng, 16 * rng_between(rng, 1, 60));
		counters[side]++;
		send(udp, side, &message);
		udp->is_bulk = i > 8;
	}
	udp->is_bulk = false;
}

/* A reset: opcode and key, the session; with an HMAC, a number and the time behind it; then what
 * it acknowledges, and its own number. */
static void build_reset(struct hello_builder *out, struct rng *rng, unsigned side,
	const uint8_t sessions[2][8], bool has_hmac, uint64_t now_ns)
{
	enum { HMAC_BYTES = 20 };

	put_number(out, 1, side ? 8 << 3 : 7 << 3);
	put_bytes(out, sessions[side], 8);
	if (has_hmac) {
		put_drawn(out, rng, HMAC_BYTES);
		put_number(out, 4, 1);
		put_number(out, 4, (uint32_t)(now_ns / NS_PER_S));
	}
	put_number(out, 1, side);
	if (side) {
		put_number(out, 4, 0);
		put_bytes(out, sessions[0], 8);
	}
	put_number(out, 4, 0);
}

/* Data, version 2: opcode 9 and a peer's number. */
static void build_data(struct hello_builder *out, struct rng *rng)
{
	put_number(out, 4, 9u << 27);
	put_drawn(out, rng, rng_between(rng, 40, DATA_BYTES_MAX));
}

static void play_openvpn(struct conversation *udp, unsigned packets, bool has_hmac)
{
	struct rng *rng = &udp->scene->rng;
	uint8_t sessions[2][8];

	rng_fill(rng, sessions, sizeof(sessions));
	for (unsigned side = 0; side < 2; side++) {
		struct hello_builder message = { .count = 0 };
		build_reset(&message, rng, side, sessions, has_hmac, udp->now_ns);
		send(udp, side, &message);
	}
	for (unsigned i = 0; i < packets; i++) {
		struct hello_builder message = { .count = 0 };
		build_data(&message, rng);
		send(udp, i % 2, &message);
	}
}

void tunnel_play_openvpn(struct tcp_session *tcp, unsigned packets)
{
	struct rng *rng = &tcp->conversation.scene->rng;
	uint8_t sessions[2][8];

	rng_fill(rng, sessions, sizeof(sessions));
	for (unsigned i = 0; i < packets + 2; i++) {
		struct hello_builder message = { .count = 2 };
		if (i < 2) {
			build_reset(&message, rng, i, sessions, false, 0);
		} else {
			build_data(&message, rng);
		}
		put_u16(message.bytes, (unsigned)message.count - 2);
		tcp->conversation.carries_name = i < 2;
		tcp_send(tcp, i % 2, message.bytes, message.count);
	}
}

/* RFC 7296, 3.1: the two SPIs, first payload, version 2.0, the exchange, flags, number, length. */
static void play_ike(struct conversation *udp)
{
	struct rng *rng = &udp->scene->rng;
	uint8_t spis[16];

	rng_fill(rng, spis, sizeof(spis));
	for (unsigned i = 0; i < 4; i++) {
		struct hello_builder message = { .count = 0 };
		unsigned body_bytes = (unsigned)rng_between(rng, 200, 500);
		put_bytes(&message, spis, 8);
		put_bytes(&message, i == 0 ? (const uint8_t *)"\0\0\0\0\0\0\0\0" : spis + 8, 8);
		put_number(&message, 2, 0x2120);
		put_number(&message, 1, i < 2 ? 34 : 35);
		put_number(&message, 1, i % 2 ? 0x20 : 0x08);
		put_number(&message, 4, i / 2);
		put_number(&message, 4, 28 + body_bytes);
		put_drawn(&message, rng, body_bytes);
		send(udp, i % 2, &message);
	}
}

static void play_esp(struct conversation *udp, unsigned packets)
{
	struct rng *rng = &udp->scene->rng;
	uint32_t spis[2] = { (uint32_t)rng_next(rng) | 0x1000, (uint32_t)rng_next(rng) | 0x1000 };

	for (unsigned i = 0; i < packets; i++) {
		struct hello_builder message = { .count = 0 };
		put_number(&message, 4, spis[i % 2]);
		put_number(&message, 4, i / 2 + 1);
		put_drawn(&message, rng, rng_between(rng, 60, DATA_BYTES_MAX));
		send(udp, i % 2, &message);
	}
}

void tunnel_play(struct conversation *udp, uint8_t kind, unsigned packets)
{
	switch (kind) {
	case TUNNEL_WIREGUARD:
	case TUNNEL_WIREGUARD_LATE:
		play_wireguard(udp, packets, kind == TUNNEL_WIREGUARD);
		break;
	case TUNNEL_OPENVPN:
	case TUNNEL_OPENVPN_AUTH:
		play_openvpn(udp, packets, kind == TUNNEL_OPENVPN_AUTH);
		break;
	case TUNNEL_IKE:
		play_ike(udp);
		break;
	case TUNNEL_ESP_IN_UDP:
		play_esp(udp, packets);
		break;
	}
}

/* A request for a key, the first thing an app without one says: no key's number, the message's
 * number, its length, the request. */
static void put_first_message(struct hello_builder *out, struct rng *rng)
{
	enum { REQUEST_BYTES = 20 };

	put_bytes(out, "\0\0\0\0\0\0\0\0", 8);
	put_drawn(out, rng, 8);
	put_bytes(out, "\x14\0\0\0", 4);
	put_drawn(out, rng, REQUEST_BYTES);
}

/* 64 bytes of noise in which the key lies that hides the last eight of them and all that follows.
 * What would look like another protocol is drawn again. */
static void put_disguise(struct hello_builder *out, struct rng *rng, struct aes256_ctx *cipher,
	uint8_t counter[AES_BLOCK_SIZE])
{
	enum { INIT_BYTES = 64, KEY_AT = 8, COUNTER_AT = 40, TAG_AT = 56 };
	uint8_t init[INIT_BYTES], hidden[INIT_BYTES];

	do {
		rng_fill(rng, init, sizeof(init));
	} while (init[0] == 0xef || memcmp(init + 4, "\0\0\0\0", 4) == 0 || init[0] == 0x16);
	memset(init + TAG_AT, 0xee, 4);
	aes256_set_encrypt_key(cipher, init + KEY_AT);
	memcpy(counter, init + COUNTER_AT, AES_BLOCK_SIZE);
	ctr_crypt(cipher, (nettle_cipher_func *)aes256_encrypt, AES_BLOCK_SIZE, counter,
		sizeof(init), hidden, init);
	memcpy(init + TAG_AT, hidden + TAG_AT, INIT_BYTES - TAG_AT);
	put_bytes(out, init, sizeof(init));
}

void mtproto_play(struct tcp_session *tcp, uint8_t framing, unsigned exchanges)
{
	struct rng *rng = &tcp->conversation.scene->rng;
	struct hello_builder first = { .count = 0 }, message = { .count = 0 };
	uint8_t counter[AES_BLOCK_SIZE], noise[DATA_BYTES_MAX];
	struct aes256_ctx cipher;

	put_first_message(&first, rng);
	if (framing == MTPROTO_ABRIDGED) {
		put_number(&message, 1, 0xef);
		put_number(&message, 1, (uint32_t)first.count / 4);
		put_bytes(&message, first.bytes, first.count);
	} else if (framing == MTPROTO_INTERMEDIATE) {
		put_number(&message, 4, 0xeeeeeeee);
		put_number(&message, 4, (uint32_t)first.count << 24);
		put_bytes(&message, first.bytes, first.count);
	} else {
		put_disguise(&message, rng, &cipher, counter);
		ctr_crypt(&cipher, (nettle_cipher_func *)aes256_encrypt, AES_BLOCK_SIZE, counter,
			first.count, message.bytes + message.count, first.bytes);
		message.count += first.count;
	}
	tcp->conversation.carries_name = true;
	tcp_send(tcp, CLIENT, message.bytes, message.count);
	tcp->conversation.carries_name = false;
	tcp->conversation.is_bulk = true;
	for (unsigned i = 0; i < 2 * exchanges; i++) {
		rng_fill(rng, noise, sizeof(noise));
		tcp_send(tcp, i % 2 ? CLIENT : SERVER, noise, rng_between(rng, 60, sizeof(noise)));
	}
	tcp->conversation.is_bulk = false;
}
