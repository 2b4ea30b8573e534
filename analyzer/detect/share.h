/* An exact rule: the share of unnamed traffic jumps.
 *
 * Once an hour: how much of a unit's bytes had no name. Told where the share lies at least
 * SHARE_JUMP above its usual value, and four usual deviations, for two hours running; then the new
 * share is learnt. Hours with little
 * traffic, or less than what an hour has on average, say nothing.
 *
 * Memory in the struct, plain values. Threads: one. Failure: none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SHARE_JUMP 0.2f

struct share {
	float usual, variance;
	float bytes; /* of an hour, on average */
	uint32_t hours;
	uint8_t high_hours;
};

/* True in the hour that makes it a jump. usual (may be NULL): what it was before. */
bool share_hour(struct share *share, uint64_t bytes, uint64_t unnamed_bytes, float *usual);
