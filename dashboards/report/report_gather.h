/* What a report over a period is made from, gathered from the archives: the overview of the period,
 * its calendar, and the overview of the period before, to compare with.
 *
 * A first look at the days finds which of them are told (report_told.h). What others hold turns
 * lights, and is in no figure.
 *
 * Memory   that of the overviews, and of two batches of cells, however long the period is.
 * Threads  one at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/archive/archive_once.h"
#include "analyzer/rollup/overview.h"
#include "base/err.h"
#include "dashboards/report/report_calendar.h"
#include "dashboards/report/report_model.h"
#include "dashboards/report/report_shown.h"
#include "dashboards/report/report_told.h"

struct report_gathering {
	struct report_told told; /* of which time the figures are */
	/* previous: NULL where nothing is told of it. withheld: of days that are not told; NULL. */
	struct overview *overview, *previous, *withheld;
	struct report_held held, previous_held;
	struct report_calendar calendar;
	struct report_shown shown; /* of units and classes */
	struct report_source *sources;
	unsigned source_count;
	uint64_t packets, problems; /* packets: that are told */
	bool lacks_devices; /* of an archive's day: counts of devices are at least so much */
};

struct report_wish {
	const char *const *archives;
	unsigned archive_count;
	uint64_t from_ns, to_ns, previous_from_ns; /* the period before ends where this begins */
	uint64_t now_ns;                           /* which days are over */
	const struct local_zone *zone;
	unsigned group_minimum;
	/* By which flows are decided that several archives hold by halves; NULL: as they were. */
	const struct reference *reference;
	void (*problem)(void *context, const char *sentence);
	void (*was_read)(void *context, size_t count); /* so many more records; sums of them, too */
	void *context;
};

/* 0 or -errno, -EPERM where nothing of the period may be told; deinit in any case. */
int report_gather(
	struct report_gathering *gathering, const struct report_wish *wish, struct err *err);
void report_gathering_deinit(struct report_gathering *gathering);

/* The wish's archives of that time as one (archive_once.h); closed in any case. */
int report_open_once(struct archive_once **once, const struct report_wish *wish,
	const struct archive_options *period, struct err *err);
