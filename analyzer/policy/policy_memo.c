#include "analyzer/policy/policy_memo.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/quick_hash.h"

/* Sets are searched whole; the oldest of one gives way. */
enum { SETS = 4096, WAYS = 4 };

struct entry {
	uint64_t hash; /* 0: empty */
	uint32_t rule;
	uint16_t exception;
	bool is_lifted;
};

struct policy_memo {
	uint64_t seed, version;
	const struct policy *policy; /* whose borders were asked for last */
	uint64_t from_ns, to_ns;     /* the stretch between two borders that was asked for last */
	uint32_t stretch;
	uint32_t turn;
	struct entry sets[SETS][WAYS];
};

struct policy_memo *policy_memo_create(void)
{
	struct policy_memo *memo = calloc(1, sizeof(*memo));

	if (memo) {
		/* Names come from the wire: nobody outside may choose what meets in one entry. */
		memo->seed = hash_key_random().words[0];
	}
	return memo;
}

void policy_memo_destroy(struct policy_memo *memo)
{
	free(memo);
}

static void start_anew(struct policy_memo *memo, uint64_t version)
{
	memset(memo->sets, 0, sizeof(memo->sets));
	memo->version = version;
	memo->from_ns = memo->to_ns = 0;
}

/* Between which borders the time is; nothing begins or ends in between. */
static uint32_t find_stretch(
	struct policy_memo *memo, const struct policy *policy, uint64_t time_ns)
{
	uint32_t low = 0, high = policy->border_count;

	if (memo->policy == policy && time_ns >= memo->from_ns && time_ns < memo->to_ns) {
		return memo->stretch;
	}
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (policy->borders[middle] <= time_ns) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	memo->policy = policy;
	memo->stretch = low;
	memo->from_ns = low > 0 ? policy->borders[low - 1] : 0;
	memo->to_ns = low < policy->border_count ? policy->borders[low] : UINT64_MAX;
	return low;
}

static inline uint64_t country_bits(const char code[3])
{
	uint16_t bits;

	memcpy(&bits, code, sizeof(bits));
	return bits;
}

static inline uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

/* The last word overlaps the one before it. */
static inline uint64_t hash_name(uint64_t hash, const char *name, size_t length)
{
	uint64_t word = 0;

	if (length < sizeof(word)) {
		memcpy(&word, name, length);
		return mix(hash, word);
	}
	for (size_t at = 0; at + sizeof(word) < length; at += sizeof(word)) {
		memcpy(&word, name + at, sizeof(word));
		hash = mix(hash, word);
	}
	memcpy(&word, name + length - sizeof(word), sizeof(word));
	return mix(hash, word);
}

static inline uint64_t hash_names(uint64_t hash, const struct l7_info *l7)
{
	for (unsigned i = 0; i < l7->name_count; i++) {
		const char *name = l7_info_name(l7, i);
		size_t length = l7->names[i].length;
		if (l7->names[i].source > NAME_DNS_CNAME) {
			continue;
		}
		hash = hash_name(hash ^ length, name, length);
	}
	return hash;
}

/* Everything that a rule or an exception may ask of the record. */
static inline uint64_t hash_of(const struct policy_memo *memo, const struct policy *policy,
	const struct record *record, uint32_t stretch, bool has_access)
{
	const struct verdict *verdict = &record->verdict;
	const struct decision *decision = &record->decision;
	uint64_t hash = memo->seed ^ policy->in_force_from_ns;

	hash = mix(hash, (uint64_t)verdict->app << 48 | (uint64_t)decision->unit << 32 |
				 (uint64_t)decision->class_ << 16 |
				 (uint64_t)record->place.zone << 8 |
				 (uint64_t)record->direction << 1 | has_access);
	hash = mix(hash, country_bits(verdict->parent_country) << 48 |
				 country_bits(verdict->owner_country) << 32 |
				 country_bits(record->place.country) << 16 |
				 country_bits(record->place.operator_country));
	hash = quick_hash(hash, (uint64_t)record->place.asn << 32 | stretch);
	if (policy->rules_ask_names || policy->exceptions_ask_names) {
		hash = hash_names(hash, &record->l7);
	}
	return hash ? hash : 1;
}

static struct remembered evaluate(const struct policy *policy, const struct policy_context *context,
	const struct record *record)
{
	struct evaluation evaluation;

	policy_evaluate(policy, context, record, &evaluation);
	return (struct remembered){ evaluation.rule, evaluation.exception, evaluation.is_lifted };
}

struct remembered policy_memo_evaluate(struct policy_memo *memo, uint64_t version,
	const struct policy *policy, const struct policy_context *context,
	const struct record *record)
{
	if (policy->rule_count == 0) {
		return (struct remembered){ 0 };
	}
	/* What depends on the device itself or on how much it sent is looked at each time. */
	if (policy->asks_bytes || policy->asks_devices || context->contact_ns != 0) {
		return evaluate(policy, context, record);
	}
	if (memo->version != version) {
		start_anew(memo, version);
	}
	uint32_t stretch = find_stretch(memo, policy, record->flow.start_ns);
	bool has_access = policy->asks_access && policy_has_access(policy, context, record);
	uint64_t hash = hash_of(memo, policy, record, stretch, has_access);
	struct entry *set = memo->sets[hash % SETS], *entry = set;

	while (entry < set + WAYS && entry->hash != hash) {
		entry++;
	}
	if (entry == set + WAYS) {
		struct remembered made = evaluate(policy, context, record);
		entry = &set[memo->turn++ % WAYS];
		*entry =
			(struct entry){ hash, made.rule, (uint16_t)made.exception, made.is_lifted };
	}
	return (struct remembered){ entry->rule, entry->exception, entry->is_lifted };
}
