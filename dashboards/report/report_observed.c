#include "dashboards/report/report_observed.h"

#include <stdio.h>
#include <stdlib.h>

#include "analyzer/rollup/cell.h"
#include "base/quick_hash.h"

static bool is_place(const void *places, uint32_t index, const void *key)
{
	const struct report_place *place = (const struct report_place *)places + index;
	const struct report_place *wanted = key;

	return place->app == wanted->app && place->country == wanted->country &&
	       place->asn == wanted->asn;
}

static struct report_place *find_place(
	struct report_observed *observed, const struct report_place *wanted)
{
	uint64_t hash = quick_hash((uint64_t)wanted->app << 16 | wanted->country, wanted->asn);

	return keyed_list_row(&observed->places, sizeof(*wanted), hash, is_place, wanted);
}

void report_observed_add(
	struct report_observed *observed, const struct policy *policy, const struct archived *row)
{
	const struct record *record = &row->record;
	const struct flow_record *flow = &record->flow;
	const struct report_place wanted = { .app = record->verdict.app,
		.country = cell_country(record->place.country),
		.asn = record->place.asn,
		.first_ns = flow->start_ns };

	if (record->verdict.app == 0 || record->verdict.inferred ||
		record->place.zone == GEO_ZONE_INTERNAL ||
		!policy_find_service(policy, record->verdict.app)) {
		return;
	}
	struct report_place *place = find_place(observed, &wanted);
	if (!place) {
		return;
	}
	place->flows += flow->part == 0;
	place->flows_both += flow->part == 0 && record->seen == RECORD_SEEN_BOTH;
	place->bytes_up += flow->bytes[record->own_side == RECORD_DESTINATION];
	place->first_ns = flow->start_ns < place->first_ns ? flow->start_ns : place->first_ns;
	if (place->organization[0] == '\0' && row->labels.organization) {
		snprintf(place->organization, sizeof(place->organization), "%s",
			row->labels.organization);
	}
}

static int compare(const void *a, const void *b)
{
	const struct report_place *left = a, *right = b;

	if (left->app != right->app) {
		return left->app < right->app ? -1 : 1;
	}
	if (left->bytes_up != right->bytes_up) {
		return left->bytes_up > right->bytes_up ? -1 : 1;
	}
	return left->country != right->country
		       ? (left->country > right->country) - (left->country < right->country)
		       : (left->asn > right->asn) - (left->asn < right->asn);
}

void report_observed_close(struct report_observed *observed)
{
	struct keyed_list *places = &observed->places;

	if (places->count > 1) {
		qsort(places->rows, places->count, sizeof(struct report_place), compare);
	}
	hash_table_deinit(&places->table); /* places have moved */
}

void report_observed_deinit(struct report_observed *observed)
{
	keyed_list_deinit(&observed->places);
}

bool report_names_country(const struct policy_service *service, uint16_t country)
{
	for (unsigned i = 0; i < service->country_count; i++) {
		if (cell_country(service->countries[i]) == country) {
			return true;
		}
	}
	return service->country_count == 0;
}

bool report_names_network(const struct policy_service *service, uint32_t asn)
{
	for (unsigned i = 0; i < service->network_count; i++) {
		if (service->networks[i] == asn) {
			return true;
		}
	}
	return service->network_count == 0;
}
