/* Which rules hold for a record, and which of them decides (policy.h says how). */
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy_model.h"

/* A unit may be stricter than all the others, never laxer: how strict an action is. Assessing
 * leaves the answer to the unit, so that a unit's allow may follow it. */
enum { STRICTNESS_OF_REPORT = 2 };

static unsigned strictness(enum policy_action action)
{
	switch (action) {
	case POLICY_ACTION_DENY:
		return 3;
	case POLICY_ACTION_REPORT:
	case POLICY_ACTION_PENDING:
		return STRICTNESS_OF_REPORT;
	case POLICY_ACTION_ALLOW:
	case POLICY_ACTION_ASSESS:
		return 1;
	default:
		return 0;
	}
}

/* The order of precedence as one number, smaller first: for a unit, a device, a class, a group
 * before everybody; then by what it looks at; then the stricter; then the file's order. */
static uint64_t precedence(const struct policy *policy, uint32_t row)
{
	const struct rule *rule = &policy->rules[row];
	const struct clause *clause = &rule->clause;

	return (uint64_t)!clause->is_of_unit << 60 | (uint64_t)clause->class_rank << 56 |
	       (uint64_t)clause->access_rank << 54 | (uint64_t)clause->unit_rank << 52 |
	       (uint64_t)clause->match_rank << 46 | (uint64_t)clause->network_rank << 42 |
	       (uint64_t)clause->place_rank << 38 |
	       (uint64_t)(3 - strictness(rule->public.action)) << 32 | row;
}

static int compare_borders(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

static void add_border(struct policy *policy, uint64_t time_ns)
{
	if (time_ns && time_ns != UINT64_MAX) {
		policy->borders[policy->border_count++] = time_ns;
	}
}

/* When something begins to be in force, or has ended. */
static bool collect_borders(struct policy *policy)
{
	policy->borders =
		calloc(3 * (size_t)policy->rule_count + 2 * (size_t)policy->exception_count + 1,
			sizeof(*policy->borders));
	if (!policy->borders) {
		return false;
	}
	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i].public;
		add_border(policy, rule->effective_from_ns);
		add_border(policy, rule->grace_until_ns + !!rule->grace_until_ns);
		add_border(policy, rule->valid_to_ns + !!rule->valid_to_ns);
	}
	for (uint32_t i = 1; i <= policy->exception_count; i++) {
		const struct policy_exception *exception = &policy->exceptions[i].public;
		add_border(policy, exception->valid_from_ns);
		add_border(policy, exception->valid_to_ns + !!exception->valid_to_ns);
	}
	qsort(policy->borders, policy->border_count, sizeof(*policy->borders), compare_borders);
	return true;
}

static void ask_names(struct name_tails *tails, const char *const *names, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		name_tails_add(tails, names[i], strlen(names[i]));
	}
}

static void ask(struct asked *asked, const struct clause *clause)
{
	asked->each |= clause->bytes_up_least > 0 || clause->devices || clause->except.devices;
	asked->zones |= clause->zones != 0;
	asked->directions |= clause->directions != 0;
	asked->asns |= clause->asns != NULL;
	asked->parent_countries |= clause->parent_countries.words != NULL;
	asked->owner_countries |= clause->owner_countries.words != NULL;
	asked->server_countries |= clause->server_countries.words != NULL;
	asked->operator_countries |= clause->operator_countries.words != NULL;
	ask_names(&asked->names, clause->names, clause->name_count);
	ask_names(&asked->names, clause->approved_names, clause->approved_name_count);
}

