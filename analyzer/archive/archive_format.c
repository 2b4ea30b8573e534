#include "analyzer/archive/archive_format.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/reader.h"

enum {
	CHECKED_BYTES = 120,
	DATE_FOLDERS = 3, /* year, month, day */
};

static void put_le(uint8_t *at, uint64_t number, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++) {
		at[i] = (uint8_t)(number >> 8 * i);
	}
}

void archive_header_encode(const struct archive_header *header, uint8_t bytes[ARCHIVE_HEADER_BYTES])
{
	uint8_t digest[DIGEST_SHA256_BYTES];

	memset(bytes, 0, ARCHIVE_HEADER_BYTES);
	memcpy(bytes, ARCHIVE_MAGIC, ARCHIVE_MAGIC_BYTES);
	put_le(bytes + 8, ARCHIVE_HEADER_BYTES, 4);
	put_le(bytes + 12, header->record_count, 4);
	put_le(bytes + 16, header->segment, 8);
	put_le(bytes + 24, header->block, 4);
	put_le(bytes + 28, header->content_kind, 4);
	put_le(bytes + 32, header->first_ns, 8);
	put_le(bytes + 40, header->last_ns, 8);
	put_le(bytes + 48, header->compressed_bytes, 4);
	put_le(bytes + 52, header->plain_bytes, 4);
	memcpy(bytes + 56, header->previous, DIGEST_SHA256_BYTES);
	memcpy(bytes + 88, header->content, DIGEST_SHA256_BYTES);
	digest_sha256(bytes, CHECKED_BYTES, digest);
	memcpy(bytes + CHECKED_BYTES, digest, ARCHIVE_HEADER_BYTES - CHECKED_BYTES);
}

static uint64_t read_u64_le(struct reader *reader)
{
	uint64_t low = reader_u32_le(reader);

	return low | (uint64_t)reader_u32_le(reader) << 32;
}

bool archive_header_decode(struct archive_header *header, const uint8_t bytes[ARCHIVE_HEADER_BYTES])
{
	struct reader reader = reader_over(bytes, ARCHIVE_HEADER_BYTES);
	uint8_t digest[DIGEST_SHA256_BYTES];

	digest_sha256(bytes, CHECKED_BYTES, digest);
	if (memcmp(reader_bytes(&reader, ARCHIVE_MAGIC_BYTES), ARCHIVE_MAGIC,
		    ARCHIVE_MAGIC_BYTES) != 0 ||
		memcmp(bytes + CHECKED_BYTES, digest, ARCHIVE_HEADER_BYTES - CHECKED_BYTES) != 0 ||
		reader_u32_le(&reader) != ARCHIVE_HEADER_BYTES) {
		return false;
	}
	header->record_count = reader_u32_le(&reader);
	header->segment = read_u64_le(&reader);
	header->block = reader_u32_le(&reader);
	header->content_kind = reader_u32_le(&reader);
	header->first_ns = read_u64_le(&reader);
	header->last_ns = read_u64_le(&reader);
	header->compressed_bytes = reader_u32_le(&reader);
	header->plain_bytes = reader_u32_le(&reader);
	memcpy(header->previous, reader_bytes(&reader, DIGEST_SHA256_BYTES), DIGEST_SHA256_BYTES);
	memcpy(header->content, reader_bytes(&reader, DIGEST_SHA256_BYTES), DIGEST_SHA256_BYTES);
	return header->compressed_bytes <= ARCHIVE_COMPRESSED_MAX &&
	       header->plain_bytes <= ARCHIVE_PLAIN_MAX;
}

void archive_header_digest(
	const uint8_t bytes[ARCHIVE_HEADER_BYTES], uint8_t digest[DIGEST_SHA256_BYTES])
{
	digest_sha256(bytes, ARCHIVE_HEADER_BYTES, digest);
}

/* "flows-00000012.bfa" */
static bool parse_segment_name(const char *name, uint64_t *number)
{
	int end = 0;
	unsigned long long value;

	if (sscanf(name, "flows-%19llu.bfa%n", &value, &end) != 1 || end == 0 ||
		name[end] != '\0') {
		return false;
	}
	*number = value;
	return true;
}

static int add_segment(struct archive_segments *segments, uint64_t number, const char *path)
{
	/* Grows at powers of two. */
	if ((segments->count & (segments->count - 1)) == 0) {
		size_t capacity = segments->count ? 2 * segments->count : 1;
		struct archive_segment *grown =
			realloc(segments->items, capacity * sizeof(*segments->items));
		if (!grown) {
			return -ENOMEM;
		}
		segments->items = grown;
	}
	char *copy = strdup(path);
	if (!copy) {
		return -ENOMEM;
	}
	segments->items[segments->count++] = (struct archive_segment){ number, copy };
	return 0;
}

