/* What networks and sensors do to traffic: loss, reordering, doubling, fragments.
 *
 * Works on a sorted timeline and leaves it sorted. The truth learns which flows lost the packet
 * that carried their name or their start. Shares are in hundredths of a percent. */
#pragma once

#include "tests/traffic/rng.h"
#include "tests/traffic/timeline.h"
#include "tests/traffic/truth.h"

struct impairments {
	unsigned lost_per_10000;      /* the sensor missed the packet */
	unsigned reordered_per_10000; /* changed places with the next one of its flow and direction,
					 up to 50 ms later */
	unsigned doubled_per_10000;   /* seen twice, as on a mirror of two ports; counts once */
	unsigned
		fragmented_per_10000; /* large packets that carry no name, in two or three pieces */
};

void impair(struct timeline *timeline, struct truth *truth, const struct impairments *impairments,
	struct rng *rng);
