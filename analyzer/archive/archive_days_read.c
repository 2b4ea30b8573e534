#include <errno.h>
#include <stdlib.h>

#include "analyzer/archive/archive_cells.h"
#include "analyzer/archive/archive_days.h"
#include "analyzer/archive/archive_hours.h"
#include "analyzer/archive/archive_tables.h"
#include "analyzer/archive/day_cells.h"

enum { HOUR_S = 3600 };

/* The days that are asked for. */
struct wanted_days {
	const struct archive_options *options;
	const struct archive_day_rules *rules;
	const struct archive_index *index;
	uint64_t *elsewhere; /* how many of them were closed as days of another time zone */
};

/* A day of another time zone may reach over the borders of what is asked for. It is where its
 * middle is, so that of periods side by side one has it; months, which nobody asks for in part,
 * where half a day of them is. */
static bool is_in_time(const struct archive_options *options, const struct archive_header *header)
{
	const uint64_t day_ns = 24 * ARCHIVE_HOUR_NS;
	uint64_t length_ns = header->last_ns + 1 - header->first_ns;
	uint64_t edge_ns = (length_ns < day_ns ? length_ns : day_ns) / 2;

	return archive_is_in_time(
		options, header->first_ns + edge_ns, header->last_ns + 1 - edge_ns);
}

static bool is_wanted_day(const void *context, const struct archive_blocks *blocks)
{
	const struct wanted_days *days = context;
	const struct archive_header *header = &blocks->header;

	if (!archive_index_is_whole(days->index, ARCHIVE_SHELF_DAYS, blocks->ordinal) ||
		!is_in_time(days->options, header)) {
		return false;
	}
	*days->elsewhere +=
		local_day_of(days->rules->zone, header->first_ns).start_ns != header->first_ns;
	return true;
}

static bool is_undated(const void *index, const struct archive_blocks *blocks)
{
	return archive_index_is_undated(index, blocks->ordinal);
}

/* Cells of hours that no day has: those in blocks, those of earlier builds, those of records. */
static int read_undated(const struct archive_options *options, const struct archive_index *index,
	archive_cell_taker *take, void *context, struct archive_stats *stats, struct err *err)
{
	int status = archive_cells_of_shelf(
		options, ARCHIVE_HOUR_CONTENTS, is_undated, index, take, context, stats, err);

	if (status == 0) {
		status = archive_cells_of_shelf(
			options, 1u << ARCHIVE_CELLS, NULL, NULL, take, context, stats, err);
	}
	return status < 0 ? status
			  : archive_cells_of_open_hours(options, index, take, context, err);
}

/* Cells on their way to somebody who wants to know which day they are of. */
struct day_taker {
	const struct archive_options *options;
	const struct archive_day_rules *rules;
	archive_day_taker *take;
	void *context;
};

static void take_of_day(void *context, const struct cell *cell)
{
	const struct day_taker *taker = context;

	taker->take(taker->context, (int64_t)cell->key.slot, cell);
}

static void take_of_hour(void *context, const struct cell *cell)
{
	const struct day_taker *taker = context;
	const struct archive_options *options = taker->options;
	uint64_t hour_ns = cell->sums.first_ns / ARCHIVE_HOUR_NS * ARCHIVE_HOUR_NS;

	if (hour_ns < options->from_ns || (options->to_ns && hour_ns >= options->to_ns)) {
		return; /* a border cuts the hour */
	}
	int64_t day = local_day_of(taker->rules->zone, hour_ns).number;
	struct cell counted = cell_on_day(cell, hour_ns, day);

	taker->take(taker->context, day, &counted);
}

bool archive_days_cut_hours(
	const struct archive_options *options, const struct archive_day_rules *rules)
{
	return local_offset_s(rules->zone, options->from_ns) % HOUR_S != 0 ||
	       (options->to_ns && local_offset_s(rules->zone, options->to_ns) % HOUR_S != 0);
}

int archive_read_days(const struct archive_options *options, const struct archive_day_rules *rules,
	archive_day_taker *take, void *context, struct archive_stats *stats, struct err *err)
{
	struct day_taker taker = { options, rules, take, context };
	struct archive_index *index;
	uint64_t elsewhere = 0;
	int status = archive_index_open(&index, options->folder, err);

	*stats = (struct archive_stats){ 0 };
	if (status < 0) {
		return status;
	}
	const struct wanted_days days = { options, rules, index, &elsewhere };
	status = archive_cells_of_shelf(
		options, 1u << ARCHIVE_DAY, is_wanted_day, &days, take_of_day, &taker, stats, err);
	if (status == 0) {
		status = read_undated(options, index, take_of_hour, &taker, stats, err);
	}
	stats->days_elsewhere = elsewhere;
	archive_index_close(index);
	return status < 0 ? status : archive_note_deleted(options, ARCHIVE_SHELF_DAYS, stats, err);
}

