#include "analyzer/archive/archive_seal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/archive/archive_format.h"
#include "analyzer/archive/compress.h"
#include "analyzer/output/out_file.h"
#include "base/clock.h"

enum { SEGMENT_BYTES = 256 << 20 };

/* The disk is set to work whenever so much was written, so that little is left to wait for at a
 * sync. */
enum { WRITE_OUT_BYTES = 1 << 20 };

#define HOUR_NS (3600 * NS_PER_S)

struct archive_sealer {
	char *folder;
	int lock_fd, segment_fd; /* segment_fd -1: none begun */
	char segment_path[PATH_MAX];
	uint64_t segment_hour, segment_bytes;
	uint64_t bytes_out; /* of the segment: on their way to the disk */
	uint64_t segment;   /* number of this one or, where none is begun, of the next */
	uint32_t block;     /* number of the next in the segment */
	uint8_t previous[DIGEST_SHA256_BYTES];
	struct compressor *compressor;
	uint8_t *compressed;
	size_t compressed_capacity;
};

static int make_folder(const char *path, struct err *err)
{
	if (mkdir(path, 0750) < 0 && errno != EEXIST) {
		return err_set(err, errno, "%s: cannot make the folder: %s", path, strerror(errno));
	}
	return 0;
}

static int take_lock(struct archive_sealer *sealer, struct err *err)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/lock", sealer->folder) >= (int)sizeof(path)) {
		return err_set(err, ENAMETOOLONG, "%s: the path is too long", sealer->folder);
	}
	sealer->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (sealer->lock_fd < 0) {
		return err_set(err, errno, "%s: cannot write: %s", path, strerror(errno));
	}
	if (flock(sealer->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		return err_set(err, errno == EWOULDBLOCK ? EBUSY : errno,
			"%s: another process writes to this archive; wait for it to end, or name "
			"another folder",
			path);
	}
	return 0;
}

/* Steps through the headers of a segment; digest becomes that of its last whole block. A torn end
 * is left as it is. */
static int find_last_block(const char *path, uint8_t digest[DIGEST_SHA256_BYTES], struct err *err)
{
	uint8_t bytes[ARCHIVE_HEADER_BYTES];
	struct archive_header header;
	struct stat status;
	uint64_t at = 0;
	int64_t got = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status) < 0) {
		int code = errno;
		if (fd >= 0) {
			close(fd);
		}
		return err_set(err, code, "%s: cannot read: %s", path, strerror(code));
	}
	while ((got = archive_read_at(fd, at, bytes, sizeof(bytes))) == (int64_t)sizeof(bytes) &&
		archive_header_decode(&header, bytes) &&
		at + sizeof(bytes) + header.compressed_bytes <= (uint64_t)status.st_size) {
		archive_header_digest(bytes, digest);
		at += sizeof(bytes) + header.compressed_bytes;
	}
	close(fd);
	return got < 0 ? err_set(err, (int)-got, "%s: cannot read: %s", path, strerror((int)-got))
		       : 0;
}

/* Goes on where the archive ends: the next number, and the digest to chain to. */
static int find_end(struct archive_sealer *sealer, struct err *err)
{
	struct archive_segments segments;
	int status = archive_segments_list(&segments, sealer->folder, err);

	if (status < 0) {
		return status;
	}
	sealer->segment = 1;
	if (segments.count > 0) {
		sealer->segment = segments.items[segments.count - 1].number + 1;
	}
	/* A segment whose first block was torn has no whole block: the one before it then ends the
	 * chain. */
	static const uint8_t none[DIGEST_SHA256_BYTES];
	for (size_t i = segments.count; i > 0 && status == 0; i--) {
		status = find_last_block(segments.items[i - 1].path, sealer->previous, err);
		if (memcmp(sealer->previous, none, sizeof(none)) != 0) {
			break;
		}
	}
	archive_segments_free(&segments);
	return status;
}

static void free_sealer(struct archive_sealer *sealer)
{
	if (sealer->segment_fd >= 0) {
		close(sealer->segment_fd);
	}
	if (sealer->lock_fd >= 0) {
		close(sealer->lock_fd);
	}
	compressor_destroy(sealer->compressor);
	free(sealer->compressed);
	free(sealer->folder);
	free(sealer);
}

int archive_sealer_open(struct archive_sealer **sealer, const char *folder, struct err *err)
{
	struct archive_sealer *opened = calloc(1, sizeof(*opened));
	int status;

	*sealer = NULL;
	if (!opened) {
		return err_set(err, ENOMEM, "%s: out of memory", folder);
	}
	opened->lock_fd = opened->segment_fd = -1;
	opened->folder = strdup(folder);
	opened->compressor = compressor_create();
	if (!opened->folder || !opened->compressor) {
		status = err_set(err, ENOMEM, "%s: out of memory", folder);
	} else {
		status = make_folder(folder, err);
	}
	status = status < 0 ? status : take_lock(opened, err);
	status = status < 0 ? status : find_end(opened, err);
	if (status < 0) {
		free_sealer(opened);
		return status;
	}
	*sealer = opened;
	return 0;
}

/* FOLDER/2026/03/31/flows-00000012.bfa, by the end of the newest record in its first block. */
static int begin_segment(
	struct archive_sealer *sealer, const struct archive_block *block, struct err *err)
{
	char date[11], *path = sealer->segment_path;
	int length = 0;

