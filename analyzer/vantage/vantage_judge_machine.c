/* Findings about the machine and what it was given: clocks, interface, reference data, alerts. */
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "analyzer/vantage/vantage_judge.h"
#include "base/clock.h"
#include "base/local_time.h"
#include "geo/geo.h"

enum { GEO_OLD_DAYS = 180, ALERTS_OVER = 3, ALERTS_LEAST_MILLI = 2000 };

#define DAY_NS      (86400 * NS_PER_S)
#define FUTURE_NS   (120 * NS_PER_S)
#define APART_NS    (500 * NS_PER_MS)
#define APART_FLOWS 5
/* No clock that was ever set shows less: packets were captured to files since then. */
#define CLOCK_SET_NS       (UINT64_C(315532800) * NS_PER_S) /* 1980-01-01 */
#define CATALOGUE_OLD_DAYS 365

static void judge_clock(const struct vantage_case *it)
{
	const struct vantage_context *context = it->context;
	uint64_t last_ns = it->vantage->last_ns, first_ns = it->vantage->first_ns;
	char date[11];

	if (it->vantage->flows == 0) {
		return;
	}
	if (last_ns > context->now_ns + FUTURE_NS) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_CLOCK_FUTURE);
		figure_span(finding, "ahead", (last_ns - context->now_ns) / NS_PER_S);
	}
	if (first_ns < CLOCK_SET_NS) {
		clock_format_date(first_ns, date);
		figure_text(vantage_add(it->findings, VANTAGE_CLOCK_UNSET), "date", date);
	}
}

static void judge_inputs(const struct vantage_case *it)
{
	for (unsigned i = 0; i < it->context->clock_count; i++) {
		const struct vantage_clocks *clocks = &it->context->clocks[i];
		uint64_t apart_ns = (uint64_t)llabs(clocks->apart_ns);
		unsigned ahead = clocks->apart_ns > 0;
		if (clocks->flows < APART_FLOWS || apart_ns < APART_NS) {
			continue;
		}
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_CLOCK_APART);
		figure_text(finding, "ahead", clocks->names[ahead]);
		figure_text(finding, "behind", clocks->names[!ahead]);
		figure_span(finding, "apart", (apart_ns + NS_PER_S / 2) / NS_PER_S);
		figure_number(finding, "flows", clocks->flows);
	}
}

static void judge_geo(const struct vantage_case *it)
{
	const struct geo *geo = it->context->reference->geo;
	struct vantage_finding *finding = NULL;
	uint64_t oldest = 0;

	if (!geo || !geo_has_countries(geo)) {
		vantage_add(it->findings, VANTAGE_GEO_NONE);
		return;
	}
	for (size_t i = 0; i < geo_database_count(geo); i++) {
		uint64_t built_ns = geo_database_built_ns(geo, i);
		uint64_t days = built_ns > 0 && it->context->now_ns > built_ns
					? (it->context->now_ns - built_ns) / DAY_NS
					: 0;
		if (days > GEO_OLD_DAYS) {
			finding = finding ? finding : vantage_add(it->findings, VANTAGE_GEO_OLD);
			figure_list_add(finding, "files", geo_database_file(geo, i));
			oldest = days > oldest ? days : oldest;
		}
	}
	if (finding) {
		figure_number(finding, "days", oldest);
	}
}

static void judge_policy(const struct vantage_case *it)
{
	const struct policy_header *header = policy_header(it->context->reference->policy);
	uint64_t over_ns = header->ends_ns;
	char date[11];

	if (over_ns == 0 || (header->evaluate_by_ns > 0 && header->evaluate_by_ns < over_ns)) {
		over_ns = header->evaluate_by_ns;
	}
	if (over_ns > 0 && over_ns < it->context->now_ns) {
		local_format_date(header->zone, over_ns, date);
		figure_text(vantage_add(it->findings, VANTAGE_POLICY_OVER), "date", date);
	}
	if (it->context->reloads_failed > 0) {
		figure_number(vantage_add(it->findings, VANTAGE_RELOAD_FAILED), "count",
			it->context->reloads_failed);
	}
}

static void judge_catalogue(const struct vantage_case *it)
{
	uint64_t changed_ns = catalogue_changed_ns(it->context->reference->catalogue);
	uint64_t now_ns = it->context->now_ns;

	if (changed_ns > 0 && now_ns > changed_ns &&
		(now_ns - changed_ns) / DAY_NS > CATALOGUE_OLD_DAYS) {
		figure_number(vantage_add(it->findings, VANTAGE_CATALOGUE_OLD), "days",
			(now_ns - changed_ns) / DAY_NS);
	}
}

/* A budget is a mean: a few weeks of bad luck are none of the detectors' fault. */
static void judge_alerts(const struct vantage_case *it)
{
	const struct vantage_context *context = it->context;

	bool is_over = context->promised_milli > 0 &&
		       context->realised_milli >= ALERTS_LEAST_MILLI &&
		       context->realised_milli > ALERTS_OVER * context->promised_milli;

	if (is_over || (context->watched_s > 0 && context->promised_milli > 0)) {
		struct vantage_finding *finding = vantage_add(
			it->findings, is_over ? VANTAGE_ALERT_RATE : VANTAGE_ALERT_BUDGET);
		figure_rate(finding, "promised", context->promised_milli);
		figure_rate(finding, "realised", context->realised_milli);
		figure_span(finding, "watched", context->watched_s);
		figure_number(finding, "confirmed", context->confirmed);
		figure_number(finding, "refuted", context->refuted);
	}
}

static void judge_interfaces(const struct vantage_case *it)
{
	for (unsigned i = 0; i < it->context->interface_count; i++) {
		const struct vantage_interface *interface = &it->context->interfaces[i];
		if (!interface->is_up) {
			figure_text(vantage_add(it->findings, VANTAGE_LINK_DOWN), "interface",
				interface->name);
		}
		if (interface->merges) {
			struct vantage_finding *finding =
				vantage_add(it->findings, VANTAGE_OFFLOAD_ON);
			figure_text(finding, "interface", interface->name);
			figure_text(finding, "offloads", interface->offloads);
		}
		if (interface->missed > 0) {
			struct vantage_finding *finding =
				vantage_add(it->findings, VANTAGE_NIC_DROPS);
			figure_text(finding, "interface", interface->name);
			figure_number(finding, "frames", interface->missed);
		}
	}
}

void vantage_judge_machine(const struct vantage_case *it)
{
	judge_clock(it);
	judge_inputs(it);
	judge_geo(it);
	judge_catalogue(it);
	judge_policy(it);
	judge_alerts(it);
	judge_interfaces(it);
}
