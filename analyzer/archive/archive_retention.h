/* Retention: what is older than it may be kept, or more than there is room for, is deleted, segment
 * by segment, oldest first, and leaves a tombstone (archive_deleted.h).
 *
 * Records go when their hours are added up, hours when their days are; the newest segment of a
 * shelf always stays. Room is made of records alone: what they add up to is a tenth of them.
 *
 * Threads  the writer's. */
#pragma once

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_format.h"

struct archive_pruned {
	uint64_t segments[ARCHIVE_SHELF_COUNT], records[ARCHIVE_SHELF_COUNT];
	uint64_t bytes;
};

/* 0 or -errno; what was deleted until then is in pruned. */
int archive_writer_prune(struct archive_writer *writer, const struct retention *retention,
	uint64_t now_ns, struct archive_pruned *pruned, struct err *err);
