#include "analyzer/store/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

enum {
	HEADER_BYTES = 4096,
	STEP = 64,
	OWNER_BYTES = 128,
	SCAN_BYTES = 1 << 20,
	GROWN_BYTES_LEAST = 1 << 20
};

static const char file_magic[8] = "bfspool1";
static const char frame_magic[8] = "bfbatch1";

/* The first page of the file. */
struct file_header {
	char magic[8];
	char owner[OWNER_BYTES];
	uint64_t checksum; /* of what stands before it */
};

/* In front of each batch; numbers are in the machine's own byte order, since the file never leaves
 * it. */
struct frame {
	char magic[8];
	uint64_t epoch, number;
	uint64_t time_ns;
	uint32_t length, kind;
	uint64_t checksum; /* of the batch */
	uint64_t unused;
	uint64_t header_checksum; /* of what stands before it */
};
_Static_assert(sizeof(struct frame) == STEP, "a header is one step");

/* A ring of frames, in a file or in memory. */
struct area {
	int fd;          /* -1: none */
	uint8_t *memory; /* NULL: none */
	uint64_t capacity, head;
};

struct entry {
	struct spool_place place;
	uint64_t offset, checksum;
	uint64_t time_ns;
	uint32_t length;
	uint8_t kind;
	bool is_in_memory;
};

struct spool {
	struct spool_options options;
	struct hash_key key;
	pthread_mutex_t mutex; /* guards everything below */
	struct area file, memory;
	struct entry *entries; /* by place */
	size_t count;
	struct spool_place last;
	uint8_t *frame; /* where one is put together */
	size_t frame_capacity;
	struct spool_stats stats;
};

static uint64_t frame_room(uint64_t length)
{
	return (sizeof(struct frame) + length + STEP - 1) / STEP * STEP;
}

static uint64_t header_checksum(const struct spool *spool, const struct frame *frame)
{
	return hash_bytes(&spool->key, frame, offsetof(struct frame, header_checksum));
}

static bool is_frame(const struct spool *spool, const struct frame *frame)
{
	return memcmp(frame->magic, frame_magic, sizeof(frame->magic)) == 0 &&
	       frame->header_checksum == header_checksum(spool, frame);
}

static int write_at(int fd, const void *bytes, size_t length, uint64_t offset)
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
static int read_at(int fd, void *bytes, size_t length, uint64_t offset)
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
	const struct entry *a = left, *b = right;

	return spool_place_compare(&a->place, &b->place);
}

