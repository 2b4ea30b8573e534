#include "analyzer/record/symbols.h"
#include "dashboards/report/report_model.h"

#include "analyzer/policy/policy.h"

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

void report_model_add_row(struct overview_row *sum, const struct overview_row *row)
{
	sum->flows += row->flows;
	sum->packets += row->packets;
	sum->bytes_up += row->bytes_up;
	sum->bytes_down += row->bytes_down;
}

uint64_t report_model_threshold(const struct report_model *model, const struct overview_row *first,
	size_t stride, size_t count)
{
	uint64_t threshold = model->group_minimum;

	for (;;) {
		uint64_t rows = 0, devices = 0, next = UINT64_MAX;
		for (size_t i = 0; i < count; i++) {
			const struct overview_row *row = report_model_row(first, stride, i);
			if (row->packets == 0) {
				continue;
			}
			if (report_model_is_small(row, threshold)) {
				rows++;
				devices += row->devices;
			} else if (row->devices < next) {
				next = row->devices;
			}
		}
		if (rows == 0 || next == UINT64_MAX ||
			(rows > 1 && devices >= model->group_minimum)) {
			return threshold;
		}
		threshold = next + 1;
	}
}

uint64_t report_model_listing_threshold(const struct report_model *model,
	const struct overview_row *first, size_t stride, size_t count, size_t shown,
	struct overview_row *rest, const struct overview_row *inside)
{
	struct overview_row rows[LISTING_ROWS_MAX + 2];
	size_t listed = 0;

	*rest = (struct overview_row){ 0 };
	for (size_t i = 0; i < count; i++) {
		const struct overview_row *row = report_model_row(first, stride, i);
		if (i < shown) {
			rows[listed++] = *row;
			continue;
		}
		report_model_add_row(rest, row);
		rest->devices = row->devices > rest->devices ? row->devices : rest->devices;
	}
	if (rest->packets > 0) {
		rows[listed++] = *rest;
	}
	if (inside && inside->packets > 0) {
		rows[listed++] = *inside;
	}
	uint64_t of_all = report_model_threshold(model, first, stride, count),
		 of_listing = report_model_threshold(model, rows, sizeof(*rows), listed);

	return of_all > of_listing ? of_all : of_listing;
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
	struct overview_row zones[GEO_ZONE_COUNT];

	for (unsigned zone = 0; zone < GEO_ZONE_COUNT; zone++) {
		zones[zone] = overview_zone(model->overview, zone);
	}
	*is_few = report_model_is_small(&zones[GEO_ZONE_UNKNOWN],
		report_model_threshold(model, zones, sizeof(*zones), GEO_ZONE_COUNT));
	return zones[GEO_ZONE_UNKNOWN].bytes_up;
}

uint64_t report_model_places_threshold(
	const struct report_model *model, const struct overview_place *places, size_t count)
{
	uint64_t totals = report_model_threshold(model, &places->total, sizeof(*places), count);
	uint64_t hidden = report_model_threshold(model, &places->hidden, sizeof(*places), count);

	return totals > hidden ? totals : hidden;
}

bool report_model_place_is_small(const struct overview_place *place, uint64_t threshold)
{
	return report_model_is_small(&place->total, threshold) ||
	       (place->hidden.packets > 0 && report_model_is_small(&place->hidden, threshold));
}

enum unnamed_reason report_model_chief_reason(
	const struct report_model *model, const struct overview_place *place)
{
	const struct overview_row *reasons = place->reasons;
	uint64_t threshold =
		report_model_threshold(model, reasons, sizeof(*reasons), UNNAMED_REASON_COUNT);
	unsigned chief = 0;

	for (unsigned i = 1; i < UNNAMED_REASON_COUNT; i++) {
		uint64_t bytes = reasons[i].bytes_up + reasons[i].bytes_down;
		if (bytes > reasons[chief].bytes_up + reasons[chief].bytes_down) {
			chief = i;
		}
	}
	bool is_told =
		reasons[chief].packets > 0 && !report_model_is_small(&reasons[chief], threshold);
	return is_told ? (enum unnamed_reason)chief : UNNAMED_REASON_COUNT;
}

const char *report_model_place_unit(const struct overview_place *place)
{
	return symbol_name(SYMBOL_UNIT, place->unit);
}

bool report_model_know_own(const struct report_model *model)
{
	struct overview *overview = model->overview;

	return overview_direction(overview, RECORD_DIRECTION_OUTBOUND).packets > 0 ||
	       overview_direction(overview, RECORD_DIRECTION_INBOUND).packets > 0 ||
	       overview_direction(overview, RECORD_DIRECTION_EXTERNAL).packets == 0;
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

const char *report_model_verdict_class(const struct overview_verdict *row)
{
	return symbol_name(SYMBOL_CLASS, row->class_);
}

const char *report_model_verdict_exception(const struct overview_verdict *row)
{
	return symbol_name(SYMBOL_EXCEPTION, row->exception);
}

bool report_model_sees_answers(const struct report_model *model)
{
	enum decider_view view =
		model->decider ? decider_view(model->decider) : DECIDER_SEES_NOTHING;

	return view == DECIDER_SEES_NOTHING || view == DECIDER_SEES_ALL;
}

size_t report_model_attempts(const struct report_model *model, const struct attempt_row **rows)
{
	*rows = NULL;
	return model->decider ? attempts_rows(decider_attempts(model->decider), rows) : 0;
}

const char *const *report_model_limits(void)
{
	static const char *const limits[] = {
		"Whether an app is installed or was removed shows only when it talks.",
		"Devices on a mobile network of their own do not pass this sensor, nor does what "
		"the organisation publishes elsewhere under its own name.",
		"What was said stays unknown: contents, contacts, files and settings are not seen.",
		"A block by the device itself leaves no trace in the network.",
		NULL,
	};

	return limits;
}
