#include "analyzer/policy/decider.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/block.h"
#include "analyzer/policy/device_days.h"
#include "analyzer/policy/policy_memo.h"
#include "analyzer/policy/policy_model.h"
#include "analyzer/policy/residual.h"
#include "base/clock.h"
#include "base/local_time.h"

enum { UNITS_MAX = 65536, CLOSE_EVERY = 4096 };

/* Live: what happened at the same time has come by then (a slot, and what comes late). */
#define LIVE_WAIT_NS (360 * NS_PER_S)
/* An attempt is counted when nothing of it can come any more: the longest idle timeout, and some.
 */
#define ATTEMPT_KEPT_NS (900 * NS_PER_S)

/* Does a unit's traffic come in both directions? */
struct sight {
	uint32_t answered, blind;
};

struct waiting {
	struct record record;
	uint64_t until_ns; /* of the records' clock */
};

struct decider {
	bool is_live;
	struct policy_memo *memo;
	struct policy_context context;       /* of the record at hand */
	struct policy_context nothing_known; /* of one of which nothing else is asked */
	struct device_days *days;
	struct attempts *attempts;
	struct residual *residual;
	struct sight *sights; /* by symbol of the unit */
	struct waiting *waiting;
	uint32_t waiting_first, waiting_count;
	uint64_t now_ns; /* the latest end of a record */
	uint32_t taken;
	struct record scratch;
};

struct decider *decider_create(void)
{
	struct decider *decider = aligned_alloc(_Alignof(struct decider), sizeof(*decider));

	if (!decider) {
		return NULL;
	}
	memset(decider, 0, sizeof(*decider));
	decider->is_live = true;
	decider->memo = policy_memo_create();
	decider->context.memo = decider->nothing_known.memo = decider->memo;
	decider->days = device_days_create();
	decider->attempts = attempts_create();
	decider->residual = residual_create();
	decider->sights = calloc(UNITS_MAX, sizeof(*decider->sights));
	if (!decider->memo || !decider->days || !decider->attempts || !decider->residual ||
		!decider->sights) {
		decider_destroy(decider);
		return NULL;
	}
	return decider;
}

void decider_wait_for_all(struct decider *decider)
{
	decider->is_live = false;
}

void decider_advance(struct decider *decider, uint64_t now_ns)
{
	decider->now_ns = now_ns > decider->now_ns ? now_ns : decider->now_ns;
	if (now_ns > ATTEMPT_KEPT_NS) {
		attempts_close(decider->attempts, now_ns - ATTEMPT_KEPT_NS);
	}
}

void decider_destroy(struct decider *decider)
{
	if (decider) {
		policy_memo_destroy(decider->memo);
		device_days_destroy(decider->days);
		attempts_destroy(decider->attempts);
		residual_destroy(decider->residual);
		free(decider->sights);
		free(decider->waiting);
		free(decider);
	}
}

/* Lookups count, wherever their resolver is; other traffic where it crosses the border. */
static void note_sight(struct decider *decider, const struct record *record)
{
	struct sight *sight = &decider->sights[record->decision.unit];
	const uint64_t *packets = record->flow.total_packets;
	bool counts =
		record->direction == RECORD_DIRECTION_OUTBOUND || record->l7.protocol == L7_DNS;

	if (!counts || record->flow.part != 0) {
		return;
	}
	if (packets[0] > 0 && packets[1] > 0) {
		sight->answered++;
	} else {
		sight->blind += block_is_one_way(record);
	}
}

static bool is_two_way(const struct decider *decider, uint16_t unit)
{
	const struct sight *sight = &decider->sights[unit];

	return sight->answered > 0 && sight->blind <= sight->answered / 4;
}

bool decider_is_one_way(const struct decider *decider, uint16_t unit)
{
	const struct sight *sight = &decider->sights[unit];

	return sight->blind > 0 && !is_two_way(decider, unit);
}

enum decider_view decider_view(const struct decider *decider)
{
	bool sees = false, is_blind = false;

