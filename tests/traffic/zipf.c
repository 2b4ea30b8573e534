#include "tests/traffic/zipf.h"

#include <math.h>
#include <stdlib.h>

enum { GUIDES = 65536 };

static const double exponent = 1.1;

struct zipf {
	uint32_t count;
	uint32_t guides[GUIDES]; /* the first rank whose end is above the guide's share */
	uint32_t ends[];         /* cumulated weights, scaled to 2^32; the last is UINT32_MAX */
};

struct zipf *zipf_create(uint32_t count)
{
	struct zipf *zipf = calloc(1, sizeof(*zipf) + count * sizeof(zipf->ends[0]));
	double sum = 0, cumulated = 0;

	if (!zipf) {
		abort();
	}
	zipf->count = count;
	for (uint32_t rank = 0; rank < count; rank++) {
		sum += pow(rank + 1.0, -exponent);
	}
	for (uint32_t rank = 0; rank < count; rank++) {
		cumulated += pow(rank + 1.0, -exponent);
		zipf->ends[rank] = (uint32_t)(cumulated / sum * UINT32_MAX);
	}
	zipf->ends[count - 1] = UINT32_MAX;
	for (uint32_t guide = 0, rank = 0; guide < GUIDES; guide++) {
		while (zipf->ends[rank] < guide << 16) {
			rank++;
		}
		zipf->guides[guide] = rank;
	}
	return zipf;
}

void zipf_destroy(struct zipf *zipf)
{
	free(zipf);
}

uint32_t zipf_draw(const struct zipf *zipf, struct rng *rng)
{
	uint32_t share = (uint32_t)(rng_next(rng) >> 32);
	uint32_t rank = zipf->guides[share >> 16];

	while (zipf->ends[rank] < share) {
		rank++;
	}
	return rank;
}
