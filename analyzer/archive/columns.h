/* Columns: a block of the archive field by field, so that like stands beside like. What a field has
 * in each row of the block is a number, or the number of an entry that says it (flow-record.cddl).
 *
 * A block is a directory and what it speaks of. A column is its least number, which may be all
 * there is, and planes: the lowest byte of what each row has above it, then the next. Where less
 * remains of it, it is what each row adds to the row before, or to the column before. Columns of
 * zeros are left out.
 *
 * Memory   the writer's grows with the block, and is kept for reuse. A reader's columns point into
 *          the block; those that add up need eight bytes a row.
 * Threads  one at a time.
 * Failure  of the writer: out of memory sets failed, which sticks until it is cleared. A reader
 *          believes nothing: a block is read whole or refused. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/format/cbor_reader.h"
#include "analyzer/format/cbor_writer.h"
#include "analyzer/format/field_set.h"

enum {
	COLUMNS_ROWS_MAX = 1 << 19,   /* of a block; one that says more is damaged */
	COLUMNS_ADD_UP_MAX = 4 << 20, /* numbers that add up in all its columns */
	COLUMNS_MAX = 256,
	COLUMN_PLANES_MAX = 8,
	COLUMN_BATCH_MAX = 64,
};

enum column_form {
	COLUMN_PLAIN,
	COLUMN_STEPS,  /* what is added to the row before, signs in the lowest bit */
	COLUMN_BESIDE, /* what is added to the same row of the column before */
};

/* What is added to one number to be the other, the sign in the lowest bit: small steps either way
 * are small numbers. */
static inline uint64_t column_step(uint64_t from, uint64_t to)
{
	uint64_t added = to - from;

	return added << 1 ^ (added >> 63 ? UINT64_MAX : 0);
}

static inline uint64_t column_add_step(uint64_t number, uint64_t step)
{
	return number + (step >> 1 ^ (step & 1 ? UINT64_MAX : 0));
}

/* Where pieces end that are compressed each by itself: like with like, but for the small. */
enum { COLUMNS_CUTS_MAX = 512 };

struct columns_cuts {
	uint32_t ends[COLUMNS_CUTS_MAX]; /* the last is the end */
	uint32_t count;
};

struct columns_writer {
	struct cbor_writer directory, data;
	uint32_t column_count;
	struct columns_cuts cuts; /* of the data */
	uint64_t *steps;
	size_t steps_capacity;
};

void columns_writer_init(struct columns_writer *writer);
void columns_writer_deinit(struct columns_writer *writer);
void columns_writer_clear(struct columns_writer *writer);

/* A column of numbers. */
void columns_put(struct columns_writer *writer, uint32_t key, const uint64_t *numbers, size_t rows);
/* The same, of numbers near to those of the column put before, which is `beside`. */
void columns_put_beside(struct columns_writer *writer, uint32_t key, const uint64_t *numbers,
	const uint64_t *beside, size_t rows);
/* The same with entries, a CBOR sequence; numbers count them from 1, 0: the row has none. */
void columns_put_entries(struct columns_writer *writer, uint32_t key, const uint64_t *numbers,
	size_t rows, const struct cbor_writer *entries, uint32_t entry_count);

/* The same of numbers that mostly go up from row to row: steps are taken also where they are not
 * shorter. */
void columns_put_rising(struct columns_writer *writer, uint32_t key, const uint64_t *numbers,
	size_t rows, const struct cbor_writer *entries, uint32_t entry_count);

/* Appends the block, and where it is to be cut. */
void columns_content(const struct columns_writer *writer, struct cbor_writer *content,
	struct columns_cuts *cuts);

struct column {
	uint32_t key, plane_count;
	uint64_t least;
	const uint8_t *planes; /* rows bytes each */
	enum column_form form;
	bool is_wanted;
	uint32_t entry_count;
	struct cbor_reader entries;
	uint64_t *numbers; /* of every row, where they add up; NULL */
};

struct columns {
	uint32_t rows, count;
	struct column columns[COLUMNS_MAX];
	uint64_t *numbers;
	size_t numbers_capacity;
};

void columns_init(struct columns *columns);
void columns_deinit(struct columns *columns);

/* Reads from there on up to the end of the columns. False where they are malformed, or memory is
 * out; they are then not to be used. The block must stay while they are. wanted: the only keys
 * whose numbers will be asked for; NULL: all. */
bool columns_read(struct columns *columns, struct reader *block, uint32_t rows,
	const struct field_set *wanted);

/* The numbers of rows [first, first + count): all in the block, at most COLUMN_BATCH_MAX. */
void column_numbers(const struct columns *columns, const struct column *column, uint32_t first,
	uint32_t count, uint64_t *numbers);
