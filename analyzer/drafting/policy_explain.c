#include "analyzer/drafting/policy_tools.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/block.h"
#include "analyzer/policy/policy_model.h"
#include "base/local_time.h"

static const char *or_none(const char *text)
{
	return text[0] ? text : "none";
}

static void put_question(const struct policy *policy, const struct catalogue *catalogue,
	const struct policy_question *question, FILE *out)
{
	char date[11];

	local_format_date(policy->zone, question->time_ns, date);
	fprintf(out, "Question  app %s, unit %s, class %s, on %s\n",
		question->app ? catalogue_app(catalogue, question->app)->id : "unknown",
		or_none(symbol_name(SYMBOL_UNIT, question->unit)),
		or_none(symbol_name(SYMBOL_CLASS, question->class_)), date);
}

/* Why a rule does not hold for the record, the first reason; NULL where it holds. */
static const char *reason_against(const struct rule *rule, const struct record *record,
	const struct policy_context *context, const struct policy *policy)
{
	bool has_access = policy_has_access(policy, context, record);

	if (rule->public.stage == POLICY_STAGE_DRAFT) {
		return "is a draft: it decides nothing yet";
	}
	if (!number_set_has(&rule->clause.apps, record->verdict.app)) {
		return "speaks of other apps";
	}
	if (record->flow.start_ns < rule->public.effective_from_ns) {
		return "is not in force yet";
	}
	if (!policy_rule_is_in_force(&rule->public, record->flow.start_ns)) {
		return "is no longer in force";
	}
	if (rule->clause.access != CLAUSE_ACCESS_ANY &&
		has_access != (rule->clause.access == CLAUSE_ACCESS_YES)) {
		return has_access ? "is for devices without internal access"
				  : "is for devices with internal access";
	}
	if (!clause_is_for(&rule->clause, record, has_access)) {
		return "is for other devices";
	}
	if (!clause_speaks_of(&rule->clause, record)) {
		return "speaks of other countries, zones, networks, names or amounts";
	}
	return NULL;
}

static const char *layer_name(const struct rule *rule)
{
	const struct clause *clause = &rule->clause;

	return clause->is_of_unit                          ? "for a unit"
	       : clause->class_rank == CLASS_RANK_DEVICE   ? "for a device"
	       : clause->class_rank == CLASS_RANK_CLASS    ? "for a class"
	       : clause->access_rank == ACCESS_RANK_STATED ? "by access"
	       : clause->unit_rank == UNIT_RANK_GROUP      ? "for a group"
							   : "for everybody";
}

static const struct standing_rule *find_standing(const struct evaluation *evaluation, uint32_t row)
{
	for (uint32_t i = 0; i < evaluation->count; i++) {
		if (evaluation->rules[i].row == row) {
			return &evaluation->rules[i];
		}
	}
	return NULL;
}

static const char *standing_text(const struct policy *policy, const struct evaluation *evaluation,
	const struct standing_rule *held, char text[160])
{
	const struct rule *decider = &policy->rules[evaluation->rule];
	bool is_deny = policy->rules[held->row].public.action == POLICY_ACTION_DENY;

	switch (held->standing) {
	case STANDING_DECIDES:
		return "DECIDES";
	case STANDING_LIFTED:
		snprintf(text, 160, "holds, and is lifted by exception %s",
			policy->exceptions[held->by].public.id);
		return text;
	case STANDING_OPENED:
		snprintf(text, 160, "holds, and is opened by rule %s",
			policy->rules[held->by].public.id);
		return text;
	default:
		break;
	}
	if (policy->rules[held->row].public.stage == POLICY_STAGE_WATCH) {
		return "holds, but is watched: it decides where no other rule does";
	}
	if (decider->public.action == POLICY_ACTION_DENY && !is_deny) {
		return policy->rules[held->row].clause.is_of_unit
			       ? "holds, but a unit may only be stricter than the rule for all"
			       : "holds, but a deny wins";
	}
	return "holds, but a rule closer to the case stands before it";
}

