/* Flow records, always in parts, and what each hour's add up to, to the archive (archive.h). The
 * target is its folder. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive.h"
#include "analyzer/output/sinks.h"
#include "analyzer/policy/device_detail.h"
#include "analyzer/rollup/rollup.h"
#include "base/clock.h"

/* What has been gathered is written at the latest after this long, so that little is lost with a
 * sensor's power. */
#define FLUSH_NS (60 * NS_PER_S)

#define HOUR_NS (3600 * NS_PER_S)

/* Cells at most before they are written, however young the hour is. */
enum { CELLS_MAX = 32768 };

struct sink {
	struct archive_writer *writer;
	uint64_t version; /* of the reference data that labels were last made of */
	uint64_t flushed_ns;

	struct rollup *hours;
	uint64_t hour; /* that cells were last written in */
	/* Hashes of devices are written where they are made of pseudonyms: those of several inputs
	 * or runs then mean the same. */
	bool with_devices;
	bool has_failed; /* the next flush tries again, whenever it comes */
};

static int archive_open(struct sink **sink, const struct sink_options *options, struct err *err)
{
	struct sink *opened = calloc(1, sizeof(*opened));

	if (!opened) {
		return err_set(err, ENOMEM, "%s: out of memory", options->target);
	}
	opened->with_devices = options->reference->pseudonyms != NULL;
	opened->hours = rollup_create(
		&(struct rollup_options){ .slot_ns = HOUR_NS, .cells_max = CELLS_MAX });
	int status = opened->hours ? archive_writer_open(&opened->writer, options->target,
					     options->with_threads, err)
				   : err_set(err, ENOMEM, "%s: out of memory", options->target);
	if (status < 0) {
		rollup_destroy(opened->hours);
		free(opened);
		return status;
	}
	*sink = opened;
	return 0;
}

/* Also what comes behind one that failed is gathered: the first failure stands. */
static int put_record(struct sink *sink, const struct record *record,
	const struct record_labels *labels, int before, struct err *err)
{
	struct err later;
	int status = archive_writer_put(sink->writer, record, labels, before < 0 ? &later : err);

	return before < 0 ? before : status;
}

/* Records are encoded at once, so none of them is held; but with other reference data other labels
 * may come to stand where the old ones stood. */
static int archive_write(struct sink *sink, const struct reference *reference,
	const struct record *records, size_t count, struct err *err)
{
	int status = 0;

	if (reference->version != sink->version) {
		archive_writer_forget(sink->writer);
		sink->version = reference->version;
	}

	for (size_t i = 0; i < count; i++) {
		struct record_labels labels;

		record_labels_of(&labels, reference, &records[i]);
		status = put_record(sink, &records[i], &labels, status, err);
	}
	sink->has_failed = sink->has_failed || status < 0;
	return status;
}

static int by_hour(const void *a, const void *b)
{
	const struct cell *x = a, *y = b;

	if (x->key.slot != y->key.slot) {
		return x->key.slot < y->key.slot ? -1 : 1;
	}
	return memcmp(&x->key, &y->key, sizeof(x->key));
}

/* What was gathered so far; an hour that goes on has more cells in another block. */
static int write_hours(struct sink *sink, struct err *err)
{
	size_t count;
	const struct cell *cells = rollup_cells(sink->hours, &count);
	struct cell *sorted = count ? malloc(count * sizeof(*sorted)) : NULL;
	int status = 0;

	if (count && !sorted) {
		return err_set(err, ENOMEM, "archive: out of memory");
	}
	if (count) {
		memcpy(sorted, cells, count * sizeof(*sorted));
		qsort(sorted, count, sizeof(*sorted), by_hour);
		status = archive_writer_put_cells(
			sink->writer, sorted, count, sink->with_devices, err);
	}
	free(sorted);
	rollup_clear(sink->hours);
	return status;
}

/* Devices that may not be kept one by one are in no sketch either. */
static void take_cell(struct sink *sink, const struct reference *reference, const struct cell *cell)
{
	struct cell kept = *cell;

	if (device_detail_of(reference, cell->key.class_, cell->sums.first_ns) <
		DEVICE_DETAIL_DEVICE) {
		kept.devices = (struct devices){ 0 };
	}
	rollup_merge(sink->hours, &kept, 1);
}

static int archive_write_cells(struct sink *sink, const struct reference *reference,
	const struct cell *cells, size_t count, struct err *err)
{
	size_t gathered;

	rollup_cells(sink->hours, &gathered);
	int status = gathered + count > CELLS_MAX ? write_hours(sink, err) : 0;
	for (size_t i = 0; i < count; i++) {
		take_cell(sink, reference, &cells[i]);
	}
	sink->has_failed = sink->has_failed || status < 0;
	return status;
}

static int archive_flush(
	struct sink *sink, const struct reference *reference, uint64_t now_ns, struct err *err)
{
	int status = 0;

	(void)reference;
	if (!sink->has_failed && now_ns - sink->flushed_ns < FLUSH_NS) {
		return 0;
	}
	sink->flushed_ns = now_ns;
	if (now_ns / HOUR_NS != sink->hour) {
		sink->hour = now_ns / HOUR_NS;
		status = write_hours(sink, err);
	}
	if (status == 0) {
		status = archive_writer_flush(sink->writer, err);
	}
	sink->has_failed = status < 0;
	return status;
}

static int archive_note_gap(struct sink *sink, const struct sink_gap *gap, struct err *err)
{
	return archive_writer_put_gap(sink->writer, gap, err);
}

static uint64_t archive_lost(const struct sink *sink)
{
	return archive_writer_lost(sink->writer);
}

static int archive_close(struct sink *sink, struct err *err)
{
	int written = write_hours(sink, err);
	int closed = archive_writer_close(sink->writer, written < 0 ? NULL : err);

	rollup_destroy(sink->hours);
	free(sink);
	return written < 0 ? written : closed;
}

const struct sink_ops sink_archive = {
	.name = "archive",
	.open = archive_open,
	.write = archive_write,
	.write_cells = archive_write_cells,
	.flush = archive_flush,
	.note_gap = archive_note_gap,
	.lost = archive_lost,
	.close = archive_close,
};
