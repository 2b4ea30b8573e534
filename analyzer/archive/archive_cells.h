/* Cells out of an archive, one by one (archive.h hands them out merged, or by day).
 *
 * Threads  one at a time. Memory: a block, and what is open. */
#pragma once

#include "analyzer/archive/archive_blocks.h"
#include "analyzer/archive/archive_index.h"
#include "analyzer/format/cbor_writer.h"
#include "analyzer/format/dictionary.h"
#include "analyzer/rollup/cell.h"

/* What a block of cells of earlier builds holds: the words that they name, then the cells. words
 * and encoded are the caller's, reused. */
void archive_cells_put(struct cbor_writer *content, struct dictionary *words,
	struct cbor_writer *encoded, const struct cell *cells, size_t count);

/* The cells of the block at hand. False where some are lost, which is told. */
bool archive_cells_read(struct archive_blocks *blocks, struct archive_words *words,
	archive_cell_taker *take, void *context);

#define ARCHIVE_HOUR_CONTENTS (1u << ARCHIVE_HOUR | 1u << ARCHIVE_SUMS)

/* The cells of all blocks with those contents, in time, that are wanted (archive_blocks.h). */
int archive_cells_of_shelf(const struct archive_options *options, uint32_t contents,
	bool (*wants)(const void *context, const struct archive_blocks *blocks),
	const void *wants_context, archive_cell_taker *take, void *context,
	struct archive_stats *stats, struct err *err);

/* The cells of the blocks that were opened, from where they are to the end. */
int archive_cells_of_blocks(
	struct archive_blocks *blocks, archive_cell_taker *take, void *context, struct err *err);

/* What the records of hours that are in no block yet add up to. */
int archive_cells_of_open_hours(const struct archive_options *options,
	const struct archive_index *index, archive_cell_taker *take, void *context,
	struct err *err);

void archive_stats_add(struct archive_stats *to, const struct archive_stats *from);

/* Fills in until when what was asked of the shelf has been deleted. */
int archive_note_deleted(const struct archive_options *options, enum archive_shelf shelf,
	struct archive_stats *stats, struct err *err);
