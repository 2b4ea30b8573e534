/* Records from the first to the last, and what their reader lets other parts of the archive see. */
#pragma once

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_blocks.h"

/* Hands out the records that are asked for, batch by batch, as archive_reader_next() does: the
 * taker's until it returns. 0 or -errno, as archive_reader_open(). */
typedef void archive_batch_taker(void *context, struct archived *rows, size_t count);
int archive_each_record(const struct archive_options *options, archive_batch_taker *take,
	void *context, struct archive_stats *stats, struct err *err);

struct archive_blocks *archive_reader_blocks(struct archive_reader *reader);
