/* Policy: an organisation's own rules, and what they say of a record.
 *
 * One YAML file says whose networks these are, which units and device classes are where, and what
 * is denied, allowed or only watched, where, from when, and why. The words of the language are in
 * share/policies/README.md; words that a later version will know are refused by name, never
 * ignored.
 *
 * Which rule decides: all that hold are collected. An exception lifts the rules that it names (all
 * of them, where it names none). Of what is left a deny decides, unless an allow opens it: by
 * naming it, or by being at least as exact on every axis (service, place, network, unit, device,
 * access). A unit's rule only adds denies: it opens nothing of the body's but by name. Without a
 * deny the most exact rule decides, a unit's before the body's where it is no laxer. How exact a
 * deny is merely chooses which one is printed. A rule outside its dates does not exist.
 *
 * What a verdict means:
 *     violation     a deny rule is in force and the service was used
 *     grace         the same before the end of the rule's grace period
 *     reported      a report, assess or pending rule; or a deny rule where it cannot be said that
 *                   the service was used: blocked, unsure, a lookup alone, asked from outside,
 *                   embedded in something else, inferred, less sure than the rule asks, or the
 *                   network's own housekeeping (time, ping, resolvers, certificates) under a rule
 *                   about countries
 *     excepted      an exception lifted what denied it
 *     out-of-scope  a rule applies, but the device's class is outside the policy
 *     unapproved    allow-list mode, and no rule speaks of the app
 *
 * Memory   read-only after policy_load(); texts live until policy_free().
 * Threads  any number may ask.
 * Failure  policy_load() names file, line and column and says what was expected.
 * Cost     policy_decide() looks at every rule that may speak of the app; decider.h remembers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/record/record.h"
#include "base/addr.h"
#include "base/err.h"

struct policy;
struct local_zone;
struct policy_memo;
struct policy_rule;

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

/* path: a file, or a folder of base.yaml and units' own files (a unit's rules only add). NULL: no
 * rules; own networks are then the private ones (RFC 1918, RFC 6598, RFC 4193). networks: a
 * comma-separated list that replaces the policy's own networks; NULL keeps them. A policy that
 * names no own networks has the private ones and those of its units and classes.
 *
 * 0 or -errno; err then says the first error and how many more there are. */
int policy_load(struct policy **policy, const char *path, const char *networks,
	const struct catalogue *catalogue, struct err *err);
void policy_free(struct policy *policy);

/* The same, keeping every error and warning of the file. */
int policy_load_checked(struct policy **policy, const char *path, const char *networks,
	const struct catalogue *catalogue, struct policy_problems *problems, struct err *err);

/* The same with free texts in that language where the file has them; NULL: the file's own. */
int policy_load_in(struct policy **policy, const char *path, const char *networks,
	const char *language, const struct catalogue *catalogue, struct policy_problems *problems,
	struct err *err);

/* The same from memory; path is for errors. */
int policy_parse(struct policy **policy, const char *path, const char *bytes, size_t count,
	const char *networks, const struct catalogue *catalogue, struct policy_problems *problems,
	struct err *err);

/* From now on drafts are in force: what would be if they were. */
void policy_enact_drafts(struct policy *policy);

/* A policy that was loaded from its history (policy_history.h) is the latest version and holds the
 * others: the one that was in force at that time. */
const struct policy *policy_at(const struct policy *policy, uint64_t time_ns);
/* The version before it, NULL for the first one; and from when this one is in force, 0 where it has
 * no history. */
const struct policy *policy_version_before(const struct policy *policy);
uint64_t policy_in_force_ns(const struct policy *policy);

/* The own networks, at most so many; how many were filled in. */
size_t policy_own_networks(const struct policy *policy, struct prefix *networks, size_t most);

/* First, before geo: direction and own side, unit and class, device and vantage. Link-local and
 * loopback addresses always are own; traffic to multicast and broadcast addresses stays inside. */
void policy_locate(const struct policy *latest, struct record *record);

/* Last, of a record that was located: rule, exception, action, verdict, block. */
void policy_decide(
	const struct policy *policy, const struct catalogue *catalogue, struct record *record);

/* What else is known of a device when it is judged. */
struct policy_context {
	uint64_t contact_ns;      /* its latest contact with an internal service; 0 none */
	bool contact_today;       /* one comes at any time of the same local day */
	struct policy_memo *memo; /* NULL: every record is looked at anew */
	uint64_t version;         /* of the reference data that the policy is part of */
};

void policy_decide_in(const struct policy *latest, const struct catalogue *catalogue,
	const struct policy_context *context, struct record *record);

