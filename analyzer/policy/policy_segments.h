/* Segments: the networks and VLANs that a policy lists, each of which a sensor may or may not see.
 *
 * A network around others that says of itself neither unit nor class holds addresses alone, and is
 * none; nor are the private networks that are own because nobody said anything. VLANs are segments
 * where their unit or class has no network.
 *
 * Threads  any number may ask. */
#pragma once

#include "analyzer/policy/policy.h"

struct policy_segment {
	uint16_t symbol; /* of SYMBOL_NETWORK: "10.20.0.0/16", "VLAN 110" */
	uint16_t unit;   /* 0: none */
};

/* Calls take for each. */
typedef void policy_take_segment(void *context, const struct policy_segment *segment);
void policy_segments(const struct policy *policy, policy_take_segment *take, void *context);

/* The one that holds the address, the one of the VLAN; 0: none. */
uint16_t policy_segment_of(const struct policy *policy, const struct addr *addr);
uint16_t policy_segment_of_vlan(const struct policy *policy, uint16_t vlan_id);

/* A class of the policy, and whether it is anywhere: where it has neither networks nor VLANs, its
 * devices are those that the inventory says. */
uint16_t policy_class_at(const struct policy *policy, unsigned index); /* from 0 */
bool policy_class_has_place(const struct policy *policy, uint16_t class_);

/* Part of loading: once networks are indexed. 0 or -ENOMEM. */
int policy_find_segments(struct policy *policy);
