/* A second look at a policy, on a day (policy_tools.h). */
#include <string.h>

#include "analyzer/drafting/policy_checks.h"
#include "analyzer/drafting/policy_tools.h"
#include "analyzer/policy/policy_words.h"
#include "base/clock.h"
#include "base/local_time.h"

static void check_countries(struct policy_reader *reader, const struct geo *geo)
{
	const struct policy_countries *named = &reader->policy->countries;

	for (unsigned i = 0; geo && i < named->count; i++) {
		if (!geo_country(geo, named->items[i]->text)) {
			bool is_britain = strcmp(named->items[i]->text, "UK") == 0;
			policy_error(reader, named->items[i],
				is_britain ? "the United Kingdom has the code GB (ISO 3166); found "
					     "\"%.8s\""
					   : "there is no country \"%.8s\" (ISO 3166)",
				named->items[i]->text);
		}
	}
}

static void warn_over(struct policy_reader *reader, const struct yaml_node *at, const char *what,
	const char *id, uint64_t end_ns, uint64_t now_ns)
{
	char date[11];

	if (end_ns && end_ns < now_ns) {
		local_format_date(reader->policy->zone, end_ns, date);
		policy_warning(reader, at,
			"%s \"%s\" is over since %s: renew it, or remove it once its time is out "
			"of every report",
			what, id, date);
	}
}

static void check_dates(struct policy_reader *reader, uint64_t now_ns)
{
	const struct policy *policy = reader->policy;

	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];
		warn_over(reader, rule->node, "rule", rule->public.id, rule->public.valid_to_ns,
			now_ns);
		if (rule->public.next_review_ns && rule->public.next_review_ns < now_ns) {
			policy_warning(reader, rule->node, "rule \"%s\": its review is overdue",
				rule->public.id);
		}
	}
	for (uint32_t i = 1; i <= policy->exception_count; i++) {
		const struct exception *exception = &policy->exceptions[i];
		warn_over(reader, exception->node, "exception", exception->public.id,
			exception->public.valid_to_ns, now_ns);
	}
	for (uint32_t i = 0; i < policy->assessment_count; i++) {
		const struct policy_assessment *assessment = &policy->assessments[i];
		const struct yaml_node at = { .line = assessment->line, .column = 1 };
		if (assessment->next_review_ns && assessment->next_review_ns < now_ns) {
			policy_warning(reader, &at,
				"the assessment of \"%s\" for %s is overdue for review",
				symbol_name(SYMBOL_APP, assessment->app),
				assessment->unit ? symbol_name(SYMBOL_UNIT, assessment->unit)
						 : "all units");
		}
	}
	for (uint32_t i = 0; i < policy->service_count; i++) {
		const struct policy_service *service = &policy->services[i];
		const struct yaml_node at = { .line = service->line, .column = 1 };
		if (service->next_review_ns && service->next_review_ns < now_ns) {
			policy_warning(reader, &at, "service \"%s\": its review is overdue",
				symbol_name(SYMBOL_APP, service->app));
		}
	}
}

