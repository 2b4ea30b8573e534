#include "tests/traffic/call_session.h"

#include <string.h>

#include "base/clock.h"
#include "tests/traffic/udp_session.h"
#include "tests/unit/hello_builder.h"

enum { CLIENT, SERVER, MEDIA_BYTES_MAX = 1100, TRANSACTION_BYTES = 12 };

/* Methods and classes as they stand in the first two bytes. */
enum {
	BINDING = 0x0001,
	BINDING_ANSWER = 0x0101,
	ALLOCATE = 0x0003,
	ALLOCATE_ANSWER = 0x0103,
	ALLOCATE_ERROR = 0x0113,
	WHATSAPP_PING = 0x0801,
};

enum {
	ATTRIBUTE_USER = 0x0006,
	ATTRIBUTE_INTEGRITY = 0x0008,
	ATTRIBUTE_ERROR = 0x0009,
	ATTRIBUTE_REALM = 0x0014,
	ATTRIBUTE_NONCE = 0x0015,
	ATTRIBUTE_RELAYED = 0x0016,
	ATTRIBUTE_TRANSPORT = 0x0019,
	ATTRIBUTE_MAPPED = 0x0020,
	ATTRIBUTE_WHATSAPP = 0x4000,
	ATTRIBUTE_WHATSAPP_LAST = 0x4004,
	ATTRIBUTE_MS_VERSION = 0x8008,
	ATTRIBUTE_SOFTWARE = 0x8022,
	ATTRIBUTE_FINGERPRINT = 0x8028,
};

static size_t begin(struct hello_builder *out, struct rng *rng, uint16_t type)
{
	out->count = 0;
	put_number(out, 2, type);
	size_t length_at = out->count;
	put_number(out, 2, 0);
	put_number(out, 4, 0x2112a442);
	rng_fill(rng, out->bytes + out->count, TRANSACTION_BYTES);
	out->count += TRANSACTION_BYTES;
	return length_at;
}

/* The value in whole words, as RFC 8489, 14 wants it. */
static void put_attribute(struct hello_builder *out, uint16_t type, const void *value, size_t count)
{
	put_number(out, 2, type);
	put_number(out, 2, (uint32_t)count);
	put_bytes(out, value, count);
	put_bytes(out, "\0\0\0", (4 - count % 4) % 4);
}

static void put_drawn(struct hello_builder *out, struct rng *rng, uint16_t type, size_t count)
{
	uint8_t value[64];

	rng_fill(rng, value, count);
	put_attribute(out, type, value, count);
}

static void send(struct conversation *udp, unsigned side, struct hello_builder *message)
{
	size_t end = message->count;

	message->count = 2;
	put_number(message, 2, (uint32_t)(end - 20));
	message->count = end;
	udp->now_ns += udp->delay_ns[side];
	udp->carries_name = true;
	udp_send(udp, side, message->bytes, message->count);
	udp->carries_name = false;
}

/* RTP (RFC 3550 5.1) with its payload encrypted; both sides talk. */
static void send_media(struct conversation *udp, unsigned packets)
{
	struct rng *rng = &udp->scene->rng;
	uint8_t media[MEDIA_BYTES_MAX];
	uint32_t sources[2] = { (uint32_t)rng_next(rng), (uint32_t)rng_next(rng) };

	udp->is_bulk = true;
	for (unsigned i = 0; i < packets; i++) {
		unsigned side = i % 2;
		struct hello_builder header = { .count = 0 };
		rng_fill(rng, media, sizeof(media));
		put_number(&header, 2, 0x8078);
		put_number(&header, 2, i / 2);
		put_number(&header, 4, i * 960);
		put_number(&header, 4, sources[side]);
		memcpy(media, header.bytes, header.count);
		udp_send(udp, side, media, rng_between(rng, 80, sizeof(media)));
		udp->now_ns += 10 * NS_PER_MS;
	}
	udp->is_bulk = false;
}

static void look_up_address(struct conversation *udp)
{
	struct rng *rng = &udp->scene->rng;
	struct hello_builder message;

	begin(&message, rng, BINDING);
	put_attribute(&message, ATTRIBUTE_SOFTWARE, "client", 6);
	send(udp, CLIENT, &message);
	begin(&message, rng, BINDING_ANSWER);
	put_drawn(&message, rng, ATTRIBUTE_MAPPED, 8);
	send(udp, SERVER, &message);
}

/* Asked without credentials, a relay says for which realm it wants them (RFC 8489, 9.2.4). */
static void ask_relay(struct conversation *udp, const char *realm, uint16_t vendor)
{
	struct rng *rng = &udp->scene->rng;
	struct hello_builder message;

	for (unsigned attempt = 0; attempt < 2; attempt++) {
		begin(&message, rng, ALLOCATE);
		put_attribute(&message, ATTRIBUTE_TRANSPORT, "\x11\0\0\0", 4);
		if (vendor) {
			put_drawn(&message, rng, vendor, 4);
		}
		if (attempt == 1) {
			put_attribute(&message, ATTRIBUTE_USER, "1789000000:caller", 17);
			put_attribute(&message, ATTRIBUTE_REALM, realm, strlen(realm));
			put_drawn(&message, rng, ATTRIBUTE_INTEGRITY, 20);
		}
		send(udp, CLIENT, &message);
		begin(&message, rng, attempt ? ALLOCATE_ANSWER : ALLOCATE_ERROR);
		if (attempt == 0) {
			put_attribute(&message, ATTRIBUTE_ERROR, "\0\0\x04\x01Unauthorized", 16);
			put_attribute(&message, ATTRIBUTE_REALM, realm, strlen(realm));
			put_drawn(&message, rng, ATTRIBUTE_NONCE, 16);
		} else {
			put_drawn(&message, rng, ATTRIBUTE_RELAYED, 8);
		}
		send(udp, SERVER, &message);
	}
}

