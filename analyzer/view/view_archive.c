/* Archives: the hours that stand beside the records, or the records added up again.
 *
 * What was read is kept as long as no archive has grown (view_readings.h), so that the tables and
 * series of one page read the disk once. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_blocks.h"
#include "analyzer/archive/archive_clock.h"
#include "analyzer/archive/archive_head.h"
#include "analyzer/archive/archive_once.h"
#include "analyzer/archive/archive_protection.h"
#include "analyzer/archive/archive_pseudonyms.h"
#include "analyzer/format/cbor_reader.h"
#include "analyzer/format/query.h"
#include "analyzer/rollup/device_hash.h"
#include "analyzer/view/view_readings.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/quick_hash.h"

#define HOUR_NS (3600 * NS_PER_S)

struct view_backend {
	struct view_archive_options options;
	char *folders[ARCHIVES_MAX];
	struct device_hashes *hashes;
	struct readings *readings;
	struct reading *held;    /* that is answered from; NULL */
	struct local_zone *zone; /* whose days they are told by; NULL: UTC, or not yet known */
};

/* What is read under way. */
struct filling {
	struct view_backend *archive;
	struct reading *reading;
	bool is_mixed; /* of some archives pseudonyms tell the devices, of others addresses */
};

static void archive_close(struct view_backend *archive)
{
	for (unsigned i = 0; i < archive->options.folder_count; i++) {
		free(archive->folders[i]);
	}
	device_hashes_destroy(archive->hashes);
	readings_release(archive->readings);
	local_zone_close(archive->zone);
	free(archive);
}

static struct archive_options options_of(
	const struct view_backend *archive, unsigned place, const struct view_question *question)
{
	return (struct archive_options){ .folder = archive->folders[place],
		.from_ns = question->from_ns,
		.to_ns = question->to_ns,
		.problem = archive->options.problem,
		.problem_context = archive->options.problem_context };
}

/* Pseudonyms change with the month (UTC): those of another one would count a device twice. */
static void add_pseudonyms(const struct filling *filling, const struct cell *cell)
{
	uint32_t month = filling->reading->source.month;
	struct cell counted = *cell; /* the devices stay those of the cell given */

	if (month && clock_month(cell->sums.first_ns) + 1 != month) {
		counted.devices = (struct devices){ .is_floor = cell_tells_devices(cell) };
	}
	reading_add(filling->reading, &counted);
}

/* A record as a cell of its own slot. */
static void add_record(struct filling *filling, const struct archived *archived, struct cell *cell)
{
	const struct record *record = &archived->record;
	uint64_t device = archived->labels.device[0]
				  ? device_hash_of_pseudonym(archived->labels.device)
			  : filling->is_mixed ? CELL_NO_DEVICE
					      : device_hash(filling->archive->hashes, NULL, record);

	cell->key = cell_key_of(record);
	cell->key.slot = (uint32_t)(record->flow.start_ns / SLOT_NS);
	cell_sums_init(&cell->sums);
	devices_clear(&cell->devices);
	cell_add(cell, record, device);
	if (archived->labels.device[0]) {
		add_pseudonyms(filling, cell);
	} else {
		reading_add(filling->reading, cell);
	}
}

/* Of hours, whose devices are pseudonyms. */
static void add_cell(void *context, const struct cell *cell)
{
	add_pseudonyms(context, cell);
}

/* What no record stands behind: whole hours. */
static void add_sums(void *context, const struct cell *sums)
{
	struct cell cell = *sums;

	cell.key.slot = (uint32_t)(sums->sums.first_ns / SLOT_NS);
	add_cell(context, &cell);
}

static int read_records(struct filling *filling, const struct archive_options *options,
	struct archive_once *once, unsigned place, struct archive_stats *stats, struct err *err)
{
	struct archive_reader *reader;
	struct archived *records;
	struct cell cell = { .devices = { 0 } };
	size_t count;
	int status = archive_reader_open(&reader, options, err);

	if (status < 0) {
		return status;
	}
	while ((count = archive_reader_next(reader, &records)) > 0) {
		for (size_t i = 0; i < count; i++) {
			if (archive_once_tells(once, place, &records[i])) {
				add_record(filling, &records[i], &cell);
			}
		}
	}
	archive_reader_stats(reader, stats);
	archive_reader_close(reader);
	devices_deinit(&cell.devices);
	return archive_read_sums(options, add_sums, filling, err);
}

/* When the oldest block that is still there begins. */
static uint64_t first_ns_of(const char *folder)
{
	const struct archive_options options = { .folder = folder };
	struct archive_blocks blocks;
	uint64_t first_ns = 0;

	if (archive_blocks_open(&blocks, &options, ARCHIVE_RECORD_CONTENTS, NULL) == 0 &&
		archive_blocks_next(&blocks)) {
		first_ns = blocks.header.first_ns;
	}
	archive_blocks_close(&blocks);
	return first_ns;
}