int policy_order_rules(struct policy *policy)
{
	uint32_t names = 0;

	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		names += policy->rules[i].clause.name_count;
	}
	int status =
		rule_index_init(&policy->index_of_rules, symbol_highest(SYMBOL_APP) + 1, names);
	for (uint32_t i = 1; status == 0 && i <= policy->rule_count; i++) {
		const struct clause *clause = &policy->rules[i].clause;
		ask(&policy->asked, clause);
		const struct policy_rule *rule = &policy->rules[i].public;
		bool denies = rule->action == POLICY_ACTION_DENY;
		policy->asks_use |= denies && clause->match_rank <= MATCH_RANK_CONTROL;
		policy->has_deadlines |=
			denies && (rule->grace_until_ns || rule->effective_from_ns);
		policy->rules[i].precedence = precedence(policy, i);
		status = rule_index_add(&policy->index_of_rules, i, clause);
	}
	policy->asks_use |= policy->header.mode == POLICY_MODE_ALLOW_LIST;
	rule_index_finish(&policy->index_of_rules);
	for (uint32_t i = 1; i <= policy->exception_count; i++) {
		ask(&policy->asked, &policy->exceptions[i].clause);
	}
	return status < 0 || !collect_borders(policy) ? -12 : 0;
}

bool policy_rule_is_in_force(const struct policy_rule *rule, uint64_t time_ns)
{
	return rule->stage != POLICY_STAGE_DRAFT && time_ns >= rule->effective_from_ns &&
	       (!rule->valid_to_ns || time_ns <= rule->valid_to_ns);
}

static bool exception_is_in_force(const struct policy_exception *exception, uint64_t time_ns)
{
	return time_ns >= exception->valid_from_ns &&
	       (!exception->valid_to_ns || time_ns <= exception->valid_to_ns);
}

bool policy_exception_holds(
	const struct exception *exception, const struct policy_context *context, uint64_t time_ns)
{
	bool is_broken = exception->public.no_internal_flows && context->contact_ns != 0 &&
			 context->contact_ns >= exception->public.valid_from_ns;

	return exception_is_in_force(&exception->public, time_ns) && !is_broken;
}

/* Where more rules hold than are kept: the last that neither denies nor allows goes, else the last,
 * so that what decides is there. */
static uint32_t least_of(const struct evaluation *evaluation, const struct policy *policy)
{
	uint32_t at = evaluation->count;

	while (at > 0 && strictness(policy->rules[evaluation->rules[at - 1].row].public.action) !=
				 STRICTNESS_OF_REPORT) {
		at--;
	}
	return at > 0 ? at - 1 : evaluation->count - 1;
}

/* Sorted into its place; a rule that two names led to stands once. */
static void insert(struct evaluation *evaluation, const struct policy *policy, uint32_t row)
{
	uint64_t own = policy->rules[row].precedence;
	uint32_t at = evaluation->count;

	while (at > 0 && policy->rules[evaluation->rules[at - 1].row].precedence > own) {
		at--;
	}
	if (at > 0 && evaluation->rules[at - 1].row == row) {
		return;
	}
	if (evaluation->count == STANDING_MAX) {
		uint32_t victim = least_of(evaluation, policy);
		if (victim < at) {
			at--;
		}
		memmove(evaluation->rules + victim, evaluation->rules + victim + 1,
			(evaluation->count - victim - 1) * sizeof(*evaluation->rules));
		evaluation->count--;
	}
	memmove(evaluation->rules + at + 1, evaluation->rules + at,
		(evaluation->count - at) * sizeof(*evaluation->rules));
	evaluation->rules[at] = (struct standing_rule){ .row = row };
	evaluation->count++;
}

/* What is collected, for whom. */
struct collecting {
	const struct policy *policy;
	const struct record *record;
	struct evaluation *evaluation;
	bool has_access;
};

static void look_at(void *context, uint32_t row)
{
	const struct collecting *collecting = context;
	const struct rule *rule = &collecting->policy->rules[row];
	const struct record *record = collecting->record;

	if (policy_rule_is_in_force(&rule->public, record->flow.start_ns) &&
		clause_holds(&rule->clause, record, collecting->has_access)) {
		insert(collecting->evaluation, collecting->policy, row);
	}
}

