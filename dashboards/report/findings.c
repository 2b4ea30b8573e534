#include "dashboards/report/findings.h"

#include "analyzer/policy/policy.h"

uint64_t findings_refused(const struct findings *findings)
{
	uint64_t refused = 0;

	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		refused += findings->stats->collector.decode.refused[i];
	}
	return refused;
}

uint64_t findings_bytes_outside(const struct findings *findings)
{
	uint64_t bytes = 0;

	for (unsigned zone = 0; zone < GEO_ZONE_COUNT; zone++) {
		if (geo_zone_is_outside(zone)) {
			bytes += overview_zone(findings->overview, zone)->bytes_up;
		}
	}
	return bytes;
}

void findings_add_row(struct overview_row *sum, const struct overview_row *row)
{
	sum->flows += row->flows;
	sum->packets += row->packets;
	sum->bytes_up += row->bytes_up;
	sum->bytes_down += row->bytes_down;
}

uint64_t findings_threshold(const struct findings *findings, const struct overview_row *first,
	size_t stride, size_t count)
{
	uint64_t threshold = findings->group_minimum;

	for (;;) {
		uint64_t rows = 0, devices = 0, next = UINT64_MAX;
		for (size_t i = 0; i < count; i++) {
			const struct overview_row *row = findings_row(first, stride, i);
			if (row->packets == 0) {
				continue;
			}
			if (findings_is_small(row, threshold)) {
				rows++;
				devices += row->devices;
			} else if (row->devices < next) {
				next = row->devices;
			}
		}
		if (rows == 0 || next == UINT64_MAX ||
			(rows > 1 && devices >= findings->group_minimum)) {
			return threshold;
		}
		threshold = next + 1;
	}
}

uint64_t findings_listing_threshold(const struct findings *findings,
	const struct overview_row *first, size_t stride, size_t count, size_t shown,
	struct overview_row *rest, const struct overview_row *inside)
{
	struct overview_row rows[LISTING_ROWS_MAX + 2];
	size_t listed = 0;

	*rest = (struct overview_row){ 0 };
	for (size_t i = 0; i < count; i++) {
		const struct overview_row *row = findings_row(first, stride, i);
		if (i < shown) {
			rows[listed++] = *row;
			continue;
		}
		findings_add_row(rest, row);
		rest->devices = row->devices > rest->devices ? row->devices : rest->devices;
	}
	if (rest->packets > 0) {
		rows[listed++] = *rest;
	}
	if (inside && inside->packets > 0) {
		rows[listed++] = *inside;
	}
	uint64_t of_all = findings_threshold(findings, first, stride, count),
		 of_listing = findings_threshold(findings, rows, sizeof(*rows), listed);

	return of_all > of_listing ? of_all : of_listing;
}

struct overview_row findings_inside(
	const struct findings *findings, const struct overview_app *rows, size_t count)
{
	struct overview_row inside = *overview_total(findings->overview);

	for (size_t i = 0; i < count; i++) {
		inside.flows -= rows[i].total.flows;
		inside.packets -= rows[i].total.packets;
		inside.bytes_up -= rows[i].total.bytes_up;
		inside.bytes_down -= rows[i].total.bytes_down;
	}
	inside.devices = overview_direction(findings->overview, RECORD_DIRECTION_INTERNAL)->devices;
	return inside;
}

uint64_t findings_bytes_unknown(const struct findings *findings, bool *is_few)
{
	struct overview_row zones[GEO_ZONE_COUNT];

	for (unsigned zone = 0; zone < GEO_ZONE_COUNT; zone++) {
		zones[zone] = *overview_zone(findings->overview, zone);
	}
	*is_few = findings_is_small(&zones[GEO_ZONE_UNKNOWN],
		findings_threshold(findings, zones, sizeof(*zones), GEO_ZONE_COUNT));
	return zones[GEO_ZONE_UNKNOWN].bytes_up;
}

uint64_t findings_places_threshold(
	const struct findings *findings, const struct overview_place *places, size_t count)
{
	uint64_t totals = findings_threshold(findings, &places->total, sizeof(*places), count);
	uint64_t hidden = findings_threshold(findings, &places->hidden, sizeof(*places), count);

	return totals > hidden ? totals : hidden;
}

bool findings_place_is_small(const struct overview_place *place, uint64_t threshold)
{
	return findings_is_small(&place->total, threshold) ||
	       (place->hidden.packets > 0 && findings_is_small(&place->hidden, threshold));
}

enum unnamed_reason findings_chief_reason(
	const struct findings *findings, const struct overview_place *place)
{
	const struct overview_row *reasons = place->reasons;
	uint64_t threshold =
		findings_threshold(findings, reasons, sizeof(*reasons), UNNAMED_REASON_COUNT);
	unsigned chief = 0;

	for (unsigned i = 1; i < UNNAMED_REASON_COUNT; i++) {
		uint64_t bytes = reasons[i].bytes_up + reasons[i].bytes_down;
		if (bytes > reasons[chief].bytes_up + reasons[chief].bytes_down) {
			chief = i;
		}
	}
	bool is_told = reasons[chief].packets > 0 && !findings_is_small(&reasons[chief], threshold);
	return is_told ? (enum unnamed_reason)chief : UNNAMED_REASON_COUNT;
}

const char *findings_place_unit(const struct findings *findings, const struct overview_place *place)
{
	return policy_unit_name(findings->lexicon->policy, place->unit);
}

bool findings_know_own(const struct findings *findings)
{
	struct overview *overview = findings->overview;

	return overview_direction(overview, RECORD_DIRECTION_OUTBOUND)->packets > 0 ||
	       overview_direction(overview, RECORD_DIRECTION_INBOUND)->packets > 0 ||
	       overview_direction(overview, RECORD_DIRECTION_EXTERNAL)->packets == 0;
}

const char *findings_country(
	const struct findings *findings, const char *code, enum geo_language language)
{
	const struct geo *geo = findings->lexicon->geo;
	const struct geo_country *country = geo && code[0] ? geo_country(geo, code) : NULL;

	if (code[0] == '\0') {
		return "unknown";
	}
	return country ? country->names[language] : code;
}