	for (uint32_t unit = 0; unit < UNITS_MAX; unit++) {
		const struct sight *sight = &decider->sights[unit];
		bool has_traffic = sight->answered > 0 || sight->blind > 0;
		sees |= has_traffic && is_two_way(decider, (uint16_t)unit);
		is_blind |= has_traffic && !is_two_way(decider, (uint16_t)unit);
	}
	return sees ? (is_blind ? DECIDER_SEES_SOME : DECIDER_SEES_ALL)
		    : (is_blind ? DECIDER_SEES_ONE_WAY : DECIDER_SEES_NOTHING);
}

/* Without, all traffic is nobody's business. */
static inline bool has_rules(const struct policy *policy)
{
	return policy->rule_count > 0 || policy->header.mode != POLICY_MODE_DENY_LIST;
}

static inline bool asks_contacts(const struct policy *policy)
{
	return policy->asks_access || policy->asks_contacts;
}

/* What else is known of the record's device; the decider's until the next one. */
static inline const struct policy_context *context_of(struct decider *decider,
	const struct reference *reference, const struct record *record, bool knows_day)
{
	const struct policy *policy = reference->policy;
	struct policy_context *context = &decider->context;

	context->version = reference->version;
	context->contact_ns = 0;
	context->contact_today = false;
	if (asks_contacts(policy)) {
		context->contact_ns = device_days_last_contact(decider->days, record);
		context->contact_today = knows_day && device_days_has_contact_today(decider->days,
							      policy_header(policy)->zone, record);
	}
	return context;
}

/* The same with the version of the policy that was in force at that time, where it has several. */
static inline const struct reference *reference_at(
	const struct reference *reference, const struct record *record, struct reference *copy)
{
	const struct policy *policy = policy_in_force(reference->policy, record->flow.start_ns);

	if (policy == reference->policy) {
		return reference;
	}
	*copy = *reference;
	copy->policy = policy;
	return copy;
}

/* Not on the list of what is allowed, surely or probably. */
static inline bool is_off_list(const struct record *record)
{
	uint8_t verdict = record->decision.verdict;

	return verdict == POLICY_VERDICT_UNAPPROVED ||
	       (verdict == POLICY_VERDICT_REPORTED && record->decision.rule == 0);
}

/* Is it judged by whether the app was used? A rule about countries or networks alone is not about
 * an app. */
static bool is_about_use(const struct reference *reference, const struct record *record)
{
	const struct policy *policy = reference->policy;
	uint8_t verdict = record->decision.verdict;
	bool accuses = verdict == POLICY_VERDICT_VIOLATION || verdict == POLICY_VERDICT_GRACE;

	if (record->verdict.app == 0 || verdict == POLICY_VERDICT_NONE) {
		return false;
	}
	if (!accuses && verdict == POLICY_VERDICT_REPORTED) {
		accuses = policy_is_watched_use(policy, reference->catalogue, record);
	}
	return is_off_list(record) ||
	       (accuses && policy_rule_is_about_apps(policy, record->decision.rule));
}

/* Is it somebody else's page, as far as the policy is concerned? Not what is denied itself. */
static bool may_be_page(const struct policy *policy, const struct record *record)
{
	bool is_list = policy_header(policy)->mode == POLICY_MODE_ALLOW_LIST;
	uint8_t verdict = record->decision.verdict;

	return record->decision.action != POLICY_ACTION_DENY && !is_off_list(record) &&
	       !(is_list && verdict == POLICY_VERDICT_NONE && record->verdict.app != 0);
}

static void demote(struct record *record)
{
	record->verdict.embedded = true;
	record->decision.verdict =
		is_off_list(record) ? POLICY_VERDICT_NONE : POLICY_VERDICT_REPORTED;
}

/* Would it claim that something was stopped because no answer was seen? */
static bool claims_silence(const struct record *record)
{
	const uint64_t *packets = record->flow.total_packets;

	return record->decision.action == POLICY_ACTION_DENY &&
	       record->decision.block != BLOCK_NONE && (packets[0] == 0 || packets[1] == 0);
}

