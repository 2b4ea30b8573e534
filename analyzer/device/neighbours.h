/* Neighbours: how far away those are who are seen at one place, by what is left of the TTL that
 * their systems start with. A place is a VLAN, or a network behind a router.
 *
 *     Most of a segment are as far as their wire is; who is further has passed a router of his own.
 *     That is a sign only while the others are seen where they were: when another router stands in
 *     (VRRP, HSRP), all of them are a hop further, one after another.
 *
 * Memory   NEIGHBOURHOODS_MAX places of some NEIGHBOURS_MAX recent addresses each, taken once; a
 * new
 *          place takes the room of the one that was quiet longest. Nothing is kept over a restart.
 * Threads  one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

enum { NEIGHBOURHOODS_MAX = 4096, NEIGHBOURS_MAX = 32, NEIGHBOUR_UNKNOWN = -1 };

struct neighbours;
struct neighbourhood;

struct neighbours *neighbours_create(void); /* NULL: out of memory */
void neighbours_destroy(struct neighbours *neighbours);

/* The neighbourhood of a place, made where it is new. */
struct neighbourhood *neighbours_at(struct neighbours *neighbours, uint64_t place);

/* station: whose MAC brought it. */
void neighbourhood_see(struct neighbourhood *around, const struct addr *addr, uint64_t station,
	unsigned hops, uint64_t time_ns);

bool neighbourhood_has_nearer(const struct neighbourhood *around, unsigned hops);

/* Do two other MACs show that all are so far? A firewall that keeps MACs. */
bool neighbourhood_agrees(const struct neighbourhood *around, uint64_t station, unsigned hops);

/* Has it been seen for a while, with too few in it to say how far they are? */
bool neighbourhood_is_small(const struct neighbourhood *around, uint64_t time_ns);

/* How many hops away most of them are; NEIGHBOUR_UNKNOWN where too few were seen, or NULL is asked.
 */
int neighbourhood_hops(const struct neighbourhood *around);

/* How many of them were so far away when they were seen last, and that since then. */
unsigned neighbourhood_count(const struct neighbourhood *around, unsigned hops, uint64_t since_ns);
