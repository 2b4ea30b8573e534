/* The rules and exceptions that were in force in the period: a row for each, and where a version of
 * the policy changed it a row for each wording, with the days from which and until which it held.
 */
#include "analyzer/drafting/policy_tools.h"
#include "analyzer/record/symbols.h"
#include "dashboards/report/policies_in_force.h"
#include "dashboards/report/report_tables.h"

/* Do two versions have it in the same words? */
typedef bool same_words(const struct policy *a, const struct policy *b, uint16_t symbol);

/* The version that first and the one that last had the words of version at. */
struct span {
	unsigned first, last;
};

static struct span span_of(
	const struct policies_in_force *policies, unsigned at, uint16_t symbol, same_words *is_same)
{
	struct span span = { at, at };
	const struct policy *policy = policies->items[at].policy;

	while (span.first > 0 && is_same(policies->items[span.first - 1].policy, policy, symbol)) {
		span.first--;
	}
	while (span.last + 1 < policies->count &&
		is_same(policies->items[span.last + 1].policy, policy, symbol)) {
		span.last++;
	}
	return span;
}

/* Its own first day, or that of the version that brought it; the first version speaks of all time
 * before it. */
static uint64_t from_of(
	const struct policies_in_force *policies, const struct span *span, uint64_t own_ns)
{
	uint64_t version_ns = span->first > 0 ? policies->items[span->first].from_ns : 0;

	return own_ns > version_ns ? own_ns : version_ns;
}

static uint64_t until_of(
	const struct policies_in_force *policies, const struct span *span, uint64_t own_ns)
{
	uint64_t end_ns = policies->items[span->last].to_ns;
	uint64_t version_ns = span->last + 1 < policies->count && end_ns ? end_ns - 1 : 0;

	return own_ns && (version_ns == 0 || own_ns < version_ns) ? own_ns : version_ns;
}

static void put_rule(struct report_table *table, const struct policies_in_force *policies,
	const struct span *span, const struct policy_rule *rule)
{
	report_row(table, ROW_PLAIN);
	report_put_text(table, rule->id);
	report_put(table, (struct report_value){ .kind = VALUE_RULE,
				  .item_count = 1,
				  .items = { rule->symbol },
				  .policy = policies->items[span->first].policy });
	report_put_text(table, rule->basis);
	report_put_text(table, rule->author);
	report_put_since(table, from_of(policies, span, rule->effective_from_ns));
	report_put_until(table, until_of(policies, span, rule->valid_to_ns));
	report_put_until(table, rule->next_review_ns);
}

static void fill_rules(struct report_table *table, const struct report_model *model)
{
	struct policies_in_force policies;

	policies_in_force_find(&policies, model);
	for (unsigned at = 0; at < policies.count; at++) {
		const struct policy *policy = policies.items[at].policy;
		for (unsigned i = 0; i < policy_rule_count(policy); i++) {
			const struct policy_rule *rule = policy_rule_at(policy, i);
			struct span span = span_of(&policies, at, rule->symbol, policy_same_rule);
			if (span.first == at) {
				put_rule(table, &policies, &span, rule);
			}
		}
	}
}

const struct report_table_type table_rules = {
	.id = "rules",
	.columns = { "rule", "sentence", "basis", "author", "from", "until", "review" },
	.key_columns = 1,
	.fill = fill_rules,
	.command = "borderflow policy {rules}",
};

enum { EXPIRES_SOON_DAYS = 30 };

static const char *standing_of(const struct report_model *model, uint64_t from_ns, uint64_t end_ns)
{
	uint64_t now_ns = model->made_ns;

	if (from_ns > now_ns) {
		return "later";
	}
	if (end_ns && end_ns < now_ns) {
		return "over";
	}
	return end_ns && end_ns - now_ns < EXPIRES_SOON_DAYS * 86400 * NS_PER_S ? "soon_over"
										: "in_force";
}

static uint64_t flows_excepted(const struct report_model *model, uint16_t exception)
{
	const struct overview_verdict *rows;
	size_t count = overview_verdicts(model->overview, false, &rows);
	uint64_t flows = 0;

	for (size_t i = 0; i < count; i++) {
		flows += rows[i].exception == exception ? rows[i].total.flows : 0;
	}
	return flows;
}

/* Is a later version's wording of it a row as well? Its flows are told there. */
static bool is_told_later(
	const struct policies_in_force *policies, const struct span *span, uint16_t symbol)
{
	for (unsigned i = span->last + 1; i < policies->count; i++) {
		if (policy_same_exception(
			    policies->items[i].policy, policies->items[i].policy, symbol)) {
			return true;
		}
	}
	return false;
}

static void put_exception(struct report_table *table, const struct report_model *model,
	const struct policies_in_force *policies, const struct span *span,
	const struct policy_exception *exception)
{
	uint64_t from_ns = from_of(policies, span, exception->valid_from_ns),
		 until_ns = until_of(policies, span, exception->valid_to_ns);

	report_row(table, ROW_PLAIN);
	report_put_text(table, exception->id);
	report_put_text(table, exception->approver);
	report_put_text(table, exception->reason);
	report_put_since(table, from_ns);
	report_put_until(table, until_ns);
	report_put_word(table, "standing", standing_of(model, from_ns, until_ns));
	if (is_told_later(policies, span, exception->symbol)) {
		report_put_none(table);
	} else {
		report_put_figure(
			table, model, report_count(flows_excepted(model, exception->symbol)));
	}
}

static void fill_exceptions(struct report_table *table, const struct report_model *model)
{
	struct policies_in_force policies;

	policies_in_force_find(&policies, model);
	for (unsigned at = 0; at < policies.count; at++) {
		const struct policy *policy = policies.items[at].policy;
		for (unsigned i = 0; i < policy_exception_count(policy); i++) {
			const struct policy_exception *exception = policy_exception_at(policy, i);
			struct span span =
				span_of(&policies, at, exception->symbol, policy_same_exception);
			if (span.first == at) {
				put_exception(table, model, &policies, &span, exception);
			}
		}
	}
}

const struct report_table_type table_exceptions = {
	.id = "exceptions",
	.columns = { "exception", "approver", "reason", "from", "until", "standing", ">flows" },
	.key_columns = 1,
	.fill = fill_exceptions,
	.command = "borderflow flows {archives} {period} -g exception --sum flows --top 0 "
		   "'verdict == excepted'",
};
