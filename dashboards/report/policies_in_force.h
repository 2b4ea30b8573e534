/* The versions of the policy that were in force in the period, oldest first, each with its time. A
 * policy that is one file is one version, of all time.
 *
 * Memory   plain value; policies belong to the reference.
 * Failure  none: of more than POLICIES_IN_FORCE_MAX the latest are kept. */
#pragma once

#include "dashboards/report/report_model.h"

enum { POLICIES_IN_FORCE_MAX = 400 };

struct policy_in_force {
	const struct policy *policy;
	uint64_t from_ns, to_ns; /* 0: from the beginning; until now */
};

struct policies_in_force {
	struct policy_in_force items[POLICIES_IN_FORCE_MAX];
	unsigned count;
};

void policies_in_force_find(struct policies_in_force *policies, const struct report_model *model);
