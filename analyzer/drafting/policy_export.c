/* What a firewall is to block: the names and networks of apps that are denied to all devices. */
#include <string.h>

#include "analyzer/policy/policy_model.h"
#include "analyzer/drafting/policy_tools.h"
#include "base/local_time.h"

enum export_form { FORM_PLAIN, FORM_DNSMASQ, FORM_UNBOUND, FORM_NFTABLES, FORM_COUNT };

/* What is only watched is not to be blocked. */
static bool is_enforced(const struct policy_rule *rule)
{
	return rule->action == POLICY_ACTION_DENY && rule->stage == POLICY_STAGE_IN_FORCE;
}

static const char *const form_names[] = { "plain", "dnsmasq", "unbound", "nftables" };

/* A list of names says nothing of places, ways and amounts: whoever used it would block more. */
static bool asks_more_than_names(const struct clause *clause)
{
	bool is_inbound =
		clause->directions && !(clause->directions & 1u << RECORD_DIRECTION_OUTBOUND);

	return clause->zones || is_inbound || clause->asns || clause->bytes_up_least ||
	       clause->server_countries.words || clause->operator_countries.words;
}

/* Whom, what and when a list is asked about. */
struct asking {
	const struct policy *policy;
	uint16_t app;
	const char *name;
	uint64_t time_ns;
};

/* A flow from a device of that unit and class (rows; 0: none) to what is asked about. */
static void fill_record(
	struct record *record, const struct asking *asking, uint32_t unit, uint32_t class_)
{
	memset(record, 0, sizeof(*record));
	record->flow.start_ns = asking->time_ns;
	record->direction = RECORD_DIRECTION_OUTBOUND;
	record->verdict.app = asking->app;
	record->decision.unit = unit ? asking->policy->units[unit].symbol : 0;
	record->decision.class_ = class_ ? asking->policy->classes[class_].symbol : 0;
	l7_info_add_name(&record->l7, NAME_TLS_SNI, asking->name, strlen(asking->name));
}

static bool is_exported(const struct rule *rule, uint64_t time_ns)
{
	return is_enforced(&rule->public) && policy_rule_is_in_force(&rule->public, time_ns) &&
	       time_ns > rule->public.grace_until_ns && !asks_more_than_names(&rule->clause);
}

/* Does a rule that can stand in a list decide for such a device, and is nothing held open to it? */
static bool decides(const struct asking *asking, const struct record *record, bool has_contact)
{
	const struct policy_context context = { .contact_today = has_contact };
	struct evaluation evaluation;

	policy_evaluate(asking->policy, &context, record, &evaluation);
	return evaluation.rule && !evaluation.is_lifted &&
	       is_exported(&asking->policy->rules[evaluation.rule], asking->time_ns);
}

/* Is it denied to anybody that the rule is for? An exception or an allow may hold it open to all
 * of them. */
static bool is_denied_to_some(const struct asking *asking, const struct rule *rule)
{
	const struct policy *policy = asking->policy;
	struct record record;

	for (uint32_t unit = 0; unit <= policy->unit_count; unit++) {
		for (uint32_t class_ = 0; class_ <= policy->class_count; class_++) {
			if (class_ && !policy->classes[class_].is_in_scope) {
				continue;
			}
			fill_record(&record, asking, unit, class_);
			if ((clause_is_for(&rule->clause, &record, false) &&
				    decides(asking, &record, false)) ||
				(clause_is_for(&rule->clause, &record, true) &&
					decides(asking, &record, true))) {
				return true;
			}
		}
	}
	return false;
}

/* Does the rule speak of that app, for whichever devices? */
static bool speaks_of(const struct rule *rule, uint16_t app)
{
	const struct clause *clause = &rule->clause;
	bool is_approved =
		clause->approved_apps.words && number_set_has(&clause->approved_apps, app);

	return clause->apps.words && number_set_has(&clause->apps, app) && !clause->names &&
	       !is_approved;
}

static bool is_for_some(const struct clause *clause)
{
	return clause->unit_rank != UNIT_RANK_ANY || clause->class_rank != CLASS_RANK_ANY ||
	       clause->access != CLAUSE_ACCESS_ANY;
}

/* Whether an app is denied: to all, or by a rule that speaks of some devices only, which is told.
 * What an exception or an allow holds open for everybody is not. */
static bool is_denied(const struct policy *policy, uint16_t app, uint64_t time_ns)
{
	const struct asking asking = { policy, app, "export.invalid", time_ns };
	struct record record;

	fill_record(&record, &asking, 0, 0);
	if (decides(&asking, &record, false)) {
		return true;
	}
	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];
		if (is_exported(rule, time_ns) && is_for_some(&rule->clause) &&
			speaks_of(rule, app) && is_denied_to_some(&asking, rule)) {
			return true;
		}
	}
	return false;
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
		if (rule->kind != RULE_PREFIX || rule->overridden || rule->shared ||
			(strchr(rule->value, ':') != NULL) != is_v6 ||
			!is_denied(policy, rule->app, now_ns)) {
			continue;
		}
		fprintf(out, "%s%.*s", is_first ? "\t\telements = { " : ", ",
			(int)strcspn(rule->value, " "), rule->value);
		is_first = false;
	}
	fputs(is_first ? "\t}\n" : " }\n\t}\n", out);
}

