/* Tunnels that are IP protocols of their own.
 *
 * A tunnel is opened only where an IP packet that fits lies inside; everything else stays what it
 * is outside. Numbers that hold for one direction (GTP TEIDs, L2TP sessions, PPTP call numbers) are
 * the context's way, apart from what both directions share. */
#include "collector/decode_steps.h"

/* ERSPAN type II (version 1) and III (version 2), draft-foschiano-erspan; type I has no header and
 * no sequence. */
static int open_erspan(
	struct decoding *inner, uint16_t type, bool has_sequence, struct stretch *stretch)
{
	struct reader *reader = &stretch->reader;

	if (type == ETHERTYPE_ERSPAN && !has_sequence) {
		return decode_ethernet(inner, stretch);
	}
	enum { MIRROR_CUT = 0x0400 };
	uint8_t version = reader_u8(reader) >> 4;
	reader_skip(reader, 1);
	if (reader_u16(reader) & MIRROR_CUT) {
		stretch->cut_bytes += UINT16_MAX; /* the mirror cut it, nobody says by how much */
	}
	if (type == ETHERTYPE_ERSPAN && version == 1) {
		reader_skip(reader, 4);
		return decode_ethernet(inner, stretch);
	}
	if (version != 2) {
		return DECODE_REFUSED_NOT_IP;
	}
	reader_skip(reader, 6);
	uint16_t last = reader_u16(reader);
	if (last & 1) {
		reader_skip(reader, 8); /* the platform's sub-header */
	}
	/* Frame type: 0 Ethernet, 2 IP. */
	return (last >> 10 & 31) == 2 ? decode_unnamed_ip(inner, stretch)
				      : decode_ethernet(inner, stretch);
}

enum gre_flags {
	GRE_CHECKSUM = 0x8000,
	GRE_ROUTING = 0x4000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_ACKNOWLEDGE = 0x0080,
	GRE_VERSION = 0x0007
};

/* Protocol types that are no EtherTypes. */
enum gre_type { GRE_ETHERNET_OVER_IP = 0x6400, GRE_WCCP = 0x883e };

/* Access points send 802.11 frames to their controller, one type a kind of traffic. */
static bool is_access_point(uint16_t type)
{
	return (type & 0xfe0f) == 0x8200 || (type & 0xff0f) == 0x9000;
}

/* What GRE's protocol type names. */
static int open_gre_type(struct decoding *inner, uint16_t type, struct stretch *stretch)
{
	if (is_access_point(type)) {
		return decode_wifi(inner, stretch, WIFI_IN_CAPWAP);
	}
	switch (type) {
	case GRE_WCCP: /* version 2 puts a redirect header in front of the packet */
		if (!holds_ip(stretch, 4)) {
			reader_skip(&stretch->reader, 4);
		}
		return decode_unnamed_ip(inner, stretch);
	case ETHERTYPE_FRAME_RELAY:
		return decode_frame_relay(inner, stretch);
	default:
		return decode_ethertype(inner, type, stretch);
	}
}

/* GRE version 1 (RFC 2637): PPP, with the payload's length and a call number in place
 * of the key. MikroTik's has Ethernet behind the same key. */
static int open_pptp(struct decoding *inner, uint16_t flags, uint16_t type, struct stretch *stretch)
{
	if (type == GRE_ETHERNET_OVER_IP && (flags & GRE_KEY)) {
		reader_skip(&stretch->reader, 4);
		return push_tunnel(inner, TUNNEL_GRE) ? decode_ethernet(inner, stretch)
						      : DECODE_REFUSED_TAG_DEPTH;
	}
	if (type != ETHERTYPE_PPP || !(flags & GRE_KEY) || !(flags & GRE_SEQUENCE)) {
		return DECODE_REFUSED_LINK_CONTROL;
	}
	reader_skip(&stretch->reader, 2);
	decode_set_way(inner, reader_u16(&stretch->reader));
	reader_skip(&stretch->reader, flags & GRE_ACKNOWLEDGE ? 8 : 4);
	return push_tunnel(inner, TUNNEL_GRE) ? decode_ppp(inner, stretch)
					      : DECODE_REFUSED_TAG_DEPTH;
}

/* The network that a key names. NVGRE (RFC 7637, 3.2) has its number in the upper 24 bits, from
 * 4096 on, and below it what spreads flows over paths, as each sender likes. */
