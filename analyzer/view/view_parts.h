/* Inside the view: what its backends and its tables need of each other. */
#pragma once

#include "analyzer/archive/archive_days.h"
#include "analyzer/rollup/cell.h"
#include "analyzer/view/view.h"
#include "base/keyed_list.h"

/* Cells of a period as a backend keeps them. */
struct view_cells {
	const struct cell *cells; /* the backend's until they are forgotten, or its next call */
	size_t count;
	uint64_t slot_ns; /* what their slots count; 0: they are of the period as a whole, and: */
	uint64_t first_ns, end_ns, as_of_ns; /* from when to when there are any */
	/* … and series are made of these, whose devices are not told. */
	const struct cell *series;
	size_t series_count;
	uint64_t series_slot_ns;
};

struct view_backend;

struct view_ops {
	/* For roles that may not see devices: what is kept there asks for no less protection than
	 * this. NULL: it asks for none. */
	int (*protect)(struct view_backend *backend, struct view_access *access, struct err *err);
	/* NULL, each of them: it does not keep that. Cells of [from, to), in slots that a step is
	 * made of. */
	int (*read_cells)(struct view_backend *backend, const struct view_question *question,
		struct view_cells *cells, struct view_notes *notes, struct err *err);
	/* The answer is made of them: called after each read, whatever came of it. */
	void (*forget_cells)(struct view_backend *backend);
	/* The tables that were made as days closed (archive_days.h); NULL: they are made of cells.
	 */
	int (*read_days)(struct view_backend *backend, const struct view_question *question,
		const struct archive_day_rules *rules, archive_tables_taker *take, void *context,
		struct err *err);
	/* For a backend that keeps no cells: the answer itself, exact. */
	int (*ask)(struct view_backend *backend, const struct view_access *access,
		const struct view_question *question, struct view_answer *answer, struct err *err);
	int (*ask_flows)(struct view_backend *backend, const struct view_flows *question,
		view_tell_flow *tell, void *context, struct view_notes *notes, struct err *err);
	int (*ask_notices)(
		struct view_backend *backend, struct view_notices *notices, struct err *err);
	int (*ask_sensors)(
		struct view_backend *backend, struct view_sensors *sensors, struct err *err);
	void (*close)(struct view_backend *backend);
};

struct view {
	const struct view_ops *ops;
	struct view_backend *backend;
	struct alert_store *desk; /* NULL: none was named */
	char name[256];
};

/* 0 or -ENOMEM, and then the backend is closed. */
int view_create(struct view **view, const struct view_ops *ops, struct view_backend *backend,
	const char *name, struct err *err);

enum view_subject { VIEW_OF_BODY, VIEW_OF_PART, VIEW_OF_DEVICE };
enum view_subject view_dimension_subject(enum view_dimension dimension);

/* Values as numbers, and as words (view_values.c). */
#define VIEW_OTHER UINT32_MAX /* cells that found no room of their own */

/* False: the cell has no such value (what is not inferred has no inferred app). */
bool view_value_of(enum view_dimension dimension, const struct cell_key *key, uint32_t *value);
/* In memory where it is no constant. */
enum { VIEW_VALUE_BYTES = 16 };
const char *view_value_text(
	enum view_dimension dimension, uint32_t value, char memory[VIEW_VALUE_BYTES]);

struct view_match {
	unsigned count;
	struct {
		enum view_dimension by;
		bool is_excluded, is_outside; /* is_outside: any zone outside EU and EEA */
		uint32_t value;               /* VIEW_OTHER - 1: nothing has it */
	} tests[VIEW_FILTERS_MAX];
};
/* Is its value a word of its dimension, where those are listed? 0 or -EINVAL. */
int view_check_filter(const struct view_filter *filter, struct err *err);
void view_match_make(struct view_match *match, const struct view_question *question);
bool view_matches_cell(const struct view_match *match, const struct cell_key *key);

/* The steps of a series over the time that the notes say (view.c). */
int view_make_steps(struct view_answer *answer, const struct view_access *access,
	const struct view_question *question, struct err *err);

/* May this role ask this? 0 or -EPERM (view_protect.c). */
int view_check_access(
	const struct view_access *access, const struct view_question *question, struct err *err);

