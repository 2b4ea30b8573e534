#include "collector/tunnel_askers.h"

_Static_assert(sizeof(struct tunnel_pair) == 36, "hashed as bytes, so no padding");

bool tunnel_askers_see(struct tunnel_askers *askers, const struct hash_key *key,
	const struct tunnel_pair *pair, bool by_outside)
{
	uint64_t hash = hash_bytes(key, pair, sizeof(*pair)) | 1;
	unsigned place = (unsigned)(hash >> 32) % TUNNEL_ASKERS;

	if (askers->places[place].pair != hash) {
		askers->places[place].pair = hash;
		askers->places[place].outside_began = by_outside;
	}
	return askers->places[place].outside_began;
}
