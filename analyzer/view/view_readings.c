#include "analyzer/view/view_readings.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define BIT(by) (UINT32_C(1) << VIEW_BY_##by)
#define LONG_NS (3600 * NS_PER_S)
#define COURSE  (BIT(ZONE) | BIT(CONTROL) | BIT(DIRECTION))

struct readings {
	pthread_mutex_t lock; /* guards all of it, but for the cells of readings */
	pthread_cond_t has_changed;
	unsigned owners, under_way;
	struct reading items[READINGS_MAX];
	uint64_t uses;
	uint64_t stale_ns; /* as view_archive_options has it */
};

struct readings *readings_create(uint64_t stale_ns)
{
	struct readings *readings = calloc(1, sizeof(*readings));

	if (readings) {
		pthread_mutex_init(&readings->lock, NULL);
		pthread_cond_init(&readings->has_changed, NULL);
		readings->owners = 1;
		readings->stale_ns = stale_ns;
	}
	return readings;
}

struct readings *readings_share(struct readings *readings)
{
	pthread_mutex_lock(&readings->lock);
	readings->owners++;
	pthread_mutex_unlock(&readings->lock);
	return readings;
}

static void forget(struct reading *reading)
{
	rollup_destroy(reading->series);
	rollup_destroy(reading->whole);
	*reading = (struct reading){ .used = 0 };
}

void readings_release(struct readings *readings)
{
	if (!readings) {
		return;
	}
	pthread_mutex_lock(&readings->lock);
	bool is_last = --readings->owners == 0;
	pthread_mutex_unlock(&readings->lock);
	for (unsigned i = 0; i < READINGS_MAX && is_last; i++) {
		forget(&readings->items[i]);
	}
	if (is_last) {
		pthread_cond_destroy(&readings->has_changed);
		pthread_mutex_destroy(&readings->lock);
		free(readings);
	}
}

static uint32_t fields_of(const struct view_question *question)
{
	uint32_t asked = 0;

	for (unsigned i = 0; i < question->by_count; i++) {
		asked |= UINT32_C(1) << question->by[i];
	}
	for (unsigned i = 0; i < question->filter_count; i++) {
		asked |= UINT32_C(1) << question->filters[i].by;
	}
	return asked;
}

/* Of a time that is long over little comes later. */
static bool is_fresh(const struct readings *readings, const struct reading *reading,
	const struct reading_ends *ends)
{
	uint64_t to_ns = reading->source.to_ns;
	bool is_over = to_ns && to_ns + VIEW_DAY_NS < clock_now_ns();
	uint64_t bearable_ns = is_over && readings->stale_ns ? LONG_NS : readings->stale_ns;

	return memcmp(&reading->ends, ends, sizeof(*ends)) == 0 ||
	       clock_monotonic_ns() - reading->read_ns < bearable_ns;
}

static bool can_answer(const struct reading *reading, const struct reading_source *source,
	const struct view_question *question)
{
	bool has_steps = question->step_ns || source->is_by_day;
	uint32_t asked = fields_of(question);

	return reading->series && (asked & ~reading->fields) == 0 &&
	       (!has_steps || (asked & ~reading->series_fields) == 0) &&
	       memcmp(&reading->source, source, sizeof(*source)) == 0;
}

/* Every page has a series by zone and control; what else is asked of the period as a whole may be
 * by anything. */
static bool is_of_everything(
	const struct reading_source *source, const struct view_question *question)
{
	uint32_t asked = fields_of(question) | COURSE | source->fields;

	return !question->step_ns && !source->is_by_day && asked != COURSE;
}

static void choose_fields(struct reading *reading, const struct view_question *question)
{
	uint32_t asked = fields_of(question) | COURSE | reading->source.fields;
	bool is_whole = is_of_everything(&reading->source, question);

	reading->fields = is_whole ? READING_EVERY_FIELD : asked;
	reading->series_fields = is_whole ? COURSE : asked;
}

/* The one that was asked for longest ago of those that nobody holds. Large ones give way to each
 * other, so that they never are many. NULL: all are held. */
static struct reading *make_room(struct readings *readings, bool is_large)
{
	struct reading *oldest = NULL, *oldest_large = NULL;
	unsigned large = 0;