/* The same, as if the device had internal access: would it be accused? */
static bool would_be_accused(struct decider *decider, const struct reference *reference,
	const struct policy_context *context, const struct record *record)
{
	struct policy_context inside = *context;
	struct record *copy;
	bool is_accused;

	if (!asks_contacts(reference->policy) || context->contact_today ||
		record->decision.verdict == POLICY_VERDICT_VIOLATION || !record_turns_out(record)) {
		return false;
	}
	copy = &decider->scratch;
	record_copy(copy, record);
	copy->decision = (struct decision){ .unit = record->decision.unit,
		.class_ = record->decision.class_ };
	inside.contact_today = true;
	policy_decide_in(reference->policy, reference->catalogue, &inside, copy);
	is_accused = copy->decision.verdict == POLICY_VERDICT_VIOLATION ||
		     copy->decision.verdict == POLICY_VERDICT_GRACE;
	return is_accused;
}

static bool hold(struct decider *decider, const struct record *record, uint64_t until_ns)
{
	if (!decider->waiting) {
		decider->waiting = aligned_alloc(
			_Alignof(struct waiting), DECIDER_WAITING_MAX * sizeof(*decider->waiting));
	}
	if (!decider->waiting || decider->waiting_count == DECIDER_WAITING_MAX) {
		return false;
	}
	uint32_t at = (decider->waiting_first + decider->waiting_count++) % DECIDER_WAITING_MAX;
	record_copy(&decider->waiting[at].record, record);
	decider->waiting[at].until_ns = until_ns;
	return true;
}

static uint16_t subject_of(const struct reference *reference, const struct record *record)
{
	return record->l7.protocol == L7_DNS ? policy_asked_app(reference->catalogue, record).app
					     : record->verdict.app;
}

/* Whatever became of it. */
static void count_try(
	struct decider *decider, const struct reference *reference, const struct record *record)
{
	const struct local_zone *zone = policy_header(reference->policy)->zone;
	int64_t day = local_day_of(zone, record->flow.start_ns).number;
	uint16_t app = subject_of(reference, record);
	bool is_of_proxy = policy_is_own_proxy(reference->policy, record_own_addr(record));

	attempts_add(decider->attempts, record, app, day, is_of_proxy);
	if (policy_has_deadlines(reference->policy) && !is_of_proxy &&
		record->direction != RECORD_DIRECTION_INBOUND && !record->verdict.inferred &&
		!verdict_is_hearsay(&record->verdict)) {
		device_days_try(decider->days, zone, record, app, l7_info_domain(&record->l7));
		residual_add(decider->residual, reference->policy, record, app, day);
	}
}

/* Final: what is known now is all that will be known of it. is_known: that it was used, where that
 * matters. */
static void settle(struct decider *decider, const struct reference *reference,
	struct record *record, bool is_known)
{
	const struct local_zone *zone = policy_header(reference->policy)->zone;

	if (!is_known && is_about_use(reference, record) &&
		!device_days_is_use(decider->days, zone, record)) {
		demote(record);
	}
	if (claims_silence(record) && !is_two_way(decider, record->decision.unit)) {
		record->decision.block = BLOCK_NONE;
	}
	if (record->decision.action == POLICY_ACTION_DENY && record->decision.block != BLOCK_NONE) {
		count_try(decider, reference, record);
	}
}

/* Nothing that may yet be known changes what was decided, but for contacts: nobody is accused, and
 * would not be if more were known. Nearly all records. */
static inline bool is_settled(const struct record *record)
{
	return record->decision.action != POLICY_ACTION_DENY && !is_off_list(record);
}

static inline void see_page(
	struct decider *decider, const struct reference *reference, const struct record *record)
{
	const struct policy *policy = reference->policy;

	if (policy->asks_use && may_be_page(policy, record)) {
		device_days_see(
			decider->days, policy_header(policy)->zone, reference->catalogue, record);
	}
}

/* How long a record that is somebody's business waits; 0 not at all. */
static uint64_t wait_of(struct decider *decider, const struct reference *reference,
	const struct policy_context *context, const struct record *record)
{
	const struct local_zone *zone = policy_header(reference->policy)->zone;
	uint64_t some_ns = decider->is_live ? record->flow.end_ns + LIVE_WAIT_NS : UINT64_MAX;

	if (is_about_use(reference, record) && !device_days_use(decider->days, zone, record)) {
		return some_ns;
	}
	if (claims_silence(record) && !is_two_way(decider, record->decision.unit)) {
		return some_ns;
	}
	if (would_be_accused(decider, reference, context, record)) {
		device_days_use(decider->days, zone, record);
		return decider->is_live ? local_day_of(zone, record->flow.start_ns).end_ns
					: UINT64_MAX;
	}
	return 0;
}

