#include "dashboards/report/findings.h"

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
