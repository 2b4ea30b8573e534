#include "analyzer/device/neighbours.h"

#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/quick_hash.h"
#include "collector/reserve.h"

#define SMALL_NS (10 * 60 * NS_PER_S)

enum { LEAST = 8, HOPS_MAX = 8, PROBES = 8, NEIGHBOUR_PROBES = 4 };

struct neighbour {
	uint64_t time_ns; /* of the last flow */
	uint64_t station;
	uint32_t who; /* 0: nobody */
	uint8_t hops; /* HOPS_MAX: so far or further */
};

/* Whose room it is stands apart, so that a search touches few cache lines; what is in them stands
 * as it came: a few lie on few pages. */
struct room {
	uint64_t place; /* 0: nobody's */
	uint64_t last_ns;
	uint32_t number; /* of its neighbourhood, from 1 on; 0: nobody ever moved in */
};

struct neighbourhood {
	struct room *room;
	uint64_t first_ns;
	int8_t most; /* what neighbourhood_hops() says */
	uint8_t count, hops[HOPS_MAX + 1];
	struct neighbour all[NEIGHBOURS_MAX]; /* by hash */
};

struct neighbours {
	uint64_t seed; /* a secret: nobody outside can aim at one place of the table */
	uint32_t count;
	struct room rooms[NEIGHBOURHOODS_MAX];
	struct neighbourhood all[NEIGHBOURHOODS_MAX];
};

struct neighbours *neighbours_create(void)
{
	struct neighbours *neighbours = reserve_map(sizeof(*neighbours));

	if (neighbours) {
		neighbours->seed = hash_key_random().words[0];
	}
	return neighbours;
}

void neighbours_destroy(struct neighbours *neighbours)
{
	reserve_unmap(neighbours, sizeof(*neighbours));
}

/* Whoever had the room is forgotten. */
static struct neighbourhood *move_in(struct neighbours *neighbours, uint32_t at, uint64_t place)
{
	struct room *room = &neighbours->rooms[at];
	uint32_t number = room->number ? room->number : ++neighbours->count;
	struct neighbourhood *around = &neighbours->all[number - 1];

	*room = (struct room){ .place = place, .number = number };
	memset(around, 0, sizeof(*around));
	around->room = room;
	around->most = NEIGHBOUR_UNKNOWN;
	return around;
}

struct neighbourhood *neighbours_at(struct neighbours *neighbours, uint64_t place)
{
	const struct room *rooms = neighbours->rooms;
	uint32_t first = (uint32_t)(quick_hash(neighbours->seed, place) % NEIGHBOURHOODS_MAX);
	uint32_t oldest = first;

	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t at = (first + i) % NEIGHBOURHOODS_MAX;
		if (rooms[at].place == place && rooms[at].number) {
			return &neighbours->all[rooms[at].number - 1];
		}
		oldest = rooms[at].last_ns < rooms[oldest].last_ns ? at : oldest;
	}
	return move_in(neighbours, oldest, place);
}

/* Where an address stands, or would stand: a free place, or that of whoever was quiet longest. */
static struct neighbour *place_of(struct neighbourhood *around, uint32_t who)
{
	struct neighbour *oldest = &around->all[who % NEIGHBOURS_MAX];

	for (uint32_t i = 0; i < NEIGHBOUR_PROBES; i++) {
		struct neighbour *at = &around->all[(who + i) % NEIGHBOURS_MAX];
		if (at->who == who || at->who == 0) {
			return at;
		}
		oldest = at->time_ns < oldest->time_ns ? at : oldest;
	}
	return oldest;
}

static int8_t most_of(const struct neighbourhood *around)
{
	unsigned most = 0;

	for (unsigned i = 1; i < HOPS_MAX; i++) {
		most = around->hops[i] > around->hops[most] ? i : most;
	}
	return around->count >= LEAST && around->hops[most] * 2U >= around->count
		       ? (int8_t)most
		       : NEIGHBOUR_UNKNOWN;
}

void neighbourhood_see(struct neighbourhood *around, const struct addr *addr, uint64_t station,
	unsigned hops, uint64_t time_ns)
{
	uint32_t who = (uint32_t)quick_hash_addr(0, addr) | 1U << 31;
	struct neighbour *neighbour = place_of(around, who);
	uint8_t away = (uint8_t)(hops < HOPS_MAX ? hops : HOPS_MAX);

	if (neighbour->who == 0 || neighbour->hops != away) {
		around->count += neighbour->who == 0;
		around->hops[neighbour->hops] -= neighbour->who != 0;
		around->hops[away]++;
		around->most = most_of(around);
	}
	*neighbour = (struct neighbour){
		.time_ns = time_ns, .station = station, .who = who, .hops = away
	};
	around->first_ns = around->first_ns == 0 ? time_ns : around->first_ns;
	around->room->last_ns = time_ns > around->room->last_ns ? time_ns : around->room->last_ns;
}

int neighbourhood_hops(const struct neighbourhood *around)
{
	return around ? around->most : NEIGHBOUR_UNKNOWN;
}

bool neighbourhood_has_nearer(const struct neighbourhood *around, unsigned hops)
{
	bool is_nearer = false;

	for (unsigned i = 0; around && i < NEIGHBOURS_MAX && !is_nearer; i++) {
		is_nearer = around->all[i].who != 0 && around->all[i].hops < hops;
	}
	return is_nearer;
}

bool neighbourhood_agrees(const struct neighbourhood *around, uint64_t station, unsigned hops)
{
	uint64_t other = 0;
	bool are_two = false;

	for (unsigned i = 0; around && i < NEIGHBOURS_MAX && !are_two; i++) {
		const struct neighbour *at = &around->all[i];
		if (at->who != 0 && at->hops == hops && at->station != station) {
			are_two = other != 0 && other != at->station;
			other = at->station;
		}
	}
	return are_two;
}

bool neighbourhood_is_small(const struct neighbourhood *around, uint64_t time_ns)
{
	return around && around->first_ns != 0 && around->count < LEAST &&
	       time_ns > around->first_ns + SMALL_NS;
}

unsigned neighbourhood_count(const struct neighbourhood *around, unsigned hops, uint64_t since_ns)
{
	unsigned count = 0;

	for (unsigned i = 0; i < NEIGHBOURS_MAX; i++) {
		const struct neighbour *at = &around->all[i];
		count += at->who != 0 && at->hops == hops && at->time_ns >= since_ns;
	}
	return count;
}
