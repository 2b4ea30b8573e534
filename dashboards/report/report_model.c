#include "dashboards/report/report_model.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/policy_register.h"
#include "analyzer/record/symbols.h"
#include "dashboards/report/report_calendar.h"

uint64_t report_model_read(const struct report_model *model)
{
	return model->stats->source.frames + model->stats->collector.decode.subframes;
}

uint64_t report_model_refused(const struct report_model *model)
{
	uint64_t refused = 0;

	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		refused += model->stats->collector.decode.refused[i];
	}
	return refused;
}

uint64_t report_model_bytes_outside(const struct report_model *model)
{
	uint64_t bytes = 0;

	for (unsigned zone = 0; zone < GEO_ZONE_COUNT; zone++) {
		if (geo_zone_is_outside(zone)) {
			bytes += overview_zone(model->overview, zone).bytes_up;
		}
	}
	return bytes;
}

/* Something that is known and something that is not are at least what is known. */
static uint8_t add_ways(uint64_t bytes, uint8_t one, uint8_t other)
{
	return one == CELL_WAY_KNOWN && other == CELL_WAY_KNOWN ? CELL_WAY_KNOWN
	       : bytes > 0                                      ? CELL_WAY_AT_LEAST
								: CELL_WAY_UNKNOWN;
}

void report_model_add_row(struct overview_row *sum, const struct overview_row *row)
{
	sum->flows += row->flows;
	sum->packets += row->packets;
	sum->bytes_up += row->bytes_up;
	sum->bytes_down += row->bytes_down;
	sum->way_up = add_ways(sum->bytes_up, sum->way_up, row->way_up);
	sum->way_down = add_ways(sum->bytes_down, sum->way_down, row->way_down);
}

bool report_model_hides(const struct report_model *model)
{
	struct overview_row total = overview_total(model->overview);

	return !protect_shows_count(model->group_minimum, total.devices);
}

bool report_model_knows_devices(const struct report_model *model)
{
	struct overview_row total = overview_total(model->overview);

	return total.packets == 0 || total.devices > 0;
}

struct overview_row report_model_rest(
	const struct overview_row *first, size_t stride, size_t count, size_t shown)
{
	struct overview_row rest = { 0 };

	for (size_t i = shown; i < count; i++) {
		const struct overview_row *row = report_model_row(first, stride, i);
		report_model_add_row(&rest, row);
		rest.devices = row->devices > rest.devices ? row->devices : rest.devices;
	}
	return rest;
}

struct overview_row report_model_inside(
	const struct report_model *model, const struct overview_app *rows, size_t count)
{
	struct overview_row inside = overview_total(model->overview);

	for (size_t i = 0; i < count; i++) {
		inside.flows -= rows[i].total.flows;
		inside.packets -= rows[i].total.packets;
		inside.bytes_up -= rows[i].total.bytes_up;
		inside.bytes_down -= rows[i].total.bytes_down;
	}
	inside.devices = overview_direction(model->overview, RECORD_DIRECTION_INTERNAL).devices;
	return inside;
}

uint64_t report_model_bytes_unknown(const struct report_model *model, bool *is_few)
{
	*is_few = report_model_hides(model);
	return overview_zone(model->overview, GEO_ZONE_UNKNOWN).bytes_up;
}

enum unnamed_reason report_model_chief_reason(
	const struct report_model *model, const struct overview_place *place)
{
	const struct overview_row *reasons = place->reasons;
	unsigned chief = 0;

	for (unsigned i = 1; i < UNNAMED_REASON_COUNT; i++) {
		uint64_t bytes = reasons[i].bytes_up + reasons[i].bytes_down;
		if (bytes > reasons[chief].bytes_up + reasons[chief].bytes_down) {
			chief = i;
		}
	}
	bool is_told =
		reasons[chief].packets > 0 && report_model_shows_count(model, &reasons[chief]);
	return is_told ? (enum unnamed_reason)chief : UNNAMED_REASON_COUNT;
}

