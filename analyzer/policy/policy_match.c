#include "analyzer/policy/policy.h"

#include <string.h>

#include "analyzer/policy/block.h"
#include "analyzer/policy/policy_memo.h"
#include "analyzer/policy/policy_model.h"

/* What became of a flow matters to few of them: it is asked for when it does. */
#define OUTCOME_TO_BE_ASKED BLOCK_OUTCOME_COUNT

static bool is_own(const struct policy *policy, int32_t network)
{
	return network >= 0 && policy->locations[network].is_own;
}

bool policy_is_own(const struct policy *policy, const struct addr *addr)
{
	return is_own(policy, prefix_index_find(policy->index, addr));
}

/* For private use, on the link alone, or of this machine: RFC 1918, RFC 6598, RFC 3927. */
static bool is_private_v4(uint32_t v4)
{
	return v4 >> 24 == 10 || v4 >> 20 == 0xac1 || v4 >> 16 == 0xc0a8 || v4 >> 22 == 0x191 ||
	       v4 >> 16 == 0xa9fe || v4 >> 24 == 127;
}

/* Who stands behind a translator is as far away as his IPv4 address (RFC 6052, RFC 8215). */
static bool is_translated(const struct addr *addr)
{
	static const uint8_t well_known[4] = { 0, 0x64, 0xff, 0x9b };

	return memcmp(addr->bytes, well_known, sizeof(well_known)) == 0;
}

bool policy_is_outside(const struct policy *policy, const struct addr *addr)
{
	bool is_private = addr_is_v4(addr)
				  ? is_private_v4(addr_v4(addr))
				  : (addr->bytes[0] & 0xe0) != 0x20 && !is_translated(addr);

	return !is_private && !policy_is_own(policy, addr);
}

bool policy_knows_vlan(const struct policy *policy, uint16_t vlan_id)
{
	const struct location *vlan = &policy->vlans[vlan_id % VLAN_COUNT];

	return vlan->unit != 0 || vlan->class_ != 0;
}

/* Multicast (RFC 5771, RFC 4291) and the limited broadcast address never leave. */
static bool is_for_many(const struct addr *addr)
{
	return addr_is_v4(addr) ? addr->bytes[12] >> 4 == 0xe || addr_v4(addr) == UINT32_MAX
				: addr->bytes[0] == 0xff;
}

/* Where a device is: by its network (a place in the index, PREFIX_NONE), and where that does not
 * say, by VLAN. */
static struct location locate_device(
	const struct policy *policy, int32_t network, const struct context *context)
{
	const uint16_t vlans[2] = { context->vlan_id, context->inner_vlan_id };
	struct location location = { 0 };

	if (network >= 0) {
		location = policy->locations[network];
	}
	for (unsigned i = 0; i < 2; i++) {
		const struct location *vlan = &policy->vlans[vlans[i] % VLAN_COUNT];
		location.unit = location.unit ? location.unit : vlan->unit;
		location.class_ = location.class_ ? location.class_ : vlan->class_;
	}
	return location;
}

void policy_locate(const struct policy *latest, struct record *record)
{
	const struct policy *policy = policy_at(latest, record->flow.start_ns);
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
	struct location location = locate_device(policy,
		record->own_side == RECORD_SOURCE ? source : destination, &record->flow.context);
	record->decision = (struct decision){ .unit = location.unit, .class_ = location.class_ };
}

/* Anybody outside can begin a conversation with a device of ours and say a name in it. Over UDP who
 * spoke first may be chance; these say who began. */
static bool began_outside(const struct record *record)
{
	uint8_t protocol = record->l7.protocol;

	return record->direction == RECORD_DIRECTION_INBOUND && record->flow.start_seen &&
	       (record->flow.protocol == IP_PROTOCOL_TCP || protocol == L7_QUIC ||
		       protocol == L7_DTLS || protocol == L7_STUN);
}

/* Did a device of ours go there and get an answer? A lookup, a ping, what somebody outside began
 * and what a proxy asks for others are none of that; embedded and inferred apps are not use. */
static bool is_use(const struct policy *policy, const struct record *record)
{
	return record->decision.block == BLOCK_PASSED && !began_outside(record) &&
	       !record->verdict.embedded && !record->verdict.inferred &&
	       !verdict_is_hearsay(&record->verdict) &&
	       !policy_is_own_proxy(policy, record_own_addr(record));
}

