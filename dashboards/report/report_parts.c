/* What is said of units, protected (protect.h). */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/residual.h"
#include "analyzer/record/symbols.h"
#include "base/hash_table.h"
#include "base/quick_hash.h"
#include "dashboards/report/report_model.h"
#include "dashboards/report/report_parts.h"

const char *report_model_unit(uint16_t unit, const char *other)
{
	return unit == REPORT_OTHER_PARTS ? other : symbol_name(SYMBOL_UNIT, unit);
}

const char *report_model_class(uint16_t class_, const char *other)
{
	return class_ == REPORT_OTHER_PARTS ? other : symbol_name(SYMBOL_CLASS, class_);
}

static void floor_count(const struct report_model *model, struct overview_row *row)
{
	row->devices = protect_floor(model->group_minimum, row->devices);
	row->devices_at_least = model->group_minimum > 0;
}

static struct protected_figure figure_of(const struct overview_row *row)
{
	return (struct protected_figure){ row->bytes_up + row->bytes_down, row->set, row->devices };
}

/* The devices behind a row that stands for several. */
static void unite(struct devices *devices, const struct overview_row *row)
{
	if (row->set) {
		devices_merge(devices, row->set);
	}
}

static void set_count(struct overview_row *row, struct devices *devices)
{
	row->devices = devices_count(devices);
	row->devices_estimated = devices_is_estimated(devices);
	row->set = NULL;
	devices_deinit(devices);
}

static bool is_in_line(const void *list, uint32_t place, const void *key)
{
	const struct part_rows *rows = list;

	return rows->line_key(rows->rows + place * rows->row_bytes) == *(const uint64_t *)key;
}

/* The number of a line is the place of its first row. */
uint32_t part_line_of(struct hash_table *lines, const struct part_rows *list, uint32_t place)
{
	uint64_t key = list->line_key(list->rows + place * list->row_bytes);
	uint64_t hash = quick_hash(0, key);
	uint32_t line = hash_table_find(lines, hash, is_in_line, list, &key);

	if (line == HASH_TABLE_NONE) {
		hash_table_put(lines, hash, place);
		line = place;
	}
	return line;
}

static struct protected_part *parts_of(const struct part_rows *list)
{
	struct protected_part *parts = calloc(list->count + 1, sizeof(*parts));
	struct hash_table lines = { 0 };

	for (size_t i = 0; parts && i < list->count; i++) {
		parts[i] = (struct protected_part){
			.lines = { part_line_of(&lines, list, (uint32_t)i), PROTECT_NO_LINE },
			.figures = { figure_of(part_total(list, i)) },
			.lot = protect_lot(symbol_name(
				list->kind, part_at(list, list->rows + i * list->row_bytes))),
		};
	}
	hash_table_deinit(&lines);
	return parts;
}

/* Hidden rows of a line become one. */
struct rest {
	size_t place; /* in the list made, + 1; 0: none yet */
	struct devices devices, hidden;
};

/* Leaves the rows that are shown, and those that stand for others; how many. In place: a row that
 * is kept never stands behind where it stood. */
static size_t merge_hidden(
	struct part_rows *list, const struct protected_part *parts, struct rest *rests)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct rest *rest = parts[i].is_hidden ? &rests[parts[i].lines[0]] : NULL;
		char *row = list->rows + i * list->row_bytes;
		if (rest) {
			unite(&rest->devices, part_total(list, i));
		}
		if (rest && rest->place) {
			report_model_add_row(
				part_total(list, rest->place - 1), part_total(list, i));
			continue;
		}
		memmove(list->rows + kept * list->row_bytes, row, list->row_bytes);
		if (rest) {
			memset(list->rows + kept * list->row_bytes + list->part_at, 0xff,
				sizeof(uint16_t));
			rest->place = kept + 1;
		}
		kept++;
	}
	for (size_t i = 0; i < list->count; i++) {
		if (rests[i].place) {
			set_count(part_total(list, rests[i].place - 1), &rests[i].devices);
		}
	}
	return kept;
}

/* Out of memory leaves nothing. */
static size_t protect_rows(const struct report_model *model, struct part_rows *list)
{
	if (model->group_minimum == 0) {
		return list->count;
	}
	if (model->shown) {
		return part_rows_by_days(model, list);
	}
	struct protected_part *parts = parts_of(list);
	struct rest *rests = calloc(list->count + 1, sizeof(*rests)); /* by line */
	size_t kept = 0;
	if (parts && rests) {
		protect_parts(model->group_minimum, parts, list->count);
		kept = merge_hidden(list, parts, rests);
		for (size_t i = 0; i < kept; i++) {
			floor_count(model, part_total(list, i));
		}
	}
	free(parts);
	free(rests);
	return kept;
}

