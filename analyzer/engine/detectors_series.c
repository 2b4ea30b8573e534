/* Series of a slot: lines folded by app and unit, parent country, server country and zone, each up
 * and down; their volume, and one unit against its peers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/engine/detectors_parts.h"
#include "analyzer/record/symbols.h"
#include "base/quick_hash.h"
#include "base/text.h"

static bool is_value(const void *values, uint32_t place, const void *key)
{
	const struct series_value *value = &((const struct series_value *)values)[place];
	return (value->series << 1 | value->is_up) == *(const uint64_t *)key;
}

static bool make_room(struct detectors *detectors)
{
	uint32_t more = detectors->value_room ? 2 * detectors->value_room : 1024;

	if (detectors->value_count < detectors->value_room) {
		return true;
	}
	struct series_value *grown = realloc(detectors->values, more * sizeof(*grown));
	if (grown) {
		detectors->values = grown;
		detectors->value_room = more;
	}
	return grown != NULL;
}

static void add(struct detectors *detectors, uint64_t series, bool is_up, uint64_t bytes)
{
	uint64_t key = series << 1 | is_up;
	uint32_t place;

	if (bytes == 0) {
		return;
	}
	place = hash_table_find(&detectors->value_table, key, is_value, detectors->values, &key);
	if (place != HASH_TABLE_NONE) {
		detectors->values[place].bytes += bytes;
	} else if (make_room(detectors) &&
		   hash_table_put(&detectors->value_table, key, detectors->value_count)) {
		detectors->values[detectors->value_count++] =
			(struct series_value){ .series = series, .is_up = is_up, .bytes = bytes };
	}
}

static void add_line(struct detectors *detectors, const struct slot_line *line)
{
	const struct cell_key *key = &line->key;
	const uint64_t series[] = {
		series_key(DIMENSION_APP_UNIT, cell_named_app(key), key->unit),
		series_key(DIMENSION_PARENT, key->parent_country, 0),
		series_key(DIMENSION_SERVER, key->server_country, 0),
		series_key(DIMENSION_ZONE, key->zone, 0),
	};
	const bool counts[] = { !key->embedded && !key->other, key->parent_country != 0,
		key->server_country != 0, key->zone != GEO_ZONE_UNKNOWN };

	for (unsigned i = 0; i < 4; i++) {
		if (counts[i] && key->direction != RECORD_DIRECTION_EXTERNAL) {
			add(detectors, series[i], true, line->bytes_up);
			add(detectors, series[i], false, line->bytes_down);
		}
	}
}

/* "app-unit tiktok School up", "server CN down": names, which mean the same in every run. */
static void identify(struct series_value *value)
{
	unsigned dimension = series_dimension(value->series);
	uint32_t first = series_first(value->series), second = series_second(value->series);
	struct text text;

	text_init(&text, value->identity, sizeof(value->identity));
	text_printf(&text, "%s ", dimension_name(dimension));
	if (dimension == DIMENSION_APP_UNIT) {
		text_printf(&text, "%s %s",
			first ? symbol_name(SYMBOL_APP, (uint16_t)first) : "unknown",
			symbol_name(SYMBOL_UNIT, (uint16_t)second));
	} else if (dimension == DIMENSION_ZONE) {
		text_put(&text, geo_zone_name(first));
	} else {
		series_put_country(&text, first);
	}
	text_put(&text, value->is_up ? " up" : " down");
	value->key = flow_note_key(value->identity);
}

/* What is most exact first, so that alerts speak of that. */
static int compare_values(const void *left, const void *right)
{
	const struct series_value *a = left, *b = right;
	unsigned one = series_dimension(a->series), other = series_dimension(b->series);

	if (one != other) {
		return one == DIMENSION_APP_UNIT     ? -1
		       : other == DIMENSION_APP_UNIT ? 1
						     : (int)one - (int)other;
	}
	return strcmp(a->identity, b->identity);
}

static void fold(struct detectors *detectors, const struct slot *slot)
{
	detectors->value_count = 0;
	hash_table_clear(&detectors->value_table);
	for (uint32_t i = 0; i < slot->line_count; i++) {
		add_line(detectors, &slot->lines[i]);
	}
	for (uint32_t i = 0; i < detectors->value_count; i++) {
		identify(&detectors->values[i]);
	}
	if (detectors->value_count > 1) {
		qsort(detectors->values, detectors->value_count, sizeof(*detectors->values),
			compare_values);
	}
}

