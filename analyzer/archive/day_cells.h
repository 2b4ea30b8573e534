/* Cells sorted into local days, while days are made of hours.
 *
 * Memory   grows with the cells. Threads: one at a time. Failure: out of memory sets failed. */
#pragma once

#include "analyzer/archive/archive_cells.h"
#include "analyzer/rollup/rollup.h"
#include "base/local_time.h"

struct day_cells_day {
	struct local_day day;
	struct rollup *cells; /* slots are the day's number */
};

struct day_cells {
	const struct local_zone *zone;
	struct day_cells_day *days; /* in order of first sight until sorted */
	size_t count, capacity;
	bool failed;
};

/* Takes a cell of an hour (archive_cell_taker; context: struct day_cells). */
void day_cells_take(void *context, const struct cell *cell);
/* The day's own; NULL: out of memory. */
struct day_cells_day *day_cells_day(struct day_cells *cells, struct local_day day);
/* What came late for its day goes to another. */
void day_cells_put(struct rollup *to, const struct day_cells_day *from, int64_t day);
void day_cells_sort(struct day_cells *cells);
void day_cells_deinit(struct day_cells *cells);

/* The cells of a day in order of their words, to be freed; NULL: out of memory. */
struct cell *day_cells_sorted(const struct day_cells_day *day, size_t *count);
