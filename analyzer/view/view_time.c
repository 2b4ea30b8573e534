/* Which time may be told of the body to whoever may not see devices: whole local days on which at
 * least k devices were active, and of others the pieces in which so many were (protect_time.h). */
#include <errno.h>
#include <stdlib.h>

#include "analyzer/archive/archive_days.h"
#include "analyzer/rollup/protect.h"
#include "analyzer/rollup/protect_time.h"
#include "analyzer/view/view_parts.h"
#include "base/clock.h"
#include "base/local_time.h"

#define HOUR_NS (3600 * NS_PER_S)

/* What is judged, day by day. */
struct judging {
	struct view_told *told;
	const struct view_access *access;
	const struct view_question *question;
	const struct view_cells *cells;
	const struct view_notes *notes;
	uint64_t from_ns, to_ns; /* as asked for; an open end is none */
	uint64_t *step_told_ns;  /* how much of each step is told by itself */
	uint64_t until_ns;       /* of a day that runs no more is told yet */
	bool is_by_slots;
};

static bool is_in(const struct judging *judging, const struct local_day *day, size_t cell)
{
	uint64_t time_ns = judging->cells->cells[cell].key.slot * judging->cells->slot_ns;

	return time_ns >= day->start_ns && time_ns < day->end_ns;
}

static bool is_empty(const struct judging *judging, const struct local_day *day)
{
	for (size_t i = 0; i < judging->cells->count; i++) {
		if (is_in(judging, day, i)) {
			return false;
		}
	}
	return true;
}

static bool has_body(const struct judging *judging, const struct local_day *day)
{
	struct devices active = { 0 };

	for (size_t i = 0; i < judging->cells->count; i++) {
		if (is_in(judging, day, i)) {
			devices_merge(&active, &judging->cells->cells[i].devices);
		}
	}
	bool is_enough = protect_shows_count(judging->access->k, devices_count(&active));
	devices_deinit(&active);
	return is_enough;
}

static bool is_over(const struct judging *judging, const struct local_day *day)
{
	return day->end_ns + ARCHIVE_DAY_GRACE_NS <= judging->access->now_ns;
}

/* The pieces of a day; returns how many edges they have. */
static unsigned find_edges(const struct judging *judging, const struct local_day *day,
	uint64_t edges_ns[PROTECT_EDGES_MAX])
{
	const struct view_cells *cells = judging->cells;
	struct protect_day *protect =
		protect_day_create(judging->access->k, day->start_ns, day->end_ns);

	for (size_t i = 0; protect && i < cells->count; i++) {
		if (is_in(judging, day, i)) {
			protect_day_note(protect, cells->cells[i].key.slot * cells->slot_ns,
				&cells->cells[i].devices);
		}
	}
	unsigned count = protect ? protect_day_edges(protect, judging->is_by_slots,
					   is_over(judging, day), edges_ns)
				 : 0;
	protect_day_destroy(protect);
	return count;
}

static int add_span(struct view_told *told, uint64_t from_ns, uint64_t to_ns, struct err *err)
{
	struct view_span *grown = realloc(told->spans, (told->count + 1) * sizeof(*grown));

	if (!grown) {
		return err_set(err, ENOMEM, "out of memory");
	}
	told->spans = grown;
	told->spans[told->count++] = (struct view_span){ from_ns, to_ns };
	return 0;
}

/* A piece, or a day without traffic, that is told: of steps, those that it does not reach out of.
 */
static void note_steps(const struct judging *judging, uint64_t from_ns, uint64_t to_ns)
{
	const struct view_steps steps = { judging->notes->from_ns, judging->question->step_ns,
		judging->access->zone };
	uint32_t first = view_step_of(&steps, from_ns);

	if (judging->step_told_ns && view_step_of(&steps, to_ns - 1) == first &&
		first < judging->notes->step_count) {
		judging->step_told_ns[first] += to_ns - from_ns;
	}
}

static void note_empty(const struct judging *judging, uint64_t from_ns, uint64_t to_ns)
{
	for (uint64_t at_ns = from_ns; judging->step_told_ns && at_ns < to_ns; at_ns += SLOT_NS) {
		note_steps(judging, at_ns, at_ns + SLOT_NS);
	}
}

/* A whole day, as far as there is anything of it. */
static int tell_day(struct judging *judging, struct view_span span, struct err *err)
{
	note_steps(judging, span.from_ns, span.to_ns);
	return add_span(judging->told, span.from_ns, span.to_ns, err);
}

/* The pieces of a day that lie in the time. */
static int tell_pieces(struct judging *judging, const struct local_day *day, struct view_span span,
	struct err *err)
{
	uint64_t edges_ns[PROTECT_EDGES_MAX];
	unsigned count = find_edges(judging, day, edges_ns), first = 0;
	struct view_told *told = judging->told;