static uint32_t network_of(uint16_t flags, uint16_t type, uint32_t key)
{
	enum { NVGRE_FIRST = 0x1000 };
	bool is_nvgre = type == ETHERTYPE_BRIDGED && !(flags & (GRE_CHECKSUM | GRE_SEQUENCE)) &&
			key >> 8 >= NVGRE_FIRST;

	return is_nvgre ? key >> 8 : key;
}

/* GRE version 0 (RFC 2784, RFC 2890), also NVGRE and WCCP. */
int decode_gre(struct decoding *inner, struct stretch *stretch)
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
		inner->context.network_id = network_of(flags, type, key);
	}
	return open_gre_type(inner, type, stretch);
}

/* EtherIP (RFC 3378): version 3 in the first four bits, the rest zero. */
int decode_etherip(struct decoding *inner, struct stretch *stretch)
{
	return reader_u16(&stretch->reader) == 0x3000 ? decode_ethernet(inner, stretch)
						      : DECODE_REFUSED_NOT_IP;
}

/* A multicast packet on its way to where it is sent out (RFC 7761 4.9.3); a null register has none.
 */
static int open_pim(struct decoding *inner, struct stretch *stretch)
{
	enum { VERSION_2_REGISTER = 0x21, NULL_REGISTER = 0x40 };
	struct reader *reader = &stretch->reader;
	uint8_t kind = reader_u8(reader);

	reader_skip(reader, 3);
	uint8_t flags = reader_u8(reader);
	reader_skip(reader, 3);
	if (kind != VERSION_2_REGISTER || (flags & NULL_REGISTER) ||
		!push_tunnel(inner, TUNNEL_PIM)) {
		return DECODE_REFUSED_LINK_CONTROL;
	}
	return decode_unnamed_ip(inner, stretch);
}

/* L2TP version 3 (RFC 3931): how long cookie and sublayer behind the session's number are was said
 * when it was set up: where a frame shows itself, there it is. Session 0 is control. */
int decode_l2tp_3(struct decoding *inner, struct stretch *stretch)
{
	enum { COOKIE_AND_SUBLAYER_MAX = 12 };
	uint32_t session = reader_u32(&stretch->reader);

	if (session == 0 || !push_tunnel(inner, TUNNEL_L2TP)) {
		return DECODE_REFUSED_LINK_CONTROL;
	}
	decode_set_way(inner, session);
	for (unsigned skip = 0; skip <= COOKIE_AND_SUBLAYER_MAX; skip += 4) {
		if (holds_ethernet(stretch)) {
			return decode_ethernet(inner, stretch);
		}
		if (holds_checked_ip(stretch, 4) || holds_checked_ip(stretch, 6)) {
			return decode_ip(inner, stretch);
		}
		reader_skip(&stretch->reader, 4);
	}
	return DECODE_REFUSED_NOT_IP;
}

bool decode_is_outside(
	const struct decoding *decoding, const struct ip_layer *ip, const uint8_t *end)
{
	const struct wrapping *wrapping = &decoding->decoder->wrapping;
	struct addr addr = ip->is_v6 ? addr_from_v6(end) : addr_from_v4(end);

	return wrapping->is_outside && wrapping->is_outside(wrapping->whose, &addr);
}

struct decoding decode_wrapped(const struct decoding *decoding, const struct ip_layer *ip)
{
	struct decoding inner = *decoding;
	unsigned addr_bytes = ip->is_v6 ? 16 : 4;

	if (decode_is_outside(decoding, ip, ip->source)) {
		inner.context.is_from_outside = 1;
	}
	inner.ends[0] = end_print(ip->source, addr_bytes);
	inner.ends[1] = end_print(ip->destination, addr_bytes);
	return inner;
}

int decode_ip_tunnel(
	const struct decoding *decoding, const struct ip_layer *ip, const struct stretch *stretch)
{
	struct decoding inner = decode_wrapped(decoding, ip);
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
		return decode_gre(&inner, &inside);
	case IP_MPLS:
		return decode_mpls(&inner, &inside);
	case IP_ETHERIP:
		return push_tunnel(&inner, kind) ? decode_etherip(&inner, &inside)
						 : DECODE_REFUSED_TAG_DEPTH;
	case IP_ETHERNET:
		return push_tunnel(&inner, kind) ? decode_ethernet(&inner, &inside)
						 : DECODE_REFUSED_TAG_DEPTH;
	case IP_PIM:
		return open_pim(&inner, &inside);
	case IP_L2TP:
		return decode_l2tp_3(&inner, &inside);
	default:
		return DECODE_REFUSED_NOT_IP;
	}
}
