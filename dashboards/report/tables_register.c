/* What the body keeps on record, against what was seen: its units, the state of every service,
 * those newly seen, and the six steps of the European Data Protection Board's recommendations
 * 01/2020. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy_register.h"
#include "analyzer/record/symbols.h"
#include "dashboards/report/report_shown.h"
#include "dashboards/report/report_tables.h"
#include "dashboards/report/report_units.h"

/* Units of which nothing may be said stand together: with one more where it would follow. Each of
 * the figures of a row must be safe; what was denied in which unit stands in table_rule_hits,
 * protected by itself. */
static struct protected_part *parts_of(const struct report_unit *units, size_t count)
{
	struct protected_part *parts = calloc(count + 1, sizeof(*parts));

	for (size_t i = 0; parts && i < count; i++) {
		parts[i] = (struct protected_part){ .lines = { 0, PROTECT_NO_LINE },
			.figures = { report_part_figure(&units[i].all),
				report_part_figure(&units[i].outside),
				report_part_figure(&units[i].control) },
			.lot = protect_lot(symbol_name(SYMBOL_UNIT, units[i].unit)) };
	}
	return parts;
}

static void put_unit(struct report_table *table, const struct report_model *model,
	const struct report_unit *unit, bool is_rest)
{
	uint64_t devices = devices_count(&unit->all.devices);
	bool is_few = devices < model->group_minimum;
	bool is_floor = model->lacks_devices || unit->all.devices.is_floor;

	report_row(table, ROW_PLAIN);
	report_put_unit(table, is_rest ? REPORT_OTHER_PARTS : unit->unit);
	const char *protection =
		is_rest ? "" : policy_unit_protection(model->reference->policy, unit->unit);
	if (protection[0]) {
		report_put_word(table, "protection", protection);
	} else {
		report_put_none(table);
	}
	report_put_figure(table, model,
		report_way(unit->bytes_up,
			(uint8_t)cell_way_of(unit->bytes_up, unit->unseen_up, unit->flows)));
	report_put_figure(table, model, report_share(unit->bytes_outside, unit->bytes_up));
	report_put_figure(table, model, report_share(unit->bytes_control_third, unit->bytes_up));
	report_put(
		table, (struct report_value){
			       .kind = report_model_counts_devices(model) && !(is_few && is_floor)
					       ? VALUE_DEVICES
					       : VALUE_HIDDEN,
			       .number = is_few ? model->group_minimum
						: protect_floor(model->group_minimum, devices),
			       .is_fewer = is_few,
			       .is_at_least = !is_few && (is_floor || model->group_minimum > 0) });
}

static void add_unit(struct report_unit *sum, const struct report_unit *unit)
{
	devices_merge(&sum->all.devices, &unit->all.devices);
	sum->bytes_up += unit->bytes_up;
	sum->bytes_outside += unit->bytes_outside;
	sum->bytes_control_third += unit->bytes_control_third;
}

static void fill_protected_units(struct report_table *table, const struct report_model *model)
{
	struct report_unit *units, rest = { .unit = 0 };
	size_t count = report_units(model, &units);
	struct protected_part *parts = units ? parts_of(units, count) : NULL;
	bool has_rest = false;

	if (parts) {
		protect_parts(model->group_minimum, parts, count);
	}
	for (size_t i = 0; parts && i < count; i++) {
		if (parts[i].is_hidden) {
			add_unit(&rest, &units[i]);
			has_rest = true;
		} else {
			put_unit(table, model, &units[i], false);
		}
	}
	if (has_rest) {
		put_unit(table, model, &rest, true);
	}
	report_unit_deinit(&rest);
	free(parts);
	report_units_free(units, count);
}

/* What the tables of days show of a unit, across the border. Its shares are known where all of it
 * is told by zone, and by control. */
struct shown_unit {
	uint64_t bytes_up, by_zone, by_control, outside, third;
};

static struct shown_unit shown_of(const struct report_shown *shown, uint16_t unit)
{
	struct shown_unit sums = { 0 };

	for (uint32_t i = 0; i < shown->rows.count; i++) {
		const struct report_shown_row *row = report_shown_at(shown, i);
		uint64_t bytes = row->sums.bytes_up;
		if (row->key.unit != unit || !cell_crosses_border(&row->key)) {
			continue;
		}
		if (row->table == DAY_TABLE_UNIT) {
			sums.bytes_up += bytes;
		} else if (row->table == DAY_TABLE_UNIT_ZONE) {
			sums.by_zone += bytes;
			sums.outside += geo_zone_is_outside(row->key.zone) ? bytes : 0;
		} else if (row->table == DAY_TABLE_UNIT_CONTROL) {
			sums.by_control += bytes;
			sums.third += row->key.control == GEO_ZONE_THIRD ? bytes : 0;
		}
	}
	return sums;
}

