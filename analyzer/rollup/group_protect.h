/* Groups of records (group.h) under the protection of small groups (protect.h).
 *
 * What may be asked is a closed list, since two answers that differ in one device give it away:
 * groups by what a flow is, where it goes and what the rules said, with filters of the same kind,
 * over any time; and of parts of the body, without a filter, units, classes, and the apps of each,
 * protected day by day (UTC), so that answers over other days differ by whole protected days.
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

/* -EPERM and a sentence where that may not be asked; query may be NULL. Changes the grouping, which
 * outlives it. */
int group_protect_create(struct group_protect **protect, struct grouping *grouping,
	const struct query *query, uint64_t from_ns, uint64_t to_ns, unsigned k, struct err *err);
void group_protect_destroy(struct group_protect *protect);

/* Are they groups of parts of the body? */
bool group_protect_is_of_part(const struct group_protect *protect);

/* device: device_hash.h. */
void group_protect_add(
	struct group_protect *protect, const struct field_view *view, uint64_t device);

/* As grouping_rows(); -ENOMEM. */
int group_protect_rows(struct group_protect *protect, size_t top, const struct group_row **rows,
	size_t *count, struct err *err);
