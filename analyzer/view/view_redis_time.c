/* Of which keys in Redis a time is made: slots of days, or hours of weeks. */
#include <stdio.h>

#include "analyzer/view/view_redis.h"
#include "base/clock.h"

#define HOUR_NS (3600 * NS_PER_S)

void view_redis_put_day(char text[12], uint64_t time_ns)
{
	char date[11];

	clock_format_date(time_ns, date);
	snprintf(text, 12, "%.4s%.2s%.2s", date, date + 5, date + 8);
}

/* Weeks begin on Mondays; 1970 began on a Thursday. */
static uint64_t key_start(const struct view_redis_ranges *ranges, uint64_t time_ns)
{
	uint64_t shift_ns = ranges->key_ns > VIEW_DAY_NS ? 3 * VIEW_DAY_NS : 0;

	return (time_ns + shift_ns) / ranges->key_ns * ranges->key_ns - shift_ns;
}

/* Hours where a time is made of them and is long. */
void view_redis_set_ranges(
	struct view_redis_ranges *ranges, const struct view_notes *notes, uint64_t step_ns)
{
	bool are_hours = notes->from_ns % HOUR_NS == 0 && notes->to_ns % HOUR_NS == 0 &&
			 step_ns % HOUR_NS == 0 && notes->to_ns - notes->from_ns > 6 * HOUR_NS;

	*ranges = (struct view_redis_ranges){ .kind = are_hours ? "h" : "m",
		.field_ns = are_hours ? HOUR_NS : SLOT_NS,
		.key_ns = are_hours ? 7 * VIEW_DAY_NS : VIEW_DAY_NS };
	for (uint64_t at_ns = key_start(ranges, notes->from_ns);
		at_ns < notes->to_ns && ranges->count < REDIS_RANGES_MAX; at_ns += ranges->key_ns) {
		struct view_redis_range *range = &ranges->items[ranges->count++];
		uint64_t from_ns = notes->from_ns > at_ns ? notes->from_ns : at_ns;
		uint64_t end_ns = at_ns + ranges->key_ns;
		uint64_t to_ns = notes->to_ns < end_ns ? notes->to_ns : end_ns;
		view_redis_put_day(range->suffix, at_ns);
		range->low = (unsigned)((from_ns - at_ns) / ranges->field_ns);
		range->high = (unsigned)((to_ns - at_ns) / ranges->field_ns) - 1;
		range->base =
			((int64_t)at_ns - (int64_t)notes->from_ns) / (int64_t)ranges->field_ns;
	}
}
