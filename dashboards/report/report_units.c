#include "dashboards/report/report_units.h"

#include <stdlib.h>

#include "analyzer/policy/attempts.h"
#include "analyzer/record/symbols.h"

static void add_part(struct report_part *part, const struct cell *cell)
{
	part->bytes += cell->sums.bytes_up + cell->sums.bytes_down;
	devices_merge(&part->devices, &cell->devices);
}

/* What is reported by no rule is probably not on the list of what is allowed. */
static bool is_undecided(const struct cell_key *key)
{
	return key->action == POLICY_ACTION_ASSESS || key->action == POLICY_ACTION_PENDING ||
	       (key->verdict == POLICY_VERDICT_REPORTED && key->rule == 0);
}

static void take_policy(struct report_unit *unit, const struct cell *cell)
{
	const struct cell_key *key = &cell->key;
	uint64_t flows = cell->sums.flows;

	unit->flows_violation += key->verdict == POLICY_VERDICT_VIOLATION ? flows : 0;
	unit->flows_grace += key->verdict == POLICY_VERDICT_GRACE ? flows : 0;
	unit->flows_unapproved += key->verdict == POLICY_VERDICT_UNAPPROVED ? flows : 0;
	unit->flows_to_assess += is_undecided(key) ? flows : 0;
	if (key->verdict == POLICY_VERDICT_VIOLATION) {
		add_part(&unit->denied, cell);
	}
	if (key->verdict == POLICY_VERDICT_UNAPPROVED || is_undecided(key)) {
		add_part(&unit->open, cell);
	}
	unsigned outcome = attempt_outcome_of(key->verdict, key->block);
	unit->flows_passed += outcome == BLOCK_PASSED ? flows : 0;
	unit->flows_unsure += outcome == BLOCK_UNSURE ? flows : 0;
}

static void take_cell(struct report_unit *unit, const struct cell *cell)
{
	const struct cell_key *key = &cell->key;
	const struct cell_sums *sums = &cell->sums;

	add_part(&unit->all, cell);
	take_policy(unit, cell);
	if (!cell_crosses_border(key)) {
		return;
	}
	if (geo_zone_is_outside(key->zone)) {
		add_part(&unit->outside, cell);
	}
	if (key->control == GEO_ZONE_THIRD) {
		add_part(&unit->control, cell);
	}
	unit->bytes_up += sums->bytes_up;
	unit->bytes_down += sums->bytes_down;
	unit->bytes_outside += geo_zone_is_outside(key->zone) ? sums->bytes_up : 0;
	unit->bytes_third += key->zone == GEO_ZONE_THIRD ? sums->bytes_up : 0;
	unit->bytes_unknown += key->zone == GEO_ZONE_UNKNOWN ? sums->bytes_up : 0;
	unit->bytes_control_third += key->control == GEO_ZONE_THIRD ? sums->bytes_up : 0;
	unit->flows += sums->flows;
	unit->unseen_up += sums->unseen_up;
	unit->unseen_down += sums->unseen_down;
	unit->flows_hidden += key->hidden ? sums->flows : 0;
}

/* By bytes sent, the unit's name where they are equal: the same order from the same archive. */
static int compare(const void *a, const void *b)
{
	const struct report_unit *left = a, *right = b;

	return left->bytes_up != right->bytes_up
		       ? (left->bytes_up < right->bytes_up) - (left->bytes_up > right->bytes_up)
		       : (left->unit > right->unit) - (left->unit < right->unit);
}

size_t report_units(const struct report_model *model, struct report_unit **units)
{
	size_t cell_count, count = 0, highest = symbol_highest(SYMBOL_UNIT);
	const struct cell *cells = overview_cells(model->overview, &cell_count);
	uint32_t *places = calloc(highest + 1, sizeof(*places)); /* by symbol, + 1 */

	*units = calloc(highest + 1, sizeof(**units));
	for (size_t i = 0; *units && places && i < cell_count; i++) {
		uint16_t unit = cells[i].key.unit;
		if (places[unit] == 0) {
			(*units)[count].unit = unit;
			count++;
			places[unit] = (uint32_t)count;
		}
		take_cell(&(*units)[places[unit] - 1], &cells[i]);
	}
	free(places);
	if (count > 1) {
		qsort(*units, count, sizeof(**units), compare);
	}
	return count;
}

void report_unit_deinit(struct report_unit *unit)
{
	devices_deinit(&unit->all.devices);
	devices_deinit(&unit->outside.devices);
	devices_deinit(&unit->control.devices);
	devices_deinit(&unit->denied.devices);
	devices_deinit(&unit->open.devices);
}

void report_units_free(struct report_unit *units, size_t count)
{
	for (size_t i = 0; units && i < count; i++) {
		report_unit_deinit(&units[i]);
	}
	free(units);
}

struct protected_figure report_part_figure(const struct report_part *part)
{
	return (struct protected_figure){ part->bytes, &part->devices, 0 };
}

bool report_part_is_told(const struct report_model *model, const struct report_part *part)
{
	const struct protected_figure figure = report_part_figure(part);

	return protect_is_safe(model->group_minimum, &figure);
}
