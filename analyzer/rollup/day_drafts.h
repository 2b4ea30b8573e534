/* Drafts of the tables of a day, before it is decided which rows of parts are shown (day_tables.h),
 * and what one table gives away of another.
 *
 * Atoms are the cells of the day: each stands in one row of each table. What a reader can work out
 * by taking rows of one table from rows of another (all of a unit's services in third countries,
 * less its one service there that is shown) is as much told as a row is, and must be as safe.
 * Looked for is each such difference of one to four rows and whatever rows of another table lie
 * within them, remainders and rows of the body included. What follows from three tables and more is
 * not looked for.
 *
 * Memory   the drafts', and four bytes for each atom and table.
 * Threads  one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/rollup/day_tables.h"
#include "analyzer/rollup/protect.h"
#include "base/hash_table.h"

/* Numbers for keys, from 0 in order of first sight. */
struct key_numbers {
	struct cell_key *keys;
	struct hash_table table;
	uint32_t count;
};
bool key_numbers_init(struct key_numbers *numbers, size_t most); /* false: out of memory */
void key_numbers_deinit(struct key_numbers *numbers);
uint32_t key_numbers_of(struct key_numbers *numbers, const struct cell_key *key);

struct day_draft {
	enum day_table table;
	struct rollup *folded;
	struct cell *rows;            /* in order of their words; what they hold is folded's */
	struct protected_part *parts; /* of each row; NULL: a table of the body */
	uint32_t *row_of;             /* each atom's */
	uint32_t *whole;              /* each row's in the table of its part; NULL: has none */
	uint32_t count, line_count;
};

/* The table in which the parts of that table stand as a whole; it may be itself. */
enum day_table day_draft_wholes(enum day_table table);

/* Hides rows until no difference of two tables is unsafe, those of one table apart
 * (protect_parts()): how many, or -ENOMEM. */
int day_cuts_hide(unsigned k, struct day_draft drafts[DAY_TABLE_COUNT], const struct cell *atoms,
	size_t count);
