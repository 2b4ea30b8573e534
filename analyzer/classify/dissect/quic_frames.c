#include "analyzer/classify/dissect/quic_frames.h"

#include "analyzer/classify/dissect/quic_header.h"

enum { FRAME_PADDING = 0, FRAME_PING = 1, FRAME_ACK = 2, FRAME_ACK_ECN = 3, FRAME_CRYPTO = 6 };
enum { GOOGLE_PING = 7, GOOGLE_CRYPTO = 8, GOOGLE_ACK_FIRST = 0x40, GOOGLE_ACK_LAST = 0x7f };

bool quic_has_google_frames(uint32_t version)
{
	return version == 0x51303530 || version == 0x54303530 || version == 0x54303531;
}

static void skip_ack(struct reader *in, bool with_ecn)
{
	quic_varint(in);
	quic_varint(in);
	uint64_t ranges = quic_varint(in);
	quic_varint(in);
	for (uint64_t i = 0; i < ranges && reader_ok(in); i++) {
		quic_varint(in);
		quic_varint(in);
	}
	for (unsigned i = 0; with_ecn && i < 3; i++) {
		quic_varint(in);
	}
}

/* 01ntllmm: several blocks (n), bytes of the largest number (l) and of each block (m); then delay,
 * blocks with the gaps between them, and times of arrival. */
static void skip_google_ack(struct reader *in, uint8_t type)
{
	static const uint8_t number_bytes[] = { 1, 2, 4, 6 };
	unsigned block_bytes = number_bytes[type & 3];

	reader_skip(in, number_bytes[type >> 2 & 3] + 2U);
	unsigned blocks = type & 0x20 ? reader_u8(in) : 0;
	reader_skip(in, block_bytes + blocks * (1U + block_bytes));
	unsigned times = reader_u8(in);
	reader_skip(in, times > 0 ? 5 + (times - 1U) * 3 : 0);
}

/* Steps over a frame that says nothing of the hello; false where it is another one. */
static bool skip_frame(struct quic_frames *frames, uint8_t type)
{
	struct reader *in = &frames->in;

	if (type == FRAME_PADDING || type == (frames->is_google ? GOOGLE_PING : FRAME_PING)) {
		reader_skip_zeros(in);
		return true;
	}
	if (frames->is_google) {
		bool is_ack = type >= GOOGLE_ACK_FIRST && type <= GOOGLE_ACK_LAST;
		if (is_ack) {
			skip_google_ack(in, type);
		}
		return is_ack;
	}
	if (type == FRAME_ACK || type == FRAME_ACK_ECN) {
		skip_ack(in, type == FRAME_ACK_ECN);
		return true;
	}
	return false;
}

bool quic_next_crypto(struct quic_frames *frames, uint64_t *offset, struct reader *data)
{
	struct reader *in = &frames->in;

	while (reader_left(in) > 0 && reader_ok(in)) {
		/* In one byte, since types take the shortest form (RFC 9000, 12.4). */
		uint8_t type = reader_u8(in);
		if (type == (frames->is_google ? GOOGLE_CRYPTO : FRAME_CRYPTO)) {
			*offset = quic_varint(in);
			uint64_t length = quic_varint(in);
			if (frames->is_cut && length > reader_left(in)) {
				length = reader_left(in);
			}
			*data = reader_sub(in, length);
			return reader_ok(in);
		}
		if (!skip_frame(frames, type)) {
			break;
		}
	}
	return false;
}
