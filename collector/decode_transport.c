/* Ports, TCP's fields, the payload; ICMP's pairs. The last step: it fills the packet.
 *
 * A packet whose ports can be read belongs to its flow whatever else its headers say; where they
 * contradict themselves its payload is empty. */
#include "collector/decode_steps.h"

enum {
	TCP_HEADER_BYTES = 20,
	UDP_HEADER_BYTES = 8,
	SCTP_HEADER_BYTES = 12,
	DCCP_HEADER_BYTES = 12
};

/* What goes into the packet beyond its IP layer. */
struct transport {
	uint16_t port_be[2]; /* source, destination */
	uint16_t flags;      /* enum packet_flags, to be added */
};

uint16_t decode_context(struct decoding *decoding)
{
	static const struct context none;
	struct decoder *decoder = decoding->decoder;
	const struct context *context = &decoding->context;

	if (memcmp(context, &none, sizeof(none)) == 0) {
		return 0;
	}
	uint16_t number = contexts_intern(decoder->contexts, context);
	decoder->stats.contexts_full += number == CONTEXT_NONE || number == CONTEXT_FROM_OUTSIDE;
	return number;
}

/* How far behind its frame's MACs the payload begins, for whoever asks who sent it: 0 inside a
 * tunnel, and where the payload was put together. */
static uint8_t frame_ahead_of(const struct decoding *decoding, const uint8_t *payload)
{
	uintptr_t frame = (uintptr_t)decoding->macs, at = (uintptr_t)payload;

	return decode_is_of_segment(decoding) && at > frame && at - frame <= UINT8_MAX
		       ? (uint8_t)(at - frame)
		       : 0;
}

static void fill_packet(struct decoding *decoding, const struct ip_layer *ip,
	const struct transport *transport, uint16_t context, const struct stretch *payload)
{
	struct packet *packet = decoding->packet;
	const uint16_t *ports = transport->port_be;

	packet->time_ns = decoding->time_ns;
	packet->payload = payload->reader.at;
	packet->payload_bytes = (uint32_t)reader_left(&payload->reader);
	packet->payload_wire_bytes = (uint32_t)stretch_wire_bytes(payload);
	packet->ip_bytes = ip->ip_bytes;
	packet->tcp_seq = packet->tcp_ack = 0;
	packet->tcp_flags = 0;
	packet->tcp_window = 0;
	packet->tcp_scale = TCP_SCALE_NONE;
	packet->tcp_mss = 0;
	packet->frame_ahead = frame_ahead_of(decoding, packet->payload);
	packet->ip_id = ip->is_v6 ? 0 : (uint16_t)ip->identification;
	if (ip->is_v6) {
		packet_set_key6(packet, ip->source, ip->destination, ports[0], ports[1],
			ip->protocol, context);
	} else {
		packet_set_key4(packet, ip->source, ip->destination, ports[0], ports[1],
			ip->protocol, context);
	}
	packet->flags |= transport->flags;
}

static int finish(struct decoding *decoding, const struct ip_layer *ip, struct transport *transport,
	const struct stretch *payload)
{
	if (ip->is_plain) {
		*ip->is_plain = true;
	}
	fill_packet(decoding, ip, transport, decode_context(decoding), payload);
	return DECODE_DONE;
}

bool protocol_has_ports(uint8_t protocol)
{
	return protocol == IP_TCP || protocol == IP_UDP || protocol == IP_SCTP ||
	       protocol == IP_DCCP || protocol == IP_UDP_LITE;
}

/* Too few bytes for the ports: the capture's fault, or the packet's own. */
static int refuse_short(const struct stretch *stretch)
{
	return stretch->cut_bytes > 0 ? DECODE_REFUSED_TRANSPORT_CUT
				      : DECODE_REFUSED_TRANSPORT_HEADER;
}

static void read_ports(struct reader *reader, struct transport *transport)
{
	const uint8_t *ports = reader_bytes(reader, 4);

	if (ports) {
		memcpy(transport->port_be, ports, 4);
	}
}

/* Makes the stretch the payload: what lies behind a header of so many bytes, counted from the
 * transport's start. */
