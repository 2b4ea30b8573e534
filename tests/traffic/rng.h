/* Numbers that look random and repeat: the same seed gives the same traffic on every machine.
 *
 * SplitMix64 (Steele, Lea, Flood, 2014), integers only, so that no libm decides a size. Plain
 * value, any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *rng);
uint64_t rng_below(struct rng *rng, uint64_t bound); /* 0 .. bound - 1 */
uint64_t rng_between(struct rng *rng, uint64_t least, uint64_t most);
bool rng_chance(struct rng *rng, unsigned per_10000);
void rng_fill(struct rng *rng, void *bytes, size_t count);

/* A size with a heavy tail (Pareto, shape 1): half of them below twice the least, cut at most. */
uint64_t rng_heavy_tail(struct rng *rng, uint64_t least, uint64_t most);
