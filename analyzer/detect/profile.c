#include "analyzer/detect/profile.h"

#include <math.h>
#include <string.h>

#include "analyzer/detect/quick_math.h"

/* Rates are shares of the distance to the new value, a value. A working day brings six values to a
 * half hour. */
static const float rise = 0.06f, fall = 0.02f;
static const float variance_rate = 0.02f, mean_rate = 0.002f, busy_rate = 0.004f;
static const float again_rate = 0.02f;
static const float trend_rate = 0.0017f; /* two days of five-minute slots */

/* Beyond so many spreads a value pulls no harder; below minus so many it is a quiet time, not a
 * lower level. */
static const float pull_most = 2, trend_pull_most = 1.5f, low_spreads = 2.5f;

/* Until something is known: a factor of 1.8 either way. */
static const float first_spread = 0.6f, least_spread = 0.05f;
static const float variance_weight = 30; /* of the week's variance, in values */

enum {
	COUNT_MOST = UINT8_MAX,
	VARIANCE_AFTER = 5,                        /* values, since before the level is not one */
	COUNT_ALONE = 12,                          /* values from which a level stands for itself */
	SEEN_LEAST = 2 * SLOTS_A_DAY / DAY_BLOCKS, /* two days of this kind */
	AGE_LEAST = 2 * SLOTS_A_DAY,
};

void profile_begin(struct profile *profile, float log_value)
{
	memset(profile, 0, sizeof(*profile));
	profile->mean = profile->typical = log_value;
	profile->mean_variance = first_spread * first_spread;
	profile->again = 0.3f;
	for (unsigned kind = 0; kind < DAY_KINDS; kind++) {
		for (unsigned i = 0; i < DAY_HALF_HOURS; i++) {
			profile->variance[kind][i] = first_spread * first_spread;
		}
	}
}

void profile_relearn(struct profile *profile, float log_value)
{
	memset(profile->count, 0, sizeof(profile->count));
	memset(profile->seen, 0, sizeof(profile->seen));
	profile->trend = 0;
	profile->mean = log_value;
	profile->mean_count = 0;
	profile->age_slots = 0;
	profile->low_slots = 0;
}

/* A half hour with few values leans on the week's mean. */
static float level_of(const struct profile *profile, unsigned kind, unsigned half_hour)
{
	unsigned count = profile->count[kind][half_hour];

	if (count >= COUNT_ALONE) {
		return profile->level[kind][half_hour];
	}
	float own = (float)count, shared = (float)(COUNT_ALONE - count) / 3;
	return (own * profile->level[kind][half_hour] + shared * profile->mean) / (own + shared);
}

/* On the line between the middles of two half hours; on a step where one of them is unknown. */
static float level_at(const struct profile *profile, const struct day_place *place)
{
	float along = place->within - 0.5f;
	unsigned here = place->half_hour;
	unsigned other = (here + (along < 0 ? DAY_HALF_HOURS - 1 : 1)) % DAY_HALF_HOURS;
	float level = level_of(profile, place->kind, here);

	if (profile->count[place->kind][here] && profile->count[place->kind][other]) {
		level += fabsf(along) * (level_of(profile, place->kind, other) - level);
	}
	return level;
}

void profile_expect(
	const struct profile *profile, const struct day_place *place, struct expectation *expected)
{
	unsigned kind = place->kind, half_hour = place->half_hour, block = half_hour / 6;
	float count = profile->count[kind][half_hour];
	float variance = (count * profile->variance[kind][half_hour] +
				 variance_weight * profile->mean_variance) /
			 (count + variance_weight);

	expected->level = level_at(profile, place) + profile->trend;
	expected->spread = sqrtf(variance);
	if (expected->spread < least_spread) {
		expected->spread = least_spread;
	}
	expected->alone = quick_min(quick_max(profile->busy[kind][block], 0.002f), 0.999f);
	expected->busy = expected->alone;
	if (profile->was_busy && profile->again > expected->busy) {
		expected->busy = quick_min(profile->again, 0.999f);
	}
	expected->learnt =
		profile->seen[kind][block] >= SEEN_LEAST && profile->age_slots >= AGE_LEAST;
}

static float rate_of(unsigned count, float least)
{
	return quick_max(1.0f / (float)(count + 1), least);
}

/* The share of busy slots is learnt with every slot; frozen, only the slots are counted. */
static void learn_busy(struct profile *profile, const struct day_place *place, float busy,
	unsigned slots, bool frozen)
{
	unsigned block = place->half_hour / 6;
	uint16_t *seen = &profile->seen[place->kind][block];
	float *share = &profile->busy[place->kind][block];

	if (!frozen) {
		*share += rate_of(*seen, busy_rate) * (busy - *share);
		if (profile->was_busy) {
			profile->again += again_rate * (busy - profile->again);
		}
	}
	*seen = *seen > UINT16_MAX / 2 ? *seen : (uint16_t)(*seen + slots);
	profile->age_slots = profile->age_slots > UINT32_MAX / 2 ? profile->age_slots
								 : profile->age_slots + slots;
	profile->was_busy = busy > 0;
}

