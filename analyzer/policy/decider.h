/* The decider: decisions of records, in the order in which they come.
 *
 * policy_decide() knows one record; the decider remembers what came before. It says whether a
 * unit's answers can be seen at all (where not, nothing is claimed of flows without one), whether
 * an app was used or merely stood in a page (device_days.h), whether the device has internal
 * access, and counts attempts (attempts.h). What only the rest of the day can tell waits: a record
 * that is kept comes back with decider_release().
 *
 *     accused below the threshold of use, or a try without an answer: until the rest of the file
 *     is known; live some minutes, so that what happened at the same time is known
 *     a private device that would be accused if it had internal access: until it has, or the local
 *     day is over
 *
 * Memory   bounded; what waits at most DECIDER_WAITING_MAX, the oldest gives way.
 * Threads  one.
 * Failure  out of memory only at decider_create(). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/policy/attempts.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/reference.h"

enum { DECIDER_WAITING_MAX = 4096 };

struct decider;

struct decider *decider_create(void); /* NULL: out of memory */

/* Over files: what waits may wait until all of them were read. */
void decider_wait_for_all(struct decider *decider);

/* Live: it is that time, and every record from before was taken. */
void decider_advance(struct decider *decider, uint64_t now_ns);
void decider_destroy(struct decider *decider);

/* Decides. False: the record was copied and waits; the caller passes it over. */
bool decider_take(struct decider *decider, const struct reference *latest, struct record *record);

/* Records whose time has come, decided, at most `most`; how many. all: nothing more will come. To
 * be called until it gives 0. */
size_t decider_release(struct decider *decider, const struct reference *latest, bool all,
	struct record *records, size_t most);
/* After the last release: attempts under way are counted. */
void decider_finish(struct decider *decider);
bool decider_is_waiting(const struct decider *decider);
/* Would decider_release() give one now? */
bool decider_is_due(const struct decider *decider);

/* Attempts so far; all of them after the last release. */
const struct attempts *decider_attempts(const struct decider *decider);

/* Devices on which what is denied is still installed after its grace (residual.h). */
struct residual_row;
size_t decider_residual(const struct decider *decider, const struct residual_row **rows);

/* A unit of which flows were seen one way only, so that nothing is claimed. */
bool decider_is_one_way(const struct decider *decider, uint16_t unit);

/* Are the answers to our units' flows seen: of all units, of some, of none? */
enum decider_view {
	DECIDER_SEES_NOTHING, /* no traffic that could tell */
	DECIDER_SEES_ALL,
	DECIDER_SEES_SOME,
	DECIDER_SEES_ONE_WAY
};
enum decider_view decider_view(const struct decider *decider);
