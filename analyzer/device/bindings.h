/* Bindings: which station had an address, from when to when, and by which evidence.
 *
 *     A frame that a station sends with its own MAC, or a server's lease, binds; ARP and neighbour
 *     discovery confirm or announce. An address passes to another station when the one that had it
 *     has been silent, or its lease is over. Where two speak for one address at the same time the
 *     binding is contested: the address is nobody's until one of them has been silent, so that
 *     whoever lies about an address makes it unknown and never somebody else's. A lease that is
 *     given to another while it holds is as doubtful: until it would be over, or the new one sends.
 *
 * What is said for a time does not depend on what comes later.
 *
 * Memory   BINDINGS_MAX, taken once; the oldest give way.
 * Threads  one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/text.h"
#include "collector/sightings.h"

enum { BINDINGS_MAX = 262144 };
#define BINDING_NONE UINT32_MAX

struct binding {
	struct addr addr;
	uint64_t station;           /* its key (stations.h) */
	uint64_t from_ns, last_ns;  /* first and last evidence */
	uint64_t lease_ns;          /* until when a lease gives it; 0 none */
	uint64_t alone_ns;          /* since when its station used no other beside it; 0 never */
	uint64_t contested_ns;      /* another spoke for it last; 0 never */
	uint64_t contested_from_ns; /* and the first time of that spell */
	uint32_t before;            /* the binding of the address before this one */
	uint16_t evidence;          /* bits of enum sighting_kind */
	uint16_t vlan_id;
	uint32_t count;      /* of sightings, as far as it goes */
	uint8_t is_given_up; /* no bool: it is read back from a file */
	uint8_t is_given_twice;
};

struct bindings;

struct bindings *bindings_create(void); /* NULL: out of memory */
void bindings_destroy(struct bindings *bindings);

/* A station that is no router was seen with an address. claim: may one that it has not become its
 * own? True where it did. */
enum binding_claim {
	BINDING_NOT,
	BINDING_BESIDE, /* another that it uses: perhaps two devices' */
	BINDING_ALONE,
	BINDING_UNASKED /* likewise, by a lease that it was not seen to ask for: words alone */
};
bool bindings_see(struct bindings *bindings, const struct sighting *sighting, uint64_t station,
	enum binding_claim claim);

static inline bool binding_is_alone(const struct binding *binding, uint64_t time_ns)
{
	return binding->alone_ns != 0 && binding->alone_ns <= time_ns;
}

/* Frames that others bring say that it may be somebody else's by now. */
void bindings_doubt(struct bindings *bindings, const struct addr *addr, uint64_t time_ns);

/* What has the address has none of its own after all: a router. Whoever comes may have it. */
void bindings_give_up(struct bindings *bindings, const struct addr *addr);

/* Whose it was at that time: what stands for the answer, and why. */
enum binding_answer {
	BINDING_FOUND,
	BINDING_UNKNOWN,  /* nothing was seen */
	BINDING_CONTESTED /* two stations spoke for it */
};
enum binding_answer bindings_find(const struct bindings *bindings, const struct addr *addr,
	uint64_t time_ns, const struct binding **binding);

/* Has what is asked about the address fetched: first where it stands, later what stands there,
 * which is most probably the latest of it; NULL: there is none. */
void bindings_fetch_place(const struct bindings *bindings, const struct addr *addr);
const struct binding *bindings_fetch(const struct bindings *bindings, const struct addr *addr);

/* All bindings of an address, the latest first: NULL begins, NULL is the end. */
const struct binding *bindings_next(
	const struct bindings *bindings, const struct addr *addr, const struct binding *binding);

/* All there are, by their place; NULL behind the last. */
const struct binding *bindings_at(const struct bindings *bindings, uint32_t place);

struct bindings_stats {
	uint32_t count;
	uint64_t contested, claims; /* times two spoke; announcements that were not followed */
};
void bindings_read_stats(const struct bindings *bindings, struct bindings_stats *stats);

/* State (state.h). load: false where it cannot be read, and nothing is known. */
bool bindings_save(const struct bindings *bindings, struct text *text);
struct reader;
bool bindings_load(struct bindings *bindings, struct reader *reader);
