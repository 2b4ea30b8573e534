/* What a report needs of single records of its period, read once: attempts, which cells cannot tell
 * (a device that falls back from QUIC to TCP makes several flows of one), and the networks of
 * approved services.
 *
 * Memory   that of attempts under way and of their rows; the caller's to deinit.
 * Threads  one at a time. */
#pragma once

#include "analyzer/policy/attempts.h"
#include "analyzer/record/reference.h"
#include "dashboards/report/report_gather.h"
#include "dashboards/report/report_observed.h"

/* Reads every record, and so is for periods as long as that is bearable. */
enum { REPORT_RECORDS_DAYS_MAX = 100 };

/* Not whole: not known, since the period is longer or records of it were deleted. */
struct report_records {
	bool is_whole;
	struct attempts *attempts;
	struct report_observed observed;
};

/* Those of the time that is told. 0 or -errno; deinit in any case. */
int report_records_read(struct report_records *records, const struct report_wish *wish,
	const struct report_told *told, const struct reference *reference, struct err *err);
void report_records_deinit(struct report_records *records);
