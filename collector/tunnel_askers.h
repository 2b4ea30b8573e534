/* Who spoke first between an end outside and a port of ours, where one of the ports is a tunnel's.
 *
 * Whoever sends from a tunnel's port to any port of ours may have his own bytes sent back, by
 * whatever service listens there. What looks like a tunnel of ours is then his word.
 *
 * Memory   the struct, zero at first: for so many pairs as there is room; another one may take the
 *          place, and then what ours says is believed.
 * Threads  one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/hash.h"

enum { TUNNEL_ASKERS = 1024 };

struct tunnel_askers {
	struct {
		uint64_t pair; /* its hash; 0 none */
		bool outside_began;
	} places[TUNNEL_ASKERS];
};

struct tunnel_pair {
	struct addr outside, ours;
	uint16_t outside_port, our_port;
};

/* A packet went between them, sent by the end outside or by ours: did that outside speak first? */
bool tunnel_askers_see(struct tunnel_askers *askers, const struct hash_key *key,
	const struct tunnel_pair *pair, bool by_outside);
