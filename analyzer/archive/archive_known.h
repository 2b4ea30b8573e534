/* What an archive holds already of the time that is being added to it: half a capture that was
 * added before the whole one, ring-buffer files whose ends overlap.
 *
 * A record is known where one of the same flow, part and beginning is there. Where that one is
 * shorter, since its capture ended there, what it lacks is a part of its own, which begins where it
 * ended: sums are then those of the longer one. The last record of a flow whose end was told before
 * tells the totals that are left of it: two whole flows, which add up to it.
 *
 * What begins in the middle of a flow has another beginning, and how much of it is there is not
 * known: it is added, and counted where one of the same ends is there at the same time.
 *
 * Days (UTC) are looked up when the first record of them comes, before anything of them is written.
 *
 * Memory   some 200 bytes for each record of the days that were looked up.
 * Threads  one.
 * Failure  a day that cannot be read, or finds no memory, is taken for empty. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/format/record_labels.h"
#include "analyzer/record/record.h"

struct archive_known;

struct archive_known *archive_known_create(const char *folder); /* NULL: out of memory */
void archive_known_destroy(struct archive_known *known);

enum archive_known_answer {
	ARCHIVE_KNOWS_NOTHING,
	ARCHIVE_KNOWS_ALL,
	ARCHIVE_KNOWS_LESS /* rest is what to add to it */
};
enum archive_known_answer archive_known_ask(struct archive_known *known,
	const struct record *record, const struct record_labels *labels, struct record *rest);

struct archive_known_stats {
	uint64_t records;     /* that were known */
	uint64_t shorter;     /* of them */
	uint64_t overlapping; /* that were not, but something of the same ends and time was */
};
struct archive_known_stats archive_known_stats(const struct archive_known *known);
