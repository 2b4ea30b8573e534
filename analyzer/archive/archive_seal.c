#include "analyzer/archive/archive_seal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "analyzer/archive/archive_head.h"
#include "analyzer/archive/archive_shelf.h"
#include "analyzer/archive/compress.h"
#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"

struct archive_sealer {
	char *folder;
	int lock_fd;
	struct archive_shelf_writer shelves[ARCHIVE_SHELF_COUNT];
	uint64_t last_ns; /* of the blocks so far */
	bool has_secret;
	uint8_t *secret; /* of SECRET_KEY_BYTES (base/secret.h) */
	struct compressor *compressor;
	uint8_t *compressed;
	size_t compressed_capacity;
};

static int take_lock(struct archive_sealer *sealer, struct err *err)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/lock", sealer->folder) >= (int)sizeof(path)) {
		return err_set(err, ENAMETOOLONG, "%s: the path is too long", sealer->folder);
	}
	sealer->lock_fd = file_open_to_write(path, O_RDWR | O_CREAT, 0640, err);
	if (sealer->lock_fd < 0) {
		return sealer->lock_fd;
	}
	if (flock(sealer->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		return err_set(err, errno == EWOULDBLOCK ? EBUSY : errno,
			"%s: another process writes to this archive; wait for it to end, or name "
			"another folder",
			path);
	}
	return 0;
}

static void free_sealer(struct archive_sealer *sealer)
{
	for (unsigned shelf = 0; shelf < ARCHIVE_SHELF_COUNT; shelf++) {
		if (sealer->shelves[shelf].fd >= 0) {
			close(sealer->shelves[shelf].fd);
		}
	}
	if (sealer->lock_fd >= 0) {
		close(sealer->lock_fd);
	}
	compressor_destroy(sealer->compressor);
	free(sealer->compressed);
	free(sealer->folder);
	secret_destroy(sealer->secret, SECRET_KEY_BYTES);
	free(sealer);
}

static int open_shelves(struct archive_sealer *sealer, struct err *err)
{
	int status = 0;

	for (unsigned shelf = 0; shelf < ARCHIVE_SHELF_COUNT && status == 0; shelf++) {
		status = archive_shelf_open(&sealer->shelves[shelf], sealer->folder, shelf, err);
	}
	return status;
}

int archive_sealer_open(struct archive_sealer **sealer, const char *folder, struct err *err)
{
	struct archive_sealer *opened = calloc(1, sizeof(*opened));
	int status;

	*sealer = NULL;
	if (!opened) {
		return err_set(err, ENOMEM, "%s: out of memory", folder);
	}
	opened->lock_fd = -1;
	for (unsigned shelf = 0; shelf < ARCHIVE_SHELF_COUNT; shelf++) {
		opened->shelves[shelf].fd = -1;
	}
	opened->folder = strdup(folder);
	opened->compressor = compressor_create();
	opened->secret = secret_create(SECRET_KEY_BYTES);
	if (!opened->folder || !opened->compressor || !opened->secret) {
		status = err_set(err, ENOMEM, "%s: out of memory", folder);
	} else {
		status = archive_make_folder(folder, err);
	}
	status = status < 0 ? status : take_lock(opened, err);
	status = status < 0 ? status : open_shelves(opened, err);
	if (status < 0) {
		free_sealer(opened);
		return status;
	}
	*sealer = opened;
	return 0;
}

void archive_sealer_sign(struct archive_sealer *sealer, const uint8_t *secret)
{
	memcpy(sealer->secret, secret, SECRET_KEY_BYTES);
	sealer->has_secret = true;
}

const uint8_t *archive_sealer_secret(const struct archive_sealer *sealer)
{
	return sealer->has_secret ? sealer->secret : NULL;
}

void archive_sealer_bound(struct archive_sealer *sealer, uint32_t segments)
{
	for (unsigned shelf = 0; shelf < ARCHIVE_SHELF_COUNT; shelf++) {
		sealer->shelves[shelf].most = segments;
	}
}

/* The length of the frames, or 0. */
static size_t compress_pieces(struct archive_sealer *sealer, enum compress_form form,
	const struct archive_block *block, uint8_t *frames, size_t room)
{
	size_t at = 0, used = 0;

	for (uint32_t i = 0; i < block->cuts.count; i++) {
		size_t frame = compress_block(sealer->compressor, form, block->content.bytes + at,
			block->cuts.ends[i] - at, frames + used, room - used);
		if (frame == 0) {
			return 0;
		}
		used += frame;
		at = block->cuts.ends[i];
	}
	return used;
}

static enum compress_form compress_form_of(const struct archive_block *block)
{
	return archive_has_mark(block->content_kind) ? COMPRESS_CELLS
	       : block->cuts.count > 0               ? COMPRESS_COLUMNS
						     : COMPRESS_ROWS;
}

/* Compresses behind room for header and mark. The length of the frames, or 0. */
static size_t compress_content(
	struct archive_sealer *sealer, const struct archive_block *block, size_t before)
{
	const struct cbor_writer *content = &block->content;
	size_t room = compress_bound(content->length, 1 + block->cuts.count);

