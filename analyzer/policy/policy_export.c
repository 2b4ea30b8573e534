/* What a firewall is to block: the names and networks of apps that are denied to all devices. */
#include <string.h>

#include "analyzer/policy/policy_model.h"
#include "analyzer/policy/policy_tools.h"
#include "base/local_time.h"

enum export_form { FORM_PLAIN, FORM_DNSMASQ, FORM_UNBOUND, FORM_NFTABLES, FORM_COUNT };

/* What is only watched is not to be blocked. */
static bool is_enforced(const struct policy_rule *rule)
{
	return rule->action == POLICY_ACTION_DENY && rule->stage == POLICY_STAGE_IN_FORCE;
}

static const char *const form_names[] = { "plain", "dnsmasq", "unbound", "nftables" };

/* Denied to everybody: what is denied to some, a firewall for all must not block. */
static bool is_denied_to_all(const struct policy *policy, uint16_t app, const char *name,
	uint64_t time_ns, const char **rule)
{
	struct record record;
	struct evaluation evaluation;
	const struct policy_context context = { 0 };

	memset(&record, 0, sizeof(record));
	record.flow.start_ns = time_ns;
	record.direction = RECORD_DIRECTION_OUTBOUND;
	record.verdict.app = app;
	l7_info_add_name(&record.l7, NAME_TLS_SNI, name, strlen(name));
	policy_evaluate(policy, &context, &record, &evaluation);
	if (!evaluation.rule || evaluation.is_lifted ||
		!is_enforced(&policy->rules[evaluation.rule].public)) {
		return false;
	}
	*rule = policy->rules[evaluation.rule].public.id;
	return true;
}

/* The same where a rule speaks of some devices only: exported too, and told. */
static const char *rule_that_denies(
	const struct policy *policy, uint16_t app, uint64_t time_ns, bool *for_all)
{
	const char *rule = NULL;

	*for_all = is_denied_to_all(policy, app, "export.invalid", time_ns, &rule);
	for (uint32_t i = 1; !rule && i <= policy->rule_count; i++) {
		const struct rule *candidate = &policy->rules[i];
		if (is_enforced(&candidate->public) && candidate->clause.apps.words &&
			number_set_has(&candidate->clause.apps, app) && !candidate->clause.names &&
			policy_rule_is_in_force(&candidate->public, time_ns)) {
			rule = candidate->public.id;
		}
	}
	return rule;
}

static void put_name(enum export_form form, const char *name, FILE *out)
{
	switch (form) {
	case FORM_DNSMASQ:
		fprintf(out, "address=/%s/\n", name);
		break;
	case FORM_UNBOUND:
		fprintf(out, "%s CNAME .\n*.%s CNAME .\n", name, name);
		break;
	case FORM_PLAIN:
		fprintf(out, "%s\n", name);
		break;
	default:
		break;
	}
}

/* Names that others use as well, embedded ones included: blocking them hits more than the app. */
static bool is_shared(const struct catalogue *catalogue, const struct catalogue_rule *rule)
{
	const struct app *app = catalogue_app(catalogue, rule->app);

	return rule->shared || rule->weak || rule->kind == RULE_CDN_SUFFIX || (app && app->shared);
}

static bool is_name(uint8_t kind)
{
	return kind == RULE_HOST || kind == RULE_SUFFIX || kind == RULE_CDN_SUFFIX;
}

static const char *comment_of(enum export_form form)
{
	return form == FORM_UNBOUND ? ";" : "#";
}

static void put_head(const struct policy *policy, enum export_form form, uint64_t now_ns, FILE *out)
{
	const char *comment = comment_of(form);
	char date[11];

	local_format_date(policy->zone, now_ns, date);
	fprintf(out, "%s %s: what the policy denies on %s\n", comment,
		policy->header.organisation[0] ? policy->header.organisation : "borderflow", date);
	fprintf(out, "%s rule set %s\n", comment, policy->hash);
	if (form == FORM_UNBOUND) {
		fputs("$TTL 300\n@ SOA localhost. root.localhost. 1 3600 600 86400 300\n"
		      "@ NS localhost.\n",
			out);
	}
	if (form == FORM_NFTABLES) {
		fputs("table inet borderflow {\n", out);
	}
}

/* Networks of apps that are denied, one set a family. */
static void put_networks(const struct policy *policy, const struct catalogue *catalogue, bool is_v6,
	uint64_t now_ns, FILE *out)
{
	bool is_first = true;

	fprintf(out, "\tset denied%s {\n\t\ttype ipv%s_addr\n\t\tflags interval\n",
		is_v6 ? "6" : "4", is_v6 ? "6" : "4");
	for (unsigned i = 0; i < catalogue_rule_count(catalogue); i++) {
		const struct catalogue_rule *rule = catalogue_rule(catalogue, i);
		bool for_all;
		if (rule->kind != RULE_PREFIX || rule->overridden || rule->shared ||
			(strchr(rule->value, ':') != NULL) != is_v6 ||
			!rule_that_denies(policy, rule->app, now_ns, &for_all)) {
			continue;
		}
		fprintf(out, "%s%.*s", is_first ? "\t\telements = { " : ", ",
			(int)strcspn(rule->value, " "), rule->value);
		is_first = false;
	}
	fputs(is_first ? "\t}\n" : " }\n\t}\n", out);
}

bool policy_export(const struct policy *policy, const struct catalogue *catalogue,
	const char *form_name, uint64_t now_ns, FILE *out)
{
	unsigned form = 0;

	while (form < FORM_COUNT && strcmp(form_names[form], form_name) != 0) {
		form++;
	}
	if (form == FORM_COUNT) {
		return false;
	}
	put_head(policy, form, now_ns, out);
	if (form == FORM_NFTABLES) {
		put_networks(policy, catalogue, false, now_ns, out);
		put_networks(policy, catalogue, true, now_ns, out);
		fputs("}\n", out);
		return true;
	}
	for (unsigned i = 0; i < catalogue_rule_count(catalogue); i++) {
		const struct catalogue_rule *rule = catalogue_rule(catalogue, i);
		bool for_all = false;
		const char *denied = is_name(rule->kind) && !rule->overridden
					     ? rule_that_denies(policy, rule->app, now_ns, &for_all)
					     : NULL;
		if (!denied) {
			continue;
		}
		if (is_shared(catalogue, rule) || rule->embedded) {
			fprintf(out, "%s left out: %s (%s)\n", comment_of(form), rule->value,
				rule->embedded ? "it also stands in the pages of others"
					       : "others use it as well");
			continue;
		}
		put_name(form, rule->value, out);
	}
	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];
		for (uint32_t j = 0; is_enforced(&rule->public) &&
				     policy_rule_is_in_force(&rule->public, now_ns) &&
				     j < rule->clause.name_count;
			j++) {
			put_name(form, rule->clause.names[j], out);
		}
	}
	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];
		bool is_for_some = rule->clause.unit_rank != UNIT_RANK_ANY ||
				   rule->clause.class_rank != CLASS_RANK_ANY ||
				   rule->clause.access != CLAUSE_ACCESS_ANY;
		if (is_enforced(&rule->public) && is_for_some &&
			policy_rule_is_in_force(&rule->public, now_ns)) {
			fprintf(out,
				"%s rule %s denies to some devices only: use this list where they "
				"are, not for all\n",
				comment_of(form), rule->public.id);
		}
	}
	return true;
}
