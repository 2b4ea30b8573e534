#include "analyzer/attribute/attribute.h"

#include <string.h>

#include "analyzer/attribute/candidates.h"

enum {
	CONFIDENCE_OWNER_BY_ASN = 60,
	CONFIDENCE_AGREEMENT = 3,
	CONFIDENCE_MAX = 99,
	CONFIDENCE_HEARSAY = 50
};

/* Prefix and network stand for the same fact, an address: together they agree once. */
static uint16_t independent_kind(enum evidence_kind kind)
{
	return (uint16_t)(1 << (kind == EVIDENCE_ASN ? EVIDENCE_PREFIX : kind));
}

/* Adds what agrees with the chosen candidate. */
static void add_agreement(const struct catalogue *catalogue, const struct candidates *candidates,
	const struct candidate *chosen, uint32_t asn, struct verdict *verdict)
{
	uint16_t kinds = independent_kind(chosen->evidence);
	unsigned confidence = chosen->confidence;

	verdict->evidence = (uint16_t)(1 << chosen->evidence);
	for (unsigned i = 0; i <= candidates->count; i++) {
		enum evidence_kind kind = EVIDENCE_ASN;
		if (i < candidates->count) {
			if (candidates->items[i].ignored ||
				candidates->items[i].match.app != chosen->match.app) {
				continue;
			}
			kind = candidates->items[i].evidence;
		} else if (asn == 0 || !catalogue_app_has_asn(catalogue, chosen->match.app, asn)) {
			continue;
		}
		verdict->evidence |= (uint16_t)(1 << kind);
		if (!(kinds & independent_kind(kind))) {
			kinds |= independent_kind(kind);
			confidence += CONFIDENCE_AGREEMENT;
		}
	}
	verdict->confidence = (uint8_t)(confidence < CONFIDENCE_MAX ? confidence : CONFIDENCE_MAX);
}

/* What was made up, perhaps, and nothing else speaks of this app: inferred, so never a violation.
 */
static void note_doubt(const struct candidates *candidates, const struct candidate *chosen,
	struct verdict *verdict)
{
	static const uint16_t grounds[CANDIDATE_GROUND_COUNT] = {
		[CANDIDATE_CONTESTED] = 1 << INFERRED_BY_CONTESTED,
		[CANDIDATE_SHARED] = 1 << INFERRED_BY_SHARED,
		[CANDIDATE_OLD] = 1 << INFERRED_BY_OLD,
		[CANDIDATE_UNASKED] = 1 << INFERRED_BY_UNASKED,
	};

	for (unsigned i = 0; i < candidates->count; i++) {
		const struct candidate *candidate = &candidates->items[i];
		if (!candidate->ignored && candidate->match.app == chosen->match.app &&
			candidate->ground == CANDIDATE_SOUND) {
			return;
		}
	}
	verdict->inferred = true;
	verdict->grounds |= grounds[chosen->ground];
}

/* A conversation that nobody but somebody outside speaks of is hearsay, and so is its app. */
static void note_hearsay(const struct record *record, struct verdict *verdict)
{
	if (record_is_hearsay(record)) {
		verdict->grounds |= 1 << INFERRED_BY_OUTSIDE;
		verdict->inferred = verdict->app != 0;
		verdict->confidence = verdict->confidence < CONFIDENCE_HEARSAY ? verdict->confidence
									       : CONFIDENCE_HEARSAY;
	}
}

static void set_country(char to[3], const char *code)
{
	if (strlen(code) == 2) {
		memcpy(to, code, 3);
	}
}

/* As it was when the flow began. */
static void set_app_owner(
	const struct catalogue *catalogue, const char *region, struct record *record)
{
	struct verdict *verdict = &record->verdict;
	struct ownership ownership =
		catalogue_ownership_at(catalogue, verdict->app, record->flow.start_ns, region);

	set_country(verdict->parent_country, ownership.parent_country);
	set_country(verdict->owner_country, ownership.owner_country);
}

static void set_owner(const struct geo *geo, const struct geo_place *place, struct verdict *verdict)
{
	const struct geo_owner *owner =
		geo && place->role == GEO_ROLE_OWN ? geo_owner(geo, place->owner) : NULL;

	if (owner && verdict->parent_country[0] == '\0' && verdict->owner_country[0] == '\0') {
		set_country(verdict->parent_country, owner->parent_country);
		set_country(verdict->owner_country, place->operator_country);
		verdict->evidence |= 1 << EVIDENCE_ASN;
		if (verdict->app == 0) {
			verdict->confidence = CONFIDENCE_OWNER_BY_ASN;
		}
	}
	if (verdict->parent_country[0] != '\0') {
		const struct geo_country *country =
			geo ? geo_country(geo, verdict->parent_country) : NULL;
		verdict->control = country ? country->zone : GEO_ZONE_UNKNOWN;
	} else if (place->zone == GEO_ZONE_INTERNAL) {
		verdict->control = GEO_ZONE_INTERNAL;
	}
}

/* Whatever name it tests, the app is the probe. */
static void set_probe(const struct catalogue *catalogue, struct verdict *verdict)
{
	verdict->app = catalogue_find(catalogue, "borderflow-probe");
	verdict->evidence = 1 << EVIDENCE_PROTOCOL;
	verdict->confidence = CONFIDENCE_MAX;
}

void attribute(const struct catalogue *catalogue, const struct geo *geo, struct record *record)
{
	struct verdict *verdict = &record->verdict;
	struct candidates candidates;

	*verdict = (struct verdict){ .name = NAME_INDEX_NONE };
	if (record_is_probe(record)) {
		set_probe(catalogue, verdict);
		return;
	}
	candidates_gather(catalogue, record, &candidates);
	const struct candidate *chosen = candidates_choose(catalogue, &candidates);
	if (chosen) {
		verdict->app = chosen->match.app;
		verdict->embedded = chosen->match.embedded;
		verdict->hides = chosen->match.hides;
		verdict->name = chosen->name;
		add_agreement(catalogue, &candidates, chosen, record->place.asn, verdict);
		note_doubt(&candidates, chosen, verdict);
		set_app_owner(catalogue, chosen->match.region, record);
	}
	if (verdict->hides == APP_HIDES_NOTHING && candidates.hides_lookups) {
		verdict->hides = APP_HIDES_LOOKUPS;
	}
	set_owner(geo, &record->place, verdict);
	note_hearsay(record, verdict);
}
