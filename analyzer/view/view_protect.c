/* Protected figures: what may be said of cells to whoever may not see devices.
 *
 * What may be asked is a closed list, since two answers that differ in one device give it away. Of
 * the body as a whole: sums of any time, with any filter of the same kind, as far as it may be told
 * (view_time.c). Of a part: the tables that were made when a day closed (view_days.c). Counts of
 * devices: "at least k" or "fewer" of whole days that are over, in plain tables. */
#include <errno.h>

#include "analyzer/rollup/protect.h"
#include "analyzer/view/view_parts.h"
#include "base/local_time.h"

/* The place of the part among the dimensions; by_count: there is none. */
unsigned view_part_of(const struct view_question *question)
{
	unsigned place = 0;

	while (place < question->by_count &&
		view_dimension_subject(question->by[place]) != VIEW_OF_PART) {
		place++;
	}
	return place;
}

static int refuse(struct err *err, const char *what)
{
	return err_set(err, EPERM,
		"%s could single out a device; it is for roles that may see devices", what);
}

int view_check_access(
	const struct view_access *access, const struct view_question *question, struct err *err)
{
	unsigned parts = 0;

	if (access->role == VIEW_SEES_DEVICES) {
		return 0;
	}
	if (access->role == VIEW_GROUPED && (question->filter_count || question->step_ns)) {
		return refuse(err, "a filter or a series of the time that runs");
	}
	for (unsigned i = 0; i < question->by_count; i++) {
		enum view_subject subject = view_dimension_subject(question->by[i]);
		if (subject == VIEW_OF_DEVICE) {
			return refuse(err, view_dimension_name(question->by[i]));
		}
		parts += subject == VIEW_OF_PART;
	}
	for (unsigned i = 0; i < question->filter_count; i++) {
		if (view_dimension_subject(question->filters[i].by) != VIEW_OF_BODY) {
			return refuse(err, "a filter by unit, class or exception");
		}
	}
	if (parts > 1 || (parts == 1 && question->by_count > 2)) {
		return refuse(err, "a unit or class by more than one other dimension");
	}
	if (parts && question->filter_count) {
		return refuse(err, "a unit or class with a filter");
	}
	if (parts && question->step_ns && question->step_ns != VIEW_DAY_NS) {
		return refuse(err, "a unit or class by less than a day");
	}
	return parts && access->role == VIEW_PROTECTED ? view_check_days(question, err) : 0;
}

/* An answer under way. */
struct protecting {
	const struct view_access *access;
	const struct view_question *question;
	const struct view_cells *cells;
	struct view_match match;
	struct view_rows rows;
	struct view_steps steps;
	struct view_told told;
	bool counts_devices;
};

static struct view_figures figures_of(
	const struct protecting *protecting, const struct view_fold_row *row)
{
	unsigned k = protecting->access->k;
	struct view_figures figures = view_figures_of(row);
	bool is_enough = protect_shows_count(k, figures.devices);

	figures.first_ns = figures.last_ns = 0; /* of somebody */
	figures.count = !protecting->counts_devices ? VIEW_COUNT_UNKNOWN
			: is_enough                 ? VIEW_COUNT_AT_LEAST
			: row->lacks_devices        ? VIEW_COUNT_UNKNOWN
						    : VIEW_COUNT_FEWER;
	figures.devices = figures.count == VIEW_COUNT_UNKNOWN ? 0 : k;
	return figures;
}

static void add_row(struct protecting *protecting, const struct view_fold_row *from)
{
	struct view_rows *rows = &protecting->rows;
	struct view_figures figures = figures_of(protecting, from);
	char memory[VIEW_BY_MAX][VIEW_VALUE_BYTES];
	struct view_row_key key;

	view_row_key_of(&key, protecting->question, from, memory);
	struct view_row *row = view_rows_find(rows, &key);
	if (row && !rows->is_finished) {
		view_figures_add(&row->total, &figures);
	} else if (row && from->step < rows->answer->notes.step_count) {
		view_figures_add(&row->steps[from->step], &figures);
	}
}

