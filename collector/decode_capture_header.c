/* What capturing systems put before a frame: firewalls' logs, and formats that hold frames of many
 * links in one file. */
#include "collector/decode_steps.h"

/* The link type that a header names lies behind it. */
static int decode_named_link(struct decoding *decoding, uint32_t link_type, struct stretch *stretch)
{
	if (++decoding->steps > DECODE_STEPS_MAX) {
		return DECODE_REFUSED_TAG_DEPTH;
	}
	return link_type <= UINT16_MAX ? decode_link(decoding, (uint16_t)link_type, stretch)
				       : DECODE_REFUSED_LINK_UNKNOWN;
}

/* The packet filter's log of BSD systems: its header says its own length, rounded up
 * to four bytes. */
int decode_pflog(struct decoding *decoding, struct stretch *stretch)
{
	struct reader peek = stretch->reader;
	uint8_t header_bytes = reader_u8(&peek), family = reader_u8(&peek);

	reader_skip(&stretch->reader, (header_bytes + 3U) / 4 * 4);
	return reader_ok(&stretch->reader) ? decode_family(decoding, family, stretch)
					   : DECODE_REFUSED_LINK_CUT;
}

/* IPsec as BSD systems show it on enc0: family in the byte order of the machine, security
 * association, flags; then the packet as it is inside. */
