/* Day tables: what may be said of a day, decided once when it closes.
 *
 * Figures of the body are exact where it had at least k active devices, and there are none
 * otherwise; figures of its parts (units, classes, and what of each) are protected (protect.h):
 * parts that are not shown stand together in a row of their table that is marked as the rest. Every
 * reader reads these rows, so that answers over other days, with other filters and in other forms
 * differ by protected figures alone. Traffic within the body has rows of its own (direction
 * "internal"); all else is told as "outbound", whoever began.
 *
 * Memory   of the rows, until day_tables_deinit().
 * Threads  one at a time.
 * Failure  -ENOMEM. */
#pragma once

#include <stddef.h>

#include "analyzer/rollup/cell.h"

/* Each with the part it speaks of and the fields of the key (cell.h) that its rows keep. Numbers
 * are written down: never given a new meaning. */
#define DAY_TABLES(X)                                                                              \
	X(BODY, 0, NONE)                                                                           \
	X(APP, 1, NONE)                                                                            \
	X(ZONE, 2, NONE)                                                                           \
	X(COUNTRY, 3, NONE) /* of the server, and of the parent */                                 \
	X(VERDICT, 4, NONE) /* rule, app, exception, action, verdict, block */                     \
	X(UNIT, 5, UNIT)                                                                           \
	X(CLASS, 6, CLASS)                                                                         \
	X(UNIT_APP, 7, UNIT)                                                                       \
	X(CLASS_APP, 8, CLASS)                                                                     \
	X(UNIT_ZONE, 9, UNIT)                                                                      \
	X(UNIT_CONTROL, 10, UNIT)                                                                  \
	X(UNIT_HIDDEN, 11, UNIT) /* zone, and why it shows no app */                               \
	X(UNIT_VERDICT, 12, UNIT)                                                                  \
	X(CLASS_VERDICT, 13, CLASS)

enum day_table {
#define X(id, number, part) DAY_TABLE_##id = (number),
	DAY_TABLES(X)
#undef X
		DAY_TABLE_COUNT
};

enum day_table_part { DAY_TABLE_PART_NONE, DAY_TABLE_PART_UNIT, DAY_TABLE_PART_CLASS };
enum day_table_part day_table_part(enum day_table table);

/* The line of a part: what it has in common with others of its table, a remainder with them. */
struct cell_key day_table_line(const struct cell_key *key);

/* What is said of how many devices. */
enum day_table_devices {
	DAY_TABLE_UNKNOWN, /* they are no pseudonyms, and so not counted over several runs */
	DAY_TABLE_EXACT,
	DAY_TABLE_ABOUT,    /* estimated */
	DAY_TABLE_AT_LEAST, /* k or more */
	DAY_TABLE_FEWER     /* than k, and not none; devices is k */
};

struct day_table_row {
	uint8_t table;       /* enum day_table */
	uint8_t devices_are; /* enum day_table_devices */
	bool is_rest;        /* of parts that are not shown apart */
	uint32_t devices;
	struct cell_key key;   /* with the table's fields alone */
	struct cell_sums sums; /* without times, evidence and confidence */
};

/* A zeroed struct is empty. */
struct day_tables {
	unsigned k;                 /* they were made under; 0: nothing is protected */
	bool is_withheld;           /* fewer than k devices were active: there are no rows */
	struct day_table_row *rows; /* by table, then in order of their words */
	size_t count, capacity;
};

/* From the cells of a day, whatever their slots. */
int day_tables_make(struct day_tables *tables, unsigned k, const struct cell *cells, size_t count);
void day_tables_deinit(struct day_tables *tables);

/* For who reads them back. False: out of memory. */
bool day_tables_add(struct day_tables *tables, const struct day_table_row *row);
