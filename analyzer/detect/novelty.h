/* First sights: an app, a country, a network that a unit did not show before, a name never
 * resolved, and one thing that comes up in many units at once.
 *
 * Fed with what each unit showed in a slot. A first sight is worth what its unit's habit makes of
 * it: the score is patience, the slots that usually pass between two first sights of that kind
 * there (a unit that meets ten new networks a day is not news with the eleventh). In a unit's first
 * NOVELTY_LEARN_DAYS everything is new and nothing is told. A thing unseen for NOVELTY_FORGET_DAYS
 * is new again. A wave is told once a thing, when NOVELTY_WAVE_UNITS units, and a third of all,
 * have taken it up within a day, or again after NOVELTY_AWAY_DAYS without it: re-installs, a
 * campaign.
 *
 * Memory   taken once; 32 bytes a thing in a unit; where it is full the one unseen for longest
 * gives
 *          way and is counted. Threads: one. Failure: only create, -ENOMEM. Cost: about 50 ns. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum novelty_kind {
	NOVELTY_APP,
	NOVELTY_COUNTRY,
	NOVELTY_NETWORK,
	NOVELTY_UNRESOLVED, /* a destination whose name nobody had resolved */
	NOVELTY_KINDS,
};

enum {
	NOVELTY_LEARN_DAYS = 14,
	NOVELTY_FORGET_DAYS = 60,
	NOVELTY_AWAY_DAYS = 5,
	NOVELTY_WAVE_UNITS = 4,
	NOVELTY_UNITS_MOST = 1024,
};

struct novelty;

enum novelty_news {
	NOVELTY_NONE,
	NOVELTY_FIRST_OF_UNIT, /* others have shown it */
	NOVELTY_FIRST_OF_ALL,
	NOVELTY_WAVE,
};

struct novelty_sight {
	enum novelty_news news;
	double score;   /* slots of patience */
	uint32_t units; /* that have shown it, this one too; of a wave: within a day */
};

/* things: room for things in units; 0: 131,072. */
int novelty_create(struct novelty **novelty, uint32_t things, struct err *err);
void novelty_destroy(struct novelty *novelty);

/* unit < NOVELTY_UNITS_MOST; thing: its id or hash, not 0; slot: of five minutes since 1970. */
void novelty_see(struct novelty *novelty, enum novelty_kind kind, unsigned unit, uint64_t thing,
	uint64_t slot, struct novelty_sight *sight);

/* The whole state in one piece of memory, as of beacons (beacon.h). */
size_t novelty_state_bytes(const struct novelty *novelty);
void novelty_state_write(const struct novelty *novelty, void *bytes);
int novelty_state_read(struct novelty *novelty, const void *bytes, size_t count, struct err *err);

uint64_t novelty_evicted(const struct novelty *novelty);
