/* A live snapshot as it may be shown: small groups protected (protect.h), each window by itself.
 *
 * Threads  one at a time.
 * Failure  out of memory hides every part of the body. */
#pragma once

#include "analyzer/view/live_snapshot.h"

/* Rows of parts of the body (unit, class, app of a unit) that are too small or would follow are put
 * together, window by window, in the row without a name of their dimension. Counts of fewer than k
 * devices become 0, and a body of so few has no rows. Rows that know their live_row are judged by
 * the devices of each window, others (Redis) by the count of the day. */
void live_snapshot_protect(struct live_snapshot *snapshot, unsigned k);
