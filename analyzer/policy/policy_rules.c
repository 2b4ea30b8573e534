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

/* The line on which a rule's id was given first; NULL: out of memory. */
static uint32_t *line_of(struct policy *policy, uint16_t symbol)
{
	if (!policy->lines) {
		policy->lines = calloc(SYMBOLS_MAX + 1, sizeof(*policy->lines));
	}
	return policy->lines && symbol ? &policy->lines[symbol] : NULL;
}

static void read_rule_id(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct policy_rule *rule = &((struct rule *)target)->public;
	const char *id = read_id(reader, value);

	rule->id = id ? id : rule->id;
	rule->symbol = policy_symbol(reader, value, SYMBOL_RULE, rule->id);
	uint32_t *line = line_of(reader->policy, rule->symbol);
	if (id && line && *line) {
		policy_error(reader, value, "rule \"%s\" stands on line %u already", id, *line);
	} else if (line) {
		*line = rule->line;
	}
}

static void read_opens(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	(void)reader;
	((struct rule *)target)->opens.names = value;
}

static void read_confidence(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	uint32_t number;

	if (policy_read_number(reader, value, 0, 99, &number)) {
		((struct rule *)target)->public.confidence = (uint8_t)number;
	}
}

static void read_next_review(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_time(reader, value, true, &((struct rule *)target)->public.next_review_ns);
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

static void read_stage(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	static const char *const names[] = {
#define X(id, name) name,
		POLICY_STAGES(X)
#undef X
	};
	int choice = policy_read_choice(reader, value, "a stage", names, POLICY_STAGE_COUNT);

	if (choice >= 0) {
		((struct rule *)target)->public.stage = (uint8_t)choice;
	}
}

#define RULE_TEXT(field)                                                                           \
	static void read_rule_##field(                                                             \
		struct policy_reader *reader, const struct yaml_node *value, void *target)         \
	{                                                                                          \
		policy_read_free_text(reader, value, &((struct rule *)target)->public.field);      \
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
	{ "opens", read_opens },
	{ "confidence", read_confidence },
	{ "next_review", read_next_review },
	{ "stage", read_stage },
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
	if (rule->stage == POLICY_STAGE_WATCH && rule->action != POLICY_ACTION_DENY) {
		policy_error(reader, yaml_map_get(row, "stage"),
			"only a deny rule can be watched: nobody is told of what \"%s\" does "
			"anyway",
			policy_action_name(rule->action));
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

/* The rows of the rules that a list names. */
static void resolve(struct policy_reader *reader, struct rule_list *list)
{
	const struct policy *policy = reader->policy;
	const struct yaml_node *item = NULL;

	if (!list->names) {
		return;
	}
	list->rows = policy_new_rows(
		reader, list->names, policy_count_texts(list->names), sizeof(*list->rows));
	while (list->rows && (item = policy_next_text(reader, list->names, item))) {
		struct policy_guess guess = policy_guess(item->text);
		char hint[96];
		uint32_t row = 1;
		while (row <= policy->rule_count &&
			strcmp(policy->rules[row].public.id, item->text) != 0) {
			policy_guess_try(&guess, policy->rules[row++].public.id);
		}
		if (row <= policy->rule_count) {
			list->rows[list->count++] = row;
		} else {
			policy_error(reader, item, "this file has no rule \"%.60s\"%s", item->text,
				policy_guess_text(&guess, hint));
		}
	}
}

void policy_resolve_rules(struct policy_reader *reader)
{
	struct policy *policy = reader->policy;

	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		resolve(reader, &policy->rules[i].opens);
	}
	for (uint32_t i = 1; i <= policy->exception_count; i++) {
		resolve(reader, &policy->exceptions[i].lifts);
	}
}

void policy_read_rules(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct policy *policy = target;
	uint32_t count = count_rows(reader, value, "rules", POLICY_RULES_MAX);

	struct rule *rules =
		realloc(policy->rules, (policy->rule_count + count + 1) * sizeof(*rules));
	if (!rules || policy->rule_count + count > POLICY_RULES_MAX) {
		policy->rules = rules ? rules : policy->rules;
		policy_error(reader, value, "more than %d rules, or no memory", POLICY_RULES_MAX);
		return;
	}
	memset(rules + policy->rule_count + (policy->rule_count > 0), 0,
		(count + (policy->rule_count == 0)) * sizeof(*rules));
	policy->rules = rules;
	for (const struct yaml_node *row = value->child; row && count > 0; row = row->next) {
		struct rule *rule = &policy->rules[++policy->rule_count];
		rule->public = (struct policy_rule){ .id = "",
			.reference = "",
			.risk_reference = "",
			.basis = "",
			.severity = "medium",
			.note = "",
			.author = "",
			.confidence = POLICY_CONFIDENCE_LEAST,
			.line = row->line };
		rule->node = row;
		clause_init(&rule->clause);
		policy_read_words(reader, row, "a rule", rule_words, rule);
		check_rule(reader, row, &rule->public);
	}
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
		policy_read_free_text(reader, value, &((struct exception *)target)->public.field); \
	}

EXCEPTION_TEXT(approver)
EXCEPTION_TEXT(reason)
EXCEPTION_TEXT(reference)

static void read_lifts(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	(void)reader;
	((struct exception *)target)->lifts.names = value;
}

static void read_exception_kind(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	static const char *const names[] = { "mitigated", "waiver" };
	int choice = policy_read_choice(reader, value, "a kind of exception", names, 2);

	if (choice >= 0) {
		((struct exception *)target)->public.kind = names[choice];
	}
}

static void read_condition(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	static const char *const names[] = { "no internal flows" };

	if (policy_read_choice(reader, value, "a condition", names, 1) == 0) {
		((struct exception *)target)->public.no_internal_flows = true;
		reader->policy->asks_contacts = true;
	}
}

static const struct policy_word exception_words[] = {
	{ "id", read_exception_id },
	{ "match", read_exception_match },
	{ "scope", read_exception_scope },
	{ "approver", read_exception_approver },
	{ "reason", read_exception_reason },
	{ "reference", read_exception_reference },
	{ "valid_from", read_valid_from },
	{ "valid_to", read_valid_to },
	{ "rules", read_lifts },
	{ "kind", read_exception_kind },
	{ "condition", read_condition },
	{ NULL, NULL },
};

static void check_exception(struct policy_reader *reader, const struct yaml_node *row,
	const struct policy_exception *exception)
{
	require(reader, row, "an exception", "id", "press-office");
	if (row->kind == YAML_MAP && !yaml_map_get(row, "match") && !yaml_map_get(row, "rules")) {
		policy_error(reader, row,
			"an exception needs the word \"rules\", such as \"rules: [ban-2026]\", or "
			"\"match\"");
	}
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

	policy->exceptions = policy_new_rows(reader, value, count, sizeof(*policy->exceptions));
	if (!policy->exceptions) {
		return;
	}
	for (const struct yaml_node *row = value->child; row && count > 0; row = row->next) {
		struct exception *exception = &policy->exceptions[++policy->exception_count];
		exception->public = (struct policy_exception){ .id = "",
			.approver = "",
			.reason = "",
			.reference = "",
			.kind = "",
			.line = row->line };
		exception->node = row;
		clause_init(&exception->clause);
		policy_read_words(reader, row, "an exception", exception_words, exception);
		check_exception(reader, row, &exception->public);
	}
}
