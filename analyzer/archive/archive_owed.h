/* What an archive lacks and could not note in itself, as its disk stayed full to the end:
 *
 *     FOLDER/owed    records COUNT from NS to NS: why
 *
 * Its room is taken when a writer opens the archive, so that it can be written into without any.
 * The next writer notes the gap where gaps stand (ARCHIVE_GAP) and wipes it; until then readers
 * count it as one.
 *
 * Memory   a value.
 * Threads  the writer's; readers see all of it or nothing.
 * Failure  where no room could be taken nothing is kept: fd is -1. */
#pragma once

#include "analyzer/output/sink.h"

struct archive_owed {
	struct sink_gap gap; /* reason: why[]; no records: nothing is owed */
	char why[256];
};

/* The descriptor to write it by, or -1. */
int archive_owed_open(const char *folder);
void archive_owed_read(struct archive_owed *owed, const char *folder);
/* NULL wipes it. */
void archive_owed_write(int fd, const struct archive_owed *owed);

/* What is missing in another gap as well. */
void archive_owed_add(struct archive_owed *owed, const struct sink_gap *gap);