void profile_learn_zero(struct profile *profile, const struct day_place *place, unsigned slots)
{
	learn_busy(profile, place, 0, slots, false);
}

static float within(float value, float most)
{
	return quick_min(quick_max(value, -most), most);
}

static void learn_level(struct profile *profile, const struct day_place *place, float log_value,
	float spread, bool low)
{
	uint8_t *count = &profile->count[place->kind][place->half_hour];
	float *level = &profile->level[place->kind][place->half_hour];
	float value = log_value - profile->trend;

	if (*count == 0) {
		*level = value;
	}
	float step = value - *level;
	if (*count >= 4) {
		step = low ? 0 : within(step, pull_most * spread);
	}
	*level += rate_of(*count, step > 0 ? rise : fall) * step;
	*count += *count < COUNT_MOST;
}

static void learn_variance(
	struct profile *profile, const struct day_place *place, float above, float spread)
{
	uint8_t count = profile->count[place->kind][place->half_hour];
	float *variance = &profile->variance[place->kind][place->half_hour];

	if (count < VARIANCE_AFTER) {
		*variance = profile->mean_variance;
	}
	if (above <= 0) {
		return;
	}
	float square = quick_min(above * above, 6 * spread * spread);
	if (count >= VARIANCE_AFTER) {
		*variance += rate_of(count, variance_rate) * (square - *variance);
	}
	if (profile->mean_count >= VARIANCE_AFTER) {
		profile->mean_variance +=
			rate_of(profile->mean_count, mean_rate) * (square - profile->mean_variance);
	}
}

void profile_learn(struct profile *profile, const struct day_place *place,
	const struct expectation *expected, float log_value, float excess, unsigned slots,
	bool frozen)
{
	float spread = expected->spread, above = log_value - expected->level;
	bool far_below = above < -low_spreads * spread;
	bool low = far_below && profile->low_slots < PROFILE_LOW_SLOTS;

	if (far_below) {
		profile->low_slots += profile->low_slots < UINT16_MAX - slots ? slots : 0;
	} else {
		profile->low_slots -=
			profile->low_slots < 4 * slots ? profile->low_slots : 4 * slots;
	}
	if (!frozen) {
		if (expected->learnt && !low) {
			profile->trend +=
				trend_rate * within(above - excess, trend_pull_most * spread);
		}
		learn_level(profile, place, log_value, spread, low);
		learn_variance(profile, place, above - excess, spread);
		profile->mean += rate_of(profile->mean_count, mean_rate) *
				 (log_value - profile->trend - profile->mean);
		profile->mean_count += profile->mean_count < UINT32_MAX;
	}
	learn_busy(profile, place, 1, slots, frozen);
}

/* The least level below which half of all weight lies: the interval that holds it is halved until
 * there is one level in it, or what a thousandth tells apart. */
static float weighted_median(const float *levels, const float *weights, unsigned count, float half)
{
	enum { HALVINGS = 14 };
	float low = levels[0], high = levels[0], median = levels[0];

	for (unsigned i = 1; i < count; i++) {
		low = quick_min(low, levels[i]);
		high = quick_max(high, levels[i]);
	}
	median = low;
	for (unsigned step = 0; step < HALVINGS && low < high; step++) {
		float middle = low + (high - low) / 2, below = 0;
		for (unsigned i = 0; i < count; i++) {
			below += levels[i] <= middle ? weights[i] : 0;
		}
		if (below >= half) {
			high = middle;
		} else {
			low = middle;
		}
	}
	for (unsigned i = 0; i < count; i++) {
		median = levels[i] <= high ? quick_max(median, levels[i]) : median;
	}
	return median;
}

float profile_typical(struct profile *profile, uint32_t day)
{
	enum { WORK_DAYS = 5, FREE_DAYS = 2 };
	float levels[DAY_KINDS * DAY_HALF_HOURS], weights[DAY_KINDS * DAY_HALF_HOURS], all = 0;
	unsigned count = 0;

	if (profile->typical_day == day) {
		return profile->typical;
	}
	profile->typical_day = day;
	for (unsigned i = 0; i < DAY_KINDS * DAY_HALF_HOURS; i++) {
		unsigned kind = i / DAY_HALF_HOURS, half_hour = i % DAY_HALF_HOURS;
		if (profile->count[kind][half_hour] == 0) {
			continue;
		}
		levels[count] = profile->level[kind][half_hour];
		weights[count] = (kind == DAY_WORK ? WORK_DAYS : FREE_DAYS) *
				 profile->busy[kind][half_hour / 6];
		all += weights[count++];
	}
	if (count > 0) {
		profile->typical = weighted_median(levels, weights, count, all / 2);
	}
	return profile->typical;
}