static void collect(const struct policy *policy, const struct policy_context *context,
	const struct record *record, struct evaluation *evaluation)
{
	struct collecting collecting = { policy, record, evaluation,
		policy_has_access(policy, context, record) };

	rule_index_each(&policy->index_of_rules, record, look_at, &collecting);
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

static bool lifts(const struct policy *policy, const struct exception *exception, uint32_t row)
{
	return exception->lifts.count > 0 ? names_row(&exception->lifts, row)
					  : policy->rules[row].public.action != POLICY_ACTION_ALLOW;
}

static void lift(const struct policy *policy, const struct policy_context *context,
	const struct record *record, struct evaluation *evaluation)
{
	bool has_access = policy_has_access(policy, context, record);

	for (uint32_t i = 1; i <= policy->exception_count && evaluation->count > 0; i++) {
		const struct exception *exception = &policy->exceptions[i];
		if (!policy_exception_holds(exception, context, record->flow.start_ns) ||
			!clause_holds(&exception->clause, record, has_access)) {
			continue;
		}
		for (uint32_t j = 0; j < evaluation->count; j++) {
			struct standing_rule *held = &evaluation->rules[j];
			if (held->standing == STANDING_LOSES &&
				lifts(policy, exception, held->row)) {
				held->standing = STANDING_LIFTED;
				held->by = i;
				evaluation->exception =
					evaluation->exception ? evaluation->exception : i;
			}
		}
	}
}

static bool opens(const struct rule *allow, const struct rule *deny, uint32_t deny_row)
{
	bool may_add_only = allow->clause.is_of_unit && !deny->clause.is_of_unit;

	return names_row(&allow->opens, deny_row) ||
	       (!may_add_only && clause_is_as_exact(&allow->clause, &deny->clause));
}

/* The allow among them that opens this deny; 0 none. */
static uint32_t find_opener(
	const struct policy *policy, const struct evaluation *evaluation, uint32_t deny_row)
{
	for (uint32_t i = 0; i < evaluation->count; i++) {
		const struct standing_rule *held = &evaluation->rules[i];
		const struct rule *rule = &policy->rules[held->row];
		if (held->standing != STANDING_LIFTED &&
			rule->public.action == POLICY_ACTION_ALLOW &&
			opens(rule, &policy->rules[deny_row], deny_row)) {
			return held->row;
		}
	}
	return 0;
}

/* The first deny of that stage that nothing opens. */
static struct standing_rule *find_deny(
	const struct policy *policy, struct evaluation *evaluation, enum policy_stage stage)
{
	struct standing_rule *first = NULL;

	for (uint32_t i = 0; i < evaluation->count; i++) {
		struct standing_rule *held = &evaluation->rules[i];
		const struct policy_rule *rule = &policy->rules[held->row].public;
		if (held->standing == STANDING_LIFTED || rule->action != POLICY_ACTION_DENY ||
			rule->stage != stage) {
			continue;
		}
		held->by = find_opener(policy, evaluation, held->row);
		if (held->by) {
			held->standing = STANDING_OPENED;
		} else if (!first) {
			first = held;
		}
	}
	return first;
}

static struct standing_rule *find_lifted_deny(
	const struct policy *policy, struct evaluation *evaluation)
{
	for (uint32_t i = 0; i < evaluation->count; i++) {
		struct standing_rule *held = &evaluation->rules[i];
		const struct policy_rule *rule = &policy->rules[held->row].public;
		if (held->standing == STANDING_LIFTED && rule->action == POLICY_ACTION_DENY &&
			rule->stage != POLICY_STAGE_WATCH) {
			return held;
		}
	}
	return NULL;
}

static struct standing_rule *find_lifted(struct evaluation *evaluation)
{
	for (uint32_t i = 0; i < evaluation->count; i++) {
		if (evaluation->rules[i].standing == STANDING_LIFTED) {
			return &evaluation->rules[i];
		}
	}
	return NULL;
}

/* Without a deny: the first of a unit's rules, unless the body's first is stricter. */
static struct standing_rule *find_other(const struct policy *policy, struct evaluation *evaluation)
{
	struct standing_rule *of_unit = NULL, *of_all = NULL;

	for (uint32_t i = 0; i < evaluation->count; i++) {
		struct standing_rule *held = &evaluation->rules[i];
		bool is_of_unit = policy->rules[held->row].clause.is_of_unit;
		if (held->standing != STANDING_LOSES ||
			policy->rules[held->row].public.stage == POLICY_STAGE_WATCH) {
			continue;
		}
		of_unit = is_of_unit && !of_unit ? held : of_unit;
		of_all = !is_of_unit && !of_all ? held : of_all;
	}
	if (!of_unit || !of_all) {
		return of_unit ? of_unit : of_all;
	}
	return strictness(policy->rules[of_unit->row].public.action) <
			       strictness(policy->rules[of_all->row].public.action)
		       ? of_all
		       : of_unit;
}

/* A watched deny changes nothing that others say but "reported": what is lifted, opened or not
 * approved stays that. */
static struct standing_rule *find_watched(
	const struct policy *policy, struct evaluation *evaluation, struct standing_rule *other)
{
	struct standing_rule *watched = find_deny(policy, evaluation, POLICY_STAGE_WATCH);
	bool is_list = policy->header.mode == POLICY_MODE_ALLOW_LIST;
	bool is_free = other ? policy->rules[other->row].public.action != POLICY_ACTION_ALLOW
			     : !is_list && !evaluation->exception;

	return watched && is_free ? watched : other;
}

void policy_evaluate(const struct policy *policy, const struct policy_context *context,
	const struct record *record, struct evaluation *evaluation)
{
	struct standing_rule *winner;

	evaluation->rule = evaluation->exception = evaluation->count = 0;
	evaluation->is_lifted = false;
	collect(policy, context, record, evaluation);
	lift(policy, context, record, evaluation);
	winner = find_deny(policy, evaluation, POLICY_STAGE_IN_FORCE);
	if (!winner) {
		winner = find_lifted_deny(policy, evaluation);
		evaluation->is_lifted = winner != NULL;
	}
	if (!winner) {
		winner = find_watched(policy, evaluation, find_other(policy, evaluation));
	}
	if (!winner) {
		winner = find_lifted(evaluation); /* no deny, and nothing else that speaks */
		evaluation->is_lifted = winner != NULL;
	}
	if (winner) {
		evaluation->rule = winner->row;
		evaluation->exception = evaluation->is_lifted ? winner->by : evaluation->exception;
		winner->standing = evaluation->is_lifted ? winner->standing : STANDING_DECIDES;
	}
}

uint16_t policy_lapsed_exception(
	const struct policy *policy, const struct record *record, bool *is_over)
{
	uint64_t now_ns = record->flow.start_ns;

	policy = policy_at(policy, now_ns);
	uint32_t row = symbol_rows_find(&policy->rule_rows, record->decision.rule);
	for (uint32_t i = 1; row && i <= policy->exception_count; i++) {
		const struct exception *exception = &policy->exceptions[i];
		const struct policy_exception *public = &exception->public;
		*is_over = public->valid_to_ns && now_ns > public->valid_to_ns;
		bool is_broken = public->no_internal_flows && exception_is_in_force(public, now_ns);
		if ((*is_over || is_broken) && now_ns >= public->valid_from_ns &&
			lifts(policy, exception, row) &&
			clause_holds(&exception->clause, record, false)) {
			return public->symbol;
		}
	}
	return 0;
}

const char *policy_severity(const struct policy *policy, const struct policy_rule *rule,
	uint16_t unit, uint8_t confidence)
{
	enum { CONFIDENCE_WEAK = 75 };
	static const char *const steps[] = { "low", "medium", "high", "critical" };
	uint16_t row = symbol_rows_find(&policy->unit_rows, unit);
	int step = 0;

	while (step < 3 && strcmp(steps[step], rule->severity) != 0) {
		step++;
	}
	step += row && policy->units[row].protection >= PROTECTION_SECRECY;
	step -= confidence != 0 && confidence < CONFIDENCE_WEAK;
	return steps[step < 0 ? 0 : step > 3 ? 3 : step];
}
