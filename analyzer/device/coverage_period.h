/* Coverage over a period: what of a class was seen on three days of every week, at least.
 *
 * A device that is off at night or on Sundays is not missing, so not every day counts; and one good
 * day says nothing of the weeks around it, nor of its own. So a week is what its third best day is,
 * and the period is what its worst week is. Weeks are counted from the first day on which the class
 * is enrolled, seven days on which it is to each; what is left over belongs to the last of them. Of
 * less than a week half of the days count, and at least one.
 *
 * Threads  any. Memory  none is taken. */
#pragma once

#include "analyzer/device/coverage.h"

struct coverage_of_period {
	struct coverage_of_day day; /* that stands for the period */
	uint64_t day_ns;            /* when it begins */
	bool is_forgotten;          /* not measured, since the period begins before what is kept */
};

/* Of a class (0: all of them; INVENTORY_NO_CLASS) from the local day that the one instant lies in
 * to that of the other, both included. */
struct coverage_of_period coverage_over(const struct coverage *coverage,
	const struct inventory *inventory, uint16_t class_, const struct local_zone *zone,
	uint64_t first_ns, uint64_t last_ns);