static void note_gap(struct view_notes *notes, const struct archive_blocks *blocks)
{
	const struct archive_header *header = &blocks->header;
	struct cbor_reader content = cbor_reader_over(blocks->plain, header->plain_bytes);
	struct cbor_item reason = cbor_reader_next(&content);

	if (notes->gap_count == VIEW_GAPS_MAX) {
		notes->gaps_more++;
		return;
	}
	struct view_gap *gap = &notes->gaps[notes->gap_count++];
	*gap = (struct view_gap){ .from_ns = header->first_ns,
		.to_ns = header->last_ns,
		.records = header->record_count };
	if (reason.kind == CBOR_ITEM_TEXT) {
		snprintf(gap->reason, sizeof(gap->reason), "%.*s", (int)reason.length,
			(const char *)reason.bytes);
	}
}

/* When records are missing, as far as whoever wrote it knew. */
static void note_gaps(struct view_notes *notes, const struct archive_options *options)
{
	struct archive_blocks blocks;
	bool is_open = archive_blocks_open(&blocks, options, 1u << ARCHIVE_GAP, NULL) == 0;

	while (is_open && archive_blocks_next(&blocks)) {
		note_gap(notes, &blocks);
	}
	archive_blocks_close(&blocks);
}

/* Of the archive at that place, by its records. */
static void note_clock(struct view_notes *notes, const struct archive_once *once, unsigned place,
	const struct archive_stats *stats)
{
	struct archive_apart apart;

	notes->is_ahead |= archive_is_ahead(stats->last_ns, clock_now_ns());
	if (archive_once_apart(once, place, &apart)) {
		notes->clocks_apart_s = apart.seconds;
		notes->flows_apart += apart.flows;
	}
}

static void note_archive(struct view_notes *notes, const struct archive_options *options,
	const struct archive_stats *stats)
{
	uint64_t first_ns = first_ns_of(options->folder);

	if (first_ns && (!notes->kept_from_ns || first_ns < notes->kept_from_ns)) {
		notes->kept_from_ns = first_ns;
	}
	if (stats->deleted_until_ns > notes->kept_from_ns) {
		notes->kept_from_ns = stats->deleted_until_ns;
	}
	notes->problems += stats->problems;
	if (stats->gaps > 0) {
		note_gaps(notes, options);
	}
}

static void read_ends(const char *folder, uint8_t ends[ARCHIVE_SHELF_COUNT][DIGEST_SHA256_BYTES])
{
	struct archive_head head;

	if (archive_head_read(folder, &head, NULL) == 0) {
		for (unsigned i = 0; i < ARCHIVE_SHELF_COUNT; i++) {
			memcpy(ends[i], head.ends[i].digest, DIGEST_SHA256_BYTES);
		}
	}
}

/* Of a time that lies in several months: the one in its middle, and 1. Else 0. */
static uint32_t month_of(const struct view_question *question)
{
	uint64_t from_ns = question->from_ns, to_ns = question->to_ns;

	return from_ns && to_ns > from_ns && clock_month(from_ns) != clock_month(to_ns - 1)
		       ? clock_month(from_ns + (to_ns - from_ns) / 2) + 1
		       : 0;
}

static void describe(const struct view_backend *archive, const struct view_question *question,
	enum view_role role, struct reading_source *source, struct reading_ends *ends)
{
	bool is_whole = question->from_ns % HOUR_NS == 0 && question->to_ns % HOUR_NS == 0 &&
			question->step_ns % HOUR_NS == 0;

	memset(source, 0, sizeof(*source)); /* compared whole */
	memset(ends, 0, sizeof(*ends));
	source->from_ns = question->from_ns;
	source->to_ns = question->to_ns;
	source->from_records =
		archive->options.from_records || !is_whole || archive->options.folder_count > 1;
	source->slot_ns = source->from_records ? SLOT_NS : HOUR_NS;
	source->is_by_day = role == VIEW_PROTECTED;
	/* Two archives have no tables together: those of parts are made of all there is. */
	source->fields = source->is_by_day && source->from_records &&
					 view_part_of(question) < question->by_count
				 ? READING_EVERY_FIELD
				 : 0;
	source->month = role == VIEW_SEES_DEVICES ? month_of(question) : 0;
	for (unsigned i = 0; i < archive->options.folder_count; i++) {
		read_ends(archive->folders[i], ends->ends[i]);
	}
}

