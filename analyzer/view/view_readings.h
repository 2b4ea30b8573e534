/* Readings: the cells of a period as they were read once, kept in the form that questions need.
 *
 * A large body has some thousand cells an hour, each with its devices: far more than an answer has
 * rows. So a reading keeps them as two: of the period as a whole, with devices; and by hours,
 * without them, by those fields alone that a series is asked by. Whoever judges day by day gets
 * hours with devices. A reading whose archives have grown since is read anew.
 *
 * Memory   READINGS_MAX of them, of each at most READING_CELLS_MAX cells; the one that was asked
 * for
 *          longest ago gives way.
 * Threads  one at a time. */
#pragma once

#include "analyzer/archive/archive_format.h"
#include "analyzer/record/digest.h"
#include "analyzer/rollup/rollup.h"
#include "analyzer/view/view_parts.h"

enum { READINGS_MAX = 10, READINGS_LARGE_MAX = 2, READING_CELLS_MAX = 1 << 20, ARCHIVES_MAX = 64 };

/* What it was read from: the same again gives the same. Compared whole. */
struct reading_source {
	uint64_t from_ns, to_ns;
	uint64_t slot_ns; /* of what is read: hours, or records by five minutes */
	bool from_records;
	bool is_by_day;  /* hours have their devices, and there is no whole */
	uint32_t fields; /* that are told apart whatever is asked */
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
};

struct readings {
	struct reading items[READINGS_MAX];
	uint64_t uses;
	uint64_t stale_ns; /* as view_archive_options has it */
};

#define READING_EVERY_FIELD ((UINT32_C(1) << VIEW_DIMENSION_COUNT) - 1)

/* One that can answer the question; NULL: it is not kept, or too old. */
struct reading *readings_find(struct readings *readings, const struct reading_source *source,
	const struct reading_ends *ends, const struct view_question *question);
/* An empty one for it, in the place of the oldest; NULL: out of memory. */
struct reading *readings_begin(struct readings *readings, const struct reading_source *source,
	const struct reading_ends *ends, const struct view_question *question);
void reading_forget(struct reading *reading);
void readings_deinit(struct readings *readings);

/* Adds a cell as it was read, whose sums say of when it is. */
void reading_add(struct reading *reading, const struct cell *cell);
/* What was read is all there is: what found no room is noted. */
void reading_finish(struct reading *reading);
void reading_cells(const struct reading *reading, struct view_cells *cells);
