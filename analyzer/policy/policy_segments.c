#include "analyzer/policy/policy_segments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/policy/policy_model.h"
#include "analyzer/record/symbols.h"

/* How much of each network those hold that are listed within it; 1: all of it. */
static void add_shares(const struct policy *policy, double *shares)
{
	for (uint32_t i = 0; i < policy->network_count; i++) {
		int32_t around = prefix_index_parent(policy->index, (int32_t)i);
		if (around >= 0) {
			int longer = policy->networks[i].prefix.bits -
				     policy->networks[around].prefix.bits;
			shares[around] += longer < 60 ? 1.0 / (double)(UINT64_C(1) << longer) : 0;
		}
	}
}

static bool is_segment(const struct policy *policy, uint32_t network, double share)
{
	const struct network *listed = &policy->networks[network];

	return !listed->is_assumed && policy->locations[network].is_own && share < 1 &&
	       (share == 0 || listed->location.unit || listed->location.class_);
}

static void name_vlans(const struct policy *policy)
{
	char text[16];

	for (unsigned vlan = 0; vlan < VLAN_COUNT; vlan++) {
		if (policy_knows_vlan(policy, (uint16_t)vlan)) {
			snprintf(text, sizeof(text), "VLAN %u", vlan);
			symbol_of(SYMBOL_NETWORK, text);
		}
	}
}

int policy_find_segments(struct policy *policy)
{
	double *shares = calloc(policy->network_count + 1, sizeof(*shares));
	char text[ADDR_TEXT_MAX + 5];

	if (!shares) {
		return -ENOMEM;
	}
	add_shares(policy, shares);
	for (uint32_t i = 0; i < policy->network_count; i++) {
		if (is_segment(policy, i, shares[i])) {
			prefix_format(&policy->networks[i].prefix, text);
			policy->networks[i].segment = symbol_of(SYMBOL_NETWORK, text);
		}
	}
	name_vlans(policy);
	free(shares);
	return 0;
}

static bool has_networks(const struct policy *policy, uint16_t unit, uint16_t class_)
{
	for (uint32_t i = 0; i < policy->network_count; i++) {
		const struct location *location = &policy->networks[i].location;
		if (unit ? location->unit == unit : location->class_ == class_) {
			return true;
		}
	}
	return false;
}

uint16_t policy_segment_of_vlan(const struct policy *policy, uint16_t vlan_id)
{
	const struct location *vlan = &policy->vlans[vlan_id % VLAN_COUNT];
	char text[16];

	if ((!vlan->unit && !vlan->class_) || has_networks(policy, vlan->unit, vlan->class_)) {
		return 0;
	}
	snprintf(text, sizeof(text), "VLAN %u", vlan_id % VLAN_COUNT);
	return symbol_find(SYMBOL_NETWORK, text);
}

uint16_t policy_segment_of(const struct policy *policy, const struct addr *addr)
{
	int32_t network = prefix_index_find(policy->index, addr);

	return network < 0 ? 0 : policy->networks[network].segment;
}

void policy_segments(const struct policy *policy, policy_take_segment *take, void *context)
{
	for (uint32_t i = 0; i < policy->network_count; i++) {
		struct policy_segment segment = { policy->networks[i].segment,
			policy->locations[i].unit };
		if (segment.symbol) {
			take(context, &segment);
		}
	}
	for (unsigned vlan = 0; vlan < VLAN_COUNT; vlan++) {
		struct policy_segment segment = { policy_segment_of_vlan(policy, (uint16_t)vlan),
			policy->vlans[vlan].unit };
		if (segment.symbol) {
			take(context, &segment);
		}
	}
}

uint16_t policy_class_at(const struct policy *policy, unsigned index)
{
	return index < policy->class_count ? policy->classes[index + 1].symbol : 0;
}

bool policy_class_has_place(const struct policy *policy, uint16_t class_)
{
	bool has_place = has_networks(policy, 0, class_);

	for (unsigned vlan = 0; vlan < VLAN_COUNT; vlan++) {
		has_place |= policy->vlans[vlan].class_ == class_;
	}
	return has_place;
}
