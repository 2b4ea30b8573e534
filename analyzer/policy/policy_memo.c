#include "analyzer/policy/policy_memo.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

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

void policy_memo_start_anew(struct policy_memo *memo, uint64_t version)
{
	memset(memo->sets, 0, sizeof(memo->sets));
	memo->version = version;
	memo->from_ns = memo->to_ns = 0;
}

static uint64_t bits_if(bool is_asked, uint64_t bits, unsigned at)
{
	return is_asked ? bits << at : 0;
}

static void note_asked(struct policy_memo *memo, const struct asked *asked)
{
	uint64_t zone = bits_if(asked->zones, 0xff, MEMO_ZONE_AT),
		 direction = bits_if(asked->directions, 0x7f, MEMO_DIRECTION_AT);

	memo->who_asked = ~UINT64_C(0xffff) | zone | direction | 1;
	memo->where_asked = bits_if(asked->parent_countries, 0xffff, MEMO_PARENT_AT) |
			    bits_if(asked->owner_countries, 0xffff, MEMO_OWNER_AT) |
			    bits_if(asked->server_countries, 0xffff, MEMO_SERVER_AT) |
			    bits_if(asked->operator_countries, 0xffff, 0);
	memo->asn_asked = asked->asns ? UINT32_MAX : 0;
}

/* Between which borders the time is; nothing begins or ends in between. */
void policy_memo_find_stretch(
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
	memo->moment = policy_memo_mix(memo, 0, policy->in_force_from_ns, low);
	memo->from_ns = low > 0 ? policy->borders[low - 1] : 0;
	memo->to_ns = low < policy->border_count ? policy->borders[low] : UINT64_MAX;
}

static inline uint64_t load_word(const char *text)
{
	uint64_t word;

	memcpy(&word, text, sizeof(word));
	return word;
}

uint64_t policy_memo_hash_name(
	const struct policy_memo *memo, uint64_t hash, const char *name, size_t length)
{
	enum { WORD = sizeof(uint64_t) };
	uint64_t word = 0;
	size_t at = 0;

	if (length < WORD) {
		memcpy(&word, name, length);
		return policy_memo_mix(memo, hash, word, length);
	}
	for (; at + 2 * WORD < length; at += 2 * WORD) {
		hash = policy_memo_mix(
			memo, hash, load_word(name + at), load_word(name + at + WORD));
	}
	/* The last two words overlap each other, or those before them. */
	size_t before_last = length >= 2 * WORD ? length - 2 * WORD : 0;
	return policy_memo_mix(memo, hash ^ length, load_word(name + before_last),
		load_word(name + length - WORD));
}

struct remembered policy_memo_evaluate_anew(const struct policy *policy,
	const struct policy_context *context, const struct record *record)
{
	struct evaluation evaluation;

	policy_evaluate(policy, context, record, &evaluation);
	return (struct remembered){ evaluation.rule, (uint16_t)evaluation.exception,
		evaluation.is_lifted };
}

/* An empty place of the set, or the place of the one that was made longest ago. */
static struct memo_entry *place_for(struct policy_memo *memo, uint64_t hash)
{
	struct memo_entry *set = policy_memo_set(memo, hash);

	for (unsigned way = 0; way < POLICY_MEMO_WAYS; way++) {
		if (set[way].hash == 0) {
			return &set[way];
		}
	}
	return &set[memo->turn++ % POLICY_MEMO_WAYS];
}

struct remembered policy_memo_learn(const struct policy *policy,
	const struct policy_context *context, const struct record *record, uint64_t hash)
{
	struct memo_entry *entry = place_for(context->memo, hash);

	*entry = (struct memo_entry){ hash, policy_memo_evaluate_anew(policy, context, record) };
	return entry->made;
}
