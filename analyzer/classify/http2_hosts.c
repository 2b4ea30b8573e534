#include "analyzer/classify/http2_hosts.h"

#include <string.h>

enum { FRAME_HEADERS = 1, FRAME_CONTINUATION = 9, FRAME_PREFACE = UINT8_MAX };
enum { FLAG_END_HEADERS = 0x04, FLAG_PADDED = 0x08, FLAG_PRIORITY = 0x20, PRIORITY_BYTES = 5 };

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

static bool begins(struct reader in)
{
	size_t length = sizeof("PRI * HTTP/2.0") - 1;

	return reader_left(&in) >= length && memcmp(in.at, preface, length) == 0;
}

/* The preface is stepped over like a frame. */
static void begin(struct http2_flow *of, uint32_t flow, uint32_t seq)
{
	*of = (struct http2_flow){ .flow = flow,
		.next_seq = seq,
		.is_followed = true,
		.head_count = HTTP2_HEAD_BYTES,
		.head = { [3] = FRAME_PREFACE },
		.frame_left = sizeof(preface) - 1 };
}

static bool is_block(const struct http2_flow *of)
{
	return of->head[3] == FRAME_HEADERS || of->head[3] == FRAME_CONTINUATION;
}

/* What may stand around the fields in a frame of headers. */
static void strip_block(struct http2_flow *of)
{
	struct reader in = reader_over(of->block, of->block_count);
	size_t padding = of->head[4] & FLAG_PADDED ? reader_u8(&in) : 0;

	reader_skip(&in, of->head[4] & FLAG_PRIORITY ? PRIORITY_BYTES : 0);
	of->is_followed &= reader_ok(&in) && padding <= reader_left(&in);
	of->block_count = of->is_followed ? (uint32_t)(reader_left(&in) - padding) : 0;
	memmove(of->block, in.at, of->block_count);
}

static void add_request(struct http2_asked *asked, const struct hpack_request *request)
{
	for (unsigned i = 0; i < asked->count; i++) {
		const struct hpack_request *known = &asked->requests[i];
		if (known->length == request->length &&
			memcmp(known->host, request->host, request->length) == 0) {
			return;
		}
	}
	if (request->length > 0 && asked->count < HTTP2_ASKED_MAX) {
		asked->requests[asked->count++] = *request;
	}
}

/* The frame in hand is over: was it the last of a request's fields? */
static void end_frame(struct http2_flow *of, struct http2_asked *asked)
{
	if (of->head[3] == FRAME_HEADERS) {
		strip_block(of);
	}
	if (is_block(of) && of->head[4] & FLAG_END_HEADERS && of->is_followed) {
		struct hpack_request request;
		bool is_lost;
		hpack_read_next(
			&of->hosts, reader_over(of->block, of->block_count), &request, &is_lost);
		of->is_followed = !is_lost;
		add_request(asked, &request);
	}
	of->head_count = 0;
}

static void take_head(struct http2_flow *of, struct reader *in)
{
	of->head[of->head_count++] = reader_u8(in);
	if (of->head_count == HTTP2_HEAD_BYTES) {
		struct reader head = reader_over(of->head, HTTP2_HEAD_BYTES);
		of->frame_left = reader_u24(&head);
		of->block_count = of->head[3] == FRAME_HEADERS ? 0 : of->block_count;
	}
}

static void take_bytes(struct http2_flow *of, struct reader *in)
{
	size_t left = reader_left(in), taken = left < of->frame_left ? left : of->frame_left;
	const uint8_t *bytes = reader_bytes(in, taken);

	if (is_block(of)) {
		of->is_followed &= taken <= HTTP2_BLOCK_MAX - of->block_count;
		memcpy(of->block + of->block_count, bytes, of->is_followed ? taken : 0);
		of->block_count += of->is_followed ? (uint32_t)taken : 0;
	}
	of->frame_left -= (uint32_t)taken;
}

void http2_hosts_take(struct http2_hosts *hosts, uint32_t flow, uint32_t seq, struct reader in,
	struct http2_asked *asked)
{
	struct http2_flow *of = &hosts->flows[flow % HTTP2_FLOWS];

	asked->count = 0;
	if (begins(in)) {
		begin(of, flow, seq);
	}
	if (!of->is_followed || of->flow != flow) {
		return;
	}
	uint32_t behind = seq + (uint32_t)reader_left(&in);
	if (seq != of->next_seq) {
		of->is_followed = (int32_t)(of->next_seq - behind) >= 0; /* it came before */
		return;
	}
	of->next_seq = behind;
	while (reader_left(&in) > 0 && of->is_followed) {
		if (of->head_count < HTTP2_HEAD_BYTES) {
			take_head(of, &in);
		} else {
			take_bytes(of, &in);
		}
		if (of->head_count == HTTP2_HEAD_BYTES && of->frame_left == 0) {
			end_frame(of, asked);
		}
	}
}