static int read_closed(const struct archive_options *options, const struct archive_day_rules *rules,
	const struct archive_index *index, archive_tables_taker *take, void *context,
	struct archive_stats *stats, struct err *err)
{
	struct archive_blocks blocks;
	struct archive_words words;
	int status = archive_blocks_open(
		&blocks, options, 1u << ARCHIVE_DAY_TABLES | 1u << ARCHIVE_MONTH_TABLES, err);

	uint64_t elsewhere = 0;
	const struct wanted_days days = { options, rules, index, &elsewhere };

	blocks.wants = is_wanted_day;
	blocks.wants_context = &days;
	if (!archive_words_init(&words) && status == 0) {
		status = err_set(err, ENOMEM, "%s: out of memory", options->folder);
	}
	while (status == 0 && archive_blocks_next(&blocks)) {
		struct day_tables tables;
		if (archive_tables_read(&blocks, &words, &tables)) {
			const struct archive_day_tables day = { .period = blocks.mark.period,
				.start_ns = blocks.header.first_ns,
				.end_ns = blocks.header.last_ns + 1,
				.is_month = blocks.header.content_kind == ARCHIVE_MONTH_TABLES,
				.is_closed = true,
				.tables = &tables };
			take(context, &day);
			day_tables_deinit(&tables);
		}
	}
	archive_stats_add(stats, &blocks.stats);
	stats->days_elsewhere = elsewhere;
	archive_words_deinit(&words);
	archive_blocks_close(&blocks);
	return status;
}

/* What came too late for its day goes with the first day that is still to be closed. */
static size_t first_open_day(const struct day_cells *cells, const struct archive_index *index)
{
	int64_t last = INT64_MIN;
	uint64_t end_ns;
	size_t first = 0;

	archive_index_last_day(index, &last, &end_ns);
	while (first < cells->count && cells->days[first].day.number <= last) {
		first++;
	}
	for (size_t i = 0; first < cells->count && i < first; i++) {
		day_cells_put(
			cells->days[first].cells, &cells->days[i], cells->days[first].day.number);
	}
	return first;
}

static int make_open(const struct day_cells *cells, size_t first,
	const struct archive_options *options, const struct archive_day_rules *rules,
	archive_tables_taker *take, void *context)
{
	int status = 0;

	for (size_t i = first; i < cells->count && status == 0; i++) {
		const struct local_day *day = &cells->days[i].day;
		struct day_tables tables;
		size_t count;
		const struct cell *all = rollup_cells(cells->days[i].cells, &count);
		if (day->end_ns > rules->now_ns ||
			!archive_is_in_time(options, day->start_ns, day->end_ns - 1)) {
			continue;
		}
		status = day_tables_make(&tables, rules->k, all, count);
		const struct archive_day_tables made = { .period = day->number,
			.start_ns = day->start_ns,
			.end_ns = day->end_ns,
			.tables = &tables };
		if (status == 0) {
			take(context, &made);
			day_tables_deinit(&tables);
		}
	}
	return status;
}

int archive_read_day_tables(const struct archive_options *options,
	const struct archive_day_rules *rules, archive_tables_taker *take, void *context,
	struct archive_stats *stats, struct err *err)
{
	/* Which day is the next to be closed does not depend on what was asked for. */
	struct archive_options everything = *options;
	struct day_cells cells = { .zone = rules->zone };
	struct archive_index *index;
	int status = archive_index_open(&index, options->folder, err);

	*stats = (struct archive_stats){ 0 };
	everything.from_ns = everything.to_ns = 0;
	if (status < 0) {
		return status;
	}
	status = read_closed(options, rules, index, take, context, stats, err);
	if (status == 0) {
		status = read_undated(&everything, index, day_cells_take, &cells, stats, err);
	}
	day_cells_sort(&cells);
	if (status == 0) {
		status = make_open(
			&cells, first_open_day(&cells, index), options, rules, take, context);
	}
	if (status == -ENOMEM || (status == 0 && cells.failed)) {
		status = err_set(err, ENOMEM, "%s: out of memory", options->folder);
	}
	day_cells_deinit(&cells);
	archive_index_close(index);
	return status < 0 ? status : archive_note_deleted(options, ARCHIVE_SHELF_DAYS, stats, err);
}
