/* The clock that a system shows in the timestamps of TCP (RFC 7323): behind one address, several of
 * them are several systems.
 *
 * Threads  any; plain values. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "collector/sightings.h"

enum { TCP_CLOCK_PEERS = 3 };

struct tcp_clock {
	uint32_t at; /* of the last flow */
	uint32_t at_ms;
	uint32_t peers[TCP_CLOCK_PEERS];
	uint16_t flows;
	uint8_t peer_count;
};

/* Does the clock show what one would show now that stood there then, ticking as often as systems
 * let them? Of a day at most. */
bool tcp_clock_runs_on(const struct tcp_clock *clock, uint32_t at, uint32_t at_ms);

/* A flow that showed it. */
void tcp_clock_add(struct tcp_clock *clock, const struct sighting *sighting);
