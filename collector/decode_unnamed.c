/* What lies behind a header that does not name it: IP or Ethernet, by what they must look like.
 *
 * Four bits are no proof: the addresses of real vendors begin with 4 and 6 as well. An Ethernet
 * header shows itself by an EtherType and a packet that fits behind it, IPv4 by its checksum, IPv6
 * by a length that leaves nothing over, or by what it says comes next. */
#include "collector/decode_steps.h"

/* RFC 1071. */
static bool is_checksum_right(const uint8_t *header, unsigned header_bytes)
{
	uint32_t sum = 0;

	for (unsigned at = 0; at < header_bytes; at += 2) {
		sum += load_be16(header, at);
	}
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16) == 0xffff;
}

static bool holds_ipv4(const struct stretch *stretch, bool is_checked)
{
	struct reader reader = stretch->reader, header = stretch->reader;
	uint8_t first = reader_u8(&reader);
	unsigned header_bytes = (first & 15) * 4U;

	reader_skip(&reader, 1);
	uint16_t total_bytes = reader_u16(&reader);
	if (!reader_ok(&reader) || first >> 4 != 4 || header_bytes < 20) {
		return false;
	}
	bool fits = total_bytes >= header_bytes && total_bytes <= stretch_wire_bytes(stretch);
	const uint8_t *bytes = reader_bytes(&header, header_bytes);
	/* Cut, or not filled in, as where a network card was to do it: then the length must do. */
	if (!is_checked || !bytes || load_be16(bytes, 10) == 0) {
		return fits;
	}
	return is_checksum_right(bytes, header_bytes);
}

/* What an IPv6 header is usually followed by. */
static bool is_usual_next(uint8_t next)
{
	switch (next) {
	case IP_HOP_BY_HOP:
	case IP_IPV4:
	case IP_TCP:
	case IP_UDP:
	case IP_IPV6:
	case IP_ROUTING:
	case IP_FRAGMENT:
	case IP_GRE:
	case IP_ESP:
	case IP_AH:
	case IP_ICMPV6:
	case IP_NO_NEXT:
	case IP_DESTINATION:
	case IP_SCTP:
		return true;
	default:
		return false;
	}
}

static bool holds_ipv6(const struct stretch *stretch, bool is_checked)
{
	enum { TRAILER_BYTES_MAX = 8 };
	struct reader reader = stretch->reader;
	uint8_t first = reader_u8(&reader);

	reader_skip(&reader, 3);
	uint64_t bytes = 40U + reader_u16(&reader), wire_bytes = stretch_wire_bytes(stretch);
	uint8_t next = reader_u8(&reader);
	return reader_ok(&reader) && first >> 4 == 6 && bytes <= wire_bytes &&
	       (!is_checked || wire_bytes - bytes <= TRAILER_BYTES_MAX || is_usual_next(next));
}

bool holds_ip(const struct stretch *stretch, unsigned version)
{
	return version == 4 ? holds_ipv4(stretch, false)
			    : version == 6 && holds_ipv6(stretch, false);
}

bool holds_checked_ip(const struct stretch *stretch, unsigned version)
{
	return version == 4 ? holds_ipv4(stretch, true) : version == 6 && holds_ipv6(stretch, true);
}

/* ARP for IPv4 over Ethernet (RFC 826). */
static bool holds_arp(const struct stretch *stretch)
{
	struct reader reader = stretch->reader;

	return reader_u16(&reader) == 1 && reader_u16(&reader) == ETHERTYPE_IPV4 &&
	       reader_u16(&reader) == 0x0604;
}

bool holds_ethernet(const struct stretch *stretch)
{
	enum { TAGS_MAX = 4 };
	struct stretch inside = *stretch;

	reader_skip(&inside.reader, 12);
	uint16_t type = reader_u16(&inside.reader);
	for (unsigned i = 0; i < TAGS_MAX && (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ);
		i++) {
		reader_skip(&inside.reader, 2);
		type = reader_u16(&inside.reader);
	}
	switch (type) {
	case ETHERTYPE_IPV4:
		return holds_ip(&inside, 4);
	case ETHERTYPE_IPV6:
		return holds_ip(&inside, 6);
	case ETHERTYPE_ARP:
		return holds_arp(&inside);
	default:
		return false;
	}
}

int decode_unnamed_ip(struct decoding *decoding, struct stretch *stretch)
{
	if (!holds_ip(stretch, 4) && !holds_ip(stretch, 6)) {
		return DECODE_REFUSED_IP_VERSION;
	}
	return decode_ip(decoding, stretch);
}

/* A pseudowire's frame, with a control word (RFC 4385: four bits of 0; of 1 for its own messages)
 * or without one. */
static int decode_pseudowire(struct decoding *decoding, struct stretch *stretch)
{
	enum { CONTROL_WORD = 0, ASSOCIATED_CHANNEL = 1 };
	struct reader peek = stretch->reader;
	uint32_t first = reader_u32(&peek);
	struct stretch behind = { peek, stretch->cut_bytes };

	if (!reader_ok(&peek)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	if (first >> 28 == CONTROL_WORD && (holds_ethernet(&behind) || !holds_ethernet(stretch))) {
		*stretch = behind;
	} else if (first >> 28 == ASSOCIATED_CHANNEL && !holds_ethernet(stretch)) {
		return DECODE_REFUSED_LINK_CONTROL;
	}
	return decode_ethernet(decoding, stretch);
}

/* The usual first byte, which nobody's address has: it would be a group's. Then lengths and
 * checksum may lie. */
static bool begins_as_ipv4(const struct stretch *stretch)
{
	struct reader reader = stretch->reader;

	return reader_u8(&reader) == 0x45;
}

/* A label stack (RFC 3032), which says nothing of what is behind it. */
int decode_mpls(struct decoding *decoding, struct stretch *stretch)
{
	enum { LABELS_MAX = 16, BOTTOM = 0x100, NUMBER_AT = 12, ENTROPY_FOLLOWS = 7 };
	struct reader *reader = &stretch->reader;
	uint32_t label = 0, number = 0;
	bool is_entropy = false; /* RFC 6790: by flow, not by network */

	for (unsigned i = 0; !(label & BOTTOM); i++) {
		if (i == LABELS_MAX) {
			return DECODE_REFUSED_TAG_DEPTH;
		}
		label = reader_u32(reader);
		bool says_entropy = label >> NUMBER_AT == ENTROPY_FOLLOWS;
		number = is_entropy || says_entropy ? number : label >> NUMBER_AT;
		is_entropy = says_entropy;
		if (!reader_ok(reader)) {
			return DECODE_REFUSED_LINK_CUT;
		}
	}
	if (!push_tunnel(decoding, TUNNEL_MPLS)) {
		return DECODE_REFUSED_TAG_DEPTH;
	}
	decode_set_way(decoding, number);
	if (!holds_ethernet(stretch) &&
		(holds_checked_ip(stretch, 4) || holds_checked_ip(stretch, 6) ||
			begins_as_ipv4(stretch))) {
		return decode_ip(decoding, stretch);
	}
	return decode_pseudowire(decoding, stretch);
}
