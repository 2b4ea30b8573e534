/* Days: hours add up to the cells of local days; and when a day closes, its protected tables are
 * made (day_tables.h), once, under the k then in force.
 *
 * A day is closed ARCHIVE_DAY_GRACE_NS after its end. What comes later corrects the cells of its
 * day, and stands in the tables of the next day that closes. An hour belongs to the day that it
 * begins in. A day that was closed in another time zone than is asked in stays what it is: it is
 * read where its middle is asked for, and counted (archive_stats.days_elsewhere).
 *
 *     const struct archive_day_rules rules = { policy_header(policy)->zone, k, now_ns };
 *     archive_read_day_tables(&options, &rules, take, context, &stats, &err);
 *
 * Threads  one at a time.
 * Memory   the cells of a day while it closes, or is read before it has. */
#pragma once

#include "analyzer/archive/archive.h"
#include "analyzer/rollup/day_tables.h"
#include "base/local_time.h"

#define ARCHIVE_DAY_GRACE_NS (15 * 60 * NS_PER_S)

struct archive_day_rules {
	const struct local_zone *zone; /* NULL: UTC */
	unsigned k;                    /* 0: nothing is protected (devices are no pseudonyms) */
	uint64_t now_ns;
};

/* Closes the days that are over at rules.now_ns and have hours; those hours are to be closed
 * before. */
int archive_writer_close_days(
	struct archive_writer *writer, const struct archive_day_rules *rules, struct err *err);

/* Hands out the cells of whole local days: of the day where it was added up, else of its hours,
 * else of its records. options: [from, to) from the start of a day to the end of one. Cells of one
 * day may come in any order, and the same key again; they are for the call alone. */
typedef void archive_day_taker(void *context, int64_t day, const struct cell *cell);
int archive_read_days(const struct archive_options *options, const struct archive_day_rules *rules,
	archive_day_taker *take, void *context, struct archive_stats *stats, struct err *err);

/* Do days of that zone begin within an hour of UTC? Of sums a day then has the hours that begin in
 * it; archive_once_read_days() has its records. */
bool archive_days_cut_hours(
	const struct archive_options *options, const struct archive_day_rules *rules);

/* The protected tables of each day in time, and of each month (devices alone: their distinct count
 * is no sum of days; its sums are zero). Those of days that are over and were never closed (an
 * archive that nobody goes on writing) are made under rules. A day that is not over has none. */
struct archive_day_tables {
	int64_t period; /* the local day since 1970, or month: 12 * year + month - 1 */
	uint64_t start_ns, end_ns;
	bool is_month, is_closed;
	const struct day_tables *tables; /* for the call alone */
};
typedef void archive_tables_taker(void *context, const struct archive_day_tables *tables);
int archive_read_day_tables(const struct archive_options *options,
	const struct archive_day_rules *rules, archive_tables_taker *take, void *context,
	struct archive_stats *stats, struct err *err);