bool policy_is_housekeeping(const struct catalogue *catalogue, const struct record *record)
{
	const struct app *app = catalogue_app(catalogue, record->verdict.app);
	uint8_t protocol = record->l7.protocol;

	return protocol == L7_NTP || protocol == L7_ICMP || protocol == L7_DNS ||
	       protocol == L7_DHCP || protocol == L7_SNMP || protocol == L7_SYSLOG ||
	       record->flow.protocol == IP_PROTOCOL_ICMP ||
	       record->flow.protocol == IP_PROTOCOL_ICMPV6 ||
	       record->verdict.hides == APP_HIDES_LOOKUPS ||
	       (app && strcmp(app->category, "certificates") == 0);
}

/* What of a deny rule that decides cannot be said of this flow: that it was used, and by whom. */
static bool is_proven(const struct policy *policy, const struct rule *rule,
	const struct catalogue *catalogue, const struct record *record)
{
	bool is_about_place = rule->clause.match_rank >= MATCH_RANK_CONTROL;
	bool needs_app = rule->clause.match_rank <= MATCH_RANK_CONTROL;

	return is_use(policy, record) &&
	       !(is_about_place && policy_is_housekeeping(catalogue, record)) &&
	       !(needs_app && record->verdict.confidence < rule->public.confidence);
}

static enum policy_verdict verdict_of_rule(const struct policy *policy, const struct rule *rule,
	const struct catalogue *catalogue, const struct record *record)
{
	switch (rule->public.action) {
	case POLICY_ACTION_DENY:
		if (rule->public.stage == POLICY_STAGE_WATCH ||
			!is_proven(policy, rule, catalogue, record)) {
			return POLICY_VERDICT_REPORTED;
		}
		return record->flow.start_ns <= rule->public.grace_until_ns
			       ? POLICY_VERDICT_GRACE
			       : POLICY_VERDICT_VIOLATION;
	case POLICY_ACTION_ALLOW:
		return POLICY_VERDICT_ALLOWED;
	default:
		return POLICY_VERDICT_REPORTED;
	}
}

/* Devices that were not handed out, and do no work: the list is not for them. */
static bool is_measured(const struct policy *policy, uint16_t class_)
{
	uint16_t row = symbol_rows_find(&policy->class_rows, class_);
	const struct device_class *known = row ? &policy->classes[row] : NULL;

	return !known || !known->has_type ||
	       (known->type != CLASS_TYPE_GUEST && known->type != CLASS_TYPE_PUPIL &&
		       known->type != CLASS_TYPE_PRIVATE);
}

/* Allow-list mode, and no rule speaks of it: an app that a device of ours used is not approved.
 * Infrastructure that apps share is no app. */
static bool is_off_list(const struct policy *policy, const struct catalogue *catalogue,
	const struct record *record, enum block_outcome outcome)
{
	const struct verdict *verdict = &record->verdict;
	const struct app *app;

	if (policy->header.mode != POLICY_MODE_ALLOW_LIST) {
		return false;
	}
	app = catalogue_app(catalogue, verdict->app);
	return app && !verdict->embedded && !verdict->inferred && record_turns_out(record) &&
	       outcome == BLOCK_PASSED && !policy_is_own_proxy(policy, record_own_addr(record)) &&
	       !app->shared && !app->embedded && !policy_is_housekeeping(catalogue, record) &&
	       is_measured(policy, record->decision.class_);
}

static bool is_in_scope(const struct policy *policy, uint16_t class_)
{
	uint16_t row = symbol_rows_find(&policy->class_rows, class_);

	return row == 0 || policy->classes[row].is_in_scope;
}

static inline void forget_decision(struct record *record)
{
	record->decision = (struct decision){ .unit = record->decision.unit,
		.class_ = record->decision.class_ };
}

