/* HTTP/2 in the clear, followed from its preface on: whom each request asks for, also where it says
 * so by what an earlier one said (RFC 7541). What a client sends is followed frame by frame,
 * wherever segments end; a gap ends that.
 *
 * Memory   the struct, zero at first: so many flows; another one may take the place.
 * Threads  one. */
#pragma once

#include "analyzer/classify/dissect/hpack.h"

enum { HTTP2_FLOWS = 16, HTTP2_BLOCK_MAX = 2048, HTTP2_HEAD_BYTES = 9 };

struct http2_flow {
	uint32_t flow, next_seq;
	bool is_followed;
	uint32_t frame_left;            /* of the frame in hand, behind its head */
	uint8_t head[HTTP2_HEAD_BYTES]; /* of that */
	uint8_t head_count;
	uint32_t block_count;
	uint8_t block[HTTP2_BLOCK_MAX];
	struct hpack_hosts hosts;
};

struct http2_hosts {
	struct http2_flow flows[HTTP2_FLOWS];
};

/* Whom requests ask for. */
enum { HTTP2_ASKED_MAX = 4 };

struct http2_asked {
	unsigned count;
	struct hpack_request requests[HTTP2_ASKED_MAX];
};

/* Bytes of the client: the hosts of the requests that they end, the first ones of them, each once;
 * none where the flow is not followed. The preface begins it. */
void http2_hosts_take(struct http2_hosts *hosts, uint32_t flow, uint32_t seq, struct reader in,
	struct http2_asked *asked);