int decode_enc(struct decoding *decoding, struct stretch *stretch)
{
	uint32_t family = reader_u32(&stretch->reader);

	reader_skip(&stretch->reader, 8);
	if (!reader_ok(&stretch->reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	return decode_family(
		decoding, family > 0xffff ? __builtin_bswap32(family) : family, stretch);
}

static uint16_t nflog_u16(struct reader *reader, bool big_endian)
{
	return big_endian ? reader_u16(reader) : reader_u16_le(reader);
}

/* What Linux' netfilter logs: family, version, group; then attributes of length, type and value,
 * padded to four bytes, in the byte order of the machine. */
int decode_nflog(struct decoding *decoding, struct stretch *stretch)
{
	enum { PACKET_HEADER = 1, PAYLOAD = 9, TYPE_MASK = 0x7fff };
	struct reader *reader = &stretch->reader;
	uint8_t family = reader_u8(reader), version = reader_u8(reader);
	uint16_t protocol = 0;

	reader_skip(reader, 2);
	struct reader peek = *reader;
	reader_skip(&peek, 2);
	bool big_endian = reader_u8(&peek) == 0; /* of a type, all of which are small */
	while (version == 0 && reader_ok(reader)) {
		uint16_t bytes = nflog_u16(reader, big_endian);
		uint16_t type = nflog_u16(reader, big_endian) & TYPE_MASK;
		if (bytes < 4) {
			break;
		}
		if (type == PAYLOAD) {
			stretch_limit(stretch, bytes - 4U);
			/* A bridge or an ARP table names the protocol apart. */
			return family == 2 || family == 10 || protocol == 0
				       ? decode_ip(decoding, stretch)
				       : decode_ethertype(decoding, protocol, stretch);
		}
		peek = *reader;
		if (type == PACKET_HEADER) {
			protocol = reader_u16(&peek);
		}
		reader_skip(reader, (bytes - 4U + 3U) / 4 * 4);
	}
	return version == 0 && !reader_ok(reader) ? DECODE_REFUSED_LINK_CUT
						  : DECODE_REFUSED_LINK_CONTROL;
}

/* Per-packet information: a header of its own length, then a frame of the link type it names. */
int decode_ppi(struct decoding *decoding, struct stretch *stretch)
{
	struct reader peek = stretch->reader;

	reader_skip(&peek, 2);
	uint16_t header_bytes = reader_u16_le(&peek);
	uint32_t link_type = reader_u32_le(&peek);
	reader_skip(&stretch->reader, header_bytes);
	if (!reader_ok(&stretch->reader) || header_bytes < 8) {
		return DECODE_REFUSED_LINK_CUT;
	}
	return decode_named_link(decoding, link_type, stretch);
}

/* What macOS captures on several interfaces: the header's length, its kind, the link type behind
 * it, and much of the process it belongs to. */
int decode_pktap(struct decoding *decoding, struct stretch *stretch)
{
	enum { HEADER_BYTES_MIN = 12, HEADER_BYTES_MAX = 1024, KIND_PACKET = 1 };
	struct reader peek = stretch->reader;
	uint32_t header_bytes = reader_u32_le(&peek), kind = reader_u32_le(&peek);
	uint32_t link_type = reader_u32_le(&peek);

	if (!reader_ok(&peek)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	if (header_bytes < HEADER_BYTES_MIN || header_bytes > HEADER_BYTES_MAX) {
		return DECODE_REFUSED_LINK_UNKNOWN;
	}
	reader_skip(&stretch->reader, header_bytes);
	if (!reader_ok(&stretch->reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	return kind == KIND_PACKET ? decode_named_link(decoding, link_type, stretch)
				   : DECODE_REFUSED_LINK_CONTROL;
}

/* PPP, Cisco's HDLC or frame relay: a capture card does not know which. */
static int decode_erf_hdlc(struct decoding *decoding, struct stretch *stretch)
{
	struct reader peek = stretch->reader;
	uint16_t first = reader_u16(&peek);
	/* The first byte of a frame relay address is even; PPP's protocol may begin with zeros. */
	return first >> 8 == 0 || (first >> 8 & 1) ? decode_hdlc(decoding, stretch)
						   : decode_frame_relay(decoding, stretch);
}

/* Behind the record's headers, by its type. */
static int decode_erf_type(struct decoding *decoding, uint8_t type, struct stretch *stretch)
{
	struct reader *reader = &stretch->reader;

	switch (type) {
	case 5:  /* HDLC of many channels */
	case 17: /* and with a colour */
		reader_skip(reader, 4);
		/* Fallthrough */
	case 1: /* HDLC: plain, with a colour, a counter, a hash */
	case 10:
	case 15:
	case 19:
		return decode_erf_hdlc(decoding, stretch);
	case 2: /* Ethernet, likewise, behind an offset and a pad */
	case 11:
	case 16:
	case 20:
		reader_skip(reader, 2);
		return decode_ethernet(decoding, stretch);
	case 9: /* AAL5 of many channels */
		reader_skip(reader, 4);
		/* Fallthrough */
	case 4: /* AAL5 behind the header of a cell */
		reader_skip(reader, 4);
		return decode_llc(decoding, stretch);
	case 22:
	case 23:
		return decode_ip(decoding, stretch);
	case 3: /* single cells and raw channels: what they carry is in pieces */
	case 6:
	case 7:
	case 8:
	case 12:
	case 18:
	case 24:
		return DECODE_REFUSED_LINK_PIECES;
	case 21:
	case 25:
		return DECODE_REFUSED_LINK_INFINIBAND;
	case 13: /* counters, statistics, padding */
	case 14:
	case 27:
	case 48:
		return DECODE_REFUSED_LINK_CONTROL;
	default:
		return DECODE_REFUSED_LINK_UNKNOWN;
	}
}

/* Endace's extensible record format: a time stamp, type, flags, lengths; headers of eight bytes as
 * long as the highest bit of the one before is set. */
int decode_erf(struct decoding *decoding, struct stretch *stretch)
{
	enum { MORE_HEADERS = 0x80, ERF_OWN_BYTES_MAX = 4 };
	struct reader *reader = &stretch->reader;

	reader_skip(reader, 8);
	uint8_t type = reader_u8(reader), more = type;
	reader_skip(reader, 5);
	uint16_t wire_bytes = reader_u16(reader);
	while ((more & MORE_HEADERS) && reader_ok(reader)) {
		more = reader_u8(reader);
		reader_skip(reader, 7);
	}
	if (!reader_ok(reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	if (++decoding->steps > DECODE_STEPS_MAX) {
		return DECODE_REFUSED_TAG_DEPTH;
	}
	/* Neither padding nor what the card itself put in front is counted. */
	stretch_limit(stretch, wire_bytes + ERF_OWN_BYTES_MAX);
	return decode_erf_type(decoding, type & 0x7f, stretch);
}
