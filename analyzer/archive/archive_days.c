#include "analyzer/archive/archive_days.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive_cells.h"
#include "analyzer/archive/archive_hours.h"
#include "analyzer/archive/archive_tables.h"
#include "analyzer/archive/archive_writer.h"
#include "analyzer/archive/day_cells.h"

#define DAY_NS (24 * 3600 * NS_PER_S)

/* One day being closed. */
struct closing {
	struct archive_writer *writer;
	const struct archive_day_rules *rules;
	struct archive_index *index; /* of what is there now */
	struct archive_place first;  /* block of hours that no day has */
	struct local_day day;
	struct day_cells cells; /* of the day, and of earlier ones what came late */
	struct day_tables tables;
	bool ends_month;
	int64_t month;
	struct local_day month_first;
	struct day_tables month_tables; /* devices alone */
	uint32_t following;             /* blocks of the closing that are still to be written */
};

/* 12 * year + month - 1 */
static int64_t month_of(int64_t day)
{
	char date[11];

	clock_format_date((uint64_t)day * DAY_NS, date);
	return (int64_t)12 * atoi(date) + atoi(date + 5) - 1;
}

static bool is_of_closing(const void *context, const struct archive_blocks *blocks)
{
	const struct closing *closing = context;

	return blocks->header.first_ns < closing->day.end_ns &&
	       archive_index_is_undated(closing->index, blocks->ordinal);
}

/* The first day with hours in no day, after the last that was closed. */
static bool find_due(struct closing *closing)
{
	struct archive_place place;
	int64_t last = INT64_MIN;
	uint64_t end_ns, hour_ns;
	uint32_t ordinal = archive_index_next_undated(closing->index, 0, &hour_ns, &closing->first);
	bool is_found = false;

	archive_index_last_day(closing->index, &last, &end_ns);
	while (ordinal > 0) {
		struct local_day day = local_day_of(closing->rules->zone, hour_ns);
		if (day.number > last && (!is_found || day.number < closing->day.number)) {
			closing->day = day;
			is_found = true;
		}
		ordinal = archive_index_next_undated(closing->index, ordinal, &hour_ns, &place);
	}
	return is_found && closing->day.end_ns + ARCHIVE_DAY_GRACE_NS <= closing->rules->now_ns;
}

static int read_cells(struct closing *closing, struct err *err)
{
	const struct archive_options options = { .folder = archive_writer_folder(closing->writer) };
	struct archive_blocks blocks;
	int status = archive_blocks_open(&blocks, &options, ARCHIVE_HOUR_CONTENTS, err);

	closing->cells.zone = closing->rules->zone;
	blocks.wants = is_of_closing;
	blocks.wants_context = closing;
	if (status == 0 && archive_blocks_start(&blocks, &closing->first)) {
		status = archive_cells_of_blocks(&blocks, day_cells_take, &closing->cells, err);
	}
	archive_blocks_close(&blocks);
	return status;
}

/* The tables are of all that comes into this closing, late ones included. */
static int make_tables(struct closing *closing, struct err *err)
{
	struct rollup *all =
		rollup_create(&(struct rollup_options){ .slot_ns = 0, .cells_max = UINT32_MAX });
	size_t count = 0;

	for (size_t i = 0; all && i < closing->cells.count; i++) {
		day_cells_put(all, &closing->cells.days[i], closing->day.number);
	}
	const struct cell *cells = all ? rollup_cells(all, &count) : NULL;
	int status =
		all ? day_tables_make(&closing->tables, closing->rules->k, cells, count) : -ENOMEM;
	rollup_destroy(all);
	return status < 0 ? err_set(err, ENOMEM, "day tables: out of memory") : 0;
}

static bool is_whole_day(const void *index, const struct archive_blocks *blocks)
{
	return archive_index_is_whole(index, ARCHIVE_SHELF_DAYS, blocks->ordinal);
}

static void merge_cell(void *rollup, const struct cell *cell)
{
	rollup_merge(rollup, cell, 1);
}

/* Distinct devices of the month: of the days before, and of this closing. */
static int make_month(struct closing *closing, struct err *err)
{
	const struct archive_options options = { .folder = archive_writer_folder(closing->writer),
		.from_ns = closing->month_first.start_ns,
		.to_ns = closing->day.end_ns };
	struct rollup *month =
		rollup_create(&(struct rollup_options){ .slot_ns = 0, .cells_max = UINT32_MAX });
	struct archive_stats stats = { 0 };
	size_t count = 0;
	int status = month ? archive_cells_of_shelf(&options, 1u << ARCHIVE_DAY, is_whole_day,
				     closing->index, merge_cell, month, &stats, err)
			   : err_set(err, ENOMEM, "month tables: out of memory");

	for (size_t i = 0; status == 0 && i < closing->cells.count; i++) {
		const struct day_cells_day *day = &closing->cells.days[i];
		if (month_of(day->day.number) == closing->month) {
			const struct cell *cells = rollup_cells(day->cells, &count);
			rollup_merge(month, cells, count);
		}
	}
	if (status == 0) {
		const struct cell *cells = rollup_cells(month, &count);
		status = day_tables_make(&closing->month_tables, closing->rules->k, cells, count);
	}
	for (size_t i = 0; i < closing->month_tables.count; i++) {
		cell_sums_init(&closing->month_tables.rows[i].sums);
		closing->month_tables.rows[i].sums.first_ns = 0;
	}
	rollup_destroy(month);
	return status;
}

