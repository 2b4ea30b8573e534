/* The bytes of a file or of standard input, decompressed where they are compressed, at hand in one
 * piece.
 *
 * A plain file is mapped, anything else is read into a buffer. A reader asks for as many bytes as
 * it needs next, uses them where they are, and steps over them.
 *
 * Memory   a mapping, or a buffer of 1 MiB that grows to the largest piece asked for (at most
 *          STREAM_PIECE_MAX). Bytes at hand stay where they are until the next stream_fill().
 * Threads  one a stream.
 * Failure  damage shows as fewer bytes than asked for; stream_failure() then tells a failure from
 *          the end. A signal that interrupts waiting for input is a failure, -EINTR. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "collector/mapping.h"
#include "collector/packet.h"

struct stream;

enum { STREAM_PIECE_MAX = 256 << 20 };

/* name "-" is standard input. 0 or -errno; the error names the file. */
int stream_open(struct stream **stream, const char *name, struct err *err);
void stream_close(struct stream *stream);

/* Right after the opening: a file that is compressed is unpacked by a thread of its own
 * (unpacker.h). */
void stream_go_ahead(struct stream *stream);

/* Brings at least count bytes to hand where there are so many, and says how many there are. */
size_t stream_fill(struct stream *stream, size_t count);
const uint8_t *stream_bytes(const struct stream *stream);
size_t stream_at_hand(const struct stream *stream);
void stream_skip(struct stream *stream, size_t count);

/* So many of the bytes at hand will be read soon. */
void stream_enter(struct stream *stream, size_t count);

/* Where the bytes at hand begin, counted in the decompressed content. */
uint64_t stream_offset(const struct stream *stream);

/* Why there are no more bytes: 0 they are over, or -errno. The error says what happened, and where
 * in the compressed file; the caller puts the name in front. */
int stream_failure(const struct stream *stream, struct err *err);

/* For progress: bytes of the file as it lies on disk; all is 0 where it is not known. */
void stream_progress(const struct stream *stream, uint64_t *done, uint64_t *all);

/* Drops the last frames of a batch that lie where a mapped file has been lost. */
void stream_drop_lost(const struct stream *stream, struct frame_batch *batch);

/* The mapping behind the stream; NULL where it is read or decompressed. */
struct mapping *stream_mapping(struct stream *stream);
