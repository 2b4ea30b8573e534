/* From when to when the source has anything: a question about all of its time, which takes a while
 * of a large archive. So it is asked by a thread of its own, when the server starts and each time
 * that the source has grown, and whoever wants to know gets the latest answer. At first that is
 * what the headers of archives say, which is soon read. The same thread reads what every page
 * begins with, so that nobody waits for it (is_warmed).
 *
 * Threads  any.
 * Failure  opening: 0 or -errno. A source that cannot be read now is asked again soon. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "dashboards/web/views.h"

struct extent;

int extent_open(struct extent **extent, struct views *views, bool is_warmed, struct err *err);
void extent_close(struct extent *extent); /* NULL is accepted */

/* Times of 0: there is nothing, or it cannot be read. */
struct extent_times {
	uint64_t from_ns, to_ns;
	bool is_awaited; /* not known yet, which is no "nothing": ask again */
};
/* Waits a moment for the first answer, and no longer. */
struct extent_times extent_read(struct extent *extent);
