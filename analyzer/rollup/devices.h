/* Which devices of ours stand behind something, and how much each had: exactly up to a bound,
 * estimated beyond it.
 *
 * A device is a hash under a secret key (device_hash.h), never of an address alone. Up to
 * DEVICES_EXACT_MAX of them are kept with their bytes; then a HyperLogLog of 4,096 registers takes
 * over (Flajolet et al., 2007; standard error 1.6 %), the answer is marked as an estimate, and the
 * heaviest devices stay in a space-saving summary (Metwally et al., 2005), which never understates
 * them.
 *
 * Memory   from 0 to 12 KiB; devices_clear() keeps it.
 * Threads  one at a time.
 * Failure  out of memory leaves a device out. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/hash_table.h"

enum {
	DEVICES_EXACT_MAX = 512,
	DEVICES_REGISTER_BITS = 12,
	DEVICES_HEAVIEST = 16,
	DEVICES_SHORT_BITS = 40
};

struct device {
	uint64_t hash, bytes;
};

struct device_sketch {
	uint8_t registers[1 << DEVICES_REGISTER_BITS];
	struct device heaviest[DEVICES_HEAVIEST];
};

/* A zeroed struct is an empty set. */
struct devices {
	uint32_t count, capacity;
	uint32_t last;              /* the one added to last: most records repeat it */
	bool is_floor;              /* others were there of which nothing tells the device */
	struct device *items;       /* in order of first sight */
	struct hash_table table;    /* place in items; empty while they are few */
	struct device_sketch *more; /* once estimating; count is then 0 */
};

/* A device is told by the upper DEVICES_SHORT_BITS of its hash, which is what cells of the archive
 * keep: of 512 that are counted exactly two are taken for one once in ten million sets. The bits
 * below then follow from them; a set keeps the hash that it was given first. */
static inline uint64_t devices_short(uint64_t hash)
{
	return hash >> (64 - DEVICES_SHORT_BITS);
}

static inline uint64_t devices_hash_of(uint64_t short_hash)
{
	uint64_t mixed = short_hash * UINT64_C(0x9e3779b97f4a7c15);

	return short_hash << (64 - DEVICES_SHORT_BITS) | mixed >> DEVICES_SHORT_BITS;
}

static inline uint64_t devices_told(uint64_t hash)
{
	return devices_hash_of(devices_short(hash));
}

/* hash must be well mixed; 0 is taken for 1. */
void devices_add(struct devices *devices, uint64_t hash, uint64_t bytes);
/* As if all that was added to from had been added to to. */
void devices_merge(struct devices *to, const struct devices *from);
/* Reads back what a sketch says of itself (cell_cbor.h). */
void devices_merge_sketch(struct devices *to, const struct device_sketch *from);

uint64_t devices_count(const struct devices *devices);
bool devices_is_estimated(const struct devices *devices);
/* One more would begin the estimating. */
bool devices_is_full(const struct devices *devices);
/* Bytes of the device that had most. */
uint64_t devices_largest(const struct devices *devices);

void devices_clear(struct devices *devices);
void devices_deinit(struct devices *devices);
