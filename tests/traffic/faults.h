/* Faults of a vantage point: what a sensor sees wrong or not at all, done to a timeline that is
 * whole. What only the traffic itself can show (resolvers, NAT, units) the scenario plays
 * (scenario_vantage.c). */
#pragma once

#include <stdbool.h>

#include "tests/traffic/impair.h"
#include "tests/traffic/timeline.h"

#define FAULTS(X)                                                                                  \
	X(NONE, "none")                                                                            \
	X(ONE_WAY, "one-way")                                                                      \
	X(ONE_WAY_UNIT, "one-way-unit")                                                            \
	X(DOUBLED, "doubled")                                                                      \
	X(ROUTED, "routed")                                                                        \
	X(TRANSLATED, "translated")                                                                \
	X(RETAGGED, "retagged")                                                                    \
	X(SNAPLEN, "snaplen")                                                                      \
	X(MERGED, "merged")                                                                        \
	X(LOSS, "loss")                                                                            \
	X(CLOCK_FUTURE, "clock-future")                                                            \
	X(CLOCK_UNSET, "clock-unset")                                                              \
	X(CLOCK_APART, "clock-apart")                                                              \
	X(VLAN_MISSING, "vlan-missing")                                                            \
	X(VLAN_UNTAGGED, "vlan-untagged")                                                          \
	X(VLAN_UNKNOWN, "vlan-unknown")                                                            \
	X(OUTSIDE_UNITS, "outside-units")                                                          \
	X(UNIT_WITHOUT_V6, "unit-without-ipv6")                                                    \
	X(NAT, "nat")                                                                              \
	X(PROXY, "proxy")                                                                          \
	X(PROXY_FOUND, "proxy-found")                                                              \
	X(INTERCEPTED, "intercepted")                                                              \
	X(DNS_NONE, "dns-none")                                                                    \
	X(DNS_RESOLVER, "dns-resolver-only")                                                       \
	X(DNS_ENCRYPTED, "dns-encrypted-only")                                                     \
	X(DNS_ANSWERS, "dns-answers")                                                              \
	X(NAMES_HIDDEN, "names-hidden")

enum fault {
#define X(id, name) FAULT_##id,
	FAULTS(X)
#undef X
		FAULT_COUNT
};

/* FAULT_COUNT: there is none of this name. */
enum fault fault_find(const char *name);
const char *fault_name(enum fault fault);

/* The unit that some faults are about: the last of the scenario's VLANs. */
enum { FAULT_VLAN = 203, FAULT_OTHER_VLAN = 900, FAULT_CUT_BYTES = 96 };

/* Of a sorted timeline. */
void fault_apply(enum fault fault, struct timeline *timeline);

/* What is added to each time of day when it is written. */
int64_t fault_shift_ns(enum fault fault);
