/* Groups of flows from what hours add up to, where that suffices: no filter, whole hours, fields
 * that cells have. Answers the same as the records do, without reading them; and under protection
 * what a day's tables say of a part of the body, which were made once (day_tables.h).
 *
 * Memory   a row a group. Threads: one at a time. */
#pragma once

#include "analyzer/archive/archive_days.h"
#include "analyzer/format/group.h"

struct flow_sums;

/* May these groups be read from hours? */
bool flow_sums_suffice(const struct grouping *grouping, const struct archive_options *options);
/* And from day tables: exactly the fields of one of them, over whole days. */
bool flow_sums_have_table(const struct grouping *grouping, const struct archive_options *options,
	const struct local_zone *zone);

/* rules: NULL reads hours, exact; else tables. -EPERM where there are too few devices. */
int flow_sums_read(struct flow_sums **sums, const struct grouping *grouping,
	const struct archive_options *options, const struct archive_day_rules *rules,
	struct archive_stats *stats, struct err *err);
void flow_sums_close(struct flow_sums *sums);

/* Sorted as grouping_rows() does. Their records are not known, and 0. */
size_t flow_sums_rows(struct flow_sums *sums, size_t top, const struct group_row **rows);
