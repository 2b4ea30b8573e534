/* One unit against its peers: the same app (or direction, or country) in several units of a kind.
 *
 * Once a slot each member's residual is given (the logarithm of its value over its own profile).
 * What all members share, a holiday nobody told of, an update, an outage, is their median and is
 * taken off; what stays with one member for hours to days is its drift. An hour's mean feeds an
 * e-process against shifts of 0.2, 0.4 and 0.8: 20 % more for days is enough, which a series alone
 * cannot tell from its own mood.
 *
 * Memory   in the structs, plain values; a group holds at most DRIFT_MEMBERS_MOST.
 * Threads  one at a time. Failure: none. Cost: about 30 ns a member and slot. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { DRIFT_MEMBERS_MOST = 64, DRIFT_MEMBERS_LEAST = 4, DRIFT_SHIFTS = 3 };

struct drift_member {
	float ratio[DRIFT_SHIFTS]; /* Shiryaev-Roberts statistics, an hour a step */
	float usual, variance;     /* of the hour's mean, over weeks */
	float sum;                 /* of this hour */
	float before;              /* of the last hour: days are alike, hours in a row too */
	float run_sum;             /* of what the hours were off by, since evidence was last low */
	uint32_t hours, run_hours;
	uint8_t count;
};

/* The hours that the evidence comes from, and how far they were off on average (a logarithm). */
struct drift_run {
	uint32_t hours;
	float shift;
};

struct drift_group {
	struct drift_member members[DRIFT_MEMBERS_MOST];
	uint32_t slot; /* fed so far */
};

/* residuals[i] of member i, NAN where it showed nothing. scores[i] (may be NULL) become patience in
 * slots, 0 but at the end of an hour that reached some evidence. Fewer than DRIFT_MEMBERS_LEAST
 * members with a value are no peers: nothing is said. */
void drift_step(struct drift_group *group, const float *residuals, unsigned count, double *scores);

struct drift_run drift_run(const struct drift_group *group, unsigned member);

/* Is there evidence enough that what the member shows is not to be learnt as usual? */
bool drift_is_rising(const struct drift_group *group, unsigned member);

/* What was told is the new usual of that member: it is told again where it goes on to grow. */
void drift_accept(struct drift_group *group, unsigned member);
