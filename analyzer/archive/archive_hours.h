/* Hours: what records add up to while their hour is open, and the blocks it becomes when it closes.
 *
 * An hour is closed ARCHIVE_HOUR_GRACE_NS after its end, and what is written then never changes. A
 * record that comes later opens it again, and it closes as its next correction. The bytes depend on
 * nothing but the records and where the hour closed, so that a rebuild gives the same.
 *
 * Memory   grows with the cells of the hours that are open.
 * Threads  one at a time.
 * Failure  out of memory gives to the cell "other" (rollup.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/format/record_labels.h"
#include "analyzer/rollup/cell.h"
#include "base/clock.h"

#define ARCHIVE_HOUR_NS       (3600 * NS_PER_S)
#define ARCHIVE_HOUR_GRACE_NS (5 * 60 * NS_PER_S)

struct archive_hours;

struct archive_hours *archive_hours_create(void); /* NULL: out of memory */
/* The same of shorter times, whose numbers are theirs; nobody writes those down. */
struct archive_hours *archive_hours_create_of(uint64_t length_ns);
void archive_hours_destroy(struct archive_hours *hours);

/* False: there is no room before an hour is taken. Devices are counted where they are pseudonyms:
 * those of several runs then mean the same. */
bool archive_hours_add(struct archive_hours *hours, const struct record *record,
	const struct record_labels *labels);

/* The same of cells that no record stands behind, without their devices. */
bool archive_hours_add_cell(struct archive_hours *hours, const struct cell *cell);

/* The first hour that is closed at that time (UINT64_MAX: any), its cells sorted, to be freed by
 * the caller, while what they point to is the hours' until archive_hours_drop(). False: none. */
struct archive_hour {
	int64_t number; /* since 1970 */
	struct cell *cells;
	size_t count;
};
bool archive_hours_take(struct archive_hours *hours, uint64_t now_ns, struct archive_hour *hour);
/* The hour of that number. */
bool archive_hours_take_one(struct archive_hours *hours, int64_t number, struct archive_hour *hour);
void archive_hours_drop(struct archive_hours *hours, struct archive_hour *hour);
