/* Tunnels behind a UDP port.
 *
 * A port alone proves nothing: a tunnel is opened only where an IP packet that fits lies inside
 * behind a header that can be its own. Reserved bits are not looked at (their standards say so).
 * Everything else stays what it is outside. */
#include "collector/decode_steps.h"

/* What the next protocol of the generic form names (draft-ietf-nvo3-vxlan-gpe). */
static int open_vxlan_next(struct decoding *inner, uint8_t next, struct stretch *stretch)
{
	enum { NEXT_ETHERNET = 3, NEXT_NSH = 4, NEXT_MPLS = 5 };

	switch (next) {
	case NEXT_ETHERNET:
		return decode_ethernet(inner, stretch);
	case NEXT_NSH:
		return decode_nsh(inner, stretch);
	case NEXT_MPLS:
		return decode_mpls(inner, stretch);
	default:
		return decode_unnamed_ip(inner, stretch);
	}
}

/* VXLAN (RFC 7348): one flag says that the network's number is there. */
static int open_vxlan(struct decoding *inner, bool is_generic, struct stretch *stretch)
{
	enum { HAS_NETWORK = 0x08, HAS_NEXT = 0x04 };
	struct reader *reader = &stretch->reader;
	uint8_t flags = reader_u8(reader);
	reader_skip(reader, 2);
	uint8_t next = reader_u8(reader);
	uint32_t network = reader_u24(reader);
	reader_skip(reader, 1);

	if (!reader_ok(reader) || !(flags & HAS_NETWORK) || !push_tunnel(inner, TUNNEL_VXLAN)) {
		return DECODE_REFUSED_NOT_IP;
	}
	inner->context.network_id = network;
	return is_generic && (flags & HAS_NEXT) ? open_vxlan_next(inner, next, stretch)
						: decode_ethernet(inner, stretch);
}

