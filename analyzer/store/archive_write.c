#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/store/archive.h"
#include "analyzer/store/archive_format.h"
#include "analyzer/store/compress.h"
#include "analyzer/store/out_file.h"
#include "analyzer/store/record_block.h"
#include "base/clock.h"

/* A block is closed at this many bytes of records: large enough to compress well, small enough to
 * lose little. */
enum { BLOCK_BYTES = 384 << 10, SEGMENT_BYTES = 256 << 20 };

#define HOUR_NS (3600 * NS_PER_S)

struct archive_writer {
	char *folder;
	int lock_fd, segment_fd; /* segment_fd -1: none begun */
	char segment_path[PATH_MAX];
	uint64_t segment_hour, segment_bytes;
	struct archive_header header; /* of the block being gathered */
	uint8_t previous[DIGEST_SHA256_BYTES];
	struct record_block *records;
	struct cbor_writer plain;
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

static int take_lock(struct archive_writer *writer, struct err *err)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/lock", writer->folder) >= (int)sizeof(path)) {
		return err_set(err, ENAMETOOLONG, "%s: the path is too long", writer->folder);
	}
	writer->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (writer->lock_fd < 0) {
		return err_set(err, errno, "%s: cannot write: %s", path, strerror(errno));
	}
	if (flock(writer->lock_fd, LOCK_EX | LOCK_NB) < 0) {
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
static int find_end(struct archive_writer *writer, struct err *err)
{
	struct archive_segments segments;
	int status = archive_segments_list(&segments, writer->folder, err);

	if (status < 0) {
		return status;
	}
	writer->header.segment = 1;
	if (segments.count > 0) {
		writer->header.segment = segments.items[segments.count - 1].number + 1;
	}
	/* A segment whose first block was torn has no whole block: the one before it then ends the
	 * chain. */
	static const uint8_t none[DIGEST_SHA256_BYTES];
	for (size_t i = segments.count; i > 0 && status == 0; i--) {
		status = find_last_block(segments.items[i - 1].path, writer->previous, err);
		if (memcmp(writer->previous, none, sizeof(none)) != 0) {
			break;
		}
	}
	archive_segments_free(&segments);
	return status;
}

static void start_block(struct archive_writer *writer)
{
	writer->header.record_count = 0;
	writer->header.first_ns = UINT64_MAX;
	writer->header.last_ns = 0;
	record_block_clear(writer->records);
}

static void free_writer(struct archive_writer *writer)
{
	if (writer->segment_fd >= 0) {
		close(writer->segment_fd);
	}
	if (writer->lock_fd >= 0) {
		close(writer->lock_fd);
	}
	record_block_destroy(writer->records);
	compressor_destroy(writer->compressor);
	cbor_writer_deinit(&writer->plain);
	free(writer->compressed);
	free(writer->folder);
	free(writer);
}

int archive_writer_open(struct archive_writer **writer, const char *folder, struct err *err)
{
	struct archive_writer *opened = calloc(1, sizeof(*opened));
	int status;

	*writer = NULL;
	if (!opened) {
		return err_set(err, ENOMEM, "%s: out of memory", folder);
	}
	opened->lock_fd = opened->segment_fd = -1;
	opened->folder = strdup(folder);
	opened->records = record_block_create();
	opened->compressor = compressor_create();
	cbor_writer_init(&opened->plain);
	if (!opened->folder || !opened->records || !opened->compressor) {
		status = err_set(err, ENOMEM, "%s: out of memory", folder);
	} else {
		status = make_folder(folder, err);
	}
	status = status < 0 ? status : take_lock(opened, err);
	status = status < 0 ? status : find_end(opened, err);
	if (status < 0) {
		free_writer(opened);
		return status;
	}
	start_block(opened);
	*writer = opened;
	return 0;
}

/* FOLDER/2026/03/31/flows-00000012.bfa, by the end of the newest record in its first block. */
static int begin_segment(struct archive_writer *writer, struct err *err)
{
	char date[11], *path = writer->segment_path;
	int length = 0;

	clock_format_date(writer->header.last_ns, date);
	for (unsigned part = 0; part < 3; part++) {
		static const unsigned from[] = { 0, 5, 8 }, count[] = { 4, 2, 2 };
		length += snprintf(path + length, PATH_MAX - (size_t)length, "%s/%.*s",
			part == 0 ? writer->folder : "", (int)count[part], date + from[part]);
		if (length >= PATH_MAX - 64) {
			return err_set(
				err, ENAMETOOLONG, "%s: the path is too long", writer->folder);
		}
		int status = make_folder(path, err);
		if (status < 0) {
			return status;
		}
	}
	snprintf(path + length, PATH_MAX - (size_t)length, "/flows-%08llu.bfa",
		(unsigned long long)writer->header.segment);
	writer->segment_fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (writer->segment_fd < 0) {
		return err_set(err, errno, "%s: cannot write: %s", path, strerror(errno));
	}
	writer->segment_hour = writer->header.last_ns / HOUR_NS;
	writer->segment_bytes = 0;
	writer->header.block = 0;
	return 0;
}

static int sync_segment(struct archive_writer *writer, struct err *err)
{
	if (writer->segment_fd >= 0 && fdatasync(writer->segment_fd) < 0) {
		return err_set(
			err, errno, "%s: cannot sync: %s", writer->segment_path, strerror(errno));
	}
	return 0;
}

static int end_segment(struct archive_writer *writer, struct err *err)
{
	int status = sync_segment(writer, err);

	if (writer->segment_fd < 0) {
		return 0;
	}
	close(writer->segment_fd);
	writer->segment_fd = -1;
	if (writer->header.block == 0) {
		/* Its first block could not be written: the archive ends where it ended before. */
		unlink(writer->segment_path);
		return status;
	}
	if (status == 0) {
		status = archive_head_write(
			writer->folder, writer->header.segment, writer->previous, err);
	}
	writer->header.segment++;
	return status;
}

/* The words, then the records, compressed behind room for the header. The length of the frame, or
 * 0. */
static size_t compress_content(struct archive_writer *writer)
{
	struct cbor_writer *plain = &writer->plain;

	cbor_writer_clear(plain);
	record_block_content(writer->records, plain);
	size_t bound = ARCHIVE_HEADER_BYTES + compress_bound(plain->length);
	if (bound > writer->compressed_capacity) {
		uint8_t *grown = realloc(writer->compressed, bound);
		if (!grown) {
			return 0;
		}
		writer->compressed = grown;
		writer->compressed_capacity = bound;
	}
	return plain->failed ? 0
			     : compress_block(writer->compressor, plain->bytes, plain->length,
				       writer->compressed + ARCHIVE_HEADER_BYTES,
				       bound - ARCHIVE_HEADER_BYTES);
}

/* Header and content go out in one write: a crash leaves a whole block or a torn one,
 * never a hole. */
static int append_block(struct archive_writer *writer, size_t content_bytes, struct err *err)
{
	struct archive_header *header = &writer->header;
	uint8_t *bytes = writer->compressed;

	header->compressed_bytes = (uint32_t)content_bytes;
	header->plain_bytes = (uint32_t)writer->plain.length;
	memcpy(header->previous, writer->previous, sizeof(header->previous));
	digest_sha256(bytes + ARCHIVE_HEADER_BYTES, content_bytes, header->content);
	archive_header_encode(header, bytes);
	int status = out_file_write_fd(writer->segment_fd, writer->segment_path, bytes,
		ARCHIVE_HEADER_BYTES + content_bytes, err);
	if (status < 0) {
		/* What was written of it is torn; the next block must not stand behind that. */
		if (ftruncate(writer->segment_fd, (off_t)writer->segment_bytes) < 0) {
			err_prefix(err, "%s: a torn block stays at its end", writer->segment_path);
		}
		return status;
	}
	archive_header_digest(bytes, writer->previous);
	writer->segment_bytes += ARCHIVE_HEADER_BYTES + content_bytes;
	header->block++;
	return 0;
}

/* A new hour or a full segment begins another one: at a block's edge, and only when time goes
 * forward, so that no clock can make a segment for every record. */
static int write_block(struct archive_writer *writer, struct err *err)
{
	int status = 0;

	if (writer->header.record_count == 0) {
		return 0;
	}
	size_t content_bytes = compress_content(writer);
	if (content_bytes == 0) {
		status = err_set(err, ENOMEM, "%s: out of memory", writer->folder);
	} else if (writer->segment_fd >= 0 &&
		   (writer->header.last_ns / HOUR_NS > writer->segment_hour ||
			   writer->segment_bytes > SEGMENT_BYTES)) {
		status = end_segment(writer, err);
	}
	if (status == 0 && writer->segment_fd < 0) {
		status = begin_segment(writer, err);
	}
	if (status == 0) {
		status = append_block(writer, content_bytes, err);
	}
	start_block(writer);
	return status;
}

static void widen(struct archive_header *header, uint64_t time_ns)
{
	header->first_ns = time_ns < header->first_ns ? time_ns : header->first_ns;
	header->last_ns = time_ns > header->last_ns ? time_ns : header->last_ns;
}

int archive_writer_put(struct archive_writer *writer, const struct record *record,
	const struct words *words, struct err *err)
{
	record_block_put(writer->records, record, words);
	writer->header.record_count++;
	widen(&writer->header, record->flow.start_ns);
	widen(&writer->header, record->flow.end_ns);
	if (record_block_bytes(writer->records) >= BLOCK_BYTES ||
		record_block_has_failed(writer->records)) {
		return write_block(writer, err);
	}
	return 0;
}

void archive_writer_forget(struct archive_writer *writer)
{
	record_block_forget(writer->records);
}

int archive_writer_flush(struct archive_writer *writer, struct err *err)
{
	int status = write_block(writer, err);

	return status < 0 ? status : sync_segment(writer, err);
}

int archive_writer_close(struct archive_writer *writer, struct err *err)
{
	int status = write_block(writer, err);
	int ended = end_segment(writer, status < 0 ? NULL : err);

	free_writer(writer);
	return status < 0 ? status : ended;
}
