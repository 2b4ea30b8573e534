/* What whoever writes and whoever reads cells in the keyed form must agree on (cell_columns.h). */
#pragma once

#include <stdint.h>

#include "base/clock.h"

/* Members that stand with the cell, and not with the key that it names: slot, tenant, unit and
 * class, by their numbers. */
#define CELL_WHERE UINT64_C(0xf)

#define CELL_TIME_STEP_NS (300 * NS_PER_S)

enum { CELL_SHARES = 32 };

static inline uint64_t cell_packets_about(uint64_t bytes_up, uint64_t bytes_down)
{
	return (bytes_up + bytes_down) >> 10;
}

/* How many 32nds of a cell's bytes a device had, rounded up; and so many bytes. */
static inline uint64_t cell_share_of(uint64_t bytes, uint64_t of)
{
	uint64_t one = of / CELL_SHARES + 1, shares = bytes / one + (bytes % one > 0);

	return shares < CELL_SHARES ? shares : CELL_SHARES;
}

static inline uint64_t cell_share_bytes(uint64_t shares, uint64_t of)
{
	uint64_t one = of / CELL_SHARES + 1;

	return shares >= CELL_SHARES || shares * one > of ? of : shares * one;
}
