/* Tunnels: what carries another packet inside an IP payload or behind a UDP port.
 *
 * A port alone proves nothing: a tunnel is opened only where its header is exact and an IP packet
 * that fits lies inside. Everything else stays what it is outside. Identifiers that differ between
 * the two directions of one conversation (GTP TEIDs, L2TP and ERSPAN sessions, PPTP call numbers)
 * are not part of the context: they would tear flows in two. */
#include "collector/decode_steps.h"

/* An IP packet that lies wholly inside the stretch (as it was on the wire). */
static bool holds_ip(const struct stretch *stretch, unsigned version)
{
	struct reader reader = stretch->reader;
	uint64_t wire_bytes = stretch_wire_bytes(stretch);
	uint8_t first = reader_u8(&reader);

	if (first >> 4 != version) {
		return false;
	}
	if (version == 4) {
		unsigned header_bytes = (first & 15) * 4U;
		reader_skip(&reader, 1);
		uint16_t total_bytes = reader_u16(&reader);
		return reader_ok(&reader) && header_bytes >= 20 && total_bytes >= header_bytes &&
		       total_bytes <= wire_bytes;
	}
	reader_skip(&reader, 3);
	uint16_t payload_bytes = reader_u16(&reader);
	return version == 6 && reader_ok(&reader) && 40U + payload_bytes <= wire_bytes;
}

static int open_ip(struct decoding *inner, struct stretch *stretch)
{
	if (!holds_ip(stretch, 4) && !holds_ip(stretch, 6)) {
		return DECODE_REFUSED_IP_VERSION;
	}
	return decode_ip(inner, stretch);
}

/* ERSPAN type II (version 1) and III (version 2), draft-foschiano-erspan; type I has no header and
 * no sequence. */
static int open_erspan(
	struct decoding *inner, uint16_t type, bool has_sequence, struct stretch *stretch)
{
	struct reader *reader = &stretch->reader;

	if (type == ETHERTYPE_ERSPAN && !has_sequence) {
		return decode_ethernet(inner, stretch);
	}
	uint8_t version = reader_u8(reader) >> 4;
	if (type == ETHERTYPE_ERSPAN && version == 1) {
		reader_skip(reader, 7);
		return decode_ethernet(inner, stretch);
	}
	if (version != 2) {
		return DECODE_REFUSED_NOT_IP;
	}
	reader_skip(reader, 9);
	uint16_t last = reader_u16(reader);
	if (last & 1) {
		reader_skip(reader, 8); /* the platform's sub-header */
	}
	/* Frame type: 0 Ethernet, 2 IP. */
	return (last >> 10 & 31) == 2 ? open_ip(inner, stretch) : decode_ethernet(inner, stretch);
}

enum gre_flags {
	GRE_CHECKSUM = 0x8000,
	GRE_ROUTING = 0x4000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_ACKNOWLEDGE = 0x0080,
	GRE_VERSION = 0x0007
};

/* GRE version 1 (RFC 2637): PPP, with the payload's length and a call number in place
 * of the key. */
static int open_pptp(struct decoding *inner, uint16_t flags, uint16_t type, struct stretch *stretch)
{
	if (type != ETHERTYPE_PPP || !(flags & GRE_KEY) || !(flags & GRE_SEQUENCE)) {
		return DECODE_REFUSED_LINK_CONTROL;
	}
	reader_skip(&stretch->reader, flags & GRE_ACKNOWLEDGE ? 12 : 8);
	return push_tunnel(inner, TUNNEL_GRE) ? decode_ppp(inner, stretch)
					      : DECODE_REFUSED_TAG_DEPTH;
}

