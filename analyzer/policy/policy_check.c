/* A second look at a policy, on a day (policy_tools.h). */
#include <string.h>

#include "analyzer/policy/policy_model.h"
#include "analyzer/policy/policy_tools.h"
#include "analyzer/policy/policy_words.h"
#include "base/clock.h"
#include "base/local_time.h"

static void check_countries(struct policy_reader *reader, const struct geo *geo)
{
	const struct policy_countries *named = &reader->policy->countries;

	for (unsigned i = 0; geo && i < named->count; i++) {
		if (!geo_country(geo, named->items[i]->text)) {
			policy_error(reader, named->items[i],
				"there is no country \"%.8s\" (ISO 3166)", named->items[i]->text);
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

/* Names whose owners let anybody register below them. */
static bool is_public_suffix(const char *name)
{
	static const char *const suffixes[] = { "co.uk", "org.uk", "gov.uk", "ac.uk", "com.au",
		"net.au", "co.nz", "co.jp", "com.br", "com.cn", "net.cn", "org.cn", "com.tr",
		"com.tw", "com.hk", "co.kr", "co.in", "com.sg", "com.ua", "com.ru", "priv.no",
		"kommune.no", "fhs.no", "co.no", "pp.se", "tm.se", "ac.se", "parti.se", "press.se",
		"github.io", "gitlab.io", "pages.dev", "workers.dev", "web.app", "firebaseapp.com",
		"herokuapp.com", "vercel.app", "netlify.app", "azurewebsites.net", "blogspot.com",
		"cloudfront.net", "amazonaws.com", "appspot.com", "googleusercontent.com",
		"cloudapp.net", "windows.net", "akamaized.net", "edgesuite.net", "edgekey.net",
		"akamaiedge.net", "fastly.net", "cdn77.org", "wordpress.com", "myshopify.com" };

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (strcmp(name, suffixes[i]) == 0) {
			return true;
		}
	}
	return false;
}

static void check_names(struct policy_reader *reader)
{
	const struct policy *policy = reader->policy;

	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];
		for (uint32_t j = 0; j < rule->clause.name_count; j++) {
			if (is_public_suffix(rule->clause.names[j])) {
				policy_warning(reader, rule->node,
					"rule \"%s\": below \"%s\" stand the names of many others; "
					"name the host",
					rule->public.id, rule->clause.names[j]);
			}
		}
	}
}

/* Units that own networks do not hold, and such as speak of IPv4 alone. */
static void check_units(struct policy_reader *reader, bool has_own_networks)
{
	const struct policy *policy = reader->policy;

	for (uint32_t unit = 1; unit <= policy->unit_count; unit++) {
		bool has_v4 = false, has_v6 = false, is_outside = false;
		unsigned line = 0, column = 0;
		for (uint32_t i = 0; i < policy->network_count; i++) {
			const struct network *network = &policy->networks[i];
			if (network->location.unit != policy->units[unit].symbol) {
				continue;
			}
			bool is_v4 = addr_is_v4(&network->prefix.addr);
			has_v4 |= is_v4;
			has_v6 |= !is_v4;
			line = line ? line : network->line;
			column = column ? column : network->column;
			bool is_held = false;
			int32_t around = prefix_index_parent(policy->index, (int32_t)i);
			for (; around >= 0; around = prefix_index_parent(policy->index, around)) {
				const struct location *outer = &policy->networks[around].location;
				is_held |= outer->is_own && !outer->unit && !outer->class_;
			}
			is_outside |= has_own_networks && !is_held;
		}
		const struct yaml_node at = { .line = line, .column = column };
		if (is_outside) {
			policy_warning(reader, &at,
				"unit \"%s\" has a network outside own_networks: add it there",
				policy->units[unit].name);
		} else if (has_v4 && !has_v6) {
			policy_warning(reader, &at,
				"unit \"%s\" has networks of IPv4 only: over IPv6 its devices are "
				"in no unit",
				policy->units[unit].name);
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
	bool denies = false;

	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		denies |= policy->rules[i].public.action == POLICY_ACTION_DENY;
	}
	if (header->group_minimum == 1) {
		policy_warning(reader, &at, "k: 1 shows every device by itself; 5 is usual");
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

static void sort_problems(struct policy_problems *problems)
{
	for (unsigned i = 1; i < problems->count; i++) {
		struct policy_problem problem = problems->items[i];
		unsigned at = i;
		for (; at > 0 && problems->items[at - 1].line > problem.line; at--) {
			problems->items[at] = problems->items[at - 1];
		}
		problems->items[at] = problem;
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
	check_units(&reader, root && yaml_map_get(root, "own_networks"));
	check_names(&reader);
	check_dates(&reader, now_ns);
	check_expectations(&reader);
	sort_problems(problems);
}
