/* Does a name spell an address of ours, or a hardware address?
 *
 * Some forms are addresses whatever they hold: four numbers (10-20-1-13, 010.020.001.013), six
 * pairs, four threes, three fours, two sixes or twelve in a row of hexadecimal digits (a MAC), an
 * interface identifier made of a MAC, nibbles one by one. Others are what ordinary names have by
 * chance too, and count where the address is ours: 0a14010d and 0d01140a, 169083149, octal and
 * binary, 10x20x1x13, 0a14-010d, fd00-0-0-1--5 and its words backwards, the last half of our end's
 * own IPv6 address. What many names look like counts where it is the address of our end
 * (name_encoding.h).
 *
 * Names are looked at as a reader sees them (name_fold.h).
 *
 * Threads  any. */
#pragma once

#include <stdbool.h>

#include "base/addr.h"

/* Is the address one of ours? */
struct name_owner {
	bool (*is_own)(const void *context, const struct addr *addr);
	const void *context;
	const struct addr *ends[2]; /* of the flow that are ours; NULL */
};

bool name_spells_address(const char *name, const struct name_owner *owner);