/* May some of what the unit sent across the border stand in a remainder? */
static bool may_lack(const struct report_shown *shown, uint16_t unit)
{
	bool may = shown->days_withheld > 0;

	for (uint32_t i = 0; i < shown->rests.count; i++) {
		const struct report_shown_rest *rest = report_shown_rest_at(shown, i);
		may |= rest->table == DAY_TABLE_UNIT && cell_crosses_border(&rest->key) &&
		       report_shown_may_lack(shown, rest, unit);
	}
	return may;
}

static struct report_value shown_share(uint64_t part, uint64_t known, uint64_t whole)
{
	return known == whole ? report_share(part, whole)
			      : (struct report_value){ .kind = VALUE_HIDDEN };
}

static void put_shown_unit(struct report_table *table, const struct report_model *model,
	uint16_t unit, const struct shown_unit *sums, bool is_all)
{
	const char *protection = unit == REPORT_OTHER_PARTS
					 ? ""
					 : policy_unit_protection(model->reference->policy, unit);
	struct report_value sent = report_sent(model, sums->bytes_up);

	sent.is_at_least |= !is_all;
	report_row(table, ROW_PLAIN);
	report_put_unit(table, unit);
	if (protection[0]) {
		report_put_word(table, "protection", protection);
	} else {
		report_put_none(table);
	}
	report_put_figure(table, model, sent);
	report_put_figure(table, model, shown_share(sums->outside, sums->by_zone, sums->bytes_up));
	report_put_figure(table, model, shown_share(sums->third, sums->by_control, sums->bytes_up));
	report_put(table,
		(struct report_value){
			.kind = report_model_counts_devices(model) ? VALUE_DEVICES : VALUE_HIDDEN,
			.number = model->group_minimum,
			.is_at_least = true });
}

static bool is_less(uint64_t *rest, uint64_t shown)
{
	bool is_left = *rest > shown;

	*rest = is_left ? *rest - shown : 0;
	return is_left;
}

/* Each unit as the tables of its days show it, and what they do not show in one row. */
static void put_units_by_days(struct report_table *table, const struct report_model *model,
	const struct report_unit *units, size_t count)
{
	struct shown_unit rest = { 0 };
	bool is_rest = false, has_zones = true, has_control = true;

	for (size_t i = 0; i < count; i++) {
		struct shown_unit sums = shown_of(model->shown, units[i].unit);
		uint64_t left = units[i].bytes_up;
		bool is_left = is_less(&left, sums.bytes_up);
		if (sums.bytes_up > 0) {
			put_shown_unit(table, model, units[i].unit, &sums,
				!is_left && !may_lack(model->shown, units[i].unit));
		}
		uint64_t outside = units[i].bytes_outside, third = units[i].bytes_control_third;
		is_less(&outside, sums.outside);
		is_less(&third, sums.third);
		rest.bytes_up += left;
		rest.outside += outside;
		rest.third += third;
		/* Of a unit whose zones are not told the shares of the rest would tell; and what
		 * went to those is not of the rest where the unit itself is told. */
		has_zones &= sums.by_zone == sums.bytes_up;
		has_control &= sums.by_control == sums.bytes_up;
		is_rest |= is_left;
	}
	rest.by_zone = has_zones ? rest.bytes_up : 0;
	rest.by_control = has_control ? rest.bytes_up : 0;
	report_sort_parts(table, 2); /* sent */
	if (is_rest) {
		put_shown_unit(table, model, REPORT_OTHER_PARTS, &rest, true);
	}
}

static void fill_units(struct report_table *table, const struct report_model *model)
{
	if (model->shown && model->group_minimum > 0) {
		struct report_unit *units;
		size_t count = report_units(model, &units);
		put_units_by_days(table, model, units, count);
		report_units_free(units, count);
	} else {
		fill_protected_units(table, model);
	}
}

const struct report_table_type table_units = {
	.id = "units",
	.columns = { "unit", "protection", ">sent", ">outside_share", ">control_share",
		">devices" },
	.key_columns = 1,
	.fill = fill_units,
	.command = "borderflow flows {archives} {period} -g unit{ways} --top 0 --key KEYFILE",
};

