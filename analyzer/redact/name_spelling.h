/* Does a name spell an address of ours, or a hardware address?
 *
 * What looks like an address counts where it is one of ours, or one that nobody outside has: four
 * numbers (10-20-1-13, 010.020.001.013), 0a14010d and 0d01140a, 169083149, octal and binary,
 * 10x20x1x13, 0a14-010d, fd00-0-0-1--5 and its words backwards, the last half of our end's own IPv6
 * address. Names of clouds are full of addresses of others. A MAC (six pairs, four threes, three
 * fours, two sixes or twelve in a row of hexadecimal digits, or an interface identifier made of it)
 * counts where a station of ours has it; where the one of our end was not seen, as behind a router,
 * by its look. What many names look like counts where it is the address of our end
 * (name_encoding.h), and what is hidden among other digits and letters where it is known
 * (name_squeezed.h).
 *
 * Names are looked at as a reader sees them (name_fold.h).
 *
 * Threads  any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

/* Is the address one of ours? */
struct name_owner {
	bool (*is_own)(const void *context, const struct addr *addr);
	const void *context;
	const struct addr *ends[2];           /* of the flow that are ours; NULL */
	uint64_t macs[2];                     /* theirs; 0 not seen */
	const struct name_stations *stations; /* NULL: none was seen */
};

/* Stations of ours, by their hardware addresses. */
struct name_stations {
	bool (*is_seen)(const void *context, uint64_t mac);
	uint64_t (*mac_of)(const void *context, const struct addr *addr, uint64_t time_ns);
	const void *context;
};

static inline bool name_is_station(const struct name_owner *owner, uint64_t mac)
{
	return owner->stations && owner->stations->is_seen(owner->stations->context, mac);
}

static inline bool name_is_known_mac(const struct name_owner *owner, uint64_t mac)
{
	return mac != 0 &&
	       (mac == owner->macs[0] || mac == owner->macs[1] || name_is_station(owner, mac));
}

bool name_spells_address(const char *name, const struct name_owner *owner);
