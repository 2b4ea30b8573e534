/* Day tables (day_tables.h) in CBOR (day-tables.cddl): one block holds those of a day or month.
 *
 * Threads  one at a time. */
#pragma once

#include "analyzer/archive/archive_blocks.h"
#include "analyzer/format/cbor_writer.h"
#include "analyzer/format/dictionary.h"
#include "analyzer/rollup/day_tables.h"

/* words and rows: the writer's, reused. */
void archive_tables_put(struct cbor_writer *content, struct dictionary *words,
	struct cbor_writer *rows, const struct day_tables *tables);

/* Of the block at hand; to be deinited by the caller. False where it is damaged, which is told. */
bool archive_tables_read(
	struct archive_blocks *blocks, struct archive_words *words, struct day_tables *tables);