static bool is_ruled(const struct report_model *model, uint16_t app, enum policy_action action)
{
	const struct overview_rule *rows;
	size_t count = overview_rules(model->overview, &rows);

	for (size_t i = 0; i < count; i++) {
		if (rows[i].app == app && rows[i].action == action && !rows[i].inferred) {
			return true;
		}
	}
	return false;
}

/* What the register says of an app in all units: of units that say different things a denial before
 * all, then what is open. Where it is silent of one unit nothing is decided. */
static enum assessment_state assessed(const struct policy *policy, uint16_t app)
{
	static const uint8_t order[] = { ASSESSMENT_DENIED, ASSESSMENT_PENDING,
		ASSESSMENT_TO_ASSESS, ASSESSMENT_ALLOWED };
	const struct policy_assessment *of_all = policy_find_assessment(policy, 0, app);
	unsigned units = policy_unit_count(policy), found = 0, seen[ASSESSMENT_STATE_COUNT] = { 0 };

	for (unsigned i = 0; i < units; i++) {
		const struct policy_assessment *of_unit =
			policy_find_assessment(policy, policy_unit_at(policy, i), app);
		found += of_unit != NULL && of_unit->state != ASSESSMENT_NO_DECISION;
		seen[of_unit ? of_unit->state : ASSESSMENT_MISSING]++;
	}
	for (unsigned i = 0; i < sizeof(order) && units > 0 && found == units; i++) {
		if (seen[order[i]] > 0) {
			return order[i];
		}
	}
	return units == 0 && of_all ? of_all->state : ASSESSMENT_MISSING;
}

/* What the rules say first, a deny before all; then what the body has assessed. */
const char *report_app_state(const struct report_model *model, uint16_t app)
{
	static const char *const by_action[] = {
		[POLICY_ACTION_DENY] = "denied",
		[POLICY_ACTION_PENDING] = "pending",
		[POLICY_ACTION_ASSESS] = "to_assess",
		[POLICY_ACTION_ALLOW] = "allowed",
	};
	static const char *const by_state[ASSESSMENT_STATE_COUNT] = {
		[ASSESSMENT_TO_ASSESS] = "to_assess",
		[ASSESSMENT_PENDING] = "pending",
		[ASSESSMENT_ALLOWED] = "allowed",
		[ASSESSMENT_DENIED] = "denied",
	};
	static const enum policy_action order[] = { POLICY_ACTION_DENY, POLICY_ACTION_PENDING,
		POLICY_ACTION_ASSESS, POLICY_ACTION_ALLOW };
	const struct policy *policy = model->reference->policy;
	enum assessment_state state = assessed(policy, app);

	for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (is_ruled(model, app, order[i])) {
			return by_action[order[i]];
		}
	}
	if (by_state[state]) {
		return by_state[state];
	}
	return policy_find_service(policy, app) ? "allowed" : "no_decision";
}

static void fill_app_states(struct report_table *table, const struct report_model *model)
{
	const struct overview_app *rows;
	size_t count = overview_apps(model->overview, &rows);

	for (size_t i = 0; i < count; i++) {
		if (rows[i].app) {
			report_row(table, ROW_PLAIN);
			report_put_app(table, rows[i].app);
			report_put_word(table, "state_of", report_app_state(model, rows[i].app));
			report_put_owner(table, rows[i].app);
			report_put_country(
				table, report_model_app(model, rows[i].app).parent_country);
			report_put_sums(table, model, &rows[i].total);
		}
	}
}

const struct report_table_type table_app_states = {
	.id = "decisions",
	.columns = { "service", "decision", "owner", "control", ">sent", "~>received", ">flows",
		">devices" },
	.key_columns = 1,
	.fill = fill_app_states,
	.command = "borderflow flows {archives} {period} -g app{ways} --top 0",
};

static bool is_among(const struct overview_app *rows, size_t count, uint16_t app)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].app == app) {
			return true;
		}
	}
	return false;
}

static void fill_new_services(struct report_table *table, const struct report_model *model)
{
	const struct overview_app *rows, *before = NULL;
	size_t count = model->previous ? overview_apps(model->overview, &rows) : 0,
	       count_before = model->previous ? overview_apps(model->previous, &before) : 0;

	for (size_t i = 0; i < count; i++) {
		if (rows[i].app == 0 || is_among(before, count_before, rows[i].app)) {
			continue;
		}
		bool is_told = report_model_shows_count(model, &rows[i].total);
		report_row(table, ROW_PLAIN);
		report_put_app(table, rows[i].app);
		report_put_word(table, "state_of", report_app_state(model, rows[i].app));
		report_put_owner(table, rows[i].app);
		report_put_country(table, report_model_app(model, rows[i].app).parent_country);
		report_put_date(table, is_told ? rows[i].total.first_ns : 0);
		report_put_sums(table, model, &rows[i].total);
	}
}

