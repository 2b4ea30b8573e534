/* What an archive holds already of the time that is being added to it: half a capture that was
 * added before the whole one, ring-buffer files whose ends overlap.
 *
 * A record is known where one of the same flow, part and beginning is there. Days (UTC) are looked
 * up when the first record of them comes, before anything of them is written.
 *
 * Memory   a number for each record of the days that were looked up.
 * Threads  one.
 * Failure  a day that cannot be read, or finds no memory, is taken for empty. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/record/record.h"

struct archive_known;

struct archive_known *archive_known_create(const char *folder); /* NULL: out of memory */
void archive_known_destroy(struct archive_known *known);

/* Counts those that are. */
bool archive_known_holds(struct archive_known *known, const struct record *record);

uint64_t archive_known_count(const struct archive_known *known);
