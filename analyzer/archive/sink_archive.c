/* Flow records, always in parts, and what each hour's add up to, to the archive (archive.h). The
 * target is its folder. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_closing.h"
#include "analyzer/archive/archive_days.h"
#include "analyzer/archive/archive_head.h"
#include "analyzer/archive/archive_hours.h"
#include "analyzer/archive/archive_known.h"
#include "analyzer/archive/archive_retention.h"
#include "analyzer/archive/archive_writer.h"
#include "analyzer/output/sinks.h"
#include "analyzer/redact/device_detail.h"
#include "analyzer/policy/policy.h"
#include "analyzer/rollup/cell.h"
#include "base/clock.h"
#include "base/log.h"

/* What has been gathered is written at the latest after this long, so that little is lost with a
 * sensor's power. */
#define FLUSH_NS (60 * NS_PER_S)

/* Captures of three years have a file for each of their days. */
enum { CLAIMED_SEGMENTS = 1000 };

struct sink {
	struct archive_writer *writer;
	uint64_t version; /* of the reference data that labels were last made of */
	uint64_t flushed_ns, pruned_ns;
	struct retention retention;
	bool is_live;
	struct archive_known *known;    /* NULL: what is written is new by itself */
	struct record rest;             /* of a record that is known in part */
	struct archive_closing closing; /* as it was written down */

	bool has_failed; /* the next flush tries again, whenever it comes */
};

static int archive_open(struct sink **sink, const struct sink_options *options, struct err *err)
{
	struct sink *opened = aligned_alloc(_Alignof(struct sink), sizeof(*opened));

	if (!opened) {
		return err_set(err, ENOMEM, "%s: out of memory", options->target);
	}
	memset(opened, 0, sizeof(*opened));
	int status =
		archive_writer_open(&opened->writer, options->target, options->with_threads, err);
	if (status < 0) {
		free(opened);
		return status;
	}
	opened->retention = options->retention;
	opened->is_live = options->observer != NULL;
	if (!opened->is_live) {
		archive_writer_bound(opened->writer, CLAIMED_SEGMENTS);
	}
	opened->known = options->leaves_out_known ? archive_known_create(options->target) : NULL;
	if (options->signing_key) {
		archive_writer_sign(opened->writer, options->signing_key);
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

/* What the archive does not hold of it; NULL: it holds it all. */
static const struct record *new_of(
	struct sink *sink, const struct record *record, const struct record_labels *labels)
{
	if (!sink->known) {
		return record;
	}
	switch (archive_known_ask(sink->known, record, labels, &sink->rest)) {
	case ARCHIVE_KNOWS_ALL:
		return NULL;
	case ARCHIVE_KNOWS_LESS:
		return &sink->rest;
	default:
		return record;
	}
}

/* Also of an archive that nobody closes the days of. */
static int note_closing(struct sink *sink, const struct policy_header *header, struct err *err)
{
	struct archive_closing closing = { .k = header->group_minimum };
	const char *zone = header->zone ? local_zone_name(header->zone) : "UTC";

	snprintf(closing.zone, sizeof(closing.zone), "%s", zone);
	if (closing.k == sink->closing.k && strcmp(closing.zone, sink->closing.zone) == 0) {
		return 0;
	}
	int status = archive_closing_write(archive_writer_folder(sink->writer), &closing, err);
	if (status == 0) {
		sink->closing = closing;
	}
	return status;
}

/* Records are encoded at once, so none of them is held; but with other reference data other labels
 * may come to stand where the old ones stood. */
static int archive_write(struct sink *sink, const struct reference *reference,
	const struct record *records, size_t count, struct err *err)
{
	int status = reference->pseudonyms
			     ? note_closing(sink, policy_header(reference->policy), err)
			     : 0;

	if (reference->version != sink->version) {
		archive_writer_forget(sink->writer);
		sink->version = reference->version;
	}
	for (size_t i = 0; i < count; i++) {
		struct record_labels labels;

		record_labels_of(&labels, reference, &records[i]);
		const struct record *record = new_of(sink, &records[i], &labels);
		if (record) {
			status = put_record(sink, record, &labels, status, err);
		}
	}
	sink->has_failed = sink->has_failed || status < 0;
	return status;
}

/* Of devices that may not be kept at all there are no records: their sums are all there is. */
static int archive_write_cells(struct sink *sink, const struct reference *reference,
	const struct cell *cells, size_t count, struct err *err)
{
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++) {
		if (device_detail_of(reference, cells[i].key.class_, cells[i].sums.first_ns) ==
			DEVICE_DETAIL_NONE) {
			status = archive_writer_put_sums(sink->writer, &cells[i], 1, err);
		}
	}
	sink->has_failed = sink->has_failed || status < 0;
	return status;
}

/* Where devices are no pseudonyms the archive shows what it holds to whoever holds it. */
static int close_periods(
	struct sink *sink, const struct reference *reference, uint64_t now_ns, struct err *err)
{
	const struct policy_header *header = policy_header(reference->policy);
	const struct archive_day_rules rules = { header->zone,
		reference->pseudonyms ? header->group_minimum : 0, now_ns };
	int status = archive_writer_close_hours(sink->writer, now_ns, err);

	return status < 0 ? status : archive_writer_close_days(sink->writer, &rules, err);
}

/* The log is outside the archive: a head noted there shows whether all of it was made anew. */
static void note_head(const struct sink *sink)
{
	char anchor[ARCHIVE_ANCHOR_BYTES];
	struct archive_head head;

	if (archive_head_read(archive_writer_folder(sink->writer), &head, NULL) == 0) {
		archive_head_anchor(&head, anchor);
		log_info("archive head: %s", anchor);
	}
}

/* Retention is enforced each hour, by the clock of the flows. */
static int prune(struct sink *sink, uint64_t now_ns, struct err *err)
{
	struct archive_pruned pruned;

	if (now_ns - sink->pruned_ns < ARCHIVE_HOUR_NS) {
		return 0;
	}
	sink->pruned_ns = now_ns;
	if (sink->is_live) {
		note_head(sink);
	}
	return archive_writer_prune(sink->writer, &sink->retention, now_ns, &pruned, err);
}

static int archive_flush(
	struct sink *sink, const struct reference *reference, uint64_t now_ns, struct err *err)
{
	int status = 0;

	if (!sink->has_failed && now_ns - sink->flushed_ns < FLUSH_NS) {
		return 0;
	}
	sink->flushed_ns = now_ns;
	status = close_periods(sink, reference, now_ns, err);
	if (status == 0) {
		status = archive_writer_flush(sink->writer, err);
	}
	if (status == 0) {
		status = prune(sink, now_ns, err);
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

static void say_known(struct archive_known_stats known)
{
	if (known.records > 0) {
		log_warning("%" PRIu64
			    " records are in the archive already, from an input that holds "
			    "the same time; they count once",
			known.records);
	}
	if (known.shorter > 0) {
		log_warning("%" PRIu64
			    " of them are longer here, where that input ended: the rest is added",
			known.shorter);
	}
	if (known.overlapping > 0) {
		log_warning(
			"at least %" PRIu64
			" records overlap in time with records of the same connections that "
			"are in the archive with another beginning, since one input begins in "
			"the middle of them: what both hold may count twice; analyzed together, "
			"into a new archive, it counts once",
			known.overlapping);
	}
}

static int archive_close(struct sink *sink, struct err *err)
{
	int status = archive_writer_close(sink->writer, err);

	if (sink->known) {
		say_known(archive_known_stats(sink->known));
	}
	archive_known_destroy(sink->known);
	free(sink);
	return status;
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
