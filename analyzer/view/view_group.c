/* Small groups in one answer: of the time that runs, for a terminal (VIEW_GROUPED). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/rollup/protect.h"
#include "analyzer/view/view_parts.h"
#include "base/quick_hash.h"

void view_group_count(const struct view_access *access, bool is_part, struct view_figures *figures)
{
	unsigned k = access->k;

	if (k == 0 || figures->count == VIEW_COUNT_UNKNOWN) {
		return;
	}
	if (!protect_shows_count(k, figures->devices)) {
		figures->devices = k;
		figures->count = VIEW_COUNT_FEWER;
	} else if (is_part) {
		figures->devices = protect_floor(k, figures->devices);
		figures->count = VIEW_COUNT_AT_LEAST;
	}
}

/* A body of fewer than k devices: nothing is said. */
bool view_group_body(struct view_answer *answer, const struct view_access *access)
{
	if (answer->total.devices >= access->k) {
		view_group_count(access, false, &answer->total);
		return true;
	}
	answer->total = (struct view_figures){ .count = VIEW_COUNT_UNKNOWN };
	answer->notes.days_withheld = 1;
	return false;
}

/* Rows in lines: the first row of each line is its number. */
struct lines {
	const struct view_fold *fold;
	unsigned count, but; /* values, and the one that does not count */
	struct hash_table table;
};

static bool is_in_line(const void *all, uint32_t place, const void *key)
{
	const struct lines *lines = all;
	const struct view_fold_row *row = view_fold_at(lines->fold, place), *wanted = key;

	for (unsigned i = 0; i < lines->count; i++) {
		if (i != lines->but && row->values[i] != wanted->values[i]) {
			return false;
		}
	}
	return true;
}

static uint32_t line_of(struct lines *lines, uint32_t place)
{
	const struct view_fold_row *row = view_fold_at(lines->fold, place);
	uint64_t hash = 0;

	for (unsigned i = 0; i < lines->count; i++) {
		hash = quick_hash(hash, i == lines->but ? 0 : row->values[i]);
	}
	uint32_t line = hash_table_find(&lines->table, hash, is_in_line, lines, row);
	if (line == HASH_TABLE_NONE) {
		hash_table_put(&lines->table, hash, place);
		line = place;
	}
	return line;
}

static struct protected_part *judge(unsigned k, const struct view_fold *fold,
	const struct view_question *question, unsigned part)
{
	char memory[VIEW_VALUE_BYTES];
	unsigned by_count = question->by_count;
	struct protected_part *parts = calloc(fold->rows.count + 1, sizeof(*parts));
	struct lines columns = { fold, by_count, part, { 0 } };
	struct lines wholes = { fold, by_count, by_count - 1 - part, { 0 } };

	for (uint32_t i = 0; parts && i < fold->rows.count; i++) {
		const struct view_fold_row *row = view_fold_at(fold, i);
		bool is_crossed = by_count == 2;
		parts[i] = (struct protected_part){
			.lines = { 2 * line_of(&columns, i),
				is_crossed ? 2 * line_of(&wholes, i) + 1 : PROTECT_NO_LINE },
			/* A part without bytes is one all the same. */
			.figures = { { row->sums.bytes_up + row->sums.bytes_down + 1, &row->devices,
				0 } },
			.lot = protect_lot(
				view_value_text(question->by[part], row->values[part], memory)),
		};
	}
	if (parts) {
		protect_parts(k, parts, fold->rows.count);
	}
	hash_table_deinit(&columns.table);
	hash_table_deinit(&wholes.table);
	return parts;
}

bool *view_group_fold(const struct view_access *access, const struct view_question *question,
	const struct view_fold *fold)
{
	unsigned part = view_part_of(question);
	bool *is_hidden = calloc(fold->rows.count + 1, sizeof(*is_hidden));

	if (!is_hidden || part == question->by_count) {
		return is_hidden;
	}
	struct protected_part *parts = judge(access->k, fold, question, part);
	for (uint32_t i = 0; i < fold->rows.count; i++) {
		is_hidden[i] = !parts || parts[i].is_hidden;
	}
	free(parts);
	return is_hidden;
}

/* The line of a row: the first row that agrees in all but the part. */
static uint32_t row_line(const struct view_rows *rows, unsigned part, size_t place)
{
	const struct view_row *row = &rows->answer->rows[place];

	if (rows->question->by_count == 1) {
		return 0;
	}
	for (size_t i = 0; i < place; i++) {
		if (strcmp(rows->answer->rows[i].values[!part], row->values[!part]) == 0) {
			return (uint32_t)i;
		}
	}
	return (uint32_t)place;
}

/* A hidden row becomes part of its remainder, and has nothing left. */
static int merge(struct view_rows *rows, unsigned part, size_t place, struct err *err)
{
	struct view_row_key key = { .is_remainder = true };
	struct view_figures figures = rows->answer->rows[place].total;

	memcpy(key.values, rows->answer->rows[place].values, sizeof(key.values));
	key.values[part] = "";
	struct view_row *remainder = view_rows_find(rows, &key);
	if (!remainder) {
		return err_set(err, ENOMEM, "out of memory");
	}
	figures.count = VIEW_COUNT_UNKNOWN;
	view_figures_add(&remainder->total, &figures);
	rows->answer->rows[place].total.is_hidden = true;
	return 0;
}

int view_group_rows(struct view_rows *rows, const struct view_access *access, struct err *err)
{
	size_t count = rows->answer->row_count;
	unsigned part = view_part_of(rows->question);
	bool is_part = part < rows->question->by_count;
	struct protected_part *parts = calloc(count + 1, sizeof(*parts));
	int status = parts ? 0 : err_set(err, ENOMEM, "out of memory");

	for (size_t i = 0; parts && i < count; i++) {
		struct view_figures *total = &rows->answer->rows[i].total;
		parts[i] = (struct protected_part){
			.lines = { is_part ? row_line(rows, part, i) : 0, PROTECT_NO_LINE },
			.figures = { { total->bytes_up + total->bytes_down + 1, NULL,
				total->devices } },
			.lot = is_part ? protect_lot(rows->answer->rows[i].values[part]) : 0,
		};
		view_group_count(access, is_part, total);
	}
	if (parts && is_part) {
		protect_parts(access->k, parts, count);
	}
	for (size_t i = 0; status == 0 && is_part && i < count; i++) {
		status = parts[i].is_hidden ? merge(rows, part, i, err) : 0;
	}
	free(parts);
	return status;
}
