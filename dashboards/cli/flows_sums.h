/* Groups of flows from what hours add up to, where that suffices: no filter, whole hours, fields
 * that cells have. Answers the same as the records do, without reading them; and under protection
 * what a day's tables say of a part of the body, which were made once (day_tables.h).
 *
 * Memory   a row a group. Threads: one at a time. */
#pragma once

#include "analyzer/archive/archive_days.h"
#include "analyzer/format/group.h"
#include "analyzer/view/view.h"

struct flow_sums;

/* May these groups be read from hours? */
bool flow_sums_suffice(const struct grouping *grouping, const struct archive_options *options);
int flow_sums_read(struct flow_sums **sums, const struct grouping *grouping,
	const struct archive_options *options, struct archive_stats *stats, struct err *err);

/* The same of units, classes or the apps of each (group_protect.h), as the tables of days have
 * them. */
struct flow_sums_days {
	struct view_span asked, told; /* told: whole local days; none where its ends are the same */
	unsigned count, withheld;     /* days with traffic; on which too few devices were active */
};
int flow_sums_read_days(struct flow_sums **sums, const struct grouping *grouping, struct view *view,
	const struct view_access *access, struct flow_sums_days *days, struct err *err);
void flow_sums_close(struct flow_sums *sums);

/* Sorted as grouping_rows() does. Their records are not known, and 0. */
size_t flow_sums_rows(struct flow_sums *sums, size_t top, const struct group_row **rows);