/* Is this flow a contact with an internal service, and none with an exempt one? */
bool policy_is_contact(const struct policy *policy, const struct catalogue *catalogue,
	const struct record *record);
/* Of a violation: the exception that would have lifted its rule, were it not over (*is_over) or its
 * condition broken; 0 none. */
uint16_t policy_lapsed_exception(
	const struct policy *policy, const struct record *record, bool *is_over);

/* The rule's word, a step up where the unit's information is under secrecy or more, a step down
 * where the evidence is weak. */
const char *policy_severity(const struct policy *policy, const struct policy_rule *rule,
	uint16_t unit, uint8_t confidence);

/* Would it be a violation, were the rule not merely watched? */
bool policy_is_watched_use(const struct policy *policy, const struct catalogue *catalogue,
	const struct record *record);

/* Does it speak of apps, and not of countries and networks alone? */
bool policy_rule_is_about_apps(const struct policy *policy, uint16_t rule);
bool policy_asks_contacts(const struct policy *policy); /* does any rule or exception ask? */
bool policy_asks_use(const struct policy *policy);      /* may anybody be accused of an app? */
bool policy_has_deadlines(const struct policy *policy); /* is anything to be gone by a day? */

/* The app that a lookup names: a verdict of it; app 0 where nobody knows the name. */
struct verdict policy_asked_app(const struct catalogue *catalogue, const struct record *record);

/* Of a record that is located: does a proxy stand between its device and what it asks for (via)?
 * By what it asked (CONNECT, SOCKS), by the policy's networks of proxies, or by the issuer of the
 * certificates with which the body opens TLS. */
void policy_note_proxy(const struct policy *policy, struct record *record);

/* Is our end a declared proxy? It asks for others: nobody uses anything by it. */
bool policy_is_own_proxy(const struct policy *policy, const struct addr *own);

/* Is the other end the proxy's own address, which says nothing of where the service is? */
bool policy_is_end_a_proxy(const struct policy *policy, const struct record *record);

/* Where two sensors see the same traffic: which ways of it does the policy have another one than
 * this count, of the network of that address of ours? */
enum { POLICY_WAY_OUT = 1, POLICY_WAY_IN = 2, POLICY_BOTH_WAYS = 3 };
unsigned policy_counts_elsewhere(
	const struct policy *policy, const char *sensor, const struct addr *own);

/* Does it name that sensor, or none at all? One that is misspelt counts nothing of what is named.
 */
bool policy_counting_names(const struct policy *policy, const char *sensor);

bool policy_is_own(const struct policy *policy, const struct addr *addr);
/* Is it one that the world routes to, and not ours? */
bool policy_is_outside(const struct policy *policy, const struct addr *addr);
/* Does some unit or class name the VLAN? */
bool policy_knows_vlan(const struct policy *policy, uint16_t vlan_id);

/* What became of a probe, which says hello and nothing after it: passed where the service itself
 * answered. */
enum block_outcome policy_probe_outcome(const struct policy *policy, const struct record *record);

/* Is it where the network sends what it blocks, as declared? */
bool policy_blocks_with(const struct policy *policy, const struct addr *addr);

/* Units, classes, rules and exceptions are told by symbols (symbols.h), which know their names and
 * outlive the policy. */
unsigned policy_unit_count(const struct policy *policy);
unsigned policy_class_count(const struct policy *policy);
const char *policy_unit_protection(const struct policy *policy, uint16_t unit); /* "" not said */
uint16_t policy_unit_at(const struct policy *policy, unsigned index);           /* from 0 */
uint16_t policy_find_unit(const struct policy *policy, const char *name);       /* 0: none */
uint16_t policy_find_class(const struct policy *policy, const char *name);      /* 0: none */
bool policy_class_is_guest(const struct policy *policy, uint16_t class_);       /* by its type */

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

/* A rule asks for so much certainty unless it says otherwise (attribute.h has the table): names and
 * wire formats are surer, a weak name or a network's owner alone are not. */
enum { POLICY_CONFIDENCE_LEAST = 65 };

/* How far a rule has come: a draft decides nothing yet, and "policy replay" says what it would; a
 * watched one decides where no other does, and is counted without anybody being told of anybody. */
#define POLICY_STAGES(X) X(IN_FORCE, "in force") X(WATCH, "watch") X(DRAFT, "draft")

enum policy_stage {
#define X(id, name) POLICY_STAGE_##id,
	POLICY_STAGES(X)
#undef X
		POLICY_STAGE_COUNT
};

