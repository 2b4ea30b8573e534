#include "dashboards/report/policies_in_force.h"

/* When the report begins: of a run, its first packet. */
static uint64_t start_ns(const struct report_model *model)
{
	return model->to_ns > 0 ? model->from_ns : model->stats->source.first_ns;
}

static uint64_t end_ns(const struct report_model *model)
{
	uint64_t last_ns = model->stats->source.last_ns;

	if (model->to_ns > 0) {
		return model->to_ns;
	}
	return last_ns > 0 ? last_ns + 1 : UINT64_MAX;
}

static void turn_round(struct policies_in_force *policies)
{
	for (unsigned i = 0; i < policies->count / 2; i++) {
		struct policy_in_force *last = &policies->items[policies->count - 1 - i];
		struct policy_in_force first = policies->items[i];
		policies->items[i] = *last;
		*last = first;
	}
}

void policies_in_force_find(struct policies_in_force *policies, const struct report_model *model)
{
	const struct policy *policy = model->reference->policy, *before;
	uint64_t to_ns = 0;

	policies->count = 0;
	for (; policy && policies->count < POLICIES_IN_FORCE_MAX; policy = before) {
		uint64_t from_ns = policy_in_force_ns(policy);
		bool is_begun = from_ns<end_ns(model), is_empty = to_ns> 0 && from_ns >= to_ns;
		before = policy_version_before(policy);
		if (!before || (is_begun && !is_empty)) {
			policies->items[policies->count] =
				(struct policy_in_force){ policy, from_ns, to_ns };
			policies->count++;
		}
		if (from_ns <= start_ns(model)) {
			break; /* what is older was over by then */
		}
		to_ns = is_empty ? to_ns : from_ns;
	}
	turn_round(policies);
}