/* GENEVE (RFC 8926). */
static int open_geneve(struct decoding *inner, struct stretch *stretch)
{
	struct reader *reader = &stretch->reader;
	uint8_t version_length = reader_u8(reader);

	reader_skip(reader, 1);
	uint16_t type = reader_u16(reader);
	uint32_t network = reader_u24(reader);
	reader_skip(reader, 1 + (version_length & 63) * 4U);
	if (!reader_ok(reader) || version_length >> 6 != 0 || !push_tunnel(inner, TUNNEL_GENEVE)) {
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
	uint32_t endpoint = reader_u32(reader); /* of whom it is sent to */

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
	decode_set_way(inner, endpoint);
	/* A session of the fifth generation may carry frames. */
	return holds_ethernet(stretch) ? decode_ethernet(inner, stretch)
				       : decode_unnamed_ip(inner, stretch);
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
		RESERVED = 0x34f0,
		VERSION_3_DATA = 3
	};
	struct reader *reader = &stretch->reader;
	uint64_t wire_bytes = stretch_wire_bytes(stretch);
	uint16_t flags = reader_u16(reader);

	if (flags == VERSION_3_DATA) {
		reader_skip(reader, 2);
		return decode_l2tp_3(inner, stretch);
	}
	if ((flags & (CONTROL | RESERVED)) != 0 || (flags & 15) != 2) {
		return DECODE_REFUSED_LINK_CONTROL;
	}
	if ((flags & LENGTH) && reader_u16(reader) > wire_bytes) {
		return DECODE_REFUSED_NOT_IP;
	}
	decode_set_way(inner, reader_u32(reader)); /* tunnel and session */
	reader_skip(reader, flags & SEQUENCE ? 4 : 0);
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
	return decode_unnamed_ip(inner, stretch);
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

/* LISP (RFC 9300 5.3): two words of flags, nonce and locator bits, or an instance in place of the
 * latter's first three bytes. */
static int open_lisp(struct decoding *inner, struct stretch *stretch)
{
	enum { HAS_INSTANCE = 0x08 };
	uint8_t flags = reader_u8(&stretch->reader);

	reader_skip(&stretch->reader, 3);
	uint32_t instance = reader_u24(&stretch->reader);
	reader_skip(&stretch->reader, 1);
	if (!push_tunnel(inner, TUNNEL_LISP)) {
		return DECODE_REFUSED_TAG_DEPTH;
	}
	inner->context.network_id = flags & HAS_INSTANCE ? instance : 0;
	return decode_unnamed_ip(inner, stretch);
}

/* TaZmen sniffer protocol: version, kind, what is inside; then tags of type, length and value, but
 * for padding and the end, which are one byte each. */
static int open_tzsp(struct decoding *inner, struct stretch *stretch)
{
	enum { TAG_PADDING, TAG_END };
	enum { INSIDE_ETHERNET = 1, INSIDE_WIFI = 18, INSIDE_PRISM = 119, INSIDE_AVS = 127 };
	struct reader *reader = &stretch->reader;
	uint8_t version = reader_u8(reader), kind = reader_u8(reader), tag;
	uint16_t inside = reader_u16(reader);

	/* Received, or to be sent. */
	if (version != 1 || kind > 1 || !push_tunnel(inner, TUNNEL_TZSP)) {
		return DECODE_REFUSED_LINK_CONTROL;
	}
	do {
		tag = reader_u8(reader);
		if (tag > TAG_END) {
			reader_skip(reader, reader_u8(reader));
		}
	} while (tag != TAG_END && reader_ok(reader));
	switch (inside) {
	case INSIDE_ETHERNET:
		return decode_ethernet(inner, stretch);
	case INSIDE_WIFI:
		return decode_wifi(inner, stretch, WIFI_PLAIN);
	case INSIDE_PRISM:
	case INSIDE_AVS:
		return decode_link(inner, LINK_PRISM, stretch);
	default:
		return DECODE_REFUSED_NOT_IP;
	}
}

/* HP's remote mirroring: eight bytes nobody has described, then what was the frame's VLAN tag where
 * the last byte says that there was one. */
static int open_hp_mirror(struct decoding *inner, struct stretch *stretch)
{
	enum { WAS_TAGGED = 0x80 };
	struct reader *reader = &stretch->reader;

	reader_skip(reader, 9);
	uint16_t vlan = reader_u16(reader) & 0x0fff;
	uint8_t flags = reader_u8(reader);
	if (!reader_ok(reader) || !push_tunnel(inner, TUNNEL_HP_ERM) ||
		((flags & WAS_TAGGED) && decode_add_vlan(inner, vlan) != DECODE_DONE)) {
		return DECODE_REFUSED_NOT_IP;
	}
	return decode_ethernet(inner, stretch);
}

/* Generic UDP encapsulation (draft-ietf-intarea-gue): version 1 is the packet itself, whose own
 * version begins with that bit; version 0 names a protocol and says its length in words. */
static int open_gue(struct decoding *inner, struct stretch *stretch)
{
	enum { IS_CONTROL = 0x20, LENGTH = 0x1f };
	struct reader *reader = &stretch->reader;
	struct reader peek = *reader;
	uint8_t first = reader_u8(&peek), protocol = reader_u8(&peek);

	if (!reader_ok(&peek) || first & 0x80 || !push_tunnel(inner, TUNNEL_GUE)) {
		return DECODE_REFUSED_NOT_IP;
	}
	if (first & 0x40) {
		return decode_unnamed_ip(inner, stretch);
	}
	reader_skip(reader, 4 + (first & LENGTH) * 4U);
	if (first & IS_CONTROL || !reader_ok(reader)) {
		return DECODE_REFUSED_LINK_CONTROL;
	}
	switch (protocol) {
	case IP_IPV4:
	case IP_IPV6:
		return decode_unnamed_ip(inner, stretch);
	case IP_GRE:
		return decode_gre(inner, stretch);
	case IP_MPLS:
		return decode_mpls(inner, stretch);
	case IP_ETHERIP:
		return decode_etherip(inner, stretch);
	case IP_ETHERNET:
		return decode_ethernet(inner, stretch);
	default:
		return DECODE_REFUSED_NOT_IP;
	}
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
	case 4341:
		return open_lisp(inner, stretch);
	case 4754:
		return decode_gre(inner, stretch);
	case 4789:
	case 8472:
		return open_vxlan(inner, false, stretch);
	case 4790:
		return open_vxlan(inner, true, stretch);
	case 5072:
		return open_ayiya(inner, stretch);
	case 5247:
		return open_capwap(inner, stretch);
	case 6080:
		return open_gue(inner, stretch);
	case 6081:
		return open_geneve(inner, stretch);
	case 6635:
		return decode_mpls(inner, stretch);
	case 7932:
		return open_hp_mirror(inner, stretch);
	case 37008:
		return open_tzsp(inner, stretch);
	default:
		return DECODE_REFUSED_NOT_IP;
	}
}