static void *copy_rows(const void *rows, size_t count, size_t row_bytes)
{
	char *copy = calloc(count + 1, row_bytes);

	if (copy && count) {
		memcpy(copy, rows, count * row_bytes);
	}
	return copy;
}

static uint64_t line_of_rule(const void *row)
{
	const struct overview_rule *rule = row;

	return (uint64_t)rule->rule << 32 | (uint64_t)rule->app << 16 |
	       (uint64_t)rule->action << 12 | (uint64_t)rule->verdict << 8 |
	       (uint64_t)rule->inferred << 7 | rule->block;
}

static void put_rule_key(void *row, const struct cell_key *key)
{
	*(struct overview_rule *)row = (struct overview_rule){ .rule = key->rule,
		.unit = key->unit,
		.app = key->app,
		.inferred = key->inferred,
		.action = key->action,
		.verdict = key->verdict,
		.block = key->block };
}

size_t report_model_rules(const struct report_model *model, struct overview_rule **rules)
{
	const struct overview_rule *rows;
	size_t count = overview_rules(model->overview, &rows);

	*rules = copy_rows(rows, count, sizeof(*rows));
	struct part_rows list = { (char *)*rules, *rules ? count : 0, sizeof(*rows),
		offsetof(struct overview_rule, unit), offsetof(struct overview_rule, total),
		line_of_rule, SYMBOL_UNIT, DAY_TABLE_UNIT_VERDICT, put_rule_key };
	count = protect_rows(model, &list);
	*rules = (void *)list.rows;
	return count;
}

static uint64_t line_of_verdict(const void *row)
{
	const struct overview_verdict *verdict = row;

	return (uint64_t)verdict->exception << 24 | (uint64_t)verdict->verdict << 16 |
	       (uint64_t)verdict->action << 8 | verdict->block;
}

static void put_verdict_key(void *row, const struct cell_key *key)
{
	*(struct overview_verdict *)row = (struct overview_verdict){ .class_ = key->class_,
		.exception = key->exception,
		.verdict = key->verdict,
		.action = key->action,
		.block = key->block };
}

size_t report_model_verdicts(
	const struct report_model *model, bool by_class, struct overview_verdict **verdicts)
{
	const struct overview_verdict *rows;
	size_t count = overview_verdicts(model->overview, by_class, &rows);

	*verdicts = copy_rows(rows, count, sizeof(*rows));
	struct part_rows list = { (char *)*verdicts, *verdicts ? count : 0, sizeof(*rows),
		offsetof(struct overview_verdict, class_), offsetof(struct overview_verdict, total),
		line_of_verdict, SYMBOL_CLASS, DAY_TABLE_CLASS_VERDICT, put_verdict_key };
	count = by_class ? protect_rows(model, &list) : list.count;
	*verdicts = (void *)list.rows;
	return count;
}

static void add_attempt(struct attempt_row *to, const struct attempt_row *from)
{
	to->count += from->count;
	for (unsigned i = 0; i < ATTEMPT_OUTCOME_COUNT; i++) {
		to->outcomes[i] += from->outcomes[i];
	}
	for (unsigned i = 0; i < from->devices && to->devices < ATTEMPT_DEVICES_MAX; i++) {
		bool is_known = false;
		for (unsigned j = 0; j < to->devices; j++) {
			is_known |= to->device_hashes[j] == from->device_hashes[i];
		}
		if (!is_known) {
			to->device_hashes[to->devices++] = from->device_hashes[i];
		}
	}
}

