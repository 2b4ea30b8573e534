/* Exact figures: of cells, for whoever may see devices. */
#include <stdlib.h>

#include "analyzer/view/view_parts.h"

static struct view_figures total_of(const struct view_question *question,
	const struct view_match *match, const struct view_cells *cells,
	const struct view_span *span)
{
	struct view_question whole = *question;
	struct view_fold fold = { 0 };
	struct view_figures figures = { 0 };

	whole.by_count = 0;
	view_fold_cells(&fold, &whole, match, cells, span, NULL);
	if (fold.rows.count > 0) {
		figures = view_figures_of(view_fold_at(&fold, 0));
	}
	view_fold_deinit(&fold);
	return figures;
}

/* is_hidden: rows that are too small to be shown; NULL none. */
static void add_totals(struct view_rows *rows, const struct view_access *access,
	const struct view_fold *fold, const bool *is_hidden)
{
	unsigned part = view_part_of(rows->question);
	char memory[VIEW_BY_MAX][VIEW_VALUE_BYTES];
	struct view_row_key key;

	for (uint32_t i = 0; i < fold->rows.count; i++) {
		struct view_figures figures = view_figures_of(view_fold_at(fold, i));
		view_row_key_of(&key, rows->question, view_fold_at(fold, i), memory);
		if (is_hidden && is_hidden[i]) {
			key.values[part] = "";
			key.is_remainder = true;
			figures.count = VIEW_COUNT_UNKNOWN;
		} else if (access->role == VIEW_GROUPED) {
			view_group_count(access, part < rows->question->by_count, &figures);
		}
		struct view_row *row = view_rows_find(rows, &key);
		if (row) {
			view_figures_add(&row->total, &figures);
		}
	}
}

/* Without memory to judge nothing is shown. */
static void add_grouped(
	struct view_rows *rows, const struct view_access *access, const struct view_fold *fold)
{
	if (view_group_body(rows->answer, access)) {
		bool *is_hidden = view_group_fold(access, rows->question, fold);
		if (is_hidden) {
			add_totals(rows, access, fold, is_hidden);
		}
		free(is_hidden);
	}
}

/* counts: do the cells tell of devices? */
static void add_steps(struct view_rows *rows, const struct view_fold *fold, bool counts)
{
	char memory[VIEW_BY_MAX][VIEW_VALUE_BYTES];
	struct view_row_key key;

	for (uint32_t i = 0; i < fold->rows.count; i++) {
		const struct view_fold_row *from = view_fold_at(fold, i);
		view_row_key_of(&key, rows->question, from, memory);
		struct view_row *row = view_rows_find(rows, &key);
		if (row && from->step < rows->answer->notes.step_count) {
			struct view_figures *step = &row->steps[from->step];
			*step = view_figures_of(from);
			step->count = counts ? step->count : (uint8_t)VIEW_COUNT_UNKNOWN;
		}
	}
}

int view_fill_exact(struct view_answer *answer, const struct view_access *access,
	const struct view_question *question, const struct view_cells *cells, struct err *err)
{
	const struct view_span span = { answer->notes.from_ns, answer->notes.to_ns };
	const struct view_steps steps = { span.from_ns, question->step_ns, access->zone };
	struct view_rows rows = { .answer = answer, .question = question };
	struct view_fold fold = { 0 };
	struct view_match match;

	view_match_make(&match, question);
	view_fold_cells(&fold, question, &match, cells, &span, NULL);
	answer->total = total_of(question, &match, cells, &span);
	if (access->role == VIEW_GROUPED) {
		add_grouped(&rows, access, &fold);
	} else {
		add_totals(&rows, access, &fold, NULL);
	}
	answer->notes.left_out += fold.lost;
	view_fold_deinit(&fold);
	int status = view_rows_finish(&rows, err);
	if (status == 0 && question->step_ns) {
		const struct view_cells series = { .cells = cells->series,
			.count = cells->series_count,
			.slot_ns = cells->series_slot_ns };
		view_fold_cells(
			&fold, question, &match, cells->series ? &series : cells, &span, &steps);
		add_steps(&rows, &fold, !cells->series);
		view_fold_deinit(&fold);
	}
	view_rows_deinit(&rows);
	return status;
}
