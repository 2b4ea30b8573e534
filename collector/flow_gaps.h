/* Flow gaps: which bytes below the highest one of a TCP direction were not seen.
 *
 * A segment below the highest byte was sent again only if its bytes were really seen before;
 * otherwise it came late, or fills what the capture had lost. Few directions have gaps at a time,
 * so they live in a small table beside the flows, up to FLOW_GAPS_MOST a direction. Where there are
 * more, or two directions want one place, the memory errs towards "not seen": what is counted as
 * sent again was.
 *
 * Memory   the table's own, fixed.
 * Threads  one.
 * Failure  none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { FLOW_GAPS_MOST = 4, FLOW_GAPS_PLACES = 1024 };

/* Sequence numbers, the second not included. */
struct flow_gap {
	uint32_t from, to;
};

struct flow_gaps {
	uint32_t flow; /* whose they are; the number that the table gives it */
	uint8_t end, count;
	bool is_unheard; /* what is missing is no loss: nothing of that end is seen */
	struct flow_gap gaps[FLOW_GAPS_MOST]; /* in order, apart */
};

struct flow_gaps_table {
	uint64_t
		bytes_missing; /* of all ends that are heard, so far, and that nothing has filled */
	struct flow_gaps places[FLOW_GAPS_PLACES];
};

/* No byte of the flow is missing, so far. */
void flow_gaps_begin(struct flow_gaps_table *table, uint32_t flow);

/* Bytes of this end are missing, above all those that are missing already; is_heard: it has been
 * seen to send anything. False where the flow's memory was lost to another. */
bool flow_gaps_add(struct flow_gaps_table *table, uint32_t flow, unsigned end, struct flow_gap gap,
	bool is_heard);

enum flow_gaps_answer {
	FLOW_GAPS_SEEN,    /* every byte of the stretch was seen before */
	FLOW_GAPS_MISSING, /* not all were; they are now */
	FLOW_GAPS_UNKNOWN, /* the memory was lost to another flow */
};

/* Takes a stretch below the highest byte, of a flow that has gaps. */
enum flow_gaps_answer flow_gaps_fill(
	struct flow_gaps_table *table, uint32_t flow, unsigned end, struct flow_gap stretch);
