/* The rules in force as sentences, what came of them, exceptions, and the register. */
#include <string.h>

#include "analyzer/policy/policy.h"
#include "analyzer/policy/policy_register.h"
#include "analyzer/drafting/policy_tools.h"
#include "analyzer/record/symbols.h"
#include "dashboards/web/api.h"

static const struct policy *policy_of(const struct call *call)
{
	return call->web->options.reference->policy;
}

static void put_sentence(struct call *call, const struct policy_rule *rule)
{
	const struct reference *reference = call->web->options.reference;
	struct policy_page page = { .policy = reference->policy,
		.catalogue = reference->catalogue,
		.geo = reference->geo,
		.messages = call->messages,
		.hides_devices = !who_may(&call->who, WEB_MAY_DEVICES) };
	struct text sentence;

	text_init_heap(&sentence);
	policy_put_rule(&page, &sentence, rule->symbol);
	json_string(&call->json, "sentence", sentence.at ? sentence.at : "");
	text_deinit(&sentence);
}

/* What traffic came of each rule: by verdict, or by what the network did and the verdict of it,
 * since what an exception lets through has passed no block. */
static void put_hits(struct call *call, const char *key, const struct view_answer *answer,
	const char *rule, enum view_dimension by)
{
	json_array_begin(&call->json, key);
	for (size_t i = 0; answer && i < answer->row_count; i++) {
		const struct view_row *row = &answer->rows[i];
		if (strcmp(row->values[0], rule) == 0) {
			json_object_begin(&call->json, NULL);
			json_string(&call->json, "value", row->values[1]);
			json_string(&call->json, "name", name_value(call, by, row->values[1]));
			if (by == VIEW_BY_BLOCK) {
				json_string(&call->json, "verdict", row->values[2]);
			}
			put_figures(&call->json, "total", &row->total);
			json_object_end(&call->json);
		}
	}
	json_array_end(&call->json);
}

struct outcomes {
	struct view_answer *verdicts, *blocks;
};

static void put_rule(
	struct call *call, const struct policy_rule *rule, const struct outcomes *outcomes)
{
	static const char *const stages[] = {
#define X(id, name) [POLICY_STAGE_##id] = (name),
		POLICY_STAGES(X)
#undef X
	};
	struct json *json = &call->json;

	json_object_begin(json, NULL);
	json_string(json, "id", rule->id);
	put_sentence(call, rule);
	json_string(json, "action", policy_action_name(rule->action));
	json_string(json, "stage", stages[rule->stage]);
	json_string(json, "severity", rule->severity);
	json_string(json, "reference", rule->reference);
	json_string(json, "basis", rule->basis);
	json_string(json, "note", rule->note);
	json_string(json, "author", rule->author);
	json_bool(json, "is_blocked", rule->blocked);
	put_time(json, "effective_from", rule->effective_from_ns);
	put_time(json, "grace_until", rule->grace_until_ns);
	put_time(json, "valid_to", rule->valid_to_ns);
	put_time(json, "next_review", rule->next_review_ns);
	put_hits(call, "verdicts", outcomes->verdicts, rule->id, VIEW_BY_VERDICT);
	put_hits(call, "blocks", outcomes->blocks, rule->id, VIEW_BY_BLOCK);
	json_object_end(json);
}

static void put_exceptions(struct call *call)
{
	const struct policy *policy = policy_of(call);
	struct json *json = &call->json;

	/* An exception may be another unit's, which a session of one unit does not see. */
	unsigned count = call->who.unit[0] ? 0 : policy_exception_count(policy);
	json_array_begin(json, "exceptions");
	for (unsigned i = 0; i < count; i++) {
		const struct policy_exception *exception = policy_exception_at(policy, i);
		json_object_begin(json, NULL);
		json_string(json, "id", exception->id);
		json_string(json, "approver", exception->approver);
		/* Why somebody is excepted may tell who it is. */
		json_string(json, "reason",
			who_may(&call->who, WEB_MAY_ALERTS) ? exception->reason : "");
		json_string(json, "reference", exception->reference);
		json_string(json, "kind", exception->kind);
		json_bool(json, "no_internal_flows", exception->no_internal_flows);
		put_time(json, "valid_from", exception->valid_from_ns);
		put_time(json, "valid_to", exception->valid_to_ns);
		json_bool(json, "is_over",
			exception->valid_to_ns && exception->valid_to_ns < call->now_ns);
		json_object_end(json);
	}
	json_array_end(json);
}

