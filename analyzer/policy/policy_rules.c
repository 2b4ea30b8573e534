#include "analyzer/policy/policy_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy_words.h"

enum { ID_LENGTH_MAX = 64 };

static const char id_letters[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

static const char *read_id(struct policy_reader *reader, const struct yaml_node *value)
{
	const char *text = policy_read_text(reader, value);

	if (text && (strlen(text) > ID_LENGTH_MAX || strspn(text, id_letters) != strlen(text))) {
		policy_error(reader, value,
			"an id has 1 to %d letters, digits, dots, dashes and underscores; found "
			"\"%.60s\"",
			ID_LENGTH_MAX, text);
		return NULL;
	}
	return text;
}

static void read_rule_id(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct policy_rule *rule = &((struct rule *)target)->public;
	const char *id = read_id(reader, value);

	for (uint32_t i = 1; id && i < reader->policy->rule_count; i++) {
		if (strcmp(reader->policy->rules[i].public.id, id) == 0) {
			policy_error(reader, value, "rule \"%s\" stands on line %u already", id,
				reader->policy->rules[i].public.line);
		}
	}
	rule->id = id ? id : rule->id;
	rule->symbol = policy_symbol(reader, value, SYMBOL_RULE, rule->id);
}

static void read_rule_match(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	clause_read_match(reader, value, &((struct rule *)target)->clause);
}

static void read_rule_scope(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	clause_read_scope(reader, value, &((struct rule *)target)->clause);
}

static void read_rule_action(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	/* All actions but "none", which is what a file says by saying nothing. */
	static const char *const names[] = {
#define X(id, name) name,
		POLICY_ACTIONS(X)
#undef X
	};
	int choice =
		policy_read_choice(reader, value, "an action", names + 1, POLICY_ACTION_COUNT - 1);

	if (choice >= 0) {
		((struct rule *)target)->public.action = (uint8_t)(choice + 1);
	}
}

static void read_rule_blocked(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_bool(reader, value, &((struct rule *)target)->public.blocked);
	reader->policy->blocking.network_blocks |= ((struct rule *)target)->public.blocked;
}

static void read_effective_from(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_time(reader, value, false, &((struct rule *)target)->public.effective_from_ns);
}

static void read_grace_until(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_time(reader, value, true, &((struct rule *)target)->public.grace_until_ns);
}

static void read_rule_valid_to(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_time(reader, value, true, &((struct rule *)target)->public.valid_to_ns);
}

static void read_severity(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	static const char *const names[] = { "low", "medium", "high", "critical" };
	int choice = policy_read_choice(reader, value, "a severity", names, 4);

	if (choice >= 0) {
		((struct rule *)target)->public.severity = names[choice];
	}
}

static void read_text_into(
	struct policy_reader *reader, const struct yaml_node *value, const char **target)
{
	const char *text = policy_read_text(reader, value);

	*target = text ? text : *target;
}

#define RULE_TEXT(field)                                                                           \
	static void read_rule_##field(                                                             \
		struct policy_reader *reader, const struct yaml_node *value, void *target)         \
	{                                                                                          \
		read_text_into(reader, value, &((struct rule *)target)->public.field);             \
	}

RULE_TEXT(reference)
RULE_TEXT(risk_reference)
RULE_TEXT(basis)
RULE_TEXT(author)
RULE_TEXT(note)

static const struct policy_word rule_words[] = {
	{ "id", read_rule_id },
	{ "match", read_rule_match },
	{ "scope", read_rule_scope },
	{ "action", read_rule_action },
	{ "blocked", read_rule_blocked },
	{ "effective_from", read_effective_from },
	{ "grace_until", read_grace_until },
	{ "valid_to", read_rule_valid_to },
	{ "severity", read_severity },
	{ "reference", read_rule_reference },
	{ "risk_reference", read_rule_risk_reference },
	{ "basis", read_rule_basis },
	{ "author", read_rule_author },
	{ "note", read_rule_note },
	{ "condition", NULL },
	{ "next_review", NULL },
	{ NULL, NULL },
};

static void require(struct policy_reader *reader, const struct yaml_node *row, const char *what,
	const char *word, const char *example)
{
	if (row->kind == YAML_MAP && !yaml_map_get(row, word)) {
		policy_error(reader, row, "%s needs the word \"%s\", such as \"%s: %s\"", what,
			word, word, example);
	}
}