/* Of attempts the sets of devices have no bytes: only how many there are is known. */
static size_t protect_attempts(
	const struct report_model *model, struct attempt_row *rows, size_t count)
{
	struct protected_part *parts = calloc(count + 1, sizeof(*parts));
	size_t *rests = calloc(symbol_highest(SYMBOL_RULE) + 1, sizeof(*rests)), kept = 0;

	for (size_t i = 0; parts && i < count; i++) {
		parts[i] = (struct protected_part){ .lines = { rows[i].rule, PROTECT_NO_LINE },
			.figures = { { rows[i].count, NULL, rows[i].devices } },
			.lot = protect_lot(symbol_name(SYMBOL_UNIT, rows[i].unit)),
			.is_hidden =
				model->shown && !part_is_whole(model, rows[i].rule, rows[i].unit) };
	}
	protect_parts(model->group_minimum, parts, parts && rests ? count : 0);
	for (size_t i = 0; parts && rests && i < count; i++) {
		size_t *rest = parts[i].is_hidden ? &rests[rows[i].rule] : NULL;
		if (rest && *rest) {
			add_attempt(&rows[*rest - 1], &rows[i]);
			continue;
		}
		rows[kept] = rows[i];
		if (rest) {
			rows[kept].unit = rows[kept].class_ = REPORT_OTHER_PARTS;
			*rest = kept + 1;
		}
		kept++;
	}
	free(parts);
	free(rests);
	return kept;
}

/* Weeks of the same rule, unit and class make one row, where it was seen first. */
static size_t merge_weeks(struct attempt_row *rows, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		size_t at = 0;
		while (at < kept &&
			(rows[at].rule != rows[i].rule || rows[at].unit != rows[i].unit ||
				rows[at].class_ != rows[i].class_)) {
			at++;
		}
		if (at == kept) {
			rows[kept] = rows[i];
			rows[kept++].week = 0;
		} else {
			add_attempt(&rows[at], &rows[i]);
		}
	}
	return kept;
}

static const struct attempts *attempts_of(const struct report_model *model)
{
	return model->attempts  ? model->attempts
	       : model->decider ? decider_attempts(model->decider)
				: NULL;
}

bool report_model_knows_attempts(const struct report_model *model)
{
	return attempts_of(model) != NULL;
}

static size_t copy_attempts(const struct report_model *model, struct attempt_row **attempts)
{
	const struct attempt_row *rows = NULL;
	const struct attempts *known = attempts_of(model);
	size_t count = known ? attempts_rows(known, &rows) : 0;

	*attempts = copy_rows(rows, count, sizeof(*rows));
	return *attempts ? count : 0;
}

size_t report_model_attempts(const struct report_model *model, struct attempt_row **attempts)
{
	size_t count = copy_attempts(model, attempts);

	count = count ? merge_weeks(*attempts, count) : 0;
	return model->group_minimum ? protect_attempts(model, *attempts, count) : count;
}

static int compare_attempts(const void *left, const void *right)
{
	const struct attempt_row *a = left, *b = right;

	if (a->rule != b->rule) {
		return a->rule < b->rule ? -1 : 1;
	}
	if (a->week != b->week) {
		return a->week < b->week ? -1 : 1;
	}
	if (a->unit != b->unit) {
		return a->unit < b->unit ? -1 : 1;
	}
	return a->class_ < b->class_ ? -1 : a->class_ > b->class_;
}

size_t report_model_attempts_by_week(
	const struct report_model *model, struct attempt_row **attempts)
{
	size_t count = copy_attempts(model, attempts), kept = 0;

	if (count == 0) {
		return 0;
	}
	qsort(*attempts, count, sizeof(**attempts), compare_attempts);
	/* Each week of a rule is a table of its own. */
	for (size_t first = 0, last = 0; first < count; first = last) {
		struct attempt_row *rows = *attempts + first;
		while (last < count && (*attempts)[last].rule == rows->rule &&
			(*attempts)[last].week == rows->week) {
			last++;
		}
		size_t shown = model->group_minimum ? protect_attempts(model, rows, last - first)
						    : last - first;
		memmove(*attempts + kept, rows, shown * sizeof(*rows));
		kept += shown;
	}
	return kept;
}

static int compare_residual(const void *left, const void *right)
{
	const struct residual_count *a = left, *b = right;

	if (a->rule != b->rule) {
		return a->rule < b->rule ? -1 : 1;
	}
	return a->unit < b->unit ? -1 : a->unit > b->unit;
}

/* Of devices only how many there are is known; those of units that are too small stand together. */
static size_t protect_residual(
	const struct report_model *model, struct residual_count *rows, size_t count)
{
	size_t kept = 0, others = SIZE_MAX;

	for (size_t i = 0; i < count; i++) {
		bool is_small = !protect_shows_count(model->group_minimum, rows[i].devices);
		others = i > 0 && rows[i - 1].rule == rows[i].rule ? others : SIZE_MAX;
		if (is_small && others != SIZE_MAX) {
			rows[others].devices += rows[i].devices;
			continue;
		}
		rows[kept] = rows[i];
		if (is_small) {
			rows[kept].unit = REPORT_OTHER_PARTS;
			others = kept;
		}
		kept++;
	}
	return kept;
}