static void put_rules(const struct policy *policy, const struct policy_context *context,
	const struct record *record, const struct evaluation *evaluation, FILE *out)
{
	char text[160];

	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];
		const struct standing_rule *held = find_standing(evaluation, i);
		const char *why = held ? standing_text(policy, evaluation, held, text)
				       : reason_against(rule, record, context, policy);
		fprintf(out, "  line %-4u %-24s %-6s %-13s %s\n", rule->public.line,
			rule->public.id, policy_action_name(rule->public.action), layer_name(rule),
			why ? why : "holds");
	}
}

/* Why an exception does not hold, the first reason; NULL where it does. */
static const char *reason_against_exception(const struct exception *exception,
	const struct policy_context *context, const struct record *record, bool has_access)
{
	const struct policy_exception *public = &exception->public;

	if (record->flow.start_ns < public->valid_from_ns) {
		return "has not begun yet";
	}
	if (public->valid_to_ns && record->flow.start_ns > public->valid_to_ns) {
		return "is over";
	}
	if (!policy_exception_holds(exception, context, record->flow.start_ns)) {
		return "is broken: its condition is that there are no internal flows";
	}
	if (!clause_is_for(&exception->clause, record, has_access)) {
		return "is for other devices";
	}
	return clause_speaks_of(&exception->clause, record) ? NULL : "speaks of other traffic";
}

static void put_exceptions(const struct policy *policy, const struct policy_context *context,
	const struct record *record, FILE *out)
{
	if (policy->exception_count > 0) {
		fprintf(out, "Exceptions\n");
	}
	for (uint32_t i = 1; i <= policy->exception_count; i++) {
		const struct exception *exception = &policy->exceptions[i];
		const char *against = reason_against_exception(
			exception, context, record, policy_has_access(policy, context, record));
		fprintf(out, "  line %-4u %-24s %s\n", exception->public.line, exception->public.id,
			against ? against : "holds");
	}
}

static void put_fact(FILE *out, const char *what, const char *text)
{
	if (text[0]) {
		fprintf(out, "  %-12s %s\n", what, text);
	}
}

/* The day, and the time where what begins or ends then does so within the day. */
static void put_date(FILE *out, const struct policy *policy, const char *what, uint64_t time_ns)
{
	struct local_day day = local_day_of(policy->zone, time_ns);
	char time[LOCAL_TEXT_LENGTH + 1];

	if (time_ns) {
		local_format(policy->zone, time_ns, time);
		if (time_ns == day.start_ns || time_ns + 1 == day.end_ns) {
			time[10] = '\0';
		}
		put_fact(out, what, time);
	}
}

static void put_answer(const struct policy *policy, const struct record *record, FILE *out)
{
	const struct decision *decision = &record->decision;
	const struct policy_rule *rule = policy_rule(policy, decision->rule);
	const struct policy_exception *exception = policy_exception(policy, decision->exception);

	fprintf(out, "Answer    %s", policy_verdict_name(decision->verdict));
	if (rule) {
		fprintf(out, ", by rule %s (%s)", rule->id, policy_action_name(rule->action));
	}
	if (exception) {
		fprintf(out, ", under exception %s", exception->id);
	}
	fputc('\n', out);
	if (rule) {
		put_date(out, policy, "from", rule->effective_from_ns);
		put_date(out, policy, "grace until", rule->grace_until_ns);
		put_date(out, policy, "until", rule->valid_to_ns);
		put_fact(out, "reference", rule->reference);
		put_fact(out, "basis", rule->basis);
		put_fact(out, "risk", rule->risk_reference);
		put_fact(out, "author", rule->author);
		put_fact(out, "note", rule->note);
	}
	if (exception) {
		put_fact(out, "approver", exception->approver);
		put_fact(out, "reason", exception->reason);
		put_date(out, policy, "until", exception->valid_to_ns);
	}
	if (decision->verdict == POLICY_VERDICT_NONE) {
		put_fact(out, "", "No rule speaks of this: neither denied nor approved.");
	} else if (decision->verdict == POLICY_VERDICT_OUT_OF_SCOPE) {
		put_fact(out, "",
			"The device's class is outside the policy: counted, never listed.");
	}
}