static void put_assessments(struct call *call)
{
	const struct policy *policy = policy_of(call);
	struct json *json = &call->json;

	json_array_begin(json, "assessments");
	for (unsigned i = 0; i < policy_assessment_count(policy); i++) {
		const struct policy_assessment *entry = policy_assessment(policy, i);
		const char *app = symbol_name(SYMBOL_APP, entry->app);
		bool is_foreign =
			call->who.unit[0] && entry->unit &&
			strcmp(symbol_name(SYMBOL_UNIT, entry->unit), call->who.unit) != 0;
		if (is_foreign) {
			continue;
		}
		json_object_begin(json, NULL);
		json_string(json, "app", app);
		json_string(json, "app_name", name_value(call, VIEW_BY_APP, app));
		json_string(json, "unit", symbol_name(SYMBOL_UNIT, entry->unit));
		json_string(json, "state", assessment_state_name(entry->state));
		json_string(json, "owner", entry->owner);
		json_string(json, "reference", entry->reference);
		put_time(json, "date", entry->date_ns);
		put_time(json, "next_review", entry->next_review_ns);
		json_bool(json, "is_overdue",
			entry->next_review_ns && entry->next_review_ns < call->now_ns);
		json_object_end(json);
	}
	json_array_end(json);
}

static void put_header(struct call *call)
{
	const struct policy_header *header = policy_header(policy_of(call));
	struct json *json = &call->json;

	json_string(json, "organisation", header->organisation);
	json_string(json, "reference", header->reference);
	json_string(json, "purpose", header->purpose);
	json_string(json, "legal_basis", header->legal_basis);
	json_string(
		json, "mode", header->mode == POLICY_MODE_ALLOW_LIST ? "allow-list" : "deny-list");
	json_string(json, "hash", policy_hash(policy_of(call)));
	json_u64(json, "k", header->group_minimum);
	put_time(json, "informed", header->informed_ns);
	put_time(json, "ends", header->ends_ns);
	put_time(json, "evaluate_by", header->evaluate_by_ns);
}

/* By rule and what it came to; a role for which that is not kept gets the rules alone. */
static struct view_answer *ask_outcomes(
	struct call *call, const struct view_question *period, enum view_dimension by)
{
	struct view_question question = { .from_ns = period->from_ns,
		.to_ns = period->to_ns,
		.by = { VIEW_BY_RULE, by, VIEW_BY_VERDICT },
		.by_count = by == VIEW_BY_BLOCK ? 3 : 2 };
	struct view_answer *answer;

	return call_ask(call, &question, &answer, NULL) == 0 ? answer : NULL;
}

void answer_policy(struct call *call)
{
	const struct policy *policy = policy_of(call);
	struct view_question period = { 0 };
	struct err err;
	int status = ask_figures_period(
		&period.from_ns, &period.to_ns, call->request, &call->clock, &err);

	if (status < 0) {
		call_fail(call, status, &err);
		return;
	}
	struct outcomes outcomes = { ask_outcomes(call, &period, VIEW_BY_VERDICT),
		ask_outcomes(call, &period, VIEW_BY_BLOCK) };
	json_object_begin(&call->json, NULL);
	put_header(call);
	if (outcomes.verdicts) {
		put_notes(&call->json, &outcomes.verdicts->notes);
	} else {
		json_null(&call->json, "notes");
	}
	json_array_begin(&call->json, "rules");
	uint16_t unit = symbol_find(SYMBOL_UNIT, call->who.unit);
	for (unsigned i = 0; i < policy_rule_count(policy); i++) {
		/* What holds for other units alone is theirs. */
		if (!call->who.unit[0] || policy_rule_is_for(policy, i, unit)) {
			put_rule(call, policy_rule_at(policy, i), &outcomes);
		}
	}
	json_array_end(&call->json);
	put_exceptions(call);
	put_assessments(call);
	json_object_end(&call->json);
	view_answer_free(outcomes.verdicts);
	view_answer_free(outcomes.blocks);
}
