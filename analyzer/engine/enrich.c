#include "analyzer/engine/enrich.h"

#include <string.h>

#include "analyzer/attribute/attribute.h"
#include "analyzer/policy/policy.h"
#include "analyzer/policy/policy_register.h"

enum { ENRICH_BATCH_MAX = 256 };

/* Traffic that stays inside has no country of its own, whatever a database says of the address. */
static void tag_places(const struct geo *geo, struct record *records, size_t count)
{
	const struct addr *remote[ENRICH_BATCH_MAX];
	struct geo_place places[ENRICH_BATCH_MAX];

	for (size_t i = 0; i < count; i++) {
		remote[i] = record_remote_addr(&records[i]);
		records[i].place = (struct geo_place){ 0 };
	}
	if (geo) {
		geo_tag_batch(geo, remote, places, count);
	}
	for (size_t i = 0; i < count; i++) {
		if (records[i].direction == RECORD_DIRECTION_INTERNAL) {
			records[i].place.zone = GEO_ZONE_INTERNAL;
		} else if (geo) {
			records[i].place = places[i];
		}
	}
}

/* Whose the policy says an app is, whatever the catalogue says. */
static void treat(const struct reference *reference, struct record *record)
{
	struct verdict *verdict = &record->verdict;
	const char *country =
		verdict->app ? policy_treated_as(reference->policy, verdict->app) : NULL;
	const struct geo_country *known =
		country && reference->geo ? geo_country(reference->geo, country) : NULL;

	if (country) {
		memcpy(verdict->parent_country, country, sizeof(verdict->parent_country));
		verdict->control = known ? known->zone : GEO_ZONE_UNKNOWN;
	}
}

/* Where the service behind a proxy stands is not seen. That what was sent went to the proxy is: one
 * that stands outside stays there, or whoever makes his server a proxy, by a word or by many names,
 * would hide where he sends to. */
static void forget_place(struct record *record)
{
	if (record->direction != RECORD_DIRECTION_INTERNAL &&
		!geo_zone_is_outside(record->place.zone)) {
		record->place = (struct geo_place){ 0 };
	}
}

static void enrich_batch(const struct reference *reference, struct record *records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		policy_locate(reference->policy, &records[i]);
		policy_note_proxy(reference->policy, &records[i]);
	}
	tag_places(reference->geo, records, count);
	for (size_t i = 0; i < count; i++) {
		if (policy_is_end_a_proxy(reference->policy, &records[i])) {
			forget_place(&records[i]);
		}
	}
	for (size_t i = 0; i < count; i++) {
		attribute(reference->catalogue, reference->geo, &records[i]);
		treat(reference, &records[i]);
		records[i].is_enriched = true;
	}
}

/* How many of the first ones are in the same state. */
static size_t run_of(const struct record *records, size_t count)
{
	size_t run = 1;

	while (run < count && records[run].is_enriched == records[0].is_enriched) {
		run++;
	}
	return run;
}

void enrich(const struct reference *reference, struct record *records, size_t count)
{
	while (count > 0) {
		size_t most = count < ENRICH_BATCH_MAX ? count : ENRICH_BATCH_MAX;
		size_t batch = run_of(records, most);
		if (!records[0].is_enriched) {
			enrich_batch(reference, records, batch);
		}
		records += batch;
		count -= batch;
	}
}

void enrich_behind_proxy(const struct reference *reference, struct record *record, bool is_end)
{
	record->via = RECORD_VIA_PROXY;
	if (is_end && record->direction != RECORD_DIRECTION_INTERNAL) {
		forget_place(record);
		attribute(reference->catalogue, reference->geo, record);
		treat(reference, record);
	}
}