static void check_rule(
	struct policy_reader *reader, const struct yaml_node *row, const struct policy_rule *rule)
{
	uint64_t from = rule->effective_from_ns;

	require(reader, row, "a rule", "id", "ban-2026");
	require(reader, row, "a rule", "match", "{app: tiktok}");
	require(reader, row, "a rule", "action", "deny");
	if (rule->valid_to_ns && rule->valid_to_ns < from) {
		policy_error(reader, yaml_map_get(row, "valid_to"),
			"the rule ends before it begins (effective_from)");
	}
	if (rule->grace_until_ns && rule->grace_until_ns < from) {
		policy_error(reader, yaml_map_get(row, "grace_until"),
			"the grace period ends before the rule begins (effective_from)");
	}
	if (rule->grace_until_ns && rule->action != POLICY_ACTION_DENY) {
		policy_error(reader, yaml_map_get(row, "grace_until"),
			"only a deny rule has a grace period");
	}
	if (rule->blocked && rule->action != POLICY_ACTION_DENY) {
		policy_error(reader, yaml_map_get(row, "blocked"),
			"only what a rule denies can be blocked by the network");
	}
	if (rule->action == POLICY_ACTION_DENY && rule->basis[0] == '\0' &&
		rule->risk_reference[0] == '\0') {
		policy_warning(reader, row,
			"rule \"%s\" denies without saying why: add \"basis\" (a decision, a "
			"recommendation) or \"risk_reference\" (a risk assessment)",
			rule->id);
	}
}

/* The rows of a list, or 0 with the reason said. */
static uint32_t count_rows(struct policy_reader *reader, const struct yaml_node *value,
	const char *what, uint32_t most)
{
	uint32_t count = 0;

	if (value->kind != YAML_LIST) {
		if (value->kind != YAML_TEXT || value->text[0] != '\0') {
			policy_error(reader, value,
				"expected a list of %s, each behind a dash; "
				"found %s",
				what, yaml_kind_name(value->kind));
		}
		return 0;
	}
	for (const struct yaml_node *row = value->child; row; row = row->next) {
		count++;
	}
	if (count > most) {
		policy_error(reader, value, "%u %s; at most %u are possible", count, what, most);
		return 0;
	}
	return count;
}

/* Does this rule deny to everybody, without an end, whatever the other one speaks of? */
static bool denies_all_of(const struct rule *rule, const struct rule *other)
{
	const struct clause *clause = &rule->clause;

	return rule->public.action == POLICY_ACTION_DENY && !clause->is_of_unit &&
	       clause->scope_rank == SCOPE_RANK_ALL && clause->zones == 0 &&
	       !clause->countries.words && !clause->asns && !clause->names &&
	       !rule->public.valid_to_ns && number_set_has_all(&clause->apps, &other->clause.apps);
}

/* A unit may only be stricter: a unit's rule that is not, against a denial for all, is a mistake
 * that nobody would see otherwise. */
static void check_unit_rules(struct policy_reader *reader, const struct yaml_node *rules)
{
	const struct policy *policy = reader->policy;
	const struct yaml_node *row = rules->child;

	for (uint32_t i = 1; i <= policy->rule_count && row; i++, row = row->next) {
		const struct rule *rule = &policy->rules[i];
		if (!rule->clause.is_of_unit || rule->public.action == POLICY_ACTION_DENY) {
			continue;
		}
		for (uint32_t j = 1; j <= policy->rule_count; j++) {
			if (denies_all_of(&policy->rules[j], rule)) {
				policy_warning(reader, row,
					"rule \"%s\" loses: rule \"%s\" denies the "
					"same for all, and a unit may only be stricter; write an "
					"exception instead",
					rule->public.id, policy->rules[j].public.id);
				break;
			}
		}
	}
}

