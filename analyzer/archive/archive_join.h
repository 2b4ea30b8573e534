/* Which parts of flows in several archives are one. First by their id: those that began in the same
 * slot at about the same time, or on both sides of a slot's border. What is left by the five
 * numbers: of which another sensor made a flow of its own, since it came to it later, as after an
 * outage, or saw the other way of it alone. Where an end is not kept the upper half of the ids says
 * whether they are the same (flow.h). Those longest under way together come first; no two
 * beginnings are one, nor what one archive has twice at one time. So it does not matter which
 * archive is named first.
 *
 * Memory   while it is done 8 bytes a part, 16 more for each two of the same ends.
 * Threads  one.
 * Failure  -ENOMEM. */
#pragma once

#include "analyzer/archive/archive_halves.h"
#include "analyzer/archive/archive_sights.h"

enum {
	JOIN_BEGAN_S = 2, /* parts of one flow begin so near to each other at two sensors */
	JOIN_NEAR_S = 10  /* less than any timeout, so that a flow's successor is not near it */
};

struct part {
	uint64_t flow_id;
	uint64_t tied;    /* bits of the archives that saw as much of it */
	uint64_t holders; /* bits of the archives that have of it */
	uint64_t ends;    /* hash of what is kept of the five numbers, whichever of the two began */
	uint64_t first_ns, last_ns;
	uint32_t seen;   /* how much: the archive that saw most tells it */
	uint32_t number; /* the highest that an archive gives it: after 0 the flow has begun */
	uint32_t same;   /* place of a part that this one is, its own where there is none */
	struct sights sights;
	struct half_ways lacks;
	uint8_t archive; /* that tells it */
	uint8_t latest;  /* named last of those that have of it */
	uint8_t renamed_by;
	bool is_several; /* of some archive several records are this part */
	bool is_opening; /* of which a handshake's number made the id */
	bool is_joined;  /* the sensors came to it later than it began, or may have */
	bool is_tcp, has_both_ends;
	bool is_renamed; /* an earlier archive saw this beginning under another id */
};

bool archive_join_are_of_one_slot(const struct part *one, const struct part *other);
bool archive_join_began_together(const struct part *one, const struct part *other);

/* Adds what is the same part by its id. */
void archive_join_merge(struct part *to, const struct part *part, struct archive_sights *sights);

/* may_be_renamed: some archive has no id of another one, so beginnings under two ids are noted. */
int archive_join_parts(
	struct part *parts, uint32_t count, bool may_be_renamed, struct archive_sights *sights);

/* Place of the part that has the sights of all that are the same. */
uint32_t archive_join_root(const struct part *parts, uint32_t place);
