#include <errno.h>
#include <stdlib.h>

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_blocks.h"
#include "analyzer/rollup/cell_cbor.h"
#include "analyzer/rollup/rollup.h"

/* False where the rest of the block is malformed. */
static bool read_cell(
	const struct archive_words *words, struct cbor_reader *content, struct rollup *rollup)
{
	struct cell cell = { .devices = { 0 } };
	bool is_read = cell_cbor_read(content, words->words, words->count, &cell);

	if (is_read) {
		rollup_merge(rollup, &cell, 1);
	}
	devices_deinit(&cell.devices);
	return is_read;
}

static void read_block(
	struct archive_blocks *blocks, struct archive_words *words, struct rollup *rollup)
{
	struct cbor_reader content = cbor_reader_over(blocks->plain, blocks->header.plain_bytes);
	uint32_t left = blocks->header.record_count;

	if (!archive_words_read(words, &content, blocks->header.plain_bytes)) {
		archive_blocks_report_damage(blocks, "its labels are malformed");
		return;
	}
	blocks->stats.blocks++;
	while (left > 0 && read_cell(words, &content, rollup)) {
		left--;
		blocks->stats.records++;
	}
	if (left > 0) {
		archive_blocks_report(blocks,
			"%s:%llu: the block is malformed; %u of its %u cells are lost",
			archive_blocks_path(blocks), (unsigned long long)blocks->header_at,
			(unsigned)left, (unsigned)blocks->header.record_count);
	}
}

int archive_read_cells(const struct archive_options *options, struct rollup *rollup,
	struct archive_stats *stats, struct err *err)
{
	struct archive_blocks blocks;
	struct archive_words words;
	int status = archive_blocks_open(&blocks, options, 1u << ARCHIVE_CELLS, err);
	bool has_words = archive_words_init(&words);

	if (status == 0 && !has_words) {
		status = err_set(err, ENOMEM, "%s: out of memory", options->folder);
	}
	while (status == 0 && archive_blocks_next(&blocks)) {
		read_block(&blocks, &words, rollup);
	}
	*stats = blocks.stats;
	archive_words_deinit(&words);
	archive_blocks_close(&blocks);
	return status;
}
