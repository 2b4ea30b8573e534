#include "analyzer/view/view_readings.h"

#include <string.h>

#include "base/clock.h"

#define BIT(by) (UINT32_C(1) << VIEW_BY_##by)
#define LONG_NS (3600 * NS_PER_S)
#define COURSE  (BIT(ZONE) | BIT(CONTROL) | BIT(DIRECTION))

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

struct reading *readings_find(struct readings *readings, const struct reading_source *source,
	const struct reading_ends *ends, const struct view_question *question)
{
	bool has_steps = question->step_ns || source->is_by_day;
	uint32_t asked = fields_of(question);

	for (unsigned i = 0; i < READINGS_MAX; i++) {
		struct reading *reading = &readings->items[i];
		if (reading->series && (asked & ~reading->fields) == 0 &&
			(!has_steps || (asked & ~reading->series_fields) == 0) &&
			memcmp(&reading->source, source, sizeof(*source)) == 0 &&
			is_fresh(readings, reading, ends)) {
			reading->used = ++readings->uses;
			return reading;
		}
	}
	return NULL;
}

/* Every page has a series by zone and control; what else is asked of the period as a whole may be
 * by anything. */
static void choose_fields(struct reading *reading, const struct view_question *question)
{
	uint32_t asked = fields_of(question) | COURSE | reading->source.fields;
	bool is_whole = !question->step_ns && !reading->source.is_by_day && asked != COURSE;

	reading->fields = is_whole ? READING_EVERY_FIELD : asked;
	reading->series_fields = is_whole ? COURSE : asked;
}

/* Large ones give way to each other, so that they never are many. */
static struct reading *make_room(struct readings *readings, bool is_large)
{
	struct reading *oldest = &readings->items[0], *oldest_large = NULL;
	unsigned large = 0;

	for (unsigned i = 0; i < READINGS_MAX; i++) {
		struct reading *reading = &readings->items[i];
		bool is_one = reading->series && reading->fields == READING_EVERY_FIELD;
		oldest = reading->used < oldest->used ? reading : oldest;
		large += is_one;
		if (is_one && (!oldest_large || reading->used < oldest_large->used)) {
			oldest_large = reading;
		}
	}
	struct reading *room = is_large && large >= READINGS_LARGE_MAX ? oldest_large : oldest;
	reading_forget(room);
	return room;
}

struct reading *readings_begin(struct readings *readings, const struct reading_source *source,
	const struct reading_ends *ends, const struct view_question *question)
{
	const struct rollup_options hours = { source->slot_ns, READING_CELLS_MAX };
	const struct rollup_options whole = { 0, READING_CELLS_MAX };
	struct reading made = { .source = *source,
		.ends = *ends,
		.read_ns = clock_monotonic_ns(),
		.notes = { .has_flows = true },
		.first_ns = UINT64_MAX };

	choose_fields(&made, question);
	struct reading *reading = make_room(readings, made.fields == READING_EVERY_FIELD);
	*reading = made;
	reading->series = rollup_create(&hours);
	reading->whole = source->is_by_day ? NULL : rollup_create(&whole);
	if (!reading->series || (!reading->whole && !source->is_by_day)) {
		reading_forget(reading);
		return NULL;
	}
	reading->used = ++readings->uses;
	return reading;
}

void reading_forget(struct reading *reading)
{
	rollup_destroy(reading->series);
	rollup_destroy(reading->whole);
	reading->series = reading->whole = NULL;
	reading->used = 0;
}

void readings_deinit(struct readings *readings)
{
	for (unsigned i = 0; i < READINGS_MAX; i++) {
		reading_forget(&readings->items[i]);
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
	key->unit = fields & BIT(UNIT) ? all.unit : 0;
	key->class_ = fields & BIT(CLASS) ? all.class_ : 0;
	key->server_country = fields & BIT(SERVER) ? all.server_country : 0;
	key->parent_country = fields & BIT(PARENT) ? all.parent_country : 0;
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

void reading_finish(struct reading *reading)
{
	struct rollup_stats series, whole = { 0 };

	rollup_read_stats(reading->series, &series);
	if (reading->whole) {
		rollup_read_stats(reading->whole, &whole);
	}
	reading->notes.left_out =
		reading->whole ? whole.other + whole.lost : series.other + series.lost;
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
