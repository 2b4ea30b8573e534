/* The worst that recognition can be fed: flows that hold a part of a hello whose rest never comes,
 * or one Initial of QUIC with keys of its own to derive. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "collector/packet.h"
#include "tests/traffic/hello.h"
#include "tests/traffic/quic_flight.h"
#include "tests/traffic/quic_packet.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/stream.h"

enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, POOL = 2048, GAP_NS = 1000 };

/* Payloads that are used again and again, each time in another flow. */
struct payload {
	size_t count;
	uint8_t bytes[1500];
};

static const char server_name[] = "v16m-default.tiktokcdn-eu.com";

/* The beginning of a post-quantum hello; every fourth in records of a few bytes each. */
static void make_half_hello(struct rng *rng, unsigned number, struct payload *payload)
{
	struct hello_options options = {
		.server_name = server_name, .alpn = "h2,http/1.1", .is_post_quantum = true
	};
	uint8_t message[HELLO_BYTES_MAX], records[4 * HELLO_BYTES_MAX];
	size_t count = hello_build(rng, &options, message);

	count = hello_put_records(message, count, number % 4 == 0 ? 16 : 16384, records);
	payload->count = rng_between(rng, 60, 600);
	memcpy(payload->bytes, records, payload->count);
}

/* One datagram of a hello that takes two or three, every other time not the first. */
static void make_half_initial(struct rng *rng, unsigned number, struct payload *payload)
{
	static const uint8_t cuts[] = { QUIC_CUT_IN_ORDER, QUIC_CUT_SHUFFLED, QUIC_CUT_OVERLAPPING,
		QUIC_CUT_THREE };
	struct quic_flight flight = { .hello = { .server_name = server_name,
					      .alpn = "h3",
					      .is_quic = true,
					      .is_post_quantum = true },
		.version = number % 8 ? QUIC_V1 : QUIC_V2,
		.cut = cuts[number / 2 % 4] };
	struct quic_datagrams flight_bytes;

	quic_flight_build(rng, &flight, &flight_bytes);
	unsigned which = number % 2 ? flight_bytes.count - 1 : 0;
	payload->count = flight_bytes.bytes[which];
	memcpy(payload->bytes, flight_bytes.datagrams[which], payload->count);
}

static struct payload *make_pool(
	uint64_t seed, void (*make)(struct rng *rng, unsigned number, struct payload *payload))
{
	struct payload *pool = calloc(POOL, sizeof(*pool));
	struct rng rng = { seed };

	if (!pool) {
		abort();
	}
	for (unsigned i = 0; i < POOL; i++) {
		make(&rng, i, &pool[i]);
	}
	return pool;
}

/* payload NULL: the SYN before it. */
static void put_packet(
	struct stream *stream, uint64_t number, uint8_t protocol, const struct payload *payload)
{
	struct stream_packet packet = { .protocol = protocol,
		.payload = payload ? payload->bytes : NULL,
		.payload_bytes = payload ? payload->count : 0,
		.tcp = { 1000, 1, TCP_ACK | TCP_PSH, 500, 0 } };

	packet.from.addr = stream_addr4(0x0a000000u + (uint32_t)(number % 65521));
	packet.from.port = (uint16_t)(1024 + number / 65521 % 60000);
	packet.to.addr = stream_addr4(0xc6120000u + (uint32_t)(number % 257));
	packet.to.port = 443;
	if (!payload) {
		packet.tcp = (struct tcp_header){ 999, 0, TCP_SYN, 500, 1460 };
	}
	stream_put(stream, &packet, GAP_NS);
}

/* A SYN, and a while later the half hello: what came between the two was from others. */
static void stream_hellos(struct capture_writer *writer, uint64_t seed, uint64_t packets)
{
	enum { DISTANCE = 1000 };
	struct payload *pool = make_pool(seed, make_half_hello);
	struct stream *stream = stream_create(writer);

	for (uint64_t i = 0; i < packets / 2 + DISTANCE; i++) {
		if (i < packets / 2) {
			put_packet(stream, i, PROTOCOL_TCP, NULL);
		}
		if (i >= DISTANCE) {
			put_packet(stream, i - DISTANCE, PROTOCOL_TCP, &pool[i % POOL]);
		}
	}
	stream_destroy(stream);
	free(pool);
}

static void stream_initials(struct capture_writer *writer, uint64_t seed, uint64_t packets)
{
	struct payload *pool = make_pool(seed, make_half_initial);
	struct stream *stream = stream_create(writer);

	for (uint64_t i = 0; i < packets; i++) {
		put_packet(stream, i, PROTOCOL_UDP, &pool[i % POOL]);
	}
	stream_destroy(stream);
	free(pool);
}

const struct scenario scenario_half_hellos = {
	.name = "half-hellos",
	.about = "flows of a SYN and the beginning of a TLS hello, and nothing more",
	.stream = stream_hellos,
	.stream_packets = 2000000,
};

const struct scenario scenario_half_initials = {
	.name = "half-initials",
	.about = "every packet a new flow with one of a QUIC hello's Initials, and nothing more",
	.stream = stream_initials,
	.stream_packets = 1000000,
};
