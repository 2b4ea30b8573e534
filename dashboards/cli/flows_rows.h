/* Records as rows of chosen columns, in a chosen order: --columns, --pivot, --sort, --device.
 *
 * In ndjson a row is one object whose keys are the columns' names, in csv a line of them; what a
 * record does not have is absent or empty. In a table --pivot stands in blocks, since filters are
 * long.
 *
 * Memory   with an order the rows that are kept: at most twice --limit, else FLOWS_ROWS_MAX.
 * Threads  one.
 * Failure  0 or -errno and a sentence. */
#pragma once

#include "analyzer/format/field_set.h"
#include "analyzer/format/fields.h"
#include "base/err.h"
#include "base/text.h"

struct flows_answer;
struct flows_rows;

enum { FLOWS_COLUMNS_MAX = 12, FLOWS_ROWS_MAX = 1000000 };

struct flows_rows_options {
	const char *columns; /* "app,bytes,…"; NULL: all of a record, in a table the usual ones */
	const char *sort; /* field, with a minus in front the other way round; NULL: as they come */
	bool pivots;
};

/* -EINVAL where a column or the order is no field, with those that are alike. */
int flows_rows_create(
	struct flows_rows **rows, const struct flows_rows_options *options, struct err *err);
void flows_rows_destroy(struct flows_rows *rows);

/* Begins the answer; takes a record; ends it. */
int flows_rows_begin(struct flows_rows *rows, struct flows_answer *answer, struct err *err);
/* Adds all fields that rows are made of. */
void flows_rows_asks(const struct flows_rows *rows, struct field_set *set);

int flows_rows_take(struct flows_rows *rows, struct flows_answer *answer,
	const struct field_view *view, struct err *err);
int flows_rows_end(struct flows_rows *rows, struct flows_answer *answer, struct err *err);