static void put_app_names(const struct policy *policy, const struct catalogue *catalogue,
	enum export_form form, uint64_t now_ns, FILE *out)
{
	for (unsigned i = 0; i < catalogue_rule_count(catalogue); i++) {
		const struct catalogue_rule *rule = catalogue_rule(catalogue, i);
		if (!is_name(rule->kind) || rule->overridden ||
			!is_denied(policy, rule->app, now_ns)) {
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
}

/* The names that rules themselves name, as far as they are denied to anybody. */
static void put_rule_names(const struct policy *policy, const struct catalogue *catalogue,
	enum export_form form, uint64_t now_ns, FILE *out)
{
	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];
		for (uint32_t j = 0; is_exported(rule, now_ns) && j < rule->clause.name_count;
			j++) {
			const char *name = rule->clause.names[j];
			const struct asking asking = { policy,
				catalogue_match_name(catalogue, name, strlen(name)).app, name,
				now_ns };
			if (is_denied_to_some(&asking, rule)) {
				put_name(form, name, out);
			}
		}
	}
}

static bool is_line_of(enum export_form form, const struct catalogue_rule *rule)
{
	return !rule->overridden &&
	       (form == FORM_NFTABLES ? rule->kind == RULE_PREFIX && !rule->shared
				      : is_name(rule->kind));
}

/* What a rule that names apps or hosts has in a list of that form. */
static enum listed {
	LISTED,
	LISTED_ELSEWHERE, /* it has names, and the form is of networks */
	LISTED_NOWHERE,   /* others decide for all whom it is for */
} listed_of(const struct policy *policy, const struct catalogue *catalogue, enum export_form form,
	const struct rule *rule, uint64_t now_ns)
{
	enum listed listed = LISTED_NOWHERE;

	for (uint32_t i = 0; i < rule->clause.name_count; i++) {
		const char *name = rule->clause.names[i];
		const struct asking asking = { policy,
			catalogue_match_name(catalogue, name, strlen(name)).app, name, now_ns };
		if (is_denied_to_some(&asking, rule)) {
			return form == FORM_NFTABLES ? LISTED_ELSEWHERE : LISTED;
		}
	}
	for (unsigned i = 0; i < catalogue_rule_count(catalogue); i++) {
		const struct catalogue_rule *line = catalogue_rule(catalogue, i);
		const struct asking asking = { policy, line->app, "export.invalid", now_ns };
		bool is_line = is_line_of(form, line);
		if (!speaks_of(rule, line->app) || (listed == LISTED_ELSEWHERE && !is_line) ||
			!is_denied_to_some(&asking, rule)) {
			continue;
		}
		if (is_line) {
			return LISTED;
		}
		listed = LISTED_ELSEWHERE;
	}
	return listed;
}

/* Why a rule in force is not in the list, or not for all; NULL: it is. */
static const char *note_of(const struct policy *policy, const struct catalogue *catalogue,
	enum export_form form, const struct rule *rule, uint64_t now_ns)
{
	const struct clause *clause = &rule->clause;
	bool is_named = clause->apps.words || clause->names;

	if (now_ns <= rule->public.grace_until_ns) {
		return "is not in this list: its time of grace is not over";
	}
	if (asks_more_than_names(clause)) {
		return "is not in this list: it asks for places, networks, directions or amounts, "
		       "and a list would block more";
	}
	if (!is_named) {
		return is_for_some(clause) ? "is not in this list: it denies to some devices only, "
					     "and names neither apps nor hosts"
					   : NULL;
	}
	switch (listed_of(policy, catalogue, form, rule, now_ns)) {
	case LISTED_NOWHERE:
		return "is not in this list: exceptions or other rules decide for all whom it is "
		       "for";
	case LISTED_ELSEWHERE:
		return "is not in this list: what it denies is known by name, not by networks of "
		       "its own; the other forms have the names";
	default:
		return is_for_some(clause) ? "denies to some devices only: use this list where "
					     "they are, not for all"
					   : NULL;
	}
}

/* What the list cannot say, rule by rule. */
static void put_notes(const struct policy *policy, const struct catalogue *catalogue,
	enum export_form form, uint64_t now_ns, FILE *out)
{
	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];
		const char *note = NULL;

		if (is_enforced(&rule->public) && policy_rule_is_in_force(&rule->public, now_ns)) {
			note = note_of(policy, catalogue, form, rule, now_ns);
		}
		if (note) {
			fprintf(out, "%s rule %s %s\n", comment_of(form), rule->public.id, note);
		}
	}
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
	} else {
		put_app_names(policy, catalogue, form, now_ns, out);
		put_rule_names(policy, catalogue, form, now_ns, out);
	}
	put_notes(policy, catalogue, form, now_ns, out);
	return true;
}
