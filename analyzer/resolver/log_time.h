/* The times that logs begin their lines with:
 *
 *     [1795916842] …     1795916842.123 …     2026-11-29T01:47:22.123+01:00 …
 *     Nov 29 01:47:22 …     Sun Nov 29 01:47:22 2026 …
 *
 * A time without a zone is this machine's local one. One without a year is of the latest year in
 * which it is not after the log was written last.
 *
 * Threads  any; the clock is immutable from open to close. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct local_zone;

struct log_clock {
	struct local_zone *zone; /* NULL: UTC */
	uint64_t changed_ns;     /* when the log was written last */
};

int log_clock_open(struct log_clock *clock, uint64_t changed_ns, struct err *err);
void log_clock_close(struct log_clock *clock);

/* Reads a time at the beginning of the text; what follows it, after spaces, or NULL where there is
 * none. */
const char *log_time_read(const struct log_clock *clock, const char *text, uint64_t *time_ns);

/* Seconds since 1970 with a fraction: "1795916842.123456". NULL where it is none. */
const char *log_time_epoch(const char *text, uint64_t *time_ns);
