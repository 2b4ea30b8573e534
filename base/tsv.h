/* Reads a text file of tab-separated values whose first line names the columns: the form of all our
 * data files.
 *
 * Lines that start with # and empty lines are passed over. The file is read whole, UTF-8 is
 * checked, and every error names file and line. A cell is good until tsv_close(). */
#pragma once

#include <stddef.h>

#include "base/err.h"

struct tsv;

/* columns: the names that must be there, ended by NULL; cells are then asked for by their place in
 * this list. 0 or -errno. */
int tsv_open(struct tsv **tsv, const char *path, const char *const *columns, struct err *err);

/* The same over the text of a file that was read already; path is for errors. */
int tsv_open_text(struct tsv **tsv, const char *path, const char *text, const char *const *columns,
	struct err *err);

void tsv_close(struct tsv *tsv);

/* Steps to the next row: 1, 0 at the end, -errno on a malformed line. */
int tsv_next(struct tsv *tsv, struct err *err);

/* The cell of the current row in the column columns[index]; "" where it is empty, never NULL. */
const char *tsv_cell(const struct tsv *tsv, unsigned index);

/* Where we are, for errors: "PATH:LINE". */
const char *tsv_path(const struct tsv *tsv);
unsigned tsv_line(const struct tsv *tsv);

/* Takes the next item of a comma-separated list: returns its length (blanks trimmed) and moves
 * *list behind it; 0 at the end. Empty items are passed over. */
size_t tsv_list_next(const char **list, const char **item);
