/* Coverage: how many of the enrolled devices were seen, by class and local day.
 *
 * Phones on a mobile network never cross our sensor: what was not seen of them is unknown. So every
 * figure about a class stands on this denominator, and where there is no inventory coverage is not
 * measured, which is neither zero nor good.
 *
 * Memory   what was seen of each enrolled device on the last COVERAGE_DAYS days: 40 bytes a device,
 *          at most INVENTORY_MAX of them.
 * Threads  one that adds; reading when nobody does.
 * Failure  a device that finds no room is not counted as seen, and lost counts it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/device/inventory.h"
#include "base/text.h"

enum { COVERAGE_DAYS = 128 }; /* a quarter, and the month after it to report on it */

struct coverage;

struct coverage *coverage_create(void); /* NULL: out of memory */
void coverage_destroy(struct coverage *coverage);

/* The device of that identity was seen on the local day of that number. */
void coverage_see(struct coverage *coverage, const struct addr *identity, int64_t day);

/* A class (0: all of them; INVENTORY_NO_CLASS) on a day. */
struct coverage_of_day {
	bool is_measured; /* there is an inventory, the class has devices in it, and the day is one
			     of the last */
	uint32_t enrolled, seen;
};
struct coverage_of_day coverage_of(const struct coverage *coverage,
	const struct inventory *inventory, uint16_t class_, const struct local_day *day);

/* The same of several days, after one another. */
void coverage_of_days(const struct coverage *coverage, const struct inventory *inventory,
	uint16_t class_, const struct local_day *days, size_t count,
	struct coverage_of_day *result);

/* Is it still known what was seen on that day? Of older ones than the last COVERAGE_DAYS it is not.
 */
bool coverage_knows(const struct coverage *coverage, int64_t day);

/* The first day that is still known on which any device was seen; 0: none was. */
int64_t coverage_first_day(const struct coverage *coverage);

/* In whole per cent, rounded down: what is nearly enough is not enough. Of a day that was measured.
 */
unsigned coverage_percent(const struct coverage_of_day *day);

uint64_t coverage_lost(const struct coverage *coverage);

/* State (state.h). load: false where it cannot be read, and nothing is known. */
bool coverage_save(const struct coverage *coverage, struct text *text);
bool coverage_load(struct coverage *coverage, const char *content, size_t count);
