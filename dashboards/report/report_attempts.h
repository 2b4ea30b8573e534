/* Attempts of a period, from the records of its archives: cells add flows up, and a device that
 * falls back from QUIC to TCP makes several of one attempt (attempts.h).
 *
 * Memory   that of attempts under way and of their rows; the caller's to destroy.
 * Threads  one at a time. */
#pragma once

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/attempts.h"
#include "dashboards/report/report_gather.h"

/* Reads every record, and so is for periods as long as that is bearable. */
enum { REPORT_ATTEMPTS_DAYS_MAX = 100 };

/* *attempts NULL: not known, since the period is longer or records of it were deleted. 0 or -errno.
 */
int report_attempts_read(struct attempts **attempts, const struct report_wish *wish,
	const struct catalogue *catalogue, struct err *err);
