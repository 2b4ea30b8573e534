/* What `borderflow top` has read: answers of the view (analyzer/view/view.h).
 *
 * Memory   its own, until top_data_deinit(). A zeroed struct is nothing read. */
#pragma once

#include "analyzer/view/view.h"

/* Recent is the slot that runs and the whole one before it; the hour twelve whole slots and the one
 * that runs; the day (UTC) what there is of it. A flow's bytes come when it ends or its slot is
 * over. */
enum top_window { TOP_RECENT, TOP_HOUR, TOP_DAY, TOP_WINDOW_COUNT };

struct top_data {
	uint64_t now_ns, window_ns; /* when it was asked; how long the time is that it is of */
	struct view_answer *zones;
	struct view_answer *table; /* NULL: the view is no table */
	struct view_sensors sensors;
	struct view_notices notices;
};

void top_data_deinit(struct top_data *data);