struct policy_rule {
	const char *id, *reference, *risk_reference, *basis, *severity, *note, *author;
	uint64_t effective_from_ns, grace_until_ns,
		valid_to_ns;     /* 0 not set; last moment included */
	uint64_t next_review_ns; /* 0 not set */
	uint8_t confidence;      /* less sure than this is reported as probable */
	uint8_t action;          /* enum policy_action */
	uint8_t stage;           /* enum policy_stage */
	bool blocked;            /* the network is said to block it: attempts are watched */
	unsigned line;           /* in the file */
	uint16_t symbol;         /* what stands for it in records */
};

/* NULL for 0, and for one that other policies had; of several versions the latest that has it. */
const struct policy_rule *policy_rule(const struct policy *policy, uint16_t rule);
unsigned policy_rule_count(const struct policy *policy);
const struct policy_rule *policy_rule_at(const struct policy *policy, unsigned index); /* from 0 */
/* May it hold for devices of that unit (a symbol)? */
bool policy_rule_is_for(const struct policy *policy, unsigned index, uint16_t unit);
/* And of that class (0: none is known)? What names single devices is for no class as such. */
bool policy_rule_is_for_devices(
	const struct policy *policy, unsigned index, uint16_t unit, uint16_t device_class);

struct policy_exception {
	const char *id, *approver, *reason, *reference, *kind; /* kind: mitigated or waiver */
	bool no_internal_flows; /* its condition: broken by a contact with internal services */
	uint64_t valid_from_ns, valid_to_ns; /* 0 not set; last moment included */
	unsigned line;
	uint16_t symbol;
};

const struct policy_exception *policy_exception(const struct policy *policy, uint16_t exception);
unsigned policy_exception_count(const struct policy *policy);
const struct policy_exception *policy_exception_at(
	const struct policy *policy, unsigned index); /* from 0 */
bool policy_exception_is_for_devices(
	const struct policy *policy, unsigned index, uint16_t unit, uint16_t device_class);

#define POLICY_MODES(X)                                                                            \
	X(DENY_LIST, "deny-list")   /* what no rule speaks of is nobody's business */              \
	X(ALLOW_LIST, "allow-list") /* what no rule speaks of is not approved */

enum policy_mode {
#define X(id, name) POLICY_MODE_##id,
	POLICY_MODES(X)
#undef X
		POLICY_MODE_COUNT
};

/* How far a class of devices is kept: sums alone, or each device under a pseudonym. */
#define POLICY_DETAILS(X) X(UNSET, "") X(AGGREGATE, "aggregate") X(PSEUDONYM, "pseudonym")

enum policy_detail {
#define X(id, name) POLICY_DETAIL_##id,
	POLICY_DETAILS(X)
#undef X
		POLICY_DETAIL_COUNT
};

struct policy_header {
	const char *organisation, *reference, *purpose, *legal_basis, *consultation_date, *language;
	const char *economic, *children; /* consequences, in the body's own words */
	const char *country;           /* of the body, whose law it is: SE NO DK FI; "" not said */
	const char *purpose_class;     /* of monitoring: operation or breaches; "" not said */
	unsigned group_minimum;        /* k: groups below it are suppressed; 5 unless set */
	uint8_t mode;                  /* enum policy_mode */
	const struct local_zone *zone; /* of its dates; NULL UTC */
	/* The law of watching staff; 0 not said. Ends include their last moment. */
	uint64_t informed_ns, consulted_ns, ends_ns, evaluate_by_ns;
	unsigned coverage_percent; /* of enrolled devices, for a green light; 80 unless set */
};

const struct policy_header *policy_header(const struct policy *policy);
const char *policy_hash(const struct policy *policy); /* SHA-256 of the file, hex; "" without one */

/* A question to the policy. */
struct policy_question {
	uint16_t app, unit, class_; /* symbols; 0: none */
	uint64_t time_ns;
	const char *name;       /* of the server; NULL not known */
	struct addr device;     /* all zero: none */
	bool has_access;        /* the device has been with internal services */
	char server_country[3]; /* "" not known */
	uint8_t zone;           /* enum geo_zone of it */
};

/* The record that it is about: a device of ours reached the service and got an answer. */
void policy_question_record(const struct policy *policy, const struct catalogue *catalogue,
	const struct policy_question *question, struct record *record);

/* Of a denied flow: why it is no use of what is denied; NULL where it is. */
const char *policy_reason_not_use(const struct policy *policy, const struct catalogue *catalogue,
	const struct record *record);