void policy_read_rules(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct policy *policy = target;
	uint32_t count = count_rows(reader, value, "rules", POLICY_RULES_MAX);

	policy->rules = calloc(count + 1, sizeof(*policy->rules));
	if (!policy->rules) {
		policy_error(reader, value, "out of memory");
		return;
	}
	for (const struct yaml_node *row = value->child; row && count > 0; row = row->next) {
		struct rule *rule = &policy->rules[++policy->rule_count];
		rule->public = (struct policy_rule){ .id = "",
			.reference = "",
			.risk_reference = "",
			.basis = "",
			.severity = "medium",
			.note = "",
			.author = "",
			.line = row->line };
		rule->clause.match_rank = MATCH_RANK_ANY;
		rule->clause.scope_rank = SCOPE_RANK_ALL;
		policy_read_words(reader, row, "a rule", rule_words, rule);
		check_rule(reader, row, &rule->public);
	}
	check_unit_rules(reader, value);
}

static void read_exception_id(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct policy_exception *exception = &((struct exception *)target)->public;
	const char *id = read_id(reader, value);

	for (uint32_t i = 1; id && i < reader->policy->exception_count; i++) {
		if (strcmp(reader->policy->exceptions[i].public.id, id) == 0) {
			policy_error(reader, value, "exception \"%s\" stands on line %u already",
				id, reader->policy->exceptions[i].public.line);
		}
	}
	exception->id = id ? id : exception->id;
	exception->symbol = policy_symbol(reader, value, SYMBOL_EXCEPTION, exception->id);
}

static void read_exception_match(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	clause_read_match(reader, value, &((struct exception *)target)->clause);
}

static void read_exception_scope(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	clause_read_scope(reader, value, &((struct exception *)target)->clause);
}

static void read_valid_from(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_time(reader, value, false, &((struct exception *)target)->public.valid_from_ns);
}

static void read_valid_to(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_time(reader, value, true, &((struct exception *)target)->public.valid_to_ns);
}

#define EXCEPTION_TEXT(field)                                                                      \
	static void read_exception_##field(                                                        \
		struct policy_reader *reader, const struct yaml_node *value, void *target)         \
	{                                                                                          \
		read_text_into(reader, value, &((struct exception *)target)->public.field);        \
	}

EXCEPTION_TEXT(approver)
EXCEPTION_TEXT(reason)
EXCEPTION_TEXT(reference)

static const struct policy_word exception_words[] = {
	{ "id", read_exception_id },
	{ "match", read_exception_match },
	{ "scope", read_exception_scope },
	{ "approver", read_exception_approver },
	{ "reason", read_exception_reason },
	{ "reference", read_exception_reference },
	{ "valid_from", read_valid_from },
	{ "valid_to", read_valid_to },
	{ "condition", NULL },
	{ NULL, NULL },
};

static void check_exception(struct policy_reader *reader, const struct yaml_node *row,
	const struct policy_exception *exception)
{
	require(reader, row, "an exception", "id", "press-office");
	require(reader, row, "an exception", "match", "{app: tiktok}");
	require(reader, row, "an exception", "scope", "{unit: Press office}");
	require(reader, row, "an exception", "approver", "information security officer");
	require(reader, row, "an exception", "reason", "publishes the organisation's own films");
	if (exception->valid_to_ns && exception->valid_to_ns < exception->valid_from_ns) {
		policy_error(reader, yaml_map_get(row, "valid_to"),
			"the exception ends before it begins (valid_from)");
	}
	if (!exception->valid_to_ns && row->kind == YAML_MAP && !yaml_map_get(row, "valid_to")) {
		policy_warning(reader, row,
			"exception \"%s\" has no end: add \"valid_to\", so that somebody looks at "
			"it again",
			exception->id);
	}
}

void policy_read_exceptions(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct policy *policy = target;
	uint32_t count = count_rows(reader, value, "exceptions", POLICY_EXCEPTIONS_MAX);

	policy->exceptions = calloc(count + 1, sizeof(*policy->exceptions));
	if (!policy->exceptions) {
		policy_error(reader, value, "out of memory");
		return;
	}
	for (const struct yaml_node *row = value->child; row && count > 0; row = row->next) {
		struct exception *exception = &policy->exceptions[++policy->exception_count];
		exception->public = (struct policy_exception){
			.id = "", .approver = "", .reason = "", .reference = "", .line = row->line
		};
		exception->clause.match_rank = MATCH_RANK_ANY;
		exception->clause.scope_rank = SCOPE_RANK_ALL;
		policy_read_words(reader, row, "an exception", exception_words, exception);
		check_exception(reader, row, &exception->public);
	}
}