/* A device that one archive tells by its pseudonym and another by its address would count twice. */
static bool is_mixed(const struct view_backend *archive)
{
	bool has_some = false, lacks_some = false;

	for (unsigned i = 0; i < archive->options.folder_count; i++) {
		bool is_empty = true;
		int has = archive_has_pseudonyms(archive->folders[i], &is_empty, NULL);
		has_some |= has == 1;
		lacks_some |= has == 0 && !is_empty;
	}
	return has_some && lacks_some;
}

/* Those that share flows are read as one. */
static int open_once(const struct view_backend *archive, struct archive_once **once,
	const struct archive_options *period, struct err *err)
{
	const char *const *folders = (const char *const *)archive->folders;
	const struct reference *reference = archive->options.reference;
	unsigned count = archive->options.folder_count;
	int status = archive_once_open(once, folders, count, period, err);

	return status == 0 && reference
		       ? archive_once_judge(*once, folders, count, period, reference, err)
		       : status;
}

static int read_all(struct filling *filling, const struct view_question *question, struct err *err)
{
	const struct view_backend *archive = filling->archive;
	struct archive_options period = options_of(archive, 0, question);
	struct archive_once *once;
	int status = open_once(archive, &once, &period, err);

	filling->is_mixed = archive->options.folder_count > 1 && is_mixed(archive);
	filling->reading->notes.lacks_devices = filling->is_mixed;
	for (unsigned i = 0; i < archive->options.folder_count && status == 0; i++) {
		struct archive_options options = options_of(archive, i, question);
		struct archive_stats stats;
		status = filling->reading->source.from_records
				 ? read_records(filling, &options, once, i, &stats, err)
				 : archive_each_cell(&options, add_cell, filling, &stats, err);
		if (status == 0) {
			note_archive(&filling->reading->notes, &options, &stats);
			note_clock(&filling->reading->notes, once, i, &stats);
		}
	}
	archive_once_close(once);
	return status;
}

static void archive_forget(struct view_backend *archive)
{
	readings_give(archive->readings, archive->held);
	archive->held = NULL;
}

static int archive_read(struct view_backend *archive, const struct view_question *question,
	struct view_cells *cells, struct view_notes *notes, struct err *err)
{
	enum view_role protection = notes->protection;
	struct reading_source source;
	struct reading_ends ends;
	unsigned k = notes->k;
	int status = 0;

	describe(archive, question, protection, &source, &ends);
	struct filling filling = { archive,
		readings_take(archive->readings, &source, &ends, question), false };
	if (!filling.reading) {
		return err_set(err, ENOMEM, "out of memory");
	}
	archive->held = filling.reading;
	if (!filling.reading->is_made) {
		status = read_all(&filling, question, err);
		readings_settle(archive->readings, filling.reading, status == 0);
	}
	if (status == 0) {
		*notes = filling.reading->notes;
		notes->protection = protection;
		notes->k = k;
		notes->is_behind = memcmp(&filling.reading->ends, &ends, sizeof(ends)) != 0;
		reading_cells(filling.reading, cells);
	}
	return status;
}

/* Those of one archive: two archives have no tables together. */
static int archive_read_days_of(struct view_backend *archive, const struct view_question *question,
	const struct archive_day_rules *rules, archive_tables_taker *take, void *context,
	struct err *err)
{
	struct archive_options options = options_of(archive, 0, question);
	struct archive_stats stats;

	if (archive->options.folder_count > 1 || archive->options.from_records) {
		return -ENOTSUP;
	}
	return archive_read_day_tables(&options, rules, take, context, &stats, err);
}

/* Flows under way to whoever asked. */
struct telling {
	const struct view_flows *question;
	const struct query *query;
	view_tell_flow *tell;
	void *context;
	struct archive_once *once; /* NULL: one archive */
	unsigned place;            /* of the archive that is read */
	size_t matched, told;
	bool is_over;
};

static bool is_asked_for(void *context, struct archived *archived)
{
	const struct telling *telling = context;
	const struct field_view view = { .record = &archived->record, .labels = &archived->labels };

	return archive_once_tells(telling->once, telling->place, archived) &&
	       (!telling->query || query_match(telling->query, &view));
}

/* Records are told by the fields of the filter, and by their ids. */
static void select_records(struct telling *telling, struct archive_selection *selection)
{
	*selection = (struct archive_selection){
		.fields = FIELD_SET_ALL, .matches = is_asked_for, .context = telling
	};
	if (telling->query) {
		query_asks(telling->query, &selection->asked);
	}
	if (telling->once) {
		archive_once_ask(telling->once, &selection->asked);
	}
}

static void tell_flow(struct telling *telling, struct archived *archived)
{
	const struct view_flows *question = telling->question;

	archive_once_tells(
		telling->once, telling->place, archived); /* completes what is read anew */
	if (telling->matched++ < question->first) {
		return;
	}
	telling->told++;
	telling->is_over = !telling->tell(telling->context, archived) ||
			   (question->most && telling->told == question->most);
}

