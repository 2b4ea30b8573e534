/* The compiled catalogue: what catalogue.c builds and catalogue_match.c and catalogue_check.c read.
 * Used by these alone. */
#pragma once

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/catalogue/catalogue_facts.h"
#include "analyzer/catalogue/fact_values.h"
#include "analyzer/catalogue/name_index.h"
#include "analyzer/catalogue/prefix_index.h"
#include "analyzer/record/symbols.h"

#define NO_RULE UINT32_MAX

/* What is listed at one name: places in the rules. */
struct name_node {
	uint32_t host, suffix; /* suffix: of kind suffix or cdn-suffix */
	uint32_t first_label;  /* the head of a chain over first_label_next */
};

/* A prefix rule, made for matching. */
struct prefix_rule {
	uint32_t rule;
	uint16_t ports[FACT_PORTS_MAX];
};

struct asn_rule {
	uint32_t asn, rule;
};

struct catalogue {
	struct facts facts;
	struct symbol_rows rows; /* from apps to rows of facts.apps */
	struct name_index *names;
	struct name_node *nodes;
	uint32_t *first_label_next; /* for each rule: the next first-label rule at the same name */
	struct prefix_index *prefixes;
	struct prefix_rule *prefix_rules;
	struct asn_rule *asn_rules; /* by number */
	unsigned node_count, prefix_count, asn_count;
	char hash[65];
};
