/* Roll-up cells of a block of the archive, field by field (columns.h, rollup.cddl): columns of what
 * the cells have, then of the devices of all of them behind each other.
 *
 * As they are written now (ARCHIVE_FORM_KEYED), whole keys are said once and cells have their
 * numbers; times are in steps of five minutes, rounded down; and how much each device had is kept
 * in 32 parts of its cell's bytes, rounded up: of any cells together never less than it had, nor
 * more than a 32nd of theirs above. That is for the rule of largest shares (protect.h), and nothing
 * else asks. Sums are exact.
 *
 * Earlier builds said keys member by member, devices with their bytes, times in whole seconds
 * (ARCHIVE_FORM_SECONDS) or nanoseconds (ARCHIVE_FORM_COLUMNS). These forms are still made, to be
 * compared.
 *
 * Memory   of what is put, kept for reuse; reading takes its own and gives it back.
 * Threads  one at a time.
 * Failure  out of memory fails the content; what is malformed is refused. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/archive/archive_format.h"
#include "analyzer/archive/columns.h"
#include "analyzer/rollup/cell.h"

struct cell_columns;

struct cell_columns *cell_columns_create(void); /* NULL: out of memory */
void cell_columns_destroy(struct cell_columns *columns);

/* How many of these cells, all or those at the front, a block has room for; 0 of none. */
size_t cell_columns_room(const struct cell *cells, size_t count);

/* What a block of these cells holds, and where it is to be cut. */
void cell_columns_put(struct cell_columns *columns, enum archive_form form,
	const struct cell *cells, size_t count, struct cbor_writer *content,
	struct columns_cuts *cuts);

/* Hands out the cells of a block, with their devices. How many there were before something was
 * malformed: all of them where nothing is. */
uint32_t cell_columns_read(enum archive_form form, const void *block, size_t bytes, uint32_t count,
	void (*take)(void *context, const struct cell *cell), void *context);
