/* Decompression as a stream: bytes go in and come out in pieces of any size.
 *
 * Several gzip members or zstd frames one after the other count as one stream, as the command-line
 * tools have it.
 *
 * Memory   what the library takes (gzip 40 KiB, zstd at most 128 MiB by the frame's window).
 * Threads  one a decompressor.
 * Failure  -EBADMSG with the library's reason, after everything before the damage came out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct decompress_io {
	const uint8_t *in;
	size_t in_bytes;
	uint8_t *out;
	size_t out_bytes;
};

struct decompressor {
	const char *format; /* for messages */
	bool at_boundary;   /* the input may end here */
	/* Moves in and out forward; 0 or -EBADMSG. */
	int (*step)(struct decompressor *decompressor, struct decompress_io *io, struct err *err);
	void (*destroy)(struct decompressor *decompressor);
};

enum { DECOMPRESS_MAGIC_BYTES = 4 };

/* The decompressor for content that starts so; NULL with *known false where it is not compressed,
 * with *known true where memory is short. */
struct decompressor *decompressor_for(const uint8_t magic[DECOMPRESS_MAGIC_BYTES], bool *known);

struct decompressor *gzip_create(void);
struct decompressor *zstd_create(void);
