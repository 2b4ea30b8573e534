/* Following one flow: its payload through reassembly to the dissectors, what they find into its
 * clues.
 *
 * Threads one. Failure none: where there is no room a direction is given up, and counted. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/classify/dissect/dissector.h"
#include "analyzer/classify/progress.h"
#include "collector/collector.h"

/* A look at one flow. The caller fills in what is above the line. */
struct visit {
	struct dissect_tables *tables;
	struct flow_ends ends;
	uint64_t time_ns;
	struct progress *progress; /* the flow's, changed in place */
	struct clues *clues;       /* scratch, holding what is known */
	/* ---- */
	uint64_t dropped;     /* pieces that found no room */
	uint64_t reassembled; /* set to 1 where the name came together from several pieces */
};

/* The payload of one packet. */
void follow_packet(struct visit *visit, const struct packet *packet, const struct peek *peek);

/* Nothing more will come: what is half read is read as far as it goes. */
void follow_end(struct visit *visit);

/* Gives back all memory of streams that the progress holds. */
void follow_release(struct dissect_tables *tables, struct progress *progress);

static inline bool follow_is_over(const struct progress *progress)
{
	return progress->directions[0].is_done && progress->directions[1].is_done;
}