static inline void apply(const struct policy *policy, const struct catalogue *catalogue,
	const struct remembered *evaluation, struct record *record, enum block_outcome outcome)
{
	const struct rule *rule = evaluation->rule ? &policy->rules[evaluation->rule] : NULL;
	struct decision *decision = &record->decision;

	decision->rule = rule ? rule->public.symbol : 0;
	decision->action = rule ? rule->public.action : POLICY_ACTION_NONE;
	if (outcome == OUTCOME_TO_BE_ASKED && (decision->action == POLICY_ACTION_DENY || !rule)) {
		bool matters = rule || policy->header.mode == POLICY_MODE_ALLOW_LIST;
		outcome = matters ? block_outcome_of(record, &policy->blocking) : BLOCK_NONE;
	}
	decision->block = decision->action == POLICY_ACTION_DENY ? (uint8_t)outcome : BLOCK_NONE;
	decision->exception =
		evaluation->exception ? policy->exceptions[evaluation->exception].public.symbol : 0;
	if (rule) {
		decision->verdict = (uint8_t)(evaluation->is_lifted ? POLICY_VERDICT_EXCEPTED
								    : verdict_of_rule(policy, rule,
									      catalogue, record));
	} else if (is_off_list(policy, catalogue, record, outcome)) {
		/* Probably that app is no more than to be looked at. */
		decision->verdict = record->verdict.confidence < POLICY_CONFIDENCE_LEAST
					    ? POLICY_VERDICT_REPORTED
					    : POLICY_VERDICT_UNAPPROVED;
	} else {
		decision->verdict = POLICY_VERDICT_NONE;
	}
	bool is_judged = decision->verdict != POLICY_VERDICT_NONE &&
			 decision->verdict != POLICY_VERDICT_ALLOWED &&
			 decision->verdict != POLICY_VERDICT_EXCEPTED;
	if (is_judged && !is_in_scope(policy, decision->class_)) {
		decision->verdict = POLICY_VERDICT_OUT_OF_SCOPE;
	}
}

static void judge(const struct policy *policy, const struct catalogue *catalogue,
	const struct policy_context *context, struct record *record, enum block_outcome outcome)
{
	const struct remembered result = policy_memo_evaluate(policy, context, record);

	if (result.rule == 0 && policy->header.mode == POLICY_MODE_DENY_LIST) {
		forget_decision(record); /* no rule speaks of it: nearly all records */
	} else {
		apply(policy, catalogue, &result, record, outcome);
	}
}

/* What an inference adds is taken away again: what then is denied is denied on other grounds (a
 * zone, a network). Where nothing speaks of that, a rule for the app that is inferred may report
 * it, and do no more: whoever counts what is denied does not count it. */
static __attribute__((noinline)) void judge_inferred(const struct policy *policy,
	const struct catalogue *catalogue, const struct policy_context *context,
	struct record *record, enum block_outcome outcome)
{
	struct verdict inferred = record->verdict;

	record->verdict = (struct verdict){ .name = inferred.name,
		.grounds = inferred.grounds & 1 << INFERRED_BY_OUTSIDE };
	if (verdict_control_is_proven(&inferred)) {
		memcpy(record->verdict.parent_country, inferred.parent_country,
			sizeof(inferred.parent_country));
		memcpy(record->verdict.owner_country, inferred.owner_country,
			sizeof(inferred.owner_country));
		record->verdict.control = inferred.control;
		record->verdict.confidence = inferred.confidence;
	}
	judge(policy, catalogue, context, record, outcome);
	record->verdict = inferred;
	if (record->decision.rule == 0) {
		judge(policy, catalogue, context, record, BLOCK_NONE);
		if (record->decision.action == POLICY_ACTION_DENY) {
			record->decision.action = POLICY_ACTION_REPORT;
		}
	}
}

void policy_judge(const struct policy *policy, const struct catalogue *catalogue,
	const struct policy_context *context, struct record *record, enum block_outcome outcome)
{
	(record->verdict.inferred ? judge_inferred : judge)(
		policy, catalogue, context, record, outcome);
}