/* What the law of watching staff asks for, and the file does not say. */
static void check_law(struct policy_reader *reader, uint64_t now_ns)
{
	const struct policy_header *header = &reader->policy->header;
	const struct yaml_node at = { .line = 1, .column = 1 };
	bool is_informed = header->informed_ns != 0;
	bool is_consulted = header->consulted_ns || header->consultation_date[0];

	if (header->country[0] == '\0') {
		return;
	}
	if (header->purpose[0] == '\0') {
		policy_warning(reader, &at,
			"%s: the purpose of the monitoring is missing (\"purpose\")",
			header->country);
	}
	if (header->legal_basis[0] == '\0') {
		policy_warning(reader, &at, "%s: the legal basis is missing (\"legal_basis\")",
			header->country);
	}
	if (strcmp(header->country, "NO") == 0) {
		if (strcmp(header->purpose_class, "operation") != 0 &&
			strcmp(header->purpose_class, "breaches") != 0) {
			policy_warning(reader, &at,
				"NO: staff may be monitored only to run the network or to clear up "
				"breaches of its security; say \"purpose_class: operation\" or "
				"\"breaches\"");
		}
		if (!header->ends_ns || !header->evaluate_by_ns) {
			policy_warning(reader, &at,
				"NO: how long the monitoring is expected to last (\"ends\") and "
				"when it is evaluated (\"evaluate_by\") are to be said beforehand");
		}
	}
	if (strcmp(header->country, "DK") == 0 && !is_informed) {
		policy_warning(reader, &at,
			"DK: staff are to be informed clearly beforehand (\"informed\")");
	}
	if (strcmp(header->country, "FI") == 0 && !is_consulted) {
		policy_warning(
			reader, &at, "FI: the co-operation procedure comes first (\"consulted\")");
	}
	if ((strcmp(header->country, "SE") == 0 || strcmp(header->country, "NO") == 0 ||
		    strcmp(header->country, "FI") == 0) &&
		!is_informed) {
		policy_warning(reader, &at,
			"%s: when staff were informed of purpose and manner is missing "
			"(\"informed\")",
			header->country);
	}
	if (header->evaluate_by_ns && header->evaluate_by_ns < now_ns) {
		policy_warning(reader, &at, "the evaluation of the monitoring is overdue");
	}
	if (header->ends_ns && header->ends_ns < now_ns) {
		policy_warning(
			reader, &at, "the monitoring has ended: devices are kept as sums alone");
	}
}

static void check_header(struct policy_reader *reader)
{
	const struct policy *policy = reader->policy;
	const struct policy_header *header = &policy->header;
	const struct yaml_node at = { .line = 1, .column = 1 };
	const struct yaml_node *k =
		policy->tree ? yaml_map_get(yaml_tree_root(policy->tree), "k") : NULL;
	bool denies = false;

	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		denies |= policy->rules[i].public.action == POLICY_ACTION_DENY;
	}
	if (header->group_minimum == 1) {
		policy_warning(
			reader, k ? k : &at, "k: 1 shows every device by itself; 5 is usual");
	}
	if (denies && (header->purpose[0] == '\0' ||
			      (!header->consultation_date[0] && !header->consulted_ns &&
				      !header->informed_ns))) {
		policy_warning(reader, &at,
			"the file denies without purpose or consultation: add \"purpose\" and "
			"\"consulted\" (or \"informed\"), the day on which staff were asked or "
			"told");
	}
}

static void check_expectations(struct policy_reader *reader)
{
	const struct policy *policy = reader->policy;

	for (uint32_t i = 0; i < policy->expectation_count; i++) {
		const struct policy_expectation *expected = &policy->expectations[i];
		const struct yaml_node at = { .line = expected->line, .column = 1 };
		enum policy_verdict verdict =
			policy_answer(policy, reader->catalogue, &expected->question);
		if (verdict != expected->verdict) {
			policy_error(reader, &at,
				"expected \"%s\", and the rules say \"%s\": ask \"borderflow "
				"policy "
				"explain\" which one decides",
				policy_verdict_name(expected->verdict),
				policy_verdict_name(verdict));
		}
	}
}

void policy_check_more(const struct policy *policy, const struct catalogue *catalogue,
	const struct geo *geo, uint64_t now_ns, struct policy_problems *problems)
{
	struct policy_reader reader = { problems, catalogue, (struct policy *)policy,
		policy->header.language[0] ? policy->header.language : "en" };
	const struct yaml_node *root = policy->tree ? yaml_tree_root(policy->tree) : NULL;

	check_header(&reader);
	check_law(&reader, now_ns);
	check_countries(&reader, geo);
	policy_check_places(&reader, root && yaml_map_get(root, "own_networks"));
	policy_check_names(&reader);
	check_dates(&reader, now_ns);
	check_expectations(&reader);
	policy_sort_problems(problems);
}
