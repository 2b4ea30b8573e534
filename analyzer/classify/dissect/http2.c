/* HTTP/2 with prior knowledge (RFC 9113, 3.4): the preface that cannot be mistaken, and the host of
 * the first request behind it; or, later in a connection, frames up to a request that spells out
 * its host, as the first one for another host has to. */
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
	FRAME_BYTES_MAX = 16384, /* RFC 9113, 4.2: nobody may send more unasked */
	FRAMES_MAX = 16,
	FLAG_END_STREAM = 0x01,
	FLAG_END_HEADERS = 0x04,
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

/* The host that a request's frame spells out; its length, 0 none. */
static size_t host_of(struct reader frame, uint8_t flags, char host[HPACK_HOST_MAX + 1])
{
	size_t padding = flags & FLAG_PADDED ? reader_u8(&frame) : 0;

	reader_skip(&frame, flags & FLAG_PRIORITY ? PRIORITY_BYTES : 0);
	return reader_ok(&frame) && padding < reader_left(&frame)
		       ? hpack_host(reader_sub(&frame, reader_left(&frame) - padding), host)
		       : 0;
}

static void read_headers(struct dissection *dissection, struct reader frame, uint8_t flags)
{
	char host[HPACK_HOST_MAX + 1];

	host_to_l7_info(host, host_of(frame, flags, host), dissection->l7);
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
	char host[HPACK_HOST_MAX + 1];

	for (unsigned i = 0; i < FRAMES_MAX && reader_left(&in) > FRAME_HEADER_BYTES; i++) {
		uint32_t bytes = reader_u24(&in);
		uint8_t type = reader_u8(&in), flags = reader_u8(&in);
		uint32_t stream = reader_u32(&in);
		if (bytes > FRAME_BYTES_MAX || bytes > reader_left(&in)) {
			return false;
		}
		struct reader frame = reader_sub(&in, bytes);
		if (type == FRAME_HEADERS) {
			return stream & 1 && flags & FLAG_END_HEADERS && !(flags & ~REQUEST) &&
			       host_of(frame, flags, host) > 0;
		}
		if (!is_clients_frame(type, bytes, stream)) {
			return false;
		}
	}
	return false;
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
		if (match == PREFIX_NO && !holds_request(in)) {
			return DISSECT_OTHER;
		}
		dissection->l7->protocol = L7_HTTP2;
		dissection->state->words[0] = sender;
		dissection->used = match == PREFIX_YES ? sizeof(preface) - 1 : 0;
		reader_skip(&in, dissection->used);
	} else if (dissection->state->words[0] != sender) {
		return DISSECT_DONE;
	}
	return read_frames(dissection, in);
}

const struct dissector dissector_http2 = {
	.protocol = L7_HTTP2,
	.stream = http2_stream,
	.stream_begins = BEGINS({ 'P', 'P' }, { 0, 0 }),
};
