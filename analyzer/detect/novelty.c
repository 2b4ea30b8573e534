#include "analyzer/detect/novelty.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/detect/profile.h"
#include "base/quick_hash.h"

enum { PROBES = 8, EVERY_UNIT = NOVELTY_UNITS_MOST };

/* A thing in a unit; with EVERY_UNIT, in the whole organisation. */
struct sighting {
	uint64_t key;
	uint32_t last_slot;
	uint32_t wave_slot; /* of EVERY_UNIT: when the units below began to be counted */
	uint32_t units, wave_units;
	bool wave_told;
};

/* How often a unit shows something new, of each kind: a sum that is halved in 14 days. */
struct habit {
	uint32_t first_slot, last_slot;
	double firsts[NOVELTY_KINDS], watched;
};

struct novelty {
	struct sighting *sightings;
	uint32_t mask, unit_count;
	uint64_t evicted;
	struct habit habits[NOVELTY_UNITS_MOST];
};

int novelty_create(struct novelty **novelty, uint32_t things, struct err *err)
{
	struct novelty *created = calloc(1, sizeof(*created));
	uint32_t room = 64;

	while (room < (things ? things : 131072) && room < UINT32_C(1) << 30) {
		room *= 2;
	}
	if (created) {
		created->sightings = calloc(room, sizeof(*created->sightings));
	}
	if (!created || !created->sightings) {
		free(created);
		return err_set(err, ENOMEM, "no memory for %u things seen", room);
	}
	created->mask = room - 1;
	*novelty = created;
	return 0;
}

void novelty_destroy(struct novelty *novelty)
{
	if (novelty) {
		free(novelty->sightings);
		free(novelty);
	}
}

uint64_t novelty_evicted(const struct novelty *novelty)
{
	return novelty->evicted;
}

/* The thing's place; is_new where it was not there, or is forgotten; is_back where it was away. */
static struct sighting *find(
	struct novelty *novelty, uint64_t key, uint32_t slot, bool *is_new, bool *is_back)
{
	struct sighting *oldest = &novelty->sightings[key & novelty->mask];

	for (uint64_t i = 0; i < PROBES; i++) {
		struct sighting *at = &novelty->sightings[(key + i) & novelty->mask];
		if (at->key == key) {
			uint32_t away = slot > at->last_slot ? slot - at->last_slot : 0;
			*is_new = away > NOVELTY_FORGET_DAYS * SLOTS_A_DAY;
			*is_back = away > NOVELTY_AWAY_DAYS * SLOTS_A_DAY;
			if (*is_new) {
				memset(at, 0, sizeof(*at));
				at->key = key;
			}
			at->last_slot = slot > at->last_slot ? slot : at->last_slot;
			return at;
		}
		if (oldest->key && (!at->key || at->last_slot < oldest->last_slot)) {
			oldest = at;
		}
	}
	novelty->evicted += oldest->key != 0;
	*oldest = (struct sighting){ .key = key, .last_slot = slot };
	*is_new = *is_back = true;
	return oldest;
}

static uint64_t key_of(enum novelty_kind kind, unsigned unit, uint64_t thing)
{
	uint64_t key = quick_hash(quick_hash(kind + 1, unit), thing);
	return key ? key : 1;
}

/* Slots between two first sights of the kind, after a prior of one in two weeks. */
static double patience(struct habit *habit, enum novelty_kind kind, uint32_t slot)
{
	const double half_life = NOVELTY_LEARN_DAYS * SLOTS_A_DAY;
	uint32_t passed = slot > habit->last_slot ? slot - habit->last_slot : 0;
	double keeps = exp2(-(double)passed / half_life);

	for (unsigned i = 0; i < NOVELTY_KINDS; i++) {
		habit->firsts[i] *= keeps;
	}
	habit->watched = habit->watched * keeps + passed;
	habit->last_slot = slot > habit->last_slot ? slot : habit->last_slot;
	double score = (habit->watched + half_life) / (habit->firsts[kind] + 1);
	habit->firsts[kind] += 1;
	return score;
}

