/* Roll-up cells of a block of the archive, field by field (columns.h, rollup.cddl): columns of what
 * the cells have, then of the devices of all of them behind each other.
 *
 * As they are written now (ARCHIVE_FORM_SECONDS), times are whole seconds, rounded down, and the
 * devices of a cell stand in the order in which the block first says them. Earlier builds wrote
 * nanoseconds, and devices by their hashes: ARCHIVE_FORM_COLUMNS is still made, to be compared.
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
#include "analyzer/rollup/cell_cbor.h"

/* Columns of numbers and of bits, by key. */
#define CELL_SUMS(X)                                                                               \
	X(flows, VALUE_FLOWS)                                                                      \
	X(packets, VALUE_PACKETS)                                                                  \
	X(bytes_up, VALUE_BYTES_UP)                                                                \
	X(bytes_down, VALUE_BYTES_DOWN)                                                            \
	X(confidence_least, VALUE_CONFIDENCE_LEAST)                                                \
	X(confidence_most, VALUE_CONFIDENCE_MOST)                                                  \
	X(unseen_up, VALUE_UNSEEN_UP)                                                              \
	X(unseen_down, VALUE_UNSEEN_DOWN)
#define CELL_BITS(X)                                                                               \
	X(evidence, VALUE_EVIDENCE)                                                                \
	X(grounds, VALUE_GROUNDS)

/* Columns of the devices. The last device of a cell has what its bytes fall short of the cell's,
 * less those of the others. */
enum { DEVICE_HASH, DEVICE_BYTES };

struct cell_columns;

struct cell_columns *cell_columns_create(void); /* NULL: out of memory */
void cell_columns_destroy(struct cell_columns *columns);

/* What a block of these cells holds, and where it is to be cut. */
void cell_columns_put(struct cell_columns *columns, enum archive_form form,
	const struct cell *cells, size_t count, struct cbor_writer *content,
	struct columns_cuts *cuts);

/* Hands out the cells of a block, with their devices. How many there were before something was
 * malformed: all of them where nothing is. */
uint32_t cell_columns_read(const void *block, size_t bytes, uint32_t count,
	void (*take)(void *context, const struct cell *cell), void *context);
