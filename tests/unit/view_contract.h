/* The contract of the view's backends: two answers to one question are the same. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "analyzer/view/view.h"

#define CONTRACT_TIME_NS (300 * NS_PER_S)

enum contract {
	CONTRACT_EXACT, /* times to five minutes: an archive adds up no finer */
	/* Of Redis: devices are estimated, of whole days, and of other times at least so many, or
	 * not known; packets and times are not kept, which is said. */
	CONTRACT_SUMS
};

/* Estimates of sets this small are off by two in a hundred at most. */
static inline bool same_count(
	const struct view_figures *wanted, const struct view_figures *got, enum contract contract)
{
	if (contract == CONTRACT_EXACT) {
		return got->devices == wanted->devices && got->count == wanted->count;
	}
	bool is_no_more = got->devices * 50 <= wanted->devices * 51;
	return got->count == VIEW_COUNT_UNKNOWN ? got->devices == 0
	       : got->count == VIEW_COUNT_AT_LEAST
		       ? is_no_more
		       : got->devices * 50 >= wanted->devices * 49 && is_no_more;
}

static inline bool same_figures(
	const struct view_figures *wanted, const struct view_figures *got, enum contract contract)
{
	bool is_same = wanted->bytes_up == got->bytes_up && wanted->bytes_down == got->bytes_down &&
		       wanted->flows == got->flows && wanted->is_hidden == got->is_hidden &&
		       wanted->way_up == got->way_up && wanted->way_down == got->way_down;

	is_same = is_same && got->lacks_packets == (contract == CONTRACT_SUMS);
	if (contract == CONTRACT_EXACT) {
		is_same = is_same && wanted->packets == got->packets &&
			  wanted->first_ns / CONTRACT_TIME_NS == got->first_ns / CONTRACT_TIME_NS &&
			  wanted->last_ns / CONTRACT_TIME_NS == got->last_ns / CONTRACT_TIME_NS;
	}
	return is_same && same_count(wanted, got, contract);
}

static inline bool same_row(const struct view_row *wanted, const struct view_row *got,
	unsigned by_count, size_t steps, enum contract contract)
{
	bool is_same = same_figures(&wanted->total, &got->total, contract) &&
		       wanted->is_remainder == got->is_remainder;

	for (unsigned i = 0; i < by_count; i++) {
		is_same &= strcmp(wanted->values[i], got->values[i]) == 0;
	}
	for (size_t i = 0; i < steps && is_same; i++) {
		struct view_figures step = wanted->steps[i];
		if (got->steps[i].count ==
			VIEW_COUNT_UNKNOWN) { /* an archive tells of rows alone */
			step.devices = got->steps[i].devices;
			step.count = VIEW_COUNT_UNKNOWN;
		}
		is_same = same_figures(&step, &got->steps[i], contract);
	}
	return is_same;
}

static inline bool same_answer(const struct view_answer *wanted, const struct view_answer *got,
	unsigned by_count, enum contract contract)
{
	bool is_same = wanted && got && wanted->row_count == got->row_count &&
		       wanted->row_count > 0 && wanted->all_rows == got->all_rows &&
		       wanted->notes.step_count == got->notes.step_count &&
		       same_figures(&wanted->total, &got->total, contract);

	if (!is_same && wanted && got) {
		printf("# %zu and %zu rows, %llu and %llu up, %llu and %llu devices\n",
			wanted->row_count, got->row_count,
			(unsigned long long)wanted->total.bytes_up,
			(unsigned long long)got->total.bytes_up,
			(unsigned long long)wanted->total.devices,
			(unsigned long long)got->total.devices);
	}
	for (size_t i = 0; is_same && i < wanted->row_count; i++) {
		const struct view_row *a = &wanted->rows[i], *b = &got->rows[i];
		is_same = same_row(a, b, by_count, wanted->notes.step_count, contract);
		if (!is_same) {
			printf("# row %zu: %s %s, %llu and %llu up, %llu and %llu devices\n", i,
				by_count ? a->values[0] : "", by_count ? b->values[0] : "",
				(unsigned long long)a->total.bytes_up,
				(unsigned long long)b->total.bytes_up,
				(unsigned long long)a->total.devices,
				(unsigned long long)b->total.devices);
		}
	}
	return is_same;
}
