/* Skew: how far the clocks of several archives' sensors are apart, by handshakes that two of them
 * saw. So it can be told whether both may have seen the same packets, or one began when the other
 * had ended.
 *
 * Memory   1,056 bytes for each two archives that saw the same handshakes.
 * Threads  one.
 * Failure  without memory nothing is known of two clocks. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum { SKEW_ARCHIVES = 64 };

struct skew_pair;

struct archive_skew {
	struct skew_pair *pairs; /* a list */
	int64_t ahead_ns[SKEW_ARCHIVES];
	uint64_t unsure_ns[SKEW_ARCHIVES]; /* by how much that may be wrong */
};

void archive_skew_deinit(struct archive_skew *skew);

/* Which packet of a handshake two archives saw first. */
enum skew_kind {
	SKEW_SAME,    /* the same one: their clocks are as far apart */
	SKEW_ANSWERED /* one of them the answer: at most so far, if they are right */
};

/* When two archives saw one flow begin. */
void archive_skew_note(struct archive_skew *skew, enum skew_kind kind, unsigned one,
	uint64_t one_ns, unsigned other, uint64_t other_ns);

/* All are noted. Of clocks of which too few handshakes tell nothing is known but that they are less
 * than two seconds wrong. */
void archive_skew_settle(struct archive_skew *skew);

/* A time of an archive on the clock of all. */
static inline uint64_t archive_skew_time(
	const struct archive_skew *skew, unsigned archive, uint64_t time_ns)
{
	return time_ns - (uint64_t)skew->ahead_ns[archive];
}
