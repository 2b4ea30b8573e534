/* Live rows: what each series had in the last hour's slots and today, added up from cells.
 *
 * Memory   bounded: LIVE_ROWS_MAX series of all dimensions; what is new beyond them is added to the
 *          series "other" of its dimension. Idle ones are forgotten at midnight (UTC).
 * Threads  one at a time.
 * Failure  out of memory leaves a row or a device out. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analyzer/rollup/cell.h"

enum { LIVE_ROWS_MAX = 4096, LIVE_ROW_SLOTS = 13 }; /* twelve whole slots and the one that runs */

struct live_slot {
	uint32_t number; /* since 1970: whose sums stand there */
	uint64_t up, down;
	struct devices devices; /* of parts of the body alone */
};

struct live_row {
	uint64_t series;
	struct live_slot slots[LIVE_ROW_SLOTS];
	uint32_t day; /* since 1970 */
	uint64_t day_up, day_down;
	struct devices devices; /* of that day */
};

struct live_rows;

struct live_rows *live_rows_create(void); /* NULL: out of memory */
void live_rows_destroy(struct live_rows *rows);

void live_rows_add(struct live_rows *rows, const struct cell *cells, size_t count);

/* A new day: what nobody sent anything to for an hour makes room. */
void live_rows_forget_idle(struct live_rows *rows, uint64_t now_ns);

size_t live_rows_count(const struct live_rows *rows);
const struct live_row *live_rows_at(const struct live_rows *rows, size_t place);