	clock_format_date(block->last_ns, date);
	for (unsigned part = 0; part < 3; part++) {
		static const unsigned from[] = { 0, 5, 8 }, count[] = { 4, 2, 2 };
		length += snprintf(path + length, PATH_MAX - (size_t)length, "%s/%.*s",
			part == 0 ? sealer->folder : "", (int)count[part], date + from[part]);
		if (length >= PATH_MAX - 64) {
			return err_set(
				err, ENAMETOOLONG, "%s: the path is too long", sealer->folder);
		}
		int status = make_folder(path, err);
		if (status < 0) {
			return status;
		}
	}
	snprintf(path + length, PATH_MAX - (size_t)length, "/flows-%08llu.bfa",
		(unsigned long long)sealer->segment);
	/* At its end, also after a torn block was cut off again. */
	sealer->segment_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (sealer->segment_fd < 0) {
		return err_set(err, errno, "%s: cannot write: %s", path, strerror(errno));
	}
	sealer->segment_hour = block->last_ns / HOUR_NS;
	sealer->segment_bytes = sealer->bytes_out = 0;
	sealer->block = 0;
	return 0;
}

int archive_sealer_sync(struct archive_sealer *sealer, struct err *err)
{
	if (sealer->segment_fd >= 0 && fdatasync(sealer->segment_fd) < 0) {
		return err_set(
			err, errno, "%s: cannot sync: %s", sealer->segment_path, strerror(errno));
	}
	return 0;
}

static int end_segment(struct archive_sealer *sealer, struct err *err)
{
	int status = archive_sealer_sync(sealer, err);

	if (sealer->segment_fd < 0) {
		return 0;
	}
	close(sealer->segment_fd);
	sealer->segment_fd = -1;
	if (sealer->block == 0) {
		/* Its first block could not be written: the archive ends where it ended before. */
		unlink(sealer->segment_path);
		return status;
	}
	if (status == 0) {
		status = archive_head_write(sealer->folder, sealer->segment, sealer->previous, err);
	}
	sealer->segment++;
	return status;
}

/* Compresses behind room for the header. The length of the frame, or 0. */
static size_t compress_content(struct archive_sealer *sealer, const struct cbor_writer *content)
{
	size_t bound = ARCHIVE_HEADER_BYTES + compress_bound(content->length);

	if (bound > sealer->compressed_capacity) {
		uint8_t *grown = realloc(sealer->compressed, bound);
		if (!grown) {
			return 0;
		}
		sealer->compressed = grown;
		sealer->compressed_capacity = bound;
	}
	return content->failed ? 0
			       : compress_block(sealer->compressor, content->bytes, content->length,
					 sealer->compressed + ARCHIVE_HEADER_BYTES,
					 bound - ARCHIVE_HEADER_BYTES);
}

/* Has the system begin to write what is there: whole pages, since the last one still grows. Where
 * that fails, the sync says so. */
static void write_out(struct archive_sealer *sealer)
{
	uint64_t whole = sealer->segment_bytes / 4096 * 4096;

	if (whole - sealer->bytes_out >= WRITE_OUT_BYTES) {
		sync_file_range(sealer->segment_fd, (off_t)sealer->bytes_out,
			(off_t)(whole - sealer->bytes_out), SYNC_FILE_RANGE_WRITE);
		sealer->bytes_out = whole;
	}
}

/* Header and content go out in one write: a crash leaves a whole block or a torn one,
 * never a hole. */
static int append_block(struct archive_sealer *sealer, const struct archive_block *block,
	size_t content_bytes, struct err *err)
{
	uint8_t *bytes = sealer->compressed;
	struct archive_header header = { .segment = sealer->segment,
		.block = sealer->block,
		.content_kind = block->content_kind,
		.record_count = block->record_count,
		.first_ns = block->first_ns,
		.last_ns = block->last_ns,
		.compressed_bytes = (uint32_t)content_bytes,
		.plain_bytes = (uint32_t)block->content.length };

	memcpy(header.previous, sealer->previous, sizeof(header.previous));
	digest_sha256(bytes + ARCHIVE_HEADER_BYTES, content_bytes, header.content);
	archive_header_encode(&header, bytes);
	int status = out_file_write_fd(sealer->segment_fd, sealer->segment_path, bytes,
		ARCHIVE_HEADER_BYTES + content_bytes, err);
	if (status < 0) {
		/* What was written of it is torn; the next block must not stand behind that. */
		if (ftruncate(sealer->segment_fd, (off_t)sealer->segment_bytes) < 0) {
			err_prefix(err, "%s: a torn block stays at its end", sealer->segment_path);
		}
		return status;
	}
	archive_header_digest(bytes, sealer->previous);
	sealer->segment_bytes += ARCHIVE_HEADER_BYTES + content_bytes;
	sealer->block++;
	write_out(sealer);
	return 0;
}

/* A new hour or a full segment begins another one: at a block's edge, and only when time goes
 * forward, so that no clock can make a segment for every record. */
int archive_sealer_add(
	struct archive_sealer *sealer, const struct archive_block *block, struct err *err)
{
	size_t content_bytes = compress_content(sealer, &block->content);
	int status = 0;

	if (content_bytes == 0) {
		return err_set(err, ENOMEM, "%s: out of memory", sealer->folder);
	}
	if (sealer->segment_fd >= 0 && (block->last_ns / HOUR_NS > sealer->segment_hour ||
					       sealer->segment_bytes > SEGMENT_BYTES)) {
		status = end_segment(sealer, err);
	}
	if (status == 0 && sealer->segment_fd < 0) {
		status = begin_segment(sealer, block, err);
	}
	return status < 0 ? status : append_block(sealer, block, content_bytes, err);
}

int archive_sealer_close(struct archive_sealer *sealer, struct err *err)
{
	int status = end_segment(sealer, err);

	free_sealer(sealer);
	return status;
}
