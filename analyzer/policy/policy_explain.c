#include "analyzer/policy/policy.h"

#include <string.h>

#include "analyzer/policy/block.h"
#include "analyzer/policy/policy_model.h"
#include "base/clock.h"

/* The record that the question is about: a device of ours reached the service and got an answer. */
static void make_record(const struct policy_question *question, const struct catalogue *catalogue,
	struct record *record)
{
	const struct app *app = question->app ? catalogue_app(catalogue, question->app) : NULL;

	memset(record, 0, sizeof(*record));
	record->flow.start_ns = question->time_ns;
	record->direction = RECORD_DIRECTION_OUTBOUND;
	record->verdict.app = question->app;
	if (app) {
		struct ownership ownership =
			catalogue_ownership_at(catalogue, question->app, question->time_ns, "");
		memcpy(record->verdict.parent_country, ownership.parent_country,
			strnlen(ownership.parent_country, 2));
		record->verdict.embedded = app->embedded;
	}
	memcpy(record->place.country, question->server_country, sizeof(record->place.country));
	record->place.zone = question->zone;
	record->decision.unit = question->unit;
	record->decision.class_ = question->class_;
}

static const char *or_none(const char *text)
{
	return text[0] ? text : "none";
}

static void put_question(
	const struct catalogue *catalogue, const struct policy_question *question, FILE *out)
{
	char date[11];

	clock_format_date(question->time_ns, date);
	fprintf(out, "Question  app %s, unit %s, class %s, on %s\n",
		question->app ? catalogue_app(catalogue, question->app)->id : "unknown",
		or_none(symbol_name(SYMBOL_UNIT, question->unit)),
		or_none(symbol_name(SYMBOL_CLASS, question->class_)), date);
}

/* Why a rule does not hold for the record, the first reason; NULL where it holds. */
static const char *reason_against(const struct rule *rule, const struct record *record)
{
	struct clause devices = { .units = rule->clause.units, .classes = rule->clause.classes };

	if (!number_set_has(&rule->clause.apps, record->verdict.app)) {
		return "speaks of other apps";
	}
	if (record->flow.start_ns < rule->public.effective_from_ns) {
		return "is not in force yet";
	}
	if (!policy_rule_is_in_force(&rule->public, record->flow.start_ns)) {
		return "is no longer in force";
	}
	if (!clause_holds(&devices, record)) {
		return "is for other units or classes";
	}
	if (!clause_holds(&rule->clause, record)) {
		return "speaks of other countries, zones, networks or names";
	}
	return NULL;
}

static const char *layer_name(const struct rule *rule)
{
	static const char *const scopes[] = { "for a class", "for a group", "for everybody" };

	return rule->clause.is_of_unit ? "for a unit" : scopes[rule->clause.scope_rank];
}

static void put_rules(const struct policy *policy, const struct record *record,
	const struct policy_winner *winner, FILE *out)
{
	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];
		const char *against = reason_against(rule, record);
		const char *why = against;
		if (!why && winner->rule == i) {
			why = "DECIDES";
		} else if (!why && winner->unit_rule == i) {
			why = "holds, but a unit may only be stricter than the rule for all";
		} else if (!why) {
			why = "holds, but a rule closer to the case stands before it";
		}
		fprintf(out, "  line %-4u %-24s %-6s %-13s %s\n", rule->public.line,
			rule->public.id, policy_action_name(rule->public.action), layer_name(rule),
			why);
	}
}

static void put_fact(FILE *out, const char *what, const char *text)
{
	if (text[0]) {
		fprintf(out, "  %-12s %s\n", what, text);
	}
}

static void put_date(FILE *out, const char *what, uint64_t time_ns)
{
	char date[11];

	if (time_ns) {
		clock_format_date(time_ns, date);
		put_fact(out, what, date);
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
		put_date(out, "from", rule->effective_from_ns);
		put_date(out, "grace until", rule->grace_until_ns);
		put_date(out, "until", rule->valid_to_ns);
		put_fact(out, "reference", rule->reference);
		put_fact(out, "basis", rule->basis);
		put_fact(out, "risk", rule->risk_reference);
		put_fact(out, "author", rule->author);
		put_fact(out, "note", rule->note);
	}
	if (exception) {
		put_fact(out, "approver", exception->approver);
		put_fact(out, "reason", exception->reason);
		put_date(out, "until", exception->valid_to_ns);
	}
	if (decision->verdict == POLICY_VERDICT_NONE) {
		put_fact(out, "", "No rule speaks of this: neither denied nor approved.");
	} else if (decision->verdict == POLICY_VERDICT_OUT_OF_SCOPE) {
		put_fact(out, "",
			"The device's class is outside the policy: counted, never listed.");
	}
}

void policy_explain(const struct policy *policy, const struct catalogue *catalogue,
	const struct policy_question *question, FILE *out)
{
	struct record record;
	struct policy_winner winner;

	make_record(question, catalogue, &record);
	put_question(catalogue, question, out);
	fprintf(out, "Rules\n");
	winner = policy_find_rule(policy, &record);
	put_rules(policy, &record, &winner, out);
	policy_judge(policy, catalogue, &record, BLOCK_PASSED);
	put_answer(policy, &record, out);
}
