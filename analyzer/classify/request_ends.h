/* Where the requests of an HTTP/1 connection end (RFC 9112, 6): what stands inside a request's
 * content is nobody's next request.
 *
 * Follows what the client says from a request's first byte on, by the numbers of its segments:
 * head, content of a known length or in chunks, and so on behind it. Where a piece of a head or of
 * chunks is missing the next segment may begin a request, and so may what fills that gap, or comes
 * in place of the latest beginning: who hides sends false segments first.
 *
 * Memory   the caller's; a place is a flow's until another one takes it: then it is not followed.
 * Threads  one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/reader.h"

enum { REQUEST_ENDS_PLACES = 4096, REQUEST_LINE_KEPT = 40, REQUEST_INSIDE_MOST = 16 };

/* What a segment's first byte may be. */
enum request_place {
	REQUEST_NOT_FOLLOWED, /* nobody knows */
	REQUEST_MAY_BEGIN,    /* a request's first */
	REQUEST_BEGINS_AGAIN, /* the same, in place of the latest beginning */
	REQUEST_IN_HEAD,
	REQUEST_INSIDE /* of what was said before, or of a request's content */
};

struct request_end {
	uint64_t left; /* bytes of the content, or of the chunk and its end */
	uint32_t next_seq;
	uint32_t begun_seq; /* where the latest request began */
	uint32_t gap_seq, gap_bytes;
	uint8_t part;
	uint8_t line_bytes; /* of the line that has begun; what is too long is cut off */
	bool is_chunked;
	bool is_acked; /* the server has the latest beginning */
	char line[REQUEST_LINE_KEPT];
};

struct request_ends {
	uint32_t flows[REQUEST_ENDS_PLACES]; /* whose each place is: most flows ask no more */
	struct request_end places[REQUEST_ENDS_PLACES];
	/* Where in the segment that was taken last further requests begin: a client may ask for
	 * several at once. */
	uint32_t inside[REQUEST_INSIDE_MOST];
	unsigned inside_count;
};

/* The flow's byte of this number begins a request. */
void request_ends_begin(struct request_ends *ends, uint32_t flow, uint32_t seq);
/* What was known of an earlier flow of this number no longer holds. */
void request_ends_forget(struct request_ends *ends, uint32_t flow);

/* The server has acknowledged what lies before this number: nothing comes in place of a beginning
 * there any more. */
void request_ends_acknowledge(struct request_ends *ends, uint32_t flow, uint32_t acked_seq);

/* How many bytes of which nobody knows what they are lie between what was said and this number;
 * below 0: it was said. 0 where the flow is not followed. */
int32_t request_ends_ahead(const struct request_ends *ends, uint32_t flow, uint32_t seq);

/* Takes a segment of the client's. */
enum request_place request_ends_take(
	struct request_ends *ends, uint32_t flow, uint32_t seq, struct reader in);
