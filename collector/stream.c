#include "collector/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/decompress.h"
#include "collector/file_input.h"
#include "collector/unpacker.h"

enum { BUFFER_BYTES = UNPACKER_FIRST_BYTES };

struct stream {
	const uint8_t *at; /* bytes at hand */
	size_t at_hand;
	uint64_t offset; /* of at */
	struct mapping mapping;
	struct file_input input;
	uint64_t file_bytes;
	uint8_t *buffer; /* where not mapped */
	size_t capacity;
	struct unpacker *unpacker; /* NULL: not compressed */
	bool over;
	int failure; /* of memory */
	struct err reason;
};

/* A plain file that is read from its start can be mapped. */
static bool stream_map(struct stream *stream)
{
	struct stat status;

	if (fstat(stream->input.fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		return false;
	}
	stream->file_bytes = (uint64_t)status.st_size;
	if (status.st_size < DECOMPRESS_MAGIC_BYTES || lseek(stream->input.fd, 0, SEEK_CUR) != 0) {
		return false;
	}
	if (mapping_open(&stream->mapping, stream->input.fd, (uint64_t)status.st_size) < 0) {
		return false;
	}
	stream->at = stream->mapping.bytes;
	stream->at_hand = stream->mapping.size;
	return true;
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
		size_t got = stream->unpacker ? unpacker_read(stream->unpacker, into, most)
					      : file_input_read(&stream->input, into, most);
		stream->over = got == 0 || (stream->unpacker && unpacker_is_over(stream->unpacker));
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
	struct decompressor *decompressor = decompressor_for(stream->at, &known);
	if (!known) {
		return 0;
	}
	bool is_mapped = stream->mapping.bytes != NULL;
	if (!stream->buffer) {
		stream->buffer = malloc(BUFFER_BYTES);
		stream->capacity = BUFFER_BYTES;
	}
	if (decompressor) {
		stream->unpacker = unpacker_create(
			&stream->input, decompressor, stream->at, is_mapped ? 0 : stream->at_hand);
	}
	if (!stream->unpacker || !stream->buffer) {
		return err_set(err, ENOMEM, "%s: out of memory", name);
	}
	mapping_close(&stream->mapping);
	stream->at = stream->buffer;
	stream->at_hand = 0;
	return 0;
}

static int stream_open_fd(struct stream *stream, const char *name, struct err *err)
{
	bool is_input = strcmp(name, "-") == 0;

	stream->input.fd = is_input ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
	if (stream->input.fd < 0) {
		return err_set(err, errno, "%s: %s", name, strerror(errno));
	}
	struct stat status;
	if (fstat(stream->input.fd, &status) == 0 && S_ISDIR(status.st_mode)) {
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
	opened->input.fd = -1;
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
	unpacker_destroy(stream->unpacker);
	mapping_close(&stream->mapping);
	if (stream->input.fd > STDERR_FILENO) {
		close(stream->input.fd);
	}
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
		mapping_enter(&stream->mapping, stream->offset, stream->offset + count);
	}
}

uint64_t stream_offset(const struct stream *stream)
{
	return stream->offset;
}

void stream_go_ahead(struct stream *stream)
{
	if (stream->unpacker && stream->file_bytes > 0) {
		unpacker_go_ahead(stream->unpacker);
	}
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
	if (stream->unpacker && !stream->failure) {
		return unpacker_failure(stream->unpacker, err);
	}
	int failure = stream->failure ? stream->failure : stream->input.failure;
	if (failure < 0) {
		*err = stream->failure ? stream->reason : stream->input.reason;
	}
	return failure;
}

void stream_progress(const struct stream *stream, uint64_t *done, uint64_t *all)
{
	*all = stream->file_bytes;
	if (stream->mapping.bytes) {
		*done = stream->offset;
	} else if (stream->unpacker) {
		*done = unpacker_done(stream->unpacker);
	} else {
		*done = stream->input.done - stream->at_hand;
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
