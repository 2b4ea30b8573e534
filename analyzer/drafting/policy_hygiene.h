/* Rule hygiene: what traffic says of the rules themselves: how often each held, when last, how many
 * devices of its scope were seen at all, and which devices of ours are in no unit.
 *
 * Memory   grows with devices and rules, devices up to HYGIENE_DEVICES_MAX.
 * Threads  one. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analyzer/policy/policy.h"

enum { HYGIENE_DEVICES_MAX = 1 << 20 };

struct policy_hygiene;

/* Both are the caller's for as long. NULL: out of memory. */
struct policy_hygiene *policy_hygiene_create(
	const struct policy *policy, const struct catalogue *catalogue);
void policy_hygiene_destroy(struct policy_hygiene *hygiene);

/* A record whose unit, class, direction, place and app are known; days in their order. */
void policy_hygiene_take(struct policy_hygiene *hygiene, const struct record *record);

/* No more will come: before that, rules that ask for internal access know nothing of the last day.
 */
void policy_hygiene_finish(struct policy_hygiene *hygiene);

struct policy_hygiene_row {
	uint16_t rule;      /* symbol */
	uint64_t hits;      /* flows for which it held, whichever decided */
	uint64_t last_ns;   /* 0 never */
	uint64_t last_flow; /* id of the one that held last */
	uint64_t devices;   /* of its scope, seen */
	uint64_t holders;   /* devices for which it held */
};

/* One for each rule, in the file's order; the hygiene's until it is destroyed. */
size_t policy_hygiene_rows(
	const struct policy_hygiene *hygiene, const struct policy_hygiene_row **rows);

struct policy_hygiene_stats {
	uint64_t records, first_ns, last_ns;
	uint64_t devices;         /* of ours that were seen */
	uint64_t devices_outside; /* that are in no unit */
};
void policy_hygiene_read_stats(
	const struct policy_hygiene *hygiene, struct policy_hygiene_stats *stats);
