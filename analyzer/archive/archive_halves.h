/* Halves: of a part of a flow of which one way alone crossed a sensor, what another archive may
 * lack that tells it. Where the two ways of a flow take different doors, each with a sensor, both
 * together tell as much as one that sees both.
 *
 * A way is named by its sender, the same in whatever direction an archive took the flow to go: the
 * end with the higher port; of equal ports ours, else the source.
 *
 * Memory   56 bytes a half, and who its device was.
 * Threads  one.
 * Failure  without memory a half is forgotten, and what went that way stays unknown. */
#pragma once

#include "analyzer/archive/archive.h"
#include "base/hash_table.h"

enum { HALF_WAYS = 2 };

struct half;
struct half_device;

struct archive_halves {
	struct half *items;
	uint32_t count, capacity;
	struct half_device *devices;
	uint32_t device_count, device_capacity;
	struct hash_table by_device;
	bool have_met; /* of some part both ways came together */
};

/* Of one part: the fullest half of each way, one more than its place; 0 none. */
struct half_ways {
	uint32_t of[HALF_WAYS];
};

void archive_halves_deinit(struct archive_halves *halves);

/* What is read of a record here. */
void archive_halves_ask(struct field_set *fields);

/* The half that a record of an archive is; nothing of one that has both ways. */
struct half_ways archive_halves_note(struct archive_halves *halves, unsigned archive, bool is_whole,
	const struct archived *archived);

/* Gives one part the halves of another one that is the same. An archive's own are added up, of
 * those of several the fuller is kept. */
void archive_halves_give(
	struct archive_halves *halves, struct half_ways *to, struct half_ways *from);

/* Is each of them one way of it, and of the same device? */
bool archive_halves_meet(const struct archive_halves *halves, const struct half_ways *one,
	const struct half_ways *other, bool *are_of_one_device);

/* Completes a record that an archive tells by what others saw more of a way. The first record that
 * asks for a half has it; asked for again it is the same. is_several: the archive has further
 * records of the part, so that only what it did not see at all can be said. */
void archive_halves_complete(struct archive_halves *halves, const struct half_ways *ways,
	unsigned archive, bool is_whole, bool is_several, struct archived *archived);