const char *policy_reason_not_use(
	const struct policy *policy, const struct catalogue *catalogue, const struct record *record)
{
	uint32_t row = symbol_rows_find(&policy->rule_rows, record->decision.rule);
	const struct rule *rule = row ? &policy->rules[row] : NULL;

	if (!rule || is_proven(policy, rule, catalogue, record)) {
		return rule && rule->public.stage == POLICY_STAGE_WATCH
			       ? "the rule is watched: it is counted, and nobody is told"
			       : NULL;
	}
	if (verdict_is_hearsay(&record->verdict)) {
		return "it stood in a tunnel that somebody outside wrote";
	}
	if (record->verdict.inferred) {
		return "the app is only inferred from behaviour";
	}
	if (record->verdict.embedded) {
		return "it stood in something else: a page, a preview, an advertisement";
	}
	if (record->direction == RECORD_DIRECTION_INBOUND) {
		return "somebody outside began it";
	}
	if (policy_is_own_proxy(policy, record_own_addr(record))) {
		return "a proxy asked for others";
	}
	switch (record->decision.block) {
	case BLOCK_PASSED:
		break;
	case BLOCK_UNSURE:
		return "it cannot be told whether it passed";
	case BLOCK_NONE:
		return "nothing was asked, it is not over yet, or the answers are out of sight";
	default:
		return "it was stopped";
	}
	return record->verdict.confidence < rule->public.confidence
		       ? "the app is less sure than the rule asks"
		       : "it is the network's own housekeeping: time, ping, resolvers, "
			 "certificates";
}

bool policy_is_watched_use(
	const struct policy *policy, const struct catalogue *catalogue, const struct record *record)
{
	uint32_t row = symbol_rows_find(&policy->rule_rows, record->decision.rule);

	return row && record->decision.action == POLICY_ACTION_DENY &&
	       record->decision.verdict == POLICY_VERDICT_REPORTED &&
	       policy->rules[row].public.stage == POLICY_STAGE_WATCH &&
	       is_proven(policy, &policy->rules[row], catalogue, record);
}

bool policy_rule_is_about_apps(const struct policy *policy, uint16_t rule)
{
	uint32_t row = symbol_rows_find(&policy->rule_rows, rule);

	return row && policy->rules[row].clause.match_rank <= MATCH_RANK_CONTROL;
}

/* A lookup that was stopped is a try of the app that it names, whoever resolves for the device; one
 * that was answered says nothing yet. Resolvers ask for others. */
static __attribute__((noinline)) void decide_lookup(const struct policy *policy,
	const struct catalogue *catalogue, const struct policy_context *context,
	struct record *record)
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
	if (policy_treated_as(policy, record->verdict.app)) {
		memcpy(record->verdict.parent_country,
			policy_treated_as(policy, record->verdict.app), 3);
	}
	if (record->verdict.app != 0) {
		policy_judge(policy, catalogue, context, record, outcome);
	}
	if (record->decision.action != POLICY_ACTION_DENY) {
		forget_decision(record);
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
	bool has_proxy = record->l7.protocol == L7_HTTP || record->l7.protocol == L7_SOCKS ||
			 record->via == RECORD_VIA_PROXY;

	return record->direction == RECORD_DIRECTION_INTERNAL && record->verdict.app != 0 &&
	       !record->verdict.inferred && !has_proxy &&
	       (record->flow.protocol == IP_PROTOCOL_TCP ||
		       record->flow.protocol == IP_PROTOCOL_UDP);
}

/* A proxy of ours goes there for the device, where it is named what it goes for. */
static bool is_asked_through_proxy(const struct record *record)
{
	return record_turns_out(record) && record->verdict.app != 0 && !record->verdict.inferred;
}

void policy_decide_in(const struct policy *latest, const struct catalogue *catalogue,
	const struct policy_context *context, struct record *record)
{
	const struct policy *policy = policy_in_force(latest, record->flow.start_ns);

	if (record_is_probe(record)) {
		return;
	}
	if (record->l7.protocol == L7_DNS) {
		decide_lookup(policy, catalogue, context, record);
		return;
	}
	if (record->direction == RECORD_DIRECTION_OUTBOUND ||
		record->direction == RECORD_DIRECTION_INBOUND || is_asked_through_proxy(record)) {
		(record->verdict.inferred ? judge_inferred : judge)(
			policy, catalogue, context, record, OUTCOME_TO_BE_ASKED);
	} else if (is_inner_sinkhole(record)) {
		policy_judge(policy, catalogue, context, record, BLOCK_DNS);
		if (record->decision.action != POLICY_ACTION_DENY) {
			forget_decision(record);
		}
	}
}

void policy_decide(
	const struct policy *policy, const struct catalogue *catalogue, struct record *record)
{
	static const struct policy_context nothing_known;

	policy_decide_in(policy, catalogue, &nothing_known, record);
}