/* GRE version 0 (RFC 2784, RFC 2890), also NVGRE (RFC 7637) and WCCP. */
static int open_gre(struct decoding *inner, struct stretch *stretch)
{
	struct reader *reader = &stretch->reader;
	uint16_t flags = reader_u16(reader), type = reader_u16(reader);

	if ((flags & GRE_VERSION) == 1) {
		return open_pptp(inner, flags, type, stretch);
	}
	if ((flags & GRE_VERSION) != 0 || (flags & GRE_ROUTING)) {
		return DECODE_REFUSED_NOT_IP;
	}
	if (flags & GRE_CHECKSUM) {
		reader_skip(reader, 4);
	}
	uint32_t key = flags & GRE_KEY ? reader_u32(reader) : 0;
	if (flags & GRE_SEQUENCE) {
		reader_skip(reader, 4);
	}
	bool is_erspan = type == ETHERTYPE_ERSPAN || type == ETHERTYPE_ERSPAN_3;
	if (!reader_ok(reader) || !push_tunnel(inner, is_erspan ? TUNNEL_ERSPAN : TUNNEL_GRE)) {
		return DECODE_REFUSED_TAG_DEPTH;
	}
	if (is_erspan) {
		return open_erspan(inner, type, flags & GRE_SEQUENCE, stretch);
	}
	if (flags & GRE_KEY) {
		inner->context.network_id = key;
	}
	if (type == 0x883e) { /* WCCP: version 2 puts a redirect header in front of the packet */
		if (!holds_ip(stretch, 4)) {
			reader_skip(reader, 4);
		}
		return open_ip(inner, stretch);
	}
	return decode_ethertype(inner, type, stretch);
}

/* EtherIP (RFC 3378): version 3 in the first four bits, the rest zero. */
static int open_etherip(struct decoding *inner, struct stretch *stretch)
{
	if (reader_u16(&stretch->reader) != 0x3000 || !push_tunnel(inner, TUNNEL_IPIP)) {
		return DECODE_REFUSED_NOT_IP;
	}
	return decode_ethernet(inner, stretch);
}

int decode_ip_tunnel(
	const struct decoding *decoding, const struct ip_layer *ip, const struct stretch *stretch)
{
	struct decoding inner = *decoding;
	struct stretch inside = *stretch;
	enum tunnel_kind kind = TUNNEL_IPIP;

	switch (ip->protocol) {
	case IP_IPV6:
		kind = ip->is_v6 ? TUNNEL_IPIP : TUNNEL_SIXINFOUR;
		/* Fallthrough */
	case IP_IPV4:
		if (!holds_ip(&inside, ip->protocol == IP_IPV6 ? 6 : 4) ||
			!push_tunnel(&inner, kind)) {
			return DECODE_REFUSED_IP_VERSION;
		}
		return decode_ip(&inner, &inside);
	case IP_GRE:
		return open_gre(&inner, &inside);
	case IP_MPLS:
		return decode_mpls(&inner, &inside);
	case IP_ETHERIP:
		return open_etherip(&inner, &inside);
	default:
		return DECODE_REFUSED_NOT_IP;
	}
}

/* VXLAN (RFC 7348) with the group policy bits; the rest of the flags and the reserved byte are
 * zero. The generic form (draft-ietf-nvo3-vxlan-gpe) says what lies inside. */
static int open_vxlan(struct decoding *inner, bool is_generic, struct stretch *stretch)
{
	struct reader *reader = &stretch->reader;
	uint8_t flags = reader_u8(reader);
	reader_skip(reader, 2);
	uint8_t next = reader_u8(reader);
	uint32_t network = reader_u24(reader);
	uint8_t reserved = reader_u8(reader);

	if (!reader_ok(reader) || reserved != 0 || !push_tunnel(inner, TUNNEL_VXLAN)) {
		return DECODE_REFUSED_NOT_IP;
	}
	inner->context.network_id = network;
	if (is_generic && (flags & 0xfe) == 0x0c) {
		return next == 3 ? decode_ethernet(inner, stretch) : open_ip(inner, stretch);
	}
	return (flags & 0x7f) == 0x08 ? decode_ethernet(inner, stretch) : DECODE_REFUSED_NOT_IP;
}

