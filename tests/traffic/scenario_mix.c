/* Packets of a hundred thousand flows, the popular ones far more often than the others: what a busy
 * link looks like to decode and flow table. One in ten flows is IPv6, one in twenty-five is in a
 * VLAN, one in five is UDP. */
#include "collector/packet.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/stream.h"
#include "tests/traffic/zipf.h"

enum { FLOWS = 100000, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, GAP_NS = 2000 };

/* The ends of flow number rank follow from its number alone. */
static struct stream_packet make_packet(uint32_t rank)
{
	struct rng rng = { rank };
	uint64_t bits = rng_next(&rng);
	bool is_v6 = bits % 10 == 0;
	uint32_t server = (uint32_t)(rng_next(&rng) % 4096), client = rank;
	struct stream_packet packet = {
		.protocol = (bits >> 8) % 5 == 0 ? PROTOCOL_UDP : PROTOCOL_TCP,
		.vlan_id = (bits >> 16) % 25 == 0 ? (uint16_t)(100 + (bits >> 32) % 16) : 0,
	};

	packet.from.addr = is_v6 ? stream_addr6(0x20010db800200000, client)
				 : stream_addr4(0x0a000000u + client);
	/* 198.18.0.0/15 and 2001:2::/48 are set aside for benchmarks (RFC 2544, RFC 5180). */
	packet.to.addr = is_v6 ? stream_addr6(0x2001000200000000, server)
			       : stream_addr4(0xc6120000u + server);
	packet.from.port = (uint16_t)(1024 + (bits >> 40) % 64000);
	packet.to.port = 443;
	return packet;
}

static uint16_t draw_size(struct rng *rng)
{
	uint64_t draw = rng_below(rng, 100);

	return draw < 40 ? 64 : draw < 60 ? 576 : 1500;
}

static void stream_mix(struct capture_writer *writer, uint64_t seed, uint64_t packets)
{
	struct rng rng = { seed };
	struct stream *stream = stream_create(writer);
	struct zipf *zipf = zipf_create(FLOWS);

	for (uint64_t i = 0; i < packets; i++) {
		struct stream_packet packet = make_packet(zipf_draw(zipf, &rng));
		packet.ip_bytes = draw_size(&rng);
		/* Small packets go up, large ones come down. */
		if (packet.ip_bytes > 64) {
			struct endpoint from = packet.from;
			packet.from = packet.to;
			packet.to = from;
		}
		packet.tcp = (struct tcp_header){ (uint32_t)i, (uint32_t)i, TCP_ACK, 500, 0 };
		stream_put(stream, &packet, GAP_NS);
	}
	zipf_destroy(zipf);
	stream_destroy(stream);
}

const struct scenario scenario_imix = {
	.name = "imix",
	.about = "100,000 flows by Zipf's law, packets of 64, 576 and 1500 bytes, whole",
	.stream = stream_mix,
	.stream_packets = 2000000,
};

const struct scenario scenario_snap64 = {
	.name = "snap64",
	.about = "the same packets cut at 64 bytes",
	.stream = stream_mix,
	.stream_packets = 10000000,
	.stream_snaplen = 64,
};
