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
};

struct report_shown {
	struct keyed_list rows;
};

static inline const struct report_shown_row *report_shown_at(
	const struct report_shown *shown, uint32_t place)
{
	return (const struct report_shown_row *)shown->rows.rows + place;
}

/* The tables of one day. */
void report_shown_take(struct report_shown *shown, const struct day_tables *tables);
void report_shown_deinit(struct report_shown *shown);

struct report_model;
struct report_wish;

/* Reads them from the archives. Tables of several archives are made of what all hold of a day,
 * once. 0 or -errno. */
int report_shown_read(struct report_shown *shown, const struct report_wish *wish, struct err *err);
