/* Halves: what another archive saw more of a part of a flow than the one that tells it. Where the
 * two ways of a flow take different doors, each with a sensor, both together tell as much as one
 * that sees both; and one stray packet the other way changes nothing of it.
 *
 * A way is named by its sender, the same in whatever direction an archive took the flow to go: the
 * end with the higher port; of equal ports ours, else the source.
 *
 * Memory   80 bytes a record, 72 more for each way of which another archive saw more, and who the
 *          devices were.
 * Threads  one.
 * Failure  without memory a record gives nothing, and what went that way stays unknown. */
#pragma once

#include "analyzer/archive/archive.h"
#include "base/hash_table.h"

enum { HALF_WAYS = 2 };

struct half;
struct half_device;
struct sight;

struct archive_halves {
	struct sight *sights; /* one of each record */
	uint32_t sight_count, sight_capacity;
	struct half *items;
	uint32_t count, capacity;
	struct half_device *devices;
	uint32_t device_count, device_capacity;
	struct hash_table by_device;
};

/* What the archives saw of one part: a list of places, each one more than it is; 0 none. */
struct sights {
	uint32_t first, last, count;
};

/* Of one part what its teller lacks of each way, one more than its place; 0 nothing. */
struct half_ways {
	uint32_t of[HALF_WAYS];
};

void archive_halves_deinit(struct archive_halves *halves);

/* What is read of a record here. */
void archive_halves_ask(struct field_set *fields);

/* What a record of an archive shows; none without memory. */
struct sights archive_halves_note(struct archive_halves *halves, unsigned archive, bool is_whole,
	const struct archived *archived);

/* All of two parts that are the same. */
void archive_halves_add(
	struct archive_halves *halves, struct sights *to, const struct sights *from);

/* Is a record among them? */
bool archive_halves_hold(const struct archive_halves *halves, const struct sights *sights,
	unsigned archive, uint64_t start_ns);

/* Is each of them one way of it, and of the same device? */
bool archive_halves_meet(const struct archive_halves *halves, const struct sights *one,
	const struct sights *other, bool *are_of_one_device);

/* Has one archive records of both at one time? Then they are of two flows. */
bool archive_halves_clash(
	const struct archive_halves *halves, const struct sights *one, const struct sights *other);

/* An archive's own are added up, of those of several the fuller one counts: what the teller lacks
 * of it. */
struct half_ways archive_halves_lack(
	struct archive_halves *halves, const struct sights *sights, unsigned teller);

/* Completes a record of the teller by what it lacks. The first record that asks for a half has it;
 * asked for again it is the same. */
void archive_halves_complete(struct archive_halves *halves, const struct half_ways *ways,
	bool is_whole, struct archived *archived);
