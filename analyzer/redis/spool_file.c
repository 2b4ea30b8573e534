#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/redis/spool_parts.h"
#include "base/file.h"

enum { HEADER_BYTES = 4096, OWNER_BYTES = 128, SCAN_BYTES = 1 << 20, GROWN_BYTES_LEAST = 1 << 20 };

static const char file_magic[8] = "bfspool1";

/* The first page of the file. */
struct file_header {
	char magic[8];
	char owner[OWNER_BYTES];
	uint64_t checksum; /* of what stands before it */
};

int spool_file_write(int fd, const void *bytes, size_t length, uint64_t offset)
{
	const uint8_t *from = bytes;

	while (length > 0) {
		ssize_t written = pwrite(fd, from, length, (off_t)(HEADER_BYTES + offset));
		if (written < 0 && errno != EINTR) {
			return -errno;
		}
		if (written > 0) {
			from += written;
			offset += (uint64_t)written;
			length -= (size_t)written;
		}
	}
	return 0;
}

/* What is behind the end of the file reads as zeros: the checksums then tell. */
int spool_file_read(int fd, void *bytes, size_t length, uint64_t offset)
{
	uint8_t *to = bytes;

	while (length > 0) {
		ssize_t got = pread(fd, to, length, (off_t)(HEADER_BYTES + offset));
		if (got < 0 && errno != EINTR) {
			return -errno;
		}
		if (got == 0) {
			memset(to, 0, length);
			return 0;
		}
		if (got > 0) {
			to += got;
			offset += (uint64_t)got;
			length -= (size_t)got;
		}
	}
	return 0;
}

static int compare_entries(const void *left, const void *right)
{
	const struct spool_entry *a = left, *b = right;

	return spool_place_compare(&a->place, &b->place);
}

static bool is_frame(const struct spool *spool, const struct spool_frame *frame)
{
	return memcmp(frame->magic, spool_frame_magic, sizeof(frame->magic)) == 0 &&
	       frame->header_checksum == spool_frame_checksum(spool, frame);
}

static void take_in(struct spool *spool, const struct spool_frame *frame, uint64_t offset)
{
	if (spool->count == SPOOL_BATCHES_MAX) {
		qsort(spool->entries, spool->count, sizeof(*spool->entries), compare_entries);
		spool_remove_entries(spool, 0, SPOOL_BATCHES_MAX / 16);
	}
	spool->entries[spool->count++] =
		(struct spool_entry){ { frame->epoch, frame->number }, offset, frame->checksum,
			frame->time_ns, frame->length, (uint8_t)frame->kind, false };
}

/* Looks for headers on every step; whole frames are jumped over. */
static int scan(struct spool *spool, struct err *err)
{
	uint8_t *window = malloc(SCAN_BYTES);
	uint64_t at = 0, capacity = spool->file.capacity;
	int status = window ? 0 : err_set(err, ENOMEM, "%s: out of memory", spool->options.path);

	while (status == 0 && at < capacity) {
		size_t length = capacity - at < SCAN_BYTES ? capacity - at : SCAN_BYTES, i = 0;
		status = spool_file_read(spool->file.fd, window, length, at);
		if (status < 0) {
			err_set(err, -status, "%s: cannot read: %s", spool->options.path,
				strerror(-status));
		}
		while (status == 0 && i < length) {
			struct spool_frame frame;
			memcpy(&frame, window + i, sizeof(frame));
			if (is_frame(spool, &frame) &&
				spool_frame_room(frame.length) <= capacity - at - i) {
				take_in(spool, &frame, at + i);
				i += spool_frame_room(frame.length);
			} else {
				i += SPOOL_STEP;
			}
		}
		at += i;
	}
	free(window);
	return status;
}

/* Goes on behind what was found. */
static void find_head(struct spool *spool)
{
	if (spool->count == 0) {
		return;
	}
	qsort(spool->entries, spool->count, sizeof(*spool->entries), compare_entries);
	const struct spool_entry *newest = &spool->entries[spool->count - 1];
	spool->file.head = newest->offset + spool_frame_room(newest->length);
	if (newest->place.epoch >= spool->last.epoch) {
		spool->last.epoch = newest->place.epoch + 1;
	}
}

static uint64_t file_header_checksum(const struct spool *spool, const struct file_header *header)
{
	return hash_bytes(&spool->key, header, offsetof(struct file_header, checksum));
}