	if (!is_over(judging, day)) {
		judging->until_ns = count ? edges_ns[count - 1] : day->start_ns;
	}
	told->days_withheld += count == 0;
	told->is_running |= count == 0 && !is_over(judging, day);
	while (first < count && edges_ns[first] < judging->from_ns) {
		first++;
	}
	while (count > first && edges_ns[count - 1] > judging->to_ns) {
		count--;
	}
	if (count < first + 2) {
		told->days_cut += count > 0;
		return 0;
	}
	for (unsigned i = first; i + 1 < count; i++) {
		note_steps(judging, edges_ns[i] > span.from_ns ? edges_ns[i] : span.from_ns,
			edges_ns[i + 1] < span.to_ns ? edges_ns[i + 1] : span.to_ns);
	}
	told->days_cut += edges_ns[first] > span.from_ns || edges_ns[count - 1] < span.to_ns;
	return add_span(told, edges_ns[first] > span.from_ns ? edges_ns[first] : span.from_ns,
		edges_ns[count - 1] < span.to_ns ? edges_ns[count - 1] : span.to_ns, err);
}

static int judge_day(struct judging *judging, const struct local_day *day, struct err *err)
{
	const struct view_notes *notes = judging->notes;
	const struct view_span span = { day->start_ns > notes->from_ns ? day->start_ns
								       : notes->from_ns,
		day->end_ns < notes->to_ns ? day->end_ns : notes->to_ns };
	bool is_whole = judging->from_ns <= day->start_ns && judging->to_ns >= day->end_ns &&
			is_over(judging, day);
	bool has_steps_within = judging->question->step_ns % VIEW_DAY_NS != 0;

	if (span.from_ns >= span.to_ns) {
		return 0;
	}
	if (is_empty(judging, day)) {
		note_empty(judging, span.from_ns, span.to_ns);
		return 0;
	}
	if (!is_whole || has_steps_within) {
		return tell_pieces(judging, day, span, err);
	}
	if (has_body(judging, day)) {
		return tell_day(judging, span, err);
	}
	judging->told->days_withheld++;
	return 0;
}

/* A step is told where all of it is, and of a day that runs as far as that is told. */
static void hide_steps(const struct judging *judging, const uint64_t *starts_ns)
{
	const struct view_notes *notes = judging->notes;

	for (size_t i = 0; i < notes->step_count; i++) {
		uint64_t end_ns = i + 1 < notes->step_count ? starts_ns[i + 1] : notes->to_ns;
		end_ns = end_ns < judging->until_ns ? end_ns : judging->until_ns;
		judging->told->is_step_hidden[i] =
			end_ns <= starts_ns[i] || judging->step_told_ns[i] < end_ns - starts_ns[i];
	}
}

static bool is_by_slots(const struct view_question *question, const struct view_cells *cells)
{
	return cells->slot_ns == SLOT_NS &&
	       (question->from_ns % HOUR_NS || question->to_ns % HOUR_NS ||
		       question->step_ns % HOUR_NS);
}

int view_told_make(struct view_told *told, const struct view_access *access,
	const struct view_question *question, const struct view_cells *cells,
	const struct view_answer *answer, struct err *err)
{
	const struct view_notes *notes = &answer->notes;
	struct judging judging = { .told = told,
		.access = access,
		.question = question,
		.cells = cells,
		.notes = notes,
		.from_ns = question->from_ns,
		.to_ns = question->to_ns ? question->to_ns : UINT64_MAX,
		.until_ns = UINT64_MAX,
		.is_by_slots = is_by_slots(question, cells) };
	struct local_day day = local_day_of(access->zone, notes->from_ns);
	int status = 0;

	*told = (struct view_told){ 0 };
	if (notes->step_count) {
		judging.step_told_ns = calloc(notes->step_count, sizeof(*judging.step_told_ns));
		told->is_step_hidden = calloc(notes->step_count, sizeof(*told->is_step_hidden));
		if (!judging.step_told_ns || !told->is_step_hidden) {
			status = err_set(err, ENOMEM, "out of memory");
		}
	}
	for (; day.start_ns < notes->to_ns && status == 0;
		day = local_day_at(access->zone, day.number + 1)) {
		status = judge_day(&judging, &day, err);
	}
	if (status == 0 && notes->step_count) {
		hide_steps(&judging, answer->step_starts_ns);
	}
	free(judging.step_told_ns);
	return status;
}

void view_told_deinit(struct view_told *told)
{
	free(told->spans);
	free(told->is_step_hidden);
}
