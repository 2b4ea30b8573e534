#include "analyzer/archive/archive_rebuild.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive_blocks.h"
#include "analyzer/archive/archive_cells.h"
#include "analyzer/archive/archive_hours.h"
#include "analyzer/archive/archive_index.h"
#include "analyzer/archive/archive_reader.h"
#include "analyzer/archive/cell_columns.h"

struct rebuilding {
	const struct archive_options *options;
	struct archive_rebuilt *rebuilt;
	struct archive_index *index;
	struct archive_reader *records;
	struct archived *rows; /* that were read and not yet added */
	size_t row_count;
	struct archive_hours *hours;
	uint64_t deleted_until_ns;
	struct archive_hour hour; /* being held against its blocks; cells NULL: none */
	size_t at;                /* cells of it that were compared */
	struct cell_columns *columns;
	struct dictionary *words; /* of blocks of earlier builds */
	struct cbor_writer cells, content;
};

static bool is_whole_hour(const void *index, const struct archive_blocks *blocks)
{
	return archive_index_is_whole(index, ARCHIVE_SHELF_HOURS, blocks->ordinal);
}

/* Adds all records up to that block, of whatever hour. */
static void add_records(struct rebuilding *rebuilding, uint32_t ordinal)
{
	const struct archive_blocks *blocks = archive_reader_blocks(rebuilding->records);

	for (;;) {
		if (rebuilding->row_count == 0) {
			rebuilding->row_count =
				archive_reader_next(rebuilding->records, &rebuilding->rows);
		}
		if (rebuilding->row_count == 0 || blocks->ordinal > ordinal) {
			return;
		}
		for (size_t i = 0; i < rebuilding->row_count; i++) {
			archive_hours_add(rebuilding->hours, &rebuilding->rows[i].record,
				&rebuilding->rows[i].labels);
		}
		rebuilding->row_count = 0;
	}
}

static void report(struct rebuilding *rebuilding, struct archive_blocks *blocks, const char *what)
{
	rebuilding->rebuilt->other++;
	archive_blocks_report(blocks, "%s:%llu: the records of hour %lld %s",
		archive_blocks_path(blocks), (unsigned long long)blocks->header_at,
		(long long)blocks->mark.period, what);
}

static void encode(struct rebuilding *rebuilding, enum archive_form form, size_t count)
{
	const struct cell *cells = rebuilding->hour.cells + rebuilding->at;
	struct columns_cuts cuts;

	if (form != ARCHIVE_FORM_ROWS) {
		cell_columns_put(
			rebuilding->columns, form, cells, count, &rebuilding->content, &cuts);
	} else {
		archive_cells_put(
			&rebuilding->content, rebuilding->words, &rebuilding->cells, cells, count);
	}
}

/* Encodes as many cells as the block holds, in its form, and compares. */
static void compare(struct rebuilding *rebuilding, struct archive_blocks *blocks)
{
	size_t left = rebuilding->hour.count - rebuilding->at, count = blocks->header.record_count;

	if (count > left) {
		report(rebuilding, blocks, "add up to less");
		return;
	}
	encode(rebuilding, blocks->header.form, count);
	rebuilding->at += count;
	bool is_same =
		rebuilding->content.length == blocks->header.plain_bytes &&
		memcmp(rebuilding->content.bytes, blocks->plain, rebuilding->content.length) == 0;
	if (!is_same) {
		report(rebuilding, blocks, "add up to something else");
	} else if (blocks->mark.following == 0 && rebuilding->at < rebuilding->hour.count) {
		report(rebuilding, blocks, "add up to more");
	} else {
		rebuilding->rebuilt->same++;
	}
}

/* A block of an hour: the first of a correction takes what the records up to its place add up to.
 */
static void take_block(struct rebuilding *rebuilding, struct archive_blocks *blocks)
{
	uint32_t position =
		archive_index_find(rebuilding->index, ARCHIVE_SHELF_FLOWS, blocks->mark.position);
	uint64_t start_ns = (uint64_t)blocks->mark.period * ARCHIVE_HOUR_NS;

	if (position > 0) {
		add_records(rebuilding, position);
	}
	if (!rebuilding->hour.cells && !archive_hours_take_one(rebuilding->hours,
					       blocks->mark.period, &rebuilding->hour)) {
		rebuilding->hour = (struct archive_hour){ .number = blocks->mark.period };
	}
	if (start_ns < rebuilding->deleted_until_ns) {
		rebuilding->rebuilt->gone++;
	} else if (position == 0) {
		report(rebuilding, blocks, "are not all there");
	} else {
		compare(rebuilding, blocks);
	}
	if (blocks->mark.following == 0) {
		archive_hours_drop(rebuilding->hours, &rebuilding->hour);
		rebuilding->hour = (struct archive_hour){ .cells = NULL };
		rebuilding->at = 0;
	}
}

static int rebuild_hours(struct rebuilding *rebuilding, struct err *err)
{
	struct archive_blocks blocks;
	int status = archive_blocks_open(&blocks, rebuilding->options, 1u << ARCHIVE_HOUR, err);

	blocks.wants = is_whole_hour;
	blocks.wants_context = rebuilding->index;
	while (status == 0 && archive_blocks_next(&blocks)) {
		take_block(rebuilding, &blocks);
	}
	archive_blocks_close(&blocks);
	return status;
}

int archive_rebuild(
	const struct archive_options *options, struct archive_rebuilt *rebuilt, struct err *err)
{
	const struct archive_options everything = { .folder = options->folder,
		.problem = options->problem,
		.problem_context = options->problem_context };
	struct rebuilding rebuilding = { .options = &everything,
		.rebuilt = rebuilt,
		.hours = archive_hours_create(),
		.columns = cell_columns_create(),
		.words = dictionary_create() };
	struct archive_stats stats = { 0 };

	*rebuilt = (struct archive_rebuilt){ 0 };
	cbor_writer_init(&rebuilding.cells);
	cbor_writer_init(&rebuilding.content);
	int status = rebuilding.hours && rebuilding.columns && rebuilding.words
			     ? archive_index_open(&rebuilding.index, options->folder, err)
			     : err_set(err, ENOMEM, "%s: out of memory", options->folder);
	if (status == 0) {
		status = archive_reader_open(&rebuilding.records, &everything, err);
	}
	if (status == 0) {
		status = archive_note_deleted(&everything, ARCHIVE_SHELF_FLOWS, &stats, err);
	}
	rebuilding.deleted_until_ns = stats.deleted_until_ns;
	status = status < 0 ? status : rebuild_hours(&rebuilding, err);
	free(rebuilding.hour.cells);
	archive_hours_destroy(rebuilding.hours);
	archive_reader_close(rebuilding.records);
	archive_index_close(rebuilding.index);
	cell_columns_destroy(rebuilding.columns);
	dictionary_destroy(rebuilding.words);
	cbor_writer_deinit(&rebuilding.cells);
	cbor_writer_deinit(&rebuilding.content);
	return status;
}
