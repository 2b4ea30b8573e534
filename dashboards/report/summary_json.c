#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "base/addr_cut.h"
#include "base/clock.h"
#include "base/json.h"
#include "dashboards/report/device_rows.h"
#include "dashboards/report/report_model.h"

static void put_time(struct json *json, const char *key, uint64_t time_ns)
{
	char text[CLOCK_TEXT_LENGTH + 1];

	clock_format(time_ns, text);
	json_string(json, key, text);
}

/* Counts of devices below k are said to be that; of a body below k no figure is said at all. */
/* What did not cross the sensor is no number; what did in part is one at least. */
static void put_way(
	struct json *json, const char *key, const char *key_at_least, uint64_t bytes, uint8_t way)
{
	if (way == CELL_WAY_UNKNOWN) {
		json_null(json, key);
		return;
	}
	json_u64(json, key, bytes);
	if (way == CELL_WAY_AT_LEAST) {
		json_bool(json, key_at_least, true);
	}
}

static void put_row(
	struct json *json, const struct report_model *model, const struct overview_row *row)
{
	if (report_model_hides(model)) {
		json_bool(json, "suppressed", true);
	} else {
		json_u64(json, "flows", row->flows);
		json_u64(json, "packets", row->packets);
		put_way(json, "bytes_up", "bytes_up_at_least", row->bytes_up, row->way_up);
		put_way(json, "bytes_down", "bytes_down_at_least", row->bytes_down, row->way_down);
	}
	/* Where their number is not known nothing is said of it. */
	if (!report_model_counts_devices(model)) {
		return;
	}
	if (report_model_shows_count(model, row)) {
		bool is_least = report_model_is_floor(model, row);
		json_u64(json, is_least ? "devices_at_least" : "devices", row->devices);
		json_bool(json, "devices_estimated", row->devices_estimated);
	} else if (report_model_shows_few(model, row)) {
		json_u64(json, "devices_below", model->group_minimum);
	}
}

/* An object of rows by name; those without packets are left out. */
static void put_keyed_rows(struct json *json, const struct report_model *model, const char *key,
	const char *const *names, const struct overview_row *rows, unsigned count)
{
	json_object_begin(json, key);
	for (unsigned i = 0; i < count; i++) {
		if (rows[i].packets > 0) {
			json_object_begin(json, names[i]);
			put_row(json, model, &rows[i]);
			json_object_end(json);
		}
	}
	json_object_end(json);
}

static void put_input(struct json *json, const struct report_model *model)
{
	const struct source_stats *source = &model->stats->source;

	json_object_begin(json, "input");
	json_array_begin(json, "files");
	for (unsigned i = 0; i < model->input_count; i++) {
		json_string(json, NULL, model->inputs[i]);
	}
	json_array_end(json);
	if (source->frames > 0) {
		put_time(json, "first", source->first_ns);
		put_time(json, "last", source->last_ns);
	}
	json_bool(json, "complete", model->trouble == NULL);
	if (model->trouble) {
		json_string(json, "trouble", model->trouble);
	}
	if (model->filter) {
		json_object_begin(json, "filter");
		json_string(json, "where", model->filter);
		json_u64(json, "flows", model->filter_flows);
		json_u64(json, "matched", model->filter_matched);
		json_object_end(json);
	}
	json_object_end(json);
}

static void put_devices(struct json *json, const struct report_model *model)
{
	char address[ADDR_TEXT_MAX];

	if (!model->devices) {
		return;
	}
	json_array_begin(json, "devices");
	for (size_t i = 0; i < model->devices->count; i++) {
		const struct device_row *row = &model->devices->rows[i];
		addr_format(&row->address, address);
		json_object_begin(json, NULL);
		json_string(json, "device", address);
		put_time(json, "first", row->first_ns);
		put_time(json, "last", row->last_ns);
		json_u64(json, "sent", row->sent);
		json_u64(json, "received", row->received);
		json_u64(json, "flows", row->flows);
		json_object_end(json);
	}
	json_array_end(json);
}

