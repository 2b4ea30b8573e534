/* Findings about places and devices: VLANs, units, NAT, proxies, inventory, what is proven. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive.h"
#include "analyzer/device/coverage_period.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "analyzer/vantage/segment_proof.h"
#include "analyzer/vantage/vantage_judge.h"
#include "base/local_time.h"

enum {
	VLAN_FLOWS_LEAST = 300, /* of all, before a VLAN's silence says anything */
	VLAN_LEAST = 10,        /* of one, before it counts as seen */
	OUTSIDE_PERCENT = 2,
	OUTSIDE_LEAST = 20,
	V6_LEAST = 50, /* flows of IPv6 somewhere, before a unit without any is one */
	V4_LEAST = 100,
	SHARE_PERCENT = 5,
	SHARE_LEAST = 20
};

static const struct policy *policy_of(const struct vantage_case *it)
{
	return it->context->reference->policy;
}

static void list_vlan(struct vantage_finding *finding, unsigned vlan)
{
	char number[8];

	snprintf(number, sizeof(number), "%u", vlan);
	figure_list_add(finding, "vlans", number);
}

static void judge_vlans(const struct vantage_case *it)
{
	const struct vantage *vantage = it->vantage;
	struct vantage_finding *missing = NULL, *unknown = NULL;
	unsigned known = 0, tagged = 0;

	for (unsigned vlan = 1; vlan < VANTAGE_VLANS; vlan++) {
		known += policy_knows_vlan(policy_of(it), (uint16_t)vlan);
		tagged += vantage->vlans[vlan] > 0;
	}
	if (known == 0 || vantage->flows < VLAN_FLOWS_LEAST) {
		return;
	}
	if (tagged == 0) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_VLAN_UNTAGGED);
		figure_number(finding, "count", known);
		figure_number(finding, "flows", vantage->flows);
		return;
	}
	for (unsigned vlan = 1; vlan < VANTAGE_VLANS; vlan++) {
		bool is_known = policy_knows_vlan(policy_of(it), (uint16_t)vlan);
		if (is_known && vantage->vlans[vlan] == 0) {
			missing =
				missing ? missing : vantage_add(it->findings, VANTAGE_VLAN_MISSING);
			list_vlan(missing, vlan);
		}
	}
	for (unsigned vlan = 1; vlan < VANTAGE_VLANS; vlan++) {
		if (vantage->vlans[vlan] >= VLAN_LEAST &&
			!policy_knows_vlan(policy_of(it), (uint16_t)vlan)) {
			unknown =
				unknown ? unknown : vantage_add(it->findings, VANTAGE_VLAN_UNKNOWN);
			list_vlan(unknown, vlan);
		}
	}
}

static uint64_t outside_flows(const struct vantage *vantage)
{
	uint64_t flows = 0;

	for (unsigned i = 0; i < VANTAGE_NETWORKS; i++) {
		flows += vantage->outside_units[i].flows;
	}
	return flows;
}

static void judge_outside(const struct vantage_case *it)
{
	const struct vantage *vantage = it->vantage;
	const struct vantage_network *most = &vantage->outside_units[0];
	uint64_t flows = outside_flows(vantage);
	char network[ADDR_TEXT_MAX + 4];

	if (policy_unit_count(policy_of(it)) == 0 ||
		!is_share(flows, vantage->outbound, OUTSIDE_PERCENT, OUTSIDE_LEAST)) {
		return;
	}
	for (unsigned i = 1; i < VANTAGE_NETWORKS; i++) {
		most = vantage->outside_units[i].flows > most->flows ? &vantage->outside_units[i]
								     : most;
	}
	size_t length = addr_format(&most->network, network);
	snprintf(network + length, sizeof(network) - length, "%s",
		addr_is_v4(&most->network) ? "/24" : "/64");
	if (archive_addr_is_stand_in(&most->network)) {
		strcpy(network, "?");
	}
	struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_OUTSIDE_UNITS);
	figure_share(finding, "share", flows, vantage->outbound);
	figure_number(finding, "flows", flows);
	figure_text(finding, "network", network);
}

static void judge_v6(const struct vantage_case *it)
{
	const struct vantage *vantage = it->vantage;
	struct vantage_finding *finding = NULL;
	uint64_t v6 = 0;

	for (unsigned i = 0; i < vantage->unit_count; i++) {
		v6 += vantage->units[i].v6;
	}
	for (unsigned i = 1; v6 >= V6_LEAST && i < vantage->unit_count; i++) {
		const struct vantage_unit *unit = &vantage->units[i];
		if (unit->v4 >= V4_LEAST && unit->v6 == 0) {
			finding = finding ? finding
					  : vantage_add(it->findings, VANTAGE_UNIT_WITHOUT_V6);
			figure_list_add(finding, "units", symbol_name(SYMBOL_UNIT, (uint16_t)i));
		}
	}
	if (finding) {
		figure_number(finding, "flows", v6);
	}
}

/* Flows whose other end is a proxy, declared or found. */
static uint64_t proxied(const struct vantage *vantage)
{
	uint64_t flows = vantage->of_proxies;

	for (unsigned i = 0; i < vantage->proxy_count; i++) {
		const struct proxy_found *found = &vantage->proxies[i];
		flows += found->sign == PROXY_SIGN_ISSUER ? 0 : found->outside;
	}
	return flows < vantage->flows ? flows : vantage->flows;
}

static void judge_shared(const struct vantage_case *it)
{
	const struct vantage *vantage = it->vantage;
	uint64_t of_proxies = proxied(vantage);

	if (is_share(vantage->of_many, vantage->outbound, SHARE_PERCENT, SHARE_LEAST)) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_NAT);
		figure_share(finding, "share", vantage->of_many, vantage->outbound);
		figure_number(finding, "addresses", vantage->many.count);
	}
	if (is_share(of_proxies, vantage->flows, SHARE_PERCENT, SHARE_LEAST)) {
		struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_PROXY);
		figure_share(finding, "share", of_proxies, vantage->flows);
		figure_number(finding, "flows", of_proxies);
	}
}

