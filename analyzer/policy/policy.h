/* Policy: an organisation's own rules, and what they say of a record.
 *
 * One YAML file. This storey: own networks, units by network, device classes by network, rules on apps (also by
 * category, family, owner, parent country, zone) with action deny, allow or report, unit and class scope, and dates. The
 * file's shape is the whole language's, so that later rules are more words, not another grammar.
 *
 * Memory   read-only after policy_load().
 * Threads  any number may ask.
 * Failure  policy_load() names file, line and column and says what was expected. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/classify/catalogue.h"
#include "analyzer/record.h"
#include "base/addr.h"
#include "base/err.h"

struct policy;

/* path NULL: no rules; own networks are then the private ones (RFC 1918, RFC 6598, RFC 4193, link-local, loopback).
 * networks: a comma-separated list that replaces the policy's own networks; NULL keeps them. */
int policy_load(struct policy **policy, const char *path, const char *networks,
        const struct catalogue *catalogue, struct err *err);
void policy_free(struct policy *policy);

/* First, before geo: direction and own side. */
void policy_locate(const struct policy *policy, struct record *record);

/* Last: unit, class, rule, action, verdict, block. geo: for countries and zones by name; may be NULL. */
void policy_decide(const struct policy *policy, const struct catalogue *catalogue, struct record *record);

bool policy_is_own(const struct policy *policy, const struct addr *addr);

/* Names behind the numbers of a decision; "" for 0. */
const char *policy_unit_name(const struct policy *policy, uint16_t unit);
const char *policy_class_name(const struct policy *policy, uint16_t class_);
unsigned policy_unit_count(const struct policy *policy);

struct policy_rule {
	const char *id, *reference, *basis, *severity, *note;
	uint64_t effective_from_ns, grace_until_ns, valid_to_ns; /* 0 not set */
	uint8_t action; /* enum policy_action */
	bool blocked;   /* the network is said to block it: attempts are watched */
};

const struct policy_rule *policy_rule(const struct policy *policy, uint16_t rule); /* NULL for 0 */
unsigned policy_rule_count(const struct policy *policy);

struct policy_header {
	const char *organisation, *reference, *purpose, *legal_basis, *consultation_date, *language;
	unsigned group_minimum; /* k: groups below it are suppressed; 5 unless set */
};

const struct policy_header *policy_header(const struct policy *policy);
const char *policy_hash(const struct policy *policy); /* SHA-256 of the file, hex; "" without one */