static void put_looks(const struct policy *policy, const struct policy_context *context,
	const struct record *record, FILE *out)
{
	struct evaluation evaluation;

	fprintf(out, "Rules\n");
	policy_evaluate(policy, context, record, &evaluation);
	put_rules(policy, context, record, &evaluation, out);
	put_exceptions(policy, context, record, out);
}

void policy_explain(const struct policy *latest, const struct catalogue *catalogue,
	const struct policy_question *question, FILE *out)
{
	const struct policy *policy = policy_at(latest, question->time_ns);
	const struct policy_context context = {
		.contact_ns = question->has_access ? question->time_ns : 0
	};
	struct record record;

	policy_question_record(policy, catalogue, question, &record);
	put_question(policy, catalogue, question, out);
	put_looks(policy, &context, &record, out);
	policy_judge(policy, catalogue, &context, &record, BLOCK_PASSED);
	put_answer(policy, &record, out);
}

/* Of a flow: when, whose, to whom, and what is known of its app. */
static void put_flow(const struct policy *policy, const struct record *record, FILE *out)
{
	char time[LOCAL_TEXT_LENGTH + 1];
	const char *domain = l7_info_domain(&record->l7);

	local_format(policy->zone, record->flow.flow_start_ns, time);
	fprintf(out, "Flow      f%016" PRIx64 ", %s, unit %s, class %s\n", record->flow.flow_id,
		time, or_none(symbol_name(SYMBOL_UNIT, record->decision.unit)),
		or_none(symbol_name(SYMBOL_CLASS, record->decision.class_)));
	fprintf(out, "          to %s in %s, app %s (%u %% sure%s%s), %s\n",
		domain[0] ? domain : "a server without a name",
		record->place.country[0] ? record->place.country : "an unknown country",
		record->verdict.app ? symbol_name(SYMBOL_APP, record->verdict.app) : "unknown",
		record->verdict.confidence, record->verdict.inferred ? ", inferred" : "",
		record->verdict.embedded ? ", embedded" : "",
		record_direction_name(record->direction));
}

static void put_outcome(const struct policy *policy, const struct catalogue *catalogue,
	const struct record *record, FILE *out)
{
	const char *reason = policy_reason_not_use(policy, catalogue, record);

	if (record->decision.action != POLICY_ACTION_DENY) {
		return;
	}
	fprintf(out, "  outcome      %s\n", block_outcome_name(record->decision.block));
	if (record->decision.verdict == POLICY_VERDICT_REPORTED && reason) {
		fprintf(out, "  no use       %s\n", reason);
	}
}

/* What was decided when the rest of the day was known, or by other rules. */
static void put_decided(const struct record *record, const struct decision *alone, FILE *out)
{
	const struct decision *decided = &record->decision;

	if (decided->verdict == alone->verdict && decided->rule == alone->rule) {
		return;
	}
	fprintf(out, "Decided   %s", policy_verdict_name(decided->verdict));
	if (decided->rule) {
		fprintf(out, ", by rule %s", symbol_name(SYMBOL_RULE, decided->rule));
	}
	if (decided->exception) {
		fprintf(out, ", under exception %s",
			symbol_name(SYMBOL_EXCEPTION, decided->exception));
	}
	fprintf(out, ": with what else was known of the device then, or by the rules of then\n");
}

void policy_explain_record(const struct policy *latest, const struct catalogue *catalogue,
	const struct record *record, FILE *out)
{
	static const struct policy_context nothing_known;
	const struct policy *policy = policy_at(latest, record->flow.start_ns);
	struct record *copy = aligned_alloc(_Alignof(struct record), sizeof(*copy));

	if (!copy) {
		return;
	}
	record_copy(copy, record);
	copy->decision = (struct decision){ .unit = record->decision.unit,
		.class_ = record->decision.class_ };
	policy_decide_in(policy, catalogue, &nothing_known, copy);
	struct decision alone = copy->decision;
	if (copy->l7.protocol == L7_DNS) {
		copy->verdict = policy_asked_app(catalogue, copy);
	}
	put_flow(policy, copy, out);
	put_looks(policy, &nothing_known, copy, out);
	copy->decision = alone;
	put_answer(policy, copy, out);
	put_outcome(policy, catalogue, copy, out);
	put_decided(record, &alone, out);
	free(copy);
}
