/* Dates as systems export them: "2026-03-31", also with a time behind it in any form; "31.3.2026",
 * "31-03-2026", "3/31/2026"; seconds or thousandths since 1970. Only the day counts where the time
 * is none of ours.
 *
 * What comes first between slashes is told by a number above twelve. Where nobody can know it is
 * the order that makes the enrolment longer: too many enrolled devices make coverage too low, and
 * nothing green. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/local_time.h"

enum inventory_date { INVENTORY_DATE_NONE, INVENTORY_DATE_FOUND, INVENTORY_DATE_BAD };

/* is_end: the last day, whose end is meant. A year 1, and 0, is how databases say that there is
 * none. */
enum inventory_date inventory_date_read(
	const struct local_zone *zone, const char *cell, bool is_end, uint64_t *time_ns);
