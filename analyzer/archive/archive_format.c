#include "analyzer/archive/archive_format.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static uint32_t number_of_content(const struct archive_header *header)
{
#define X(id, form_, number)                                                                       \
	if (header->form == ARCHIVE_FORM_##form_ && header->content_kind == ARCHIVE_##id) {        \
		return number;                                                                     \
	}
	ARCHIVE_FORMS(X)
#undef X
	return header->content_kind;
}

static void note_content(struct archive_header *header, uint32_t number)
{
	header->content_kind = number;
	header->form = ARCHIVE_FORM_ROWS;
#define X(id, form_, number_)                                                                      \
	if (number == (number_)) {                                                                 \
		header->content_kind = ARCHIVE_##id;                                               \
		header->form = ARCHIVE_FORM_##form_;                                               \
	}
	ARCHIVE_FORMS(X)
#undef X
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
	put_le(bytes + 28, number_of_content(header), 4);
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
	note_content(header, reader_u32_le(&reader));
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

const char *archive_shelf_name(enum archive_shelf shelf)
{
	static const char *const names[] = {
#define X(id, name) [ARCHIVE_SHELF_##id] = (name),
		ARCHIVE_SHELVES(X)
#undef X
	};
	return names[shelf];
}

enum archive_shelf archive_shelf_of(uint32_t content_kind)
{
	switch (content_kind) {
	case ARCHIVE_HOUR:
	case ARCHIVE_SUMS:
		return ARCHIVE_SHELF_HOURS;
	case ARCHIVE_DAY:
	case ARCHIVE_DAY_TABLES:
	case ARCHIVE_MONTH_TABLES:
		return ARCHIVE_SHELF_DAYS;
	default:
		return ARCHIVE_SHELF_FLOWS;
	}
}

bool archive_has_mark(uint32_t content_kind)
{
	return archive_shelf_of(content_kind) != ARCHIVE_SHELF_FLOWS;
}

void archive_mark_encode(const struct archive_mark *mark, uint8_t bytes[ARCHIVE_MARK_BYTES])
{
	memcpy(bytes, mark->position, DIGEST_SHA256_BYTES);
	put_le(bytes + 32, (uint64_t)mark->period, 8);
	put_le(bytes + 40, mark->correction, 4);
	put_le(bytes + 44, mark->following, 4);
	put_le(bytes + 48, mark->end_ns, 8);
}

void archive_mark_decode(struct archive_mark *mark, const uint8_t bytes[ARCHIVE_MARK_BYTES])
{
	struct reader reader = reader_over(bytes, ARCHIVE_MARK_BYTES);

	memcpy(mark->position, reader_bytes(&reader, DIGEST_SHA256_BYTES), DIGEST_SHA256_BYTES);
	mark->period = (int64_t)read_u64_le(&reader);
	mark->correction = reader_u32_le(&reader);
	mark->following = reader_u32_le(&reader);
	mark->end_ns = read_u64_le(&reader);
}

/* "flows-00000012.bfa" */
static bool parse_segment_name(const char *name, enum archive_shelf shelf, uint64_t *number)
{
	const char *shelf_name = archive_shelf_name(shelf);
	size_t length = strlen(shelf_name);
	unsigned long long value;
	int end = 0;

	if (strncmp(name, shelf_name, length) != 0 ||
		sscanf(name + length, "-%19llu.bfa%n", &value, &end) != 1 || end == 0 ||
		name[length + (size_t)end] != '\0') {
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
static int list_folder(struct archive_segments *segments, const char *folder,
	enum archive_shelf shelf, unsigned depth, struct err *err)
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
		bool is_wanted = depth > 0 ? is_date_folder(entry->d_name)
					   : parse_segment_name(entry->d_name, shelf, &number);

		if (!is_wanted) {
			continue;
		}
		if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >=
			(int)sizeof(path)) {
			status = err_set(err, ENAMETOOLONG, "%s/%s: the path is too long", folder,
				entry->d_name);
		} else if (depth > 0) {
			status = list_folder(segments, path, shelf, depth - 1, err);
		} else if (add_segment(segments, number, path) < 0) {
			status = err_set(err, ENOMEM, "%s: out of memory", folder);
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

int archive_segments_list(struct archive_segments *segments, const char *folder,
	enum archive_shelf shelf, struct err *err)
{
	*segments = (struct archive_segments){ NULL, 0 };
	int status = list_folder(segments, folder, shelf, DATE_FOLDERS, err);
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
