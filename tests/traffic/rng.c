#include "tests/traffic/rng.h"

#include <string.h>

uint64_t rng_next(struct rng *rng)
{
	rng->state += 0x9e3779b97f4a7c15;
	uint64_t mixed = rng->state;
	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
	return mixed ^ (mixed >> 31);
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
	return (uint64_t)((unsigned __int128)rng_next(rng) * bound >> 64);
}

uint64_t rng_between(struct rng *rng, uint64_t least, uint64_t most)
{
	return least + rng_below(rng, most - least + 1);
}

bool rng_chance(struct rng *rng, unsigned per_10000)
{
	return rng_below(rng, 10000) < per_10000;
}

void rng_fill(struct rng *rng, void *bytes, size_t count)
{
	uint8_t *at = bytes;

	for (; count >= 8; at += 8, count -= 8) {
		uint64_t word = rng_next(rng);
		memcpy(at, &word, 8);
	}
	uint64_t last = rng_next(rng);
	memcpy(at, &last, count);
}

uint64_t rng_heavy_tail(struct rng *rng, uint64_t least, uint64_t most)
{
	uint64_t size = least * 65536 / rng_between(rng, 1, 65536);

	return size < most ? size : most;
}
