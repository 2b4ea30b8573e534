#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_cells.h"
#include "analyzer/archive/archive_format.h"
#include "analyzer/archive/archive_hours.h"
#include "analyzer/archive/archive_index.h"
#include "analyzer/archive/archive_owed.h"
#include "analyzer/archive/archive_queue.h"
#include "analyzer/archive/archive_seal.h"
#include "analyzer/archive/archive_tables.h"
#include "analyzer/archive/archive_writer.h"
#include "analyzer/archive/cell_columns.h"
#include "analyzer/archive/record_block.h"

/* Hours closed by this run that are remembered, so that their corrections are numbered. */
enum { CLOSED_MAX = 256 };

struct closed_hour {
	int64_t number;
	uint32_t kind, times;
};

struct archive_writer {
	struct archive_sealer *sealer;
	struct archive_queue *queue;
	/* The block being gathered. */
	struct record_block *records;
	uint32_t record_count;
	uint64_t first_ns, last_ns;

	struct cell_columns *cells;
	struct dictionary *words; /* of a block of tables */
	struct cbor_writer rows;

	char *folder;
	struct archive_hours *hours, *sums; /* sums: of what no records are kept of */
	struct archive_index *index;        /* of what was there when it was opened */
	struct archive_index *sums_index;   /* of what there was when days were last looked for */
	struct closed_hour closed[CLOSED_MAX];
	unsigned closed_count, closed_next;
	uint64_t day_due_ns; /* no day can be closed before */

	struct archive_owed owed;           /* a gap that could not be noted yet */
	int owed_fd;                        /* -1: there is no room to keep it */
	uint64_t put_first_ns, put_last_ns; /* of what was put since the last flush that did well */
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
	cell_columns_destroy(writer->cells);
	cbor_writer_deinit(&writer->rows);
	archive_hours_destroy(writer->hours);
	archive_hours_destroy(writer->sums);
	archive_index_close(writer->index);
	archive_index_close(writer->sums_index);
	free(writer->folder);
	if (writer->owed_fd >= 0) {
		close(writer->owed_fd);
	}
	free(writer);
	return status;
}

/* What was written and not added up before the last run ended, however it ended. */
static void take_open(
	void *context, const struct record *record, const struct record_labels *labels)
{
	struct archive_writer *writer = context;

	while (!archive_hours_add(writer->hours, record, labels)) {
		archive_writer_close_hours(writer, UINT64_MAX, NULL);
	}
}

static int open_parts(
	struct archive_writer *writer, const char *folder, bool with_thread, struct err *err)
{
	writer->records = record_block_create();
	writer->words = dictionary_create();
	writer->hours = archive_hours_create();
	writer->sums = archive_hours_create();
	writer->folder = strdup(folder);
	writer->cells = cell_columns_create();
	cbor_writer_init(&writer->rows);
	if (!writer->records || !writer->words || !writer->cells || !writer->hours ||
		!writer->sums || !writer->folder) {
		return err_set(err, ENOMEM, "%s: out of memory", folder);
	}
	start_block(writer);
	writer->put_first_ns = UINT64_MAX;
	int status = archive_sealer_open(&writer->sealer, folder, err);
	if (status == 0) {
		status = archive_queue_open(&writer->queue, writer->sealer, with_thread, err);
	}
	if (status == 0) {
		status = archive_index_open(&writer->index, folder, err);
		status = status == -ENOENT ? 0 : status;
	}
	return status < 0 || !writer->index
		       ? status
		       : archive_read_open_hours(folder, writer->index, take_open, writer, err);
}

void archive_writer_sign(struct archive_writer *writer, const uint8_t *secret)
{
	archive_sealer_sign(writer->sealer, secret);
}

void archive_writer_bound(struct archive_writer *writer, uint32_t segments)
{
	archive_sealer_bound(writer->sealer, segments);
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
	record_block_content(writer->records, &block->content, &block->cuts);
	start_block(writer);
	return archive_queue_put(writer->queue, err);
}

static void widen(struct archive_writer *writer, uint64_t time_ns)
{
	writer->first_ns = time_ns < writer->first_ns ? time_ns : writer->first_ns;
	writer->last_ns = time_ns > writer->last_ns ? time_ns : writer->last_ns;
	writer->put_first_ns = time_ns < writer->put_first_ns ? time_ns : writer->put_first_ns;
	writer->put_last_ns = time_ns > writer->put_last_ns ? time_ns : writer->put_last_ns;
}