/* The peers of an app: its units. NULL where there is no room for another app. */
static struct peers *find_peers(struct detectors *detectors, uint64_t app)
{
	struct peers *peers = detectors->numbers->peers;

	for (unsigned i = 0; i < DETECTORS_PEERS_MOST; i++) {
		if (peers[i].app == app || peers[i].app == 0) {
			peers[i].app = app;
			return &peers[i];
		}
	}
	return NULL;
}

static unsigned find_member(struct peers *peers, uint64_t key)
{
	unsigned at = 0;

	while (at < peers->count && peers->members[at] != key) {
		at++;
	}
	if (at == peers->count && at < DRIFT_MEMBERS_MOST) {
		peers->members[peers->count++] = key;
	}
	return at;
}

static bool has_peers(const struct series_value *value)
{
	return series_dimension(value->series) == DIMENSION_APP_UNIT && value->is_up &&
	       series_first(value->series) != 0 && series_second(value->series) != 0;
}

static void clear_residuals(struct residuals *residuals)
{
	memset(residuals->values, 0, sizeof(residuals->values));
	for (unsigned i = 0; i < DETECTORS_PEERS_MOST; i++) {
		for (unsigned j = 0; j < DRIFT_MEMBERS_MOST; j++) {
			residuals->of[i][j] = NAN;
		}
	}
}

static void note_residual(
	struct detectors *detectors, struct residuals *residuals, struct series_value *value)
{
	if (!has_peers(value) || isnan(value->reading.residual)) {
		return;
	}
	uint64_t app =
		flow_note_key(symbol_name(SYMBOL_APP, (uint16_t)series_first(value->series)));
	struct peers *peers = find_peers(detectors, app);
	unsigned member = peers ? find_member(peers, value->key) : DRIFT_MEMBERS_MOST;
	if (member < DRIFT_MEMBERS_MOST) {
		size_t at = (size_t)(peers - detectors->numbers->peers);
		residuals->of[at][member] = value->reading.residual;
		residuals->values[at][member] = value;
	}
}

static void step_peers(struct detectors *detectors, const struct residuals *residuals)
{
	double scores[DRIFT_MEMBERS_MOST];
	double threshold = detect_budget(detectors->detect)->threshold;

	for (unsigned i = 0; i < DETECTORS_PEERS_MOST && detectors->numbers->peers[i].app; i++) {
		struct peers *peers = &detectors->numbers->peers[i];
		drift_step(&peers->group, residuals->of[i], peers->count, scores);
		for (unsigned j = 0; j < peers->count; j++) {
			if (residuals->values[i][j]) {
				residuals->values[i][j]->peer_score = scores[j];
				residuals->values[i][j]->peer_run = drift_run(&peers->group, j);
				detect_hold(detectors->detect, peers->members[j],
					drift_is_rising(&peers->group, j));
			}
			if (scores[j] >= threshold) {
				drift_accept(&peers->group, j); /* told now, or with the next one */
			}
		}
	}
}

void detectors_end_peers(struct detectors *detectors)
{
	float nothing[DRIFT_MEMBERS_MOST];

	for (unsigned i = 0; i < DRIFT_MEMBERS_MOST; i++) {
		nothing[i] = NAN;
	}
	for (unsigned i = 0; i < DETECTORS_PEERS_MOST && detectors->numbers->peers[i].app; i++) {
		struct peers *peers = &detectors->numbers->peers[i];
		drift_step(&peers->group, nothing, peers->count, NULL);
	}
}

static unsigned scope_of(const struct detectors *detectors, const struct series_value *value)
{
	uint32_t unit = series_second(value->series);

	return series_dimension(value->series) == DIMENSION_APP_UNIT && unit
		       ? calendar_scope(
				 detectors->calendar, symbol_name(SYMBOL_UNIT, (uint16_t)unit))
		       : 0;
}

void detectors_judge_series(struct detectors *detectors, const struct slot *slot)
{
	struct residuals *residuals = &detectors->residuals;

	fold(detectors, slot);
	clear_residuals(residuals);
	for (uint32_t i = 0; i < detectors->value_count; i++) {
		struct series_value *value = &detectors->values[i];
		value->reading.residual = NAN;
		if (detect_feed(detectors->detect, value->key, scope_of(detectors, value),
			    slot->number, (double)value->bytes, &value->reading)) {
			note_residual(detectors, residuals, value);
		}
	}
	step_peers(detectors, residuals);
	for (uint32_t i = 0; i < detectors->value_count; i++) {
		detectors_raise_series(detectors, slot, &detectors->values[i]);
	}
}
