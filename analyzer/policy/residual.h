/* Residual: devices on which an app is still installed after the day by which it was to be gone.
 *
 * A device stands in the list of a rule where, on a day after the rule's grace (where it has none,
 * after the rule began), it did what an app does by itself: uses it, or tries to, also where the
 * network stopped it. What a page tries on its own (a player, a preview) puts nobody here, nor does
 * a rule that is a draft or watched, nor what an exception lifts.
 *
 * Memory   grows with devices and days after the grace, up to RESIDUAL_ENTRIES_MAX.
 * Threads  one. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analyzer/policy/device_days.h"
#include "analyzer/policy/policy.h"

enum { RESIDUAL_ENTRIES_MAX = 1 << 18 };

struct residual;

struct residual *residual_create(void); /* NULL: out of memory */
void residual_destroy(struct residual *residual);

/* A decided try of what is denied; app: that it is about. */
void residual_add(struct residual *residual, const struct policy *policy,
	const struct record *record, uint16_t app, int64_t day);

struct residual_row {
	uint16_t rule, app, unit, class_; /* symbols */
	struct addr device;               /* identity */
	uint32_t days;                    /* on which it showed */
	uint64_t flows, passed;           /* of those days, lookups included */
	uint64_t first_ns, last_ns;
};

/* By rule, then by device; the residual's until the next call. days: what the decider knows. */
size_t residual_rows(
	struct residual *residual, struct device_days *days, const struct residual_row **rows);
