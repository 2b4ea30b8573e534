/* Flow records, always in parts, and what each hour's add up to, to the archive (archive.h). The
 * target is its folder. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_days.h"
#include "analyzer/archive/archive_head.h"
#include "analyzer/archive/archive_hours.h"
#include "analyzer/archive/archive_known.h"
#include "analyzer/archive/archive_protection.h"
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
	uint64_t version;           /* of the reference data that labels were last made of */
	uint64_t protected_version; /* of those that its protection was last noted of */
	struct archive_protection protection;
	struct local_zone *zone; /* of protection */
	uint64_t flushed_ns, pruned_ns;
	struct retention retention;
	bool is_live;
	struct archive_known *known; /* NULL: what is written is new by itself */
	struct record rest;          /* of a record that is known in part */

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
	status = archive_protection_read(options->target, &opened->protection, err);
	if (status == 0) {
		status = archive_protection_zone(&opened->protection, &opened->zone, err);
	}
	if (status < 0) {
		archive_writer_close(opened->writer, &(struct err){ "" });
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

/* Its days are those of the time zone that it began with, whatever the policy says now. */
static int open_zone(struct sink *sink, const char *asked, struct err *err)
{
	const char *kept = sink->protection.zone;

	if (asked && strcmp(kept, asked) != 0) {
		log_warning("%s: its days stay those of %s, as it began; the policy's timezone is "
			    "%s",
			archive_writer_folder(sink->writer), kept, asked);
	}
	return sink->zone ? 0 : archive_protection_zone(&sink->protection, &sink->zone, err);
}

/* Before the first pseudonym stands in it, the archive says how it is protected. */
static int note_protection(struct sink *sink, const struct reference *reference, struct err *err)
{
	const struct policy_header *header = policy_header(reference->policy);
	int status = 0;

	if (reference->pseudonyms && reference->version != sink->protected_version) {
		bool is_first = sink->protected_version == 0;
		status = archive_protection_note(archive_writer_folder(sink->writer),
			header->group_minimum, header->zone, reference->pseudonyms,
			&sink->protection, err);
		status = status < 0 ? status
				    : open_zone(sink,
					      is_first ? local_zone_name(header->zone) : NULL, err);
		sink->protected_version = status < 0 ? 0 : reference->version;
	}
	return status;
}

/* Records are encoded at once, so none of them is held; but with other reference data other labels
 * may come to stand where the old ones stood. */
static int archive_write(struct sink *sink, const struct reference *reference,
	const struct record *records, size_t count, struct err *err)
{
	int status = note_protection(sink, reference, err);

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
	int status = note_protection(sink, reference, err);

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
	const struct archive_day_rules rules = {
		sink->protection.k ? sink->zone : policy_header(reference->policy)->zone,
		sink->protection.k, now_ns
	};
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
	status = note_protection(sink, reference, err);
	status = status < 0 ? status : close_periods(sink, reference, now_ns, err);
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
	local_zone_close(sink->zone);
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
