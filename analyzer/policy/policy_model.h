/* Inside the policy room: what a policy file becomes, between reading, deciding and explaining. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/catalogue/prefix_index.h"
#include "analyzer/policy/block.h"
#include "analyzer/policy/clause.h"
#include "analyzer/policy/policy.h"
#include "analyzer/policy/yaml_tree.h"
#include "analyzer/record/symbols.h"

enum {
	POLICY_UNITS_MAX = 4096,
	POLICY_CLASSES_MAX = 64,
	POLICY_RULES_MAX = 1024,
	POLICY_EXCEPTIONS_MAX = 4096,
	POLICY_NETWORKS_MAX = 65536,
	VLAN_COUNT = 4096
};

struct rule {
	struct policy_rule public;
	struct clause clause;
};

struct exception {
	struct policy_exception public;
	struct clause clause;
};

struct unit {
	const char *name, *group; /* group "" none */
	uint8_t protection;       /* enum protection_value */
	uint16_t symbol;
};

struct device_class {
	const char *name;
	uint8_t type; /* enum class_type */
	bool is_in_scope;
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

/* What an address or a VLAN says of a device. */
struct location {
	uint16_t unit, class_; /* symbols; 0 none */
	bool is_own;
};

struct network {
	struct prefix prefix;
	struct location location; /* as this line of the file says; the rest is from around it */
	unsigned line, column;
};

struct policy {
	struct policy_header header;
	struct blocking blocking;
	char hash[65];
	struct yaml_tree *tree; /* owns the texts */

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

	/* For each app, the rows of the rules that may speak of it, in the order of precedence,
	 * those of units first: candidates[candidate_starts[app] .. candidate_starts[app + 1]). */
	uint16_t *candidates;
	uint32_t *candidate_starts;
	uint32_t app_count;
};

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

/* A comma-separated list of networks that are ours. 0 or -errno. */
int policy_add_own_list(struct policy *policy, const char *list, struct err *err);

/* Makes the index of all networks, and complains of those that are given twice. 0, or -ENOMEM. */
int policy_index_networks(struct policy_reader *reader);

/* Where a device is: by its network (a place in the index, PREFIX_NONE), and where that does not
 * say, by VLAN. */
struct location policy_locate_device(
	const struct policy *policy, int32_t network, const struct context *context);

/* Rules and exceptions out of the file; units and classes are there already (policy_rules.c). */
void policy_read_rules(struct policy_reader *reader, const struct yaml_node *value, void *target);
void policy_read_exceptions(
	struct policy_reader *reader, const struct yaml_node *value, void *target);

/* Gives every unit, class, rule and exception its symbol's way to it. 0, or -ENOMEM. */
int policy_index_symbols(struct policy *policy);

/* Brings the rules into the order of precedence, app by app. 0, or -ENOMEM. */
int policy_order_rules(struct policy *policy);

/* What decides a record (policy_match.c), as rows. Places and unit and class are set. */
struct policy_winner {
	uint16_t rule;                 /* the one that decides; 0 none */
	uint16_t unit_rule, base_rule; /* the first of each layer */
};

struct policy_winner policy_find_rule(const struct policy *policy, const struct record *record);
bool policy_rule_is_in_force(const struct policy_rule *rule, uint64_t time_ns);

/* The decision of a record whose unit, class, direction, place and verdict are set. */
void policy_judge(const struct policy *policy, const struct catalogue *catalogue,
	struct record *record, enum block_outcome outcome);
