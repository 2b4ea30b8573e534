#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "dashboards/report/findings.h"

static void put_time(struct json *json, const char *key, uint64_t time_ns)
{
	char text[CLOCK_TEXT_LENGTH + 1];

	clock_format(time_ns, text);
	json_string(json, key, text);
}

/* Fewer devices than the findings' k are not said. */
static void put_row(
	struct json *json, const struct findings *findings, const struct overview_row *row)
{
	json_u64(json, "flows", row->flows);
	json_u64(json, "packets", row->packets);
	json_u64(json, "bytes_up", row->bytes_up);
	json_u64(json, "bytes_down", row->bytes_down);
	if (row->devices > 0 && row->devices < findings->group_minimum) {
		json_u64(json, "devices_below", findings->group_minimum);
	} else {
		json_u64(json, "devices", row->devices);
		json_bool(json, "devices_estimated", row->devices_estimated);
	}
}

static void put_keyed_row(struct json *json, const struct findings *findings, const char *key,
	const struct overview_row *row)
{
	if (row->packets > 0) {
		json_object_begin(json, key);
		put_row(json, findings, row);
		json_object_end(json);
	}
}

static void put_input(struct json *json, const struct findings *findings)
{
	const struct source_stats *source = &findings->stats->source;

	json_object_begin(json, "input");
	json_array_begin(json, "files");
	for (unsigned i = 0; i < findings->input_count; i++) {
		json_string(json, NULL, findings->inputs[i]);
	}
	json_array_end(json);
	if (source->frames > 0) {
		put_time(json, "first", source->first_ns);
		put_time(json, "last", source->last_ns);
	}
	json_bool(json, "complete", findings->trouble == NULL);
	if (findings->trouble) {
		json_string(json, "trouble", findings->trouble);
	}
	json_object_end(json);
}

static void put_packets(struct json *json, const struct findings *findings)
{
	const struct analyzer_stats *stats = findings->stats;

	json_object_begin(json, "packets");
	json_u64(json, "read", stats->source.frames);
	json_u64(json, "in_flows", stats->packets);
	json_u64(json, "refused", findings_refused(findings));
	json_object_begin(json, "refused_by_reason");
	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		if (stats->collector.decode.refused[i] > 0) {
			json_u64(json, decode_refusal_name(i), stats->collector.decode.refused[i]);
		}
	}
	json_object_end(json);
	json_object_end(json);
}

static void put_worker(struct json *json, const struct analyzer_stats *stats)
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
	json_u64(json, "clues_dropped", stats->classify.clues_dropped);
	json_u64(json, "names_dropped", stats->classify.names_dropped);
	json_u64(json, "dns_malformed", stats->classify.dns_malformed);
	json_u64(json, "ring_waits", stats->ring_waits);
	json_u64(json, "wall_ns", stats->wall_ns);
	json_object_end(json);
}

static void put_app(
	struct json *json, const struct findings *findings, const struct overview_app *row)
{
	const struct app *app = catalogue_app(findings->lexicon->catalogue, row->app);

