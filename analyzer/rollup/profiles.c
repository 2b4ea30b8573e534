#include "analyzer/rollup/profiles.h"

#include <string.h>

#include "base/quick_hash.h"

static uint32_t home_slot(const struct profile *profile)
{
	uint64_t words[3], hash = 0;

	_Static_assert(sizeof(*profile) == sizeof(words), "hashed and compared as words");
	memcpy(words, profile, sizeof(words));
	for (unsigned i = 0; i < 3; i++) {
		hash = quick_hash(hash, words[i]);
	}
	return (uint32_t)hash % (2 * PROFILES_MAX);
}

struct tally_row *profiles_row(struct profiles *profiles, const struct profile *profile)
{
	uint32_t slot = home_slot(profile);

	for (; profiles->index[slot] != 0; slot = (slot + 1) % (2 * PROFILES_MAX)) {
		uint32_t row = profiles->index[slot] - 1u;
		if (memcmp(&profiles->profiles[row], profile, sizeof(*profile)) == 0) {
			return &profiles->rows[row];
		}
	}
	if (profiles->count == PROFILES_MAX) {
		return NULL;
	}
	uint32_t row = profiles->count++;
	profiles->index[slot] = (uint16_t)profiles->count;
	profiles->profiles[row] = *profile;
	profiles->rows[row] = (struct tally_row){ .sums.first_ns = UINT64_MAX };
	return &profiles->rows[row];
}

void profiles_clear(struct profiles *profiles)
{
	for (uint32_t row = 0; row < profiles->count; row++) {
		distinct_deinit(&profiles->rows[row].devices);
	}
	memset(profiles->index, 0, sizeof(profiles->index));
	profiles->count = 0;
}