static void skip_header(struct stretch *stretch, const struct stretch *start, uint64_t header_bytes)
{
	uint64_t wire_bytes = stretch_wire_bytes(start);

	if (header_bytes > wire_bytes) {
		stretch_limit(stretch, 0);
		return;
	}
	stretch->reader = start->reader;
	reader_skip(&stretch->reader, header_bytes);
	stretch->cut_bytes = (uint32_t)(wire_bytes - header_bytes - reader_left(&stretch->reader));
}

struct syn_options decode_syn_options(struct reader options)
{
	enum { OPTION_END, OPTION_FILLER, OPTION_MSS, OPTION_SCALE };
	struct syn_options said = { .scale = TCP_SCALE_NONE };

	while (reader_left(&options) > 1) {
		uint8_t kind = reader_u8(&options);
		if (kind == OPTION_END) {
			break;
		}
		if (kind == OPTION_FILLER) {
			continue;
		}
		uint8_t bytes = reader_u8(&options);
		if (bytes < 2) {
			break;
		}
		struct reader value = reader_sub(&options, bytes - 2U);
		if (kind == OPTION_MSS && bytes == 4) {
			said.mss = reader_u16(&value);
		} else if (kind == OPTION_SCALE && bytes == 3 && reader_ok(&options)) {
			uint8_t scale = reader_u8(&value);
			said.scale = scale < TCP_SCALE_MOST ? scale : TCP_SCALE_MOST;
		}
	}
	return said;
}

static int decode_tcp(struct decoding *decoding, const struct ip_layer *ip, struct stretch *stretch)
{
	struct transport transport = { .flags = 0 };
	struct stretch start = *stretch;
	struct reader *reader = &stretch->reader;

	read_ports(reader, &transport);
	if (!reader_ok(reader)) {
		return refuse_short(stretch);
	}
	uint32_t seq = reader_u32(reader), ack = reader_u32(reader);
	unsigned header_bytes = (reader_u8(reader) >> 4) * 4U;
	if (!reader_ok(reader)) {
		header_bytes = TCP_HEADER_BYTES; /* cut before its length: the shortest is taken */
	} else if (header_bytes < TCP_HEADER_BYTES) {
		header_bytes = UINT16_MAX;
	}
	uint8_t flags = reader_u8(reader);
	uint16_t window = reader_u16(reader);
	bool has_window = reader_ok(reader);
	struct reader options = *reader;
	reader_skip(&options, 2); /* checksum */
	uint16_t urgent = reader_u16(&options);
	skip_header(stretch, &start, header_bytes);
	finish(decoding, ip, &transport, stretch);
	decoding->packet->tcp_seq = seq;
	decoding->packet->tcp_ack = ack;
	decoding->packet->tcp_flags = flags;
	decoding->packet->tcp_window = has_window ? window : UINT16_MAX;
	if (flags & TCP_SYN && header_bytes != UINT16_MAX) {
		struct syn_options said =
			decode_syn_options(reader_sub(&options, header_bytes - TCP_HEADER_BYTES));
		decoding->packet->tcp_scale = said.scale;
		decoding->packet->tcp_mss = said.mss;
	} else if (flags & TCP_URG) {
		decoding->packet->tcp_urgent = urgent;
	}
	return DECODE_DONE;
}

static int decode_udp(struct decoding *decoding, const struct ip_layer *ip, struct stretch *stretch)
{
	struct transport transport = { .flags = 0 };
	struct stretch start = *stretch;
	struct reader *reader = &stretch->reader;

	read_ports(reader, &transport);
	if (!reader_ok(reader)) {
		return refuse_short(stretch);
	}
	uint32_t udp_bytes = reader_u16(reader);
	bool is_cut = !reader_ok(reader);
	skip_header(stretch, &start, UDP_HEADER_BYTES);
	/* Zero is a jumbogram or segmentation offload. */
	if (!is_cut && udp_bytes != 0 && udp_bytes < stretch_wire_bytes(&start)) {
		stretch_limit(
			stretch, udp_bytes < UDP_HEADER_BYTES ? 0 : udp_bytes - UDP_HEADER_BYTES);
	}
	const uint8_t *ports = (const uint8_t *)transport.port_be;
	uint16_t source_port = load_be16(ports, 0), destination_port = load_be16(ports, 2);
	if (may_be_udp_tunnel(source_port, destination_port) && !ip->is_closed) {
		decode_sight_dhcp(decoding, ip, destination_port, stretch);
		int result =
			decode_udp_tunnel(decoding, ip, source_port, destination_port, stretch);
		if (is_decoded(result)) {
			return result;
		}
	}
	return finish(decoding, ip, &transport, stretch);
}

