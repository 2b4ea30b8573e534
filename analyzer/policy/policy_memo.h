/* What the rules said of the last such record: an evaluation is made once for each unit, class,
 * app, country, zone, network and name, and remembered until something begins or ends to be in
 * force.
 *
 * Memory   one block of fixed size, with policy_memo_create().
 * Threads  one.
 * Cost     a hash of what rules may ask, and one look. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "analyzer/policy/policy_model.h"

struct remembered {
	uint32_t rule;
	uint16_t exception; /* POLICY_EXCEPTIONS_MAX */
	bool is_lifted;
};

/* Sets are searched whole; the one that was made longest ago gives way. */
enum { POLICY_MEMO_SETS = 4096, POLICY_MEMO_WAYS = 4 };

struct memo_entry {
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
	struct memo_entry sets[POLICY_MEMO_SETS][POLICY_MEMO_WAYS];
};

struct policy_memo *policy_memo_create(void); /* NULL: out of memory */
void policy_memo_destroy(struct policy_memo *memo);

/* The rare parts of what follows: reference data is new; the time is of another stretch; a name
 * that rules may ask for; nothing is remembered. */
void policy_memo_start_anew(struct policy_memo *memo, uint64_t version);
void policy_memo_find_stretch(
	struct policy_memo *memo, const struct policy *policy, uint64_t time_ns);
uint64_t policy_memo_hash_name(
	const struct policy_memo *memo, uint64_t hash, const char *name, size_t length);
struct remembered policy_memo_evaluate_anew(const struct policy *policy,
	const struct policy_context *context, const struct record *record);
struct remembered policy_memo_learn(const struct policy *policy,
	const struct policy_context *context, const struct record *record, uint64_t hash);

/* Sixteen bytes at once; neither factor is known to whoever chooses the words (as in
 * collector/simd/kernels_scalar.c). */
static inline uint64_t policy_memo_mix(
	const struct policy_memo *memo, uint64_t hash, uint64_t a, uint64_t b)
{
	unsigned __int128 product =
		(unsigned __int128)(a ^ hash ^ memo->secret[0]) * (b ^ memo->secret[1]);
	return (uint64_t)product ^ (uint64_t)(product >> 64) ^ memo->secret[2];
}

/* The words by which decisions are remembered: in each field a mask of it. */
enum {
	MEMO_ZONE_AT = 8,
	MEMO_DIRECTION_AT = 1,
	MEMO_PARENT_AT = 48,
	MEMO_OWNER_AT = 32,
	MEMO_SERVER_AT = 16
};

static inline uint64_t policy_memo_country(const char code[3])
{
	uint16_t bits;

	memcpy(&bits, code, sizeof(bits));
	return bits;
}

/* The lowest bit of a hash is always set. */
static inline struct memo_entry *policy_memo_set(struct policy_memo *memo, uint64_t hash)
{
	return memo->sets[hash / 2 % POLICY_MEMO_SETS];
}

/* Names of certificates and the outer names of ECH lead to no rule (rule_index.c); nor does what
 * ends like nothing that rules ask about. */
static inline uint64_t policy_memo_hash_names(const struct policy_memo *memo, uint64_t hash,
	const struct name_tails *asked, const struct l7_info *l7)
{
	for (unsigned i = 0; i < l7->name_count; i++) {
		const char *name = l7_info_name(l7, i);
		size_t length = l7->names[i].length;
		if (l7->names[i].source <= NAME_DNS_CNAME &&
			name_tails_maybe(asked, name, length)) {
			hash = policy_memo_hash_name(memo, hash, name, length);
		}
	}
	return hash;
}

/* Everything that the policy's rules and exceptions ask of the record. */
static inline uint64_t policy_memo_hash(const struct policy_memo *memo, const struct policy *policy,
	const struct record *record, bool has_access)
{
	const struct verdict *verdict = &record->verdict;
	const struct decision *decision = &record->decision;
	const struct geo_place *place = &record->place;

	uint64_t who = (uint64_t)verdict->app << 48 | (uint64_t)decision->unit << 32 |
		       (uint64_t)decision->class_ << 16 | (uint64_t)place->zone << MEMO_ZONE_AT |
		       (uint64_t)record->direction << MEMO_DIRECTION_AT | has_access;
	uint64_t where = policy_memo_country(verdict->parent_country) << MEMO_PARENT_AT |
			 policy_memo_country(verdict->owner_country) << MEMO_OWNER_AT |
			 policy_memo_country(place->country) << MEMO_SERVER_AT |
			 policy_memo_country(place->operator_country);
	uint64_t network = memo->moment ^ (place->asn & memo->asn_asked) * memo->secret[3];
	uint64_t hash =
		policy_memo_mix(memo, network, who & memo->who_asked, where & memo->where_asked);
	hash = policy_memo_hash_names(memo, hash, &policy->asked.names, &record->l7);
	return hash | 1;
}

/* What policy_evaluate() comes to; remembered in the context's memo, where it has one. */
static inline struct remembered policy_memo_evaluate(const struct policy *policy,
	const struct policy_context *context, const struct record *record)
{
	struct policy_memo *memo = context->memo;
	uint64_t time_ns = record->flow.start_ns;

	/* What depends on the device itself or on how much it sent is looked at each time. */
	if (!memo || policy->asked.each || context->contact_ns != 0) {
		return policy_memo_evaluate_anew(policy, context, record);
	}
	if (memo->version != context->version) {
		policy_memo_start_anew(memo, context->version);
	}
	if (memo->policy != policy || time_ns < memo->from_ns || time_ns >= memo->to_ns) {
		policy_memo_find_stretch(memo, policy, time_ns);
	}
	bool has_access = policy->asks_access && policy_has_access(policy, context, record);
	uint64_t hash = policy_memo_hash(memo, policy, record, has_access);
	const struct memo_entry *set = policy_memo_set(memo, hash);
	for (const struct memo_entry *entry = set; entry < set + POLICY_MEMO_WAYS; entry++) {
		if (entry->hash == hash) {
			return entry->made;
		}
	}
	return policy_memo_learn(policy, context, record, hash);
}
