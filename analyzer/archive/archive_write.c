#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_format.h"
#include "analyzer/archive/archive_queue.h"
#include "analyzer/archive/archive_seal.h"
#include "analyzer/archive/record_block.h"
#include "analyzer/rollup/cell_cbor.h"

/* A block is closed at this many bytes of records: large enough to compress well, small enough to
 * lose little. */
enum { BLOCK_BYTES = 384 << 10, CELLS_A_BLOCK = 2048 };

struct archive_writer {
	struct archive_sealer *sealer;
	struct archive_queue *queue;
	/* The block being gathered. */
	struct record_block *records;
	uint32_t record_count;
	uint64_t first_ns, last_ns;

	struct dictionary *words; /* of a block of cells */
	struct cbor_writer cells;
};

static void start_block(struct archive_writer *writer)
{
	record_block_clear(writer->records);
	writer->record_count = 0;
	writer->first_ns = UINT64_MAX;
	writer->last_ns = 0;
}

/* What is queued is dropped. */
static int free_writer(struct archive_writer *writer, struct err *err)
{
	int status = 0;

	archive_queue_close(writer->queue);
	if (writer->sealer) {
		status = archive_sealer_close(writer->sealer, err);
	}
	record_block_destroy(writer->records);
	dictionary_destroy(writer->words);
	cbor_writer_deinit(&writer->cells);
	free(writer);
	return status;
}

int archive_writer_open(
	struct archive_writer **writer, const char *folder, bool with_thread, struct err *err)
{
	struct archive_writer *opened = calloc(1, sizeof(*opened));
	int status;

	*writer = NULL;
	if (!opened) {
		return err_set(err, ENOMEM, "%s: out of memory", folder);
	}
	opened->records = record_block_create();
	opened->words = dictionary_create();
	cbor_writer_init(&opened->cells);
	if (!opened->records || !opened->words) {
		status = err_set(err, ENOMEM, "%s: out of memory", folder);
	} else {
		status = archive_sealer_open(&opened->sealer, folder, err);
	}
	if (status == 0) {
		status = archive_queue_open(&opened->queue, opened->sealer, with_thread, err);
	}
	if (status < 0) {
		free_writer(opened, NULL);
		return status;
	}
	start_block(opened);
	*writer = opened;
	return 0;
}

static int write_block(struct archive_writer *writer, struct err *err)
{
	if (writer->record_count == 0) {
		return 0;
	}
	struct archive_block *block = archive_queue_block(writer->queue);
	block->content_kind = ARCHIVE_RECORDS;
	block->record_count = writer->record_count;
	block->first_ns = writer->first_ns;
	block->last_ns = writer->last_ns;
	cbor_writer_clear(&block->content);
	record_block_content(writer->records, &block->content);
	start_block(writer);
	return archive_queue_put(writer->queue, err);
}

static void widen(struct archive_writer *writer, uint64_t time_ns)
{
	writer->first_ns = time_ns < writer->first_ns ? time_ns : writer->first_ns;
	writer->last_ns = time_ns > writer->last_ns ? time_ns : writer->last_ns;
}

int archive_writer_put(struct archive_writer *writer, const struct record *record,
	const struct record_labels *labels, struct err *err)
{
	record_block_put(writer->records, record, labels);
	writer->record_count++;
	widen(writer, record->flow.start_ns);
	widen(writer, record->flow.end_ns);
	if (record_block_bytes(writer->records) >= BLOCK_BYTES ||
		record_block_has_failed(writer->records)) {
		return write_block(writer, err);
	}
	return 0;
}

/* How many of the first cells are of the same hour. */
static size_t run_of(const struct cell *cells, size_t count)
{
	size_t run = 1;

	while (run < count && run < CELLS_A_BLOCK && cells[run].key.slot == cells[0].key.slot) {
		run++;
	}
	return run;
}

/* The cells are encoded behind each other first, since the words that they name stand before them.
 */
static int write_cells(struct archive_writer *writer, const struct cell *cells, size_t count,
	bool with_devices, struct err *err)
{
	struct archive_block *block = archive_queue_block(writer->queue);

	dictionary_clear(writer->words);
	cbor_writer_clear(&writer->cells);
	cbor_writer_clear(&block->content);
	*block = (struct archive_block){ .content = block->content,
		.content_kind = ARCHIVE_CELLS,
		.record_count = (uint32_t)count,
		.first_ns = UINT64_MAX };
	for (size_t i = 0; i < count; i++) {
		const struct cell_sums *sums = &cells[i].sums;
		cell_cbor_put(&writer->cells, writer->words, &cells[i], with_devices);
		block->first_ns =
			sums->first_ns < block->first_ns ? sums->first_ns : block->first_ns;
		block->last_ns = sums->last_ns > block->last_ns ? sums->last_ns : block->last_ns;
	}
	uint32_t word_count = dictionary_count(writer->words);
	cbor_writer_array(&block->content, word_count);
	for (uint32_t i = 0; i < word_count; i++) {
		const char *word = dictionary_word(writer->words, i);
		cbor_writer_text(&block->content, word, strlen(word));
	}
	cbor_writer_append(&block->content, writer->cells.bytes, writer->cells.length);
	block->content.failed |= writer->cells.failed;
	return archive_queue_put(writer->queue, err);
}

int archive_writer_put_cells(struct archive_writer *writer, const struct cell *cells, size_t count,
	bool with_devices, struct err *err)
{
	int status = 0;

	while (count > 0) {
		size_t run = run_of(cells, count);
		int written =
			write_cells(writer, cells, run, with_devices, status < 0 ? NULL : err);
		status = status < 0 ? status : written;
		cells += run;
		count -= run;
	}
	return status;
}

int archive_writer_put_gap(
	struct archive_writer *writer, const struct sink_gap *gap, struct err *err)
{
	struct archive_block *block = archive_queue_block(writer->queue);

	*block = (struct archive_block){ .content = block->content,
		.content_kind = ARCHIVE_GAP,
		.record_count = gap->records < UINT32_MAX ? (uint32_t)gap->records : UINT32_MAX,
		.first_ns = gap->first_ns,
		.last_ns = gap->last_ns };
	cbor_writer_clear(&block->content);
	cbor_writer_text(&block->content, gap->reason, strlen(gap->reason));
	return archive_queue_put(writer->queue, err);
}

uint64_t archive_writer_lost(const struct archive_writer *writer)
{
	return archive_queue_lost(writer->queue);
}

void archive_writer_forget(struct archive_writer *writer)
{
	record_block_forget(writer->records);
}

/* All that was put is sealed, and the sealer at rest; the first error on the way there. */
static int seal_all(struct archive_writer *writer, struct err *err)
{
	int written = write_block(writer, err);
	int sealed = archive_queue_wait(writer->queue, written < 0 ? NULL : err);

	return written < 0 ? written : sealed;
}

int archive_writer_flush(struct archive_writer *writer, struct err *err)
{
	int status = seal_all(writer, err);

	return status < 0 ? status : archive_sealer_sync(writer->sealer, err);
}

int archive_writer_close(struct archive_writer *writer, struct err *err)
{
	int status = seal_all(writer, err);
	int ended = free_writer(writer, status < 0 ? NULL : err);

	return status < 0 ? status : ended;
}
