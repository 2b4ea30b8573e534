/* Link types, by LINKTYPE_ value (tcpdump.org/linktypes.html): what each puts before an EtherType,
 * LLC, PPP or IP. */
#include "collector/decode_steps.h"

/* Address families where a link type names the network by one: IPv6 differs from
 * system to system. */
static int decode_family(struct decoding *decoding, uint32_t family, struct stretch *stretch)
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
static int decode_hdlc(struct decoding *decoding, struct stretch *stretch)
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

/* Frame relay (RFC 2427): address of two to four bytes, control, then a network-layer number or
 * SNAP. */
static int decode_frame_relay(struct decoding *decoding, struct stretch *stretch)
{
	enum { NLPID_SNAP = 0x80, NLPID_IPV4 = 0xcc, NLPID_IPV6 = 0x8e };
	struct reader *reader = &stretch->reader;
	uint8_t address = 0, next;

	for (unsigned i = 0; i < 4 && !(address & 1); i++) {
		address = reader_u8(reader);
	}
	reader_skip(reader, 1);
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
	if (next != NLPID_SNAP || organisation != 0 || !reader_ok(reader)) {
		return DECODE_REFUSED_NOT_IP;
	}
	return decode_ethertype(decoding, type, stretch);
}

/* The packet filter's log of BSD systems: its header says its own length, rounded up
 * to four bytes. */
static int decode_pflog(struct decoding *decoding, struct stretch *stretch)
{
	struct reader peek = stretch->reader;
	uint8_t header_bytes = reader_u8(&peek), family = reader_u8(&peek);

	reader_skip(&stretch->reader, (header_bytes + 3U) / 4 * 4);
	return reader_ok(&stretch->reader) ? decode_family(decoding, family, stretch)
					   : DECODE_REFUSED_LINK_CUT;
}

/* BSD loopback: a family in the byte order of the machine that captured, or in network order. */
static int decode_loopback(struct decoding *decoding, struct stretch *stretch)
{
	uint32_t family = reader_u32(&stretch->reader);

	if (!reader_ok(&stretch->reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	return decode_family(
		decoding, family > 0xffff ? __builtin_bswap32(family) : family, stretch);
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

static int decode_plain_wifi(struct decoding *decoding, struct stretch *stretch)
{
	return decode_wifi(decoding, stretch, WIFI_PLAIN);
}

/* Per-packet information: a header of its own length, then a frame of the link type it names. */
static int decode_ppi(struct decoding *decoding, struct stretch *stretch)
{
	struct reader peek = stretch->reader;

	reader_skip(&peek, 2);
	uint16_t header_bytes = reader_u16_le(&peek);
	uint32_t link_type = reader_u32_le(&peek);
	reader_skip(&stretch->reader, header_bytes);
	if (!reader_ok(&stretch->reader) || header_bytes < 8) {
		return DECODE_REFUSED_LINK_CUT;
	}
	if (++decoding->steps > DECODE_STEPS_MAX) {
		return DECODE_REFUSED_TAG_DEPTH;
	}
	return link_type <= UINT16_MAX ? decode_link(decoding, (uint16_t)link_type, stretch)
				       : DECODE_REFUSED_LINK_UNKNOWN;
}

/* Link types that put a header of fixed length in front of something above. */
static const struct {
	uint16_t link_type;
	uint8_t skip_bytes;
	int (*decode)(struct decoding *decoding, struct stretch *stretch);
} links[] = {
	{ 0, 0, decode_loopback },
	{ LINK_ETHERNET, 0, decode_ethernet },
	{ 8, 16, decode_ip },   /* SLIP, as BSD writes it */
	{ 9, 0, decode_hdlc },  /* PPP */
	{ 10, 13, decode_llc }, /* FDDI */
	{ 11, 0, decode_llc },  /* ATM, RFC 1483 */
	{ 12, 0, decode_ip },   /* raw IP, as three systems number it */
	{ 14, 0, decode_ip },
	{ 101, 0, decode_ip },
	{ 50, 0, decode_hdlc }, /* PPP in HDLC framing */
	{ 51, 0, decode_pppoe },
	{ 104, 0, decode_hdlc }, /* Cisco HDLC */
	{ 105, 0, decode_plain_wifi },
	{ 107, 0, decode_frame_relay },
	{ 108, 0, decode_loopback },
	{ 113, 0, decode_cooked_1 },
	{ 117, 0, decode_pflog },
	{ 119, 0, decode_prism },
	{ 127, 0, decode_radiotap },
	{ 163, 0, decode_prism }, /* AVS */
	{ 166, 2, decode_ppp },   /* pppd's: a direction takes the place of the address byte */
	{ 192, 0, decode_ppi },
	{ 204, 1, decode_ppp }, /* direction, then PPP */
	{ 205, 1, decode_hdlc },
	{ 226, 24, decode_ip }, /* Solaris IPNET */
	{ 228, 0, decode_ip },
	{ 229, 0, decode_ip },
	{ 240, 4, decode_ethernet }, /* netANALYZER */
	{ 241, 12, decode_ethernet },
	{ 276, 0, decode_cooked_2 },
};

int decode_link(struct decoding *decoding, uint16_t link_type, struct stretch *stretch)
{
	for (unsigned i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (links[i].link_type == link_type) {
			reader_skip(&stretch->reader, links[i].skip_bytes);
			return reader_ok(&stretch->reader) ? links[i].decode(decoding, stretch)
							   : DECODE_REFUSED_LINK_CUT;
		}
	}
	return DECODE_REFUSED_LINK_UNKNOWN;
}