/* How many entries stand at or before a place. */
static size_t entries_until(const struct spool *spool, const struct spool_place *place)
{
	size_t low = 0, high = spool->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (spool_place_compare(&spool->entries[middle].place, place) <= 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static void remove_entries(struct spool *spool, size_t at, size_t count)
{
	memmove(spool->entries + at, spool->entries + at + count,
		(spool->count - at - count) * sizeof(*spool->entries));
	spool->count -= count;
}

/* Forgets every batch of an area that would be written over. */
static void evict(struct spool *spool, bool is_in_memory, uint64_t from, uint64_t end)
{
	size_t kept = 0;

	for (size_t i = 0; i < spool->count; i++) {
		const struct entry *entry = &spool->entries[i];
		bool overlaps = entry->is_in_memory == is_in_memory && entry->offset < end &&
				entry->offset + frame_room(entry->length) > from;
		if (!overlaps) {
			if (kept != i) {
				spool->entries[kept] = *entry;
			}
			kept++;
		}
	}
	spool->count = kept;
}

/* Room in an area for one frame, at its head or, where it does not fit behind that, at the start.
 * What stood there is forgotten. */
static bool make_room(struct spool *spool, struct area *area, uint64_t room)
{
	bool is_in_memory = area == &spool->memory;

	if (room > area->capacity) {
		return false;
	}
	if (area->head + room > area->capacity) {
		evict(spool, is_in_memory, area->head, area->capacity);
		area->head = 0;
	}
	evict(spool, is_in_memory, area->head, area->head + room);
	return true;
}

static bool put_into_file(struct spool *spool, uint64_t room)
{
	if (spool->file.fd < 0 || !make_room(spool, &spool->file, room)) {
		return false;
	}
	if (write_at(spool->file.fd, spool->frame, room, spool->file.head) < 0) {
		spool->stats.write_failures++;
		return false;
	}
	return true;
}

static bool put_into_memory(struct spool *spool, uint64_t room)
{
	struct area *area = &spool->memory;

	if (!area->memory) {
		area->memory = malloc(spool->options.memory_bytes);
		area->capacity = area->memory ? spool->options.memory_bytes : 0;
	}
	if (!make_room(spool, area, room)) {
		return false;
	}
	memcpy(area->memory + area->head, spool->frame, room);
	return true;
}

/* The frame of a batch, with zeros up to the next step. */
static bool build_frame(struct spool *spool, const struct spool_batch *batch, uint64_t room)
{
	if (spool->frame_capacity < room) {
		uint8_t *grown = realloc(spool->frame, room * 2);
		if (!grown) {
			return false;
		}
		spool->frame = grown;
		spool->frame_capacity = room * 2;
	}
	struct frame header = { .epoch = batch->place.epoch,
		.number = batch->place.number,
		.time_ns = batch->time_ns,
		.length = (uint32_t)batch->length,
		.kind = batch->kind,
		.checksum = batch->checksum };
	memcpy(header.magic, frame_magic, sizeof(header.magic));
	header.header_checksum = header_checksum(spool, &header);
	memcpy(spool->frame, &header, sizeof(header));
	memcpy(spool->frame + sizeof(header), batch->bytes, batch->length);
	memset(spool->frame + sizeof(header) + batch->length, 0,
		room - sizeof(header) - batch->length);
	return true;
}

static bool put(struct spool *spool, struct spool_batch *batch)
{
	uint64_t room = frame_room(batch->length);

	spool->last.number++;
	batch->place = spool->last;
	batch->checksum = hash_bytes(&spool->key, batch->bytes, batch->length);
	if (batch->length > UINT32_MAX || !build_frame(spool, batch, room)) {
		return false;
	}
	bool is_in_file = put_into_file(spool, room);
	if (!is_in_file && !put_into_memory(spool, room)) {
		return false;
	}
	if (spool->count == SPOOL_BATCHES_MAX) {
		remove_entries(spool, 0, SPOOL_BATCHES_MAX / 16);
	}
	struct area *area = is_in_file ? &spool->file : &spool->memory;
	spool->entries[spool->count++] = (struct entry){ batch->place, area->head, batch->checksum,
		batch->time_ns, (uint32_t)batch->length, (uint8_t)batch->kind, !is_in_file };
	area->head += room;
	return true;
}

bool spool_put(struct spool *spool, struct spool_batch *batch)
{
	pthread_mutex_lock(&spool->mutex);
	bool is_in = put(spool, batch);
	pthread_mutex_unlock(&spool->mutex);
	return is_in;
}

int spool_sync(struct spool *spool)
{
	return spool->file.fd >= 0 && fdatasync(spool->file.fd) < 0 ? -errno : 0;
}

/* Fills the reader's buffer; false where the bytes are not those that were put. */
static bool read_batch(struct spool *spool, const struct entry *entry, struct spool_reader *reader)
{
	uint64_t at = entry->offset + sizeof(struct frame);

	if (reader->capacity < entry->length + (size_t)1) {
		char *grown = realloc(reader->bytes, entry->length * (size_t)2 + 1);
		if (!grown) {
			return false;
		}
		reader->bytes = grown;
		reader->capacity = entry->length * (size_t)2 + 1;
	}
	if (entry->is_in_memory) {
		memcpy(reader->bytes, spool->memory.memory + at, entry->length);
	} else if (read_at(spool->file.fd, reader->bytes, entry->length, at) < 0) {
		return false;
	}
	reader->bytes[entry->length] = '\0';
	return hash_bytes(&spool->key, reader->bytes, entry->length) == entry->checksum;
}

bool spool_next(struct spool *spool, struct spool_reader *reader, const struct spool_place *after,
	struct spool_batch *batch)
{
	bool found = false;

	pthread_mutex_lock(&spool->mutex);
	size_t at = entries_until(spool, after);
	while (at < spool->count && !found) {
		const struct entry *entry = &spool->entries[at];
		found = read_batch(spool, entry, reader);
		if (found) {
			*batch = (struct spool_batch){ entry->place, entry->kind, entry->time_ns,
				entry->checksum, reader->bytes, entry->length };
		} else {
			spool->stats.damaged++;
			remove_entries(spool, at, 1);
		}
	}
	pthread_mutex_unlock(&spool->mutex);
	return found;
}

void spool_reader_deinit(struct spool_reader *reader)
{
	free(reader->bytes);
	*reader = (struct spool_reader){ NULL, 0 };
}

bool spool_find(struct spool *spool, const struct spool_place *place, uint64_t *checksum)
{
	pthread_mutex_lock(&spool->mutex);
	size_t until = entries_until(spool, place);
	bool found = until > 0 && spool_place_compare(&spool->entries[until - 1].place, place) == 0;
	if (found) {
		*checksum = spool->entries[until - 1].checksum;
	}
	pthread_mutex_unlock(&spool->mutex);
	return found;
}

struct spool_place spool_last(struct spool *spool)
{
	pthread_mutex_lock(&spool->mutex);
	struct spool_place last = spool->last;
	pthread_mutex_unlock(&spool->mutex);
	return last;
}

static struct spool_rest rest_from(const struct spool *spool, size_t at)
{
	struct spool_rest rest = { .batches = spool->count - at };

	rest.oldest_ns = at < spool->count ? spool->entries[at].time_ns : 0;
	for (; at < spool->count; at++) {
		rest.bytes += spool->entries[at].length;
	}
	return rest;
}

void spool_read_rest(struct spool *spool, const struct spool_place *after, struct spool_rest *rest)
{
	pthread_mutex_lock(&spool->mutex);
	*rest = rest_from(spool, entries_until(spool, after));
	pthread_mutex_unlock(&spool->mutex);
}

void spool_read_stats(struct spool *spool, struct spool_stats *stats)
{
	pthread_mutex_lock(&spool->mutex);
	struct spool_rest all = rest_from(spool, 0);
	*stats = spool->stats;
	stats->file_bytes = spool->file.fd >= 0 ? spool->file.capacity : 0;
	stats->batches = all.batches;
	stats->bytes = all.bytes;
	pthread_mutex_unlock(&spool->mutex);
}

static void take_in(struct spool *spool, const struct frame *frame, uint64_t offset)
{
	if (spool->count == SPOOL_BATCHES_MAX) {
		qsort(spool->entries, spool->count, sizeof(*spool->entries), compare_entries);
		remove_entries(spool, 0, SPOOL_BATCHES_MAX / 16);
	}
	spool->entries[spool->count++] = (struct entry){ { frame->epoch, frame->number }, offset,
		frame->checksum, frame->time_ns, frame->length, (uint8_t)frame->kind, false };
}

/* Looks for headers on every step; whole frames are jumped over. */
static int scan(struct spool *spool, struct err *err)
{
	uint8_t *window = malloc(SCAN_BYTES);
	uint64_t at = 0, capacity = spool->file.capacity;
	int status = window ? 0 : err_set(err, ENOMEM, "%s: out of memory", spool->options.path);

	while (status == 0 && at < capacity) {
		size_t length = capacity - at < SCAN_BYTES ? capacity - at : SCAN_BYTES, i = 0;
		status = read_at(spool->file.fd, window, length, at);
		if (status < 0) {
			err_set(err, -status, "%s: cannot read: %s", spool->options.path,
				strerror(-status));
		}
		while (status == 0 && i < length) {
			struct frame frame;
			memcpy(&frame, window + i, sizeof(frame));
			if (is_frame(spool, &frame) &&
				frame_room(frame.length) <= capacity - at - i) {
				take_in(spool, &frame, at + i);
				i += frame_room(frame.length);
			} else {
				i += STEP;
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
	const struct entry *newest = &spool->entries[spool->count - 1];
	spool->file.head = newest->offset + frame_room(newest->length);
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
	uint64_t wanted = spool->options.file_bytes / STEP * STEP + HEADER_BYTES;
	uint64_t size = now_bytes > wanted ? now_bytes : wanted;
	int status = size > now_bytes ? posix_fallocate(spool->file.fd, 0, (off_t)size) : 0;

	if (status != 0 && ftruncate(spool->file.fd, (off_t)now_bytes) == 0 &&
		now_bytes >= GROWN_BYTES_LEAST) {
		size = now_bytes; /* it cannot grow, but it can go on as it is */
	} else if (status != 0) {
		return err_set(err, status, "%s: no room for a spool of %" PRIu64 " MB: %s",
			spool->options.path, size / 1000000, strerror(status));
	}
	spool->file.capacity = (size - HEADER_BYTES) / STEP * STEP;
	return 0;
}

static int use_file(struct spool *spool, struct err *err)
{
	const char *path = spool->options.path;
	struct stat status;

	if (flock(spool->file.fd, LOCK_EX | LOCK_NB) < 0) {
		return err_set(err, EBUSY, "%s is in use by another sensor", path);
	}
	if (fstat(spool->file.fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		return err_set(err, EEXIST, "%s is no plain file", path);
	}
	uint64_t size = (uint64_t)status.st_size;
	if (size > 0) {
		spool->file.capacity =
			size > HEADER_BYTES ? (size - HEADER_BYTES) / STEP * STEP : 0;
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
static int open_file(struct spool *spool, struct err *err)
{
	const char *path = spool->options.path;
	int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, status;

	flags |= spool->options.is_synchronous ? O_DSYNC : 0;
	spool->file.fd = open(path, flags, 0640);
	if (spool->file.fd < 0) {
		status =
			err_set(err, errno, "%s: cannot open the spool: %s", path, strerror(errno));
	} else {
		status = use_file(spool, err);
	}
	if (status < 0 && spool->file.fd >= 0) {
		close(spool->file.fd);
		spool->file.fd = -1;
		spool->count = 0;
	}
	return is_about_the_disk(status) ? 0 : status;
}

int spool_open(struct spool **spool, const struct spool_options *options, struct err *err)
{
	struct spool *opened = calloc(1, sizeof(*opened));
	int status = 0;

	*spool = NULL;
	if (!opened) {
		return err_set(err, ENOMEM, "the spool: out of memory");
	}
	pthread_mutex_init(&opened->mutex, NULL);
	opened->options = *options;
	opened->key = hash_key_fixed(options->owner);
	opened->last = (struct spool_place){ options->now_ns ? options->now_ns : 1, 0 };
	opened->file.fd = -1;
	opened->entries = malloc(SPOOL_BATCHES_MAX * sizeof(*opened->entries));
	if (!opened->entries) {
		status = err_set(err, ENOMEM, "the spool: out of memory");
	} else if (options->path) {
		status = open_file(opened, err);
	}
	if (status < 0) {
		spool_close(opened);
		return status;
	}
	*spool = opened;
	return 0;
}

void spool_close(struct spool *spool)
{
	if (!spool) {
		return;
	}
	if (spool->file.fd >= 0) {
		fdatasync(spool->file.fd);
		close(spool->file.fd);
	}
	pthread_mutex_destroy(&spool->mutex);
	free(spool->memory.memory);
	free(spool->entries);
	free(spool->frame);
	free(spool);
}

bool spool_is_on_disk(const struct spool *spool)
{
	return spool->file.fd >= 0;
}
