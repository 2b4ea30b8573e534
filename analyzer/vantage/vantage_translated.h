/* Translated: TCP flows that one observation point has seen twice, in front of and behind something
 * that gives them another address (NAT, a load balancer) or other numbers (a firewall).
 *
 * Both have one end in common, begin and end together, and carry the same packets and bytes each
 * way, and no third is like them. That happens by chance, but not to half of what an address has to
 * do; so an address is one only where it does. Both ends in common, but in two VLANs, is no chance.
 *
 * Memory   fixed: so many of the last flows, and of addresses the most frequent.
 * Threads  one.
 * Failure  none: what is pushed out is not noticed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/record/record.h"
#include "base/hash.h"

enum { TRANSLATED_FLOWS = 1024, TRANSLATED_ADDRESSES = 32 };

struct translated_flow {
	uint64_t print, start_ns, end_ns;
	struct addr addr, twin; /* of the end that may differ; all zero: no pair */
	uint16_t port, vlan_id;
	uint16_t again; /* how often it was seen since */
	bool is_ours;   /* that end is in own networks */
};

/* An address under which flows came again. */
struct translated_address {
	struct addr addr;
	uint64_t flows, pairs; /* flows since the first pair */
	uint16_t vlan_ids[2];  /* of it, and of what it stands for; 0 none */
	bool is_ours;
};

struct translated {
	struct hash_key key;
	uint64_t told, retagged; /* all that were looked at; seen again in another VLAN */
	uint16_t retagged_vlans[2];
	/* By which end stays: the two of a flow take no place from each other. */
	struct translated_flow flows[2][TRANSLATED_FLOWS];
	struct translated_address addresses[TRANSLATED_ADDRESSES];
};

void translated_init(struct translated *translated);
void translated_take(struct translated *translated, const struct record *record);

/* The address under which most flows came again; NULL where there is none that does. */
const struct translated_address *translated_most(const struct translated *translated);

/* Do flows come again between the same ends in another VLAN? */
bool translated_is_retagged(const struct translated *translated);