	for (unsigned i = 0; i < READINGS_MAX; i++) {
		struct reading *reading = &readings->items[i];
		bool is_one = reading->series && reading->fields == READING_EVERY_FIELD;
		large += is_one;
		if (reading->holders > 0) {
			continue;
		}
		oldest = !oldest || reading->used < oldest->used ? reading : oldest;
		if (is_one && (!oldest_large || reading->used < oldest_large->used)) {
			oldest_large = reading;
		}
	}
	struct reading *room =
		is_large && large >= READINGS_LARGE_MAX && oldest_large ? oldest_large : oldest;
	if (room) {
		forget(room);
	}
	return room;
}

static bool begin(struct reading *reading, const struct reading_source *source,
	const struct reading_ends *ends, const struct view_question *question)
{
	const struct rollup_options hours = { source->slot_ns, READING_CELLS_MAX };
	const struct rollup_options whole = { 0, READING_CELLS_MAX };

	*reading = (struct reading){ .source = *source,
		.ends = *ends,
		.read_ns = clock_monotonic_ns(),
		.notes = { .has_flows = true },
		.first_ns = UINT64_MAX };
	choose_fields(reading, question);
	reading->series = rollup_create(&hours);
	reading->whole = source->is_by_day ? NULL : rollup_create(&whole);
	if (!reading->series || (!reading->whole && !source->is_by_day)) {
		forget(reading);
		return false;
	}
	return true;
}

/* The latest that is made, and whether one is being made. */
static struct reading *find_made(struct readings *readings, const struct reading_source *source,
	const struct view_question *question, bool *is_awaited)
{
	struct reading *made = NULL;

	*is_awaited = false;
	for (unsigned i = 0; i < READINGS_MAX; i++) {
		struct reading *reading = &readings->items[i];
		if (!can_answer(reading, source, question)) {
			continue;
		}
		*is_awaited |= !reading->is_made;
		if (reading->is_made && (!made || reading->read_ns > made->read_ns)) {
			made = reading;
		}
	}
	return made;
}

struct reading *readings_take(struct readings *readings, const struct reading_source *source,
	const struct reading_ends *ends, const struct view_question *question)
{
	struct reading *reading;
	bool is_awaited, is_lacking = false;

	pthread_mutex_lock(&readings->lock);
	for (;;) {
		reading = find_made(readings, source, question, &is_awaited);
		bool bears_age = is_awaited && readings->stale_ns > 0;
		if (reading && (bears_age || is_fresh(readings, reading, ends))) {
			break;
		}
		bool may_begin = !is_awaited && readings->under_way < READINGS_AT_ONCE;
		reading =
			may_begin ? make_room(readings, is_of_everything(source, question)) : NULL;
		if (reading) {
			is_lacking = !begin(reading, source, ends, question);
			readings->under_way += !is_lacking;
			break;
		}
		pthread_cond_wait(&readings->has_changed, &readings->lock);
	}
	if (!is_lacking) {
		reading->holders++;
		reading->used = ++readings->uses;
	}
	pthread_mutex_unlock(&readings->lock);
	return is_lacking ? NULL : reading;
}

/* What it takes the place of. */
static void forget_older(struct readings *readings, const struct reading *newer)
{
	for (unsigned i = 0; i < READINGS_MAX; i++) {
		struct reading *reading = &readings->items[i];
		if (reading != newer && reading->is_made && reading->holders == 0 &&
			reading->fields == newer->fields &&
			reading->series_fields == newer->series_fields &&
			memcmp(&reading->source, &newer->source, sizeof(newer->source)) == 0) {
			forget(reading);
		}
	}
}

void readings_settle(struct readings *readings, struct reading *reading, bool is_whole)
{
	struct rollup_stats series, whole = { 0 };

	rollup_read_stats(reading->series, &series);
	if (reading->whole) {
		rollup_read_stats(reading->whole, &whole);
	}
	reading->notes.left_out =
		reading->whole ? whole.other + whole.lost : series.other + series.lost;
	pthread_mutex_lock(&readings->lock);
	readings->under_way--;
	if (is_whole) {
		reading->is_made = true;
		forget_older(readings, reading);
	} else {
		rollup_destroy(reading->series);
		rollup_destroy(reading->whole);
		reading->series = reading->whole = NULL;
	}
	pthread_cond_broadcast(&readings->has_changed);
	pthread_mutex_unlock(&readings->lock);
}

