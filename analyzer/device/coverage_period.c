#include "analyzer/device/coverage_period.h"

#include <stdlib.h>
#include <string.h>

enum { DAYS_A_WEEK = 7, DAYS_THAT_COUNT = 3 };

/* A day on which the class was enrolled. */
struct measured {
	struct coverage_of_day of;
	uint64_t start_ns;
};

/* The better one first; of equals the earlier. */
static int compare(const void *a, const void *b)
{
	const struct measured *left = a, *right = b;
	uint64_t of_left = (uint64_t)left->of.seen * right->of.enrolled;
	uint64_t of_right = (uint64_t)right->of.seen * left->of.enrolled;

	return of_left != of_right
		       ? (of_left < of_right) - (of_left > of_right)
		       : (left->start_ns > right->start_ns) - (left->start_ns < right->start_ns);
}

static const struct measured *of_week(struct measured *days, size_t count)
{
	size_t that_count = count / 2 < DAYS_THAT_COUNT ? count / 2 : DAYS_THAT_COUNT;

	qsort(days, count, sizeof(*days), compare);
	return &days[that_count > 0 ? that_count - 1 : 0];
}

static const struct measured *worst_week(struct measured *days, size_t count)
{
	const struct measured *worst = NULL;

	for (size_t from = 0; from < count;) {
		size_t left = count - from;
		size_t length = left < 2 * DAYS_A_WEEK ? left : DAYS_A_WEEK;
		const struct measured *week = of_week(&days[from], length);
		if (!worst || compare(worst, week) < 0) {
			worst = week;
		}
		from += length;
	}
	return worst;
}

/* Keeps the days on which the class was enrolled. */
static size_t measured_days(struct measured *measured, const struct local_day *days,
	const struct coverage_of_day *of, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (of[i].is_measured) {
			measured[kept++] =
				(struct measured){ .of = of[i], .start_ns = days[i].start_ns };
		}
	}
	return kept;
}

struct coverage_of_period coverage_over(const struct coverage *coverage,
	const struct inventory *inventory, uint16_t class_, const struct local_zone *zone,
	uint64_t first_ns, uint64_t last_ns)
{
	struct coverage_of_period result = { .day_ns = 0 };
	struct local_day days[COVERAGE_DAYS];
	struct coverage_of_day of[COVERAGE_DAYS];
	struct measured measured[COVERAGE_DAYS];
	size_t count = 0;

	if (!coverage || !inventory || first_ns > last_ns) {
		return result;
	}
	struct local_day day = local_day_of(zone, first_ns);
	result.is_forgotten = !coverage_knows(coverage, day.number);
	for (; day.start_ns <= last_ns && count < COVERAGE_DAYS && !result.is_forgotten; count++) {
		days[count] = day;
		day = local_day_at(zone, day.number + 1);
	}
	result.is_forgotten |= day.start_ns <= last_ns;
	coverage_of_days(coverage, inventory, class_, days, count, of);
	count = measured_days(measured, days, of, result.is_forgotten ? 0 : count);
	const struct measured *worst = worst_week(measured, count);
	if (worst) {
		result.day = worst->of;
		result.day_ns = worst->start_ns;
	}
	return result;
}
