#include "analyzer/view/view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/alert/alert_store.h"
#include "analyzer/view/view_parts.h"
#include "base/clock.h"
#include "base/local_time.h"

#define HOUR_NS (3600 * NS_PER_S)

int view_create(struct view **view, const struct view_ops *ops, struct view_backend *backend,
	const char *name, struct err *err)
{
	*view = calloc(1, sizeof(**view));
	if (!*view) {
		ops->close(backend);
		return err_set(err, ENOMEM, "out of memory");
	}
	**view = (struct view){ .ops = ops, .backend = backend };
	snprintf((*view)->name, sizeof((*view)->name), "%s", name);
	return 0;
}

void view_close(struct view *view)
{
	if (view) {
		view->ops->close(view->backend);
		alert_store_close(view->desk);
		free(view);
	}
}

const char *view_name(const struct view *view)
{
	return view->name;
}

static int check_question(const struct view_question *question, struct err *err)
{
	if (question->by_count > VIEW_BY_MAX || question->filter_count > VIEW_FILTERS_MAX) {
		return err_set(err, EINVAL, "at most %d dimensions and %d filters can be asked for",
			VIEW_BY_MAX, VIEW_FILTERS_MAX);
	}
	if (question->to_ns && question->to_ns <= question->from_ns) {
		return err_set(err, EINVAL, "the time asked for ends before it begins");
	}
	if (question->from_ns % SLOT_NS || question->to_ns % SLOT_NS ||
		question->step_ns % SLOT_NS) {
		return err_set(err, EINVAL,
			"times and steps are whole five minutes: nothing is kept by less");
	}
	for (unsigned i = 0; i < question->filter_count; i++) {
		int status = view_check_filter(&question->filters[i], err);
		if (status < 0) {
			return status;
		}
	}
	return 0;
}

/* What is read: of whole local days where those decide what may be shown, in slots where less than
 * an hour is asked for. */
static struct view_question widen(
	const struct view_question *question, const struct view_access *access)
{
	struct view_question wide = *question;

	if (access->role == VIEW_PROTECTED) {
		bool is_by_slots = wide.from_ns % HOUR_NS || wide.to_ns % HOUR_NS;
		wide.step_ns = is_by_slots ? SLOT_NS : wide.step_ns;
		wide.from_ns = local_day_of(access->zone, wide.from_ns).start_ns;
		wide.to_ns = wide.to_ns ? local_day_of(access->zone, wide.to_ns - 1).end_ns : 0;
	}
	return wide;
}

/* An open end is where the cells end. */
static void note_period(struct view_notes *notes, const struct view_question *question,
	const struct view_cells *cells)
{
	bool is_flat = cells->slot_ns == 0;
	uint64_t first_ns = is_flat ? cells->first_ns : UINT64_MAX;
	uint64_t end_ns = is_flat ? cells->end_ns : 0;

	notes->as_of_ns = is_flat ? cells->as_of_ns : 0;
	for (size_t i = 0; i < cells->count && !is_flat; i++) {
		uint64_t time_ns = cells->cells[i].key.slot * cells->slot_ns;
		uint64_t last_ns = cells->cells[i].sums.last_ns;
		first_ns = time_ns < first_ns ? time_ns : first_ns;
		end_ns = time_ns + cells->slot_ns > end_ns ? time_ns + cells->slot_ns : end_ns;
		notes->as_of_ns = last_ns > notes->as_of_ns ? last_ns : notes->as_of_ns;
	}
	notes->from_ns = question->from_ns || first_ns == UINT64_MAX ? question->from_ns : first_ns;
	notes->to_ns = question->to_ns ? question->to_ns : end_ns;
	notes->is_past_retention =
		question->from_ns && notes->kept_from_ns && question->from_ns < notes->kept_from_ns;
}

