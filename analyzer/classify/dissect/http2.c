/* HTTP/2 with prior knowledge (RFC 9113, 3.4): the preface that cannot be mistaken, and the host of
 * the first request behind it; or, later in a connection, frames up to a request that spells out
 * its host, as the first one for another host has to. */
#include <string.h>

#include "analyzer/classify/dissect/hpack.h"
#include "analyzer/classify/dissect/host.h"
#include "analyzer/classify/dissect/signature.h"

enum {
	FRAME_HEADER_BYTES = 9,
	FRAME_DATA = 0,
	FRAME_HEADERS,
	FRAME_PRIORITY,
	FRAME_RESET,
	FRAME_SETTINGS,
	FRAME_PING = 6,
	FRAME_WINDOW = 8,
	FRAME_CONTINUATION,
	FRAME_BYTES_MAX = 16384, /* RFC 9113, 4.2: nobody may send more unasked */
	FRAMES_MAX = 16,
	BLOCK_BYTES_MAX = 4096, /* of fields that are looked at where they come in pieces */
	FLAG_END_STREAM = 0x01,
	FLAG_END_HEADERS = 0x04,
	FLAG_PADDED = 0x08,
	FLAG_PRIORITY = 0x20,
	PRIORITY_BYTES = 5
};

/* words[0] of the flow's state: who sent the preface and so is the client. words[1]: the client's
 * frames. words[2]: it asked for a tunnel. */
enum { CLIENT_NONE, CLIENT_DESTINATION, CLIENT_SOURCE };

static enum dissect_result over(struct dissection *dissection)
{
	dissection->other_done = true;
	return DISSECT_DONE;
}

struct frame {
	struct reader bytes;
	uint32_t stream;
	uint8_t type, flags;
};

enum have { HAVE_WHOLE, HAVE_PART, HAVE_NONE };

static enum have next_frame(struct reader *in, struct frame *frame)
{
	struct reader peek = *in;
	uint32_t bytes = reader_u24(&peek);

	frame->type = reader_u8(&peek);
	frame->flags = reader_u8(&peek);
	frame->stream = reader_u32(&peek);
	if (!reader_ok(&peek)) {
		return HAVE_PART;
	}
	if (bytes > FRAME_BYTES_MAX) {
		return HAVE_NONE;
	}
	if (bytes > reader_left(&peek)) {
		return HAVE_PART;
	}
	frame->bytes = reader_sub(&peek, bytes);
	*in = peek;
	return HAVE_WHOLE;
}

/* The fields in a frame of headers, without what may stand around them. */
static struct reader fields_of(const struct frame *headers)
{
	struct reader bytes = headers->bytes;
	size_t padding = headers->flags & FLAG_PADDED ? reader_u8(&bytes) : 0;

	reader_skip(&bytes, headers->flags & FLAG_PRIORITY ? PRIORITY_BYTES : 0);
	bool is_right = reader_ok(&bytes) && padding <= reader_left(&bytes);
	return reader_sub(&bytes, is_right ? reader_left(&bytes) - padding : 0);
}

/* Whom a request asks for, in one frame or with others that go on behind it (RFC 9113, 6.10). Steps
 * over those others. */
static enum have read_head(
	struct reader *in, const struct frame *headers, struct hpack_request *request)
{
	uint8_t block[BLOCK_BYTES_MAX];
	struct reader fields = fields_of(headers);
	struct frame next = *headers;
	size_t bytes = 0;

	if (headers->flags & FLAG_END_HEADERS) {
		hpack_read(fields, request);
		return HAVE_WHOLE;
	}
	while (true) {
		size_t left = reader_left(&fields), room = sizeof(block) - bytes;
		size_t taken = left < room ? left : room;
		memcpy(block + bytes, fields.at, taken);
		bytes += taken;
		if (next.flags & FLAG_END_HEADERS) {
			hpack_read(reader_over(block, bytes), request);
			return HAVE_WHOLE;
		}
		enum have have = next_frame(in, &next);
		if (have != HAVE_WHOLE) {
			return have;
		}
		if (next.type != FRAME_CONTINUATION || next.stream != headers->stream) {
			return HAVE_NONE;
		}
		fields = next.bytes;
	}
}

/* May a client send such a frame before a request? A client's streams have odd numbers. */
static bool is_clients_frame(uint8_t type, uint32_t bytes, uint32_t stream)
{
	switch (type) {
	case FRAME_DATA:
		return bytes <= FRAME_BYTES_MAX && stream & 1;
	case FRAME_PRIORITY:
		return bytes == PRIORITY_BYTES && stream != 0;
	case FRAME_RESET:
		return bytes == 4 && stream != 0;
	case FRAME_SETTINGS:
		return bytes <= FRAME_BYTES_MAX && bytes % 6 == 0 && stream == 0;
	case FRAME_PING:
		return bytes == 8 && stream == 0;
	case FRAME_WINDOW:
		return bytes == 4;
	default:
		return false;
	}
}

