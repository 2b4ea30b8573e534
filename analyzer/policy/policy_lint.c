/* Doubts about rules that read well: what can never decide, what reaches people it should not, what
 * holds for nobody. Warnings, not errors. */
#include <string.h>

#include "analyzer/policy/policy_model.h"
#include "analyzer/policy/policy_words.h"

/* Pairs of rules are looked at up to so many; larger policies come from a generator. */
enum { PAIRS_MAX = 4000000 };

static const struct yaml_node *rule_at(const struct rule *rule)
{
	return rule->node;
}

static bool sets_meet(const struct number_set *a, const struct number_set *b)
{
	if (!a->words || !b->words) {
		return true;
	}
	for (uint32_t i = 0; i < a->word_count && i < b->word_count; i++) {
		if (a->words[i] & b->words[i]) {
			return true;
		}
	}
	return false;
}

static bool set_is_empty(const struct number_set *set)
{
	if (!set->words) {
		return false;
	}
	for (uint32_t i = 0; i < set->word_count; i++) {
		if (set->words[i]) {
			return false;
		}
	}
	return true;
}

static bool dates_meet(const struct policy_rule *a, const struct policy_rule *b)
{
	return (!a->valid_to_ns || a->valid_to_ns >= b->effective_from_ns) &&
	       (!b->valid_to_ns || b->valid_to_ns >= a->effective_from_ns);
}

/* Is the name of an app that the other clause speaks of? Names that nobody knows may be anybody's.
 */
static bool names_meet(
	const struct catalogue *catalogue, const struct clause *named, const struct clause *other)
{
	if (!named->names || other->names || !other->apps.words) {
		return true;
	}
	for (uint32_t i = 0; i < named->name_count; i++) {
		struct match match =
			catalogue_match_name(catalogue, named->names[i], strlen(named->names[i]));
		if (match.app == 0 || number_set_has(&other->apps, match.app)) {
			return true;
		}
	}
	return false;
}

static bool clauses_meet(
	const struct catalogue *catalogue, const struct clause *a, const struct clause *b)
{
	bool zones = !a->zones || !b->zones || (a->zones & b->zones);
	bool directions = !a->directions || !b->directions || (a->directions & b->directions);
	bool access = !a->access || !b->access || a->access == b->access;

	return zones && directions && access && sets_meet(&a->apps, &b->apps) &&
	       sets_meet(&a->units, &b->units) && sets_meet(&a->classes, &b->classes) &&
	       sets_meet(&a->parent_countries, &b->parent_countries) &&
	       sets_meet(&a->server_countries, &b->server_countries) &&
	       names_meet(catalogue, a, b) && names_meet(catalogue, b, a);
}

static bool names_cover(const struct clause *outer, const struct clause *inner)
{
	if (!outer->names) {
		return true;
	}
	for (uint32_t i = 0; i < inner->name_count; i++) {
		bool is_below = false;
		for (uint32_t j = 0; j < outer->name_count && !is_below; j++) {
			is_below = clause_name_is_below(
				inner->names[i], strlen(inner->names[i]), outer->names[j]);
		}
		if (!is_below) {
			return false;
		}
	}
	return inner->names != NULL;
}

static bool asns_cover(const struct clause *outer, const struct clause *inner)
{
	for (uint32_t i = 0; outer->asns && i < inner->asn_count; i++) {
		bool is_there = false;
		for (uint32_t j = 0; j < outer->asn_count; j++) {
			is_there |= outer->asns[j] == inner->asns[i];
		}
		if (!is_there) {
			return false;
		}
	}
	return !outer->asns || inner->asns;
}

/* Does the outer one hold wherever the inner one does? */
static bool covers(const struct rule *outer, const struct rule *inner)
{
	const struct clause *a = &outer->clause, *b = &inner->clause;
	bool is_whole = !a->devices && !a->except.devices && !a->except.units.words &&
			!a->except.classes.words && !a->approved_names && !a->approved_apps.words &&
			a->bytes_up_least <= b->bytes_up_least;
	bool zones = !a->zones || (b->zones && !(b->zones & ~a->zones));
	bool directions = !a->directions || (b->directions && !(b->directions & ~a->directions));
	bool dates = outer->public.effective_from_ns <= inner->public.effective_from_ns &&
		     (!outer->public.valid_to_ns ||
			     (inner->public.valid_to_ns &&
				     inner->public.valid_to_ns <= outer->public.valid_to_ns));

	return is_whole && zones && directions && dates && (!a->access || a->access == b->access) &&
	       number_set_has_all(&a->apps, &b->apps) && number_set_has_all(&a->units, &b->units) &&
	       number_set_has_all(&a->classes, &b->classes) &&
	       number_set_has_all(&a->parent_countries, &b->parent_countries) &&
	       number_set_has_all(&a->owner_countries, &b->owner_countries) &&
	       number_set_has_all(&a->server_countries, &b->server_countries) &&
	       number_set_has_all(&a->operator_countries, &b->operator_countries) &&
	       names_cover(a, b) && asns_cover(a, b);
}

