#include "tests/traffic/stream.h"

#include <stdlib.h>

#include "base/clock.h"
#include "tests/traffic/bytes.h"

enum { PROTOCOL_TCP = 6 };

struct stream *stream_create(struct capture_writer *writer)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (!stream) {
		abort();
	}
	stream->writer = writer;
	clock_parse("2026-03-17T12:00", &stream->now_ns);
	return stream;
}

void stream_destroy(struct stream *stream)
{
	free(stream);
}

void stream_put(struct stream *stream, const struct stream_packet *packet, uint64_t gap_ns)
{
	static const uint8_t zeros[2048],
		mac[2][6] = { { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 } };
	struct packet_builder *builder = &stream->packet;
	bool is_tcp = packet->protocol == PROTOCOL_TCP, is_v4 = addr_is_v4(&packet->from.addr);
	size_t header_bytes =
		(is_v4 ? 20u : 40u) + (is_tcp ? 20u : 8u) + (packet->tcp.mss ? 12u : 0u);
	size_t payload_bytes =
		packet->ip_bytes > header_bytes ? packet->ip_bytes - header_bytes : 0;

	if (packet->payload) {
		packet_begin(builder, packet->payload, packet->payload_bytes);
	} else {
		packet_begin(builder, zeros, payload_bytes);
	}
	if (is_tcp) {
		packet_put_tcp(builder, &packet->from, &packet->to, &packet->tcp);
	} else {
		packet_put_udp(builder, &packet->from, &packet->to);
	}
	packet_put_ip(builder, &packet->from.addr, &packet->to.addr, 64, 0);
	uint16_t ethertype = packet_ip_ethertype(builder);
	if (packet->vlan_id) {
		ethertype = packet_put_vlan(builder, packet->vlan_id, ethertype);
	}
	packet_put_ethernet(builder, mac[0], mac[1], ethertype);
	uint32_t bytes = (uint32_t)packet_length(builder);
	capture_write(stream->writer, stream->now_ns, packet_bytes(builder), bytes, bytes);
	stream->now_ns += gap_ns;
}

struct addr stream_addr4(uint32_t number)
{
	uint8_t bytes[4];

	put_u32(bytes, number);
	return addr_from_v4(bytes);
}

struct addr stream_addr6(uint64_t prefix, uint64_t number)
{
	uint8_t bytes[16];

	put_u32(bytes, (uint32_t)(prefix >> 32));
	put_u32(bytes + 4, (uint32_t)prefix);
	put_u32(bytes + 8, (uint32_t)(number >> 32));
	put_u32(bytes + 12, (uint32_t)number);
	return addr_from_v6(bytes);
}
