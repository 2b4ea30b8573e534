#include "analyzer/format/record_labels.h"

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"

void record_labels_of(struct record_labels *labels, const struct reference *reference,
	const struct record *record)
{
	const struct decision *decision = &record->decision;
	const struct policy_rule *rule = policy_rule(reference->policy, decision->rule);

	record_labels_init(labels);
	if (record->verdict.app) {
		const struct app *app = catalogue_app(reference->catalogue, record->verdict.app);
		labels->app = app->id;
		labels->category = app->category;
		labels->owner = app->owner;
	}
	if (reference->geo) {
		labels->organization = geo_organization(reference->geo, record->place.organization);
	}
	labels->unit = policy_unit_name(reference->policy, decision->unit);
	labels->class_ = policy_class_name(reference->policy, decision->class_);
	labels->rule = rule ? rule->id : "";
	if (reference->pseudonyms) {
		pseudonyms_of_addr(reference->pseudonyms, record_own_addr(record),
			record->flow.flow_start_ns, labels->device);
	}
}
