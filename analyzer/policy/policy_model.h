/* Inside the policy room: what a policy file becomes, between reading, deciding and explaining. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/catalogue/prefix_index.h"
#include "analyzer/policy/block.h"
#include "analyzer/policy/clause.h"
#include "analyzer/policy/name_tails.h"
#include "analyzer/policy/policy.h"
#include "analyzer/policy/policy_alerts.h"
#include "analyzer/policy/policy_register.h"
#include "analyzer/policy/rule_index.h"
#include "analyzer/policy/yaml_tree.h"
#include "analyzer/record/symbols.h"

enum {
	POLICY_UNITS_MAX = 4096,
	POLICY_CLASSES_MAX = 64,
	POLICY_RULES_MAX = SYMBOLS_MAX,
	POLICY_EXCEPTIONS_MAX = 4096,
	POLICY_COUNTRIES_MAX = 256,
	POLICY_NETWORKS_MAX = 65536,
	VLAN_COUNT = 4096
};

/* Rows of rules that another one names. */
struct rule_list {
	uint32_t *rows;
	uint32_t count;
	const struct yaml_node *names; /* until they are resolved */
};

struct rule {
	struct policy_rule public;
	struct clause clause;
	struct rule_list opens; /* denies that this allow opens by name */
	uint64_t precedence;    /* smaller stands before */
	uint32_t loses_to; /* the deny that beats this allow, somewhere or everywhere; 0 none */
	const struct yaml_node *node;
};

struct exception {
	struct policy_exception public;
	struct clause clause;
	struct rule_list lifts; /* none named: all */
	const struct yaml_node *node;
};

/* What the file names as a country, for who knows which there are. */
struct policy_countries {
	const struct yaml_node *items[POLICY_COUNTRIES_MAX];
	unsigned count;
};

/* Services by network, app and name: internal ones, and those exempt from being that. */
struct service_set {
	struct number_set apps; /* NULL words: none */
	struct prefix_index *networks;
	const char **names;
	uint32_t name_count;
};

struct unit {
	const char *name, *group; /* group "" none */
	uint8_t protection;       /* enum protection_value */
	uint16_t symbol;
};

struct device_class {
	const char *name;
	uint8_t type;   /* enum class_type */
	uint8_t detail; /* enum policy_detail */
	bool is_in_scope, has_type, has_access;
	uint16_t symbol;
};

/* Kinds of devices; names as in the file. */
#define CLASS_TYPES(X)                                                                             \
	X(OWNED, "owned")                                                                          \
	X(PRIVATE, "private")                                                                      \
	X(SEPARATE, "separate")                                                                    \
	X(PUPIL, "pupil")                                                                          \
	X(GUEST, "guest")                                                                          \
	X(SERVER, "server")                                                                        \
	X(IOT, "iot")

enum class_type {
#define X(id, name) CLASS_TYPE_##id,
	CLASS_TYPES(X)
#undef X
		CLASS_TYPE_COUNT
};

/* What stands between devices and services; all zero: nothing is declared. */
struct proxies {
	struct prefix_index *networks;
	uint64_t *issuers; /* l7_issuer_hash() */
	uint32_t issuer_count;
};

/* Which sensor counts what each network sends, and what it gets; all zero: whoever sees it. */
struct counting_rules {
	struct prefix_index *networks;
	struct counting_sensors {
		const char *out, *in; /* the tree's; NULL: whoever sees it */
	} * sensors;                  /* of each network */
	uint32_t count;
};

/* What an address or a VLAN says of a device. */
struct location {
	uint16_t unit, class_; /* symbols; 0 none */
	bool is_own;
};

struct network {
	struct prefix prefix;
	struct location location; /* as this line of the file says; the rest is from around it */
	unsigned line, column;
	bool is_assumed;  /* nobody listed it: private, or of the link alone */
	uint16_t segment; /* what stands for it (policy_segments.h); 0: it is none */
};

