/* The analysis of this process: cells as they were made, in slots of five minutes.
 *
 * A file's are all kept, up to CELLS_MAX. A live sensor keeps slots for two hours and hours for two
 * days, each in a pair of rollups of which the older one is given up when a third is needed. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "analyzer/rollup/rollup.h"
#include "analyzer/view/view_parts.h"
#include "base/clock.h"

#define HOUR_NS (3600 * NS_PER_S)

enum { CELLS_MAX = 1 << 18, LIVE_CELLS_MAX = 1 << 15 };

/* Cells of the last two stretches of time. */
struct pair {
	uint64_t slot_ns, stretch_ns;
	uint64_t stretch[2]; /* its number; 0: empty */
	struct rollup *rollups[2];
};

struct view_backend {
	bool is_live;
	pthread_mutex_t mutex; /* guards the rollups */
	struct rollup *all;    /* of a file */
	struct pair slots, hours;
	struct rollup *read; /* what the last question was given */
};

static void analysis_close(struct view_backend *analysis)
{
	rollup_destroy(analysis->all);
	for (unsigned i = 0; i < 2; i++) {
		rollup_destroy(analysis->slots.rollups[i]);
		rollup_destroy(analysis->hours.rollups[i]);
	}
	rollup_destroy(analysis->read);
	pthread_mutex_destroy(&analysis->mutex);
	free(analysis);
}

static bool make_pair(struct pair *pair, uint64_t slot_ns, uint64_t stretch_ns)
{
	const struct rollup_options options = { .slot_ns = slot_ns, .cells_max = LIVE_CELLS_MAX };

	*pair = (struct pair){ .slot_ns = slot_ns, .stretch_ns = stretch_ns };
	pair->rollups[0] = rollup_create(&options);
	pair->rollups[1] = rollup_create(&options);
	return pair->rollups[0] && pair->rollups[1];
}

/* The rollup of a stretch; a later one than both takes the older one's place. NULL: too old. */
static struct rollup *stretch_of(struct pair *pair, uint64_t time_ns)
{
	uint64_t stretch = time_ns / pair->stretch_ns;
	unsigned older = pair->stretch[0] > pair->stretch[1];

	for (unsigned i = 0; i < 2; i++) {
		if (pair->stretch[i] == stretch) {
			return pair->rollups[i];
		}
	}
	if (stretch < pair->stretch[older]) {
		return NULL;
	}
	rollup_clear(pair->rollups[older]);
	pair->stretch[older] = stretch;
	return pair->rollups[older];
}

static void take_live(struct pair *pair, const struct cell *cell)
{
	struct rollup *rollup = stretch_of(pair, cell->key.slot * SLOT_NS);

	if (rollup) {
		rollup_merge(rollup, cell, 1);
	}
}

void view_take(struct view *view, const struct cell *cells, size_t count)
{
	struct view_backend *analysis = view->backend;

	pthread_mutex_lock(&analysis->mutex);
	if (!analysis->is_live) {
		rollup_merge(analysis->all, cells, count);
	}
	for (size_t i = 0; analysis->is_live && i < count; i++) {
		take_live(&analysis->slots, &cells[i]);
		take_live(&analysis->hours, &cells[i]);
	}
	pthread_mutex_unlock(&analysis->mutex);
}

static void merge_into(struct rollup *to, const struct rollup *from,
	const struct view_question *question, uint64_t slot_ns)
{
	size_t count;
	const struct cell *cells = rollup_cells(from, &count);

	for (size_t i = 0; i < count; i++) {
		uint64_t time_ns = cells[i].key.slot * slot_ns;
		if (time_ns >= question->from_ns &&
			(question->to_ns == 0 || time_ns < question->to_ns)) {
			rollup_merge(to, &cells[i], 1);
		}
	}
}

/* From when on everything is in a pair. */
static uint64_t kept_from(const struct pair *pair)
{
	uint64_t first = pair->stretch[0] < pair->stretch[1] ? pair->stretch[0] : pair->stretch[1];
	uint64_t last = pair->stretch[0] + pair->stretch[1] - first;

	return (first + 1 == last ? first : last) * pair->stretch_ns;
}

/* Slots where they reach far enough back, else hours. */
static const struct pair *choose(
	const struct view_backend *analysis, const struct view_question *question)
{
	const struct pair *slots = &analysis->slots;
	bool is_whole = question->from_ns % HOUR_NS == 0 && question->step_ns % HOUR_NS == 0;

	return question->from_ns >= kept_from(slots) || !is_whole ? slots : &analysis->hours;
}

static int analysis_read_cells(struct view_backend *analysis, const struct view_question *question,
	struct view_cells *cells, struct view_notes *notes, struct err *err)
{
	struct rollup_stats stats;

	pthread_mutex_lock(&analysis->mutex);
	const struct pair *pair = analysis->is_live ? choose(analysis, question) : NULL;
	cells->slot_ns = pair ? pair->slot_ns : SLOT_NS;
	const struct rollup_options options = { .slot_ns = cells->slot_ns, .cells_max = CELLS_MAX };
	rollup_destroy(analysis->read);
	analysis->read = rollup_create(&options);
	for (unsigned i = 0; analysis->read && pair && i < 2; i++) {
		merge_into(analysis->read, pair->rollups[i], question, pair->slot_ns);
		rollup_read_stats(pair->rollups[i], &stats);
		notes->left_out += stats.other + stats.lost;
	}
	if (analysis->read && !pair) {
		merge_into(analysis->read, analysis->all, question, SLOT_NS);
		rollup_read_stats(analysis->all, &stats);
		notes->left_out += stats.other + stats.lost;
	}
	notes->kept_from_ns = pair ? kept_from(pair) : 0;
	notes->has_flows = true;
	pthread_mutex_unlock(&analysis->mutex);
	if (!analysis->read) {
		return err_set(err, ENOMEM, "out of memory");
	}
	cells->cells = rollup_cells(analysis->read, &cells->count);
	return 0;
}

static const struct view_ops analysis_ops = {
	.read_cells = analysis_read_cells,
	.close = analysis_close,
};

int view_open_analysis(struct view **view, bool live, struct err *err)
{
	const struct rollup_options options = { .slot_ns = SLOT_NS, .cells_max = CELLS_MAX };
	struct view_backend *analysis = calloc(1, sizeof(*analysis));
	bool is_made = analysis != NULL;

	*view = NULL;
	if (is_made) {
		pthread_mutex_init(&analysis->mutex, NULL);
		analysis->is_live = live;
		analysis->all = live ? NULL : rollup_create(&options);
		is_made = live ? make_pair(&analysis->slots, SLOT_NS, HOUR_NS) &&
					  make_pair(&analysis->hours, HOUR_NS, 24 * HOUR_NS)
			       : analysis->all != NULL;
	}
	if (!is_made) {
		if (analysis) {
			analysis_close(analysis);
		}
		return err_set(err, ENOMEM, "out of memory");
	}
	return view_create(view, &analysis_ops, analysis, "this analysis", err);
}