static int write_header(struct spool *spool, struct err *err)
{
	uint8_t page[HEADER_BYTES] = { 0 };
	struct file_header header = { .checksum = 0 };

	memcpy(header.magic, file_magic, sizeof(header.magic));
	snprintf(header.owner, sizeof(header.owner), "%s", spool->options.owner);
	header.checksum = file_header_checksum(spool, &header);
	memcpy(page, &header, sizeof(header));
	if (pwrite(spool->file.fd, page, sizeof(page), 0) != (ssize_t)sizeof(page)) {
		return err_set(err, errno ? errno : EIO, "%s: cannot write: %s",
			spool->options.path, strerror(errno ? errno : EIO));
	}
	return 0;
}

/* A file that is there must be this sensor's spool: its first page says so, or where that is
 * damaged the batches in it. */
static int check_header(struct spool *spool, struct err *err)
{
	const char *path = spool->options.path;
	struct file_header header;

	if (pread(spool->file.fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header)) {
		memset(&header, 0, sizeof(header));
	}
	bool has_magic = memcmp(header.magic, file_magic, sizeof(header.magic)) == 0;
	if (has_magic && header.checksum == file_header_checksum(spool, &header)) {
		return 0;
	}
	if (spool->count > 0) {
		spool->stats.damaged++;
		return write_header(spool, err);
	}
	if (has_magic) {
		return err_set(err, EEXIST,
			"%s is the spool of the sensor \"%.*s\"; name another file, or that sensor",
			path, OWNER_BYTES - 1, header.owner);
	}
	return err_set(err, EEXIST, "%s is there and is no spool; name another file", path);
}

static int set_size(struct spool *spool, uint64_t now_bytes, struct err *err)
{
	uint64_t wanted = spool->options.file_bytes / SPOOL_STEP * SPOOL_STEP + HEADER_BYTES;
	uint64_t size = now_bytes > wanted ? now_bytes : wanted;
	int status = size > now_bytes ? posix_fallocate(spool->file.fd, 0, (off_t)size) : 0;

	if (status != 0 && ftruncate(spool->file.fd, (off_t)now_bytes) == 0 &&
		now_bytes >= GROWN_BYTES_LEAST) {
		size = now_bytes; /* it cannot grow, but it can go on as it is */
	} else if (status != 0) {
		return err_set(err, status, "%s: no room for a spool of %" PRIu64 " MB: %s",
			spool->options.path, size / 1000000, strerror(status));
	}
	spool->file.capacity = (size - HEADER_BYTES) / SPOOL_STEP * SPOOL_STEP;
	return 0;
}

static int use_file(struct spool *spool, struct err *err)
{
	const char *path = spool->options.path;
	struct stat status;

	if (flock(spool->file.fd, LOCK_EX | LOCK_NB) < 0) {
		return err_set(err, EBUSY, "%s is in use by another sensor", path);
	}
	if (fstat(spool->file.fd, &status) < 0) {
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	}
	uint64_t size = (uint64_t)status.st_size;
	if (size > 0) {
		spool->file.capacity =
			size > HEADER_BYTES ? (size - HEADER_BYTES) / SPOOL_STEP * SPOOL_STEP : 0;
		int result = scan(spool, err);
		result = result < 0 ? result : check_header(spool, err);
		if (result < 0) {
			return result;
		}
	}
	find_head(spool);
	int result = set_size(spool, size, err);
	return result == 0 && size == 0 ? write_header(spool, err) : result;
}

static bool is_about_the_disk(int status)
{
	return status == -ENOSPC || status == -EDQUOT || status == -EIO || status == -EROFS ||
	       status == -EFBIG;
}

/* A disk that cannot hold the spool leaves it in memory; what a person must mend is said. */
int spool_file_open(struct spool *spool, struct err *err)
{
	const char *path = spool->options.path;
	int flags = O_RDWR | O_CREAT | (spool->options.is_synchronous ? O_DSYNC : 0);
	int fd = file_open_to_write(path, flags, 0640, err);
	int status = fd;

	spool->file.fd = fd < 0 ? -1 : fd;
	if (fd >= 0) {
		status = use_file(spool, err);
	}
	if (status < 0 && spool->file.fd >= 0) {
		close(spool->file.fd);
		spool->file.fd = -1;
		spool->count = 0;
	}
	return is_about_the_disk(status) ? 0 : status;
}
