/* What is said of parts of the body to whoever may not see devices: the tables that were made as
 * each local day closed (day_tables.h), and nothing else. Where none were written, of the day's
 * cells. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive_days.h"
#include "analyzer/rollup/day_tables.h"
#include "analyzer/view/view_parts.h"
#include "base/local_time.h"

/* Which table answers; the part may stand on either side. */
static bool find_table(const struct view_question *question, enum day_table *table)
{
	static const struct {
		enum view_dimension part, other; /* other COUNT: the part alone */
		enum day_table table;
	} kept[] = {
		{ VIEW_BY_UNIT, VIEW_DIMENSION_COUNT, DAY_TABLE_UNIT },
		{ VIEW_BY_CLASS, VIEW_DIMENSION_COUNT, DAY_TABLE_CLASS },
		{ VIEW_BY_UNIT, VIEW_BY_APP, DAY_TABLE_UNIT_APP },
		{ VIEW_BY_CLASS, VIEW_BY_APP, DAY_TABLE_CLASS_APP },
		{ VIEW_BY_UNIT, VIEW_BY_ZONE, DAY_TABLE_UNIT_ZONE },
		{ VIEW_BY_UNIT, VIEW_BY_CONTROL, DAY_TABLE_UNIT_CONTROL },
		{ VIEW_BY_UNIT, VIEW_BY_HIDDEN, DAY_TABLE_UNIT_HIDDEN },
		{ VIEW_BY_UNIT, VIEW_BY_RULE, DAY_TABLE_UNIT_VERDICT },
		{ VIEW_BY_UNIT, VIEW_BY_VERDICT, DAY_TABLE_UNIT_VERDICT },
		{ VIEW_BY_UNIT, VIEW_BY_BLOCK, DAY_TABLE_UNIT_VERDICT },
		{ VIEW_BY_CLASS, VIEW_BY_RULE, DAY_TABLE_CLASS_VERDICT },
		{ VIEW_BY_CLASS, VIEW_BY_VERDICT, DAY_TABLE_CLASS_VERDICT },
		{ VIEW_BY_CLASS, VIEW_BY_BLOCK, DAY_TABLE_CLASS_VERDICT },
	};
	unsigned part = view_part_of(question);
	enum view_dimension other =
		question->by_count == 2 ? question->by[!part] : VIEW_DIMENSION_COUNT;

	for (unsigned i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (question->by[part] == kept[i].part && other == kept[i].other) {
			*table = kept[i].table;
			return true;
		}
	}
	return false;
}

int view_check_days(const struct view_question *question, struct err *err)
{
	enum day_table table;

	return find_table(question, &table)
		       ? 0
		       : err_set(err, EPERM,
				 "the protected tables of a day have no %s by that; it is for "
				 "roles "
				 "that may see devices",
				 view_dimension_name(question->by[view_part_of(question)]));
}

void view_days_period(const struct view_access *access, uint64_t *from_ns, uint64_t *to_ns)
{
	struct local_day first = local_day_of(access->zone, *from_ns);
	struct local_day last = local_day_of(access->zone, *to_ns);
	struct local_day today = local_day_of(access->zone, access->now_ns - ARCHIVE_DAY_GRACE_NS);

	*from_ns = *from_ns > first.start_ns ? first.end_ns : first.start_ns;
	*to_ns = last.start_ns < today.start_ns ? last.start_ns : today.start_ns;
	*to_ns = *to_ns < *from_ns ? *from_ns : *to_ns;
}

/* An answer under way. */
struct adding {
	const struct view_access *access;
	const struct view_question *question;
	struct view_rows rows;
	struct view_steps steps;
	enum day_table table;
	uint32_t *seen_in; /* by row of the finished answer: which line of which day it last had */
	uint32_t lines;
};

static struct view_figures figures_of(const struct adding *adding, const struct day_table_row *row)
{
	bool is_counted = adding->question->by_count == 1 && !row->is_rest &&
			  row->devices_are == DAY_TABLE_AT_LEAST;

