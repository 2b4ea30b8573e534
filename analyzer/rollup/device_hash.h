/* What stands for a device of ours where devices are counted: 64 bits under a secret key.
 *
 * Where devices are pseudonyms it is made of the pseudonym, and so is the same for all sensors with
 * the same key, for the month that the record begins in, and for records that come back from the
 * archive. Otherwise it is made of the device's identity under the key given; without one (a file
 * is analysed, and nothing of this leaves the process) under a fixed key, so that estimates repeat
 * from run to run.
 *
 * Memory   a few thousand devices are remembered: a pseudonym costs a microsecond.
 * Threads  one at a time. */
#pragma once

#include <stdint.h>

#include "analyzer/record/record.h"
#include "base/hash.h"

struct device_hashes;
struct pseudonyms;

/* key: NULL none. NULL: out of memory. */
struct device_hashes *device_hashes_create(const struct hash_key *key);
void device_hashes_destroy(struct device_hashes *hashes);

/* pseudonyms may be NULL. */
uint64_t device_hash(struct device_hashes *hashes, const struct pseudonyms *pseudonyms,
	const struct record *record);
uint64_t device_hash_of_pseudonym(const char *pseudonym);