static void put_packets(struct json *json, const struct report_model *model)
{
	const struct engine_stats *stats = model->stats;

	json_object_begin(json, "packets");
	json_u64(json, "read", report_model_read(model));
	if (stats->collector.decode.subframes > 0) {
		json_u64(json, "read_aggregated", stats->collector.decode.subframes);
	}
	json_u64(json, "read_twice", stats->source.twins);
	json_u64(json, "in_flows", stats->packets);
	json_u64(json, "refused", report_model_refused(model));
	json_object_begin(json, "refused_by_reason");
	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		if (stats->collector.decode.refused[i] > 0) {
			json_u64(json, decode_refusal_name(i), stats->collector.decode.refused[i]);
		}
	}
	json_object_end(json);
	json_object_end(json);
}

static void put_worker(struct json *json, const struct engine_stats *stats)
{
	json_object_begin(json, "worker");
	json_u64(json, "records", stats->records);
	json_u64(json, "flows_opened", stats->collector.flows_opened);
	json_u64(json, "flows_most", stats->collector.flows_most);
	json_object_begin(json, "flows_ended");
	for (unsigned i = 0; i < FLOW_END_COUNT; i++) {
		json_u64(json, flow_end_name(i), stats->collector.flows_ended[i]);
	}
	json_object_end(json);
	json_u64(json, "table_bytes", stats->collector.table_bytes);
	json_u64(json, "clock_steps", stats->collector.clock_steps);
	json_u64(json, "contexts_full", stats->collector.decode.contexts_full);
	json_u64(json, "hellos_reassembled", stats->classify.hellos_reassembled);
	json_u64(json, "reassembly_dropped", stats->classify.reassembly_dropped);
	json_u64(json, "initials_passed_over", stats->classify.initials_passed_over);
	json_u64(json, "l7_info_dropped", stats->classify.l7_info_dropped);
	json_u64(json, "names_dropped", stats->classify.names_dropped);
	json_u64(json, "dns_malformed", stats->classify.dns_malformed);
	json_u64(json, "ring_waits", stats->ring_waits);
	json_u64(json, "wall_ns", stats->wall_ns);
	json_object_end(json);
}

/* What an app's flows show beyond their sums. */
static void put_app_traffic(
	struct json *json, const struct report_model *model, const struct overview_app *row)
{
	if (report_model_shows_count(model, &row->total)) {
		put_time(json, "first", row->total.first_ns);
		put_time(json, "last", row->total.last_ns);
	}
	put_way(json, "bytes_up_outside_eu_eea", "bytes_up_outside_eu_eea_at_least",
		row->bytes_up_outside, row->total.way_up);
	json_u64(json, "flows_embedded", row->flows_embedded);
	json_u64(json, "flows_denied", row->flows_denied);
	json_u64(json, "flows_unapproved", row->flows_unapproved);
	json_array_begin(json, "server_countries");
	for (unsigned i = 0; i < 8 && row->server_countries[i][0]; i++) {
		bool known = strcmp(row->server_countries[i], OVERVIEW_COUNTRY_UNKNOWN) != 0;
		json_string(json, NULL, known ? row->server_countries[i] : "");
	}
	json_array_end(json);
	json_array_begin(json, "evidence");
	for (unsigned kind = 0; kind < EVIDENCE_KIND_COUNT; kind++) {
		if (row->evidence & 1 << kind) {
			json_string(json, NULL, evidence_kind_name(kind));
		}
	}
	json_array_end(json);
	json_u64(json, "confidence_least", row->confidence_least);
	json_u64(json, "confidence_most", row->confidence_most);
}

static void put_app(
	struct json *json, const struct report_model *model, const struct overview_app *row)
{
	struct app app = report_model_app(model, row->app);

	json_object_begin(json, NULL);
	json_string(json, "id", row->app ? app.id : "unknown");
	if (row->app) {
		json_string(json, "name", app.name);
		json_string(json, "category", app.category);
		json_string(json, "owner", app.owner);
		json_string(json, "owner_country", app.owner_country);
		json_string(json, "parent", app.parent);
		json_string(json, "parent_country", app.parent_country);
	}
	put_row(json, model, &row->total);
	if (!report_model_hides(model)) {
		put_app_traffic(json, model, row);
	}
	json_object_end(json);
}

