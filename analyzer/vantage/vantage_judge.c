#include "analyzer/vantage/vantage_judge.h"

#include "analyzer/policy/policy.h"

void vantage_judge(struct vantage *vantage, const struct vantage_context *context,
	struct vantage_report *report)
{
	const struct reference *reference = context->reference;
	bool protects = reference->pseudonyms || reference->is_sensor;
	const struct vantage_case it = { vantage, context, &report->findings,
		protects ? policy_header(reference->policy)->group_minimum : 0 };

	pthread_mutex_lock(&vantage->lock);
	*report = (struct vantage_report){
		.first_ns = vantage->first_ns, .last_ns = vantage->last_ns, .flows = vantage->flows
	};
	vantage_judge_mirror(&it);
	vantage_judge_places(&it);
	vantage_judge_probes(&it);
	vantage_judge_names(&it);
	vantage_judge_machine(&it);
	pthread_mutex_unlock(&vantage->lock);
	vantage_sort(&report->findings);
}