/* SCTP, DCCP, UDP-Lite: ports, then a header whose length is known or said. */
static int decode_other_ports(
	struct decoding *decoding, const struct ip_layer *ip, struct stretch *stretch)
{
	struct transport transport = { .flags = 0 };
	struct stretch start = *stretch;
	unsigned header_bytes = UDP_HEADER_BYTES;

	read_ports(&stretch->reader, &transport);
	if (!reader_ok(&stretch->reader)) {
		return refuse_short(stretch);
	}
	if (ip->protocol == IP_SCTP) {
		header_bytes = SCTP_HEADER_BYTES;
	} else if (ip->protocol == IP_DCCP) {
		header_bytes = reader_u8(&stretch->reader) * 4U;
		header_bytes = header_bytes < DCCP_HEADER_BYTES ? DCCP_HEADER_BYTES : header_bytes;
	}
	skip_header(stretch, &start, header_bytes);
	return finish(decoding, ip, &transport, stretch);
}

/* The type that answers this one, as Community ID v1 pairs them; -1 where there is none. */
static int icmp_counterpart(bool is_v6, uint8_t type)
{
	static const uint8_t pairs4[][2] = { { 8, 0 }, { 13, 14 }, { 15, 16 }, { 10, 9 },
		{ 17, 18 } };
	static const uint8_t pairs6[][2] = { { 128, 129 }, { 133, 134 }, { 135, 136 }, { 130, 131 },
		{ 139, 140 }, { 144, 145 } };
	const uint8_t(*pairs)[2] = is_v6 ? pairs6 : pairs4;
	size_t count = is_v6 ? sizeof(pairs6) / 2 : sizeof(pairs4) / 2;

	for (size_t i = 0; i < count; i++) {
		if (pairs[i][0] == type || pairs[i][1] == type) {
			return pairs[i][pairs[i][0] == type];
		}
	}
	return -1;
}

static int decode_icmp(
	struct decoding *decoding, const struct ip_layer *ip, struct stretch *stretch)
{
	struct transport transport = { .flags = 0 };
	const struct stretch start = *stretch;
	struct reader *reader = &stretch->reader;
	uint8_t type = reader_u8(reader), code = reader_u8(reader);

	if (!reader_ok(reader)) {
		return refuse_short(stretch);
	}
	if (ip->protocol == IP_ICMPV6) {
		decode_sight_neighbour(decoding, ip, &start);
	}
	int counterpart = icmp_counterpart(ip->protocol == IP_ICMPV6, type);
	const uint8_t ports[4] = { 0, type, 0, counterpart < 0 ? code : (uint8_t)counterpart };
	memcpy(transport.port_be, ports, sizeof(ports));
	if (counterpart < 0) {
		transport.flags = PACKET_ONE_ICMP_WAY;
	}
	return finish(decoding, ip, &transport, stretch);
}

int decode_transport(struct decoding *decoding, const struct ip_layer *ip, struct stretch *stretch)
{
	struct transport none = { .flags = 0 };
	int result;

	switch (ip->protocol) {
	case IP_TCP:
		return decode_tcp(decoding, ip, stretch);
	case IP_UDP:
		return decode_udp(decoding, ip, stretch);
	case IP_ICMP:
	case IP_ICMPV6:
		return decode_icmp(decoding, ip, stretch);
	case IP_SCTP:
	case IP_DCCP:
	case IP_UDP_LITE:
		return decode_other_ports(decoding, ip, stretch);
	default:
		result = ip->is_closed ? DECODE_REFUSED_NOT_IP
				       : decode_ip_tunnel(decoding, ip, stretch);
		return is_decoded(result) ? result : finish(decoding, ip, &none, stretch);
	}
}
