/* Of what "not seen" may be said: units with all that the policy lists for them, and what is ours
 * and of no unit.
 *
 * A unit is proven on a day where itself and each of its networks and VLANs is (segment_days.h): of
 * one whose IPv4 side alone is mirrored nothing is known over IPv6. So is what is of no unit: each
 * network that is listed there, and, where anything of it was met, the rest of the own addresses.
 * Nothing is to be proven of addresses that nobody lists and nobody uses.
 *
 * Threads  any number may ask. */
#pragma once

#include "analyzer/policy/policy.h"
#include "analyzer/vantage/segment_days.h"

struct segment_proof {
	unsigned days, of; /* proven, of so many: of a period longer than is kept at least those */
	uint16_t weakest;  /* SYMBOL_NETWORK: of it the fewest days are; 0: none is worse */
	bool is_asked;     /* false: there is nothing to be proven */
};

/* Of a unit (0: of none) on the days from..to, both included. is_met: flows of no unit are known of
 * otherwise. */
struct segment_proof segment_proof_of(const struct segment_days *days, const struct policy *policy,
	uint16_t unit, bool is_met, int64_t from, int64_t to);

static inline bool segment_proof_holds(const struct segment_proof *proof)
{
	return !proof->is_asked || proof->days == proof->of;
}
