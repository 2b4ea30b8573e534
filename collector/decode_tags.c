/* Tags between a frame's addresses and its EtherType: VLANs, and what switches and hosts put there
 * for each other. */
#include "collector/decode_steps.h"

int decode_add_vlan(struct decoding *decoding, uint16_t vlan_id)
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
int decode_macsec(struct decoding *decoding, struct stretch *stretch)
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

/* Cisco's inter-switch link, behind its length: LLC and three bytes of the sender's address, the
 * VLAN and whether it is a bridge's own word, which port sent it; then a whole frame. */
int decode_isl(struct decoding *decoding, unsigned kind, struct stretch *stretch)
{
	enum { KIND_ETHERNET = 0 };

	if (kind != KIND_ETHERNET) {
		return DECODE_REFUSED_NOT_IP;
	}
	reader_skip(&stretch->reader, 6);
	uint16_t vlan = reader_u16(&stretch->reader);
	reader_skip(&stretch->reader, 4);
	if (!reader_ok(&stretch->reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	if (vlan & 1) {
		return DECODE_REFUSED_LINK_CONTROL;
	}
	if (++decoding->steps > DECODE_STEPS_MAX) {
		return DECODE_REFUSED_TAG_DEPTH;
	}
	struct reader frame = stretch->reader;
	decoding->macs = reader_bytes(&frame, 12); /* not those of the switches */
	int result = decode_add_vlan(decoding, vlan >> 1 & 0x0fff);
	return result == DECODE_DONE ? decode_ethernet(decoding, stretch) : result;
}

/* Cisco's metadata (security group tags): version, length in words, so many words of options, the
 * next EtherType. */
int decode_metadata(struct decoding *decoding, struct stretch *stretch)
{
	reader_skip(&stretch->reader, 1);
	unsigned words = reader_u8(&stretch->reader);
	reader_skip(&stretch->reader, words * 4);
	uint16_t type = reader_u16(&stretch->reader);
	return reader_ok(&stretch->reader) ? decode_ethertype(decoding, type, stretch)
					   : DECODE_REFUSED_LINK_CUT;
}

/* Behind the EtherType: four bytes of VN-tag or six of 802.1BR, and the next EtherType. */
int decode_port_tag(struct decoding *decoding, uint16_t type, struct stretch *stretch)
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
int decode_mac_in_mac(struct decoding *decoding, uint16_t type, struct stretch *stretch)
{
	reader_skip(&stretch->reader, type == ETHERTYPE_BACKBONE ? 4 : 2);
	return decode_ethernet(decoding, stretch);
}

/* TRILL (RFC 6325, 3): five bits of its first word are the length of options in words; then two
 * nicknames, and a whole Ethernet header. */
int decode_trill(struct decoding *decoding, struct stretch *stretch)
{
	unsigned words = reader_u16(&stretch->reader) >> 6 & 31;

	reader_skip(&stretch->reader, 4 + words * 4);
	return decode_ethernet(decoding, stretch);
}

int decode_vlan(struct decoding *decoding, struct stretch *stretch)
{
	uint16_t tag = reader_u16(&stretch->reader), type = reader_u16(&stretch->reader);

	if (!reader_ok(&stretch->reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	int result = decode_add_vlan(decoding, tag & 0x0fff);
	return result == DECODE_DONE ? decode_ethertype(decoding, type, stretch) : result;
}

int decode_sized_tag(struct decoding *decoding, unsigned tag_bytes, struct stretch *stretch)
{
	reader_skip(&stretch->reader, tag_bytes);
	uint16_t type = reader_u16(&stretch->reader);
	return reader_ok(&stretch->reader) ? decode_ethertype(decoding, type, stretch)
					   : DECODE_REFUSED_LINK_CUT;
}

/* Realtek's, behind its EtherType: two bytes that begin with 9 or a, or six with a protocol of 4;
 * other protocols are loop detection and remote control. */
int decode_realtek_tag(struct decoding *decoding, struct stretch *stretch)
{
	struct reader peek = stretch->reader;
	uint8_t protocol = reader_u8(&peek);

	if (protocol >> 4 == 0x9 || protocol >> 4 == 0xa) {
		return decode_sized_tag(decoding, 2, stretch);
	}
	return protocol == 4 ? decode_sized_tag(decoding, 6, stretch) : DECODE_REFUSED_LINK_CONTROL;
}

/* Marvell's: mode, whether the frame had a VLAN tag (which this one replaces), device, port, VLAN.
 */
int decode_marvell_tag(struct decoding *decoding, struct stretch *stretch)
{
	enum { WAS_TAGGED = 0x20000000 };
	uint32_t tag = reader_u32(&stretch->reader);
	int result = tag & WAS_TAGGED ? decode_add_vlan(decoding, tag & 0x0fff) : DECODE_DONE;

	return result == DECODE_DONE ? decode_sized_tag(decoding, 0, stretch) : result;
}

/* The same behind an EtherType of its own, which is not registered, and two bytes of zeros. */
int decode_marvell_ethertype(struct decoding *decoding, struct stretch *stretch)
{
	reader_skip(&stretch->reader, 2);
	return decode_marvell_tag(decoding, stretch);
}

/* Network service header (RFC 8300): its length in words, and what lies behind it. */
int decode_nsh(struct decoding *decoding, struct stretch *stretch)
{
	enum { NEXT_IPV4 = 1, NEXT_IPV6, NEXT_ETHERNET, NEXT_NSH, NEXT_MPLS };
	struct reader *reader = &stretch->reader;
	unsigned header_bytes = (reader_u16(reader) & 63) * 4U;

	reader_skip(reader, 1);
	uint8_t next = reader_u8(reader);
	if (header_bytes < 8) {
		return DECODE_REFUSED_NOT_IP;
	}
	reader_skip(reader, header_bytes - 4);
	if (!reader_ok(reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	if (++decoding->steps > DECODE_STEPS_MAX) {
		return DECODE_REFUSED_TAG_DEPTH;
	}
	switch (next) {
	case NEXT_IPV4:
	case NEXT_IPV6:
		return decode_ip(decoding, stretch);
	case NEXT_ETHERNET:
		return decode_ethernet(decoding, stretch);
	case NEXT_NSH:
		return decode_nsh(decoding, stretch);
	case NEXT_MPLS:
		return decode_mpls(decoding, stretch);
	default:
		return DECODE_REFUSED_NOT_IP;
	}
}

/* A tag of four bytes that names itself by nothing stands where the EtherType should, which then
 * comes behind it (Marvell's and Broadcom's switches). The first half was taken for the type.
 * Believed only where a whole IP packet follows. */
bool is_behind_plain_tag(const struct stretch *stretch)
{
	struct stretch behind = *stretch;

	reader_skip(&behind.reader, 2);
	uint16_t type = reader_u16(&behind.reader);
	return (type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6) &&
	       holds_checked_ip(&behind, type == ETHERTYPE_IPV4 ? 4 : 6);
}