size_t report_model_residual(const struct report_model *model, struct residual_count **counts)
{
	const struct residual_row *rows = NULL;
	size_t count = model->decider ? decider_residual(model->decider, &rows) : 0, kept = 0;
	struct addr last = { { 0 } };

	*counts = calloc(count + 1, sizeof(**counts));
	for (size_t i = 0; *counts && i < count; i++) {
		bool is_same = i > 0 && rows[i].rule == rows[i - 1].rule &&
			       addr_equal(&rows[i].device, &last);
		last = rows[i].device;
		if (!is_same) { /* a device with two apps of a rule is one */
			(*counts)[kept++] = (struct residual_count){
				.rule = rows[i].rule, .unit = rows[i].unit, .devices = 1
			};
		}
	}
	qsort(*counts, kept, sizeof(**counts), compare_residual);
	count = kept;
	kept = 0;
	for (size_t i = 0; i < count; i++) {
		struct residual_count *row = *counts + i;
		struct residual_count *before = kept > 0 ? *counts + kept - 1 : NULL;
		if (before && compare_residual(before, row) == 0) {
			before->devices++;
		} else {
			(*counts)[kept++] = *row;
		}
	}
	return model->group_minimum ? protect_residual(model, *counts, kept) : kept;
}

/* What of a place shows its app is a figure as well: it follows from the other two. */
static struct protected_part *parts_of_places(
	const struct report_model *model, const struct overview_place *places, size_t count)
{
	struct protected_part *parts = calloc(count + 1, sizeof(*parts));

	for (size_t i = 0; parts && i < count; i++) {
		parts[i] = (struct protected_part){
			.lines = { places[i].zone, PROTECT_NO_LINE },
			.figures = { figure_of(&places[i].total), figure_of(&places[i].hidden),
				figure_of(&places[i].named) },
			.lot = protect_lot(symbol_name(SYMBOL_UNIT, places[i].unit)),
			.is_hidden = model->shown && !part_place_is_whole(model, &places[i]),
		};
	}
	return parts;
}

static void add_place(struct overview_place *to, const struct overview_place *from)
{
	report_model_add_row(&to->total, &from->total);
	report_model_add_row(&to->hidden, &from->hidden);
	for (unsigned i = 0; i < UNNAMED_REASON_COUNT; i++) {
		struct overview_row *reason = &to->reasons[i];
		uint64_t devices = from->reasons[i].devices;
		report_model_add_row(reason, &from->reasons[i]);
		reason->devices = devices > reason->devices ? devices : reason->devices;
	}
}

static size_t merge_places(const struct overview_place *rows, size_t count,
	const struct protected_part *parts, struct overview_place *places)
{
	struct rest rests[GEO_ZONE_COUNT] = { { .place = 0 } };
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct rest *rest = parts && parts[i].is_hidden ? &rests[rows[i].zone] : NULL;
		if (rest && rest->place) {
			add_place(&places[rest->place - 1], &rows[i]);
		} else {
			places[kept] = rows[i];
			places[kept].unit = rest ? REPORT_OTHER_PARTS : rows[i].unit;
			kept++;
		}
		if (rest) {
			rest->place = rest->place ? rest->place : kept;
			unite(&rest->devices, &rows[i].total);
			unite(&rest->hidden, &rows[i].hidden);
		}
	}
	for (unsigned zone = 0; zone < GEO_ZONE_COUNT; zone++) {
		if (rests[zone].place) {
			struct overview_place *place = &places[rests[zone].place - 1];
			set_count(&place->total, &rests[zone].devices);
			set_count(&place->hidden, &rests[zone].hidden);
		}
	}
	return kept;
}

size_t report_model_places(const struct report_model *model, struct overview_place **places)
{
	const struct overview_place *rows;
	size_t count = overview_places(model->overview, &rows), kept = 0;
	struct protected_part *parts =
		model->group_minimum ? parts_of_places(model, rows, count) : NULL;

	*places = calloc(count + 1, sizeof(**places));
	if (*places && (parts || !model->group_minimum)) {
		protect_parts(model->group_minimum, parts, parts ? count : 0);
		kept = merge_places(rows, count, parts, *places);
		for (size_t i = 0; i < kept; i++) {
			floor_count(model, &(*places)[i].total);
			floor_count(model, &(*places)[i].hidden);
		}
	}
	free(parts);
	return kept;
}