static bool names_row(const struct rule_list *list, uint32_t row)
{
	for (uint32_t i = 0; i < list->count; i++) {
		if (list->rows[i] == row) {
			return true;
		}
	}
	return false;
}

/* A draft decides nothing, and a watched rule only where no other does. */
static bool stands_aside(const struct rule *other, const struct rule *rule)
{
	return other->public.stage != POLICY_STAGE_IN_FORCE &&
	       other->public.stage != rule->public.stage;
}

static bool adds_only(const struct rule *allow, const struct rule *deny)
{
	return allow->clause.is_of_unit && !deny->clause.is_of_unit;
}

/* Is that deny opened wherever the allow holds, by itself or by another one? */
static bool is_opened(const struct policy *policy, const struct rule *allow, uint32_t deny)
{
	const struct rule *denying = &policy->rules[deny];

	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		const struct rule *other = &policy->rules[i];
		bool opens = names_row(&other->opens, deny) ||
			     (!adds_only(other, denying) &&
				     clause_is_as_exact(&other->clause, &denying->clause));
		if (other->public.action == POLICY_ACTION_ALLOW && opens &&
			(other == allow || (!stands_aside(other, allow) && covers(other, allow)))) {
			return true;
		}
	}
	return false;
}

/* An allow that a deny beats, somewhere or everywhere. */
static void lint_allow(struct policy_reader *reader, uint32_t row)
{
	struct policy *policy = reader->policy;
	struct rule *allow = &policy->rules[row];

	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		const struct rule *deny = &policy->rules[i];
		if (deny->public.action != POLICY_ACTION_DENY || stands_aside(deny, allow) ||
			!dates_meet(&allow->public, &deny->public) ||
			!clauses_meet(reader->catalogue, &allow->clause, &deny->clause) ||
			is_opened(policy, allow, i)) {
			continue;
		}
		allow->loses_to = i;
		policy_warning(reader, rule_at(allow),
			adds_only(allow, deny)
				? "rule \"%s\" loses: rule \"%s\" denies it, and a unit "
				  "may only be stricter; say \"opens: [%s]\", or write an "
				  "exception instead"
				: "rule \"%s\" loses where rule \"%s\" denies: it is less exact "
				  "on some axis; say \"opens: [%s]\", or write an exception "
				  "instead",
			allow->public.id, deny->public.id, deny->public.id);
		return;
	}
}

/* A rule that never decides, since another one holds wherever it does and stands before it. */
static void lint_shadow(struct policy_reader *reader, uint32_t row)
{
	const struct policy *policy = reader->policy;
	const struct rule *rule = &policy->rules[row];

	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		const struct rule *other = &policy->rules[i];
		bool is_deny = other->public.action == POLICY_ACTION_DENY;
		bool is_before = other->precedence < rule->precedence;
		bool wins = is_deny ? rule->public.action != POLICY_ACTION_DENY || is_before
				    : rule->public.action != POLICY_ACTION_DENY && is_before;
		if (i != row && wins && !stands_aside(other, rule) &&
			rule->public.action != POLICY_ACTION_ALLOW && covers(other, rule)) {
			policy_warning(reader, rule_at(rule),
				"rule \"%s\" never decides: rule \"%s\" (line %u) holds wherever "
				"it does and stands before it; remove it, or make it speak of less",
				rule->public.id, other->public.id, other->public.line);
			return;
		}
	}
}

static bool is_for_unit(const struct clause *clause, uint16_t unit)
{
	const struct number_set *except = &clause->except.units;

	return number_set_has(&clause->units, unit) &&
	       !(except->words && number_set_has(except, unit));
}

/* Can a device of that class be where the clause holds? Of VLANs, and of classes that have no
 * place, the unit may be any. */
static bool may_meet_class(
	const struct policy *policy, const struct clause *clause, uint16_t class_)
{
	bool has_network = false;

	for (uint32_t vlan = 0; vlan < VLAN_COUNT; vlan++) {
		if (policy->vlans[vlan].class_ == class_) {
			return true;
		}
	}
	for (uint32_t i = 0; i < policy->network_count; i++) {
		const struct location *location = &policy->locations[i];
		bool is_there = location->class_ == class_;
		if (is_there && is_for_unit(clause, location->unit)) {
			return true;
		}
		has_network |= is_there;
	}
	return !has_network;
}

