/* Protected figures: what may be said of cells to whoever may not see devices.
 *
 * What may be asked is a closed list, since two answers that differ in one device give it away. Of
 * the body as a whole: sums of any time, with any filter of the same kind, from local days on which
 * at least k devices were active; a day is in all answers or in none. Of a part: whole local days
 * that are over, without a filter, a unit or class alone or with one dimension of the body; a part
 * that is hidden by itself is hidden with whatever it is crossed with, so that what crossed tables
 * add up to tells nothing that the plain one hides. Counts of devices: "at least k" or "fewer" of
 * such days, in plain tables. */
#include <errno.h>
#include <stdlib.h>

#include "analyzer/rollup/protect.h"
#include "analyzer/view/view_parts.h"
#include "base/local_time.h"
#include "base/quick_hash.h"

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
	return 0;
}

void view_protected_period(const struct view_access *access, const struct view_question *question,
	uint64_t *from_ns, uint64_t *to_ns)
{
	struct local_day first = local_day_of(access->zone, *from_ns);
	struct local_day last = local_day_of(access->zone, *to_ns);
	struct local_day today = local_day_of(access->zone, access->now_ns);

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

/* The fold of a day's cells by other dimensions than the question's, without its filters. */
static void fold_plain(const struct protecting *protecting, const struct view_span *span,
	const enum view_dimension *by, struct view_fold *fold)
{
	static const struct view_match all = { 0 };
	struct view_question plain = { .by_count = by != NULL };

	if (by) {
		plain.by[0] = *by;
	}
	view_fold_cells(fold, &plain, &all, protecting->cells, span, NULL);
}

/* At least k devices were active on that day. *is_there: anything was. */
static bool has_body(
	const struct protecting *protecting, const struct local_day *day, bool *is_there)
{
	const struct view_span span = { day->start_ns, day->end_ns };
	struct view_fold fold = { 0 };

	fold_plain(protecting, &span, NULL, &fold);
	*is_there = fold.count > 0;
	bool is_enough = fold.count > 0 && protect_shows_count(protecting->access->k,
						   devices_count(&fold.rows[0].devices));
	view_fold_deinit(&fold);
	return is_enough;
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
	const struct view_fold_row *row = &lines->fold->rows[place], *wanted = key;

	for (unsigned i = 0; i < lines->count; i++) {
		if (i != lines->but && row->values[i] != wanted->values[i]) {
			return false;
		}
	}
	return true;
}

static uint32_t line_of(struct lines *lines, uint32_t place)
{
	const struct view_fold_row *row = &lines->fold->rows[place];
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

struct protected_part *view_judge(
	unsigned k, const struct view_fold *fold, unsigned by_count, unsigned part)
{
	struct protected_part *parts = calloc(fold->count + 1, sizeof(*parts));
	struct lines columns = { fold, by_count, part, { 0 } };
	struct lines wholes = { fold, by_count, by_count - 1 - part, { 0 } };

	for (uint32_t i = 0; parts && i < fold->count; i++) {
		const struct view_fold_row *row = &fold->rows[i];
		bool is_crossed = by_count == 2;
		parts[i] = (struct protected_part){
			.lines = { 2 * line_of(&columns, i),
				is_crossed ? 2 * line_of(&wholes, i) + 1 : PROTECT_NO_LINE },
			/* A part without bytes is one all the same. */
			.figures = { { row->sums.bytes_up + row->sums.bytes_down + 1, &row->devices,
				0 } },
		};
	}
	if (parts && by_count == 1) {
		protect_parts(k, parts, fold->count);
	}
	hash_table_deinit(&columns.table);
	hash_table_deinit(&wholes.table);
	return parts;
}

/* Parts that are hidden in the plain table of the day are hidden in a crossed one. */
static bool hide_as_plain(const struct protecting *protecting, const struct view_span *span,
	const struct view_fold *fold, struct protected_part *parts, unsigned part)
{
	struct view_fold plain = { 0 };

	fold_plain(protecting, span, &protecting->question->by[part], &plain);
	struct protected_part *wholes = view_judge(protecting->access->k, &plain, 1, 0);
	for (uint32_t i = 0; wholes && i < plain.count; i++) {
		for (uint32_t j = 0; wholes[i].is_hidden && j < fold->count; j++) {
			parts[j].is_hidden |= fold->rows[j].values[part] == plain.rows[i].values[0];
		}
	}
	bool is_done = wholes != NULL;
	free(wholes);
	view_fold_deinit(&plain);
	return is_done;
}

/* Which rows of a day are hidden; NULL: out of memory, and nothing is shown. */
static struct protected_part *judge_day(const struct protecting *protecting,
	const struct view_span *span, const struct view_fold *fold)
{
	const struct view_question *question = protecting->question;
	unsigned part = view_part_of(question), k = protecting->access->k;
	struct protected_part *parts = view_judge(k, fold, question->by_count, part);

	if (parts && question->by_count == 2) {
		if (!hide_as_plain(protecting, span, fold, parts, part)) {
			free(parts);
			return NULL;
		}
		protect_parts(k, parts, fold->count);
	}
	return parts;
}

static struct view_figures figures_of(
	const struct protecting *protecting, const struct view_fold_row *row, bool is_part)
{
	unsigned k = protecting->access->k;
	struct view_figures figures = view_figures_of(&row->sums, &row->devices);
	bool is_enough = is_part || protect_shows_count(k, figures.devices);

	figures.first_ns = figures.last_ns = 0; /* of somebody */
	figures.devices = protecting->counts_devices ? k : 0;
	figures.count = !protecting->counts_devices ? VIEW_COUNT_UNKNOWN
			: is_enough                 ? VIEW_COUNT_AT_LEAST
						    : VIEW_COUNT_FEWER;
	return figures;
}

static void add_row(struct protecting *protecting, const struct view_fold_row *from, bool is_hidden,
	bool is_part)
{
	struct view_rows *rows = &protecting->rows;
	struct view_figures figures = figures_of(protecting, from, is_part);
	char memory[VIEW_BY_MAX][VIEW_VALUE_BYTES];
	struct view_row_key key;

	view_row_key_of(&key, protecting->question, from, memory);
	if (is_hidden) {
		key.values[view_part_of(protecting->question)] = "";
		key.is_remainder = true;
		figures.count = VIEW_COUNT_UNKNOWN;
		figures.devices = 0;
	}
	struct view_row *row = view_rows_find(rows, &key);
	if (row && !rows->is_finished) {
		view_figures_add(&row->total, &figures);
	} else if (row && from->step < rows->answer->notes.step_count) {
		view_figures_add(&row->steps[from->step], &figures);
	}
}

/* What is hidden on a day and shown on others: the row says so. */
static void mark_hidden(struct protecting *protecting, const struct view_fold_row *from)
{
	char memory[VIEW_BY_MAX][VIEW_VALUE_BYTES];
	struct view_row_key key;

	view_row_key_of(&key, protecting->question, from, memory);
	struct view_row *row = view_rows_find(&protecting->rows, &key);
	if (row) {
		row->has_hidden_days = true;
		if (row->steps && from->step < protecting->rows.answer->notes.step_count) {
			row->steps[from->step].is_hidden = true;
		}
	}
}

/* Once for the totals, and for a series once more when the rows are known. */
static int add_day(struct protecting *protecting, const struct view_span *span, struct err *err)
{
	bool is_part = has_part(protecting->question), is_finished = protecting->rows.is_finished;
	struct view_fold fold = { 0 };
	struct protected_part *parts = NULL;

	view_fold_cells(&fold, protecting->question, &protecting->match, protecting->cells, span,
		is_finished ? &protecting->steps : NULL);
	if (is_part) {
		parts = judge_day(protecting, span, &fold);
	}
	for (uint32_t i = 0; (parts || !is_part) && i < fold.count; i++) {
		bool is_hidden = parts && parts[i].is_hidden;
		add_row(protecting, &fold.rows[i], is_hidden, is_part);
		if (is_hidden && is_finished) {
			mark_hidden(protecting, &fold.rows[i]);
		}
	}
	bool has_memory = parts || !is_part;
	free(parts);
	view_fold_deinit(&fold);
	return has_memory ? 0 : err_set(err, ENOMEM, "out of memory");
}

static void add_total(struct protecting *protecting, const struct view_span *span)
{
	struct view_question whole = *protecting->question;
	struct view_fold fold = { 0 };

	whole.by_count = 0;
	view_fold_cells(&fold, &whole, &protecting->match, protecting->cells, span, NULL);
	if (fold.count > 0) {
		struct view_figures figures = figures_of(protecting, &fold.rows[0], false);
		view_figures_add(&protecting->rows.answer->total, &figures);
	}
	view_fold_deinit(&fold);
}

/* Goes over the local days of the answer. */
static int add_days(struct protecting *protecting, struct err *err)
{
	struct view_notes *notes = &protecting->rows.answer->notes;
	const struct local_zone *zone = protecting->access->zone;
	struct local_day day = local_day_of(zone, notes->from_ns);
	bool is_first = !protecting->rows.is_finished, is_there;
	int status = 0;

	for (; day.start_ns < notes->to_ns && status == 0;
		day = local_day_at(zone, day.number + 1)) {
		const struct view_span span = { day.start_ns > notes->from_ns ? day.start_ns
									      : notes->from_ns,
			day.end_ns < notes->to_ns ? day.end_ns : notes->to_ns };
		if (!has_body(protecting, &day, &is_there)) {
			notes->days_withheld += is_first && is_there;
			continue;
		}
		status = add_day(protecting, &span, err);
		if (is_first) {
			add_total(protecting, &span);
		}
	}
	return status;
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
	int status = add_days(&protecting, err);
	if (status == 0) {
		status = view_rows_finish(&protecting.rows, err);
	}
	if (status == 0 && (question->step_ns || has_part(question))) {
		status = add_days(&protecting, err);
	}
	view_rows_deinit(&protecting.rows);
	return status;
}
