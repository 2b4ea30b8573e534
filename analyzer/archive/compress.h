/* Blocks of bytes in zstd frames, at a level that costs less than writing what it saves.
 *
 * Memory   one context each, reused from block to block.
 * Threads  one at a time.
 * Failure  compressing cannot fail but for memory; decompressing refuses whatever is not exactly
 *          one frame of the size expected, and never writes past it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct compressor;

struct compressor *compressor_create(void); /* NULL: out of memory */
void compressor_destroy(struct compressor *compressor);

/* The most bytes that count bytes can become. */
size_t compress_bound(size_t count);

/* The length of the frame written to frame; 0: it failed. */
size_t compress_block(struct compressor *compressor, const void *bytes, size_t count, void *frame,
	size_t frame_bytes);
bool decompress_block(struct compressor *compressor, const void *frame, size_t frame_bytes,
	void *bytes, size_t count);
