#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_cells.h"
#include "analyzer/archive/archive_hours.h"
#include "analyzer/archive/archive_writer.h"
#include "analyzer/archive/cell_columns.h"
#include "analyzer/rollup/cell_cbor.h"
#include "analyzer/rollup/rollup.h"

/* The cells are encoded behind each other first, since the words that they name stand before them.
 */
void archive_cells_put(struct cbor_writer *content, struct dictionary *words,
	struct cbor_writer *encoded, const struct cell *cells, size_t count)
{
	dictionary_clear(words);
	cbor_writer_clear(encoded);
	cbor_writer_clear(content);
	for (size_t i = 0; i < count; i++) {
		bool has_devices = cells[i].devices.count > 0 || cells[i].devices.more;
		cell_cbor_put(encoded, words, &cells[i], has_devices);
	}
	uint32_t word_count = dictionary_count(words);
	cbor_writer_array(content, word_count);
	for (uint32_t i = 0; i < word_count; i++) {
		const char *word = dictionary_word(words, i);
		cbor_writer_text(content, word, strlen(word));
	}
	cbor_writer_append(content, encoded->bytes, encoded->length);
	content->failed |= encoded->failed;
}

struct counted_take {
	archive_cell_taker *take;
	void *context;
	uint64_t *count;
};

static void take_counted(void *counted, const struct cell *cell)
{
	const struct counted_take *to = counted;

	to->take(to->context, cell);
	++*to->count;
}

/* Of a block of earlier builds: how many cells could be read. */
static uint32_t read_rows(struct archive_blocks *blocks, struct archive_words *words,
	archive_cell_taker *take, void *context)
{
	struct cbor_reader content = cbor_reader_over(blocks->plain, blocks->header.plain_bytes);
	uint32_t count = 0;
	bool is_read = archive_words_read(words, &content, blocks->header.plain_bytes);

	while (is_read && count < blocks->header.record_count) {
		struct cell cell = { .devices = { 0 } };
		is_read = cell_cbor_read(&content, words->words, words->count, &cell);
		if (is_read) {
			take(context, &cell);
			count++;
		}
		devices_deinit(&cell.devices);
	}
	return count;
}

bool archive_cells_read(struct archive_blocks *blocks, struct archive_words *words,
	archive_cell_taker *take, void *context)
{
	const struct archive_header *header = &blocks->header;
	struct counted_take counted = { take, context, &blocks->stats.records };
	uint32_t count =
		header->form ? cell_columns_read(header->form, blocks->plain, header->plain_bytes,
				       header->record_count, take_counted, &counted)
			     : read_rows(blocks, words, take_counted, &counted);

	blocks->stats.blocks++;
	if (count < header->record_count) {
		archive_blocks_report(blocks,
			"%s:%llu: the block is malformed; %u of its %u cells are lost",
			archive_blocks_path(blocks), (unsigned long long)blocks->header_at,
			(unsigned)(header->record_count - count), (unsigned)header->record_count);
	}
	return count == header->record_count;
}

static bool is_whole_hour(const void *index, const struct archive_blocks *blocks)
{
	return archive_index_is_whole(index, ARCHIVE_SHELF_HOURS, blocks->ordinal);
}

int archive_cells_of_blocks(
	struct archive_blocks *blocks, archive_cell_taker *take, void *context, struct err *err)
{
	struct archive_words words;
	int status = archive_words_init(&words)
			     ? 0
			     : err_set(err, ENOMEM, "%s: out of memory", blocks->options.folder);

	while (status == 0 && archive_blocks_next(blocks)) {
		archive_cells_read(blocks, &words, take, context);
	}
	archive_words_deinit(&words);
	return status;
}

int archive_cells_of_shelf(const struct archive_options *options, uint32_t contents,
	bool (*wants)(const void *context, const struct archive_blocks *blocks),
	const void *wants_context, archive_cell_taker *take, void *context,
	struct archive_stats *stats, struct err *err)
{
	struct archive_blocks blocks;
	int status = archive_blocks_open(&blocks, options, contents, err);