/* Each with what gives it away. */
static void judge_proxies(const struct vantage_case *it)
{
	static const enum vantage_code codes[] = { [PROXY_SIGN_ISSUER] = VANTAGE_INTERCEPTED,
		[PROXY_SIGN_ADDRESS] = VANTAGE_PROXY_FOUND,
		[PROXY_SIGN_GATEWAY] = VANTAGE_PROXY_GATEWAY };

	for (unsigned i = 0; i < it->vantage->proxy_count; i++) {
		const struct proxy_found *found = &it->vantage->proxies[i];
		struct vantage_finding *finding = vantage_add(it->findings, codes[found->sign]);
		figure_text(finding, "who", found->title);
		figure_number(finding, "owners", found->owners);
		figure_number(finding, "networks", found->networks);
		figure_number(finding, "flows", found->flows);
		figure_word(finding, "place",
			found->outside > 0 ? "doctor_proxy_outside" : "doctor_proxy_unknown");
		for (unsigned name = 0; name < PROXY_NAMES_SHOWN && found->names[name][0]; name++) {
			figure_list_add(finding, "names", found->names[name]);
		}
	}
}

static void put_class(struct vantage_finding *finding, uint16_t class_)
{
	if (class_ == INVENTORY_NO_CLASS) {
		figure_word(finding, "class", "row_no_class");
	} else {
		figure_text(finding, "class", symbol_name(SYMBOL_CLASS, class_));
	}
}

static void judge_inventory(const struct vantage_case *it)
{
	const struct policy_header *header = policy_header(policy_of(it));

	if (!it->context->reference->inventory) {
		vantage_add(it->findings, VANTAGE_INVENTORY_NONE);
		return;
	}
	for (uint16_t class_ = 0;
		it->context->coverage && (class_ = inventory_next_class(class_)) != 0;) {
		struct coverage_of_day day =
			coverage_over(it->context->coverage, it->context->reference->inventory,
				class_, header->zone, it->vantage->first_ns, it->vantage->last_ns)
				.day;
		if (day.is_measured && coverage_percent(&day) < header->coverage_percent) {
			struct vantage_finding *finding =
				vantage_add(it->findings, VANTAGE_INVENTORY_LOW);
			put_class(finding, class_);
			figure_devices(finding, "seen", day.seen, it->k);
			figure_number(finding, "enrolled", day.enrolled);
			figure_number(finding, "wanted", header->coverage_percent);
		}
	}
}

/* "North (2001:db8:20::/48)": where one of its networks is what is not seen, that one. */
static void add_segment(
	struct vantage_finding *finding, uint16_t unit, const struct segment_proof *proof)
{
	const char *network = symbol_name(SYMBOL_NETWORK, proof->weakest);
	char text[320];

	snprintf(text, sizeof(text), "%s%s%s%s",
		unit ? symbol_name(SYMBOL_UNIT, unit) : "\xe2\x80\x93", network[0] ? " (" : "",
		network, network[0] ? ")" : "");
	figure_list_add(finding, "units", text);
}

/* The first day of which it is known what was proven: of those before nothing is kept. */
static int64_t first_kept_day(const struct vantage_case *it, int64_t first, int64_t last)
{
	if (last - first < SEGMENT_DAYS) {
		return first;
	}
	struct vantage_finding *finding = vantage_add(it->findings, VANTAGE_UNPROVEN_BEFORE);
	figure_number(finding, "days", (uint64_t)(last - first + 1));
	figure_number(finding, "kept", SEGMENT_DAYS);
	return last - SEGMENT_DAYS + 1;
}

/* Of what it cannot be said that something was not there: units, and networks of none. */
static void judge_proof(const struct vantage_case *it)
{
	const struct vantage *vantage = it->vantage;
	const struct policy *policy = policy_of(it);
	const struct local_zone *zone = policy_header(policy)->zone;
	unsigned units = policy_unit_count(policy), count = 0, unproven = 0;
	struct vantage_finding *finding = NULL;

	if (units == 0 || vantage->flows == 0) {
		return;
	}
	/* Where networks cannot be told apart few were counted, and perhaps many seen. */
	if (vantage->nameless > 0 && !vantage->days.are_kept) {
		finding = vantage_add(it->findings, VANTAGE_UNPROVEN_UNKNOWN);
		figure_number(finding, "flows", vantage->nameless);
		figure_number(finding, "of", units);
		return;
	}
	int64_t last = local_day_of(zone, vantage->last_ns).number;
	int64_t first = first_kept_day(it, local_day_of(zone, vantage->first_ns).number, last);
	for (unsigned i = 0; i <= units; i++) {
		uint16_t unit = i < units ? policy_unit_at(policy, i) : 0;
		struct segment_proof proof =
			segment_proof_of(&vantage->days, policy, unit, false, first, last);
		count += proof.is_asked;
		if (!segment_proof_holds(&proof)) {
			finding = finding ? finding : vantage_add(it->findings, VANTAGE_UNPROVEN);
			add_segment(finding, unit, &proof);
			unproven++;
		}
	}
	if (finding) {
		figure_number(finding, "count", unproven);
		figure_number(finding, "of", count);
		figure_number(finding, "least", SEGMENT_NAMED_LEAST);
	}
}

void vantage_judge_places(const struct vantage_case *it)
{
	judge_vlans(it);
	judge_outside(it);
	judge_v6(it);
	judge_shared(it);
	judge_proxies(it);
	judge_inventory(it);
	judge_proof(it);
}
