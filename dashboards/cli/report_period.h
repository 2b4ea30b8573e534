/* The period of a report: a month, a quarter, a year, or from a day to a day, on the clock of the
 * organisation.
 *
 * Pure; any thread. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/local_time.h"

struct report_period {
	uint64_t from_ns, to_ns;   /* [from, to) */
	uint64_t previous_from_ns; /* of as long a period before it, which ends where it begins */
	char name[24];             /* "2026-10", "2026-Q4", "2026", "2026-10-01--2026-10-15" */
};

/* What was asked for; one of month ("2026-10"), quarter ("2026-Q4"), year ("2026"), each also
 * "last", or from and to (days, the last one included); NULL: not given. 0, or -EINVAL and what was
 * expected. */
struct report_period_text {
	const char *month, *quarter, *year, *from, *to;
	uint64_t now_ns; /* for "last": the one before that which is now */
};
int report_period_parse(struct report_period *period, const struct report_period_text *text,
	const struct local_zone *zone, struct err *err);
