#include "analyzer/device/neighbours.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/quick_hash.h"

enum { LEAST = 8, HOPS_MAX = 8, PROBES = 8 };

struct neighbour {
	uint64_t time_ns; /* of the last flow */
	uint32_t who;
	uint8_t hops; /* HOPS_MAX: so far or further */
};

struct neighbourhood {
	uint64_t place; /* 0: nobody's room */
	uint64_t last_ns;
	uint32_t count;
	struct neighbour all[NEIGHBOURS_MAX];
};

struct neighbours {
	uint64_t seed; /* a secret: nobody outside can aim at one place of the table */
	struct neighbourhood all[NEIGHBOURHOODS_MAX];
};

struct neighbours *neighbours_create(void)
{
	struct neighbours *neighbours = calloc(1, sizeof(*neighbours));

	if (neighbours) {
		neighbours->seed = hash_key_random().words[0];
	}
	return neighbours;
}

void neighbours_destroy(struct neighbours *neighbours)
{
	free(neighbours);
}

struct neighbourhood *neighbours_at(struct neighbours *neighbours, uint64_t place)
{
	uint32_t first = (uint32_t)(quick_hash(neighbours->seed, place) % NEIGHBOURHOODS_MAX);
	struct neighbourhood *oldest = &neighbours->all[first];

	for (uint32_t i = 0; i < PROBES; i++) {
		struct neighbourhood *at = &neighbours->all[(first + i) % NEIGHBOURHOODS_MAX];
		if (at->count > 0 && at->place == place) {
			return at;
		}
		oldest = at->last_ns < oldest->last_ns ? at : oldest;
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->place = place;
	return oldest;
}

void neighbourhood_see(
	struct neighbourhood *around, const struct addr *addr, unsigned hops, uint64_t time_ns)
{
	uint32_t who = (uint32_t)quick_hash_addr(0, addr);
	uint32_t at = 0, oldest = 0;

	while (at < around->count && around->all[at].who != who) {
		oldest = around->all[at].time_ns < around->all[oldest].time_ns ? at : oldest;
		at++;
	}
	if (at == NEIGHBOURS_MAX) {
		at = oldest;
	}
	around->count += at == around->count;
	around->all[at] = (struct neighbour){
		.time_ns = time_ns, .who = who, .hops = (uint8_t)(hops < HOPS_MAX ? hops : HOPS_MAX)
	};
	around->last_ns = time_ns > around->last_ns ? time_ns : around->last_ns;
}

int neighbourhood_hops(const struct neighbourhood *around)
{
	unsigned count = around ? around->count : 0, hops[HOPS_MAX + 1] = { 0 }, most = 0;

	for (unsigned i = 0; i < count; i++) {
		hops[around->all[i].hops]++;
	}
	for (unsigned i = 1; i < HOPS_MAX; i++) {
		most = hops[i] > hops[most] ? i : most;
	}
	return count >= LEAST && hops[most] * 2U >= count ? (int)most : NEIGHBOUR_UNKNOWN;
}

unsigned neighbourhood_count(const struct neighbourhood *around, unsigned hops, uint64_t since_ns)
{
	unsigned count = 0;

	for (unsigned i = 0; i < around->count; i++) {
		count += around->all[i].hops == hops && around->all[i].time_ns >= since_ns;
	}
	return count;
}