/* Once for the totals, and for a series once more when the rows are known. */
static void add_span(struct protecting *protecting, const struct view_span *span)
{
	struct view_fold fold = { 0 };

	view_fold_cells(&fold, protecting->question, &protecting->match, protecting->cells, span,
		protecting->rows.is_finished ? &protecting->steps : NULL);
	for (uint32_t i = 0; i < fold.rows.count; i++) {
		add_row(protecting, view_fold_at(&fold, i));
	}
	view_fold_deinit(&fold);
}

static void add_total(struct protecting *protecting, const struct view_span *span)
{
	struct view_question whole = *protecting->question;
	struct view_fold fold = { 0 };

	whole.by_count = 0;
	view_fold_cells(&fold, &whole, &protecting->match, protecting->cells, span, NULL);
	if (fold.rows.count > 0) {
		struct view_figures figures = figures_of(protecting, view_fold_at(&fold, 0));
		view_figures_add(&protecting->rows.answer->total, &figures);
	}
	view_fold_deinit(&fold);
}

static void add_told(struct protecting *protecting)
{
	bool is_first = !protecting->rows.is_finished;

	for (size_t i = 0; i < protecting->told.count; i++) {
		add_span(protecting, &protecting->told.spans[i]);
		if (is_first) {
			add_total(protecting, &protecting->told.spans[i]);
		}
	}
}

/* Steps that a piece of time reaches out of, or of which nothing may be told. */
static void hide_steps(const struct protecting *protecting)
{
	struct view_answer *answer = protecting->rows.answer;

	for (size_t i = 0; i < answer->row_count; i++) {
		for (size_t step = 0; step < answer->notes.step_count; step++) {
			if (protecting->told.is_step_hidden[step]) {
				answer->rows[i].steps[step] =
					(struct view_figures){ .is_hidden = true };
			}
		}
	}
}

/* What the answer speaks of is what is told; a series keeps its steps. */
static void note_told(struct view_notes *notes, const struct view_told *told)
{
	uint64_t end_ns = told->count ? told->spans[told->count - 1].to_ns : notes->from_ns;

	notes->days_withheld = told->days_withheld;
	notes->days_cut = told->days_cut;
	notes->as_of_ns = notes->as_of_ns < end_ns ? notes->as_of_ns : end_ns;
	if (told->days_cut && !notes->step_count) {
		notes->from_ns = told->count ? told->spans[0].from_ns : notes->from_ns;
		notes->to_ns = end_ns;
	}
}

/* Of whole days that are over, and in tables that are not cut by filters: otherwise the same could
 * be asked until one device more tips a count over k. */
static bool counts_devices(const struct protecting *protecting, const struct view_notes *notes)
{
	const struct view_question *question = protecting->question;
	const struct local_zone *zone = protecting->access->zone;
	struct local_day first = local_day_of(zone, notes->from_ns),
			 last = local_day_of(zone, notes->to_ns);

	return question->filter_count == 0 && question->by_count <= 1 &&
	       first.start_ns == notes->from_ns && last.start_ns == notes->to_ns &&
	       notes->to_ns <= protecting->access->now_ns;
}

int view_fill_protected(struct view_answer *answer, const struct view_access *access,
	const struct view_question *question, const struct view_cells *cells, struct err *err)
{
	struct protecting protecting = {
		.access = access,
		.question = question,
		.cells = cells,
		.rows = { .answer = answer, .question = question },
		.steps = { answer->notes.from_ns, question->step_ns, access->zone },
	};
	int status = view_told_make(&protecting.told, access, question, cells, answer, err);

	if (status == 0) {
		view_match_make(&protecting.match, question);
		protecting.counts_devices = counts_devices(&protecting, &answer->notes);
		add_told(&protecting);
		status = view_rows_finish(&protecting.rows, err);
	}
	if (status == 0 && answer->notes.step_count) {
		add_told(&protecting);
		hide_steps(&protecting);
	}
	if (status == 0) {
		note_told(&answer->notes, &protecting.told);
	}
	view_rows_deinit(&protecting.rows);
	view_told_deinit(&protecting.told);
	return status;
}
