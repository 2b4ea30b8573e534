/* What the forms in which cells lie in a block have in common (cell_columns.h): cells and keys in
 * columns by the numbers of their members, words as entries. Not for others.
 *
 * Threads  one at a time. */
#pragma once

#include "analyzer/archive/cell_columns.h"
#include "analyzer/format/dictionary.h"
#include "analyzer/rollup/cell_cbor.h"

/* Columns of numbers and of bits, by key. */
#define CELL_SUMS(X)                                                                               \
	X(flows, VALUE_FLOWS)                                                                      \
	X(packets, VALUE_PACKETS)                                                                  \
	CELL_OWN_SUMS(X)
#define CELL_OWN_SUMS(X)                                                                           \
	X(bytes_up, VALUE_BYTES_UP)                                                                \
	X(bytes_down, VALUE_BYTES_DOWN)                                                            \
	X(confidence_least, VALUE_CONFIDENCE_LEAST)                                                \
	X(confidence_most, VALUE_CONFIDENCE_MOST)                                                  \
	X(unseen_up, VALUE_UNSEEN_UP)                                                              \
	X(unseen_down, VALUE_UNSEEN_DOWN)
#define CELL_BITS(X)                                                                               \
	X(evidence, VALUE_EVIDENCE)                                                                \
	X(grounds, VALUE_GROUNDS)

/* Columns of the devices. Earlier builds wrote, for the last of a cell, what its bytes fall short
 * of the cell's, less those of the others. Steps and shares are those of the devices behind the
 * first of a cell. */
enum { DEVICE_HASH, DEVICE_BYTES, DEVICE_STEP, DEVICE_SHARE };

struct cell_columns {
	struct columns_writer cells, keys, devices, hashes;
	struct dictionary *dictionary; /* of the column at hand */
	struct cbor_writer entries;
	uint64_t *numbers, *others; /* of the column at hand, and of the one before */
	size_t capacity;
	struct cell *said; /* cells of nothing but the keys that were met */
	size_t said_capacity;
	enum archive_form form;
	bool failed;
};

/* What a value of the column is called, as an entry. */
typedef void cell_put_entry(struct cbor_writer *entries, unsigned form, uint64_t value);

/* Room for so many numbers. */
bool cell_columns_reserve(struct cell_columns *columns, size_t count);

/* The numbers at hand as a column; zeros alone are none. */
void cell_columns_put_numbers(
	struct cell_columns *columns, struct columns_writer *to, unsigned key, size_t count);
/* Numbers become those of entries, from 1; zero has none. */
void cell_columns_number_entries(
	struct cell_columns *columns, unsigned form, cell_put_entry *put, size_t count);
void cell_columns_put_entries(struct cell_columns *columns, unsigned key, unsigned form,
	cell_put_entry *put, size_t count);

/* Members of the keys, of those of `wanted` alone: bits of their numbers. */
void cell_columns_put_key(struct cell_columns *columns, struct columns_writer *to, uint64_t wanted,
	const struct cell *cells, size_t count);
void cell_columns_put_bits(struct cell_columns *columns, const struct cell *cells, size_t count);
void cell_columns_put_registers(
	struct cell_columns *columns, const struct cell *cells, size_t count);

uint32_t cell_columns_device_count(const struct cell *cell);
/* Hashes into numbers, bytes into others, from there on: in order of their hashes, so that the same
 * set is the same bytes, however it came together. */
void cell_columns_take_devices(struct cell_columns *columns, const struct cell *cell, size_t at);
/* The same, of what numbers and others hold there. */
void cell_columns_sort_devices(struct cell_columns *columns, uint32_t count, size_t at);

void cell_columns_put_earlier(struct cell_columns *columns, const struct cell *cells, size_t count);
void cell_columns_put_keyed(struct cell_columns *columns, const struct cell *cells, size_t count);

enum { CELL_BATCH = COLUMN_BATCH_MAX };

/* Columns of cells, or of their keys, being read. */
struct cell_table {
	struct columns columns;
	uint32_t *values[COLUMNS_MAX]; /* of a column's entries; NULL: it has none */
	const struct column *counts, *registers;
	const uint8_t **sketches; /* of the entries of registers */
};

/* Zeroed before; deinit in any case. False where it is malformed, or memory is out. */
bool cell_table_read(struct cell_table *table, struct reader *block, uint32_t rows);
void cell_table_deinit(struct cell_table *table);

/* The column of that key; NULL: there is none. And its number in a row; 0 where there is none. */
const struct column *cell_column_of(const struct columns *columns, uint32_t key);
uint64_t cell_column_number(
	const struct columns *columns, const struct column *column, uint32_t row);

/* How many devices the cells have; false where they are more than a block can have. */
bool cell_table_count_devices(const struct cell_table *table, uint32_t *count);

/* What the columns say of rows [first, first + count), into empty cells: at most CELL_BATCH. */
bool cell_table_rows(
	const struct cell_table *table, uint32_t first, uint32_t count, struct cell *cells);

/* The registers of a row into the sketch. False where there are none, or it is malformed: *is_read.
 */
bool cell_table_sketch(const struct cell_table *table, uint32_t row, uint64_t devices,
	struct device_sketch *sketch, bool *is_read);

uint32_t cell_columns_read_earlier(const void *block, size_t bytes, uint32_t count,
	void (*take)(void *context, const struct cell *cell), void *context);
uint32_t cell_columns_read_keyed(const void *block, size_t bytes, uint32_t count,
	void (*take)(void *context, const struct cell *cell), void *context);
