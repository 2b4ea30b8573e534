/* Cells added up by the values of a question. */
#include "analyzer/view/view_parts.h"
#include "base/local_time.h"
#include "base/quick_hash.h"

enum { ROWS_MOST = 1 << 20 };

static bool is_row(const void *rows, uint32_t place, const void *wanted)
{
	const struct view_fold_row *row = &((const struct view_fold_row *)rows)[place];
	const struct view_fold_row *other = wanted;

	return __builtin_memcmp(row->values, other->values, sizeof(row->values)) == 0 &&
	       row->step == other->step;
}

static struct view_fold_row *find_row(struct view_fold *fold, const struct view_fold_row *wanted)
{
	uint64_t hash = quick_hash(0, wanted->step);

	for (unsigned i = 0; i < VIEW_BY_MAX; i++) {
		hash = quick_hash(hash, wanted->values[i]);
	}
	return keyed_list_row(&fold->rows, sizeof(*wanted), hash, is_row, wanted);
}

/* Which row a cell belongs to; false: to none. */
static bool row_of(const struct view_question *question, const struct cell_key *key,
	struct view_fold_row *wanted)
{
	*wanted = (struct view_fold_row){ .step = 0 };
	cell_sums_init(&wanted->sums);
	for (unsigned i = 0; i < question->by_count; i++) {
		if (!view_value_of(question->by[i], key, &wanted->values[i])) {
			return false;
		}
	}
	return true;
}

uint32_t view_step_of(const struct view_steps *steps, uint64_t time_ns)
{
	if (steps->step_ns == VIEW_DAY_NS) {
		return (uint32_t)(local_day_of(steps->zone, time_ns).number -
				  local_day_of(steps->zone, steps->from_ns).number);
	}
	return steps->step_ns ? (uint32_t)((time_ns - steps->from_ns) / steps->step_ns) : 0;
}

void view_fold_cells(struct view_fold *fold, const struct view_question *question,
	const struct view_match *match, const struct view_cells *cells,
	const struct view_span *span, const struct view_steps *steps)
{
	fold->rows.most = ROWS_MOST;
	for (size_t i = 0; i < cells->count; i++) {
		const struct cell *cell = &cells->cells[i];
		uint64_t time_ns = cell->key.slot * cells->slot_ns;
		struct view_fold_row wanted, *row;
		bool is_in_time =
			cells->slot_ns == 0 || (time_ns >= span->from_ns && time_ns < span->to_ns);
		if (!is_in_time || !view_matches_cell(match, &cell->key) ||
			!row_of(question, &cell->key, &wanted)) {
			continue;
		}
		wanted.step = steps ? view_step_of(steps, time_ns) : 0;
		row = find_row(fold, &wanted);
		if (row) {
			cell_sums_merge(&row->sums, &cell->sums);
			devices_merge(&row->devices, &cell->devices);
			row->lacks_devices |= cell_lacks_devices(cell) || cell->devices.is_floor;
		} else {
			fold->lost++;
		}
	}
}

void view_fold_deinit(struct view_fold *fold)
{
	struct view_fold_row *rows = fold->rows.rows;

	for (uint32_t i = 0; i < fold->rows.count; i++) {
		devices_deinit(&rows[i].devices);
	}
	keyed_list_deinit(&fold->rows);
}