/* GENEVE (RFC 8926). */
static int open_geneve(struct decoding *inner, struct stretch *stretch)
{
	struct reader *reader = &stretch->reader;
	uint8_t version_length = reader_u8(reader), flags = reader_u8(reader);
	uint16_t type = reader_u16(reader);
	uint32_t network = reader_u24(reader);
	uint8_t reserved = reader_u8(reader);

	reader_skip(reader, (version_length & 63) * 4U);
	if (!reader_ok(reader) || version_length >> 6 != 0 || (flags & 63) != 0 || reserved != 0 ||
		!push_tunnel(inner, TUNNEL_GENEVE)) {
		return DECODE_REFUSED_NOT_IP;
	}
	inner->context.network_id = network;
	return decode_ethertype(inner, type, stretch);
}

/* GTP-U (3GPP TS 29.281): only message 255 carries a user's packet. */
static int open_gtp(struct decoding *inner, struct stretch *stretch)
{
	enum { GTP_HEADER_BYTES = 8, USER_PACKET = 255, HAS_EXTENSIONS = 4, HAS_OPTIONAL = 7 };
	struct reader *reader = &stretch->reader;
	uint64_t wire_bytes = stretch_wire_bytes(stretch);
	uint8_t flags = reader_u8(reader), message = reader_u8(reader);
	uint16_t length = reader_u16(reader);

	reader_skip(reader, 4);
	if ((flags & 0xf0) != 0x30 || message != USER_PACKET ||
		(uint64_t)length + GTP_HEADER_BYTES > wire_bytes) {
		return DECODE_REFUSED_NOT_IP;
	}
	if (flags & HAS_OPTIONAL) {
		reader_skip(reader, 3);
		uint8_t next = reader_u8(reader);
		while ((flags & HAS_EXTENSIONS) && next != 0 && reader_ok(reader)) {
			unsigned words = reader_u8(reader);
			if (words == 0) {
				return DECODE_REFUSED_NOT_IP;
			}
			reader_skip(reader, words * 4 - 2);
			next = reader_u8(reader);
		}
	}
	if (!reader_ok(reader) || !push_tunnel(inner, TUNNEL_GTPU)) {
		return DECODE_REFUSED_NOT_IP;
	}
	return open_ip(inner, stretch);
}

/* Teredo (RFC 4380): an authentication and an origin indication may stand before the IPv6 packet,
 * one of whose ends is a Teredo or a link-local address. */
static int open_teredo(struct decoding *inner, struct stretch *stretch)
{
	struct reader *reader = &stretch->reader;
	struct reader peek = *reader;

	if (reader_u16(&peek) == 1) {
		unsigned client_bytes = reader_u8(&peek), value_bytes = reader_u8(&peek);
		reader_skip(&peek, client_bytes + value_bytes + 9U);
		*reader = peek;
	}
	peek = *reader;
	if (reader_u16(&peek) == 0) {
		reader_skip(&peek, 6);
		*reader = peek;
	}
	peek = *reader;
	reader_skip(&peek, 8);
	const uint8_t *source = reader_bytes(&peek, 16), *destination = reader_bytes(&peek, 16);
	if (!destination || !holds_ip(stretch, 6)) {
		return DECODE_REFUSED_NOT_IP;
	}
	bool is_teredo = load_be32(source, 0) == 0x20010000 ||
			 load_be32(destination, 0) == 0x20010000 ||
			 (load_be16(source, 0) & 0xffc0) == 0xfe80;
	return is_teredo && push_tunnel(inner, TUNNEL_TEREDO) ? decode_ip(inner, stretch)
							      : DECODE_REFUSED_NOT_IP;
}