static void ask_whatsapp(struct conversation *udp)
{
	struct rng *rng = &udp->scene->rng;
	struct hello_builder message;

	begin(&message, rng, ALLOCATE);
	put_drawn(&message, rng, ATTRIBUTE_WHATSAPP, 52);
	put_drawn(&message, rng, ATTRIBUTE_WHATSAPP_LAST, 8);
	put_drawn(&message, rng, ATTRIBUTE_INTEGRITY, 20);
	send(udp, CLIENT, &message);
	begin(&message, rng, ALLOCATE_ANSWER);
	put_drawn(&message, rng, ATTRIBUTE_RELAYED, 8);
	put_drawn(&message, rng, ATTRIBUTE_INTEGRITY, 20);
	send(udp, SERVER, &message);
	for (unsigned side = 0; side < 2; side++) {
		begin(&message, rng, WHATSAPP_PING);
		put_drawn(&message, rng, ATTRIBUTE_INTEGRITY, 20);
		send(udp, side, &message);
	}
}

static void ask_peer(struct conversation *udp)
{
	struct hello_builder message;

	for (unsigned i = 0; i < 4; i++) {
		begin(&message, &udp->scene->rng, i % 2 ? BINDING_ANSWER : BINDING);
		put_drawn(&message, &udp->scene->rng, ATTRIBUTE_INTEGRITY, 20);
		send(udp, i % 2, &message);
	}
}

/* A tag of the call, twelve bytes of ones, a kind, and what only its ends read. */
static void reflect(struct conversation *udp, unsigned packets)
{
	struct rng *rng = &udp->scene->rng;
	uint8_t message[200], tag[16];

	rng_fill(rng, tag, sizeof(tag));
	for (unsigned i = 0; i < 6; i++) {
		rng_fill(rng, message, sizeof(message));
		memcpy(message, tag, sizeof(tag));
		memset(message + 16, 0xff, 12);
		udp->now_ns += udp->delay_ns[i % 2];
		udp_send(udp, i % 2, message, 48);
	}
	udp->is_bulk = true;
	for (unsigned i = 0; i < packets; i++) {
		rng_fill(rng, message, sizeof(message));
		memcpy(message, tag, sizeof(tag));
		udp_send(udp, i % 2, message, rng_between(rng, 60, sizeof(message)));
		udp->now_ns += 10 * NS_PER_MS;
	}
	udp->is_bulk = false;
}

/* Discord's voice servers tell the client the address that it is seen under: kind, length 70, a
 * source, room for the address. */
static void discover(struct conversation *udp)
{
	uint8_t message[74] = { 0, 1, 0, 70 };

	rng_fill(&udp->scene->rng, message + 4, 4);
	udp_send(udp, CLIENT, message, sizeof(message));
	message[1] = 2;
	memcpy(message + 8, "192.0.2.10", 10);
	message[72] = 0xc0;
	udp_answer(udp, message, sizeof(message));
}

/* Zoom's envelope: a kind and zeros, behind which RTP goes on. */
static void send_zoom(struct conversation *udp, unsigned packets)
{
	struct rng *rng = &udp->scene->rng;
	uint8_t message[MEDIA_BYTES_MAX];

	for (unsigned i = 0; i < packets; i++) {
		rng_fill(rng, message, sizeof(message));
		message[0] = i < 4 ? 1 : 5;
		message[1] = i < 4 ? 0 : 0x10;
		udp_send(udp, i % 2, message, rng_between(rng, 40, sizeof(message)));
		udp->now_ns += 10 * NS_PER_MS;
		udp->is_bulk = i > 4;
	}
	udp->is_bulk = false;
}

void call_play(struct conversation *udp, const struct call *call)
{
	switch (call->kind) {
	case CALL_STUN:
		look_up_address(udp);
		return;
	case CALL_TURN:
		ask_relay(udp, call->realm, 0);
		break;
	case CALL_WHATSAPP_RELAY:
		ask_whatsapp(udp);
		break;
	case CALL_WHATSAPP_PEER:
		ask_peer(udp);
		break;
	case CALL_TELEGRAM_PEERTAG:
		reflect(udp, call->packets);
		return;
	case CALL_TEAMS:
		ask_relay(udp, call->realm, ATTRIBUTE_MS_VERSION);
		break;
	case CALL_ZOOM:
		send_zoom(udp, call->packets);
		return;
	case CALL_DISCORD:
		discover(udp);
		break;
	}
	send_media(udp, call->packets);
}