/* Guests, pupils and private devices: a ban on handed-out devices must not reach them unasked. */
static void lint_reach(struct policy_reader *reader, const struct rule *rule)
{
	const struct policy *policy = reader->policy;
	const struct clause *clause = &rule->clause;

	if (rule->public.action != POLICY_ACTION_DENY || clause->class_rank != CLASS_RANK_ANY ||
		clause->access == CLAUSE_ACCESS_YES) {
		return;
	}
	for (uint32_t i = 1; i <= policy->class_count; i++) {
		const struct device_class *class_ = &policy->classes[i];
		bool is_theirs = class_->has_type && (class_->type == CLASS_TYPE_GUEST ||
							     class_->type == CLASS_TYPE_PUPIL ||
							     class_->type == CLASS_TYPE_PRIVATE);
		bool is_excepted = clause->except.classes.words &&
				   number_set_has(&clause->except.classes, class_->symbol);
		if (is_theirs && class_->is_in_scope && !is_excepted &&
			may_meet_class(policy, clause, class_->symbol)) {
			policy_warning(reader, rule_at(rule),
				"rule \"%s\" denies to class \"%s\" as well, which are not devices "
				"that were handed out; say for whom it is (\"scope: {class_type: "
				"owned}\"), or name that class",
				rule->public.id, class_->name);
			return;
		}
	}
}

/* Does some list say whose an app's names are? */
static bool is_confirmed(const struct catalogue *catalogue, uint16_t app)
{
	const uint32_t *places;
	unsigned count = catalogue_rules_of(catalogue, app, &places);

	for (unsigned i = 0; i < count; i++) {
		const struct catalogue_rule *rule = catalogue_rule(catalogue, places[i]);
		if (rule->source[0] && !rule->weak && !rule->shared && rule->kind != RULE_ASN) {
			return true;
		}
	}
	return false;
}

/* A deny that nothing of an app it names can ever fulfil: all that is known of the app is weaker
 * than what the rule asks. */
static void lint_doubt(struct policy_reader *reader, const struct rule *rule)
{
	enum { UNCONFIRMED_AT_MOST = 63 }; /* analyzer/attribute/attribute.h */
	const struct catalogue *catalogue = reader->catalogue;

	if (rule->public.action != POLICY_ACTION_DENY ||
		rule->clause.match_rank != MATCH_RANK_APP ||
		rule->public.confidence <= UNCONFIRMED_AT_MOST) {
		return;
	}
	for (unsigned i = 0; i < catalogue_app_count(catalogue); i++) {
		const struct app *app = catalogue_app_at(catalogue, i);
		if (number_set_has(&rule->clause.apps, app->symbol) &&
			!is_confirmed(catalogue, app->symbol)) {
			policy_warning(reader, rule_at(rule),
				"rule \"%s\": no public list confirms the names of %s, so what "
				"shows "
				"it is worth %u at most, and below the rule's %u it is reported as "
				"probable, never a violation; if that is enough for you, add "
				"\"confidence: 60\"",
				rule->public.id, app->name, UNCONFIRMED_AT_MOST,
				rule->public.confidence);
			return;
		}
	}
}

static void lint_scope(struct policy_reader *reader, const struct yaml_node *at, const char *id,
	const struct clause *clause)
{
	if (set_is_empty(&clause->units)) {
		policy_warning(
			reader, at, "\"%s\" holds for nobody: no unit is meant by its scope", id);
	} else if (set_is_empty(&clause->classes)) {
		policy_warning(reader, at,
			"\"%s\" holds for nobody: no class of this file is meant by its scope", id);
	}
}

void policy_lint(struct policy_reader *reader)
{
	const struct policy *policy = reader->policy;
	bool has_time = (uint64_t)policy->rule_count * policy->rule_count <= PAIRS_MAX;

	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];
		lint_scope(reader, rule_at(rule), rule->public.id, &rule->clause);
		lint_reach(reader, rule);
		lint_doubt(reader, rule);
		if (has_time && rule->public.action == POLICY_ACTION_ALLOW) {
			lint_allow(reader, i);
		}
		if (has_time && !set_is_empty(&rule->clause.units) &&
			!set_is_empty(&rule->clause.classes)) {
			lint_shadow(reader, i);
		}
	}
	for (uint32_t i = 1; i <= policy->exception_count; i++) {
		const struct exception *exception = &policy->exceptions[i];
		lint_scope(reader, exception->node, exception->public.id, &exception->clause);
	}
}
