/* What an EtherType names, and the frames that lead to one: Ethernet, LLC, PPP. */
#include "collector/decode_steps.h"

/* IEEE 802.3: up to here the field says how long the frame is, and not what it holds. */
enum { LENGTH_MAX = 1500 };

enum { PPP_IPV4 = 0x0021, PPP_IPV6 = 0x0057 };

/* A frame with its length there: LLC, or, as some switches have it, a tag of that value. */
static int decode_sized_frame(struct decoding *decoding, struct stretch *stretch)
{
	return is_behind_plain_tag(stretch) ? decode_sized_tag(decoding, 2, stretch)
					    : decode_llc(decoding, stretch);
}

int decode_pppoe(struct decoding *decoding, struct stretch *stretch)
{
	uint8_t version = reader_u8(&stretch->reader), code = reader_u8(&stretch->reader);

	reader_skip(&stretch->reader, 4);
	if (!reader_ok(&stretch->reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	if (version != 0x11 || code != 0) {
		return DECODE_REFUSED_LINK_CONTROL;
	}
	return push_tunnel(decoding, TUNNEL_PPPOE) ? decode_ppp(decoding, stretch)
						   : DECODE_REFUSED_TAG_DEPTH;
}

int decode_ethertype(struct decoding *decoding, uint16_t type, struct stretch *stretch)
{
	if (++decoding->steps > DECODE_STEPS_MAX) {
		return DECODE_REFUSED_TAG_DEPTH;
	}
	switch (type) {
	case ETHERTYPE_IPV4:
	case ETHERTYPE_IPV6:
		return decode_ip(decoding, stretch);
	case ETHERTYPE_VLAN:
	case ETHERTYPE_QINQ:
	case ETHERTYPE_QINQ_OLD:
	case ETHERTYPE_QINQ_OLDER:
		return decode_vlan(decoding, stretch);
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_MULTICAST:
		return decode_mpls(decoding, stretch);
	case ETHERTYPE_PPPOE:
		return decode_pppoe(decoding, stretch);
	case ETHERTYPE_PPP:
		return decode_ppp(decoding, stretch);
	case ETHERTYPE_BRIDGED:
		return decode_ethernet(decoding, stretch);
	case ETHERTYPE_VNTAG:
	case ETHERTYPE_ETAG:
		return decode_port_tag(decoding, type, stretch);
	case ETHERTYPE_BACKBONE:
	case ETHERTYPE_FABRIC_PATH:
		return decode_mac_in_mac(decoding, type, stretch);
	case ETHERTYPE_TRILL:
		return decode_trill(decoding, stretch);
	case ETHERTYPE_METADATA:
		return decode_metadata(decoding, stretch);
	case ETHERTYPE_HSR:
	case ETHERTYPE_REDUNDANCY:
		return decode_sized_tag(decoding, 4, stretch);
	case ETHERTYPE_TTAG:
		return decode_sized_tag(decoding, 6, stretch);
	case ETHERTYPE_REALTEK:
		return decode_realtek_tag(decoding, stretch);
	case ETHERTYPE_MARVELL:
		return decode_marvell_ethertype(decoding, stretch);
	case ETHERTYPE_NSH:
		return decode_nsh(decoding, stretch);
	case ETHERTYPE_MACSEC:
		return decode_macsec(decoding, stretch);
	case ETHERTYPE_ARP:
		decode_sight_arp(decoding, stretch);
		return DECODE_REFUSED_ARP;
	case ETHERTYPE_RARP:
		return DECODE_REFUSED_ARP;
	case ETHERTYPE_PAUSE:
	case ETHERTYPE_SLOW:
	case ETHERTYPE_PPPOE_DISCOVERY:
	case ETHERTYPE_EAPOL:
	case ETHERTYPE_LLDP:
	case ETHERTYPE_LOOP:
		return DECODE_REFUSED_LINK_CONTROL;
	default:
		break;
	}
	if (type <= LENGTH_MAX) {
		return decode_sized_frame(decoding, stretch);
	}
	return is_behind_plain_tag(stretch) ? decode_sized_tag(decoding, 2, stretch)
					    : DECODE_REFUSED_NOT_IP;
}

/* LLC (IEEE 802.2), and SNAP behind it where an EtherType is meant. */
int decode_llc(struct decoding *decoding, struct stretch *stretch)
{
	enum { SAP_SNAP = 0xaa, SAP_IP = 0x06, SAP_SPANNING_TREE = 0x42, UNNUMBERED = 0x03 };
	struct reader *reader = &stretch->reader;
	uint8_t to = reader_u8(reader), from = reader_u8(reader), control = reader_u8(reader);

	if (!reader_ok(reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	if (to == SAP_SPANNING_TREE) {
		return DECODE_REFUSED_LINK_CONTROL;
	}
	if (to == SAP_IP && from == SAP_IP && control == UNNUMBERED) {
		return decode_ip(decoding, stretch);
	}
	if ((to & 0xfe) != SAP_SNAP || (from & 0xfe) != SAP_SNAP || control != UNNUMBERED) {
		return DECODE_REFUSED_NOT_IP;
	}
	uint32_t organisation = reader_u24(reader);
	uint16_t type = reader_u16(reader);
	if (!reader_ok(reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	/* 0 is RFC 1042's, 0000f8 the bridge-tunnel's; Cisco's own hold
	 * its link-layer protocols. */
	if (organisation == 0x00000c) {
		return DECODE_REFUSED_LINK_CONTROL;
	}
	if (organisation == ORGANISATION_BRIDGED && is_bridged_ethernet(type)) {
		reader_skip(reader, 2); /* so that the frame is aligned (RFC 2684, 5.2) */
		return decode_ethernet(decoding, stretch);
	}
	return organisation == 0 || organisation == 0x0000f8
		       ? decode_ethertype(decoding, type, stretch)
		       : DECODE_REFUSED_NOT_IP;
}

/* Cisco's inter-switch link: a group of its own in the first five bytes, what it wraps in the next.
 */
static bool is_isl(const uint8_t *macs)
{
	return (macs[0] & ~2) == 1 && macs[1] == 0 && macs[2] == 0x0c && macs[3] == 0 &&
	       macs[4] == 0;
}

int decode_ethernet(struct decoding *decoding, struct stretch *stretch)
{
	const uint8_t *macs = reader_bytes(&stretch->reader, 12);
	uint16_t type = reader_u16(&stretch->reader);
	if (!reader_ok(&stretch->reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	if (decoding->steps == 0) {
		decoding->macs = macs;
	}
	if (type > LENGTH_MAX) {
		return decode_ethertype(decoding, type, stretch);
	}
	if (is_isl(macs)) {
		return decode_isl(decoding, macs[5] >> 4, stretch);
	}
	if (++decoding->steps > DECODE_STEPS_MAX) {
		return DECODE_REFUSED_TAG_DEPTH;
	}
	return decode_sized_frame(decoding, stretch);
}

/* The protocol of a PPP frame, of one byte where both sides agreed on it: its number is odd, the
 * first of two bytes never is. */
static uint16_t read_ppp_protocol(struct reader *reader)
{
	uint16_t protocol = reader_u8(reader);

	return protocol & 1 ? protocol : (uint16_t)(protocol << 8 | reader_u8(reader));
}

static bool holds_ppp_ip(const struct stretch *stretch)
{
	struct stretch behind = *stretch;
	uint16_t protocol = read_ppp_protocol(&behind.reader);

	return (protocol == PPP_IPV4 && holds_ip(&behind, 4)) ||
	       (protocol == PPP_IPV6 && holds_ip(&behind, 6));
}

/* Several links that are one (RFC 1990): a frame that went whole over one of them. Its number is of
 * 24 bits or of 12, as was agreed on. */
static int decode_ppp_piece(struct decoding *decoding, struct stretch *stretch)
{
	enum { IS_WHOLE = 0xc0, SHORT_BYTES = 2, LONG_BYTES = 4 };
	struct stretch behind = *stretch;
	struct reader peek = stretch->reader;

	if ((reader_u8(&peek) & IS_WHOLE) != IS_WHOLE) {
		return DECODE_REFUSED_LINK_PIECES;
	}
	reader_skip(&behind.reader, LONG_BYTES);
	if (!holds_ppp_ip(&behind)) {
		behind = *stretch;
		reader_skip(&behind.reader, SHORT_BYTES);
	}
	if (!holds_ppp_ip(&behind)) {
		return DECODE_REFUSED_NOT_IP;
	}
	*stretch = behind;
	read_ppp_protocol(&stretch->reader);
	return decode_ip(decoding, stretch);
}

/* Frames of a network behind a bridge (RFC 3518, 4.2). */
static int decode_ppp_bridged(struct decoding *decoding, struct stretch *stretch)
{
	enum { HAS_NETWORK = 0x40, KIND_ETHERNET = 1 };
	uint8_t flags = reader_u8(&stretch->reader), kind = reader_u8(&stretch->reader);

	reader_skip(&stretch->reader, flags & HAS_NETWORK ? 4 : 0);
	return kind == KIND_ETHERNET ? decode_ethernet(decoding, stretch) : DECODE_REFUSED_NOT_IP;
}

static int decode_ppp_protocol(
	struct decoding *decoding, uint16_t protocol, struct stretch *stretch)
{
	if (++decoding->steps > DECODE_STEPS_MAX) {
		return DECODE_REFUSED_TAG_DEPTH;
	}
	switch (protocol) {
	case PPP_IPV4:
	case PPP_IPV6:
		return decode_ip(decoding, stretch);
	case 0x0031:
		return decode_ppp_bridged(decoding, stretch);
	case 0x003d:
		return decode_ppp_piece(decoding, stretch);
	case 0x0281:
	case 0x0283:
		return decode_mpls(decoding, stretch);
	case 0x0053:
	case 0x0055:
		return DECODE_REFUSED_LINK_ENCRYPTED;
	default:
		/* 8000 and above negotiate and control (RFC 1661 2). */
		return protocol >= 0x8000 ? DECODE_REFUSED_LINK_CONTROL : DECODE_REFUSED_NOT_IP;
	}
}

/* PPP (RFC 1661) with or without address and control bytes (RFC 1662). */
int decode_ppp(struct decoding *decoding, struct stretch *stretch)
{
	struct reader *reader = &stretch->reader;
	struct reader peek = *reader;

	if (reader_u16(&peek) == 0xff03) {
		*reader = peek;
	}
	uint16_t protocol = read_ppp_protocol(reader);
	if (!reader_ok(reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	return decode_ppp_protocol(decoding, protocol, stretch);
}
