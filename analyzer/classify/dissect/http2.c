/* HTTP/2 with prior knowledge (RFC 9113, 3.4): the preface that cannot be mistaken, and the host of
 * the first request behind it. */
#include "analyzer/classify/dissect/hpack.h"
#include "analyzer/classify/dissect/host.h"
#include "analyzer/classify/dissect/signature.h"

enum {
	FRAME_HEADER_BYTES = 9,
	FRAME_HEADERS = 1,
	FRAME_BYTES_MAX = 16384, /* RFC 9113, 4.2: nobody may send more unasked */
	FRAMES_MAX = 16,
	FLAG_PADDED = 0x08,
	FLAG_PRIORITY = 0x20,
	PRIORITY_BYTES = 5
};

/* words[0] of the flow's state: who sent the preface and so is the client. words[1]: the client's
 * frames. */
enum { CLIENT_NONE, CLIENT_DESTINATION, CLIENT_SOURCE };

static enum dissect_result over(struct dissection *dissection)
{
	dissection->other_done = true;
	return DISSECT_DONE;
}

static void read_headers(struct dissection *dissection, struct reader frame, uint8_t flags)
{
	char host[HPACK_HOST_MAX + 1];
	size_t padding = flags & FLAG_PADDED ? reader_u8(&frame) : 0;

	reader_skip(&frame, flags & FLAG_PRIORITY ? PRIORITY_BYTES : 0);
	if (reader_ok(&frame) && padding < reader_left(&frame)) {
		struct reader block = reader_sub(&frame, reader_left(&frame) - padding);
		host_to_l7_info(host, hpack_host(block, host), dissection->l7);
	}
}

/* The client's frames up to its first request; those before it are settings. */
static enum dissect_result read_frames(struct dissection *dissection, struct reader in)
{
	while (reader_left(&in) >= FRAME_HEADER_BYTES) {
		uint32_t bytes = reader_u24(&in);
		uint8_t type = reader_u8(&in), flags = reader_u8(&in);
		reader_skip(&in, 4);
		if (bytes > FRAME_BYTES_MAX || ++dissection->state->words[1] > FRAMES_MAX) {
			return over(dissection);
		}
		if (bytes > reader_left(&in)) {
			dissection->state->words[1]--;
			return dissection->is_last ? over(dissection) : DISSECT_MORE;
		}
		struct reader frame = reader_sub(&in, bytes);
		dissection->used = (size_t)(in.at - dissection->in.at);
		if (type == FRAME_HEADERS) {
			read_headers(dissection, frame, flags);
			return over(dissection);
		}
	}
	return dissection->is_last ? over(dissection) : DISSECT_MORE;
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
		if (match == PREFIX_NO) {
			return DISSECT_OTHER;
		}
		dissection->l7->protocol = L7_HTTP2;
		dissection->state->words[0] = sender;
		reader_skip(&in, sizeof(preface) - 1);
		dissection->used = sizeof(preface) - 1;
	} else if (dissection->state->words[0] != sender) {
		return DISSECT_DONE;
	}
	return read_frames(dissection, in);
}

const struct dissector dissector_http2 = {
	.protocol = L7_HTTP2, .stream = http2_stream, .stream_begins = BEGINS({ 'P', 'P' })
};
