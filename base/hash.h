/* A keyed hash for maps whose keys come from the wire: an attacker who does not know the key cannot
 * choose collisions.
 *
 * SipHash-1-3 (Aumasson and Bernstein, 2012; one compression round and three final ones, as in Rust
 * and Linux' jump labels for hash tables). The packet path has its own, faster one in
 * collector/simd. Threads: any. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t words[2];
};

/* A fresh secret from getrandom(); and one derived from a text, the same for the same text, where
 * results must repeat from run to run and no attacker feeds the map. */
struct hash_key hash_key_random(void);
struct hash_key hash_key_fixed(const char *text);

uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t count);

/* The same in a fifth of the time, for maps that compare what they find: collisions, which cost
 * such a map time and no more, cannot be chosen without the key, but less is known of how well it
 * is kept. */
uint64_t hash_bytes_fast(const struct hash_key *key, const void *bytes, size_t count);