	if (before + room > sealer->compressed_capacity) {
		/* Nothing of what stood there is needed. */
		free(sealer->compressed);
		sealer->compressed = malloc(before + room);
		sealer->compressed_capacity = sealer->compressed ? before + room : 0;
	}
	if (!sealer->compressed) {
		return 0;
	}
	uint8_t *frames = sealer->compressed + before;
	if (content->failed) {
		return 0;
	}
	enum compress_form form = compress_form_of(block);
	return block->cuts.count ? compress_pieces(sealer, form, block, frames, room)
				 : compress_block(sealer->compressor, form, content->bytes,
					   content->length, frames, room);
}

/* What is added up must be on the disk before the sum is: a power cut then never leaves a sum whose
 * parts are gone. */
static int put_mark(struct archive_sealer *sealer, const struct archive_block *block,
	enum archive_shelf shelf, struct err *err)
{
	struct archive_shelf_writer *below = &sealer->shelves[shelf - 1];
	struct archive_mark mark = block->mark;

	memcpy(mark.position, below->previous, sizeof(mark.position));
	archive_mark_encode(&mark, sealer->compressed + ARCHIVE_HEADER_BYTES);
	return archive_shelf_sync(below, err);
}

static enum archive_form form_of(const struct archive_block *block)
{
	return block->cuts.count == 0                       ? ARCHIVE_FORM_ROWS
	       : archive_is_of_records(block->content_kind) ? ARCHIVE_FORM_COLUMNS
							    : ARCHIVE_FORM_KEYED;
}

int archive_sealer_add(
	struct archive_sealer *sealer, const struct archive_block *block, struct err *err)
{
	enum archive_shelf shelf = archive_shelf_of(block->content_kind);
	size_t mark_bytes = archive_has_mark(block->content_kind) ? ARCHIVE_MARK_BYTES : 0;
	size_t frame = compress_content(sealer, block, ARCHIVE_HEADER_BYTES + mark_bytes);
	int status = 0;

	if (frame == 0) {
		return err_set(err, ENOMEM, "%s: out of memory", sealer->folder);
	}
	struct archive_header header = { .content_kind = block->content_kind,
		.form = form_of(block),
		.record_count = block->record_count,
		.first_ns = block->first_ns,
		.last_ns = block->last_ns,
		.compressed_bytes = (uint32_t)(mark_bytes + frame),
		.plain_bytes = (uint32_t)block->content.length };
	if (mark_bytes > 0) {
		status = put_mark(sealer, block, shelf, err);
	}
	if (status == 0) {
		status = archive_shelf_append(
			&sealer->shelves[shelf], &header, sealer->compressed, err);
	}
	/* What was not written has no end. */
	if (status == 0 && header.last_ns > sealer->last_ns) {
		sealer->last_ns = header.last_ns;
	}
	return status;
}

void archive_sealer_head(const struct archive_sealer *sealer, struct archive_head *head)
{
	*head = (struct archive_head){ .time_ns = sealer->last_ns };
	for (unsigned i = 0; i < ARCHIVE_SHELF_COUNT; i++) {
		const struct archive_shelf_writer *shelf = &sealer->shelves[i];
		struct archive_end *end = &head->ends[i];
		end->is_there = shelf->has_previous;
		end->segment =
			shelf->fd >= 0 && shelf->block > 0 ? shelf->segment : shelf->segment - 1;
		memcpy(end->digest, shelf->previous, sizeof(end->digest));
	}
}

static int write_head(struct archive_sealer *sealer, struct err *err)
{
	struct archive_head head;

	archive_sealer_head(sealer, &head);
	return head.time_ns == 0 ? 0
				 : archive_head_write(sealer->folder, &head,
					   sealer->has_secret ? sealer->secret : NULL, err);
}

int archive_sealer_sync(struct archive_sealer *sealer, struct err *err)
{
	int status = 0;

	for (unsigned shelf = 0; shelf < ARCHIVE_SHELF_COUNT && status == 0; shelf++) {
		status = archive_shelf_sync(&sealer->shelves[shelf], err);
	}
	return status < 0 ? status : write_head(sealer, err);
}

static void tell_crowded(const struct archive_sealer *sealer)
{
	uint64_t crowded = 0;

	for (unsigned shelf = 0; shelf < ARCHIVE_SHELF_COUNT; shelf++) {
		crowded += sealer->shelves[shelf].crowded;
	}
	if (crowded > 0) {
		log_warning("%s: the captures claim times on so many days that %" PRIu64
			    " hours and days share files with others; all of it is there, but "
			    "is deleted with the latest of its file (is a clock wrong?)",
			sealer->folder, crowded);
	}
}

int archive_sealer_close(struct archive_sealer *sealer, struct err *err)
{
	int status = 0;

	tell_crowded(sealer);
	for (unsigned shelf = 0; shelf < ARCHIVE_SHELF_COUNT; shelf++) {
		int ended = archive_shelf_end(&sealer->shelves[shelf], status < 0 ? NULL : err);
		status = status < 0 ? status : ended;
	}
	if (status == 0) {
		status = write_head(sealer, err);
	}
	free_sealer(sealer);
	return status;
}
