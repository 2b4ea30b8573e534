/* What detectors say of themselves: a plain value. */
#pragma once

#include <stdint.h>

enum { DETECTORS_SERIES_LEAST = 100 }; /* that a sensor counts as, at least */

/* The running check: promised against realised. */
struct detectors_stats {
	uint64_t series, unwatched;  /* followed; for which there was no room */
	uint64_t slots, gaps;        /* judged; in which nobody looked */
	uint64_t alerts, exact;      /* under the budget; by exact rules */
	uint64_t confirmed, refuted; /* of the former, closed as true, as false */
	uint64_t promised_milli;     /* false ones a week here, in thousandths */
	uint64_t realised_milli;     /* likewise, since it began to look: all but the confirmed */
	uint64_t late, missed, tokens_short; /* cells and calls; first sights past their share */
};