int archive_writer_put(struct archive_writer *writer, const struct record *record,
	const struct record_labels *labels, struct err *err)
{
	int status = 0;

	if (!archive_hours_add(writer->hours, record, labels)) {
		status = archive_writer_close_hours(writer, UINT64_MAX, err);
		archive_hours_add(writer->hours, record, labels);
	}
	record_block_put(writer->records, record, labels);
	writer->record_count++;
	widen(writer, record->flow.start_ns);
	widen(writer, record->flow.end_ns);
	if (status < 0) {
		return status;
	}
	return record_block_is_full(writer->records) ? write_block(writer, err) : 0;
}

static int write_cells(struct archive_writer *writer, const struct archive_block *like,
	const struct cell *cells, size_t count, struct err *err)
{
	struct archive_block *block = archive_queue_block(writer->queue);
	struct cbor_writer content = block->content;

	*block = *like;
	block->record_count = (uint32_t)count;
	cell_columns_put(writer->cells, ARCHIVE_FORM_KEYED, cells, count, &content, &block->cuts);
	block->content = content;
	return archive_queue_put(writer->queue, err);
}

uint32_t archive_blocks_of_cells(const struct cell *cells, size_t count)
{
	uint32_t blocks = 0;

	for (size_t at = 0; at < count; blocks++) {
		at += cell_columns_room(cells + at, count - at);
	}
	return blocks;
}

int archive_writer_put_tables(struct archive_writer *writer, const struct archive_block *like,
	const struct day_tables *tables, struct err *err)
{
	struct archive_block *block = archive_queue_block(writer->queue);
	struct cbor_writer content = block->content;

	cbor_writer_clear(&content);
	*block = *like;
	block->record_count = (uint32_t)tables->count;
	archive_tables_put(&content, writer->words, &writer->rows, tables);
	block->content = content;
	return archive_queue_put(writer->queue, err);
}

const char *archive_writer_folder(const struct archive_writer *writer)
{
	return writer->folder;
}

const uint8_t *archive_writer_secret(const struct archive_writer *writer)
{
	return archive_sealer_secret(writer->sealer);
}

uint64_t *archive_writer_day_due(struct archive_writer *writer)
{
	return &writer->day_due_ns;
}

int archive_writer_index_sums(
	struct archive_writer *writer, struct archive_index **index, struct err *err)
{
	int status = archive_index_of_sums(&writer->sums_index, writer->folder, err);

	*index = writer->sums_index;
	return status;
}

int archive_writer_settle(struct archive_writer *writer, struct err *err)
{
	return archive_queue_wait(writer->queue, err);
}

int archive_writer_put_cells(struct archive_writer *writer, const struct archive_block *like,
	const struct cell *cells, size_t count, struct err *err)
{
	struct archive_block block = *like;
	int status = 0;

	block.mark.following += archive_blocks_of_cells(cells, count);
	for (size_t at = 0, some; at < count && status == 0; at += some) {
		some = cell_columns_room(cells + at, count - at);
		block.mark.following--;
		status = write_cells(writer, &block, cells + at, some, err);
	}
	return status;
}

/* How often each hour was closed before. */
static uint32_t next_correction(struct archive_writer *writer, uint32_t kind, int64_t hour)
{
	uint32_t before = writer->index ? archive_index_corrections(writer->index, kind, hour) : 0;

	for (unsigned i = 0; i < writer->closed_count; i++) {
		if (writer->closed[i].number == hour && writer->closed[i].kind == kind) {
			return before + writer->closed[i].times++;
		}
	}
	unsigned place = writer->closed_count < CLOSED_MAX ? writer->closed_count++
							   : writer->closed_next++ % CLOSED_MAX;
	writer->closed[place] = (struct closed_hour){ hour, kind, 1 };
	return before;
}

static int close_hours(struct archive_writer *writer, struct archive_hours *hours, uint32_t kind,
	uint64_t now_ns, struct err *err)
{
	struct archive_hour hour;
	int status = 0;

	while (status == 0 && archive_hours_take(hours, now_ns, &hour)) {
		struct archive_block block = { .content_kind = kind,
			.first_ns = (uint64_t)hour.number * ARCHIVE_HOUR_NS,
			.last_ns = (uint64_t)(hour.number + 1) * ARCHIVE_HOUR_NS - 1,
			.mark = { .period = hour.number } };
		/* Its records stand before it. */
		status = write_block(writer, err);
		if (status == 0) {
			block.mark.correction = next_correction(writer, kind, hour.number);
			status = archive_writer_put_cells(
				writer, &block, hour.cells, hour.count, err);
		}
		archive_hours_drop(hours, &hour);
	}
	return status;
}

int archive_writer_close_hours(struct archive_writer *writer, uint64_t now_ns, struct err *err)
{
	return close_hours(writer, writer->hours, ARCHIVE_HOUR, now_ns, err);
}

