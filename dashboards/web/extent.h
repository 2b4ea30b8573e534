/* From when to when the source has anything: a question about all of its time, which takes a while
 * of a large archive. So it is asked by a thread of its own, when the server starts and each time
 * that the source has grown, and whoever wants to know gets the latest answer. The same thread
 * reads what every page begins with, so that nobody waits for it (is_warmed).
 *
 * Threads  any.
 * Failure  opening: 0 or -errno; what is not known (yet) is 0. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "dashboards/web/views.h"

struct extent;

int extent_open(struct extent **extent, struct views *views, bool is_warmed, struct err *err);
void extent_close(struct extent *extent); /* NULL is accepted */

/* Waits a moment for the first answer, and no longer. */
void extent_read(struct extent *extent, uint64_t *from_ns, uint64_t *to_ns);
