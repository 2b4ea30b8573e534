/* Tombstones: what was deleted of an archive, when and why. FOLDER/deleted, a line for each time:
 *
 *     flows segments 1-24 records 8908 from TIME to TIME deleted TIME why age last DIGEST [key KEY
 *     signature SIGNATURE]
 *
 * on one line. DIGEST is that of the last block that is gone: the chain goes on behind it. The line
 * is on the disk before anything is deleted, and is signed where heads are.
 *
 * Memory   the list is the caller's until archive_deleted_free().
 * Threads  any. Failure: 0 or -errno, with file and line. */
#pragma once

#include "analyzer/archive/archive_format.h"
#include "analyzer/record/public_key.h"

enum archive_deleted_why { ARCHIVE_DELETED_AGE, ARCHIVE_DELETED_SIZE };

struct archive_tombstone {
	enum archive_shelf shelf;
	uint64_t first_segment, last_segment;
	uint64_t records; /* or cells */
	uint64_t from_ns, to_ns, deleted_ns;
	enum archive_deleted_why why;
	uint8_t digest[DIGEST_SHA256_BYTES];
	bool is_signed, holds;
	uint8_t key[PUBLIC_KEY_BYTES];
};

struct archive_tombstones {
	struct archive_tombstone *items; /* in the order they were written */
	size_t count;
};

/* An empty list where nothing was deleted. */
int archive_deleted_read(
	const char *folder, struct archive_tombstones *tombstones, struct err *err);
void archive_deleted_free(struct archive_tombstones *tombstones);

/* secret: NULL leaves it unsigned. */
int archive_deleted_add(const char *folder, const struct archive_tombstone *tombstone,
	const uint8_t *secret, struct err *err);

/* Until when what is on the shelf has been deleted; 0: nothing. */
uint64_t archive_deleted_until(
	const struct archive_tombstones *tombstones, enum archive_shelf shelf);