/* L2TP version 2 data (RFC 2661): PPP behind optional length, sequence and offset fields. */
static int open_l2tp(struct decoding *inner, struct stretch *stretch)
{
	enum {
		CONTROL = 0x8000,
		LENGTH = 0x4000,
		SEQUENCE = 0x0800,
		OFFSET = 0x0200,
		RESERVED = 0x34f0
	};
	struct reader *reader = &stretch->reader;
	uint64_t wire_bytes = stretch_wire_bytes(stretch);
	uint16_t flags = reader_u16(reader);

	if ((flags & (CONTROL | RESERVED)) != 0 || (flags & 15) != 2) {
		return DECODE_REFUSED_LINK_CONTROL;
	}
	if ((flags & LENGTH) && reader_u16(reader) > wire_bytes) {
		return DECODE_REFUSED_NOT_IP;
	}
	reader_skip(reader, flags & SEQUENCE ? 8 : 4);
	if (flags & OFFSET) {
		reader_skip(reader, reader_u16(reader));
	}
	if (!reader_ok(reader) || !push_tunnel(inner, TUNNEL_L2TP)) {
		return DECODE_REFUSED_NOT_IP;
	}
	return decode_ppp(inner, stretch);
}

/* AYIYA (draft-massar-v6ops-ayiya): lengths of identity and signature, then the packet. */
static int open_ayiya(struct decoding *inner, struct stretch *stretch)
{
	enum { FORWARD = 1 };
	struct reader *reader = &stretch->reader;
	unsigned identity_bytes = 1U << (reader_u8(reader) >> 4);
	unsigned signature_bytes = (reader_u8(reader) >> 4) * 4U;
	uint8_t operation = reader_u8(reader) & 15, next = reader_u8(reader);

	reader_skip(reader, 4 + identity_bytes + signature_bytes);
	if (operation != FORWARD || (next != IP_IPV6 && next != IP_IPV4) ||
		!push_tunnel(inner, TUNNEL_AYIYA)) {
		return DECODE_REFUSED_NOT_IP;
	}
	return open_ip(inner, stretch);
}

/* CAPWAP data (RFC 5415 4.3), neither encrypted nor in fragments. */
static int open_capwap(struct decoding *inner, struct stretch *stretch)
{
	enum { IS_WIFI = 0x100, FRAGMENT = 0x80, KEEP_ALIVE = 0x08, BINDING_WIFI = 1 };
	struct reader *reader = &stretch->reader;
	uint8_t preamble = reader_u8(reader);
	uint32_t word = reader_u24(reader);
	unsigned header_bytes = (word >> 19) * 4, binding = word >> 9 & 31;

	if (preamble != 0 || header_bytes < 8 || (word & (FRAGMENT | KEEP_ALIVE)) ||
		!push_tunnel(inner, TUNNEL_CAPWAP)) {
		return DECODE_REFUSED_NOT_IP;
	}
	reader_skip(reader, header_bytes - 4);
	if (!(word & IS_WIFI)) {
		return decode_ethernet(inner, stretch);
	}
	return binding == BINDING_WIFI ? decode_wifi(inner, stretch, WIFI_IN_CAPWAP)
				       : DECODE_REFUSED_NOT_IP;
}

static int open_udp_port(struct decoding *inner, uint16_t port, struct stretch *stretch)
{
	switch (port) {
	case 1701:
		return open_l2tp(inner, stretch);
	case 2152:
		return open_gtp(inner, stretch);
	case 3544:
		return open_teredo(inner, stretch);
	case 4754:
		return open_gre(inner, stretch);
	case 4789:
	case 8472:
		return open_vxlan(inner, false, stretch);
	case 4790:
		return open_vxlan(inner, true, stretch);
	case 5072:
		return open_ayiya(inner, stretch);
	case 5247:
		return open_capwap(inner, stretch);
	case 6081:
		return open_geneve(inner, stretch);
	case 6635:
		return decode_mpls(inner, stretch);
	default:
		return DECODE_REFUSED_NOT_IP;
	}
}

int decode_udp_tunnel(const struct decoding *decoding, uint16_t source_port,
	uint16_t destination_port, const struct stretch *stretch)
{
	struct decoding inner = *decoding;
	struct stretch inside = *stretch;
	int result = open_udp_port(&inner, destination_port, &inside);

	/* Two-way tunnels answer from their port. */
	if (result != DECODE_DONE && source_port != destination_port) {
		inner = *decoding;
		inside = *stretch;
		result = open_udp_port(&inner, source_port, &inside);
	}
	return result;
}