	json_object_begin(json, NULL);
	json_string(json, "id", row->app ? app->id : "unknown");
	if (row->app) {
		json_string(json, "name", app->name);
		json_string(json, "category", app->category);
		json_string(json, "owner", app->owner);
		json_string(json, "owner_country", app->owner_country);
		json_string(json, "parent", app->parent);
		json_string(json, "parent_country", app->parent_country);
	}
	put_row(json, findings, &row->total);
	put_time(json, "first", row->total.first_ns);
	put_time(json, "last", row->total.last_ns);
	json_u64(json, "bytes_up_outside_eu_eea", row->bytes_up_outside);
	json_u64(json, "flows_inferred", row->flows_inferred);
	json_u64(json, "flows_embedded", row->flows_embedded);
	json_u64(json, "flows_denied", row->flows_denied);
	json_array_begin(json, "server_countries");
	for (unsigned i = 0; i < 8 && row->server_countries[i][0]; i++) {
		json_string(json, NULL, row->server_countries[i]);
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
	json_object_end(json);
}

static void put_apps(struct json *json, const struct findings *findings)
{
	const struct overview_app *rows;
	size_t count = overview_apps(findings->overview, &rows);

	json_array_begin(json, "apps");
	for (size_t i = 0; i < count; i++) {
		put_app(json, findings, &rows[i]);
	}
	json_array_end(json);
}

static void put_matrix(struct json *json, const struct findings *findings)
{
	const struct overview_cell *cells;
	size_t count = overview_matrix(findings->overview, &cells);

	json_array_begin(json, "matrix");
	for (size_t i = 0; i < count; i++) {
		json_object_begin(json, NULL);
		json_string(json, "server_country", cells[i].server_country);
		json_string(json, "zone", geo_zone_name(cells[i].zone));
		json_string(json, "parent_country", cells[i].parent_country);
		json_string(json, "control", geo_zone_name(cells[i].control));
		put_row(json, findings, &cells[i].total);
		json_object_end(json);
	}
	json_array_end(json);
}

static void put_zones(struct json *json, const struct findings *findings)
{
	json_object_begin(json, "zones");
	for (unsigned zone = 0; zone < GEO_ZONE_COUNT; zone++) {
		put_keyed_row(json, findings, geo_zone_name(zone),
			overview_zone(findings->overview, zone));
	}
	json_object_end(json);
	json_object_begin(json, "control");
	for (unsigned zone = 0; zone < GEO_ZONE_COUNT; zone++) {
		put_keyed_row(json, findings, geo_zone_name(zone),
			overview_control(findings->overview, zone));
	}
	json_object_end(json);
}

static void put_protocols(struct json *json, const struct findings *findings)
{
	json_object_begin(json, "protocols");
	for (unsigned protocol = 0; protocol < L7_PROTOCOL_COUNT; protocol++) {
		const char *name = l7_protocol_name(protocol);
		put_keyed_row(json, findings, name[0] ? name : "unknown",
			overview_protocol(findings->overview, protocol));
	}
	json_object_end(json);
	json_object_begin(json, "directions");
	for (unsigned direction = 0; direction < RECORD_DIRECTION_COUNT; direction++) {
		put_keyed_row(json, findings, record_direction_name(direction),
			overview_direction(findings->overview, direction));
	}
	json_object_end(json);
}

static void put_unnamed(struct json *json, const struct findings *findings)
{
	const struct overview_name *names;
	size_t count = overview_unlisted(findings->overview, &names);

	json_object_begin(json, "not_named");
	for (unsigned reason = 0; reason < UNNAMED_REASON_COUNT; reason++) {
		put_keyed_row(json, findings, unnamed_reason_name(reason),
			overview_unnamed(findings->overview, reason));
	}
	json_object_end(json);
	json_array_begin(json, "names_not_listed");
	for (size_t i = 0; i < count; i++) {
		json_object_begin(json, NULL);
		json_string(json, "name", names[i].name);
		json_u64(json, "flows", names[i].flows);
		json_u64(json, "bytes", names[i].bytes);
		json_object_end(json);
	}
	json_array_end(json);
}

/* Of a unit too small to hide a person in, nothing but that it is there is said. */
static void put_rule_row(
	struct json *json, const struct findings *findings, const struct overview_row *row)
{
	if (row->devices < findings->group_minimum) {
		json_u64(json, "devices_below", findings->group_minimum);
	} else {
		put_row(json, findings, row);
	}
}

static void put_rules(struct json *json, const struct findings *findings)
{
	const struct lexicon *lexicon = findings->lexicon;
	const struct overview_rule *rows;
	size_t count = overview_rules(findings->overview, &rows);

	json_array_begin(json, "rules");
	for (size_t i = 0; i < count; i++) {
		json_object_begin(json, NULL);
		json_string(json, "rule", policy_rule(lexicon->policy, rows[i].rule)->id);
		json_string(json, "unit", policy_unit_name(lexicon->policy, rows[i].unit));
		json_string(json, "app",
			rows[i].app ? catalogue_app(lexicon->catalogue, rows[i].app)->id
				    : "unknown");
		json_string(json, "action", policy_action_name(rows[i].action));
		json_string(json, "verdict", policy_verdict_name(rows[i].verdict));
		json_string(json, "block", block_outcome_name(rows[i].block));
		put_rule_row(json, findings, &rows[i].total);
		json_object_end(json);
	}
	json_array_end(json);
}

void summary_put_json(struct text *text, const struct findings *findings)
{
	struct json json = json_over(text);

	json_object_begin(&json, NULL);
	json_string(&json, "format", "borderflow.summary.1");
	put_input(&json, findings);
	put_packets(&json, findings);
	json_object_begin(&json, "total");
	put_row(&json, findings, overview_total(findings->overview));
	json_object_end(&json);
	json_u64(&json, "alerts", findings->alerts);
	put_zones(&json, findings);
	put_apps(&json, findings);
	put_matrix(&json, findings);
	put_protocols(&json, findings);
	put_unnamed(&json, findings);
	put_rules(&json, findings);
	json_string(&json, "catalogue", catalogue_hash(findings->lexicon->catalogue));
	json_string(&json, "policy", policy_hash(findings->lexicon->policy));
	put_worker(&json, findings->stats);
	json_object_end(&json);
	text_put_char(text, '\n');
}
