/* A policy that a test has written down, and the catalogue by which it is read. */
#pragma once

#include <string.h>

#include "analyzer/policy/policy.h"
#include "tests/tap.h"

/* False, and a test that fails, where it cannot be read. */
static inline bool made_policy(
	struct catalogue **catalogue, struct policy **policy, const char *rules)
{
	struct policy_problems problems;
	struct err err;
	int status = catalogue_open(catalogue, NULL, 0, &err);

	if (status == 0) {
		status = policy_parse(policy, "rules.yaml", rules, strlen(rules), NULL, *catalogue,
			&problems, &err);
	}
	if (status < 0) {
		ok(false, "%s", err.text);
	}
	return status == 0;
}
