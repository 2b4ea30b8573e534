#include "analyzer/detect/detect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/detect/detect_state.h"
#include "base/clock.h"

static bool is_series(const void *items, uint32_t place, const void *key)
{
	const struct detect_series *series = items;
	return series[place].key == *(const uint64_t *)key;
}

int detect_create(struct detect **detect, const struct detect_options *options, struct err *err)
{
	struct detect *created = calloc(1, sizeof(*created));

	if (created) {
		created->options = *options;
		created->series = calloc(options->series_most, sizeof(*created->series));
	}
	if (!created || !created->series) {
		detect_destroy(created);
		return err_set(err, ENOMEM, "no memory to watch %u series", options->series_most);
	}
	budget_init(&created->numbers.budget, options->series, options->weekly);
	*detect = created;
	return 0;
}

void detect_destroy(struct detect *detect)
{
	if (detect) {
		hash_table_deinit(&detect->table);
		free(detect->series);
		free(detect);
	}
}

/* A new series has been looked at, and shown nothing, for as long as we look. */
static struct detect_series *find(struct detect *detect, uint64_t key, uint64_t slot)
{
	uint32_t place = hash_table_find(&detect->table, key, is_series, detect->series, &key);

	if (place != HASH_TABLE_NONE) {
		return &detect->series[place];
	}
	place = detect->numbers.count;
	if (place >= detect->options.series_most || !hash_table_put(&detect->table, key, place)) {
		detect->numbers.unwatched++;
		return NULL;
	}
	struct detect_series *series = &detect->series[detect->numbers.count++];
	series->key = key;
	series->scope = 0;
	series->next_slot = (uint32_t)slot;
	volume_init(&series->volume);
	series->volume.looked_slots = detect->numbers.looked_slots;
	return series;
}

/* Where the slot lies, which is the same for all series of a scope. */
static const struct day_place *place_of(struct detect *detect, unsigned scope, uint64_t slot)
{
	if (detect->place_slot != slot || detect->place_scope != scope || !detect->place_known) {
		calendar_place(detect->options.calendar, scope, slot * SLOT_NS, &detect->place);
		detect->place_slot = slot;
		detect->place_scope = scope;
		detect->place_known = true;
	}
	return &detect->place;
}

static void step(struct detect *detect, struct detect_series *series, uint64_t slot, double value,
	struct volume_reading *reading)
{
	struct budget *budget = &detect->numbers.budget;

	volume_step(
		&series->volume, budget, place_of(detect, series->scope, slot), value, 1, reading);
	series->next_slot = (uint32_t)slot + 1;
	if (reading->score <= 0) {
		return;
	}
	if (reading->height > 0) {
		budget_saw(budget, reading->height, reading->before);
	}
	if (detect->options.told) {
		detect->options.told(detect->options.context, series->key, slot, reading, value);
	}
}

bool detect_feed(struct detect *detect, uint64_t key, unsigned scope, uint64_t slot, double value,
	struct volume_reading *reading)
{
	struct detect_series *series = find(detect, key, slot);

	if (!series || series->next_slot > slot) {
		return false;
	}
	series->scope = scope;
	step(detect, series, slot, value, reading);
	return true;
}

void detect_hold(struct detect *detect, uint64_t key, bool held)
{
	uint32_t place = hash_table_find(&detect->table, key, is_series, detect->series, &key);

	if (place != HASH_TABLE_NONE) {
		detect->series[place].volume.held = held;
	}
}

void detect_end_slot(struct detect *detect, uint64_t slot, bool looked)
{
	struct budget *budget = &detect->numbers.budget;
	struct volume_reading reading;

	for (uint32_t i = 0; i < detect->numbers.count; i++) {
		struct detect_series *series = &detect->series[i];
		if (series->next_slot > slot) {
			continue;
		}
		if (looked) {
			step(detect, series, slot, 0, &reading);
		} else {
			volume_gap(&series->volume, 1);
			series->next_slot = (uint32_t)slot + 1;
		}
	}
	if (looked) {
		budget_watched(budget, detect->numbers.count);
		detect->numbers.looked_slots += detect->numbers.looked_slots < UINT32_MAX;
	}
	if (slot % SLOTS_A_DAY == 0) {
		budget_recalibrate(budget);
	}
}

void detect_skip(struct detect *detect, uint64_t first_slot, uint32_t slots)
{
	uint64_t next = first_slot + slots;

	for (uint32_t i = 0; i < detect->numbers.count; i++) {
		struct detect_series *series = &detect->series[i];
		if (series->next_slot < next) {
			volume_gap(&series->volume, slots);
			series->next_slot = (uint32_t)next;
		}
	}
}

const struct budget *detect_budget(const struct detect *detect)
{
	return &detect->numbers.budget;
}

void detect_set_budget(struct detect *detect, double weekly, double series)
{
	budget_change(&detect->numbers.budget, series, weekly);
}

void detect_set_calendar(struct detect *detect, const struct calendar *calendar)
{
	detect->options.calendar = calendar;
	detect->place_known = false;
}

uint32_t detect_series_count(const struct detect *detect)
{
	return detect->numbers.count;
}

uint64_t detect_unwatched(const struct detect *detect)
{
	return detect->numbers.unwatched;
}