static void plan_month(struct closing *closing)
{
	int64_t first = closing->day.number;

	closing->month = month_of(closing->day.number);
	closing->ends_month = month_of(closing->day.number + 1) != closing->month;
	while (month_of(first - 1) == closing->month) {
		first--;
	}
	closing->month_first = local_day_at(closing->rules->zone, first);
}

/* A correction counts once all its blocks are there: a day is closed wholly or not at all. */
static int write_day(struct closing *closing, const struct day_cells_day *day, struct err *err)
{
	size_t count;
	struct cell *cells = day_cells_sorted(day, &count);
	struct archive_block block = { .content_kind = ARCHIVE_DAY,
		.first_ns = day->day.start_ns,
		.last_ns = day->day.end_ns - 1,
		.mark = { .period = day->day.number,
			.correction = archive_index_corrections(
				closing->index, ARCHIVE_DAY, day->day.number),
			.end_ns = day->day.end_ns } };

	if (!cells) {
		return err_set(err, ENOMEM, "day cells: out of memory");
	}
	closing->following -= archive_blocks_of_cells(cells, count);
	block.mark.following = closing->following;
	int status = archive_writer_put_cells(closing->writer, &block, cells, count, err);
	free(cells);
	return status;
}

static int write_tables(struct closing *closing, bool is_month, struct err *err)
{
	struct archive_block block = { .content_kind =
					       is_month ? ARCHIVE_MONTH_TABLES : ARCHIVE_DAY_TABLES,
		.first_ns = is_month ? closing->month_first.start_ns : closing->day.start_ns,
		.last_ns = closing->day.end_ns - 1,
		.mark = { .period = is_month ? closing->month : closing->day.number,
			.following = --closing->following,
			.end_ns = closing->day.end_ns } };

	return archive_writer_put_tables(
		closing->writer, &block, is_month ? &closing->month_tables : &closing->tables, err);
}

static int write_closing(struct closing *closing, struct err *err)
{
	int status = 0;

	closing->following = 1 + closing->ends_month;
	for (size_t i = 0; i < closing->cells.count && status == 0; i++) {
		size_t count;
		struct cell *cells = day_cells_sorted(&closing->cells.days[i], &count);
		status = cells ? 0 : err_set(err, ENOMEM, "day cells: out of memory");
		closing->following += cells ? archive_blocks_of_cells(cells, count) : 0;
		free(cells);
	}
	for (size_t i = 0; i < closing->cells.count && status == 0; i++) {
		status = write_day(closing, &closing->cells.days[i], err);
	}
	if (status == 0 && closing->ends_month) {
		status = write_tables(closing, true, err);
	}
	return status < 0 ? status : write_tables(closing, false, err);
}

static int close_day(struct closing *closing, struct err *err)
{
	int status = read_cells(closing, err);

	day_cells_sort(&closing->cells);
	if (status == 0) {
		status = closing->cells.failed ? err_set(err, ENOMEM, "day cells: out of memory")
					       : make_tables(closing, err);
	}
	plan_month(closing);
	if (status == 0 && closing->ends_month) {
		status = make_month(closing, err);
	}
	if (status == 0) {
		status = write_closing(closing, err);
	}
	day_cells_deinit(&closing->cells);
	day_tables_deinit(&closing->tables);
	day_tables_deinit(&closing->month_tables);
	return status;
}

int archive_writer_close_days(
	struct archive_writer *writer, const struct archive_day_rules *rules, struct err *err)
{
	uint64_t *due_ns = archive_writer_day_due(writer);
	bool is_due = rules->now_ns >= *due_ns;
	int status = 0;

	while (is_due && status == 0) {
		struct closing closing = { .writer = writer, .rules = rules };
		status = archive_writer_settle(writer, err);
		if (status == 0) {
			status = archive_writer_index_sums(writer, &closing.index, err);
		}
		is_due = status == 0 && find_due(&closing);
		if (is_due) {
			status = close_day(&closing, err);
		} else if (status == 0) {
			*due_ns = closing.day.end_ns ? closing.day.end_ns + ARCHIVE_DAY_GRACE_NS
						     : rules->now_ns + ARCHIVE_HOUR_GRACE_NS;
		}
	}
	return status == -ENOENT ? 0 : status;
}
