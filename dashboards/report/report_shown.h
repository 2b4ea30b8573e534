/* What the protected tables of days (day_tables.h) show of units and classes, added up over the
 * period. Every other reader shows those tables, so that a report which said more of a part than
 * its days do would tell what they hide: the month less the days that are shown.
 *
 * Memory   a row for each part and what is said of it.
 * Threads  one at a time.
 * Failure  without memory less is shown. */
#pragma once

#include "analyzer/rollup/day_tables.h"
#include "base/keyed_list.h"

struct report_shown_row {
	uint8_t table;       /* enum day_table */
	struct cell_key key; /* with the table's fields alone */
	struct cell_sums sums;
	uint32_t days_beside; /* on which its line had a remainder as well */
};

/* A line of a table, on some days of which parts stand together that are not shown apart. */
struct report_shown_rest {
	uint8_t table;
	struct cell_key key; /* without the part */
	uint32_t days;       /* on which it has such a remainder */
	uint32_t last;       /* of those, by number */
};

struct report_shown {
	struct keyed_list rows, rests;
	uint32_t days, days_withheld; /* that are told; of which nothing is shown apart */
};

static inline const struct report_shown_row *report_shown_at(
	const struct report_shown *shown, uint32_t place)
{
	return (const struct report_shown_row *)shown->rows.rows + place;
}

static inline const struct report_shown_rest *report_shown_rest_at(
	const struct report_shown *shown, uint32_t place)
{
	return (const struct report_shown_rest *)shown->rests.rows + place;
}

/* May something of that part stand in the remainder of the line? On each day on which it is not
 * shown beside it. Whether it does is not said: who is known to be in a remainder, or not to be, is
 * known to have been there, or not. */
bool report_shown_may_lack(
	const struct report_shown *shown, const struct report_shown_rest *rest, uint16_t part);

/* The tables of one day. */
void report_shown_take(struct report_shown *shown, const struct day_tables *tables);
void report_shown_deinit(struct report_shown *shown);

struct report_model;
struct report_told;
struct report_wish;

/* Reads those of days that are over and told from the archives. Tables of several archives are made
 * of what all hold of a day, once. 0 or -errno. */
int report_shown_read(struct report_shown *shown, const struct report_wish *wish,
	const struct report_told *told, struct err *err);