static void put_apps(struct json *json, const struct report_model *model)
{
	const struct overview_app *rows;
	size_t count = overview_apps(model->overview, &rows);

	json_array_begin(json, "apps");
	for (size_t i = 0; i < count; i++) {
		put_app(json, model, &rows[i]);
	}
	json_array_end(json);
}

static void put_inferred_row(
	struct json *json, const struct report_model *model, const struct overview_inferred *row)
{
	struct app app = report_model_app(model, row->app);

	json_object_begin(json, NULL);
	json_string(json, "id", app.id);
	json_string(json, "name", app.name);
	json_string(json, "category", app.category);
	json_string(json, "parent_country", app.parent_country);
	put_row(json, model, &row->total);
	json_u64(json, "confidence_least", row->confidence_least);
	json_u64(json, "confidence_most", row->confidence_most);
	json_array_begin(json, "inferred_by");
	for (unsigned ground = 0; ground < INFERRED_BY_COUNT; ground++) {
		if (row->grounds >> ground & 1) {
			json_string(json, NULL, inferred_by_name(ground));
		}
	}
	json_array_end(json);
	json_object_end(json);
}

/* It is counted of all flows: of those that match it is not known. */
static void put_inferred_of(
	struct json *json, const struct report_model *model, const char *key, uint64_t count)
{
	if (model->filter) {
		json_null(json, key);
	} else {
		json_u64(json, key, count);
	}
}

/* Among the flows without an app in "apps", and in no other sum. */
static void put_inferred(struct json *json, const struct report_model *model)
{
	const struct behaviour_stats *stats = &model->stats->behaviour;
	const struct overview_inferred *rows;
	size_t count = overview_inferred(model->overview, &rows);

	json_object_begin(json, "inferred");
	put_inferred_of(json, model, "flows_hidden", stats->hidden);
	put_inferred_of(json, model, "flows_inferred", stats->inferred);
	put_inferred_of(json, model, "flows_server_unknown", stats->unknown);
	put_inferred_of(json, model, "flows_not_sure", stats->unsure);
	json_array_begin(json, "apps");
	for (size_t i = 0; i < count; i++) {
		put_inferred_row(json, model, &rows[i]);
	}
	json_array_end(json);
	json_object_end(json);
}

static void put_matrix(struct json *json, const struct report_model *model)
{
	const struct overview_cell *cells;
	size_t count = overview_matrix(model->overview, &cells);

	json_array_begin(json, "matrix");
	for (size_t i = 0; i < count; i++) {
		json_object_begin(json, NULL);
		json_string(json, "server_country", cells[i].server_country);
		json_string(json, "zone", geo_zone_name(cells[i].zone));
		json_string(json, "parent_country", cells[i].parent_country);
		json_string(json, "control", geo_zone_name(cells[i].control));
		put_row(json, model, &cells[i].total);
		json_object_end(json);
	}
	json_array_end(json);
}

static void put_zones(struct json *json, const struct report_model *model)
{
	const char *names[GEO_ZONE_COUNT];
	struct overview_row zones[GEO_ZONE_COUNT], controls[GEO_ZONE_COUNT];

	for (unsigned zone = 0; zone < GEO_ZONE_COUNT; zone++) {
		names[zone] = geo_zone_name(zone);
		zones[zone] = overview_zone(model->overview, zone);
		controls[zone] = overview_control(model->overview, zone);
	}
	put_keyed_rows(json, model, "zones", names, zones, GEO_ZONE_COUNT);
	put_keyed_rows(json, model, "control", names, controls, GEO_ZONE_COUNT);
}

static void put_protocols(struct json *json, const struct report_model *model)
{
	const char *names[L7_PROTOCOL_COUNT];
	struct overview_row rows[L7_PROTOCOL_COUNT];

	for (unsigned protocol = 0; protocol < L7_PROTOCOL_COUNT; protocol++) {
		const char *name = l7_protocol_name(protocol);
		names[protocol] = name[0] ? name : "unknown";
		rows[protocol] = overview_protocol(model->overview, protocol);
	}
	put_keyed_rows(json, model, "protocols", names, rows, L7_PROTOCOL_COUNT);
}