int view_make_steps(struct view_answer *answer, const struct view_access *access,
	const struct view_question *question, struct err *err)
{
	struct view_notes *notes = &answer->notes;
	const struct view_steps steps = { notes->from_ns, question->step_ns, access->zone };

	if (!question->step_ns || notes->to_ns <= notes->from_ns) {
		return 0;
	}
	uint32_t count = view_step_of(&steps, notes->to_ns - 1) + 1;
	if (count > VIEW_STEPS_MAX) {
		return err_set(err, EINVAL, "a series has at most %d steps: ask for longer ones",
			VIEW_STEPS_MAX);
	}
	answer->step_starts_ns = calloc(count, sizeof(*answer->step_starts_ns));
	if (!answer->step_starts_ns) {
		return err_set(err, ENOMEM, "out of memory");
	}
	struct local_day day = local_day_of(access->zone, notes->from_ns);
	for (uint32_t i = 0; i < count; i++) {
		bool is_day = question->step_ns == VIEW_DAY_NS;
		answer->step_starts_ns[i] =
			i == 0   ? notes->from_ns
			: is_day ? local_day_at(access->zone, day.number + i).start_ns
				 : notes->from_ns + i * question->step_ns;
	}
	notes->step_ns = question->step_ns;
	notes->step_count = count;
	return 0;
}

static int fill(struct view *view, const struct view_access *access,
	const struct view_question *question, const struct view_cells *cells,
	struct view_answer *answer, struct err *err)
{
	bool is_of_days =
		access->role == VIEW_PROTECTED && view_part_of(question) < question->by_count;

	note_period(&answer->notes, question, cells);
	if (is_of_days) {
		view_days_period(access, &answer->notes.from_ns, &answer->notes.to_ns);
	}
	int status = view_make_steps(answer, access, question, err);
	if (status < 0) {
		return status;
	}
	if (is_of_days) {
		return view_fill_days(view, answer, access, question, cells, err);
	}
	return access->role == VIEW_PROTECTED
		       ? view_fill_protected(answer, access, question, cells, err)
		       : view_fill_exact(answer, access, question, cells, err);
}

static int ask_cells(struct view *view, const struct view_access *access,
	const struct view_question *question, struct view_answer *answer, struct err *err)
{
	struct view_question wide = widen(question, access);
	struct view_cells cells = { .slot_ns = 0 };
	int status = view->ops->read_cells(view->backend, &wide, &cells, &answer->notes, err);

	if (status == 0) {
		status = fill(view, access, question, &cells, answer, err);
	}
	if (view->ops->forget_cells) {
		view->ops->forget_cells(view->backend);
	}
	return status;
}

static int ask_told(struct view *view, const struct view_access *access,
	const struct view_question *question, struct view_answer *answer, struct view_told *told,
	struct err *err)
{
	struct view_question wide = widen(question, access);
	struct view_cells cells = { .slot_ns = 0 };
	int status = view->ops->read_cells(view->backend, &wide, &cells, &answer->notes, err);

	if (status == 0) {
		note_period(&answer->notes, question, &cells);
		status = view_make_steps(answer, access, question, err);
	}
	if (status == 0) {
		status = view_told_make(told, access, question, &cells, answer, err);
	}
	if (view->ops->forget_cells) {
		view->ops->forget_cells(view->backend);
	}
	return status;
}

/* Who asks, as what is kept there protects it. */
static int protect_access(const struct view *view, const struct view_access *asked,
	struct view_access *access, struct err *err)
{
	*access = *asked;
	return view->ops->protect && access->role == VIEW_PROTECTED
		       ? view->ops->protect(view->backend, access, err)
		       : 0;
}

int view_ask_told(struct view *view, const struct view_access *asked,
	const struct view_question *question, struct view_told *told, struct err *err)
{
	const struct view_question time = {
		.from_ns = question->from_ns, .to_ns = question->to_ns, .step_ns = question->step_ns
	};
	struct view_answer *answer = calloc(1, sizeof(*answer));
	struct view_access access;
	int status = answer ? check_question(&time, err) : err_set(err, ENOMEM, "out of memory");

	*told = (struct view_told){ 0 };
	if (status == 0) {
		status = protect_access(view, asked, &access, err);
	}
	if (status == 0 && !view->ops->read_cells) {
		status = err_set(
			err, ENOTSUP, "%s does not tell which time may be shown", view->name);
	}
	if (status == 0) {
		answer->notes.protection = access.role;
		answer->notes.k = access.k;
		status = ask_told(view, &access, &time, answer, told, err);
	}
	view_answer_free(answer);
	return status;
}

