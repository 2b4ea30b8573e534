#include <string.h>

#include "analyzer/policy/policy_model.h"

void policy_question_record(const struct policy *policy, const struct catalogue *catalogue,
	const struct policy_question *question, struct record *record)
{
	const struct app *app = question->app ? catalogue_app(catalogue, question->app) : NULL;

	memset(record, 0, sizeof(*record));
	record->flow.start_ns = question->time_ns;
	record->direction = RECORD_DIRECTION_OUTBOUND;
	record->verdict.app = question->app;
	record->verdict.confidence = 95;
	if (question->name) {
		l7_info_add_name(&record->l7, NAME_TLS_SNI, question->name, strlen(question->name));
	}
	record->flow.source = question->device;
	if (app) {
		struct ownership ownership =
			catalogue_ownership_at(catalogue, question->app, question->time_ns, "");
		memcpy(record->verdict.parent_country, ownership.parent_country,
			strnlen(ownership.parent_country, 2));
		record->verdict.embedded = app->embedded;
	}
	memcpy(record->place.country, question->server_country, sizeof(record->place.country));
	record->place.zone = question->zone;
	if (app && policy_treated_as(policy, question->app)) {
		memcpy(record->verdict.parent_country, policy_treated_as(policy, question->app), 3);
	}
	record->decision.unit = question->unit;
	record->decision.class_ = question->class_;
}

enum policy_verdict policy_answer(const struct policy *policy, const struct catalogue *catalogue,
	const struct policy_question *question)
{
	const struct policy_context context = {
		.contact_ns = question->has_access ? question->time_ns : 0
	};
	struct record record;

	policy_question_record(policy, catalogue, question, &record);
	policy_judge(policy, catalogue, &context, &record, BLOCK_PASSED);
	return record.decision.verdict;
}
