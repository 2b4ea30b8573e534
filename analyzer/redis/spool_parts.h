/* Inside the spool: the ring and its index (spool.c), the file it stands in (spool_file.c). */
#pragma once

#include <pthread.h>
#include <string.h>

#include "analyzer/redis/spool.h"
#include "base/hash.h"

/* Frames begin on steps of so many bytes. */
enum { SPOOL_STEP = 64 };

static const char spool_frame_magic[8] = "bfbatch1";

/* In front of each batch; numbers are in the machine's own byte order, since the file never leaves
 * it. */
struct spool_frame {
	char magic[8];
	uint64_t epoch, number;
	uint64_t time_ns;
	uint32_t length, kind;
	uint64_t checksum; /* of the batch */
	uint64_t unused;
	uint64_t header_checksum; /* of what stands before it */
};
_Static_assert(sizeof(struct spool_frame) == SPOOL_STEP, "a header is one step");

/* A ring of frames, in a file or in memory. */
struct spool_area {
	int fd;          /* -1: none */
	uint8_t *memory; /* NULL: none */
	uint64_t capacity, head;
};

struct spool_entry {
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
	struct spool_area file, memory;
	struct spool_entry *entries; /* by place */
	size_t count;
	struct spool_place last;
	uint8_t *frame; /* where one is put together */
	size_t frame_capacity;
	struct spool_stats stats;
};

static inline uint64_t spool_frame_room(uint64_t length)
{
	return (sizeof(struct spool_frame) + length + SPOOL_STEP - 1) / SPOOL_STEP * SPOOL_STEP;
}

static inline uint64_t spool_frame_checksum(
	const struct spool *spool, const struct spool_frame *frame)
{
	return hash_bytes(&spool->key, frame, offsetof(struct spool_frame, header_checksum));
}

static inline void spool_remove_entries(struct spool *spool, size_t at, size_t count)
{
	memmove(spool->entries + at, spool->entries + at + count,
		(spool->count - at - count) * sizeof(*spool->entries));
	spool->count -= count;
}

/* Opens the file of the options, finds what is in it, and where to go on. 0 or -errno; a disk that
 * cannot hold it is no failure: fd is then -1 and *err has the sentence. */
int spool_file_open(struct spool *spool, struct err *err);

/* Behind the first page. 0 or -errno; what is behind the end reads as zeros. */
int spool_file_write(int fd, const void *bytes, size_t length, uint64_t offset);
int spool_file_read(int fd, void *bytes, size_t length, uint64_t offset);
