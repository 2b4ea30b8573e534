#include "base/edit_distance.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool is_same(char a, char b)
{
	return strncasecmp(&a, &b, 1) == 0;
}

static unsigned least_of(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned edit_distance(const char *a, const char *b, unsigned limit)
{
	unsigned rows[3][EDIT_LENGTH_MAX + 1];
	size_t a_length = strlen(a), b_length = strlen(b);
	unsigned *before = rows[0], *above = rows[1], *here = rows[2], least_before = 0;

	if (a_length > EDIT_LENGTH_MAX || b_length > EDIT_LENGTH_MAX) {
		return limit + 1;
	}
	for (size_t j = 0; j <= b_length; j++) {
		above[j] = (unsigned)j;
	}
	for (size_t i = 1; i <= a_length; i++) {
		unsigned least = here[0] = (unsigned)i;
		for (size_t j = 1; j <= b_length; j++) {
			unsigned best = above[j - 1] + !is_same(a[i - 1], b[j - 1]);
			best = least_of(best, least_of(above[j], here[j - 1]) + 1);
			if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) &&
				is_same(a[i - 2], b[j - 1])) {
				best = least_of(best, before[j - 2] + 1);
			}
			here[j] = best;
			least = least_of(least, best);
		}
		if (least > limit && least_before > limit) { /* a swap comes from two rows up */
			return least;
		}
		least_before = least;
		unsigned *oldest = before;
		before = above;
		above = here;
		here = oldest;
	}
	return above[b_length];
}
