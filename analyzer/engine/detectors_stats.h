/* What detectors say of themselves: a plain value. */
#pragma once

#include <stdint.h>

/* The running check: promised against realised. */
struct detectors_stats {
	uint64_t series, unwatched;          /* followed; for which there was no room */
	uint64_t slots, gaps;                /* judged; in which nobody looked */
	uint64_t alerts, exact;              /* under the budget; by exact rules */
	uint64_t promised_milli;             /* alerts a week, in thousandths */
	uint64_t realised_milli;             /* likewise, since it began to look */
	uint64_t late, missed, tokens_short; /* cells and calls; first sights past their share */
};