const struct report_table_type table_new_services = {
	.id = "new_services",
	.columns = { "service", "decision", "owner", "control", "first", ">sent", "~>received",
		">flows", ">devices" },
	.key_columns = 1,
	.fill = fill_new_services,
};

static void put_subject(struct report_table *table, const char *subject)
{
	uint16_t app = symbol_find(SYMBOL_APP, subject);

	if (report_model_is_country(subject)) {
		report_put_country(table, subject);
	} else if (app) {
		report_put_app(table, app);
	} else {
		report_put_text(table, subject);
	}
}

static void fill_register(struct report_table *table, const struct report_model *model)
{
	struct register_row *rows = calloc(REGISTER_ROWS_MAX, sizeof(*rows));
	size_t count = rows ? report_model_register(model, rows, REGISTER_ROWS_MAX) : 0;

	for (size_t i = 0; i < count; i++) {
		report_row(table, rows[i].is_overdue ? ROW_MARKED : ROW_PLAIN);
		report_put_word(table, "register", rows[i].kind);
		report_put_text(table, rows[i].unit);
		put_subject(table, rows[i].subject);
		if (report_model_is_country(rows[i].state)) {
			report_put_country(table, rows[i].state);
		} else {
			report_put_word(table, "state", rows[i].state);
		}
		report_put_since(table, rows[i].date_ns);
		if (rows[i].is_overdue) {
			report_put_word(table, "review", "overdue");
		} else {
			report_put_none(table);
		}
	}
	free(rows);
}

const struct report_table_type table_register = {
	.id = "register",
	.columns = { "kind", "unit", "subject", "state", "date", "review" },
	.key_columns = 3,
	.fill = fill_register,
};

/* Countries outside EU and EEA that servers were in; those without any adequacy. */
static uint64_t countries_outside(const struct report_model *model, bool third_only)
{
	const struct overview_cell *cells;
	size_t count = overview_matrix(model->overview, &cells);
	uint64_t countries = 0;

	for (size_t i = 0; i < count; i++) {
		bool counts = third_only ? cells[i].zone == GEO_ZONE_THIRD
					 : geo_zone_is_outside(cells[i].zone);
		for (size_t j = 0; j < i && counts; j++) {
			counts = strcmp(cells[j].server_country, cells[i].server_country) != 0;
		}
		countries += counts;
	}
	return countries;
}

static uint64_t services_with_tool(const struct report_model *model)
{
	const struct policy *policy = model->reference->policy;
	uint64_t count = 0;

	for (unsigned i = 0; i < policy_service_count(policy); i++) {
		count += policy_service(policy, i)->transfer_tool[0] != '\0';
	}
	return count;
}

static uint64_t reviews_overdue(const struct report_model *model)
{
	struct register_row *rows = calloc(REGISTER_ROWS_MAX, sizeof(*rows));
	size_t count = rows ? report_model_register(model, rows, REGISTER_ROWS_MAX) : 0;
	uint64_t overdue = 0;

	for (size_t i = 0; i < count; i++) {
		overdue += rows[i].is_overdue;
	}
	free(rows);
	return overdue;
}

/* Filled where something is measured; what is for lawyers is left to them. */
static void fill_edpb(struct report_table *table, const struct report_model *model)
{
	static const char *const steps[] = { "1", "2", "3", "4", "5", "6" };

	for (unsigned i = 0; i < 6; i++) {
		report_row(table, ROW_PLAIN);
		report_put_word(table, "edpb_step", steps[i]);
		report_put_word(table, "edpb_measured", steps[i]);
		if (i == 0) {
			report_put_figure(
				table, model, report_count(countries_outside(model, false)));
		} else if (i == 1) {
			report_put_count(table, services_with_tool(model));
		} else if (i == 2) {
			report_put_figure(
				table, model, report_count(countries_outside(model, true)));
		} else if (i == 5) {
			report_put_count(table, reviews_overdue(model));
		} else {
			report_put_none(table);
		}
		report_put_word(table, "edpb_left", steps[i]);
	}
}

const struct report_table_type table_edpb = {
	.id = "edpb",
	.columns = { "step", "measured", ">figure", "left_to_do" },
	.key_columns = 1,
	.fill = fill_edpb,
};
