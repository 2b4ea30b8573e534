#include "analyzer/alert/policy_dates.h"

#include <stdio.h>

#include "analyzer/policy/policy.h"
#include "analyzer/policy/policy_register.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"

#define DAY_NS (86400 * NS_PER_S)

/* Where findings go, and when they are found. */
struct look {
	struct alerts *alerts;
	const struct policy *policy;
	uint64_t now_ns;
};

/* A finding about a date: that makes the id, so that it is the same on every day that finds it.
 * thing: what has it, by its ids. */
static struct alert finding_of(const struct look *look, enum alert_kind kind, const char *thing,
	uint64_t date_ns, const char *sentence)
{
	struct alert alert =
		alert_of_finding(kind, alerts_observer(look->alerts), thing, date_ns, sentence);

	alert.first_ns = alert.last_ns = look->now_ns;
	finding_put_number(&alert.finding, "date", FINDING_UNTIL, date_ns);
	return alert;
}

static bool is_over(uint64_t date_ns, uint64_t now_ns)
{
	return date_ns != 0 && date_ns < now_ns;
}

static void raise_rules(const struct look *look)
{
	const struct policy *policy = look->policy;
	uint64_t now_ns = look->now_ns;

	for (unsigned i = 0; i < policy_rule_count(policy); i++) {
		const struct policy_rule *rule = policy_rule_at(policy, i);
		if (is_over(rule->next_review_ns, now_ns) &&
			(!rule->valid_to_ns || rule->valid_to_ns >= now_ns)) {
			struct alert alert = finding_of(look, ALERT_POLICY_REVIEW_OVERDUE, rule->id,
				rule->next_review_ns, "found_review_rule");
			finding_put_text(&alert.finding, "rule", FINDING_TEXT, rule->id);
			alerts_raise(look->alerts, &alert);
		}
	}
}

static void raise_services(const struct look *look)
{
	const struct policy *policy = look->policy;
	uint64_t now_ns = look->now_ns;

	for (unsigned i = 0; i < policy_service_count(policy); i++) {
		const struct policy_service *service = policy_service(policy, i);
		const char *app = symbol_name(SYMBOL_APP, service->app);
		if (is_over(service->next_review_ns, now_ns)) {
			struct alert alert = finding_of(look, ALERT_POLICY_REVIEW_OVERDUE, app,
				service->next_review_ns, "found_review_service");
			finding_put_text(&alert.finding, "app", FINDING_APP, app);
			alerts_raise(look->alerts, &alert);
		}
	}
}

static void raise_assessments(const struct look *look)
{
	const struct policy *policy = look->policy;
	uint64_t now_ns = look->now_ns;

	for (unsigned i = 0; i < policy_assessment_count(policy); i++) {
		const struct policy_assessment *assessment = policy_assessment(policy, i);
		const char *app = symbol_name(SYMBOL_APP, assessment->app);
		const char *unit = symbol_name(SYMBOL_UNIT, assessment->unit);
		char thing[400];
		if (!is_over(assessment->next_review_ns, now_ns)) {
			continue;
		}
		snprintf(thing, sizeof(thing), "%.150s in %.200s", app, unit);
		struct alert alert = finding_of(look, ALERT_POLICY_ASSESSMENT_LAPSED, thing,
			assessment->next_review_ns, unit[0] ? "found_lapsed" : "found_lapsed_all");
		finding_put_text(&alert.finding, "app", FINDING_APP, app);
		finding_put_text(&alert.finding, "unit", FINDING_TEXT, unit);
		alerts_raise(look->alerts, &alert);
	}
}

/* Those that ended long ago are kept on record, and nobody need look at them. */
static void raise_exceptions(const struct look *look)
{
	const struct policy *policy = look->policy;
	uint64_t now_ns = look->now_ns;

	for (unsigned i = 0; i < policy_exception_count(policy); i++) {
		const struct policy_exception *exception = policy_exception_at(policy, i);
		uint64_t end_ns = exception->valid_to_ns;
		bool is_ending = end_ns >= now_ns &&
				 end_ns - now_ns <= POLICY_DATES_EXPIRING_DAYS * DAY_NS &&
				 exception->valid_from_ns <= now_ns;
		bool has_ended = is_over(end_ns, now_ns) &&
				 now_ns - end_ns <= POLICY_DATES_ENDED_DAYS * DAY_NS;
		if (!is_ending && !has_ended) {
			continue;
		}
		struct alert alert = finding_of(look,
			is_ending ? ALERT_POLICY_EXCEPTION_EXPIRING : ALERT_POLICY_EXCEPTION_ENDED,
			exception->id, end_ns, is_ending ? "found_expiring" : "found_ended");
		finding_put_text(&alert.finding, "exception", FINDING_TEXT, exception->id);
		finding_put_text(&alert.finding, "approver", FINDING_TEXT, exception->approver);
		alerts_raise(look->alerts, &alert);
	}
}

static void raise_monitoring(const struct look *look)
{
	uint64_t evaluate_by_ns = policy_header(look->policy)->evaluate_by_ns;

	if (is_over(evaluate_by_ns, look->now_ns)) {
		struct alert alert = finding_of(look, ALERT_POLICY_REVIEW_OVERDUE, "monitoring",
			evaluate_by_ns, "found_review_monitoring");
		alerts_raise(look->alerts, &alert);
	}
}

void policy_dates_raise(struct alerts *alerts, const struct reference *reference, uint64_t now_ns)
{
	const struct look look = {
		.alerts = alerts, .policy = policy_at(reference->policy, now_ns), .now_ns = now_ns
	};

	raise_monitoring(&look);
	raise_rules(&look);
	raise_services(&look);
	raise_assessments(&look);
	raise_exceptions(&look);
}