static void put_directions(struct json *json, const struct report_model *model)
{
	const char *names[RECORD_DIRECTION_COUNT];
	struct overview_row rows[RECORD_DIRECTION_COUNT];

	for (unsigned direction = 0; direction < RECORD_DIRECTION_COUNT; direction++) {
		names[direction] = record_direction_name(direction);
		rows[direction] = overview_direction(model->overview, direction);
	}
	put_keyed_rows(json, model, "directions", names, rows, RECORD_DIRECTION_COUNT);
}

/* A name may be an address. */
static void put_name(struct json *json, const char *name)
{
	char memory[300];
	struct text cut;

	text_init(&cut, memory, sizeof(memory));
	text_put_cut(&cut, name);
	json_string(json, "name", memory);
}

static void put_unnamed(struct json *json, const struct report_model *model)
{
	const struct overview_name *names;
	size_t count = overview_unlisted(model->overview, &names);
	const char *reasons[UNNAMED_REASON_COUNT];
	struct overview_row rows[UNNAMED_REASON_COUNT];

	for (unsigned reason = 0; reason < UNNAMED_REASON_COUNT; reason++) {
		reasons[reason] = unnamed_reason_name(reason);
		rows[reason] = overview_unnamed(model->overview, reason);
	}
	put_keyed_rows(json, model, "not_named", reasons, rows, UNNAMED_REASON_COUNT);
	json_array_begin(json, "names_not_listed");
	for (size_t i = 0; i < count; i++) {
		if (names[i].devices < model->group_minimum) {
			continue;
		}
		json_object_begin(json, NULL);
		put_name(json, names[i].name);
		json_u64(json, "flows", names[i].flows);
		json_u64(json, "bytes", names[i].bytes);
		json_object_end(json);
	}
	json_array_end(json);
}

/* A unit; true in "other_units" where it is all those that are too small (protect.h). */
static void put_unit(struct json *json, uint16_t unit)
{
	json_string(json, "unit", report_model_unit(unit, ""));
	if (unit == REPORT_OTHER_PARTS) {
		json_bool(json, "other_units", true);
	}
}

/* Why it is hidden is said of parts only where nothing is protected: it would have to be safe with
 * the sums of each reason over all units. */
static void put_place(
	struct json *json, const struct report_model *model, const struct overview_place *place)
{
	const char *reasons[UNNAMED_REASON_COUNT];

	json_object_begin(json, NULL);
	put_unit(json, place->unit);
	json_string(json, "zone", geo_zone_name(place->zone));
	put_row(json, model, &place->total);
	json_object_begin(json, "hidden");
	put_row(json, model, &place->hidden);
	json_object_end(json);
	if (model->group_minimum == 0) {
		for (unsigned reason = 0; reason < UNNAMED_REASON_COUNT; reason++) {
			reasons[reason] = unnamed_reason_name(reason);
		}
		put_keyed_rows(
			json, model, "reasons", reasons, place->reasons, UNNAMED_REASON_COUNT);
	}
	json_object_end(json);
}

/* Of each unit's traffic to each zone across the border, what does not show which app it is. */
static void put_places(struct json *json, const struct report_model *model)
{
	struct overview_place *places;
	size_t count = report_model_places(model, &places);

	json_array_begin(json, "hidden_by_unit");
	for (size_t i = 0; i < count; i++) {
		put_place(json, model, &places[i]);
	}
	json_array_end(json);
	free(places);
}

static void put_rule(
	struct json *json, const struct report_model *model, const struct overview_rule *row)
{
	json_object_begin(json, NULL);
	json_string(json, "rule", symbol_name(SYMBOL_RULE, row->rule));
	put_unit(json, row->unit);
	json_string(json, "app", row->app ? symbol_name(SYMBOL_APP, row->app) : "unknown");
	if (row->inferred) {
		json_bool(json, "inferred", true);
	}
	json_string(json, "action", policy_action_name(row->action));
	json_string(json, "verdict", policy_verdict_name(row->verdict));
	json_string(json, "block", block_outcome_name(row->block));
	put_row(json, model, &row->total);
	json_object_end(json);
}

