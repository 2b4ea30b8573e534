/* Policy: an organisation's own rules, and what they say of a record.
 *
 * One YAML file says whose networks these are, which units and device classes are where, and what
 * is denied, allowed or only watched, where, from when, and why. The words of the language are in
 * share/policies/README.md; words that a later version will know are refused by name, never
 * ignored.
 *
 * Which rule decides: rules for a unit stand before rules for all, and may only be stricter; within
 * each, rules for a class before rules for a group before rules for everybody; then the closer
 * match first (name, app, family, owner, category, network, country or zone, anything); then the
 * stricter action; then the file's order. A rule outside its dates does not exist. An exception
 * that holds wins over all of them.
 *
 * What a verdict means:
 *     violation     a deny rule is in force and the service answered
 *     grace         the same before the end of the rule's grace period
 *     reported      a report, assess or pending rule; or a deny rule where nothing was transferred
 *                   (blocked, unanswered, a lookup alone, asked from outside) or where the app was
 *                   only embedded in something else or only inferred
 *     out-of-scope  a rule applies, but the device's class is outside the policy
 *     unapproved    allow-list mode, and no rule speaks of the app
 *
 * Memory   read-only after policy_load(); texts live until policy_free().
 * Threads  any number may ask.
 * Failure  policy_load() names file, line and column and says what was expected.
 * Cost     under 50 ns a decision for hundreds of networks and rules. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/record/record.h"
#include "base/addr.h"
#include "base/err.h"

struct policy;

/* What is wrong (or, as a warning, doubtful) in a policy file, in the order found. Counting goes on
 * where keeping stops. */
enum { POLICY_PROBLEMS_MAX = 20 };

struct policy_problem {
	unsigned line, column; /* from 1; 0 where the file as a whole is meant */
	bool is_warning;
	char text[256];
};

struct policy_problems {
	unsigned errors, warnings, count;
	struct policy_problem items[POLICY_PROBLEMS_MAX];
};

/* path NULL: no rules; own networks are then the private ones (RFC 1918, RFC 6598, RFC 4193).
 * networks: a comma-separated list that replaces the policy's own networks; NULL keeps them. A
 * policy that names no own networks has the private ones and those of its units and classes.
 *
 * 0 or -errno; err then says the first error and how many more there are. */
int policy_load(struct policy **policy, const char *path, const char *networks,
	const struct catalogue *catalogue, struct err *err);
void policy_free(struct policy *policy);

/* The same, keeping every error and warning of the file. */
int policy_load_checked(struct policy **policy, const char *path, const char *networks,
	const struct catalogue *catalogue, struct policy_problems *problems, struct err *err);

/* The same from memory; path is for errors. */
int policy_parse(struct policy **policy, const char *path, const char *bytes, size_t count,
	const char *networks, const struct catalogue *catalogue, struct policy_problems *problems,
	struct err *err);

/* The own networks, at most so many; how many were filled in. */
size_t policy_own_networks(const struct policy *policy, struct prefix *networks, size_t most);

/* First, before geo: direction and own side, unit and class, device and vantage. Link-local and loopback addresses
 * always are own; traffic to multicast and broadcast addresses stays inside. */
void policy_locate(const struct policy *policy, struct record *record);

/* Last, of a record that was located: rule, exception, action, verdict, block. */
void policy_decide(
	const struct policy *policy, const struct catalogue *catalogue, struct record *record);

/* The app that a lookup names: a verdict of it; app 0 where nobody knows the name. */
struct verdict policy_asked_app(const struct catalogue *catalogue, const struct record *record);

bool policy_is_own(const struct policy *policy, const struct addr *addr);

/* Units, classes, rules and exceptions are told by symbols (symbols.h), which know their names and
 * outlive the policy. */
unsigned policy_unit_count(const struct policy *policy);
unsigned policy_class_count(const struct policy *policy);
uint16_t policy_find_unit(const struct policy *policy, const char *name);  /* 0: none */
uint16_t policy_find_class(const struct policy *policy, const char *name); /* 0: none */

/* How much the information of a unit matters; names as in the file. */
#define PROTECTION_VALUES(X)                                                                       \
	X(HARMLESS, "harmless")                                                                    \
	X(PERSONAL, "personal")                                                                    \
	X(SENSITIVE, "sensitive")                                                                  \
	X(SECRECY, "secrecy")                                                                      \
	X(SECURITY_SENSITIVE, "security-sensitive")

enum protection_value {
#define X(id, name) PROTECTION_##id,
	PROTECTION_VALUES(X)
#undef X
		PROTECTION_VALUE_COUNT
};

struct policy_rule {
	const char *id, *reference, *risk_reference, *basis, *severity, *note, *author;
	uint64_t effective_from_ns, grace_until_ns,
		valid_to_ns; /* 0 not set; last moment included */
	uint8_t action;      /* enum policy_action */
	bool blocked;        /* the network is said to block it: attempts are watched */
	unsigned line;       /* in the file */
	uint16_t symbol;     /* what stands for it in records */
};

/* NULL for 0, and for one that other policies had. */
const struct policy_rule *policy_rule(const struct policy *policy, uint16_t rule);
unsigned policy_rule_count(const struct policy *policy);

struct policy_exception {
	const char *id, *approver, *reason, *reference;
	uint64_t valid_from_ns, valid_to_ns; /* 0 not set; last moment included */
	unsigned line;
	uint16_t symbol;
};

const struct policy_exception *policy_exception(const struct policy *policy, uint16_t exception);
unsigned policy_exception_count(const struct policy *policy);

#define POLICY_MODES(X)                                                                            \
	X(DENY_LIST, "deny-list")   /* what no rule speaks of is nobody's business */              \
	X(ALLOW_LIST, "allow-list") /* what no rule speaks of is not approved */

enum policy_mode {
#define X(id, name) POLICY_MODE_##id,
	POLICY_MODES(X)
#undef X
		POLICY_MODE_COUNT
};

struct policy_header {
	const char *organisation, *reference, *purpose, *legal_basis, *consultation_date, *language;
	unsigned group_minimum; /* k: groups below it are suppressed; 5 unless set */
	uint8_t mode;           /* enum policy_mode */
};

const struct policy_header *policy_header(const struct policy *policy);
const char *policy_hash(const struct policy *policy); /* SHA-256 of the file, hex; "" without one */

/* A question to the policy, and its answer in plain sentences: which rules were looked at, in which
 * order, why each did or did not decide. */
struct policy_question {
	uint16_t app, unit, class_; /* symbols; 0: none */
	uint64_t time_ns;
	char server_country[3]; /* "" not known */
	uint8_t zone;           /* enum geo_zone of it */
};

void policy_explain(const struct policy *policy, const struct catalogue *catalogue,
	const struct policy_question *question, FILE *out);