/* What rules and exceptions ask of a record at all: on the rest no decision depends. */
struct asked {
	bool each; /* how much it sent, which device it was: no two records are alike */
	bool zones, directions, asns;
	bool parent_countries, owner_countries, server_countries, operator_countries;
	struct name_tails names;
};

struct policy {
	struct policy_header header;
	struct policy *earlier;    /* the version before this one; NULL none */
	uint64_t in_force_from_ns; /* of this version; 0 always */
	struct blocking blocking;
	struct proxies proxies;
	struct counting_rules counting;
	struct policy_alerts alerts;
	char hash[65];
	struct yaml_tree *tree;        /* owns the texts */
	struct yaml_tree **unit_trees; /* and those of units' own files */
	uint32_t unit_tree_count;

	struct network *networks;
	uint32_t network_count;
	struct prefix_index *index; /* of networks */
	struct location *locations; /* of each network, those around it included */
	struct location vlans[VLAN_COUNT];

	struct unit *units;           /* [1..unit_count] */
	struct device_class *classes; /* [1..class_count] */
	struct rule *rules;           /* [1..rule_count], in the file's order */
	struct exception *exceptions; /* [1..exception_count] */
	uint32_t unit_count, class_count, rule_count, exception_count;
	/* From symbols to rows of these. */
	struct symbol_rows unit_rows, class_rows, rule_rows, exception_rows;

	struct policy_assessment *assessments;
	struct policy_service *services;
	struct policy_treatment *treatments;
	struct policy_expectation *expectations;
	uint32_t assessment_count, service_count, treatment_count, expectation_count;
	const char *watched[WATCH_COUNTRIES_MAX];
	unsigned watch_count;
	char **texts; /* made while reading, such as those that stand in for another language */
	uint32_t text_count;

	struct policy_countries countries;
	uint32_t *lines; /* of rules, by symbol, while they are read */
	struct local_zone *zone;
	struct service_set internal_services, exempt_services;
	uint64_t remember_ns; /* a contact with an internal service */
	bool asks_access;     /* some scope asks whether a device has internal access */
	bool asks_contacts;   /* some exception's condition does */
	bool asks_use;        /* somebody may be accused of an app: whether it was used matters */
	bool has_deadlines;   /* some deny has a day by which an app was to be gone */

	struct rule_index index_of_rules;
	/* The changes of what is in force, ascending: between two of them nothing begins or ends.
	 */
	uint64_t *borders;
	uint32_t border_count;
	struct asked asked;
};

/* The version that was in force at that time; most policies have one alone. */
static inline const struct policy *policy_in_force(const struct policy *latest, uint64_t time_ns)
{
	return latest->earlier ? policy_at(latest, time_ns) : latest;
}

struct policy_reader;

/* Networks, units and classes out of the file (policy_places.c). */
void policy_read_own_networks(
	struct policy_reader *reader, const struct yaml_node *value, void *target);
void policy_read_units(struct policy_reader *reader, const struct yaml_node *value, void *target);
void policy_read_classes(struct policy_reader *reader, const struct yaml_node *value, void *target);

/* What is declared of the firewall (policy_blocking.c). */
void policy_read_blocking(
	struct policy_reader *reader, const struct yaml_node *value, void *target);
void policy_free_blocking(struct blocking *blocking);

/* What stands between devices and services (policy_proxies.c). */
void policy_read_proxies(struct policy_reader *reader, const struct yaml_node *value, void *target);
void policy_free_proxies(struct proxies *proxies);

/* Who counts what two sensors see (policy_counting.c). */
void policy_read_counting(
	struct policy_reader *reader, const struct yaml_node *value, void *target);
void policy_free_counting(struct counting_rules *counting);

/* Budget, holidays and free days (policy_alerts.c). */
void policy_init_alerts(struct policy_alerts *alerts);
void policy_read_alerts(struct policy_reader *reader, const struct yaml_node *value, void *target);

/* A comma-separated list of networks that are ours. 0 or -errno. */
int policy_add_own_list(struct policy *policy, const char *list, struct err *err);