void readings_give(struct readings *readings, struct reading *reading)
{
	if (reading) {
		pthread_mutex_lock(&readings->lock);
		reading->holders--;
		pthread_cond_broadcast(&readings->has_changed);
		pthread_mutex_unlock(&readings->lock);
	}
}

/* What a field's bit does not keep is as if it were not known. */
static void keep_fields(struct cell_key *key, uint32_t fields)
{
	const struct cell_key all = *key;
	const bool has_app = (fields & (BIT(APP) | BIT(INFERRED))) != 0;

	*key = (struct cell_key){ .slot = all.slot, .tenant = all.tenant, .other = all.other };
	key->app = has_app ? all.app : 0;
	key->inferred = has_app && all.inferred;
	key->embedded = has_app && all.embedded;
	key->unit = fields & BIT(UNIT) ? all.unit : 0;
	key->class_ = fields & BIT(CLASS) ? all.class_ : 0;
	key->server_country = fields & BIT(SERVER) ? all.server_country : 0;
	key->parent_country = fields & BIT(PARENT) ? cell_parent(&all) : 0;
	key->zone = fields & BIT(ZONE) ? all.zone : 0;
	key->control = fields & BIT(CONTROL) ? all.control : 0;
	key->rule = fields & BIT(RULE) ? all.rule : 0;
	key->action = fields & BIT(ACTION) ? all.action : 0;
	key->verdict = fields & BIT(VERDICT) ? all.verdict : 0;
	key->exception = fields & BIT(EXCEPTION) ? all.exception : 0;
	key->block = fields & BIT(BLOCK) ? all.block : 0;
	key->hidden = fields & BIT(HIDDEN) ? all.hidden : 0;
	key->direction = fields & BIT(DIRECTION) ? all.direction : 0;
	key->via = fields & BIT(VIA) ? all.via : 0;
	key->protocol = fields & BIT(PROTOCOL) ? all.protocol : 0;
}

/* When a cell is of: slot 0 is of no time. */
static uint64_t time_of(const struct reading *reading, const struct cell *cell)
{
	uint64_t slot_ns = reading->source.slot_ns;

	return cell->key.slot ? cell->sums.first_ns / slot_ns * slot_ns : 0;
}

/* The cell's devices stay whose they are. */
static void merge(struct rollup *rollup, const struct cell *cell, uint32_t fields, bool has_devices)
{
	struct cell one = { .key = cell->key, .sums = cell->sums };

	if (has_devices) {
		one.devices = cell->devices;
	}
	keep_fields(&one.key, fields);
	rollup_merge(rollup, &one, 1);
}

void reading_add(struct reading *reading, const struct cell *cell)
{
	const struct reading_source *source = &reading->source;
	uint64_t time_ns = time_of(reading, cell), end_ns = time_ns + source->slot_ns;

	if (time_ns < source->from_ns || (source->to_ns && time_ns >= source->to_ns)) {
		return;
	}
	reading->first_ns = time_ns < reading->first_ns ? time_ns : reading->first_ns;
	reading->end_ns = end_ns > reading->end_ns ? end_ns : reading->end_ns;
	reading->as_of_ns =
		cell->sums.last_ns > reading->as_of_ns ? cell->sums.last_ns : reading->as_of_ns;
	merge(reading->series, cell, reading->series_fields, source->is_by_day);
	if (reading->whole) {
		merge(reading->whole, cell, reading->fields, true);
	}
}

void reading_cells(const struct reading *reading, struct view_cells *cells)
{
	bool is_flat = reading->whole != NULL;

	*cells = (struct view_cells){ .slot_ns = is_flat ? 0 : reading->source.slot_ns,
		.series_slot_ns = is_flat ? reading->source.slot_ns : 0,
		.first_ns = reading->first_ns,
		.end_ns = reading->end_ns,
		.as_of_ns = reading->as_of_ns };
	cells->cells = rollup_cells(is_flat ? reading->whole : reading->series, &cells->count);
	if (is_flat) {
		cells->series = rollup_cells(reading->series, &cells->series_count);
	}
}
