/* Halves: what other archives saw more of a part of a flow than the one that tells it. Where the
 * two ways of a flow take different doors, each with a sensor, both together tell as much as one
 * that sees both; and one stray packet the other way changes nothing of it.
 *
 * Of each way the archive that saw most of it counts; what two of them saw one after the other,
 * since the flow changed doors, adds up. Where they saw it at times of which some are the same
 * nobody can tell what both saw: the way is what one of them saw, and at least so much.
 *
 * Memory   72 bytes for each way of which another archive saw more.
 * Threads  one.
 * Failure  without memory a record gets nothing, and what went that way stays unknown. */
#pragma once

#include "analyzer/archive/archive_sights.h"
#include "analyzer/archive/archive_skew.h"

struct half;
struct span;

struct archive_halves {
	struct half *items;
	uint32_t count, capacity;
	struct span *spans; /* of the way that is added up */
	uint32_t span_count, span_capacity;
};

/* Of one part what its teller lacks of each way, one more than its place; 0 nothing. */
struct half_ways {
	uint32_t of[SIGHT_WAYS];
};

void archive_halves_deinit(struct archive_halves *halves);

/* What the teller lacks of it. */
struct half_ways archive_halves_lack(struct archive_halves *halves,
	const struct archive_sights *all, const struct archive_skew *skew,
	const struct sights *sights, unsigned teller);

/* Completes a record of the teller by what it lacks. The first record that asks for a half has it;
 * asked for again it is the same. */
void archive_halves_complete(struct archive_halves *halves, const struct archive_sights *all,
	const struct half_ways *ways, bool is_whole, struct archived *archived);
