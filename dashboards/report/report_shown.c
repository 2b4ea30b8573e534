#include "dashboards/report/report_shown.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive_days.h"
#include "analyzer/archive/archive_once.h"
#include "analyzer/rollup/rollup.h"
#include "base/quick_hash.h"
#include "dashboards/report/report_gather.h"
#include "dashboards/report/report_told.h"

/* Rows and remainders begin with the same two members. */
_Static_assert(offsetof(struct report_shown_row, key) == offsetof(struct report_shown_rest, key),
	"found by the same key");

static bool is_row(const void *rows, uint32_t place, const void *key)
{
	const struct report_shown_row *row = (const struct report_shown_row *)rows + place;
	const struct report_shown_row *wanted = key;

	return row->table == wanted->table && cell_key_equal(&row->key, &wanted->key);
}

static bool is_rest(const void *rests, uint32_t place, const void *key)
{
	const struct report_shown_rest *rest = (const struct report_shown_rest *)rests + place;
	const struct report_shown_rest *wanted = key;

	return rest->table == wanted->table && cell_key_equal(&rest->key, &wanted->key);
}

static uint64_t hash_of(uint8_t table, const struct cell_key *key)
{
	uint64_t words[CELL_KEY_WORDS], hash = table;

	memcpy(words, key, sizeof(words));
	for (unsigned i = 0; i < CELL_KEY_WORDS; i++) {
		hash = quick_hash(hash, words[i]);
	}
	return hash;
}

static void take_rest(struct report_shown *shown, const struct day_table_row *from)
{
	const struct report_shown_rest wanted = { .table = from->table,
		.key = day_table_line(&from->key) };
	struct report_shown_rest *rest = keyed_list_row(&shown->rests, sizeof(wanted),
		hash_of(wanted.table, &wanted.key), is_rest, &wanted);

	if (rest) {
		rest->days++;
		rest->last = shown->days;
	}
}

/* Has the line of a part a remainder on the day that is taken? */
static bool is_beside(const struct report_shown *shown, const struct day_table_row *part)
{
	const struct report_shown_rest wanted = { .table = part->table,
		.key = day_table_line(&part->key) };
	uint32_t place = hash_table_find(&shown->rests.table, hash_of(wanted.table, &wanted.key),
		is_rest, shown->rests.rows, &wanted);

	return place != HASH_TABLE_NONE && report_shown_rest_at(shown, place)->last == shown->days;
}

static void take_part(struct report_shown *shown, const struct day_table_row *from)
{
	const struct report_shown_row wanted = { .table = from->table, .key = from->key };
	struct report_shown_row *row = keyed_list_row(
		&shown->rows, sizeof(wanted), hash_of(wanted.table, &wanted.key), is_row, &wanted);

	if (row) {
		cell_sums_merge(&row->sums, &from->sums);
		row->days_beside += is_beside(shown, from);
	}
}

void report_shown_take(struct report_shown *shown, const struct day_tables *tables)
{
	shown->days++;
	shown->days_withheld += tables->is_withheld;
	for (unsigned pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < tables->count; i++) {
			const struct day_table_row *from = &tables->rows[i];
			bool is_part = day_table_part(from->table) != DAY_TABLE_PART_NONE;
			if (is_part && pass == 0 && from->is_rest) {
				take_rest(shown, from);
			} else if (is_part && pass == 1 && !from->is_rest) {
				take_part(shown, from);
			}
		}
	}
}

bool report_shown_may_lack(
	const struct report_shown *shown, const struct report_shown_rest *rest, uint16_t part)
{
	struct report_shown_row wanted = { .table = rest->table, .key = rest->key };
	bool is_unit = day_table_part(rest->table) == DAY_TABLE_PART_UNIT;

	*(is_unit ? &wanted.key.unit : &wanted.key.class_) = part;
	uint32_t place = hash_table_find(&shown->rows.table, hash_of(wanted.table, &wanted.key),
		is_row, shown->rows.rows, &wanted);
	return place == HASH_TABLE_NONE || report_shown_at(shown, place)->days_beside < rest->days;
}

void report_shown_deinit(struct report_shown *shown)
{
	keyed_list_deinit(&shown->rows);
	keyed_list_deinit(&shown->rests);
}

/* Tables on their way. */
struct showing {
	struct report_shown *shown;
	const struct report_told *told;
};

static void take_day(void *context, const struct archive_day_tables *day)
{
	const struct showing *showing = context;

	if (!day->is_month && report_told_has(showing->told, day->period, day->start_ns)) {
		report_shown_take(showing->shown, day->tables);
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
	size_t count = 0;
	const struct cell *cells = status == 0 ? rollup_cells(rollup, &count) : NULL;
	if (count > 0) { /* a day without traffic has no tables */
		status = day_tables_make(&tables, rules->k, cells, count);
		report_shown_take(shown, &tables);
		day_tables_deinit(&tables);
	}
	rollup_destroy(rollup);
	archive_once_close(once);
	return status;
}

/* What is told of days that have no tables, or not yet, stands with the others. */
static void finish(
	struct report_shown *shown, const struct report_wish *wish, const struct report_told *told)
{
	unsigned days = report_told_days(told, local_day_of(wish->zone, wish->from_ns).number);

	shown->days_withheld += days > shown->days ? days - shown->days : 0;
	shown->days = days > shown->days ? days : shown->days;
}

int report_shown_read(struct report_shown *shown, const struct report_wish *wish,
	const struct report_told *told, struct err *err)
{
	const struct archive_day_rules rules = { .zone = wish->zone,
		.k = wish->group_minimum,
		.now_ns = wish->now_ns - ARCHIVE_DAY_GRACE_NS };
	const struct archive_options options = { .folder = wish->archives[0],
		.from_ns = wish->from_ns,
		.to_ns = wish->to_ns,
		.problem = ignore_problem };
	struct showing showing = { shown, told };
	struct archive_stats stats;
	int status = 0;

	if (wish->archive_count == 1) {
		status = archive_read_day_tables(&options, &rules, take_day, &showing, &stats, err);
		finish(shown, wish, told);
		return status;
	}
	struct local_day day = local_day_of(wish->zone, wish->from_ns);
	for (; day.start_ns < wish->to_ns && day.end_ns <= rules.now_ns && status == 0;
		day = local_day_of(wish->zone, day.end_ns)) {
		if (report_told_has(told, day.number, day.start_ns)) {
			status = read_day(shown, wish, &day, &rules, err);
		}
	}
	finish(shown, wish, told);
	return status;
}
