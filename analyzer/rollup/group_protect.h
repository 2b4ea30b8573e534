/* Groups of records (group.h) under the protection of small groups (protect.h).
 *
 * What may be asked is a closed list, since two answers that differ in one device give it away:
 * groups by what a flow is, where it goes and what the rules said, with filters of the same kind,
 * over any time; and of parts of the body, without a filter, units, classes, and the apps of each,
 * protected local day by local day, so that answers over other days differ by whole protected days.
 *
 * Of which time records are added, is for the caller to keep to: that of which something may be
 * told (protect_time.h).
 *
 * Threads  one at a time. */
#pragma once

#include "analyzer/format/group.h"
#include "analyzer/format/query.h"
#include "analyzer/rollup/devices.h"

struct group_protect;

/* Of which time is asked, by which clock, and how small a group is. */
struct group_protect_rules {
	uint64_t from_ns, to_ns;
	const struct local_zone *zone; /* NULL: UTC; that of the records that are added, as well */
	unsigned k;
};

/* -EPERM and a sentence where that may not be asked; query may be NULL. Changes the grouping, which
 * outlives it. */
int group_protect_create(struct group_protect **protect, struct grouping *grouping,
	const struct query *query, const struct group_protect_rules *rules, struct err *err);
void group_protect_destroy(struct group_protect *protect);

/* device: device_hash.h. */
void group_protect_add(
	struct group_protect *protect, const struct field_view *view, uint64_t device);

/* As grouping_rows(); -ENOMEM. */
int group_protect_rows(struct group_protect *protect, size_t top, const struct group_row **rows,
	size_t *count, struct err *err);