static int tell_archive(struct telling *telling, const struct archive_options *asked,
	struct archive_stats *stats, struct err *err)
{
	struct archive_options options = *asked;
	struct archive_selection selection;
	struct archive_reader *reader;
	struct archived *records;
	size_t count;

	select_records(telling, &selection);
	options.selection = &selection;
	int status = archive_reader_open(&reader, &options, err);
	if (status < 0) {
		return status;
	}
	while (!telling->is_over && (count = archive_reader_next(reader, &records)) > 0) {
		for (size_t i = 0; i < count && !telling->is_over; i++) {
			tell_flow(telling, &records[i]);
		}
	}
	archive_reader_stats(reader, stats);
	archive_reader_close(reader);
	return 0;
}

/* Whole flows: their last parts have the totals. */
static int archive_ask_flows(struct view_backend *archive, const struct view_flows *question,
	view_tell_flow *tell, void *context, struct view_notes *notes, struct err *err)
{
	const struct view_question period = { .from_ns = question->from_ns,
		.to_ns = question->to_ns };
	struct telling telling = { .question = question, .tell = tell, .context = context };
	struct archive_options all = options_of(archive, 0, &period);
	struct query *query = NULL;
	int status = question->filter ? query_parse(&query, question->filter, NULL, err) : 0;

	telling.query = query;
	all.whole = true;
	status = status < 0 ? status : open_once(archive, &telling.once, &all, err);
	for (unsigned i = 0; i < archive->options.folder_count && status == 0; i++) {
		struct archive_options options = options_of(archive, i, &period);
		struct archive_stats stats;
		options.whole = true;
		telling.place = i;
		status = tell_archive(&telling, &options, &stats, err);
		if (status == 0) {
			note_archive(notes, &options, &stats);
			note_clock(notes, telling.once, i, &stats);
		}
	}
	notes->from_ns = question->from_ns;
	notes->to_ns = question->to_ns;
	notes->is_past_retention = question->from_ns && question->from_ns < notes->kept_from_ns;
	query_free(query);
	archive_once_close(telling.once);
	return status;
}

/* An archive that is yet to be made protects nothing. */
static int archive_protect(
	struct view_backend *archive, struct view_access *access, struct err *err)
{
	struct archive_protection protection;
	int status = archive_protection_of((const char *const *)archive->folders,
		archive->options.folder_count, &protection, err);

	if (status == 0 && !archive->zone) {
		status = archive_protection_zone(&protection, &archive->zone, err);
	}
	if (status == 0) {
		access->k = access->k > protection.k ? access->k : protection.k;
		access->zone = protection.zone[0] ? archive->zone : access->zone;
	}
	return status == -ENOENT ? 0 : status;
}

static const struct view_ops archive_ops = {
	.protect = archive_protect,
	.read_cells = archive_read,
	.forget_cells = archive_forget,
	.read_days = archive_read_days_of,
	.ask_flows = archive_ask_flows,
	.close = archive_close,
};

static int copy_folders(struct view_backend *archive, const char *const *folders)
{
	for (unsigned i = 0; i < archive->options.folder_count; i++) {
		archive->folders[i] = strdup(folders[i]);
		if (!archive->folders[i]) {
			return -ENOMEM;
		}
	}
	return 0;
}

/* readings: the caller's from now on no longer; NULL: there was no memory for them. */
static int open_archives(struct view **view, const struct view_archive_options *options,
	struct readings *readings, struct err *err)
{
	struct view_backend *archive = calloc(1, sizeof(*archive));

	if (!archive) {
		readings_release(readings);
		return err_set(err, ENOMEM, "out of memory");
	}
	archive->options = *options;
	archive->options.folders = NULL;
	archive->readings = readings;
	archive->hashes = device_hashes_create(NULL);
	if (!readings || !archive->hashes || copy_folders(archive, options->folders) < 0) {
		archive_close(archive);
		return err_set(err, ENOMEM, "out of memory");
	}
	return view_create(view, &archive_ops, archive, options->folders[0], err);
}

int view_open_archive(
	struct view **view, const struct view_archive_options *options, struct err *err)
{
	*view = NULL;
	if (options->folder_count == 0 || options->folder_count > ARCHIVES_MAX) {
		return err_set(err, EINVAL, "1 to %d archives can be read together", ARCHIVES_MAX);
	}
	return open_archives(view, options, readings_create(options->stale_ns), err);
}

int view_open_archive_beside(struct view **view, const struct view *other, struct err *err)
{
	const struct view_backend *archive = other->backend;
	struct view_archive_options options = archive->options;

	*view = NULL;
	options.folders = (const char *const *)archive->folders;
	return open_archives(view, &options, readings_share(archive->readings), err);
}
