#include "analyzer/archive/archive_once.h"

#include <errno.h>

#include "analyzer/archive/archive_cells.h"
#include "analyzer/archive/archive_hours.h"
#include "analyzer/archive/archive_reader.h"

/* All zones are so many quarters of an hour from UTC. */
#define CUT_NS (ARCHIVE_HOUR_NS / 4)

/* Cells of hours on their way to whoever asks for days. */
struct taking {
	const struct archive_options *options;
	const struct archive_day_rules *rules;
	uint64_t length_ns; /* of what is called an hour */
	archive_day_taker *take;
	void *context;
};

/* Of an hour that a border of the period cuts the period has what begins in it. */
static void take_cell(void *context, const struct cell *cell)
{
	const struct taking *taking = context;
	const struct archive_options *options = taking->options;
	uint64_t hour_ns = cell->sums.first_ns / taking->length_ns * taking->length_ns;

	if (hour_ns < options->from_ns || (options->to_ns && hour_ns >= options->to_ns)) {
		return;
	}
	int64_t day = local_day_of(taking->rules->zone, hour_ns).number;
	struct cell counted = cell_on_day(cell, hour_ns, day);

	taking->take(taking->context, day, &counted);
}

static void hand_out(struct archive_hours *hours, const struct taking *taking)
{
	struct archive_hour hour;

	while (archive_hours_take(hours, UINT64_MAX, &hour)) {
		for (size_t i = 0; i < hour.count; i++) {
			take_cell((void *)(uintptr_t)taking, &hour.cells[i]);
		}
		archive_hours_drop(hours, &hour);
	}
}

/* An hour is all of one day; a record belongs to the hour that it begins in. */
static void take_records(struct archive_once *once, unsigned archive, struct archive_reader *reader,
	const struct archive_options *options, struct archive_hours *hours,
	const struct taking *taking)
{
	struct archived *records;
	size_t count;

	while ((count = archive_reader_next(reader, &records)) > 0) {
		for (size_t i = 0; i < count; i++) {
			const struct flow_record *flow = &records[i].record.flow;
			bool is_in_time = flow->start_ns >= options->from_ns &&
					  (!options->to_ns || flow->start_ns < options->to_ns);
			if (!is_in_time || !archive_once_tells(once, archive, &records[i])) {
				continue;
			}
			if (!archive_hours_add(hours, &records[i].record, &records[i].labels)) {
				hand_out(hours, taking);
				archive_hours_add(hours, &records[i].record, &records[i].labels);
			}
		}
	}
	hand_out(hours, taking);
}

/* From when on records are there: the first local day after those that were deleted. */
static uint64_t records_from(const struct archive_options *options,
	const struct archive_day_rules *rules, const struct archive_stats *stats)
{
	return stats->deleted_until_ns > options->from_ns
		       ? local_day_of(rules->zone, stats->deleted_until_ns - 1).end_ns
		       : options->from_ns;
}

int archive_read_sums(const struct archive_options *options,
	void (*take)(void *context, const struct cell *cell), void *context, struct err *err)
{
	struct archive_stats stats = { 0 };

	return archive_cells_of_shelf(
		options, 1u << ARCHIVE_SUMS, NULL, NULL, take, context, &stats, err);
}

int archive_once_read_days(struct archive_once *once, unsigned archive,
	const struct archive_options *options, const struct archive_day_rules *rules,
	archive_day_taker *take, void *context, struct archive_stats *stats, struct err *err)
{
	struct taking taking = { options, rules,
		archive_days_cut_hours(options, rules) ? CUT_NS : ARCHIVE_HOUR_NS, take, context };
	struct archive_options whole = *options, old = *options;
	struct archive_stats old_stats = { 0 };
	struct archive_reader *reader;
	int status = archive_reader_open(&reader, &whole, err);

	if (status < 0) {
		return status;
	}
	archive_reader_stats(reader, stats);
	uint64_t from_ns = records_from(options, rules, stats);
	if (from_ns > options->from_ns) {
		old.to_ns = options->to_ns && options->to_ns < from_ns ? options->to_ns : from_ns;
		status = archive_read_days(&old, rules, take, context, &old_stats, err);
	}
	whole.from_ns = from_ns;
	struct archive_hours *hours = archive_hours_create_of(taking.length_ns);
	if (status == 0 && !hours) {
		status = err_set(err, ENOMEM, "%s: out of memory", options->folder);
	}
	if (status == 0 && (!options->to_ns || from_ns < options->to_ns)) {
		take_records(once, archive, reader, &whole, hours, &taking);
		archive_reader_stats(reader, stats);
		status = archive_read_sums(&whole, take_cell, &taking, err);
	}
	archive_stats_add(stats, &old_stats);
	stats->deleted_until_ns = old_stats.deleted_until_ns;
	stats->sums_until_ns = once && old_stats.records > 0 ? from_ns : 0;
	archive_hours_destroy(hours);
	archive_reader_close(reader);
	return status;
}
