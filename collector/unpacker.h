/* The content of a compressed file, unpacked by the reader's thread, or by one of its own that is
 * ahead of the reader.
 *
 * It comes in the same blocks either way, so that nothing depends on who unpacks.
 *
 * Memory   a block; with a thread UNPACKER_AHEAD_BYTES of them.
 * Threads  one reader.
 * Failure  shows as an end, once everything before it was read; unpacker_failure() tells. */
#pragma once

#include "collector/decompress.h"
#include "collector/file_input.h"

struct unpacker;

enum { UNPACKER_AHEAD_BYTES = 64 << 20 };

/* input, which stays the caller's, was read as far as first (at most UNPACKER_FIRST_BYTES); the
 * decompressor becomes the unpacker's. NULL: out of memory, and the decompressor is gone. */
enum { UNPACKER_FIRST_BYTES = 1 << 20 };
struct unpacker *unpacker_create(struct file_input *input, struct decompressor *decompressor,
	const uint8_t *first, size_t first_bytes);
void unpacker_destroy(struct unpacker *unpacker);

/* Goes ahead, in a thread of its own, before the first read. Where there is none to be had, it
 * stays with the reader's. */
void unpacker_go_ahead(struct unpacker *unpacker);

/* 1..most bytes; 0 at the end. */
size_t unpacker_read(struct unpacker *unpacker, uint8_t *into, size_t most);
/* Are all bytes read? */
bool unpacker_is_over(const struct unpacker *unpacker);
/* Where they are: 0, or -errno, with where in the compressed file, and why. */
int unpacker_failure(const struct unpacker *unpacker, struct err *err);

/* How much of the compressed file the bytes that were read come from. */
uint64_t unpacker_done(const struct unpacker *unpacker);
