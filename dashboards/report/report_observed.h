/* Where approved services were seen: in which countries and networks, and whether both ways of the
 * traffic crossed the sensor. Sums by cells know no networks, so it is made from records.
 *
 * Memory   a row for each service, country and network; texts are copied.
 * Threads  one at a time.
 * Failure  without memory a place is left out. */
#pragma once

#include "analyzer/archive/archive.h"
#include "analyzer/policy/policy_register.h"
#include "base/keyed_list.h"

struct report_place {
	uint16_t app, country; /* as in cells */
	uint32_t asn;          /* 0 not known */
	uint64_t flows, flows_both, bytes_up, first_ns;
	char organization[64]; /* whose network it is; "" not known */
};

struct report_observed {
	struct keyed_list places;
};

static inline const struct report_place *report_observed_at(
	const struct report_observed *observed, uint32_t place)
{
	return (const struct report_place *)observed->places.rows + place;
}

/* Counts the record where it is of a service that the policy approves. */
void report_observed_add(
	struct report_observed *observed, const struct policy *policy, const struct archived *row);

/* The services of the policy in its order; of each, most bytes first. */
void report_observed_close(struct report_observed *observed);
void report_observed_deinit(struct report_observed *observed);

/* What the contract says of such a place; nothing said is no deviation. */
bool report_names_country(const struct policy_service *service, uint16_t country);
bool report_names_network(const struct policy_service *service, uint32_t asn);
