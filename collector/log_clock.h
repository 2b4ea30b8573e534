/* How far the clock of a resolver's log is from the sensor's, by what both tell of: a client looks
 * a name up, and speaks to the address a moment later.
 *
 * Of each client and address the first few lookups and flows are kept, and how far each is from
 * each is counted in seconds. Most of those are of no matter and lie anywhere; what belongs
 * together lies equally far apart, and the most frequent distance is that of the clocks.
 *
 * Memory   400 KiB.
 * Threads  one. */
#pragma once

#include <stdint.h>

#include "base/addr.h"

struct log_clock;

/* Half a day and an hour: a zone that was taken for another. */
enum { LOG_CLOCK_APART_MOST_S = 13 * 3600 };

struct log_clock *log_clock_create(void); /* NULL: out of memory */
void log_clock_destroy(struct log_clock *clock);

void log_clock_take_name(struct log_clock *clock, const struct addr *client,
	const struct addr *address, uint64_t time_ns);
void log_clock_take_flow(struct log_clock *clock, const struct addr *client,
	const struct addr *address, uint64_t time_ns);

/* How many seconds the log is ahead (less than 0: behind), and by how many lookups of those; 0: it
 * is not off by so much that names are lost, or cannot be told. */
int32_t log_clock_ahead_s(const struct log_clock *clock, uint32_t *lookups);
