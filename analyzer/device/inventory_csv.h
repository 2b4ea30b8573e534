/* Comma-separated values (RFC 4180) as other systems export them, and which of their columns is
 * which of ours. Inside inventory.c's reading; see inventory.h.
 *
 * Memory   the file is read whole; cells are good until csv_close().
 * Threads  one. */
#pragma once

#include <stddef.h>

#include "base/err.h"

enum { CSV_CELLS_MAX = 256 };

#define INVENTORY_FIELDS(X)                                                                        \
	X(ID, "id")                                                                                \
	X(CLASS, "class")                                                                          \
	X(OWNERSHIP, "ownership")                                                                  \
	X(UNIT, "unit")                                                                            \
	X(MAC, "mac")                                                                              \
	X(SERIAL, "serial")                                                                        \
	X(FROM, "enrolled_from")                                                                   \
	X(TO, "enrolled_to")                                                                       \
	X(STATE, "state") /* "left": retired or wiped, and enrolled until it was last seen */      \
	X(LAST, "last_seen")

enum inventory_field {
#define X(id, name) FIELD_##id,
	INVENTORY_FIELDS(X)
#undef X
		FIELD_COUNT,
	FIELD_NONE = FIELD_COUNT
};

struct csv {
	const char *path;
	char *content, *at;
	char separator;
	unsigned line; /* where the row at hand begins */
	unsigned next_line;
	unsigned count; /* of cells */
	char *cells[CSV_CELLS_MAX];
};

/* Opens it; the separator is the one that its first line has most of. 0 or -errno. */
int csv_open(struct csv *csv, const char *path, struct err *err);
void csv_close(struct csv *csv);

/* The next row's cells, blanks around them cut off; empty lines are passed over. 1, 0 at the end,
 * -errno. */
int csv_next(struct csv *csv, struct err *err);

/* Which field each column of a header is, and what a system's words are in ours. */
struct column_words;
struct columns {
	char name[32];                       /* the system's */
	unsigned char fields[CSV_CELLS_MAX]; /* enum inventory_field of each column */
	unsigned char has[FIELD_COUNT];
	struct column_words *words;
};

/* For the header that csv has at hand: from the file, or with NULL from those of ours the one that
 * fits best. 0; -EINVAL where none names both a device and its MAC. */
int columns_open(struct columns *columns, const struct csv *csv, const char *file, struct err *err);
void columns_close(struct columns *columns);

/* A cell in our words. */
const char *columns_word(
	const struct columns *columns, enum inventory_field field, const char *cell);
