/* IPv4 (RFC 791) with options, IPv6 (RFC 8200) with extension headers, and whether the packet is a
 * fragment. */
#include "collector/decode_steps.h"

enum { IPV6_HEADER_BYTES = 40, EXTENSIONS_MAX = 128 };

/* Headers between the IP header and the transport's. IPv4 knows one of them. */
static bool is_extension(const struct ip_layer *ip)
{
	if (!ip->is_v6) {
		return ip->protocol == IP_AH;
	}
	switch (ip->protocol) {
	case IP_HOP_BY_HOP:
	case IP_ROUTING:
	case IP_FRAGMENT:
	case IP_AH:
	case IP_DESTINATION:
	case IP_MOBILITY:
	case IP_HIP:
	case IP_SHIM6:
		return true;
	default:
		return false;
	}
}

/* Steps over one extension header. False where it is the packet's own content: mobility and HIP
 * messages carry nothing behind them, so the flow is theirs. */
static bool step_over(struct ip_layer *ip, struct reader *reader)
{
	struct reader header = *reader;
	uint8_t next = reader_u8(&header), length = reader_u8(&header);
	size_t bytes = (length + 1U) * 8;

	if (next == IP_NO_NEXT && (ip->protocol == IP_MOBILITY || ip->protocol == IP_HIP)) {
		return false;
	}
	if (ip->protocol == IP_FRAGMENT) {
		uint16_t place = reader_u16(&header);
		ip->identification = reader_u32(&header);
		/* An atomic fragment (RFC 6946) is a whole packet. */
		ip->is_fragment = (place & 0xfff9) != 0;
		ip->fragment_offset = place & 0xfff8;
		ip->more_fragments = place & 1;
		bytes = 8;
	} else if (ip->protocol == IP_AH) {
		bytes = (length + 2U) * 4; /* RFC 4302 2.2 counts words of four bytes */
	}
	ip->protocol = next;
	reader_skip(reader, bytes);
	return true;
}

/* DECODE_DONE at the transport header, or why it cannot be reached. */
static int step_over_all(struct ip_layer *ip, struct stretch *stretch)
{
	for (unsigned i = 0; is_extension(ip) && !ip->is_fragment; i++) {
		if (i == EXTENSIONS_MAX) {
			return DECODE_REFUSED_TAG_DEPTH;
		}
		if (!step_over(ip, &stretch->reader)) {
			break;
		}
		if (!reader_ok(&stretch->reader)) {
			return stretch->cut_bytes > 0 ? DECODE_REFUSED_IP_CUT
						      : DECODE_REFUSED_IP_HEADER;
		}
	}
	return DECODE_DONE;
}

int decode_ip_payload(struct decoding *decoding, struct ip_layer *ip, struct stretch *stretch)
{
	int result = ip->is_fragment ? DECODE_DONE : step_over_all(ip, stretch);

	if (result != DECODE_DONE) {
		return result;
	}
	return ip->is_fragment ? decode_fragment(decoding, ip, stretch)
			       : decode_transport(decoding, ip, stretch);
}

static int decode_ipv4(struct decoding *decoding, struct stretch *stretch)
{
	struct reader *reader = &stretch->reader;
	uint64_t wire_bytes = stretch_wire_bytes(stretch);
	struct ip_layer ip = { .is_v6 = false };

	unsigned header_bytes = (reader_u8(reader) & 15) * 4U;
	reader_skip(reader, 1);
	uint32_t total_bytes = reader_u16(reader);
	ip.identification = reader_u16(reader);
	uint16_t fragment = reader_u16(reader);
	reader_skip(reader, 1);
	ip.protocol = reader_u8(reader);
	reader_skip(reader, 2);
	ip.source = reader_bytes(reader, 4);
	ip.destination = reader_bytes(reader, 4);
	if (!reader_ok(reader)) {
		return DECODE_REFUSED_IP_CUT;
	}
	/* Segmentation offload hands the capture packets whose length was not filled in yet; and
	 * more than the frame held was never sent. */
	if (total_bytes == 0 || total_bytes > wire_bytes) {
		total_bytes = (uint32_t)wire_bytes;
	}
	if (header_bytes < 20 || total_bytes < header_bytes) {
		return DECODE_REFUSED_IP_HEADER;
	}
	reader_skip(reader, header_bytes - 20);
	if (!reader_ok(reader)) {
		return DECODE_REFUSED_IP_CUT;
	}
	ip.ip_bytes = total_bytes;
	ip.is_fragment = (fragment & 0x3fff) != 0;
	ip.fragment_offset = (fragment & 0x1fff) * 8U;
	ip.more_fragments = fragment & 0x2000;
	stretch_limit(stretch, total_bytes - header_bytes);
	return decode_ip_payload(decoding, &ip, stretch);
}

static int decode_ipv6(struct decoding *decoding, struct stretch *stretch)
{
	struct reader *reader = &stretch->reader;
	uint64_t wire_bytes = stretch_wire_bytes(stretch);
	struct ip_layer ip = { .is_v6 = true };

	reader_skip(reader, 4);
	uint32_t payload_bytes = reader_u16(reader);
	ip.protocol = reader_u8(reader);
	ip.hop_limit = reader_u8(reader);
	ip.source = reader_bytes(reader, 16);
	ip.destination = reader_bytes(reader, 16);
	if (!reader_ok(reader)) {
		return DECODE_REFUSED_IP_CUT;
	}
	/* Zero is a jumbogram (RFC 2675) or segmentation offload; then the frame tells, as it does
	 * of a length that does not fit into it. */
	uint32_t there_bytes = (uint32_t)wire_bytes - IPV6_HEADER_BYTES;
	if ((payload_bytes == 0 && ip.protocol != IP_NO_NEXT) || payload_bytes > there_bytes) {
		payload_bytes = there_bytes;
	}
	ip.ip_bytes = IPV6_HEADER_BYTES + payload_bytes;
	stretch_limit(stretch, payload_bytes);
	return decode_ip_payload(decoding, &ip, stretch);
}

int decode_ip(struct decoding *decoding, struct stretch *stretch)
{
	struct reader peek = stretch->reader;
	uint8_t version = reader_u8(&peek) >> 4;

	if (!reader_ok(&peek)) {
		return DECODE_REFUSED_IP_CUT;
	}
	if (++decoding->steps > DECODE_STEPS_MAX) {
		return DECODE_REFUSED_TAG_DEPTH;
	}
	switch (version) {
	case 4:
		return decode_ipv4(decoding, stretch);
	case 6:
		return decode_ipv6(decoding, stretch);
	default:
		return DECODE_REFUSED_IP_VERSION;
	}
}
