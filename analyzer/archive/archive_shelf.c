#include "analyzer/archive/archive_shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/output/out_file.h"
#include "base/clock.h"
#include "base/file.h"

enum { SEGMENT_BYTES = 256 << 20 };

/* The disk is set to work whenever so much was written, so that little is left to wait for at a
 * sync. */
enum { WRITE_OUT_BYTES = 1 << 20 };

#define HOUR_NS (3600 * NS_PER_S)

/* A segment ends with its hour, day or month, and is deleted whole. */
static uint64_t period_of(enum archive_shelf shelf, uint64_t time_ns)
{
	static const unsigned hours[] = { [ARCHIVE_SHELF_FLOWS] = 1,
		[ARCHIVE_SHELF_HOURS] = 24,
		[ARCHIVE_SHELF_DAYS] = 24 * 30 };

	return time_ns / HOUR_NS / hours[shelf];
}

int archive_make_folder(const char *path, struct err *err)
{
	return file_make_folder(path, 0750, err);
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
	int fd = file_open_regular(path);

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

int archive_shelf_open(struct archive_shelf_writer *writer, const char *folder,
	enum archive_shelf shelf, struct err *err)
{
	static const uint8_t none[DIGEST_SHA256_BYTES];
	struct archive_segments segments;

	*writer = (struct archive_shelf_writer){ .folder = folder, .shelf = shelf, .fd = -1 };
	int status = archive_segments_list(&segments, folder, shelf, err);
	if (status < 0) {
		return status;
	}
	writer->segment = 1;
	if (segments.count > 0) {
		writer->segment = segments.items[segments.count - 1].number + 1;
	}
	/* A segment whose first block was torn has no whole block: the one before it then ends the
	 * chain. */
	for (size_t i = segments.count; i > 0 && status == 0 && !writer->has_previous; i--) {
		status = find_last_block(segments.items[i - 1].path, writer->previous, err);
		writer->has_previous = memcmp(writer->previous, none, sizeof(none)) != 0;
	}
	archive_segments_free(&segments);
	return status;
}

/* FOLDER/2026/03/31/flows-00000012.bfa, by the end of the newest record in its first block. */
static int begin_segment(struct archive_shelf_writer *writer, uint64_t last_ns, struct err *err)
{
	char date[11], *path = writer->path;
	int length = 0;

	clock_format_date(last_ns, date);
	for (unsigned part = 0; part < 3; part++) {
		static const unsigned from[] = { 0, 5, 8 }, count[] = { 4, 2, 2 };
		length += snprintf(path + length, PATH_MAX - (size_t)length, "%s/%.*s",
			part == 0 ? writer->folder : "", (int)count[part], date + from[part]);
		if (length >= PATH_MAX - 64) {
			return err_set(
				err, ENAMETOOLONG, "%s: the path is too long", writer->folder);
		}
		int status = archive_make_folder(path, err);
		if (status < 0) {
			return status;
		}
	}
	snprintf(path + length, PATH_MAX - (size_t)length, "/%s-%08llu.bfa",
		archive_shelf_name(writer->shelf), (unsigned long long)writer->segment);
	/* At its end, also after a torn block was cut off again. */
	writer->fd = file_open_to_write(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, 0640, err);
	if (writer->fd < 0) {
		return writer->fd;
	}
	writer->period = period_of(writer->shelf, last_ns);
	writer->bytes = writer->bytes_out = 0;
	writer->block = 0;
	return 0;
}

int archive_shelf_sync(struct archive_shelf_writer *writer, struct err *err)
{
	if (writer->fd >= 0 && fdatasync(writer->fd) < 0) {
		return err_set(err, errno, "%s: cannot sync: %s", writer->path, strerror(errno));
	}
	return 0;
}

int archive_shelf_end(struct archive_shelf_writer *writer, struct err *err)
{
	int status = archive_shelf_sync(writer, err);

	if (writer->fd < 0) {
		return 0;
	}
	close(writer->fd);
	writer->fd = -1;
	if (writer->block == 0) {
		/* Its first block could not be written: the archive ends where it ended before. */
		unlink(writer->path);
		return status;
	}
	writer->segment++;
	writer->ended++;
	return status;
}

/* Has the system begin to write what is there: whole pages, since the last one still grows. Where
 * that fails, the sync says so. */
static void write_out(struct archive_shelf_writer *writer)
{
	uint64_t whole = writer->bytes / 4096 * 4096;

	if (whole - writer->bytes_out >= WRITE_OUT_BYTES) {
		sync_file_range(writer->fd, (off_t)writer->bytes_out,
			(off_t)(whole - writer->bytes_out), SYNC_FILE_RANGE_WRITE);
		writer->bytes_out = whole;
	}
}

/* Header and content go out in one write: a crash leaves a whole block or a torn one, never a hole.
 */
static int append(struct archive_shelf_writer *writer, struct archive_header *header,
	uint8_t *bytes, struct err *err)
{
	size_t count = ARCHIVE_HEADER_BYTES + header->compressed_bytes;

	header->segment = writer->segment;
	header->block = writer->block;
	memcpy(header->previous, writer->previous, sizeof(header->previous));
	digest_sha256(bytes + ARCHIVE_HEADER_BYTES, header->compressed_bytes, header->content);
	archive_header_encode(header, bytes);
	int status = out_file_write_fd(writer->fd, writer->path, bytes, count, err);
	if (status < 0) {
		/* What was written of it is torn; the next block must not stand behind that. */
		if (ftruncate(writer->fd, (off_t)writer->bytes) < 0) {
			err_prefix(err, "%s: a torn block stays at its end", writer->path);
		}
		return status;
	}
	archive_header_digest(bytes, writer->previous);
	writer->has_previous = true;
	writer->bytes += count;
	writer->block++;
	write_out(writer);
	return 0;
}

/* So small that it had better go on. */
static bool is_sparse(const struct archive_shelf_writer *writer)
{
	enum { SPARSE_BYTES = 256 << 10 };

	return writer->most > 0 && writer->ended >= writer->most && writer->bytes < SPARSE_BYTES;
}

/* A new period or a full segment begins another one: at a block's edge, and only when time goes
 * forward, so that no clock can make a segment for every record. */
int archive_shelf_append(struct archive_shelf_writer *writer, struct archive_header *header,
	uint8_t *bytes, struct err *err)
{
	uint64_t period = period_of(writer->shelf, header->last_ns);
	bool is_over = writer->fd >= 0 && period > writer->period;
	int status = 0;

	if (is_over && is_sparse(writer)) {
		writer->period = period;
		writer->crowded++;
	} else if (is_over || (writer->fd >= 0 && writer->bytes > SEGMENT_BYTES)) {
		status = archive_shelf_end(writer, err);
	}
	if (status == 0 && writer->fd < 0) {
		status = begin_segment(writer, header->last_ns, err);
	}
	return status < 0 ? status : append(writer, header, bytes, err);
}
