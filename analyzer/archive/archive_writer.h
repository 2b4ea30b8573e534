/* What the parts of a writer know of each other (archive.h is what everybody knows of it). */
#pragma once

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_index.h"
#include "analyzer/archive/archive_seal.h"

/* Cells in blocks like that one, whose mark says how many of the same correction come after them.
 */
int archive_writer_put_cells(struct archive_writer *writer, const struct archive_block *like,
	const struct cell *cells, size_t count, struct err *err);

uint32_t archive_blocks_of_cells(const struct cell *cells, size_t count); /* sorted */
/* Tables as one block like that one. */
struct day_tables;
int archive_writer_put_tables(struct archive_writer *writer, const struct archive_block *like,
	const struct day_tables *tables, struct err *err);

const char *archive_writer_folder(const struct archive_writer *writer);
const uint8_t *archive_writer_secret(const struct archive_writer *writer); /* NULL: none */
/* When to look next whether a day can be closed; at first 0. */
uint64_t *archive_writer_day_due(struct archive_writer *writer);
/* What is added up now (archive_index_of_sums()); the writer's. */
int archive_writer_index_sums(
	struct archive_writer *writer, struct archive_index **index, struct err *err);
/* Returns when all that was closed can be read. */
int archive_writer_settle(struct archive_writer *writer, struct err *err);

/* Hands out the records that are in no hour yet, in the order they were written. */
typedef void archive_record_taker(
	void *context, const struct record *record, const struct record_labels *labels);
int archive_read_open_hours(const char *folder, const struct archive_index *index,
	archive_record_taker *take, void *context, struct err *err);