/* Counts units that took the thing up within a day; told when it is a third of all. */
static bool is_wave(struct novelty *novelty, struct sighting *all, uint32_t slot)
{
	if (slot - all->wave_slot > SLOTS_A_DAY) {
		all->wave_slot = slot;
		all->wave_units = 0;
		all->wave_told = false;
	}
	all->wave_units++;
	if (all->wave_told || all->wave_units < NOVELTY_WAVE_UNITS ||
		all->wave_units * 3 < novelty->unit_count) {
		return false;
	}
	all->wave_told = true;
	return true;
}

void novelty_see(struct novelty *novelty, enum novelty_kind kind, unsigned unit, uint64_t thing,
	uint64_t slot_, struct novelty_sight *sight)
{
	struct habit *habit = &novelty->habits[unit % NOVELTY_UNITS_MOST];
	uint32_t slot = (uint32_t)slot_;
	bool is_new, is_back, is_first, is_back_anywhere;

	*sight = (struct novelty_sight){ .news = NOVELTY_NONE };
	if (habit->first_slot == 0) {
		habit->first_slot = habit->last_slot = slot;
		novelty->unit_count++;
	}
	find(novelty, key_of(kind, unit, thing), slot, &is_new, &is_back);
	if (!is_back) {
		return;
	}
	struct sighting *all =
		find(novelty, key_of(kind, EVERY_UNIT, thing), slot, &is_first, &is_back_anywhere);
	all->units += is_new;
	double score = is_new ? patience(habit, kind, slot) : 0;
	bool wave = is_wave(novelty, all, slot);
	if (slot - habit->first_slot < NOVELTY_LEARN_DAYS * SLOTS_A_DAY) {
		habit->firsts[kind] = 0; /* all was new, which is no habit */
		return;
	}
	if (!is_new && !wave) {
		return;
	}
	sight->score = score;
	sight->units = wave ? all->wave_units : all->units;
	sight->news = wave ? NOVELTY_WAVE : is_first ? NOVELTY_FIRST_OF_ALL : NOVELTY_FIRST_OF_UNIT;
}

/* The sightings, then everything else with the pointer to them empty. */
static size_t sightings_bytes(const struct novelty *novelty)
{
	return (novelty->mask + (size_t)1) * sizeof(*novelty->sightings);
}

size_t novelty_state_bytes(const struct novelty *novelty)
{
	return sightings_bytes(novelty) + sizeof(*novelty);
}

void novelty_state_write(const struct novelty *novelty, void *bytes)
{
	struct novelty *rest = (void *)((char *)bytes + sightings_bytes(novelty));
	struct sighting *none = NULL;

	memcpy(bytes, novelty->sightings, sightings_bytes(novelty));
	memcpy(rest, novelty, sizeof(*novelty));
	memcpy((char *)rest + offsetof(struct novelty, sightings), &none, sizeof(none));
}

int novelty_state_read(struct novelty *novelty, const void *bytes, size_t count, struct err *err)
{
	struct sighting *sightings = novelty->sightings;
	uint32_t mask;

	if (count != novelty_state_bytes(novelty)) {
		return err_set(err, EINVAL, "a state of first sights with %zu bytes, expected %zu",
			count, novelty_state_bytes(novelty));
	}
	const char *rest = (const char *)bytes + sightings_bytes(novelty);
	memcpy(&mask, rest + offsetof(struct novelty, mask), sizeof(mask));
	if (mask != novelty->mask) {
		return err_set(err, EINVAL, "a state of first sights for a table of another size");
	}
	memcpy(sightings, bytes, sightings_bytes(novelty));
	memcpy(novelty, rest, sizeof(*novelty));
	novelty->sightings = sightings;
	return 0;
}
