/* How many Initials are worth opening. Each costs microseconds, since its keys follow from its own
 * connection ID; a flood of Initials whose hellos never end would take all the time there is.
 *
 * Every Initial that brings nothing is noted, every one that ends a hello pays for several. Traffic
 * of people ends a hello in two or three Initials, and never comes near the bound. Once it is
 * reached, of new flows only one in QUIC_PACE_SAMPLE is opened, the others are counted; as soon as
 * hellos end again, all are.
 *
 * Memory the struct, zero at first. Threads one. Failure none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { QUIC_PACE_FRUITLESS_MAX = 32768, QUIC_PACE_SAMPLE = 32, QUIC_PACE_WORTH = 8 };

struct quic_pace {
	uint32_t fruitless; /* opened for nothing, less what was made good */
	uint32_t turn;
	uint64_t passed_over;
};

/* Is the first Initial of a flow to be opened? */
static inline bool quic_pace_allows(struct quic_pace *pace)
{
	if (pace->fruitless < QUIC_PACE_FRUITLESS_MAX || pace->turn++ % QUIC_PACE_SAMPLE == 0) {
		return true;
	}
	pace->passed_over++;
	return false;
}

static inline void quic_pace_note(struct quic_pace *pace, bool ended_hello)
{
	if (!ended_hello) {
		pace->fruitless += pace->fruitless < QUIC_PACE_FRUITLESS_MAX;
	} else {
		pace->fruitless -=
			pace->fruitless < QUIC_PACE_WORTH ? pace->fruitless : QUIC_PACE_WORTH;
	}
}
