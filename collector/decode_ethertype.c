/* What an EtherType names: tags, labels and sessions in front of IP, and the frames that lead to
 * one. */
#include "collector/decode_steps.h"

static int add_vlan(struct decoding *decoding, uint16_t vlan_id)
{
	struct context *context = &decoding->context;
	unsigned count = decoding->tunnel_count;

	if (vlan_id == 0) {
		return DECODE_DONE; /* a priority alone */
	}
	if (context->vlan_id == 0) {
		context->vlan_id = vlan_id;
	} else if (context->inner_vlan_id == 0) {
		context->inner_vlan_id = vlan_id;
	}
	if (count > 0 && context->tunnels[count - 1] == TUNNEL_VLAN) {
		context->tunnels[count - 1] = TUNNEL_QINQ;
		return DECODE_DONE;
	}
	if (count > 0 && context->tunnels[count - 1] == TUNNEL_QINQ) {
		return DECODE_DONE;
	}
	return push_tunnel(decoding, TUNNEL_VLAN) ? DECODE_DONE : DECODE_REFUSED_TAG_DEPTH;
}

/* MACsec (IEEE 802.1AE) may protect without encrypting; then the frame goes on behind its tag. */
static int decode_macsec(struct decoding *decoding, struct stretch *stretch)
{
	enum { ENCRYPTED = 0x08, CHANGED = 0x04, HAS_CHANNEL = 0x20 };
	uint8_t control = reader_u8(&stretch->reader);

	reader_skip(&stretch->reader, control & HAS_CHANNEL ? 13 : 5);
	uint16_t type = reader_u16(&stretch->reader);
	if (!reader_ok(&stretch->reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	return control & (ENCRYPTED | CHANGED) ? DECODE_REFUSED_LINK_ENCRYPTED
					       : decode_ethertype(decoding, type, stretch);
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

/* Cisco's metadata (security group tags): version, length in words, so many words of options, the
 * next EtherType. */
static int decode_metadata(struct decoding *decoding, struct stretch *stretch)
{
	reader_skip(&stretch->reader, 1);
	unsigned words = reader_u8(&stretch->reader);
	reader_skip(&stretch->reader, words * 4);
	uint16_t type = reader_u16(&stretch->reader);
	return reader_ok(&stretch->reader) ? decode_ethertype(decoding, type, stretch)
					   : DECODE_REFUSED_LINK_CUT;
}

/* Behind the EtherType: four bytes of VN-tag or six of 802.1BR, and the next EtherType. */
static int decode_port_tag(struct decoding *decoding, uint16_t type, struct stretch *stretch)
{
	reader_skip(&stretch->reader, type == ETHERTYPE_VNTAG ? 4 : 6);
	type = reader_u16(&stretch->reader);
	if (!reader_ok(&stretch->reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	return push_tunnel(decoding, TUNNEL_VNTAG) ? decode_ethertype(decoding, type, stretch)
						   : DECODE_REFUSED_TAG_DEPTH;
}

/* Behind the EtherType: four bytes of 802.1ah or two of FabricPath, and a whole Ethernet header. */
static int decode_mac_in_mac(struct decoding *decoding, uint16_t type, struct stretch *stretch)
{
	reader_skip(&stretch->reader, type == ETHERTYPE_BACKBONE ? 4 : 2);
	return decode_ethernet(decoding, stretch);
}

static int decode_vlan(struct decoding *decoding, struct stretch *stretch)
{
	uint16_t tag = reader_u16(&stretch->reader), type = reader_u16(&stretch->reader);

	if (!reader_ok(&stretch->reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	int result = add_vlan(decoding, tag & 0x0fff);
	return result == DECODE_DONE ? decode_ethertype(decoding, type, stretch) : result;
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
	case ETHERTYPE_METADATA:
		return decode_metadata(decoding, stretch);
	case ETHERTYPE_MACSEC:
		return decode_macsec(decoding, stretch);
	case ETHERTYPE_ARP:
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
		return DECODE_REFUSED_NOT_IP;
	}
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
	return organisation == 0 || organisation == 0x0000f8
		       ? decode_ethertype(decoding, type, stretch)
		       : DECODE_REFUSED_NOT_IP;
}

int decode_ethernet(struct decoding *decoding, struct stretch *stretch)
{
	enum { LENGTH_MAX = 1500 };

	reader_skip(&stretch->reader, 12);
	uint16_t type = reader_u16(&stretch->reader);
	if (!reader_ok(&stretch->reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	if (type > LENGTH_MAX) {
		return decode_ethertype(decoding, type, stretch);
	}
	if (++decoding->steps > DECODE_STEPS_MAX) {
		return DECODE_REFUSED_TAG_DEPTH;
	}
	return decode_llc(decoding, stretch);
}

/* A label stack says nothing about what is behind it: an IP packet by its first four bits and a
 * length that fits, else a pseudowire's Ethernet frame, with or without a control word. */
int decode_mpls(struct decoding *decoding, struct stretch *stretch)
{
	enum { LABELS_MAX = 16, BOTTOM = 0x100 };
	struct reader *reader = &stretch->reader;
	uint32_t label = 0;

	for (unsigned i = 0; !(label & BOTTOM); i++) {
		if (i == LABELS_MAX) {
			return DECODE_REFUSED_TAG_DEPTH;
		}
		label = reader_u32(reader);
		if (!reader_ok(reader)) {
			return DECODE_REFUSED_LINK_CUT;
		}
	}
	if (!push_tunnel(decoding, TUNNEL_MPLS)) {
		return DECODE_REFUSED_TAG_DEPTH;
	}
	struct reader peek = *reader;
	uint32_t first = reader_u32(&peek);
	if (!reader_ok(&peek)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	uint32_t ipv4_bytes = first & 0xffff, ipv4_header_bytes = (first >> 24 & 15) * 4;
	if (first >> 28 == 6 ||
		(first >> 28 == 4 && ipv4_header_bytes >= 20 && ipv4_bytes >= ipv4_header_bytes)) {
		return decode_ip(decoding, stretch);
	}
	if (first >> 28 == 0) {
		*reader = peek;
	}
	return decode_ethernet(decoding, stretch);
}

static int decode_ppp_protocol(
	struct decoding *decoding, uint16_t protocol, struct stretch *stretch)
{
	if (++decoding->steps > DECODE_STEPS_MAX) {
		return DECODE_REFUSED_TAG_DEPTH;
	}
	switch (protocol) {
	case 0x0021:
	case 0x0057:
		return decode_ip(decoding, stretch);
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

/* PPP (RFC 1661) with or without address and control bytes (RFC 1662), and with a protocol of one
 * byte where both sides agreed on it: its number is odd, the first of two bytes never is. */
int decode_ppp(struct decoding *decoding, struct stretch *stretch)
{
	struct reader *reader = &stretch->reader;
	struct reader peek = *reader;

	if (reader_u16(&peek) == 0xff03) {
		*reader = peek;
	}
	uint16_t protocol = reader_u8(reader);
	if (!(protocol & 1)) {
		protocol = (uint16_t)(protocol << 8 | reader_u8(reader));
	}
	if (!reader_ok(reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	return decode_ppp_protocol(decoding, protocol, stretch);
}
