/* What the rules said of the last such record: an evaluation is made once for each unit, class,
 * app, country, zone, network and name, and remembered until something begins or ends to be in
 * force.
 *
 * Memory   one block of fixed size, with policy_memo_create().
 * Threads  one.
 * Cost     a hash of what rules may ask, and one look. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/policy/policy_model.h"

struct policy_memo;

struct policy_memo *policy_memo_create(void); /* NULL: out of memory */
void policy_memo_destroy(struct policy_memo *memo);

struct remembered {
	uint32_t rule;
	uint16_t exception; /* POLICY_EXCEPTIONS_MAX */
	bool is_lifted;
};

/* What policy_evaluate() comes to; remembered in the context's memo, where it has one. */
struct remembered policy_memo_evaluate(const struct policy *policy,
	const struct policy_context *context, const struct record *record);