	return (struct view_figures){ .bytes_up = row->sums.bytes_up,
		.bytes_down = row->sums.bytes_down,
		.flows = row->sums.flows,
		.packets = row->sums.packets,
		.unseen_up = row->sums.unseen_up,
		.unseen_down = row->sums.unseen_down,
		.devices = is_counted ? row->devices : 0,
		.count = is_counted ? VIEW_COUNT_AT_LEAST : VIEW_COUNT_UNKNOWN };
}

static void key_of(const struct adding *adding, const struct day_table_row *from,
	struct view_row_key *key, char memory[VIEW_BY_MAX][VIEW_VALUE_BYTES])
{
	const struct view_question *question = adding->question;
	struct view_fold_row values = { .step = 0 };

	for (unsigned i = 0; i < question->by_count; i++) {
		view_value_of(question->by[i], &from->key, &values.values[i]);
	}
	view_row_key_of(key, question, &values, memory);
	if (from->is_rest) {
		key->values[view_part_of(question)] = "";
		key->is_remainder = true;
	}
}

static void add_row(struct adding *adding, const struct day_table_row *from, uint32_t step)
{
	char memory[VIEW_BY_MAX][VIEW_VALUE_BYTES];
	struct view_row_key key;

	key_of(adding, from, &key, memory);
	struct view_figures figures = figures_of(adding, from);
	struct view_row *row = view_rows_find(&adding->rows, &key);
	if (row && !adding->rows.is_finished) {
		view_figures_add(&row->total, &figures);
	} else if (row && step < adding->rows.answer->notes.step_count) {
		view_figures_add(&row->steps[step], &figures);
	}
}

/* Another value than the row's, beside the part? */
static bool is_of_other(
	const struct adding *adding, const struct view_row *row, const struct view_row_key *key)
{
	unsigned other = !view_part_of(adding->question);

	return row->is_remainder || (adding->question->by_count == 2 &&
					    strcmp(row->values[other], key->values[other]) != 0);
}

/* A remainder stands for parts in one line of a day's table: who is not shown in that line may be
 * among them, and what is shown of him elsewhere is then not all. Whether he is, is not said. */
static void note_remainder(
	struct adding *adding, const struct day_tables *tables, const struct day_table_row *rest)
{
	struct view_answer *answer = adding->rows.answer;
	struct cell_key line = day_table_line(&rest->key);
	char memory[VIEW_BY_MAX][VIEW_VALUE_BYTES];
	struct view_row_key key;

	adding->lines++;
	for (size_t i = 0; i < tables->count; i++) {
		const struct day_table_row *shown = &tables->rows[i];
		struct cell_key its_line = day_table_line(&shown->key);
		if (shown->table == adding->table && !shown->is_rest &&
			memcmp(&its_line, &line, sizeof(line)) == 0) {
			key_of(adding, shown, &key, memory);
			const struct view_row *row = view_rows_find(&adding->rows, &key);
			if (row) {
				adding->seen_in[row - answer->rows] = adding->lines;
			}
		}
	}
	key_of(adding, rest, &key, memory);
	for (size_t i = 0; i < answer->row_count; i++) {
		struct view_row *row = &answer->rows[i];
		row->has_hidden_days |=
			adding->seen_in[i] != adding->lines && !is_of_other(adding, row, &key);
	}
}

static void add_total(struct adding *adding, const struct day_table_row *body)
{
	struct view_figures figures = figures_of(adding, body);

	view_figures_add(&adding->rows.answer->total, &figures);
}

static void take_tables(void *context, const struct archive_day_tables *day)
{
	struct adding *adding = context;
	struct view_notes *notes = &adding->rows.answer->notes;

	notes->days_withheld += !adding->rows.is_finished && day->tables->is_withheld;
	for (size_t i = 0; i < day->tables->count; i++) {
		const struct day_table_row *row = &day->tables->rows[i];
		if (row->table == adding->table) {
			add_row(adding, row, view_step_of(&adding->steps, day->start_ns));
			if (row->is_rest && adding->rows.is_finished) {
				note_remainder(adding, day->tables, row);
			}
		} else if (row->table == DAY_TABLE_BODY && !adding->rows.is_finished) {
			add_total(adding, row);
		}
	}
}

