/* Blocks of bytes in zstd frames, at a level that costs less than writing what it saves.
 *
 * Memory   one context each, reused from block to block.
 * Threads  one at a time.
 * Failure  compressing cannot fail but for memory; decompressing refuses whatever is not exactly
 *          of the size expected, and never writes past it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct compressor;

struct compressor *compressor_create(void); /* NULL: out of memory */
void compressor_destroy(struct compressor *compressor);

/* What the bytes are like. */
enum compress_form { COMPRESS_ROWS, COMPRESS_COLUMNS, COMPRESS_CELLS };

/* The most bytes that count bytes can become, in so many pieces. */
size_t compress_bound(size_t count, size_t pieces);

/* The length of the frame written to frame; 0: it failed. */
size_t compress_block(struct compressor *compressor, enum compress_form form, const void *bytes,
	size_t count, void *frame, size_t frame_bytes);
/* Of one frame, or of several behind each other. */
bool decompress_block(struct compressor *compressor, const void *frame, size_t frame_bytes,
	void *bytes, size_t count);