/* Whole frames up to a request that spells out its host. */
static bool holds_request(struct reader in)
{
	enum { REQUEST = FLAG_END_STREAM | FLAG_END_HEADERS | FLAG_PADDED | FLAG_PRIORITY };
	struct hpack_request request;
	struct frame frame;

	for (unsigned i = 0; i < FRAMES_MAX && next_frame(&in, &frame) == HAVE_WHOLE; i++) {
		if (frame.type == FRAME_HEADERS) {
			return frame.stream & 1 && !(frame.flags & ~REQUEST) &&
			       read_head(&in, &frame, &request) == HAVE_WHOLE && request.length > 0;
		}
		uint32_t bytes = (uint32_t)reader_left(&frame.bytes);
		if (!is_clients_frame(frame.type, bytes, frame.stream)) {
			return false;
		}
	}
	return false;
}

/* Requests behind the first one that came with it: they ask for others as well. */
static void read_further(struct dissection *dissection, struct reader in)
{
	struct hpack_request request;
	struct frame frame;

	for (unsigned i = 0; i < FRAMES_MAX && next_frame(&in, &frame) == HAVE_WHOLE; i++) {
		if (frame.type == FRAME_HEADERS && read_head(&in, &frame, &request) == HAVE_WHOLE) {
			host_to_l7_info(request.host, request.length, dissection->l7);
		}
	}
}

/* Behind a request for a tunnel there is what goes through it. */
static enum dissect_result take_request(
	struct dissection *dissection, const struct hpack_request *request, struct reader behind)
{
	host_to_l7_info(request->host, request->length, dissection->l7);
	if (request->is_tunnel) {
		dissection->l7->through_proxy = L7_PROXY_ASKED;
		dissection->state->words[2] = true;
		return dissection_hand_over(dissection, &behind, &dissector_capsules);
	}
	read_further(dissection, behind);
	return over(dissection);
}

/* The client's frames up to its first request; those before it are settings. */
static enum dissect_result read_frames(struct dissection *dissection, struct reader in)
{
	struct hpack_request request;
	enum have have;
	struct frame frame;

	while ((have = next_frame(&in, &frame)) == HAVE_WHOLE) {
		if (frame.type == FRAME_HEADERS) {
			have = read_head(&in, &frame, &request);
			if (have == HAVE_WHOLE) {
				return take_request(dissection, &request, in);
			}
			break;
		}
		if (++dissection->state->words[1] > FRAMES_MAX) {
			return over(dissection);
		}
		dissection->used = (size_t)(in.at - dissection->in.at);
	}
	return have == HAVE_NONE || dissection->is_last ? over(dissection) : DISSECT_MORE;
}

/* The server's frames up to its answer to a request for a tunnel. */
static enum dissect_result read_answer(struct dissection *dissection, struct reader in)
{
	enum have have;
	struct frame frame;

	while ((have = next_frame(&in, &frame)) == HAVE_WHOLE) {
		if (frame.type == FRAME_HEADERS && dissection->state->words[2]) {
			return dissection_hand_over(dissection, &in, &dissector_capsules);
		}
		dissection->used = (size_t)(in.at - dissection->in.at);
	}
	return have == HAVE_NONE || dissection->is_last ? DISSECT_DONE : DISSECT_MORE;
}

static enum dissect_result http2_stream(struct dissection *dissection)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	struct reader in = dissection->in;
	unsigned sender = dissection->from_source ? CLIENT_SOURCE : CLIENT_DESTINATION;

	if (dissection->state->words[0] == CLIENT_NONE) {
		enum prefix_match match = prefix_of(&in, preface, sizeof(preface) - 1);
		if (match == PREFIX_PART) {
			return wait_for_more(dissection);
		}
		if (match == PREFIX_NO && !holds_request(in)) {
			return DISSECT_OTHER;
		}
		dissection->l7->protocol = L7_HTTP2;
		dissection->state->words[0] = sender;
		dissection->used = match == PREFIX_YES ? sizeof(preface) - 1 : 0;
		reader_skip(&in, dissection->used);
	} else if (dissection->state->words[0] != sender) {
		return read_answer(dissection, in);
	}
	return read_frames(dissection, in);
}

const struct dissector dissector_http2 = {
	.protocol = L7_HTTP2,
	.stream = http2_stream,
	.stream_begins = BEGINS({ 'P', 'P' }, { 0, 0 }),
};
