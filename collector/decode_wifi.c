/* 802.11 frames, alone or behind a radiotap header. Only data frames in the clear hold packets. */
#include "collector/decode_steps.h"

enum frame_control {
	FRAME_TYPE = 0x000c,
	FRAME_TYPE_DATA = 0x0008,
	FRAME_NO_DATA = 0x0040, /* subtype bit: null and acknowledgement frames */
	FRAME_QOS = 0x0080,
	FRAME_TO_DS = 0x0100,
	FRAME_FROM_DS = 0x0200,
	FRAME_MORE_FRAGMENTS = 0x0400,
	FRAME_PROTECTED = 0x4000,
	FRAME_ORDER = 0x8000
};

enum {
	QOS_AGGREGATE = 0x0080,
	QOS_MESH = 0x0100,
	SUBFRAME_HEADER_BYTES = 14,
	FRAGMENT_NUMBER = 15
};

/* Some controllers send the frame control field with its bytes swapped inside CAPWAP: then the type
 * is in the second byte, and no order of bytes makes both look like data. Fragment numbers mean
 * nothing there. */
static bool is_swapped(uint16_t control)
{
	return (control & 0x000f) != FRAME_TYPE_DATA && (control >> 8 & 0x000f) == FRAME_TYPE_DATA;
}

/* What an aggregate has given so far. */
struct aggregate {
	uint32_t count, refused[DECODE_REFUSAL_COUNT];
	int result; /* of the first that was decoded, else of the first */
};

static void decode_subframe(
	struct decoding *decoding, struct stretch *stretch, struct aggregate *aggregate)
{
	struct packet packet;
	struct decoding inner = *decoding;
	bool is_first = aggregate->count++ == 0 || !is_decoded(aggregate->result);

	inner.packet = is_first ? decoding->packet : &packet;
	inner.frames = is_first ? decoding->frames : 1;
	inner.chain = is_first ? decoding->chain : (struct frame_chain){ 0, 0 };
	int result = decode_llc(&inner, stretch);
	if (!is_decoded(result)) {
		aggregate->refused[result]++;
	} else if (!is_first && result == DECODE_DONE) {
		decode_emit(decoding->decoder, &packet);
	}
	if (aggregate->count == 1 || (is_first && is_decoded(result))) {
		aggregate->result = result;
	}
}

/* Several packets in one frame (A-MSDU, IEEE 802.11 9.3.2.2.2), each behind addresses and a length
 * and padded to four bytes. Where nothing in it can be decoded the frame is refused as one. */
static int decode_aggregate(struct decoding *decoding, struct stretch *stretch)
{
	struct aggregate aggregate = { .result = DECODE_REFUSED_LINK_CUT };
	struct decode_stats *stats = &decoding->decoder->stats;
	struct reader *reader = &stretch->reader;

	while (reader_left(reader) >= SUBFRAME_HEADER_BYTES) {
		reader_skip(reader, SUBFRAME_HEADER_BYTES - 2);
		uint16_t bytes = reader_u16(reader);
		struct stretch inside = *stretch;
		stretch_limit(&inside, bytes);
		decode_subframe(decoding, &inside, &aggregate);
		reader_skip(reader, bytes + (-(SUBFRAME_HEADER_BYTES + bytes) & 3U));
	}
	if (is_decoded(aggregate.result)) {
		stats->subframes += aggregate.count - 1;
		for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
			stats->refused[i] += aggregate.refused[i];
		}
	}
	return aggregate.result;
}

/* In a mesh (IEEE 802.11 9.2.4.8.3) flags, lifetime, number and up to two more addresses stand
 * before LLC. Elsewhere the bit that says so is part of a queue's length: then LLC is there at
 * once. */
static void skip_mesh(struct reader *reader)
{
	enum { SNAP = 0xaaaa, ADDRESSES = 3, ADDRESS_BYTES = 6 };
	struct reader peek = *reader;

	if (reader_u16(&peek) != SNAP) {
		unsigned addresses = reader_u8(reader) & ADDRESSES;
		reader_skip(reader, 5 + addresses * ADDRESS_BYTES);
	}
}

int decode_wifi(struct decoding *decoding, struct stretch *stretch, enum wifi_form form)
{
	struct reader *reader = &stretch->reader;
	uint16_t control = reader_u16_le(reader), qos = 0;
	unsigned header_bytes = 24;
	bool swapped = form == WIFI_IN_CAPWAP && is_swapped(control);

	control = swapped ? (uint16_t)(control << 8 | control >> 8) : control;

	if (!reader_ok(reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	if ((control & FRAME_TYPE) != FRAME_TYPE_DATA || (control & FRAME_NO_DATA)) {
		return DECODE_REFUSED_LINK_CONTROL;
	}
	reader_skip(reader, 20);
	uint16_t sequence = reader_u16_le(reader);
	if ((control & FRAME_TO_DS) && (control & FRAME_FROM_DS)) {
		reader_skip(reader, 6);
		header_bytes += 6;
	}
	if (control & FRAME_QOS) {
		qos = reader_u16_le(reader);
		header_bytes += 2;
		if (control & FRAME_ORDER) {
			reader_skip(reader, 4);
			header_bytes += 4;
		}
	}
	if (form == WIFI_PADDED) {
		reader_skip(reader, -header_bytes & 3);
	}
	if (!reader_ok(reader)) {
		return DECODE_REFUSED_LINK_CUT;
	}
	if (control & FRAME_PROTECTED) {
		return DECODE_REFUSED_LINK_ENCRYPTED;
	}
	if (qos & QOS_MESH) {
		skip_mesh(reader);
	}
	/* A later fragment of a frame has neither an LLC header nor a place to find one. */
	if ((sequence & FRAGMENT_NUMBER) != 0 && !swapped) {
		return DECODE_REFUSED_FRAGMENT_ORPHAN;
	}
	return qos & QOS_AGGREGATE ? decode_aggregate(decoding, stretch)
				   : decode_llc(decoding, stretch);
}

/* The field that says whether the frame is padded comes after an optional timestamp; further
 * presence words may follow the first one. */
int decode_radiotap(struct decoding *decoding, struct stretch *stretch)
{
	enum { HAS_TIMESTAMP = 1, HAS_FLAGS = 2, FLAG_PADDED = 0x20 };
	struct reader header = stretch->reader;
	unsigned at = 8;
	bool is_padded = false;

	reader_skip(&header, 2);
	uint16_t header_bytes = reader_u16_le(&header);
	uint32_t present = reader_u32_le(&header);
	for (uint32_t more = present; more >> 31 && reader_ok(&header); at += 4) {
		more = reader_u32_le(&header);
	}
	if (present & HAS_TIMESTAMP) {
		reader_skip(&header, (-at & 7) + 8);
	}
	if (present & HAS_FLAGS) {
		is_padded = reader_u8(&header) & FLAG_PADDED;
	}
	reader_skip(&stretch->reader, header_bytes);
	if (!reader_ok(&stretch->reader) || !reader_ok(&header) || header_bytes < 8) {
		return DECODE_REFUSED_LINK_CUT;
	}
	return decode_wifi(decoding, stretch, is_padded ? WIFI_PADDED : WIFI_PLAIN);
}