	blocks.wants = wants;
	blocks.wants_context = wants_context;
	if (status == 0) {
		status = archive_cells_of_blocks(&blocks, take, context, err);
	}
	archive_stats_add(stats, &blocks.stats);
	archive_blocks_close(&blocks);
	return status;
}

void archive_stats_add(struct archive_stats *to, const struct archive_stats *from)
{
	to->segments += from->segments;
	to->blocks += from->blocks;
	to->blocks_skipped += from->blocks_skipped;
	to->records += from->records;
	to->problems += from->problems;
	to->gaps += from->gaps;
	to->gap_records += from->gap_records;
	to->days_elsewhere += from->days_elsewhere;
	to->last_ns = from->last_ns > to->last_ns ? from->last_ns : to->last_ns;
}

int archive_note_deleted(const struct archive_options *options, enum archive_shelf shelf,
	struct archive_stats *stats, struct err *err)
{
	struct archive_tombstones tombstones;
	int status = archive_deleted_read(options->folder, &tombstones, err);
	uint64_t until_ns = archive_deleted_until(&tombstones, shelf);

	stats->deleted_until_ns = until_ns > options->from_ns ? until_ns : 0;
	archive_deleted_free(&tombstones);
	return status;
}

/* Hours that are still open, from their records. */
struct open_hours {
	const struct archive_options *options;
	struct archive_hours *hours;
	archive_cell_taker *take;
	void *context;
};

static void hand_out(struct open_hours *open)
{
	struct archive_hour hour;

	while (archive_hours_take(open->hours, UINT64_MAX, &hour)) {
		for (size_t i = 0; i < hour.count; i++) {
			open->take(open->context, &hour.cells[i]);
		}
		archive_hours_drop(open->hours, &hour);
	}
}

static void take_record(
	void *context, const struct record *record, const struct record_labels *labels)
{
	struct open_hours *open = context;
	uint64_t start_ns = record->flow.start_ns / ARCHIVE_HOUR_NS * ARCHIVE_HOUR_NS;

	if (!archive_is_in_time(open->options, start_ns, start_ns + ARCHIVE_HOUR_NS - 1)) {
		return;
	}
	if (!archive_hours_add(open->hours, record, labels)) {
		hand_out(open);
		archive_hours_add(open->hours, record, labels);
	}
}

int archive_cells_of_open_hours(const struct archive_options *options,
	const struct archive_index *index, archive_cell_taker *take, void *context, struct err *err)
{
	struct open_hours open = { options, archive_hours_create(), take, context };
	int status = open.hours ? archive_read_open_hours(
					  options->folder, index, take_record, &open, err)
				: err_set(err, ENOMEM, "%s: out of memory", options->folder);

	if (status == 0) {
		hand_out(&open);
	}
	archive_hours_destroy(open.hours);
	return status;
}

int archive_each_cell(const struct archive_options *options, archive_cell_taker *take,
	void *context, struct archive_stats *stats, struct err *err)
{
	struct archive_index *index;
	int status = archive_index_open(&index, options->folder, err);

	*stats = (struct archive_stats){ 0 };
	if (status < 0) {
		return status;
	}
	status = archive_cells_of_shelf(
		options, ARCHIVE_HOUR_CONTENTS, is_whole_hour, index, take, context, stats, err);
	if (status == 0) {
		status = archive_cells_of_shelf(
			options, 1u << ARCHIVE_CELLS, NULL, NULL, take, context, stats, err);
	}
	if (status == 0) {
		status = archive_cells_of_open_hours(options, index, take, context, err);
	}
	archive_index_close(index);
	return status < 0 ? status : archive_note_deleted(options, ARCHIVE_SHELF_HOURS, stats, err);
}

static void merge_cell(void *rollup, const struct cell *cell)
{
	rollup_merge(rollup, cell, 1);
}

int archive_read_cells(const struct archive_options *options, struct rollup *rollup,
	struct archive_stats *stats, struct err *err)
{
	return archive_each_cell(options, merge_cell, rollup, stats, err);
}
