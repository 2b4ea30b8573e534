/* Readings: the cells of a period as they were read once, kept in the form that questions need.
 *
 * A large body has some thousand cells an hour, each with its devices: far more than an answer has
 * rows. So a reading keeps them as two: of the period as a whole, with devices; and by hours,
 * without them, by those fields alone that a series is asked by. Whoever judges day by day gets
 * hours with devices. A reading whose archives have grown since is read anew.
 *
 * Whoever asks takes a reading, is answered from it, and gives it back; a reading that was made is
 * never changed, so any number answer from one at a time. While one is read anew, the old one goes
 * on to answer, and who has nothing older waits for it.
 *
 * Memory   READINGS_MAX of them, of each at most READING_CELLS_MAX cells; of those that nobody
 *          holds the one that was asked for longest ago gives way.
 * Threads  any; a reading that is being made is its maker's. */
#pragma once

#include "analyzer/archive/archive_format.h"
#include "analyzer/record/digest.h"
#include "analyzer/rollup/rollup.h"
#include "analyzer/view/view_parts.h"

enum {
	READINGS_MAX = 16,
	READINGS_LARGE_MAX = 2,
	READINGS_AT_ONCE = 3, /* that are being made */
	READING_CELLS_MAX = 1 << 20,
	ARCHIVES_MAX = 64
};

/* What it was read from: the same again gives the same. Compared whole. */
struct reading_source {
	uint64_t from_ns, to_ns;
	uint64_t slot_ns; /* of what is read: hours, or records by five minutes */
	bool from_records;
	bool is_by_day;  /* hours have their devices, and there is no whole */
	uint32_t fields; /* that are told apart whatever is asked */
	uint32_t month;  /* whose pseudonyms are counted, and 1 (clock_month); 0: all of them */
};

/* How much there was: where each archive ended. */
struct reading_ends {
	uint8_t ends[ARCHIVES_MAX][ARCHIVE_SHELF_COUNT][DIGEST_SHA256_BYTES];
};

struct reading {
	struct reading_source source;
	struct reading_ends ends;
	uint64_t read_ns;               /* by the monotonic clock */
	uint32_t fields, series_fields; /* bits of enum view_dimension that are told apart */
	struct rollup *whole, *series;  /* both NULL: nothing is kept here */
	struct view_notes notes;
	uint64_t first_ns, end_ns, as_of_ns; /* of the cells */
	uint64_t used;
	unsigned holders;
	bool is_made; /* false: it is being read */
};

#define READING_EVERY_FIELD ((UINT32_C(1) << VIEW_DIMENSION_COUNT) - 1)

struct readings;

struct readings *readings_create(uint64_t stale_ns); /* NULL: out of memory */
/* One owner more, who releases them as the first one does. */
struct readings *readings_share(struct readings *readings);
void readings_release(struct readings *readings); /* NULL is accepted */

/* One that can answer the question, or an empty one that the caller is to fill (is_made is false)
 * and to settle; given back in any case. NULL: out of memory. */
struct reading *readings_take(struct readings *readings, const struct reading_source *source,
	const struct reading_ends *ends, const struct view_question *question);
/* What was filled is all there is: what found no room is noted. is_whole false: it failed, and
 * nobody is answered from it. */
void readings_settle(struct readings *readings, struct reading *reading, bool is_whole);
void readings_give(struct readings *readings, struct reading *reading); /* NULL is accepted */

/* Adds a cell as it was read, whose sums say of when it is. */
void reading_add(struct reading *reading, const struct cell *cell);
void reading_cells(const struct reading *reading, struct view_cells *cells);
