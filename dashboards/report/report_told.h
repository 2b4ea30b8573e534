/* Which time of a report is told of the body: days that are over on which at least k devices were
 * active, and of a day that runs the pieces in which so many were (protect_time.h). The same as the
 * view tells (view_ask_told()), so that no difference of a report and another one, a page or groups
 * of flows is about fewer; found from the sums of days instead of hours, since a view holds its
 * period in memory. Of archives without pseudonyms a period is told as a whole where no day is: how
 * many were active nobody knows, and its rows have no figures (report_model_hides).
 *
 * Memory   the devices of each day while it is read, then a word a day.
 * Threads  one at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct report_wish;

struct report_told {
	int64_t first_day;
	uint64_t *until_ns; /* of each day: what begins before is told; UINT64_MAX: all of it */
	unsigned day_count;
	bool is_withheld; /* something is there of the period, and nothing of it is told */
};

/* Of the wish's period and the one before. 0 or -errno; deinit in any case. */
int report_told_read(struct report_told *told, const struct report_wish *wish, struct err *err);
void report_told_deinit(struct report_told *told);

/* Is what began then told? day: the local day that it counts on. */
bool report_told_has(const struct report_told *told, int64_t day, uint64_t time_ns);

/* Days of the period from that one on of which something is told. */
unsigned report_told_days(const struct report_told *told, int64_t first_day);
