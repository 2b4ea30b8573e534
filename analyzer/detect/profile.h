/* What a series usually shows at this time of this kind of day.
 *
 * Values live as natural logarithms. For each kind of day and half hour: a level and the spread
 * above it (what lies below says nothing of an excess); between the middles of half hours the level
 * is a straight line. Over all of them stands one slow trend, so that growth does not have to be
 * learnt 96 times. Sparse series are known by how often a slot shows anything at all.
 *
 * Quick to rise, slow to fall: values far below the level teach nothing until they have lasted
 * PROFILE_LOW_SLOTS, so that the end of a quiet week is no alarm.
 *
 * Memory   in the struct; plain values, no pointers: it may be copied and written down as it is.
 * Threads  one at a time. Failure: none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	DAY_WORK,
	DAY_FREE, /* weekends, and what the calendar says */
	DAY_KINDS,
};

enum {
	DAY_HALF_HOURS = 48,
	DAY_BLOCKS = 8, /* of three hours: how often a slot shows anything */
	SLOTS_A_DAY = 288,
	PROFILE_LOW_SLOTS = 10 * SLOTS_A_DAY,
};

/* Where a slot lies in its day, in local time (calendar_place). */
struct day_place {
	uint8_t kind;      /* DAY_WORK, DAY_FREE */
	uint8_t half_hour; /* 0 … 47 */
	float within;      /* of the half hour: 0 its beginning, 1 its end */
	uint32_t day;      /* counted from 1970-01-01, of local time */
};

struct profile {
	float level[DAY_KINDS][DAY_HALF_HOURS];
	float variance[DAY_KINDS][DAY_HALF_HOURS]; /* of what lies above the level */
	float busy[DAY_KINDS][DAY_BLOCKS];         /* share of slots that show anything */
	uint16_t seen[DAY_KINDS][DAY_BLOCKS];      /* slots, zeros too */
	uint8_t count[DAY_KINDS][DAY_HALF_HOURS];  /* values in level; stays at 255 */
	float trend;
	float mean, mean_variance; /* over the whole week, for what has few values */
	float again;               /* how often a slot that shows something follows another */
	float typical;             /* median of the levels, computed once a day */
	uint32_t typical_day;
	uint32_t mean_count;
	uint32_t age_slots; /* since it began to learn, or to learn anew */
	uint16_t low_slots;
	bool was_busy; /* the slot before */
};

/* What is expected now. */
struct expectation {
	float level;  /* logarithm of the usual value, where there is one */
	float spread; /* standard deviation above it */
	float busy;   /* how likely the slot shows anything, given the one before */
	float alone;  /* the same, not given anything */
	bool learnt;  /* else nothing may be concluded */
};

/* Begins to learn, from one value (a logarithm). */
void profile_begin(struct profile *profile, float log_value);
/* Begins anew after evidence that stayed: the levels are replaced by what comes, at once. */
void profile_relearn(struct profile *profile, float log_value);

void profile_expect(
	const struct profile *profile, const struct day_place *place, struct expectation *expected);

/* The slot showed nothing. slots: how many of five minutes the row stands for. */
void profile_learn_zero(struct profile *profile, const struct day_place *place, unsigned slots);
/* The slot showed a value. excess: what of its logarithm an ordinary burst explains; frozen:
 * evidence is high, only the clock goes on. */
void profile_learn(struct profile *profile, const struct day_place *place,
	const struct expectation *expected, float log_value, float excess, unsigned slots,
	bool frozen);

/* The series' usual value over the week (a logarithm): the scale of what would be unusual. */
float profile_typical(struct profile *profile, uint32_t day);
