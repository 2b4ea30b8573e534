/* Groups of records (group.h) under the protection of small groups (protect.h): which may be asked.
 *
 * It is a closed list, since two answers that differ in one device give it away: groups by what a
 * flow is, where it goes and what the rules said, with filters of the same kind, over any time; and
 * of parts of the body, without a filter, units, classes, and the apps of each, over whole days:
 * those are answered by the protected tables of days (day_tables.h), as everywhere.
 *
 * Of which time records are added, and by which clock, is for the caller to keep to: that of which
 * something may be told (protect_time.h).
 *
 * Threads  any. */
#pragma once

#include "analyzer/format/group.h"
#include "analyzer/format/query.h"

/* -EPERM and a sentence where that may not be asked; query may be NULL. is_of_days: the time begins
 * and ends with a day. *is_of_part: they are groups of parts of the body. */
int group_protect_check(const struct grouping *grouping, const struct query *query, bool is_of_days,
	bool *is_of_part, struct err *err);

/* Do they, or the filter, ask for hours of the day? */
bool group_protect_asks_hours(const struct grouping *grouping, const struct query *query);