/* Where who asks may write much of the answer: well-known services, and those that took a higher
 * port. Ends of tunnels send from the tunnel's port or from one of no service. */
static bool is_service_port(uint16_t port)
{
	enum { WELL_KNOWN = 1024 };
	static const uint16_t higher[] = { 1434 /* SQL Server's browser */, 1645, 1646,
		1812 /* RADIUS */, 1813, 1900 /* SSDP */, 2049 /* NFS */, 3478 /* STUN */,
		3702 /* WS-Discovery */, 5060 /* SIP */, 5351 /* NAT-PMP */, 5353 /* mDNS */,
		5355 /* LLMNR */, 5683 /* CoAP */, 11211 /* memcached */ };

	for (unsigned i = 0; i < sizeof(higher) / sizeof(higher[0]); i++) {
		if (higher[i] == port) {
			return true;
		}
	}
	return port < WELL_KNOWN;
}

/* Those of open_udp_port(). */
static bool is_tunnel_port(uint16_t port)
{
	switch (port) {
	case 1701:
	case 2152:
	case 3544:
	case 4341:
	case 4754:
	case 4789:
	case 4790:
	case 5072:
	case 5247:
	case 6080:
	case 6081:
	case 6635:
	case 7932:
	case 8472:
	case 37008:
		return true;
	default:
		return false;
	}
}

static struct addr addr_of(const struct ip_layer *ip, const uint8_t *end)
{
	return ip->is_v6 ? addr_from_v6(end) : addr_from_v4(end);
}

/* Did the end outside speak first, from a tunnel's port to one of ours that is none? */
static bool was_asked(const struct decoding *decoding, const struct ip_layer *ip,
	const uint16_t ports[2], bool by_outside)
{
	const uint8_t *outside = by_outside ? ip->source : ip->destination;
	const uint8_t *ours = by_outside ? ip->destination : ip->source;
	struct tunnel_pair pair = { .outside = addr_of(ip, outside),
		.ours = addr_of(ip, ours),
		.outside_port = ports[!by_outside],
		.our_port = ports[by_outside] };
	struct decoder *decoder = decoding->decoder;

	return is_tunnel_port(pair.outside_port) && !is_tunnel_port(pair.our_port) &&
	       tunnel_askers_see(&decoder->tunnel_askers, &decoder->name_key, &pair, by_outside);
}

/* What ours answers to somebody outside who asked from a tunnel's port is his word: of a service
 * that is known by its port, or where he was seen to ask. */
static struct decoding wrapped_udp(
	const struct decoding *decoding, const struct ip_layer *ip, const uint16_t ports[2])
{
	struct decoding inner = decode_wrapped(decoding, ip);
	bool by_outside = decode_is_outside(decoding, ip, ip->source);
	bool to_outside = decode_is_outside(decoding, ip, ip->destination);

	if (by_outside != to_outside && was_asked(decoding, ip, ports, by_outside)) {
		inner.context.is_from_outside = 1;
	}
	if (is_service_port(ports[0]) && to_outside) {
		inner.context.is_from_outside = 1;
	}
	return inner;
}

int decode_udp_tunnel(const struct decoding *decoding, const struct ip_layer *ip,
	uint16_t source_port, uint16_t destination_port, const struct stretch *stretch)
{
	if (!is_tunnel_port(source_port) && !is_tunnel_port(destination_port)) {
		return DECODE_REFUSED_NOT_IP;
	}
	const uint16_t ports[2] = { source_port, destination_port };
	const struct decoding wrapped = wrapped_udp(decoding, ip, ports);
	struct decoding inner = wrapped;
	struct stretch inside = *stretch;
	int result = open_udp_port(&inner, destination_port, &inside);

	/* Two-way tunnels answer from their port. */
	if (!is_decoded(result) && source_port != destination_port) {
		inner = wrapped;
		inside = *stretch;
		result = open_udp_port(&inner, source_port, &inside);
	}
	return result;
}
