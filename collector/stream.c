#include "collector/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/decompress.h"

enum { BUFFER_BYTES = 1 << 20, COMPRESSED_BYTES = 256 << 10 };

/* Captures shrink to a twentieth, those of nothing but zeros to a few hundredths. What expands more
 * than this was made to keep its reader busy; below the first bytes that does not matter. */
enum { EXPANSION_MAX = 800, EXPANSION_FREE_BYTES = 64 << 20 };

struct stream {
	const uint8_t *at; /* bytes at hand */
	size_t at_hand;
	uint64_t offset; /* of at */
	struct mapping mapping;
	int fd;
	uint8_t *buffer; /* where not mapped */
	size_t capacity;
	struct decompressor *decompressor;
	uint8_t *compressed; /* input of the decompressor, and the part of it that waits */
	const uint8_t *waiting;
	size_t waiting_bytes;
	bool input_over, over;
	uint64_t file_done, file_bytes;
	uint64_t expanded_bytes; /* out of the decompressor */
	int failure;
	struct err reason;
};

/* A plain file that is read from its start can be mapped. */
static bool stream_map(struct stream *stream)
{
	struct stat status;

	if (fstat(stream->fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		return false;
	}
	stream->file_bytes = (uint64_t)status.st_size;
	if (status.st_size < DECOMPRESS_MAGIC_BYTES || lseek(stream->fd, 0, SEEK_CUR) != 0) {
		return false;
	}
	if (mapping_open(&stream->mapping, stream->fd, (uint64_t)status.st_size) < 0) {
		return false;
	}
	stream->at = stream->mapping.bytes;
	stream->at_hand = stream->mapping.size;
	return true;
}

static size_t read_some(struct stream *stream, uint8_t *into, size_t most)
{
	/* A signal that does not restart the call is one that asks us to stop: the input may be
	 * silent for hours. */
	ssize_t count = read(stream->fd, into, most);

	if (count < 0) {
		stream->failure = err_set(&stream->reason, errno,
			"offset %" PRIu64 ": cannot read: %s", stream->file_done, strerror(errno));
	}
	stream->input_over = count <= 0;
	stream->file_done += count > 0 ? (uint64_t)count : 0;
	return count > 0 ? (size_t)count : 0;
}

static void fail_compressed(struct stream *stream, int result)
{
	stream->failure = result;
	err_prefix(&stream->reason, "offset %" PRIu64 " of the compressed file",
		stream->file_done - stream->waiting_bytes);
}

static bool expands_too_much(const struct stream *stream)
{
	uint64_t compressed_bytes = stream->file_done - stream->waiting_bytes;

	return stream->expanded_bytes > EXPANSION_FREE_BYTES &&
	       stream->expanded_bytes / EXPANSION_MAX > compressed_bytes;
}

static size_t decompress_some(struct stream *stream, uint8_t *into, size_t most)
{
	struct decompress_io io = { stream->waiting, stream->waiting_bytes, into, most };

	while (io.out_bytes == most) {
		if (io.in_bytes == 0 && !stream->input_over) {
			io.in = stream->compressed;
			io.in_bytes = read_some(stream, stream->compressed, COMPRESSED_BYTES);
		}
		bool starved = io.in_bytes == 0;
		int result = stream->decompressor->step(stream->decompressor, &io, &stream->reason);
		stream->waiting = io.in;
		stream->waiting_bytes = io.in_bytes;
		if (result < 0) {
			fail_compressed(stream, result);
			break;
		}
		if (starved && io.out_bytes == most) {
			if (!stream->failure && !stream->decompressor->at_boundary) {
				fail_compressed(stream, err_set(&stream->reason, EBADMSG,
								"the %s data is cut short",
								stream->decompressor->format));
			}
			break;
		}
	}
	stream->expanded_bytes += most - io.out_bytes;
	if (!stream->failure && expands_too_much(stream)) {
		fail_compressed(stream, err_set(&stream->reason, EBADMSG,
						"the %s data expands more than %d-fold, which no "
						"capture does; what was before it is whole",
						stream->decompressor->format, EXPANSION_MAX));
	}
	return most - io.out_bytes;
}

/* Moves what is at hand to the front of the buffer, and makes the buffer large enough for count
 * bytes. */
static bool stream_make_room(struct stream *stream, size_t count)
{
	if (stream->at_hand > 0) {
		memmove(stream->buffer, stream->at, stream->at_hand);
	}
	if (count > stream->capacity) {
		uint8_t *larger = realloc(stream->buffer, count);
		if (!larger) {
			stream->failure = err_set(&stream->reason, ENOMEM,
				"offset %" PRIu64 ": out of memory for %zu bytes", stream->offset,
				count);
			return false;
		}
		stream->buffer = larger;
		stream->capacity = count;
	}
	stream->at = stream->buffer;
	return true;
}

size_t stream_fill(struct stream *stream, size_t count)
{
	if (stream->mapping.bytes) {
		mapping_release(&stream->mapping, stream->offset);
		return stream->at_hand;
	}
	if (stream->at_hand >= count || stream->over || count > STREAM_PIECE_MAX ||
		!stream_make_room(stream, count)) {
		return stream->at_hand;
	}
	while (stream->at_hand < count && !stream->over) {
		uint8_t *into = stream->buffer + stream->at_hand;
		size_t most = stream->capacity - stream->at_hand;
		size_t got = stream->decompressor ? decompress_some(stream, into, most)
						  : read_some(stream, into, most);
		stream->over = got == 0 || stream->failure;
		stream->at_hand += got;
	}
	return stream->at_hand;
}

/* The first bytes say whether the content is compressed: a mapping is then given up for reading,
 * what was read already becomes the decompressor's first input. */
static int stream_recognise(struct stream *stream, const char *name, struct err *err)
{
	bool known = false;

	if (stream_fill(stream, DECOMPRESS_MAGIC_BYTES) < DECOMPRESS_MAGIC_BYTES) {
		return 0;
	}
	stream->decompressor = decompressor_for(stream->at, &known);
	if (!known) {
		return 0;
	}
	stream->compressed = malloc(BUFFER_BYTES);
	if (!stream->buffer) {
		stream->buffer = malloc(BUFFER_BYTES);
		stream->capacity = BUFFER_BYTES;
	}
	if (!stream->decompressor || !stream->compressed || !stream->buffer) {
		return err_set(err, ENOMEM, "%s: out of memory", name);
	}
	if (stream->mapping.bytes) {
		mapping_close(&stream->mapping);
	} else {
		memcpy(stream->compressed, stream->at, stream->at_hand);
		stream->waiting = stream->compressed;
		stream->waiting_bytes = stream->at_hand;
	}
	stream->at = stream->buffer;
	stream->at_hand = 0;
	return 0;
}

static int stream_open_fd(struct stream *stream, const char *name, struct err *err)
{
	bool is_input = strcmp(name, "-") == 0;

	stream->fd = is_input ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
	if (stream->fd < 0) {
		return err_set(err, errno, "%s: %s", name, strerror(errno));
	}
	struct stat status;
	if (fstat(stream->fd, &status) == 0 && S_ISDIR(status.st_mode)) {
		return err_set(err, EISDIR, "%s: is a folder (expected a capture file)", name);
	}
	if (stream_map(stream)) {
		return 0;
	}
	stream->buffer = malloc(BUFFER_BYTES);
	stream->capacity = BUFFER_BYTES;
	return stream->buffer ? 0 : err_set(err, ENOMEM, "%s: out of memory", name);
}

int stream_open(struct stream **stream, const char *name, struct err *err)
{
	struct stream *opened = calloc(1, sizeof(*opened));

	*stream = NULL;
	if (!opened) {
		return err_set(err, ENOMEM, "%s: out of memory", name);
	}
	opened->fd = -1;
	int result = stream_open_fd(opened, name, err);
	if (result == 0) {
		result = stream_recognise(opened, name, err);
	}
	if (result < 0) {
		stream_close(opened);
		return result;
	}
	*stream = opened;
	return 0;
}

void stream_close(struct stream *stream)
{
	if (!stream) {
		return;
	}
	mapping_close(&stream->mapping);
	if (stream->fd > STDERR_FILENO) {
		close(stream->fd);
	}
	if (stream->decompressor) {
		stream->decompressor->destroy(stream->decompressor);
	}
	free(stream->compressed);
	free(stream->buffer);
	free(stream);
}

const uint8_t *stream_bytes(const struct stream *stream)
{
	return stream->at;
}

size_t stream_at_hand(const struct stream *stream)
{
	return stream->at_hand;
}

void stream_skip(struct stream *stream, size_t count)
{
	stream->at += count;
	stream->at_hand -= count;
	stream->offset += count;
}

void stream_enter(struct stream *stream, size_t count)
{
	if (stream->mapping.bytes) {
		mapping_enter(&stream->mapping, stream->offset + count);
	}
}

uint64_t stream_offset(const struct stream *stream)
{
	return stream->offset;
}

int stream_failure(const struct stream *stream, struct err *err)
{
	if (stream->mapping.bytes) {
		uint64_t good_bytes = mapping_good_bytes(&stream->mapping);
		return good_bytes == stream->mapping.size
			       ? 0
			       : err_set(err, EIO,
					 "offset %" PRIu64
					 ": the file shrank or its disk failed while it was read",
					 good_bytes);
	}
	if (stream->failure) {
		*err = stream->reason;
	}
	return stream->failure;
}

void stream_progress(const struct stream *stream, uint64_t *done, uint64_t *all)
{
	*all = stream->file_bytes;
	if (stream->mapping.bytes) {
		*done = stream->offset;
	} else if (stream->decompressor) {
		*done = stream->file_done - stream->waiting_bytes;
	} else {
		*done = stream->file_done - stream->at_hand;
	}
}

void stream_drop_lost(const struct stream *stream, struct frame_batch *batch)
{
	if (!stream->mapping.bytes) {
		return;
	}
	uint64_t good_bytes = mapping_good_bytes(&stream->mapping);
	while (good_bytes < stream->mapping.size && batch->count > 0) {
		const struct frame *last = &batch->frames[batch->count - 1];
		uint64_t end =
			(uint64_t)(last->bytes - stream->mapping.bytes) + last->captured_bytes;
		if (end <= good_bytes) {
			break;
		}
		batch->count--;
	}
}

struct mapping *stream_mapping(struct stream *stream)
{
	return stream->mapping.bytes ? &stream->mapping : NULL;
}
