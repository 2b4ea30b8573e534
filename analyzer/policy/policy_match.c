#include "analyzer/policy/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/block.h"
#include "analyzer/policy/policy_model.h"

/* A unit may be stricter than all the others, never laxer: how strict an action is. Assessing
 * leaves the answer to the unit, so that a unit's allow may follow it. */
static unsigned strictness(enum policy_action action)
{
	switch (action) {
	case POLICY_ACTION_DENY:
		return 3;
	case POLICY_ACTION_REPORT:
	case POLICY_ACTION_PENDING:
		return 2;
	case POLICY_ACTION_ALLOW:
	case POLICY_ACTION_ASSESS:
		return 1;
	default:
		return 0;
	}
}

/* The order of precedence as one number, smaller first. */
static uint64_t precedence(const struct rule *rule, uint32_t row)
{
	return (uint64_t)!rule->clause.is_of_unit << 48 | (uint64_t)rule->clause.scope_rank << 40 |
	       (uint64_t)rule->clause.match_rank << 32 |
	       (uint64_t)(3 - strictness(rule->public.action)) << 24 | row;
}

static int compare_precedence(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

int policy_order_rules(struct policy *policy)
{
	uint64_t *order = calloc(policy->rule_count + 1, sizeof(*order));
	uint32_t used = 0;

	policy->app_count = symbol_highest(SYMBOL_APP) + 1;
	policy->candidate_starts = calloc(policy->app_count + 1, sizeof(*policy->candidate_starts));
	policy->candidates = calloc(
		(size_t)policy->app_count * policy->rule_count + 1, sizeof(*policy->candidates));
	if (!order || !policy->candidate_starts || !policy->candidates) {
		free(order);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < policy->rule_count; i++) {
		order[i] = precedence(&policy->rules[i + 1], i + 1);
	}
	qsort(order, policy->rule_count, sizeof(*order), compare_precedence);
	for (uint32_t app = 0; app < policy->app_count; app++) {
		policy->candidate_starts[app] = used;
		for (uint32_t i = 0; i < policy->rule_count; i++) {
			uint16_t row = (uint16_t)(order[i] & 0xffff);
			if (number_set_has(&policy->rules[row].clause.apps, app)) {
				policy->candidates[used++] = row;
			}
		}
	}
	policy->candidate_starts[policy->app_count] = used;
	free(order);
	return 0;
}

bool policy_rule_is_in_force(const struct policy_rule *rule, uint64_t time_ns)
{
	return time_ns >= rule->effective_from_ns &&
	       (!rule->valid_to_ns || time_ns <= rule->valid_to_ns);
}

struct policy_winner policy_find_rule(const struct policy *policy, const struct record *record)
{
	uint32_t app = record->verdict.app < policy->app_count ? record->verdict.app : 0;
	uint64_t time_ns = record->flow.start_ns;
	struct policy_winner winner = { 0 };

	for (uint32_t i = policy->candidate_starts[app]; i < policy->candidate_starts[app + 1];
		i++) {
		uint16_t row = policy->candidates[i];
		const struct rule *rule = &policy->rules[row];
		if ((rule->clause.is_of_unit && winner.unit_rule) ||
			!policy_rule_is_in_force(&rule->public, time_ns) ||
			!clause_holds(&rule->clause, record)) {
			continue;
		}
		if (!rule->clause.is_of_unit) {
			winner.base_rule = row;
			break;
		}
		winner.unit_rule = row;
	}
	winner.rule = winner.unit_rule ? winner.unit_rule : winner.base_rule;
	if (winner.unit_rule && winner.base_rule &&
		strictness(policy->rules[winner.unit_rule].public.action) <
			strictness(policy->rules[winner.base_rule].public.action)) {
		winner.rule = winner.base_rule;
	}
	return winner;
}

static uint16_t find_exception(const struct policy *policy, const struct record *record)
{
	uint64_t time_ns = record->flow.start_ns;

	for (uint32_t i = 1; i <= policy->exception_count; i++) {
		const struct exception *exception = &policy->exceptions[i];
		if (time_ns >= exception->public.valid_from_ns &&
			(!exception->public.valid_to_ns ||
				time_ns <= exception->public.valid_to_ns) &&
			number_set_has(&exception->clause.apps, record->verdict.app) &&
			clause_holds(&exception->clause, record)) {
			return exception->public.symbol;
		}
	}
	return 0;
}

static bool is_own(const struct policy *policy, int32_t network)
{
	return network >= 0 && policy->locations[network].is_own;
}

bool policy_is_own(const struct policy *policy, const struct addr *addr)
{
	return is_own(policy, prefix_index_find(policy->index, addr));
}

/* Multicast (RFC 5771, RFC 4291) and the limited broadcast address never leave. */
static bool is_for_many(const struct addr *addr)
{
	return addr_is_v4(addr) ? addr->bytes[12] >> 4 == 0xe || addr_v4(addr) == UINT32_MAX
				: addr->bytes[0] == 0xff;
}

void policy_locate(const struct policy *policy, struct record *record)
{
	int32_t source = prefix_index_find(policy->index, &record->flow.source);
	int32_t destination = prefix_index_find(policy->index, &record->flow.destination);
	bool source_is_own = is_own(policy, source);
	bool destination_is_own = is_own(policy, destination);

	record->own_side = RECORD_SOURCE;
	if (is_for_many(&record->flow.destination) || (source_is_own && destination_is_own)) {
		record->direction = RECORD_DIRECTION_INTERNAL;
	} else if (source_is_own) {
		record->direction = RECORD_DIRECTION_OUTBOUND;
	} else if (destination_is_own) {
		record->direction = RECORD_DIRECTION_INBOUND;
		record->own_side = RECORD_DESTINATION;
	} else {
		record->direction = RECORD_DIRECTION_EXTERNAL;
	}
	record_note_vantage(record);
	struct location location = policy_locate_device(policy,
		record->own_side == RECORD_SOURCE ? source : destination, &record->flow.context);
	record->decision = (struct decision){ .unit = location.unit, .class_ = location.class_ };
}

/* Did a device of ours go there and get an answer? A lookup, a ping, and what somebody outside
 * began are none of that; embedded and inferred apps are not use. */
static bool is_use(const struct record *record)
{
	bool began_outside = record->direction == RECORD_DIRECTION_INBOUND &&
			     record->flow.start_seen && record->flow.protocol == IP_PROTOCOL_TCP;

	return record->decision.block == BLOCK_PASSED && !began_outside &&
	       !record->verdict.embedded && !record->verdict.inferred;
}

static enum policy_verdict verdict_of_rule(
	const struct policy_rule *rule, const struct record *record)
{
	switch (rule->action) {
	case POLICY_ACTION_DENY:
		if (!is_use(record)) {
			return POLICY_VERDICT_REPORTED;
		}
		return record->flow.start_ns <= rule->grace_until_ns ? POLICY_VERDICT_GRACE
								     : POLICY_VERDICT_VIOLATION;
	case POLICY_ACTION_ALLOW:
		return POLICY_VERDICT_ALLOWED;
	default:
		return POLICY_VERDICT_REPORTED;
	}
}

/* Allow-list mode, and no rule speaks of it: an app that a device of ours used is not approved.
 * Infrastructure that apps share is no app. */
static bool is_unapproved(
	const struct policy *policy, const struct catalogue *catalogue, const struct record *record)
{
	const struct verdict *verdict = &record->verdict;

	return policy->header.mode == POLICY_MODE_ALLOW_LIST && verdict->app != 0 &&
	       !verdict->embedded && !verdict->inferred &&
	       record->direction == RECORD_DIRECTION_OUTBOUND &&
	       !catalogue_app(catalogue, verdict->app)->shared;
}

static enum policy_verdict verdict_without_rule(
	const struct policy *policy, const struct catalogue *catalogue, const struct record *record)
{
	return is_unapproved(policy, catalogue, record) ? POLICY_VERDICT_UNAPPROVED
							: POLICY_VERDICT_NONE;
}

static bool is_in_scope(const struct policy *policy, uint16_t class_)
{
	uint16_t row = symbol_rows_find(&policy->class_rows, class_);

	return row == 0 || policy->classes[row].is_in_scope;
}

static void judge(const struct policy *policy, const struct catalogue *catalogue,
	struct record *record, enum block_outcome outcome)
{
	uint16_t row = policy_find_rule(policy, record).rule;
	const struct policy_rule *rule = row ? &policy->rules[row].public : NULL;
	struct decision *decision = &record->decision;

	decision->rule = rule ? rule->symbol : 0;
	decision->action = rule ? rule->action : POLICY_ACTION_NONE;
	decision->block = decision->action == POLICY_ACTION_DENY ? (uint8_t)outcome : BLOCK_NONE;
	decision->verdict = (uint8_t)(rule ? verdict_of_rule(rule, record)
					   : verdict_without_rule(policy, catalogue, record));
	if (decision->verdict == POLICY_VERDICT_NONE ||
		decision->verdict == POLICY_VERDICT_ALLOWED) {
		return;
	}
	decision->exception = find_exception(policy, record);
	if (decision->exception) {
		decision->verdict = POLICY_VERDICT_EXCEPTED;
	} else if (!is_in_scope(policy, decision->class_)) {
		decision->verdict = POLICY_VERDICT_OUT_OF_SCOPE;
	}
}

/* What an inference adds is taken away again: what then is denied is denied on other grounds (a
 * zone, a network). Where nothing speaks of that, a rule for the app that is inferred may report
 * it, and do no more: whoever counts what is denied does not count it. */
static void judge_inferred(const struct policy *policy, const struct catalogue *catalogue,
	struct record *record, enum block_outcome outcome)
{
	struct verdict inferred = record->verdict;

	record->verdict = (struct verdict){ .name = inferred.name };
	if (verdict_control_is_proven(&inferred)) {
		memcpy(record->verdict.parent_country, inferred.parent_country,
			sizeof(inferred.parent_country));
		memcpy(record->verdict.owner_country, inferred.owner_country,
			sizeof(inferred.owner_country));
		record->verdict.control = inferred.control;
	}
	judge(policy, catalogue, record, outcome);
	record->verdict = inferred;
	if (record->decision.rule == 0) {
		judge(policy, catalogue, record, BLOCK_NONE);
		if (record->decision.action == POLICY_ACTION_DENY) {
			record->decision.action = POLICY_ACTION_REPORT;
		}
	}
}

void policy_judge(const struct policy *policy, const struct catalogue *catalogue,
	struct record *record, enum block_outcome outcome)
{
	if (record->verdict.inferred) {
		judge_inferred(policy, catalogue, record, outcome);
	} else {
		judge(policy, catalogue, record, outcome);
	}
}

/* A lookup that was stopped is a try of the app that it names, whoever resolves for the device; one
 * that was answered says nothing yet. Resolvers ask for others. */
static void decide_lookup(
	const struct policy *policy, const struct catalogue *catalogue, struct record *record)
{
	enum block_outcome outcome = block_outcome_of(record, &policy->blocking);
	const struct prefix_index *resolvers = policy->blocking.resolvers;
	struct verdict kept = record->verdict;

	if (outcome == BLOCK_NONE || record->l7.name_count == 0 ||
		record->direction == RECORD_DIRECTION_EXTERNAL ||
		record->direction == RECORD_DIRECTION_INBOUND ||
		(resolvers && prefix_index_find(resolvers, &record->flow.source) != PREFIX_NONE)) {
		return;
	}
	record->verdict = policy_asked_app(catalogue, record);
	if (record->verdict.app != 0) {
		policy_judge(policy, catalogue, record, outcome);
	}
	if (record->decision.action != POLICY_ACTION_DENY) {
		struct decision nothing = { .unit = record->decision.unit,
			.class_ = record->decision.class_ };
		record->decision = nothing;
	}
	record->verdict = kept;
}

struct verdict policy_asked_app(const struct catalogue *catalogue, const struct record *record)
{
	const char *name = l7_info_domain(&record->l7);
	struct match match = catalogue_match_name(catalogue, name, strlen(name));
	const struct app *app = catalogue_app(catalogue, match.app);
	struct verdict asked = { .app = match.app, .embedded = match.embedded, .confidence = 80 };

	if (app && strlen(app->parent_country) == 2) {
		memcpy(asked.parent_country, app->parent_country, sizeof(asked.parent_country));
	}
	return asked;
}

/* A service of the world at an address of ours is a sinkhole, or a page of the firewall: whoever
 * answers there, it is not the service. A proxy is spoken to in HTTP. */
static bool is_inner_sinkhole(const struct record *record)
{
	bool has_proxy = record->l7.protocol == L7_HTTP || record->l7.protocol == L7_SOCKS;

	return record->direction == RECORD_DIRECTION_INTERNAL && record->verdict.app != 0 &&
	       !record->verdict.inferred && !has_proxy &&
	       (record->flow.protocol == IP_PROTOCOL_TCP ||
		       record->flow.protocol == IP_PROTOCOL_UDP);
}

void policy_decide(
	const struct policy *policy, const struct catalogue *catalogue, struct record *record)
{
	if (record->l7.protocol == L7_DNS) {
		decide_lookup(policy, catalogue, record);
		return;
	}
	if (record->direction == RECORD_DIRECTION_OUTBOUND ||
		record->direction == RECORD_DIRECTION_INBOUND) {
		policy_judge(
			policy, catalogue, record, block_outcome_of(record, &policy->blocking));
	} else if (is_inner_sinkhole(record)) {
		policy_judge(policy, catalogue, record, BLOCK_DNS);
		if (record->decision.action != POLICY_ACTION_DENY) {
			struct decision nothing = { .unit = record->decision.unit,
				.class_ = record->decision.class_ };
			record->decision = nothing;
		}
	}
}
