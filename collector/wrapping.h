/* Who wraps: whose word it is what stands inside a tunnel.
 *
 * Tunnels are taken at their word. Whoever can send one past the sensor can write a conversation of
 * two inside it, in the name of anybody. So it is kept of each packet whether an end outside has
 * wrapped it, and of each flow for both directions: what nobody but somebody outside has said is
 * hearsay (record.h).
 *
 * Threads  is_outside() is called on the thread that decodes, of packets in tunnels alone. */
#pragma once

#include <stdbool.h>

#include "base/addr.h"

struct wrapping {
	/* Does the address of a tunnel's end stand outside? NULL: none does. */
	bool (*is_outside)(void *whose, const struct addr *end);
	void *whose;
};

/* How the packets of one direction of a flow came. */
enum flow_wrapped {
	FLOW_BARE,
	FLOW_WRAPPED_INSIDE, /* in a tunnel whose ends on this side are ours */
	FLOW_WRAPPED_OUTSIDE
};