/* Somebody may be accused. False: it waits. */
static __attribute__((noinline)) bool take_judged(struct decider *decider,
	const struct reference *reference, const struct policy_context *context,
	struct record *record)
{
	uint64_t until_ns = wait_of(decider, reference, context, record);

	if (until_ns == 0) {
		see_page(decider, reference, record);
	} else if (hold(decider, record, until_ns)) {
		return false;
	}
	settle(decider, reference, record, until_ns == 0);
	if (++decider->taken % CLOSE_EVERY == 0 && decider->now_ns > ATTEMPT_KEPT_NS) {
		attempts_close(decider->attempts, decider->now_ns - ATTEMPT_KEPT_NS);
	}
	return true;
}

/* Where it matters what the device did before, or which version of the policy was in force. */
static __attribute__((noinline)) bool take_remembering(
	struct decider *decider, const struct reference *latest, struct record *record)
{
	struct reference copy;
	const struct reference *reference = reference_at(latest, record, &copy);
	const struct policy *policy = reference->policy;
	const struct policy_context *context;

	if (!has_rules(policy)) {
		return true;
	}
	if (asks_contacts(policy) && policy_is_contact(policy, reference->catalogue, record)) {
		device_days_contact(decider->days, record);
	}
	context = context_of(decider, reference, record, false);
	policy_decide_in(policy, reference->catalogue, context, record);
	if (is_settled(record) && !asks_contacts(policy)) {
		see_page(decider, reference, record);
		return true;
	}
	return take_judged(decider, reference, context, record);
}

bool decider_take(struct decider *decider, const struct reference *reference, struct record *record)
{
	const struct policy *policy = reference->policy;

	decider->now_ns =
		record->flow.end_ns > decider->now_ns ? record->flow.end_ns : decider->now_ns;
	note_sight(decider, record);
	if (policy->earlier || asks_contacts(policy)) {
		return take_remembering(decider, reference, record);
	}
	if (!has_rules(policy)) {
		return true;
	}
	decider->nothing_known.version = reference->version;
	policy_decide_in(policy, reference->catalogue, &decider->nothing_known, record);
	if (is_settled(record)) {
		see_page(decider, reference, record);
		return true;
	}
	return take_judged(decider, reference, &decider->nothing_known, record);
}

bool decider_is_waiting(const struct decider *decider)
{
	return decider->waiting_count > 0;
}

/* The one that waited longest goes, where there is hardly room for more. */
static bool is_due(const struct decider *decider, const struct waiting *waiting, bool all)
{
	return all || waiting->until_ns <= decider->now_ns ||
	       decider->waiting_count > DECIDER_WAITING_MAX - DECIDER_WAITING_MAX / 8;
}

bool decider_is_due(const struct decider *decider)
{
	return decider->waiting_count > 0 &&
	       is_due(decider, &decider->waiting[decider->waiting_first], false);
}

size_t decider_release(struct decider *decider, const struct reference *latest, bool all,
	struct record *records, size_t most)
{
	struct reference copy;
	size_t released = 0;

	while (released < most && decider->waiting_count > 0) {
		struct waiting *waiting = &decider->waiting[decider->waiting_first];
		struct record *record = &records[released];
		if (!is_due(decider, waiting, all)) {
			break;
		}
		record_copy(record, &waiting->record);
		const struct reference *reference = reference_at(latest, record, &copy);
		decider->waiting_first = (decider->waiting_first + 1) % DECIDER_WAITING_MAX;
		decider->waiting_count--;
		record->decision = (struct decision){ .unit = record->decision.unit,
			.class_ = record->decision.class_ };
		const struct policy_context *context = context_of(decider, reference, record, true);
		policy_decide_in(reference->policy, reference->catalogue, context, record);
		settle(decider, reference, record, false);
		released++;
	}
	return released;
}

void decider_finish(struct decider *decider)
{
	attempts_close(decider->attempts, UINT64_MAX);
}

size_t decider_residual(const struct decider *decider, const struct residual_row **rows)
{
	return residual_rows(decider->residual, decider->days, rows);
}

const struct attempts *decider_attempts(const struct decider *decider)
{
	return decider->attempts;
}