/* A fold of cells by the values of a question (view_fold.c). */
struct view_fold_row {
	uint32_t values[VIEW_BY_MAX];
	uint32_t step;
	bool lacks_devices; /* flows of ours are in it of which nothing tells the device */
	struct cell_sums sums;
	struct devices devices;
};

struct view_fold {
	struct keyed_list rows; /* of view_fold_row */
	uint64_t lost;
};

static inline const struct view_fold_row *view_fold_at(const struct view_fold *fold, uint32_t place)
{
	return (const struct view_fold_row *)fold->rows.rows + place;
}

/* Which step of a series a time is in, and how many there are to the end. */
struct view_steps {
	uint64_t from_ns, step_ns; /* step 0: all is one */
	const struct local_zone *zone;
};
uint32_t view_step_of(const struct view_steps *steps, uint64_t time_ns);

/* Adds the cells of a span that match: by values and step. */
void view_fold_cells(struct view_fold *fold, const struct view_question *question,
	const struct view_match *match, const struct view_cells *cells,
	const struct view_span *span, const struct view_steps *steps);
void view_fold_deinit(struct view_fold *fold);

/* Rows of an answer under way (view_rows.c). */
struct view_rows {
	struct view_answer *answer;
	const struct view_question *question;
	size_t capacity;
	struct hash_table table;
	bool is_finished;
};
struct view_row_key {
	const char *values[VIEW_BY_MAX];
	bool is_remainder;
};
/* Made on first sight until the rows are finished; NULL: there is none, or no memory. */
struct view_row *view_rows_find(struct view_rows *rows, const struct view_row_key *key);
/* Leaves out what the text does not match, sorts, cuts, and gives each row its steps. */
int view_rows_finish(struct view_rows *rows, struct err *err);
void view_rows_deinit(struct view_rows *rows); /* the answer keeps its rows */

/* The words of a fold's row; memory is theirs. */
void view_row_key_of(struct view_row_key *key, const struct view_question *question,
	const struct view_fold_row *row, char memory[VIEW_BY_MAX][VIEW_VALUE_BYTES]);

/* Ways, of what was added up. */
void view_figures_note_ways(struct view_figures *figures);
void view_figures_add(struct view_figures *to, const struct view_figures *from);
struct view_figures view_figures_of(const struct view_fold_row *row);

/* Fills rows, total and steps from cells: exact (view_table.c), or protected (view_protect.c). The
 * notes say of which time. */
int view_fill_exact(struct view_answer *answer, const struct view_access *access,
	const struct view_question *question, const struct view_cells *cells, struct err *err);
int view_fill_protected(struct view_answer *answer, const struct view_access *access,
	const struct view_question *question, const struct view_cells *cells, struct err *err);

/* Where the part stands among the dimensions; by_count: there is none (view_protect.c). */
unsigned view_part_of(const struct view_question *question);

/* Small groups of one answer (view_group.c): of a fold, whose rows have their devices, which rows
 * are hidden (heap; NULL: none); of rows whose devices are only counted, in place. */
bool *view_group_fold(const struct view_access *access, const struct view_question *question,
	const struct view_fold *fold);
int view_group_rows(struct view_rows *rows, const struct view_access *access, struct err *err);
/* What may be said of devices, and of the body at all. */
void view_group_count(const struct view_access *access, bool is_part, struct view_figures *figures);
bool view_group_body(struct view_answer *answer, const struct view_access *access);

/* What is asked of a part: of the tables of days (view_days.c). */
int view_fill_days(struct view *view, struct view_answer *answer, const struct view_access *access,
	const struct view_question *question, const struct view_cells *cells, struct err *err);
int view_check_days(const struct view_question *question, struct err *err);
/* Hands out the tables of the whole days in the time that the notes say, as they were made or,
 * where none were, made of cells. */
int view_each_day(struct view *view, const struct view_access *access,
	const struct view_notes *notes, const struct view_cells *cells, archive_tables_taker *take,
	void *context, struct err *err);

/* Of which time protected figures of parts of the body are given: whole local days that are over
 * (view_days.c). */
void view_days_period(const struct view_access *access, uint64_t *from_ns, uint64_t *to_ns);

/* Of which time those of the body are: of the time that the answer's notes say, what may be told of
 * it (view_time.c). */
int view_told_make(struct view_told *told, const struct view_access *access,
	const struct view_question *question, const struct view_cells *cells,
	const struct view_answer *answer, struct err *err);
