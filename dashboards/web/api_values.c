/* Members of answers, and names of values. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/rollup/cell.h"
#include "analyzer/catalogue/catalogue.h"
#include "base/clock.h"
#include "dashboards/web/api.h"

enum { MILLISECONDS = 23 }; /* "2026-03-31T10:15:00.123" */

void put_time(struct json *json, const char *key, uint64_t time_ns)
{
	char text[CLOCK_TEXT_LENGTH + 1];

	if (time_ns == 0) {
		json_null(json, key);
		return;
	}
	clock_format(time_ns, text);
	strcpy(text + MILLISECONDS, "Z");
	json_string(json, key, text);
}

static const char *count_name(uint8_t count)
{
	static const char *const names[] = { [VIEW_COUNT_UNKNOWN] = "unknown",
		[VIEW_COUNT_EXACT] = "exact",
		[VIEW_COUNT_ESTIMATE] = "estimate",
		[VIEW_COUNT_AT_LEAST] = "at_least",
		[VIEW_COUNT_FEWER] = "fewer" };
	return names[count];
}

/* Of what crossed the sensor one way alone. */
static const char *way_name(uint8_t way)
{
	return way == CELL_WAY_UNKNOWN    ? "unknown"
	       : way == CELL_WAY_AT_LEAST ? "at_least"
					  : "exact";
}

void put_way(struct json *json, const char *key, uint64_t bytes, uint8_t way)
{
	if (way == CELL_WAY_UNKNOWN) {
		json_null(json, key);
	} else {
		json_u64(json, key, bytes);
	}
}

void put_figures(struct json *json, const char *key, const struct view_figures *figures)
{
	json_object_begin(json, key);
	put_way(json, "bytes_up", figures->bytes_up, figures->way_up);
	put_way(json, "bytes_down", figures->bytes_down, figures->way_down);
	json_string(json, "bytes_up_count", way_name(figures->way_up));
	json_string(json, "bytes_down_count", way_name(figures->way_down));
	json_u64(json, "flows", figures->flows);
	if (figures->lacks_packets) {
		json_null(json, "packets");
	} else {
		json_u64(json, "packets", figures->packets);
	}
	json_u64(json, "devices", figures->devices);
	json_string(json, "devices_count", count_name(figures->count));
	put_time(json, "first", figures->first_ns);
	put_time(json, "last", figures->last_ns);
	json_bool(json, "is_hidden", figures->is_hidden);
	json_object_end(json);
}

void figures_add(struct view_figures *figures, const struct record *record)
{
	const struct flow_record *flow = &record->flow;
	unsigned own = record->own_side == RECORD_SOURCE ? 0 : 1;

	if (figures->first_ns == 0 || flow->flow_start_ns < figures->first_ns) {
		figures->first_ns = flow->flow_start_ns;
	}
	if (flow->end_ns > figures->last_ns) {
		figures->last_ns = flow->end_ns;
	}
	figures->flows++;
	figures->packets += flow->total_packets[0] + flow->total_packets[1];
	figures->bytes_up += flow->total_bytes[own];
	figures->bytes_down += flow->total_bytes[!own];
	figures->unseen_up += !record_knows_bytes(record, own);
	figures->unseen_down += !record_knows_bytes(record, !own);
	figures->way_up =
		(uint8_t)cell_way_of(figures->bytes_up, figures->unseen_up, figures->flows);
	figures->way_down =
		(uint8_t)cell_way_of(figures->bytes_down, figures->unseen_down, figures->flows);
}

static void put_gaps(struct json *json, const struct view_notes *notes)
{
	json_array_begin(json, "gaps");
	for (unsigned i = 0; i < notes->gap_count; i++) {
		json_object_begin(json, NULL);
		put_time(json, "from", notes->gaps[i].from_ns);
		put_time(json, "to", notes->gaps[i].to_ns);
		json_u64(json, "records", notes->gaps[i].records);
		json_string(json, "reason", notes->gaps[i].reason);
		json_object_end(json);
	}
	json_array_end(json);
	json_u64(json, "gaps_more", notes->gaps_more);
}

void put_notes(struct json *json, const struct view_notes *notes)
{
	static const char *const protections[] = { [VIEW_SEES_DEVICES] = "none",
		[VIEW_PROTECTED] = "protected",
		[VIEW_GROUPED] = "grouped" };

	json_object_begin(json, "notes");
	if (notes->source) {
		json_string(json, "source", notes->source);
	}
	put_time(json, "from", notes->from_ns);
	put_time(json, "to", notes->to_ns);
	json_u64(json, "step_s", notes->step_ns / NS_PER_S);
	put_time(json, "kept_from", notes->kept_from_ns);
	json_bool(json, "is_past_retention", notes->is_past_retention);
	put_time(json, "as_of", notes->as_of_ns);
	json_string(json, "protection", protections[notes->protection]);
	json_u64(json, "k", notes->k);
	json_u64(json, "days_withheld", notes->days_withheld);
	json_u64(json, "days_cut", notes->days_cut);
	put_gaps(json, notes);
	json_u64(json, "left_out", notes->left_out);
	json_u64(json, "problems", notes->problems);
	json_u64(json, "clocks_apart_s", (uint64_t)llabs(notes->clocks_apart_s));
	json_u64(json, "flows_apart", notes->flows_apart);
	json_bool(json, "is_ahead", notes->is_ahead);
	json_bool(json, "has_flows", notes->has_flows);
	json_bool(json, "is_behind", notes->is_behind);
	json_object_end(json);
}

const char *name_country(const struct call *call, const char *code)
{
	const struct geo *geo = call->web->options.reference->geo;
	const struct geo_country *country =
		geo && strlen(code) == 2 ? geo_country(geo, code) : NULL;

	if (strcmp(code, "internal") == 0 || strcmp(code, "unknown") == 0) {
		return messages_get2(call->messages, "zone", code);
	}
	return country ? country->names[messages_geo_language(call->messages)] : code;
}

static const char *name_app(const struct call *call, const char *id)
{
	const struct catalogue *catalogue = call->web->options.reference->catalogue;
	const struct app *app = catalogue_app(catalogue, catalogue_find(catalogue, id));

	return app ? messages_catalogue(call->messages, app->name)
		   : messages_get(call->messages, id);
}

const char *name_value(const struct call *call, enum view_dimension by, const char *value)
{
	static const char *const prefixes[VIEW_DIMENSION_COUNT] = { [VIEW_BY_ZONE] = "zone",
		[VIEW_BY_CONTROL] = "zone",
		[VIEW_BY_ACTION] = "action",
		[VIEW_BY_VERDICT] = "verdict",
		[VIEW_BY_BLOCK] = "block",
		[VIEW_BY_HIDDEN] = "unnamed",
		[VIEW_BY_DIRECTION] = "direction",
		[VIEW_BY_VIA] = "via" };

	switch (by) {
	case VIEW_BY_APP:
	case VIEW_BY_INFERRED:
		return name_app(call, value);
	case VIEW_BY_SERVER:
	case VIEW_BY_PARENT:
		return name_country(call, value);
	default:
		return prefixes[by] ? messages_get2(call->messages, prefixes[by], value) : value;
	}
}