/* Makes the index of all networks, and complains of those that are given twice. 0, or -ENOMEM. */
int policy_index_networks(struct policy_reader *reader);

/* Rules and exceptions out of the file; units and classes are there already (policy_rules.c). */
void policy_read_rules(struct policy_reader *reader, const struct yaml_node *value, void *target);
void policy_read_exceptions(
	struct policy_reader *reader, const struct yaml_node *value, void *target);

/* Gives every unit, class, rule and exception its symbol's way to it. 0, or -ENOMEM. */
int policy_index_symbols(struct policy *policy);

/* After all of the file was read: names of rules to rows (policy_rules.c), the order of precedence
 * and the index (policy_match.c). */
void policy_resolve_rules(struct policy_reader *reader);
int policy_order_rules(struct policy *policy); /* 0, or -ENOMEM */

/* A unit of this file by its name; 0, and said so, where it has none. */
uint16_t policy_read_unit(struct policy_reader *reader, const struct yaml_node *value);

/* Registers (policy_register.c). */
void policy_read_assessments(
	struct policy_reader *reader, const struct yaml_node *value, void *target);
void policy_read_services(
	struct policy_reader *reader, const struct yaml_node *value, void *target);
void policy_read_treatments(
	struct policy_reader *reader, const struct yaml_node *value, void *target);
void policy_read_watch(struct policy_reader *reader, const struct yaml_node *value, void *target);
void policy_read_expectations(
	struct policy_reader *reader, const struct yaml_node *value, void *target);
void policy_free_registers(struct policy *policy);

/* Units' own files beside base.yaml (policy_folder.c). 0 or -errno. */
int policy_read_folder(struct policy_reader *reader, const char *folder, struct err *err);

/* Doubts about what was read without errors (policy_lint.c). */
void policy_lint(struct policy_reader *reader);

/* Services that make a device an internal one (policy_access.c). */
void policy_read_internal_services(
	struct policy_reader *reader, const struct yaml_node *value, void *target);
void policy_read_exempt_services(
	struct policy_reader *reader, const struct yaml_node *value, void *target);
void policy_free_services(struct service_set *set);

/* The network's own housekeeping: time, ping, resolvers, certificates. It goes to some country and
 * uses nothing of it, nor of a service. */
bool policy_is_housekeeping(const struct catalogue *catalogue, const struct record *record);

/* Has the device internal access, for a rule's scope? */
bool policy_has_access(const struct policy *policy, const struct policy_context *context,
	const struct record *record);

/* What became of a rule that holds (policy_evaluate.c). */
enum standing { STANDING_LOSES, STANDING_DECIDES, STANDING_LIFTED, STANDING_OPENED };

struct standing_rule {
	uint32_t row;
	uint32_t by; /* lifted: row of the exception; opened: row of the allow */
	uint8_t standing;
};

enum { STANDING_MAX = 1024 };

/* All rules that hold for a record, in the order of precedence, and what they come to. */
struct evaluation {
	uint32_t rule;      /* row that decides; 0 none */
	uint32_t exception; /* row of the one that lifted a rule; 0 none */
	bool is_lifted;     /* that rule is a deny, lifted */
	uint32_t count;
	struct standing_rule rules[STANDING_MAX];
};

void policy_evaluate(const struct policy *policy, const struct policy_context *context,
	const struct record *record, struct evaluation *evaluation);

/* A folder of accepted policies (policy_history.c): all of its versions. 0 or -errno. */
int policy_load_history(struct policy **policy, const char *folder, const char *networks,
	const char *language, const struct catalogue *catalogue, struct policy_problems *problems,
	struct err *err);

bool policy_rule_is_in_force(const struct policy_rule *rule, uint64_t time_ns);
/* Does the exception's condition hold for the device? */
bool policy_exception_holds(
	const struct exception *exception, const struct policy_context *context, uint64_t time_ns);

/* The decision of a record whose unit, class, direction, place and verdict are set. */
void policy_judge(const struct policy *policy, const struct catalogue *catalogue,
	const struct policy_context *context, struct record *record, enum block_outcome outcome);
