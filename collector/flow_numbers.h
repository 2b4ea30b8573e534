/* What TCP's numbers say of whose a packet is.
 *
 * Two connections between the same ports, one after the other or in two plans of addresses at once,
 * begin at random numbers: those of the one lie within the windows of the other once in 128 times,
 * both of them once in 16,384.
 *
 * Threads  the table's.
 * Failure  none. */
#pragma once

#include "collector/flow_slab.h"
#include "collector/packet.h"

enum flow_numbers { NUMBERS_APART, NUMBERS_UNKNOWN, NUMBERS_NEAR };

/* Do two numbers lie within the largest windows in use of each other? */
static inline bool flow_numbers_near(uint32_t a, uint32_t b)
{
	enum { REACH = 1 << 24 };

	return a - b + REACH <= 2 * REACH;
}

/* Of this connection? Unknown where nothing is known of either end that the packet speaks of. */
enum flow_numbers flow_numbers_fit(
	const struct flow_slab *slab, uint32_t number, const struct packet *packet);

/* May the packet be one of a later flow of the same connection? Not with numbers of another; behind
 * one that is over only what was said already, and is sent again. */
bool flow_numbers_go_on(const struct flow_slab *slab, uint32_t number, const struct packet *packet);
