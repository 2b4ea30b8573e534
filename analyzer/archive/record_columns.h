/* The records of a block in columns (record_block.h), batch by batch.
 *
 * What a block says once, an entry, is read once: into what its field is in a record. Then each
 * column is gone through for the whole batch. Columns that are not known are left alone: a newer
 * version wrote them; and so are those that nobody asks for.
 *
 * Memory   grows with the entries of a block, and is kept for the next. Labels point into it.
 * Threads  one at a time.
 * Failure  a block that is malformed is refused, at the latest by the batch that comes upon it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/format/field_set.h"
#include "analyzer/format/record_labels.h"
#include "analyzer/record/record.h"

struct record_columns;

struct record_columns *record_columns_create(void); /* NULL: out of memory */
void record_columns_destroy(struct record_columns *columns);

/* What is read of each record, and what of it decides whether the rest is; NULL: all. */
struct record_wanted {
	const struct field_set *fields, *asked;
};

/* Begins a block, which must stay as long as its records are read. False where it is malformed. */
bool record_columns_read(struct record_columns *columns, const void *block, size_t bytes,
	uint32_t rows, const struct record_wanted *wanted);

/* How many columns the block has, and how many of them are read. */
uint32_t record_columns_count(const struct record_columns *columns);
uint32_t record_columns_wanted(const struct record_columns *columns);

/* When records of the batch began and ended, before they are read: of rows [first, first + count)
 * of the block, at most COLUMN_BATCH_MAX. */
struct record_times {
	uint64_t start_ns, flow_start_ns, end_ns;
	bool is_last;
};
void record_columns_times(const struct record_columns *columns, uint32_t first, uint32_t count,
	struct record_times *times);

/* Where a row of the batch goes. */
struct record_place {
	uint32_t row; /* of the batch: 0..count - 1 */
	struct record *record;
	struct record_labels *labels;
};
/* A batch is filled from its beginning: what is asked, or all that is wanted. */
enum record_part { RECORD_ASKED, RECORD_WANTED };
bool record_columns_batch(struct record_columns *columns, enum record_part part, uint32_t first,
	uint32_t count, const struct record_place *places, uint32_t place_count);