static void put_rules(struct json *json, const struct report_model *model)
{
	struct overview_rule *rules;
	size_t count = report_model_rules(model, &rules);

	json_array_begin(json, "rules");
	for (size_t i = 0; i < count; i++) {
		put_rule(json, model, &rules[i]);
	}
	json_array_end(json);
	free(rules);
}

/* What found no row or no day of its own, where there is such. */
static void put_left_out(struct json *json, const struct report_model *model)
{
	uint64_t cells = overview_left_out(model->overview);

	if (cells > 0) {
		json_u64(json, "cells_without_row", cells);
	}
	if (model->stats->rollup.untimed > 0) {
		json_u64(json, "records_of_too_many_days", model->stats->rollup.untimed);
	}
}

static void put_class(struct json *json, uint16_t class_)
{
	json_string(json, "class", report_model_class(class_, ""));
	if (class_ == REPORT_OTHER_PARTS) {
		json_bool(json, "other_classes", true);
	}
}

/* Every verdict with its sum: together they are all flows. */
static void put_verdicts(
	struct json *json, const struct report_model *model, const char *key, bool by_class)
{
	struct overview_verdict *rows;
	size_t count = report_model_verdicts(model, by_class, &rows);

	json_array_begin(json, key);
	for (size_t i = 0; i < count; i++) {
		json_object_begin(json, NULL);
		json_string(json, "verdict", policy_verdict_name(rows[i].verdict));
		json_string(json, "action", policy_action_name(rows[i].action));
		json_string(json, "block", block_outcome_name(rows[i].block));
		json_string(json, "exception", symbol_name(SYMBOL_EXCEPTION, rows[i].exception));
		if (by_class) {
			put_class(json, rows[i].class_);
		}
		put_row(json, model, &rows[i].total);
		json_object_end(json);
	}
	json_array_end(json);
	free(rows);
}

/* "2026-03-16", of a day by its number. */
static void put_day(struct json *json, const char *key, int64_t day)
{
	char text[11];

	clock_format_date((uint64_t)day * 86400 * NS_PER_S, text);
	json_string(json, key, text);
}

static void put_attempt(
	struct json *json, const struct report_model *model, const struct attempt_row *row)
{
	json_object_begin(json, NULL);
	json_string(json, "rule", symbol_name(SYMBOL_RULE, row->rule));
	if (row->week) {
		put_day(json, "week", row->week);
	}
	put_unit(json, row->unit);
	put_class(json, row->class_);
	if (report_model_hides(model)) {
		json_bool(json, "suppressed", true);
	} else {
		json_u64(json, "attempts", row->count);
		for (unsigned i = 0; i < BLOCK_OUTCOME_COUNT; i++) {
			if (row->outcomes[i] > 0) {
				json_u64(json, block_outcome_name(i), row->outcomes[i]);
			}
		}
		if (row->outcomes[ATTEMPT_EXCEPTED] > 0) {
			json_u64(json, "excepted", row->outcomes[ATTEMPT_EXCEPTED]);
		}
	}
	if (protect_shows_count(model->group_minimum, row->devices)) {
		json_u64(json, model->group_minimum ? "devices_at_least" : "devices",
			protect_floor(model->group_minimum, row->devices));
	} else {
		json_u64(json, "devices_below", model->group_minimum);
	}
	json_object_end(json);
}

static void put_attempts(struct json *json, const struct report_model *model)
{
	struct attempt_row *rows;
	size_t count = report_model_attempts(model, &rows);

	json_array_begin(json, "attempts");
	for (size_t i = 0; i < count; i++) {
		put_attempt(json, model, &rows[i]);
	}
	json_array_end(json);
	free(rows);
}

