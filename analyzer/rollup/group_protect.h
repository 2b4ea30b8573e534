/* Groups of records (group.h) under the protection of small groups (protect.h).
 *
 * What may be asked is a closed list, since two answers that differ in one device give it away:
 * groups by what a flow is, where it goes and what the rules said, with filters of the same kind,
 * over any time; and of parts of the body, without a filter, units, classes, and the apps of each,
 * protected day by day (UTC), so that answers over other days differ by whole protected days.
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

/* Every record of the time, matched or not, makes the body; device: device_hash.h. */
void group_protect_note(struct group_protect *protect, uint64_t device);
void group_protect_add(
	struct group_protect *protect, const struct field_view *view, uint64_t device);

/* As grouping_rows(). -EPERM and a sentence where the body has too few devices. */
int group_protect_rows(struct group_protect *protect, size_t top, const struct group_row **rows,
	size_t *count, struct err *err);