/* Of all that there is the first day and the last are asked for as well. */
static void widen_open_ends(struct view_notes *notes, const struct view_question *question,
	const struct local_zone *zone)
{
	if (!question->from_ns) {
		notes->from_ns = local_day_of(zone, notes->from_ns).start_ns;
	}
	if (!question->to_ns && notes->to_ns) {
		notes->to_ns = local_day_of(zone, notes->to_ns - 1).end_ns;
	}
}

int view_ask_days(struct view *view, const struct view_access *asked, struct view_span time,
	view_take_day *take, void *context, struct view_span *whole, struct err *err)
{
	const struct view_question question = {
		.from_ns = time.from_ns, .to_ns = time.to_ns, .by = { VIEW_BY_UNIT }, .by_count = 1
	};
	struct view_notes notes = { .protection = VIEW_PROTECTED };
	struct view_cells cells = { .slot_ns = 0 };
	struct view_access access;
	int status = view->ops->read_cells ? protect_access(view, asked, &access, err)
					   : err_set(err, ENOTSUP, "%s keeps no days", view->name);

	*whole = (struct view_span){ 0 };
	if (status < 0) {
		return status;
	}
	struct view_question wide = widen(&question, &access);
	status = view->ops->read_cells(view->backend, &wide, &cells, &notes, err);
	if (status == 0) {
		note_period(&notes, &question, &cells);
		widen_open_ends(&notes, &question, access.zone);
		view_days_period(&access, &notes.from_ns, &notes.to_ns);
		*whole = (struct view_span){ notes.from_ns, notes.to_ns };
		status = view_each_day(view, &access, &notes, &cells, take, context, err);
	}
	if (view->ops->forget_cells) {
		view->ops->forget_cells(view->backend);
	}
	return status;
}

/* Of what nothing tells the devices there may be more. */
static void count_at_least(struct view_figures *figures)
{
	switch ((enum view_count)figures->count) {
	case VIEW_COUNT_EXACT:
	case VIEW_COUNT_ESTIMATE:
		figures->count = VIEW_COUNT_AT_LEAST;
		break;
	case VIEW_COUNT_FEWER:
		figures->count = VIEW_COUNT_UNKNOWN;
		figures->devices = 0;
		break;
	case VIEW_COUNT_UNKNOWN:
	case VIEW_COUNT_AT_LEAST:
		break;
	}
}

static void count_all_at_least(struct view_answer *answer)
{
	count_at_least(&answer->total);
	for (size_t i = 0; i < answer->row_count; i++) {
		struct view_row *row = &answer->rows[i];
		count_at_least(&row->total);
		for (size_t step = 0; row->steps && step < answer->notes.step_count; step++) {
			count_at_least(&row->steps[step]);
		}
	}
}

int view_ask(struct view *view, const struct view_access *asked,
	const struct view_question *question, struct view_answer **answer, struct err *err)
{
	struct view_answer *made = calloc(1, sizeof(*made));
	struct view_access access;
	int status = made ? check_question(question, err) : err_set(err, ENOMEM, "out of memory");

	*answer = NULL;
	if (status == 0) {
		status = view_check_access(asked, question, err);
	}
	if (status == 0) {
		status = protect_access(view, asked, &access, err);
	}
	if (status == 0) {
		made->notes.protection = access.role;
		made->notes.k = access.role == VIEW_SEES_DEVICES ? 0 : access.k;
		status = view->ops->ask
				 ? view->ops->ask(view->backend, &access, question, made, err)
				 : ask_cells(view, &access, question, made, err);
	}
	if (status < 0) {
		view_answer_free(made);
		return status;
	}
	if (made->notes.lacks_devices) {
		count_all_at_least(made);
	}
	made->notes.source = view->name;
	*answer = made;
	return 0;
}
