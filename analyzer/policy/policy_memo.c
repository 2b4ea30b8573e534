#include "analyzer/policy/policy_memo.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

/* Sets are searched whole; the oldest of one gives way. */
enum { SETS = 4096, WAYS = 4 };

struct entry {
	uint64_t hash; /* 0: empty */
	struct remembered made;
};

struct policy_memo {
	uint64_t secret[4], version;
	const struct policy *policy;     /* whose borders were asked for last */
	uint64_t who_asked, where_asked; /* bits of what its rules ask at all */
	uint32_t asn_asked;
	uint64_t from_ns, to_ns; /* the stretch between two borders that was asked for last */
	uint64_t moment;         /* stands for that stretch, and for the policy */
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

/* Sixteen bytes at once; neither factor is known to whoever chooses the words (as in
 * collector/simd/kernels_scalar.c). */
static inline uint64_t mix(const struct policy_memo *memo, uint64_t hash, uint64_t a, uint64_t b)
{
	unsigned __int128 product =
		(unsigned __int128)(a ^ hash ^ memo->secret[0]) * (b ^ memo->secret[1]);
	return (uint64_t)product ^ (uint64_t)(product >> 64) ^ memo->secret[2];
}

/* The words by which decisions are remembered: in each field a mask of it. */
enum { ZONE_AT = 8, DIRECTION_AT = 1, PARENT_AT = 48, OWNER_AT = 32, SERVER_AT = 16 };

static uint64_t bits_if(bool is_asked, uint64_t bits, unsigned at)
{
	return is_asked ? bits << at : 0;
}

static void note_asked(struct policy_memo *memo, const struct asked *asked)
{
	uint64_t zone = bits_if(asked->zones, 0xff, ZONE_AT),
		 direction = bits_if(asked->directions, 0x7f, DIRECTION_AT);

	memo->who_asked = ~UINT64_C(0xffff) | zone | direction | 1;
	memo->where_asked = bits_if(asked->parent_countries, 0xffff, PARENT_AT) |
			    bits_if(asked->owner_countries, 0xffff, OWNER_AT) |
			    bits_if(asked->server_countries, 0xffff, SERVER_AT) |
			    bits_if(asked->operator_countries, 0xffff, 0);
	memo->asn_asked = asked->asns ? UINT32_MAX : 0;
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
	note_asked(memo, &policy->asked);
	memo->policy = policy;
	memo->moment = mix(memo, 0, policy->in_force_from_ns, low);
	memo->from_ns = low > 0 ? policy->borders[low - 1] : 0;
	memo->to_ns = low < policy->border_count ? policy->borders[low] : UINT64_MAX;
}

static inline uint64_t country_bits(const char code[3])
{
	uint16_t bits;

	memcpy(&bits, code, sizeof(bits));
	return bits;
}

static inline uint64_t load_word(const char *text)
{
	uint64_t word;

	memcpy(&word, text, sizeof(word));
	return word;
}

static __attribute__((noinline)) uint64_t hash_name(
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

/* Names of certificates and the outer names of ECH lead to no rule (rule_index.c); nor does what
 * ends like nothing that rules ask about. */
static inline uint64_t hash_names(const struct policy_memo *memo, uint64_t hash,
	const struct name_tails *asked, const struct l7_info *l7)
{
	for (unsigned i = 0; i < l7->name_count; i++) {
		const char *name = l7_info_name(l7, i);
		size_t length = l7->names[i].length;
		if (l7->names[i].source <= NAME_DNS_CNAME &&
			name_tails_maybe(asked, name, length)) {
			hash = hash_name(memo, hash, name, length);
		}
	}
	return hash;
}

/* Everything that the policy's rules and exceptions ask of the record. */
static inline uint64_t hash_of(const struct policy_memo *memo, const struct policy *policy,
	const struct record *record, bool has_access)
{
	const struct verdict *verdict = &record->verdict;
	const struct decision *decision = &record->decision;
	const struct geo_place *place = &record->place;

	uint64_t who = (uint64_t)verdict->app << 48 | (uint64_t)decision->unit << 32 |
		       (uint64_t)decision->class_ << 16 | (uint64_t)place->zone << ZONE_AT |
		       (uint64_t)record->direction << DIRECTION_AT | has_access;
	uint64_t where = country_bits(verdict->parent_country) << PARENT_AT |
			 country_bits(verdict->owner_country) << OWNER_AT |
			 country_bits(place->country) << SERVER_AT |
			 country_bits(place->operator_country);
	uint64_t network = memo->moment ^ (place->asn & memo->asn_asked) * memo->secret[3];
	uint64_t hash = mix(memo, network, who & memo->who_asked, where & memo->where_asked);
	hash = hash_names(memo, hash, &policy->asked.names, &record->l7);
	return hash ? hash : 1;
}

static __attribute__((noinline)) struct remembered evaluate(const struct policy *policy,
	const struct policy_context *context, const struct record *record)
{
	struct evaluation evaluation;

	policy_evaluate(policy, context, record, &evaluation);
	return (struct remembered){ evaluation.rule, (uint16_t)evaluation.exception,
		evaluation.is_lifted };
}

/* Not known yet: takes the place of the one that was made longest ago. */
static __attribute__((noinline)) struct remembered learn(const struct policy *policy,
	const struct policy_context *context, const struct record *record, uint64_t hash)
{
	struct policy_memo *memo = context->memo;
	struct entry *entry = &memo->sets[hash % SETS][memo->turn++ % WAYS];

	*entry = (struct entry){ hash, evaluate(policy, context, record) };
	return entry->made;
}

struct remembered policy_memo_evaluate(const struct policy *policy,
	const struct policy_context *context, const struct record *record)
{
	struct policy_memo *memo = context->memo;
	uint64_t time_ns = record->flow.start_ns;

	/* What depends on the device itself or on how much it sent is looked at each time. */
	if (!memo || policy->asked.bytes || policy->asked.devices || context->contact_ns != 0) {
		return evaluate(policy, context, record);
	}
	if (memo->version != context->version) {
		start_anew(memo, context->version);
	}
	if (memo->policy != policy || time_ns < memo->from_ns || time_ns >= memo->to_ns) {
		find_stretch(memo, policy, time_ns);
	}
	bool has_access = policy->asks_access && policy_has_access(policy, context, record);
	uint64_t hash = hash_of(memo, policy, record, has_access);
	const struct entry *set = memo->sets[hash % SETS];
	for (const struct entry *entry = set; entry < set + WAYS; entry++) {
		if (entry->hash == hash) {
			return entry->made;
		}
	}
	return learn(policy, context, record, hash);
}
