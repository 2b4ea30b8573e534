#include "dashboards/report/report_shown.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive_days.h"
#include "analyzer/archive/archive_once.h"
#include "analyzer/rollup/rollup.h"
#include "base/quick_hash.h"
#include "dashboards/report/report_gather.h"

#define CLOSED_NS (48 * 3600 * NS_PER_S) /* after its end a day is closed (archive_days.h) */

static bool is_row(const void *rows, uint32_t place, const void *key)
{
	const struct report_shown_row *row = (const struct report_shown_row *)rows + place;
	const struct report_shown_row *wanted = key;

	return row->table == wanted->table && cell_key_equal(&row->key, &wanted->key);
}

static uint64_t hash_of(const struct report_shown_row *row)
{
	uint64_t words[CELL_KEY_WORDS], hash = row->table;

	memcpy(words, &row->key, sizeof(words));
	for (unsigned i = 0; i < CELL_KEY_WORDS; i++) {
		hash = quick_hash(hash, words[i]);
	}
	return hash;
}

static struct report_shown_row *find_row(
	struct report_shown *shown, const struct report_shown_row *wanted)
{
	return keyed_list_row(&shown->rows, sizeof(*wanted), hash_of(wanted), is_row, wanted);
}

void report_shown_take(struct report_shown *shown, const struct day_tables *tables)
{
	for (size_t i = 0; i < tables->count; i++) {
		const struct day_table_row *from = &tables->rows[i];
		const struct report_shown_row wanted = { .table = from->table, .key = from->key };
		bool is_part = day_table_part(from->table) != DAY_TABLE_PART_NONE && !from->is_rest;
		struct report_shown_row *row = is_part ? find_row(shown, &wanted) : NULL;
		if (row) {
			cell_sums_merge(&row->sums, &from->sums);
		}
	}
}

void report_shown_deinit(struct report_shown *shown)
{
	keyed_list_deinit(&shown->rows);
}

static void take_day(void *context, const struct archive_day_tables *day)
{
	if (!day->is_month) {
		report_shown_take(context, day->tables);
	}
}

static void ignore_problem(void *context, const char *sentence)
{
	(void)context, (void)sentence; /* told when the sums were read */
}

static void take_cell(void *context, int64_t day, const struct cell *cell)
{
	(void)day;
	rollup_merge(context, cell, 1);
}

static int read_day(struct report_shown *shown, const struct report_wish *wish,
	const struct local_day *day, const struct archive_day_rules *rules, struct err *err)
{
	const struct rollup_options all = { .slot_ns = 0, .cells_max = UINT32_MAX };
	const struct archive_options period = { .from_ns = day->start_ns, .to_ns = day->end_ns };
	struct archive_once *once = NULL;
	struct rollup *rollup = rollup_create(&all);
	struct day_tables tables = { 0 };
	int status = rollup ? report_open_once(&once, wish, &period, err)
			    : err_set(err, ENOMEM, "out of memory");

	for (unsigned i = 0; i < wish->archive_count && status == 0; i++) {
		const struct archive_options options = { .folder = wish->archives[i],
			.from_ns = day->start_ns,
			.to_ns = day->end_ns,
			.problem = ignore_problem };
		struct archive_stats stats;
		status = archive_once_read_days(
			once, i, &options, rules, take_cell, rollup, &stats, err);
	}
	if (status == 0) {
		size_t count;
		const struct cell *cells = rollup_cells(rollup, &count);
		status = day_tables_make(&tables, rules->k, cells, count);
		report_shown_take(shown, &tables);
		day_tables_deinit(&tables);
	}
	rollup_destroy(rollup);
	archive_once_close(once);
	return status;
}

int report_shown_read(struct report_shown *shown, const struct report_wish *wish, struct err *err)
{
	const struct archive_day_rules rules = {
		.zone = wish->zone, .k = wish->group_minimum, .now_ns = wish->to_ns + CLOSED_NS
	};
	const struct archive_options options = { .folder = wish->archives[0],
		.from_ns = wish->from_ns,
		.to_ns = wish->to_ns,
		.problem = ignore_problem };
	struct archive_stats stats;
	int status = 0;

	if (wish->archive_count == 1) {
		return archive_read_day_tables(&options, &rules, take_day, shown, &stats, err);
	}
	struct local_day day = local_day_of(wish->zone, wish->from_ns);
	for (; day.start_ns < wish->to_ns && status == 0;
		day = local_day_of(wish->zone, day.end_ns)) {
		status = read_day(shown, wish, &day, &rules, err);
	}
	return status;
}