static bool is_date_folder(const char *name)
{
	return name[0] != '\0' && name[strspn(name, "0123456789")] == '\0';
}

/* depth: folders of numbers still to come. */
static int list_folder(
	struct archive_segments *segments, const char *folder, unsigned depth, struct err *err)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;
	int status = 0;

	if (!entries && errno == ENOTDIR && depth < DATE_FOLDERS) {
		return 0;
	}
	if (!entries) {
		return err_set(
			err, errno, "%s: cannot read the folder: %s", folder, strerror(errno));
	}
	while (status == 0 && (entry = readdir(entries))) {
		char path[PATH_MAX];
		uint64_t number;

		if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >=
			(int)sizeof(path)) {
			status = err_set(err, ENAMETOOLONG, "%s/%s: the path is too long", folder,
				entry->d_name);
		} else if (depth > 0 && is_date_folder(entry->d_name)) {
			status = list_folder(segments, path, depth - 1, err);
		} else if (depth == 0 && parse_segment_name(entry->d_name, &number)) {
			status = add_segment(segments, number, path);
			if (status < 0) {
				err_set(err, ENOMEM, "%s: out of memory", folder);
			}
		}
	}
	closedir(entries);
	return status;
}

static int compare_segments(const void *a, const void *b)
{
	const struct archive_segment *one = a, *other = b;

	if (one->number != other->number) {
		return one->number < other->number ? -1 : 1;
	}
	return strcmp(one->path, other->path);
}

int archive_segments_list(struct archive_segments *segments, const char *folder, struct err *err)
{
	*segments = (struct archive_segments){ NULL, 0 };
	int status = list_folder(segments, folder, DATE_FOLDERS, err);
	if (status < 0) {
		archive_segments_free(segments);
	} else if (segments->count > 0) {
		qsort(segments->items, segments->count, sizeof(*segments->items), compare_segments);
	}
	return status;
}

void archive_segments_free(struct archive_segments *segments)
{
	for (size_t i = 0; i < segments->count; i++) {
		free(segments->items[i].path);
	}
	free(segments->items);
	*segments = (struct archive_segments){ NULL, 0 };
}

static int head_path(const char *folder, char path[PATH_MAX], struct err *err)
{
	if (snprintf(path, PATH_MAX, "%s/head", folder) >= PATH_MAX) {
		return err_set(err, ENAMETOOLONG, "%s: the path is too long", folder);
	}
	return 0;
}

int archive_head_write(const char *folder, uint64_t segment,
	const uint8_t digest[DIGEST_SHA256_BYTES], struct err *err)
{
	char path[PATH_MAX], line[128], hex[2 * DIGEST_SHA256_BYTES + 1];
	int status = head_path(folder, path, err);

	if (status < 0) {
		return status;
	}
	digest_hex(digest, DIGEST_SHA256_BYTES, hex);
	int length = snprintf(
		line, sizeof(line), "segment %llu block %s\n", (unsigned long long)segment, hex);
	return file_write_mode(path, line, (size_t)length, 0640, err);
}

int archive_head_read(
	const char *folder, uint64_t *segment, uint8_t digest[DIGEST_SHA256_BYTES], struct err *err)
{
	char path[PATH_MAX], hex[2 * DIGEST_SHA256_BYTES + 1], *content;
	unsigned long long number = 0;
	int status = head_path(folder, path, err);

	if (status == 0) {
		status = file_read(path, &content, NULL, err);
	}
	if (status < 0) {
		return status;
	}
	if (sscanf(content, "segment %19llu block %64s", &number, hex) != 2 ||
		!digest_parse_hex(hex, strlen(hex), digest, DIGEST_SHA256_BYTES)) {
		status = err_set(err, EINVAL, "%s: expected \"segment NUMBER block DIGEST\"", path);
	}
	*segment = number;
	free(content);
	return status;
}

int64_t archive_read_at(int fd, uint64_t offset, void *bytes, size_t count)
{
	size_t at = 0;

	while (at < count) {
		ssize_t got = pread(fd, (char *)bytes + at, count - at, (off_t)(offset + at));
		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got < 0) {
			return -errno;
		}
		if (got == 0) {
			break;
		}
		at += (size_t)got;
	}
	return (int64_t)at;
}
