/* The rows of an answer: found by their values, sorted, cut, with a series each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyzer/view/view_parts.h"
#include "base/quick_hash.h"

enum { ROWS_LEAST = 64 };

static uint64_t hash_of(const struct view_row_key *key, unsigned count)
{
	uint64_t hash = quick_hash(0, key->is_remainder);

	for (unsigned i = 0; i < count; i++) {
		for (const char *at = key->values[i]; *at; at++) {
			hash = quick_hash(hash, (uint8_t)*at);
		}
		hash = quick_hash(hash, 0);
	}
	return hash;
}

struct wanted {
	const struct view_row_key *key;
	unsigned count;
};

static bool is_row(const void *rows, uint32_t place, const void *key)
{
	const struct view_row *row = &((const struct view_row *)rows)[place];
	const struct wanted *wanted = key;
	bool is_it = row->is_remainder == wanted->key->is_remainder;

	for (unsigned i = 0; is_it && i < wanted->count; i++) {
		is_it = strcmp(row->values[i], wanted->key->values[i]) == 0;
	}
	return is_it;
}

static void free_row(struct view_row *row)
{
	for (unsigned i = 0; i < VIEW_BY_MAX; i++) {
		free((char *)row->values[i]);
	}
	free(row->steps);
}

static bool reserve(struct view_rows *rows)
{
	struct view_answer *answer = rows->answer;

	if (answer->row_count < rows->capacity) {
		return true;
	}
	size_t capacity = rows->capacity ? 2 * rows->capacity : ROWS_LEAST;
	struct view_row *grown = realloc(answer->rows, capacity * sizeof(*grown));
	if (grown) {
		answer->rows = grown;
		rows->capacity = capacity;
	}
	return grown != NULL;
}

static struct view_row *append(
	struct view_rows *rows, const struct view_row_key *key, uint64_t hash)
{
	struct view_answer *answer = rows->answer;
	struct view_row row = { .is_remainder = key->is_remainder };
	bool is_made = reserve(rows);

	for (unsigned i = 0; i < rows->question->by_count && is_made; i++) {
		row.values[i] = strdup(key->values[i]);
		is_made = row.values[i] != NULL;
	}
	if (!is_made || !hash_table_put(&rows->table, hash, (uint32_t)answer->row_count)) {
		free_row(&row);
		return NULL;
	}
	answer->rows[answer->row_count] = row;
	return &answer->rows[answer->row_count++];
}

struct view_row *view_rows_find(struct view_rows *rows, const struct view_row_key *key)
{
	const struct wanted wanted = { key, rows->question->by_count };
	uint64_t hash = hash_of(key, wanted.count);
	uint32_t place = hash_table_find(&rows->table, hash, is_row, rows->answer->rows, &wanted);

	if (place != HASH_TABLE_NONE) {
		return &rows->answer->rows[place];
	}
	return rows->is_finished ? NULL : append(rows, key, hash);
}

void view_row_key_of(struct view_row_key *key, const struct view_question *question,
	const struct view_fold_row *row, char memory[VIEW_BY_MAX][VIEW_VALUE_BYTES])
{
	*key = (struct view_row_key){ .is_remainder = false };
	for (unsigned i = 0; i < question->by_count; i++) {
		key->values[i] = view_value_text(question->by[i], row->values[i], memory[i]);
	}
}

struct view_figures view_figures_of(const struct view_fold_row *row)
{
	const struct cell_sums *sums = &row->sums;
	uint64_t count = devices_count(&row->devices);

	struct view_figures figures = {
		.bytes_up = sums->bytes_up,
		.bytes_down = sums->bytes_down,
		.flows = sums->flows,
		.packets = sums->packets,
		.unseen_up = sums->unseen_up,
		.unseen_down = sums->unseen_down,
		.devices = count,
		.first_ns = sums->first_ns == UINT64_MAX ? 0 : sums->first_ns,
		.last_ns = sums->last_ns,
		.count = count == 0                            ? VIEW_COUNT_UNKNOWN
			 : row->lacks_devices                  ? VIEW_COUNT_AT_LEAST
			 : devices_is_estimated(&row->devices) ? VIEW_COUNT_ESTIMATE
							       : VIEW_COUNT_EXACT,
	};
	view_figures_note_ways(&figures);
	return figures;
}

void view_figures_note_ways(struct view_figures *figures)
{
	figures->way_up =
		(uint8_t)cell_way_of(figures->bytes_up, figures->unseen_up, figures->flows);
	figures->way_down =
		(uint8_t)cell_way_of(figures->bytes_down, figures->unseen_down, figures->flows);
}

/* Of counts of different days the one that says most stands. */
void view_figures_add(struct view_figures *to, const struct view_figures *from)
{
	bool is_said = from->count != VIEW_COUNT_UNKNOWN;
	bool says_more = to->count == VIEW_COUNT_UNKNOWN || to->count == VIEW_COUNT_FEWER ||
			 (from->count != VIEW_COUNT_FEWER && from->devices > to->devices);

	to->bytes_up += from->bytes_up;
	to->bytes_down += from->bytes_down;
	to->flows += from->flows;
	to->packets += from->packets;
	to->unseen_up += from->unseen_up;
	to->unseen_down += from->unseen_down;
	view_figures_note_ways(to);
	if (is_said && says_more) {
		to->devices = from->devices;
		to->count = from->count;
	}
	if (from->first_ns && (!to->first_ns || from->first_ns < to->first_ns)) {
		to->first_ns = from->first_ns;
	}
	to->last_ns = from->last_ns > to->last_ns ? from->last_ns : to->last_ns;
}