/* The trend: the same week by week, each named by its Monday. */
static void put_trend(struct json *json, const struct report_model *model)
{
	struct attempt_row *rows;
	size_t count = report_model_attempts_by_week(model, &rows);

	json_array_begin(json, "attempts_by_week");
	for (size_t i = 0; i < count; i++) {
		put_attempt(json, model, &rows[i]);
	}
	json_array_end(json);
	free(rows);
}

static void put_residual(struct json *json, const struct report_model *model)
{
	struct residual_count *rows;
	size_t count = report_model_residual(model, &rows);
	unsigned k = model->group_minimum;

	json_array_begin(json, "residual");
	for (size_t i = 0; i < count; i++) {
		json_object_begin(json, NULL);
		json_string(json, "rule", symbol_name(SYMBOL_RULE, rows[i].rule));
		put_unit(json, rows[i].unit);
		if (protect_shows_count(k, rows[i].devices)) {
			json_u64(json, k ? "devices_at_least" : "devices",
				protect_floor(k, rows[i].devices));
		} else {
			json_u64(json, "devices_below", k);
		}
		json_object_end(json);
	}
	json_array_end(json);
	free(rows);
}

static void put_register(struct json *json, const struct report_model *model)
{
	struct register_row *rows = calloc(REGISTER_ROWS_MAX, sizeof(*rows));
	size_t count = rows ? report_model_register(model, rows, REGISTER_ROWS_MAX) : 0;

	json_array_begin(json, "register");
	for (size_t i = 0; i < count; i++) {
		json_object_begin(json, NULL);
		json_string(json, "kind", rows[i].kind);
		json_string(json, "unit", rows[i].unit);
		json_string(json, "subject", rows[i].subject);
		json_string(json, "state", rows[i].state);
		json_string(json, "date", rows[i].date);
		json_bool(json, "overdue", rows[i].is_overdue);
		json_object_end(json);
	}
	json_array_end(json);
	free(rows);
}

/* Under which decision it was made: what a body files the report under. */
static void put_header(struct json *json, const struct report_model *model)
{
	const struct policy_header *header = policy_header(model->reference->policy);

	json_object_begin(json, "decision");
	json_string(json, "organisation", header->organisation);
	json_string(json, "reference", header->reference);
	json_string(json, "purpose", header->purpose);
	json_string(json, "legal_basis", header->legal_basis);
	json_string(json, "consultation", header->consultation_date);
	json_object_end(json);
}

static void put_view(struct json *json, const struct report_model *model)
{
	static const char *const names[] = { "nothing", "all", "some units", "one way" };

	if (model->decider) {
		json_string(json, "answers_seen", names[decider_view(model->decider)]);
	}
	json_array_begin(json, "limits");
	for (const char *const *limit = report_model_limits(); *limit; limit++) {
		json_string(json, NULL, *limit + strlen("limit_"));
	}
	json_array_end(json);
}

void summary_put_members(struct json *json, const struct report_model *model)
{
	struct overview_row total = overview_total(model->overview);

	json_string(json, "format", "borderflow.summary.1");
	put_input(json, model);
	put_devices(json, model);
	put_packets(json, model);
	json_object_begin(json, "total");
	put_row(json, model, &total);
	json_object_end(json);
	json_u64(json, "alerts", model->alerts);
	put_zones(json, model);
	put_apps(json, model);
	put_inferred(json, model);
	put_matrix(json, model);
	put_protocols(json, model);
	put_directions(json, model);
	put_unnamed(json, model);
	put_places(json, model);
	put_rules(json, model);
	put_verdicts(json, model, "verdicts", false);
	put_verdicts(json, model, "verdicts_by_class", true);
	put_attempts(json, model);
	put_trend(json, model);
	put_residual(json, model);
	put_register(json, model);
	put_header(json, model);
	put_view(json, model);
	put_left_out(json, model);
	json_string(json, "catalogue", catalogue_hash(model->reference->catalogue));
	json_string(json, "policy", policy_hash(model->reference->policy));
	put_worker(json, model->stats);
}

void summary_put_json(struct text *text, const struct report_model *model)
{
	struct json json = json_over(text);

	json_object_begin(&json, NULL);
	summary_put_members(&json, model);
	json_object_end(&json);
	text_put_char(text, '\n');
}
