#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "base/addr_cut.h"
#include "base/clock.h"
#include "dashboards/report/device_rows.h"
#include "dashboards/report/summary_json.h"

static void put_time(struct json *json, const char *key, uint64_t time_ns)
{
	char text[CLOCK_TEXT_LENGTH + 1];

	clock_format(time_ns, text);
	json_string(json, key, text);
}

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

void summary_put_row(
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
		struct report_devices counted = report_model_devices(model, row);
		json_u64(
			json, counted.is_at_least ? "devices_at_least" : "devices", counted.number);
		json_bool(json, "devices_estimated", counted.is_estimated);
	} else if (report_model_shows_few(model, row)) {
		json_u64(json, "devices_below", model->group_minimum);
	}
}

void summary_put_unit(struct json *json, uint16_t unit)
{
	json_string(json, "unit", report_model_unit(unit, ""));
	if (unit == REPORT_OTHER_PARTS) {
		json_bool(json, "other_units", true);
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
			summary_put_row(json, model, &rows[i]);
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
	summary_put_row(json, model, &row->total);
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
	summary_put_row(json, model, &row->total);
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
		summary_put_row(json, model, &cells[i].total);
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

/* Why it is hidden is said of parts only where nothing is protected: it would have to be safe with
 * the sums of each reason over all units. */
static void put_place(
	struct json *json, const struct report_model *model, const struct overview_place *place)
{
	const char *reasons[UNNAMED_REASON_COUNT];

	json_object_begin(json, NULL);
	summary_put_unit(json, place->unit);
	json_string(json, "zone", geo_zone_name(place->zone));
	summary_put_row(json, model, &place->total);
	json_object_begin(json, "hidden");
	summary_put_row(json, model, &place->hidden);
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
	summary_put_row(json, model, &total);
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
	summary_put_json_policy(json, model);
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