static bool has_text(const struct view_row *row, const struct view_question *question)
{
	for (unsigned i = 0; i < question->by_count; i++) {
		if (strcasestr(row->values[i], question->text)) {
			return true;
		}
	}
	return false;
}

static uint64_t rank_of(const struct view_row *row, enum view_sort sort)
{
	const struct view_figures *total = &row->total;

	switch (sort) {
	case VIEW_SORT_UP:
		return total->bytes_up;
	case VIEW_SORT_DOWN:
		return total->bytes_down;
	case VIEW_SORT_FLOWS:
		return total->flows;
	case VIEW_SORT_DEVICES:
		return total->count == VIEW_COUNT_FEWER ? 0 : total->devices;
	case VIEW_SORT_NAME:
		return 0;
	default:
		return total->bytes_up + total->bytes_down;
	}
}

/* Largest first, then by name; what stands for others comes last. */
static int compare_rows(const void *left, const void *right, void *context)
{
	const struct view_row *a = left, *b = right;
	const struct view_question *question = context;
	uint64_t a_rank = rank_of(a, question->sort), b_rank = rank_of(b, question->sort);
	int order = (int)a->is_remainder - (int)b->is_remainder;

	if (order == 0 && a_rank != b_rank) {
		order = a_rank < b_rank ? 1 : -1;
	}
	for (unsigned i = 0; order == 0 && i < question->by_count; i++) {
		order = strcmp(a->values[i], b->values[i]);
	}
	return order;
}

/* Keeps rows from first on, at most so many. */
static void cut(struct view_answer *answer, size_t first, size_t most)
{
	size_t kept = 0;

	for (size_t i = 0; i < answer->row_count; i++) {
		bool is_kept = i >= first && (most == 0 || kept < most);
		if (is_kept) {
			answer->rows[kept++] = answer->rows[i];
		} else {
			free_row(&answer->rows[i]);
		}
	}
	answer->row_count = kept;
}

static void leave_out(struct view_answer *answer, const struct view_question *question)
{
	size_t kept = 0;

	for (size_t i = 0; i < answer->row_count; i++) {
		bool is_shown = !answer->rows[i].total.is_hidden &&
				(!question->text || has_text(&answer->rows[i], question));
		if (is_shown) {
			answer->rows[kept++] = answer->rows[i];
		} else {
			free_row(&answer->rows[i]);
		}
	}
	answer->row_count = kept;
}

int view_rows_finish(struct view_rows *rows, struct err *err)
{
	struct view_answer *answer = rows->answer;
	const struct view_question *question = rows->question;
	size_t steps = answer->notes.step_count;

	leave_out(answer, question);
	if (answer->row_count > 0) {
		qsort_r(answer->rows, answer->row_count, sizeof(*answer->rows), compare_rows,
			(void *)question);
	}
	answer->all_rows = answer->row_count;
	cut(answer, question->first, question->most);
	rows->is_finished = true;
	hash_table_clear(&rows->table);
	for (size_t i = 0; i < answer->row_count; i++) {
		struct view_row *row = &answer->rows[i];
		struct view_row_key key = { .is_remainder = row->is_remainder };
		memcpy(key.values, row->values, sizeof(key.values));
		row->steps = steps ? calloc(steps, sizeof(*row->steps)) : NULL;
		if ((steps && !row->steps) ||
			!hash_table_put(
				&rows->table, hash_of(&key, question->by_count), (uint32_t)i)) {
			return err_set(err, ENOMEM, "out of memory");
		}
	}
	return 0;
}

void view_rows_deinit(struct view_rows *rows)
{
	hash_table_deinit(&rows->table);
}

void view_answer_free(struct view_answer *answer)
{
	if (answer) {
		for (size_t i = 0; i < answer->row_count; i++) {
			free_row(&answer->rows[i]);
		}
		free(answer->rows);
		free(answer->step_starts_ns);
		free(answer);
	}
}