int archive_writer_put_sums(
	struct archive_writer *writer, const struct cell *cells, size_t count, struct err *err)
{
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++) {
		if (!archive_hours_add_cell(writer->sums, &cells[i])) {
			status = close_hours(writer, writer->sums, ARCHIVE_SUMS, UINT64_MAX, err);
			archive_hours_add_cell(writer->sums, &cells[i]);
		}
	}
	return status;
}

/* At once and on its own, so that it stands there or is known not to. */
static int seal_gap(struct archive_writer *writer, const struct sink_gap *gap, struct err *err)
{
	struct archive_block *block = archive_queue_block(writer->queue);
	int status = archive_queue_wait(writer->queue, err);

	if (status < 0) {
		return status;
	}
	*block = (struct archive_block){ .content = block->content,
		.content_kind = ARCHIVE_GAP,
		.record_count = gap->records < UINT32_MAX ? (uint32_t)gap->records : UINT32_MAX,
		.first_ns = gap->first_ns,
		.last_ns = gap->last_ns };
	cbor_writer_clear(&block->content);
	cbor_writer_text(&block->content, gap->reason, strlen(gap->reason));
	return archive_sealer_add(writer->sealer, block, err);
}

int archive_writer_put_gap(
	struct archive_writer *writer, const struct sink_gap *gap, struct err *err)
{
	int status = seal_gap(writer, gap, err);

	writer->owed = (struct archive_owed){ 0 };
	if (status < 0) {
		archive_owed_add(&writer->owed, gap);
	}
	return status;
}

/* What the writer before this one could not note. Where that fails still, it stays for another. */
static void settle_owed(struct archive_writer *writer)
{
	struct archive_owed owed;

	archive_owed_read(&owed, writer->folder);
	if (owed.gap.records > 0 && writer->owed_fd >= 0 &&
		seal_gap(writer, &owed.gap, NULL) == 0) {
		archive_owed_write(writer->owed_fd, NULL);
	}
}

int archive_writer_open(
	struct archive_writer **writer, const char *folder, bool with_thread, struct err *err)
{
	struct archive_writer *opened = calloc(1, sizeof(*opened));

	*writer = NULL;
	if (!opened) {
		return err_set(err, ENOMEM, "%s: out of memory", folder);
	}
	opened->owed_fd = -1;
	int status = open_parts(opened, folder, with_thread, err);
	if (status < 0) {
		free_writer(opened, NULL);
		return status;
	}
	opened->owed_fd = archive_owed_open(folder);
	settle_owed(opened);
	*writer = opened;
	return 0;
}

/* At the end: what could not be kept is noted there, or, on a disk that is full, beside it. why:
 * NULL where all that was put is sealed. */
static void note_owed(struct archive_writer *writer, uint64_t lost_before, const char *why)
{
	struct archive_owed left;

	if (!why && seal_gap(writer, &writer->owed.gap, NULL) == 0) {
		return;
	}
	write_block(writer, NULL);
	archive_queue_wait(writer->queue, NULL);
	archive_queue_give_up(writer->queue);
	const struct sink_gap lost = { .first_ns = writer->put_first_ns,
		.last_ns = writer->put_last_ns,
		.records = archive_queue_lost(writer->queue) - lost_before,
		.reason = why ? why : "" };
	archive_owed_read(&left, writer->folder);
	archive_owed_add(&left, &writer->owed.gap);
	archive_owed_add(&left, &lost);
	if (left.gap.records > 0) {
		archive_owed_write(writer->owed_fd, &left);
	}
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
	int written = close_hours(writer, writer->sums, ARCHIVE_SUMS, UINT64_MAX, err);

	written = written < 0 ? written : write_block(writer, err);
	int sealed = archive_queue_wait(writer->queue, written < 0 ? NULL : err);

	return written < 0 ? written : sealed;
}

int archive_writer_flush(struct archive_writer *writer, struct err *err)
{
	int status = seal_all(writer, err);

	if (status == 0) {
		writer->put_first_ns = UINT64_MAX;
		writer->put_last_ns = 0;
		status = archive_sealer_sync(writer->sealer, err);
	}
	return status;
}

int archive_writer_close(struct archive_writer *writer, struct err *err)
{
	uint64_t lost_before = archive_queue_lost(writer->queue);
	struct err unheard;
	struct err *said = err ? err : &unheard;
	int hours = archive_writer_close_hours(writer, UINT64_MAX, said);
	int sealed = seal_all(writer, hours < 0 ? NULL : said);

	if (hours < 0 || sealed < 0 || writer->owed.gap.records > 0) {
		note_owed(writer, lost_before, hours < 0 || sealed < 0 ? said->text : NULL);
	}
	int ended = free_writer(writer, hours < 0 || sealed < 0 ? NULL : err);

	return hours < 0 ? hours : sealed < 0 ? sealed : ended;
}