bool report_model_know_own(const struct report_model *model)
{
	struct overview *overview = model->overview;

	return overview_direction(overview, RECORD_DIRECTION_OUTBOUND).packets > 0 ||
	       overview_direction(overview, RECORD_DIRECTION_INBOUND).packets > 0 ||
	       overview_direction(overview, RECORD_DIRECTION_EXTERNAL).packets == 0;
}

struct app report_model_app(const struct report_model *model, uint16_t app)
{
	const struct app *found = catalogue_app(model->reference->catalogue, app);
	const char *treated = policy_treated_as(model->reference->policy, app);
	const char *id = symbol_name(SYMBOL_APP, app);
	struct app known = found ? *found
				 : (struct app){ .id = id,
					   .name = id,
					   .category = "",
					   .owner = "",
					   .owner_country = "",
					   .parent = "",
					   .parent_country = "" };

	known.parent_country = treated ? treated : known.parent_country;
	return known;
}

const char *report_model_country(
	const struct report_model *model, const char *code, enum geo_language language)
{
	const struct geo *geo = model->reference->geo;
	const struct geo_country *country = geo && code[0] ? geo_country(geo, code) : NULL;

	if (code[0] == '\0') {
		return "unknown";
	}
	return country ? country->names[language] : code;
}

unsigned report_months(const struct report_model *model)
{
	const struct report_calendar *calendar = model->calendar;
	unsigned months = 0;

	for (size_t i = 0; calendar && i < calendar->month_count; i++) {
		months += calendar->months[i].is_held;
	}
	if (!calendar) {
		months = model->run_months;
	}
	return months ? months : 1;
}

unsigned report_months_of_run(const struct overview *overview)
{
	unsigned months = overview_months(overview);

	return months ? months : 1;
}

bool report_model_counts_devices(const struct report_model *model)
{
	return report_model_knows_devices(model) && report_months(model) == 1;
}

bool report_model_sees_answers(const struct report_model *model)
{
	enum decider_view view =
		model->decider ? decider_view(model->decider) : DECIDER_SEES_NOTHING;

	return view == DECIDER_SEES_NOTHING || view == DECIDER_SEES_ALL;
}

bool report_model_unit_hides_third(const struct report_model *model)
{
	const struct overview_place *places;
	size_t count = overview_places(model->overview, &places);

	for (size_t i = 0; i < count; i++) {
		uint64_t flows = 0, hidden = 0;
		for (size_t j = 0; j < count; j++) {
			if (places[j].unit == places[i].unit) {
				flows += places[j].total.flows;
				hidden += places[j].hidden.flows;
			}
		}
		if (hidden > 0 && hidden * 3 >= flows) {
			return true;
		}
	}
	return false;
}

const char *const *report_model_limits(void)
{
	static const char *const limits[] = { "limit_installed", "limit_mobile", "limit_elsewhere",
		"limit_content", "limit_device_block", NULL };

	return limits;
}

bool report_model_is_country(const char *text)
{
	return strlen(text) == 2 && isupper((unsigned char)text[0]);
}

/* A run has no other periods. */
static bool counts_exactly(const struct report_model *model)
{
	const struct report_calendar *calendar = model->calendar;
	bool is_whole = true;

	for (size_t i = 0; calendar && i < calendar->month_count; i++) {
		is_whole &= calendar->months[i].is_whole;
	}
	return is_whole;
}

struct report_devices report_model_devices(
	const struct report_model *model, const struct overview_row *row)
{
	bool is_exact = counts_exactly(model);

	return (struct report_devices){ .number = is_exact ? row->devices
							   : protect_floor(model->group_minimum,
								     row->devices),
		.is_at_least = row->devices_at_least || row->lacks_devices ||
			       ((model->lacks_devices || !is_exact) && row->packets > 0),
		.is_estimated = is_exact && row->devices_estimated };
}
