#include <stdlib.h>
#include <string.h>

#include "analyzer/rollup/overview_parts.h"

static const char *server_country(const struct record *record)
{
	return record->place.zone == GEO_ZONE_INTERNAL ? "--" : record->place.country;
}

/* Traffic among our own machines leaves for nowhere: it has a zone, and no app that anybody asks
 * for. */
static struct profile profile_of(const struct record *record)
{
	const struct verdict *verdict = &record->verdict;
	const struct decision *decision = &record->decision;
	bool is_proven = verdict_control_is_proven(verdict);
	bool leaves = record->direction != RECORD_DIRECTION_INTERNAL;

	return (struct profile){
		.server_country = (uint16_t)overview_pack_country(server_country(record)),
		.parent_country =
			is_proven ? (uint16_t)overview_pack_country(verdict->parent_country) : 0,
		.app = verdict->app,
		.rule = decision->rule,
		.unit = decision->unit,
		.zone = record->place.zone,
		.control = is_proven ? verdict->control : GEO_ZONE_UNKNOWN,
		.direction = record->direction,
		.protocol = record->l7.protocol,
		.action = decision->action,
		.verdict = decision->verdict,
		.block = decision->block,
		.unnamed = leaves && record_is_unnamed(record)
				   ? (uint8_t)record_unnamed_reason(record)
				   : PROFILE_NAMED,
		.inferred = verdict->inferred,
	};
}

/* An app that is only inferred is no named one. */
static uint16_t named_app(const struct profile *profile)
{
	return profile->inferred ? 0 : profile->app;
}

static bool counts_for_app(const struct profile *profile)
{
	return named_app(profile) != 0 || profile->direction != RECORD_DIRECTION_INTERNAL;
}

static uint64_t matrix_key(const struct profile *profile)
{
	return (uint64_t)profile->server_country << 32 | (uint64_t)profile->parent_country << 16 |
	       (uint64_t)profile->zone << 8 | profile->control;
}

static uint64_t rule_key(const struct profile *profile)
{
	return (uint64_t)profile->rule << 48 | (uint64_t)profile->unit << 32 |
	       (uint64_t)profile->app << 16 | (uint64_t)profile->action << 12 |
	       (uint64_t)profile->verdict << 8 | (uint64_t)profile->inferred << 7 | profile->block;
}

static void merge_into(
	struct overview *overview, enum tally_kind kind, uint64_t key, const struct tally_row *row)
{
	tally_merge(tally_row(&overview->tallies[kind], key), row);
}

static void settle_row(
	struct overview *overview, const struct profile *profile, const struct tally_row *row)
{
	merge_into(overview, TALLY_TOTAL, 0, row);
	merge_into(overview, TALLY_ZONES, profile->zone, row);
	merge_into(overview, TALLY_DIRECTIONS, profile->direction, row);
	merge_into(overview, TALLY_PROTOCOLS, profile->protocol, row);
	if (profile->direction != RECORD_DIRECTION_INTERNAL) {
		merge_into(overview, TALLY_CONTROLS, profile->control, row);
		merge_into(overview, TALLY_MATRIX, matrix_key(profile), row);
		unnamed_by_unit_merge(&overview->places, profile, row);
	}
	if (profile->unnamed != PROFILE_NAMED) {
		merge_into(overview, TALLY_UNNAMED, profile->unnamed, row);
	}
	if (profile->inferred) {
		merge_into(overview, TALLY_INFERRED, profile->app, row);
	}
	if (counts_for_app(profile)) {
		uint64_t app = named_app(profile);
		merge_into(overview, TALLY_APPS, app, row);
		merge_into(overview, TALLY_APP_COUNTRIES, app << 16 | profile->server_country, row);
	}
	if (profile->rule != 0) {
		merge_into(overview, TALLY_RULES, rule_key(profile), row);
	}
}

void overview_settle(struct overview *overview)
{
	struct profiles *profiles = &overview->profiles;

	for (uint32_t i = 0; i < profiles->count; i++) {
		settle_row(overview, &profiles->profiles[i], &profiles->rows[i]);
	}
	profiles_clear(profiles);
}

struct app_facts *overview_app_facts(struct overview *overview, uint16_t app)
{
	if (app >= overview->fact_count) {
		uint32_t count = app + 256u;
		struct app_facts *facts = realloc(overview->facts, count * sizeof(*facts));
		if (!facts) {
			return NULL;
		}
		memset(facts + overview->fact_count, 0,
			(count - overview->fact_count) * sizeof(*facts));
		overview->facts = facts;
		overview->fact_count = count;
	}
	return &overview->facts[app];
}

/* The span of confidences seen; 0 and 0 at first. */
static void widen(uint8_t *least, uint8_t *most, uint8_t confidence)
{
	if (*most == 0 || confidence < *least) {
		*least = confidence;
	}
	if (confidence > *most) {
		*most = confidence;
	}
}

static void add_app_facts(
	struct overview *overview, const struct profile *profile, const struct record *record)
{
	const struct verdict *verdict = &record->verdict;
	uint16_t app = named_app(profile);
	struct app_facts *facts = overview_app_facts(overview, app);
	bool first_part = record->flow.part == 0;

	if (!facts) {
		return;
	}
	facts->flows_embedded += first_part && verdict->embedded;
	facts->flows_denied += first_part && profile->verdict == POLICY_VERDICT_VIOLATION;
	if (geo_zone_is_outside(profile->zone)) {
		facts->bytes_up_outside += record_bytes_up(record);
	}
	if (app != 0) {
		facts->evidence |= verdict->evidence;
		widen(&facts->confidence_least, &facts->confidence_most, verdict->confidence);
	}
}

static void add_inferred_facts(struct overview *overview, const struct verdict *verdict)
{
	if (!overview->inferred) {
		overview->inferred = calloc(UINT16_MAX + 1, sizeof(*overview->inferred));
	}
	if (overview->inferred) {
		struct inferred_facts *facts = &overview->inferred[verdict->app];
		facts->grounds |= verdict->grounds;
		widen(&facts->confidence_least, &facts->confidence_most, verdict->confidence);
	}
}

static void add_record(struct overview *overview, const struct record *record)
{
	uint64_t device =
		hash_bytes(&overview->device_key, record_own_addr(record), sizeof(struct addr));
	struct profile profile = profile_of(record);
	struct tally_row *row = profiles_row(&overview->profiles, &profile);

	if (!row) {
		overview_settle(overview);
		row = profiles_row(&overview->profiles, &profile);
	}
	tally_add(row, record, device);
	if (counts_for_app(&profile)) {
		add_app_facts(overview, &profile, record);
	}
	if (profile.inferred) {
		add_inferred_facts(overview, &record->verdict);
	}
	if (profile.unnamed == UNNAMED_NAME_NOT_LISTED && l7_info_domain(&record->l7)[0] != '\0') {
		heavy_names_add(&overview->unlisted, l7_info_domain(&record->l7), device,
			record->flow.part == 0, record->flow.bytes[0] + record->flow.bytes[1]);
	}
}

void overview_add(struct overview *overview, const struct record *records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		add_record(overview, &records[i]);
	}
}
