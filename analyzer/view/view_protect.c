/* Protected figures: what may be said of cells to whoever may not see devices.
 *
 * What may be asked is a closed list, since two answers that differ in one device give it away. Of
 * the body as a whole: sums of any time, with any filter of the same kind, from local days on which
 * at least k devices were active; a day is in all answers or in none. Of a part: the tables that
 * were made when a day closed (view_days.c). Counts of devices: "at least k" or "fewer" of whole
 * days that are over, in plain tables. */
#include <errno.h>

#include "analyzer/archive/archive_days.h"
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

static bool has_part(const struct view_question *question)
{
	return view_part_of(question) < question->by_count;
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

void view_protected_period(const struct view_access *access, const struct view_question *question,
	uint64_t *from_ns, uint64_t *to_ns)
{
	struct local_day first = local_day_of(access->zone, *from_ns);
	struct local_day last = local_day_of(access->zone, *to_ns);
	struct local_day today = local_day_of(access->zone, access->now_ns - ARCHIVE_DAY_GRACE_NS);

	if (has_part(question)) {
		*from_ns = *from_ns > first.start_ns ? first.end_ns : first.start_ns;
		*to_ns = last.start_ns < today.start_ns ? last.start_ns : today.start_ns;
		*to_ns = *to_ns < *from_ns ? *from_ns : *to_ns;
	}
}

/* An answer under way. */
struct protecting {
	const struct view_access *access;
	const struct view_question *question;
	const struct view_cells *cells;
	struct view_match match;
	struct view_rows rows;
	struct view_steps steps;
	bool counts_devices;
};

/* The fold of a day's cells into one row, without the question's filters. */
static void fold_body(
	const struct protecting *protecting, const struct view_span *span, struct view_fold *fold)
{
	static const struct view_match all = { 0 };
	static const struct view_question body = { .by_count = 0 };

	view_fold_cells(fold, &body, &all, protecting->cells, span, NULL);
}

/* At least k devices were active on that day. *is_there: anything was. */
static bool has_body(
	const struct protecting *protecting, const struct local_day *day, bool *is_there)
{
	const struct view_span span = { day->start_ns, day->end_ns };
	struct view_fold fold = { 0 };

	fold_body(protecting, &span, &fold);
	*is_there = fold.count > 0;
	bool is_enough = fold.count > 0 && protect_shows_count(protecting->access->k,
						   devices_count(&fold.rows[0].devices));
	view_fold_deinit(&fold);
	return is_enough;
}

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
static void add_day(struct protecting *protecting, const struct view_span *span)
{
	struct view_fold fold = { 0 };

	view_fold_cells(&fold, protecting->question, &protecting->match, protecting->cells, span,
		protecting->rows.is_finished ? &protecting->steps : NULL);
	for (uint32_t i = 0; i < fold.count; i++) {
		add_row(protecting, &fold.rows[i]);
	}
	view_fold_deinit(&fold);
}

static void add_total(struct protecting *protecting, const struct view_span *span)
{
	struct view_question whole = *protecting->question;
	struct view_fold fold = { 0 };

	whole.by_count = 0;
	view_fold_cells(&fold, &whole, &protecting->match, protecting->cells, span, NULL);
	if (fold.count > 0) {
		struct view_figures figures = figures_of(protecting, &fold.rows[0]);
		view_figures_add(&protecting->rows.answer->total, &figures);
	}
	view_fold_deinit(&fold);
}

/* Goes over the local days of the answer. */
static void add_days(struct protecting *protecting)
{
	struct view_notes *notes = &protecting->rows.answer->notes;
	const struct local_zone *zone = protecting->access->zone;
	struct local_day day = local_day_of(zone, notes->from_ns);
	bool is_first = !protecting->rows.is_finished, is_there;

	for (; day.start_ns < notes->to_ns; day = local_day_at(zone, day.number + 1)) {
		const struct view_span span = { day.start_ns > notes->from_ns ? day.start_ns
									      : notes->from_ns,
			day.end_ns < notes->to_ns ? day.end_ns : notes->to_ns };
		if (!has_body(protecting, &day, &is_there)) {
			notes->days_withheld += is_first && is_there;
			continue;
		}
		add_day(protecting, &span);
		if (is_first) {
			add_total(protecting, &span);
		}
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

	view_match_make(&protecting.match, question);
	protecting.counts_devices = counts_devices(&protecting, &answer->notes);
	add_days(&protecting);
	int status = view_rows_finish(&protecting.rows, err);
	if (status == 0 && question->step_ns) {
		add_days(&protecting);
	}
	view_rows_deinit(&protecting.rows);
	return status;
}