/* The tables of days, on their way to who asked. */
struct handing {
	const struct view_access *access;
	uint64_t from_ns, to_ns;
	archive_tables_taker *take;
	void *context;
};

static void hand_tables(void *context, const struct archive_day_tables *day)
{
	const struct handing *handing = context;

	if (!day->is_month) {
		handing->take(handing->context, day);
	}
}

/* The tables of a day, of its cells. */
static int make_day(struct handing *handing, const struct local_day *day,
	const struct view_cells *cells, struct err *err)
{
	struct cell *of_day = malloc((cells->count + 1) * sizeof(*of_day));
	struct day_tables tables = { 0 };
	size_t count = 0;

	for (size_t i = 0; of_day && i < cells->count; i++) {
		uint64_t time_ns = cells->cells[i].key.slot * cells->slot_ns;
		if (time_ns >= day->start_ns && time_ns < day->end_ns) {
			of_day[count++] = cell_on_day(&cells->cells[i], time_ns, day->number);
		}
	}
	int status = !of_day ? -ENOMEM
		     : count ? day_tables_make(&tables, handing->access->k, of_day, count)
			     : 0;
	if (status == 0 && count) {
		const struct archive_day_tables made = { day->number, day->start_ns, day->end_ns,
			false, true, &tables };
		hand_tables(handing, &made);
	}
	day_tables_deinit(&tables);
	free(of_day);
	return status < 0 ? err_set(err, ENOMEM, "out of memory") : 0;
}

static int make_days(struct handing *handing, const struct view_cells *cells, struct err *err)
{
	const struct local_zone *zone = handing->access->zone;
	int status = 0;

	for (struct local_day day = local_day_of(zone, handing->from_ns);
		day.start_ns < handing->to_ns && status == 0;
		day = local_day_at(zone, day.number + 1)) {
		status = make_day(handing, &day, cells, err);
	}
	return status;
}

int view_each_day(struct view *view, const struct view_access *access,
	const struct view_notes *notes, const struct view_cells *cells, archive_tables_taker *take,
	void *context, struct err *err)
{
	const struct archive_day_rules rules = { access->zone, access->k, access->now_ns };
	struct handing handing = { access, notes->from_ns, notes->to_ns, take, context };
	struct view_question period = { .from_ns = notes->from_ns, .to_ns = notes->to_ns };
	int status = view->ops->read_days && notes->to_ns > notes->from_ns
			     ? view->ops->read_days(
				       view->backend, &period, &rules, hand_tables, &handing, err)
			     : -ENOTSUP;

	return status == -ENOTSUP ? make_days(&handing, cells, err) : status;
}

static void say_at_least(struct view_row *row)
{
	struct view_figures *total = &row->total;

	if (row->has_hidden_days) {
		total->way_up = total->bytes_up ? CELL_WAY_AT_LEAST : CELL_WAY_UNKNOWN;
		total->way_down = total->bytes_down ? CELL_WAY_AT_LEAST : CELL_WAY_UNKNOWN;
	}
}

int view_fill_days(struct view *view, struct view_answer *answer, const struct view_access *access,
	const struct view_question *question, const struct view_cells *cells, struct err *err)
{
	struct adding adding = {
		.access = access,
		.question = question,
		.rows = { .answer = answer, .question = question },
		.steps = { answer->notes.from_ns, question->step_ns, access->zone },
	};

	find_table(question, &adding.table);
	int status = view_each_day(view, access, &answer->notes, cells, take_tables, &adding, err);
	if (status == 0) {
		status = view_rows_finish(&adding.rows, err);
	}
	/* Once more: for the series, and for what each row may lack. */
	if (status == 0) {
		adding.seen_in = calloc(answer->row_count + 1, sizeof(*adding.seen_in));
		status = adding.seen_in ? view_each_day(view, access, &answer->notes, cells,
						  take_tables, &adding, err)
					: err_set(err, ENOMEM, "out of memory");
	}
	for (size_t i = 0; status == 0 && i < answer->row_count; i++) {
		say_at_least(&answer->rows[i]);
	}
	free(adding.seen_in);
	view_rows_deinit(&adding.rows);
	return status;
}
