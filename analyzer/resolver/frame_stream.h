/* Frame Streams, the transport of dnstap: frames with their length before them, and control frames
 * that begin and end a stream. In a file and one way over a socket it is START, frames, STOP; both
 * ways the reader answers READY with ACCEPT and STOP with FINISH.
 *
 * Memory   none: frames point into the bytes given.
 * Threads  any; pure functions of their arguments.
 * Failure  FRAME_FOREIGN where the stream holds something else, FRAME_MALFORMED where it is none;
 *          nothing behind that can be read. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"

/* A dnstap frame holds at most two DNS messages of 64 KiB, and a few words. */
enum { FRAME_BYTES_MAX = 160 * 1024, FRAME_CONTROL_BYTES_MAX = 512 };

enum frame_kind {
	FRAME_NEEDS_MORE, /* it is not whole yet; nothing was read */
	FRAME_DATA,
	FRAME_READY, /* answer with ACCEPT */
	FRAME_START,
	FRAME_STOP,  /* answer with FINISH, where it began with READY */
	FRAME_OTHER, /* a control frame of no concern */
	FRAME_FOREIGN,
	FRAME_MALFORMED
};

/* The frame at the cursor, which is put behind it; of data what it holds. */
enum frame_kind frame_stream_next(struct reader *in, struct reader *data);

/* Control frames of the reader's; how many bytes. */
enum { FRAME_ANSWER_BYTES_MAX = 64 };
size_t frame_stream_accept(uint8_t bytes[FRAME_ANSWER_BYTES_MAX]);
size_t frame_stream_finish(uint8_t bytes[FRAME_ANSWER_BYTES_MAX]);
