#include "analyzer/policy/policy_memo.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

/* Sets are searched whole; the oldest of one gives way. */
enum { SETS = 4096, WAYS = 4 };

struct entry {
	uint64_t hash; /* 0: empty */
	uint32_t rule;
	uint16_t exception;
	bool is_lifted;
};

struct policy_memo {
	uint64_t secret[4], version;
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
		struct hash_key keys[2] = { hash_key_random(), hash_key_random() };
		memcpy(memo->secret, keys, sizeof(memo->secret));
	}
	return memo;
}

void policy_memo_destroy(struct policy_memo *memo)
{
	free(memo);
}

static __attribute__((noinline)) void start_anew(struct policy_memo *memo, uint64_t version)
{
	memset(memo->sets, 0, sizeof(memo->sets));
	memo->version = version;
	memo->from_ns = memo->to_ns = 0;
}

/* Between which borders the time is; nothing begins or ends in between. */
static __attribute__((noinline)) void find_stretch(
	struct policy_memo *memo, const struct policy *policy, uint64_t time_ns)
{
	uint32_t low = 0, high = policy->border_count;

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
}

static inline uint64_t country_bits(const char code[3])
{
	uint16_t bits;

	memcpy(&bits, code, sizeof(bits));
	return bits;
}

/* Sixteen bytes at once; neither factor is known to whoever chooses the words (as in
 * collector/simd/kernels_scalar.c). */
static inline uint64_t mix(const struct policy_memo *memo, uint64_t hash, uint64_t a, uint64_t b)
{
	unsigned __int128 product =
		(unsigned __int128)(a ^ hash ^ memo->secret[0]) * (b ^ memo->secret[1]);
	return (uint64_t)product ^ (uint64_t)(product >> 64) ^ memo->secret[2];
}

static inline uint64_t load_word(const char *text)
{
	uint64_t word;

	memcpy(&word, text, sizeof(word));
	return word;
}

static inline uint64_t hash_name(
	const struct policy_memo *memo, uint64_t hash, const char *name, size_t length)
{
	enum { WORD = sizeof(uint64_t) };
	uint64_t word = 0;
	size_t at = 0;

	if (length < WORD) {
		memcpy(&word, name, length);
		return mix(memo, hash, word, length);
	}
	for (; at + 2 * WORD < length; at += 2 * WORD) {
		hash = mix(memo, hash, load_word(name + at), load_word(name + at + WORD));
	}
	/* The last two words overlap each other, or those before them. */
	size_t before_last = length >= 2 * WORD ? length - 2 * WORD : 0;
	return mix(memo, hash ^ length, load_word(name + before_last),
		load_word(name + length - WORD));
}

/* Names of certificates and the outer names of ECH lead to no rule (rule_index.c). */
static inline uint64_t hash_names(
	const struct policy_memo *memo, uint64_t hash, const struct l7_info *l7)
{
	for (unsigned i = 0; i < l7->name_count; i++) {
		if (l7->names[i].source <= NAME_DNS_CNAME) {
			hash = hash_name(memo, hash, l7_info_name(l7, i), l7->names[i].length);
		}
	}
	return hash;
}

/* Everything that a rule or an exception may ask of the record. */
static inline uint64_t hash_of(const struct policy_memo *memo, const struct policy *policy,
	const struct record *record, bool has_access)
{
	const struct verdict *verdict = &record->verdict;
	const struct decision *decision = &record->decision;
	const struct geo_place *place = &record->place;

	uint64_t who = (uint64_t)verdict->app << 48 | (uint64_t)decision->unit << 32 |
		       (uint64_t)decision->class_ << 16 | (uint64_t)place->zone << 8 |
		       (uint64_t)record->direction << 1 | has_access;
	uint64_t where = country_bits(verdict->parent_country) << 48 |
			 country_bits(verdict->owner_country) << 32 |
			 country_bits(place->country) << 16 | country_bits(place->operator_country);
	uint64_t hash = mix(memo, policy->in_force_from_ns, who, where);
	hash = mix(memo, hash, (uint64_t)place->asn << 32 | memo->stretch, memo->secret[3]);
	if (policy->rules_ask_names || policy->exceptions_ask_names) {
		hash = hash_names(memo, hash, &record->l7);
	}
	return hash ? hash : 1;
}

static __attribute__((noinline)) struct remembered evaluate(const struct policy *policy,
	const struct policy_context *context, const struct record *record)
{
	struct evaluation evaluation;

	policy_evaluate(policy, context, record, &evaluation);
	return (struct remembered){ evaluation.rule, evaluation.exception, evaluation.is_lifted };
}

/* Not known yet: takes the place of the one that was made longest ago. */
static __attribute__((noinline)) const struct entry *learn(struct policy_memo *memo, uint64_t hash,
	const struct policy *policy, const struct policy_context *context,
	const struct record *record)
{
	struct remembered made = evaluate(policy, context, record);
	struct entry *entry = &memo->sets[hash % SETS][memo->turn++ % WAYS];

	*entry = (struct entry){ hash, made.rule, (uint16_t)made.exception, made.is_lifted };
	return entry;
}

struct remembered policy_memo_evaluate(struct policy_memo *memo, uint64_t version,
	const struct policy *policy, const struct policy_context *context,
	const struct record *record)
{
	uint64_t time_ns = record->flow.start_ns;

	/* What depends on the device itself or on how much it sent is looked at each time. */
	if (!memo || policy->asks_bytes || policy->asks_devices || context->contact_ns != 0) {
		return evaluate(policy, context, record);
	}
	if (memo->version != version) {
		start_anew(memo, version);
	}
	if (memo->policy != policy || time_ns < memo->from_ns || time_ns >= memo->to_ns) {
		find_stretch(memo, policy, time_ns);
	}
	bool has_access = policy->asks_access && policy_has_access(policy, context, record);
	uint64_t hash = hash_of(memo, policy, record, has_access);
	const struct entry *set = memo->sets[hash % SETS], *entry = set;
	while (entry < set + WAYS && entry->hash != hash) {
		entry++;
	}
	if (entry == set + WAYS) {
		entry = learn(memo, hash, policy, context, record);
	}
	return (struct remembered){ entry->rule, entry->exception, entry->is_lifted };
}
