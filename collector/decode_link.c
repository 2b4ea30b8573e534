/* Link types, by LINKTYPE_ value (tcpdump.org/linktypes.html): what each puts before an EtherType,
 * LLC, PPP or IP. */
#include "collector/decode_steps.h"

/* Address families where a link type names the network by one: IPv6 differs from
 * system to system. */
int decode_family(struct decoding *decoding, uint32_t family, struct stretch *stretch)
{
	switch (family) {
	case 2:  /* everybody's IPv4 */
	case 10: /* IPv6: Linux */
	case 23: /* Windows */
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* macOS */
		return decode_ip(decoding, stretch);
	default:
		return DECODE_REFUSED_NOT_IP;
	}
}

/* Cisco's HDLC in place of PPP's, told apart by the first byte (RFC 1547 4.3.1). */
int decode_hdlc(struct decoding *decoding, struct stretch *stretch)
{
	struct reader peek = stretch->reader;
	uint8_t address = reader_u8(&peek);

	if (address != 0x0f && address != 0x8f) {
		return decode_ppp(decoding, stretch);
	}
	reader_skip(&stretch->reader, 2);
	uint16_t type = reader_u16(&stretch->reader);
	if (!reader_ok(&stretch->reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	/* 8035 is keep-alive here. */
	return type == ETHERTYPE_RARP ? DECODE_REFUSED_LINK_CONTROL
				      : decode_ethertype(decoding, type, stretch);
}

/* Frame relay: address of two to four bytes, then control and a network-layer number or SNAP (RFC
 * 2427); or at once an EtherType, which is Cisco's own way and the usual one. */
int decode_frame_relay(struct decoding *decoding, struct stretch *stretch)
{
	enum { UNNUMBERED = 0x03, NLPID_SNAP = 0x80, NLPID_IPV4 = 0xcc, NLPID_IPV6 = 0x8e };
	struct reader *reader = &stretch->reader;
	uint8_t address = 0, next;

	for (unsigned i = 0; i < 4 && !(address & 1); i++) {
		address = reader_u8(reader);
	}
	struct reader peek = *reader;
	uint8_t control = reader_u8(&peek);
	if (control != UNNUMBERED) {
		return decode_sized_tag(decoding, 0, stretch);
	}
	*reader = peek;
	do {
		next = reader_u8(reader);
	} while (next == 0 && reader_ok(reader)); /* padding */
	if (!reader_ok(reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	if (next == NLPID_IPV4 || next == NLPID_IPV6) {
		return decode_ip(decoding, stretch);
	}
	uint32_t organisation = reader_u24(reader);
	uint16_t type = reader_u16(reader);
	if (next != NLPID_SNAP || !reader_ok(reader)) {
		return DECODE_REFUSED_NOT_IP;
	}
	if (organisation == ORGANISATION_BRIDGED && is_bridged_ethernet(type)) {
		return decode_ethernet(decoding, stretch);
	}
	return organisation == 0 ? decode_ethertype(decoding, type, stretch)
				 : DECODE_REFUSED_NOT_IP;
}

/* BSD loopback: a family in the byte order of the machine that captured, or in network order; some
 * put an EtherType there. */
static int decode_loopback(struct decoding *decoding, struct stretch *stretch)
{
	enum { ETHERTYPE_MIN = 0x600 };
	uint32_t family = reader_u32(&stretch->reader);

	if (!reader_ok(&stretch->reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	family = family > 0xffff ? __builtin_bswap32(family) : family;
	return family >= ETHERTYPE_MIN && family <= UINT16_MAX
		       ? decode_ethertype(decoding, (uint16_t)family, stretch)
		       : decode_family(decoding, family, stretch);
}

/* Linux cooked captures: where the protocol field is below 1536 it names a frame format instead. */
static int decode_cooked(struct decoding *decoding, uint16_t protocol, struct stretch *stretch)
{
	enum { FORMAT_LLC = 4, FORMAT_MIN = 1536 };

	if (!reader_ok(&stretch->reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	if (protocol < FORMAT_MIN) {
		return protocol == FORMAT_LLC ? decode_llc(decoding, stretch)
					      : DECODE_REFUSED_LINK_CONTROL;
	}
	return decode_ethertype(decoding, protocol, stretch);
}

static int decode_cooked_1(struct decoding *decoding, struct stretch *stretch)
{
	reader_skip(&stretch->reader, 14);
	uint16_t protocol = reader_u16(&stretch->reader);
	return decode_cooked(decoding, protocol, stretch);
}

static int decode_cooked_2(struct decoding *decoding, struct stretch *stretch)
{
	uint16_t protocol = reader_u16(&stretch->reader);

	reader_skip(&stretch->reader, 18);
	return decode_cooked(decoding, protocol, stretch);
}

/* Prism's header is of one length; AVS headers, which share its link type in some captures, say
 * theirs. */
static int decode_prism(struct decoding *decoding, struct stretch *stretch)
{
	struct reader peek = stretch->reader;
	uint32_t magic = reader_u32(&peek), bytes = reader_u32(&peek);
	bool is_avs = (magic & 0xfffff000) == 0x80211000;

	reader_skip(&stretch->reader, is_avs ? bytes : 144);
	return reader_ok(&stretch->reader) ? decode_wifi(decoding, stretch, WIFI_PLAIN)
					   : DECODE_REFUSED_LINK_CUT;
}

/* SunATM: direction and kind of traffic, circuit, then what the circuit carries. */
static int decode_sunatm(struct decoding *decoding, struct stretch *stretch)
{
	enum { KIND = 15, KIND_LLC = 2 };
	uint8_t flags = reader_u8(&stretch->reader);

	reader_skip(&stretch->reader, 3);
	return (flags & KIND) == KIND_LLC ? decode_llc(decoding, stretch)
					  : DECODE_REFUSED_LINK_CONTROL;
}

/* Token ring (IEEE 802.5): a route stands before LLC where the source address says so. */
static int decode_token_ring(struct decoding *decoding, struct stretch *stretch)
{
	enum { FRAME_KIND = 0xc0, FRAME_LLC = 0x40, HAS_ROUTE = 0x80, ROUTE_BYTES = 31 };
	struct reader *reader = &stretch->reader;

	reader_skip(reader, 1);
	uint8_t kind = reader_u8(reader);
	reader_skip(reader, 6);
	uint8_t source = reader_u8(reader);
	reader_skip(reader, 5);
	struct reader peek = *reader;
	unsigned route_bytes = reader_u8(&peek) & ROUTE_BYTES;
	reader_skip(reader, source & HAS_ROUTE ? route_bytes : 0);
	if (!reader_ok(reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	return (kind & FRAME_KIND) == FRAME_LLC ? decode_llc(decoding, stretch)
						: DECODE_REFUSED_LINK_CONTROL;
}

/* Addresses, then a tag of a switch that the link type names, then the EtherType. */
static int decode_broadcom_tag(struct decoding *decoding, struct stretch *stretch)
{
	return decode_sized_tag(decoding, 4, stretch);
}

/* IP over InfiniBand (RFC 4391): an EtherType and two reserved bytes. */
static int decode_ipoib(struct decoding *decoding, struct stretch *stretch)
{
	uint16_t type = reader_u16(&stretch->reader);

	reader_skip(&stretch->reader, 2);
	return reader_ok(&stretch->reader) ? decode_ethertype(decoding, type, stretch)
					   : DECODE_REFUSED_LINK_CUT;
}

static int decode_bare_type(struct decoding *decoding, struct stretch *stretch)
{
	return decode_sized_tag(decoding, 0, stretch);
}

static int decode_plain_wifi(struct decoding *decoding, struct stretch *stretch)
{
	return decode_wifi(decoding, stretch, WIFI_PLAIN);
}

/* Ethernet with what stands before it on the wire: a preamble, and a byte that says whether the
 * frame may be interrupted, and whether it goes on with one that was (IEEE 802.3br). */
static int decode_preamble(struct decoding *decoding, struct stretch *stretch)
{
	enum { PREAMBLE = 0x55, PREAMBLE_MAX = 7 };
	uint8_t delimiter = reader_u8(&stretch->reader);

	for (unsigned i = 0; i < PREAMBLE_MAX && delimiter == PREAMBLE; i++) {
		delimiter = reader_u8(&stretch->reader);
	}
	switch (delimiter) {
	case 0xd5: /* a frame */
	case 0xe6: /* one that may be interrupted */
	case 0x4c:
	case 0x7f:
	case 0xb3:
		return decode_ethernet(decoding, stretch);
	case 0x61: /* the rest of one */
	case 0x52:
	case 0x9e:
	case 0x2a:
		return DECODE_REFUSED_LINK_PIECES;
	default:
		return DECODE_REFUSED_LINK_CONTROL;
	}
}

/* Is the frame behind DOCSIS' extended header encrypted (baseline privacy)? */
static bool is_docsis_private(struct reader extended)
{
	enum { UPSTREAM = 3, DOWNSTREAM = 4, IS_ENABLED = 0x80 };
	bool is_private = false;

	while (reader_left(&extended) > 0) {
		uint8_t head = reader_u8(&extended);
		struct reader value = reader_sub(&extended, head & 15);
		uint8_t type = head >> 4;
		reader_skip(&value, 1);
		is_private |=
			(type == UPSTREAM || type == DOWNSTREAM) && reader_u8(&value) & IS_ENABLED;
	}
	return is_private;
}

/* DOCSIS: frames of Ethernet behind a header that may be extended; others are the link's own. */
static int decode_docsis(struct decoding *decoding, struct stretch *stretch)
{
	enum { NOT_A_FRAME = 0x40, PARAMETERS = 0x3e, IS_EXTENDED = 1, CHECK_BYTES = 2 };
	struct reader *reader = &stretch->reader;
	uint8_t control = reader_u8(reader), bytes = reader_u8(reader);

	reader_skip(reader, 2);
	struct reader extended = reader_sub(reader, control & IS_EXTENDED ? bytes : 0);
	reader_skip(reader, CHECK_BYTES);
	if (!reader_ok(reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	if (control & (NOT_A_FRAME | PARAMETERS)) {
		return DECODE_REFUSED_LINK_CONTROL;
	}
	return is_docsis_private(extended) ? DECODE_REFUSED_LINK_ENCRYPTED
					   : decode_ethernet(decoding, stretch);
}

/* Link types that put a header of fixed length in front of something above. */
static const struct {
	uint16_t link_type;
	uint8_t skip_bytes;
	int (*decode)(struct decoding *decoding, struct stretch *stretch);
} links[] = {
	{ 0, 0, decode_loopback },
	{ LINK_ETHERNET, 0, decode_ethernet },
	{ 6, 0, decode_token_ring },
	{ 8, 16, decode_ip },   /* SLIP, as BSD writes it */
	{ 9, 0, decode_hdlc },  /* PPP */
	{ 10, 13, decode_llc }, /* FDDI */
	{ 11, 0, decode_llc },  /* ATM, RFC 1483 */
	{ 12, 0, decode_ip },   /* raw IP, as three systems number it */
	{ 14, 0, decode_ip },
	{ 101, 0, decode_ip },
	{ 50, 0, decode_hdlc }, /* PPP in HDLC framing */
	{ 51, 0, decode_pppoe },
	{ 100, 0, decode_llc },  /* ATM, RFC 1483 */
	{ 104, 0, decode_hdlc }, /* Cisco HDLC */
	{ 105, 0, decode_plain_wifi },
	{ 106, 0, decode_llc }, /* ATM, as Linux has it */
	{ 107, 0, decode_frame_relay },
	{ 108, 0, decode_loopback },
	{ 109, 0, decode_enc },
	{ 113, 0, decode_cooked_1 },
	{ 117, 0, decode_pflog },
	{ LINK_PRISM, 0, decode_prism },
	{ 122, 16, decode_llc }, /* IP over Fibre Channel, RFC 2625 */
	{ 123, 0, decode_sunatm },
	{ 127, 0, decode_radiotap },
	{ 138, 16, decode_bare_type }, /* IP over FireWire */
	{ 143, 0, decode_docsis },
	{ 149, 0, decode_pktap }, /* free for anybody's use, and taken by Apple */
	{ 163, 0, decode_prism }, /* AVS */
	{ 166, 2, decode_ppp },   /* pppd's: a direction takes the place of the address byte */
	{ 192, 0, decode_ppi },
	{ 197, 0, decode_erf },
	{ 204, 1, decode_ppp }, /* direction, then PPP */
	{ 205, 1, decode_hdlc },
	{ 206, 1, decode_frame_relay },
	{ 219, 0, decode_mpls },
	{ 226, 24, decode_ip }, /* Solaris IPNET */
	{ 228, 0, decode_ip },
	{ 229, 0, decode_ip },
	{ 239, 0, decode_nflog },
	{ 240, 4, decode_ethernet }, /* netANALYZER */
	{ 241, 12, decode_ethernet },
	{ 242, 40, decode_ipoib },
	{ 258, 0, decode_pktap },
	{ 274, 0, decode_preamble },
	{ 276, 0, decode_cooked_2 },
	{ 281, 12, decode_broadcom_tag },
	{ 282, 4, decode_ethernet }, /* Broadcom's tag in front */
	{ 284, 12, decode_marvell_tag },
	{ 285, 14, decode_marvell_ethertype },
};

/* Why a link type is not opened, where more can be said than that we do not read it. */
static int refuse_link(uint16_t link_type)
{
	switch (link_type) {
	case 130 ... 137:
	case 164:
	case 174:
	case 178 ... 181:
	case 183:
	case 194:
	case 200:
	case 232 ... 234:
	case 238:
		return DECODE_REFUSED_LINK_JUNIPER;
	case 247:
		return DECODE_REFUSED_LINK_INFINIBAND;
	default:
		return DECODE_REFUSED_LINK_UNKNOWN;
	}
}

int decode_link(struct decoding *decoding, uint16_t link_type, struct stretch *stretch)
{
	for (unsigned i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (links[i].link_type == link_type) {
			reader_skip(&stretch->reader, links[i].skip_bytes);
			return reader_ok(&stretch->reader) ? links[i].decode(decoding, stretch)
							   : DECODE_REFUSED_LINK_CUT;
		}
	}
	return refuse_link(link_type);
}
