/* Multicast that a router carries into several VLANs, all of which the sensor sees: one sender, one
 * group, the same packets at the same moments. Each VLAN's copy counts, as what was delivered
 * there; of what was sent they are several.
 *
 * Memory   fixed.
 * Threads  one.
 * Failure  none: what is pushed out is not noticed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/record/record.h"
#include "base/hash.h"

enum { MULTICAST_FLOWS = 512 };

struct multicast_flow {
	uint64_t print, start_ns, end_ns;
	uint16_t vlan_id;
};

struct multicast {
	struct hash_key key;
	uint64_t copies, bytes; /* flows that came again in another VLAN, and theirs */
	uint16_t vlan_ids[2];   /* of the last */
	struct multicast_flow flows[MULTICAST_FLOWS];
};

void multicast_init(struct multicast *multicast);
void multicast_take(struct multicast *multicast, const struct flow_record *flow);

/* Enough that a report's sums are more than what was sent. */
bool multicast_is_copied(const struct multicast *multicast);
