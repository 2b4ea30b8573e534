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
	uint32_t host, suffix; /* suffix: of kind suffix, tld or cdn-suffix */
	uint32_t first_label;  /* the head of a chain over first_label_next */
	uint32_t no_label;
};

/* A label rule, made for matching. */
struct label_rule {
	uint32_t rule;
	uint8_t length;   /* of the pattern */
	char first, last; /* the label's, as the pattern has them; 0: any */
	uint16_t ports[FACT_PORTS_MAX];
};

/* Words of one kind, in small letters; those that end in * stand without it, apart. */
struct word_index {
	struct name_index *whole, *prefixes;
	size_t longest;
};

/* A prefix rule, made for matching. */
struct prefix_rule {
	uint32_t rule;
	uint16_t ports[FACT_PORTS_MAX];
};

struct asn_rule {
	uint32_t asn, rule;
	uint16_t app; /* the rule's */
	bool is_shared;
};

enum {
	LABEL_RULES_MAX = 64,
	FIRST_LABELS_MAX = 1024, /* in front of one suffix: they are tried one after another */
	WORD_KIND_COUNT = RULE_USER_AGENT - RULE_ALPN + 1
};

struct catalogue {
	struct facts facts;
	struct symbol_rows rows; /* from apps to rows of facts.apps */
	struct name_index *names;
	struct name_node *nodes;
	struct name_index *first_labels; /* their whole texts */
	uint32_t *first_label_next; /* for each rule: the next first-label rule at the same name */
	struct label_rule labels[LABEL_RULES_MAX];
	struct word_index words[WORD_KIND_COUNT];
	struct prefix_index *prefixes;
	struct prefix_rule *prefix_rules;
	struct asn_rule *asn_rules; /* by number */
	unsigned node_count, label_count, prefix_count, asn_count;
	struct catalogue_hash *hash;
};

/* The index of a kind of words. */
static inline struct word_index *words_of(struct catalogue *catalogue, enum rule_kind kind)
{
	return &catalogue->words[kind - RULE_ALPN];
}

/* The answer that a rule gives. */
struct match catalogue_match_rule(
	const struct catalogue *catalogue, uint32_t rule, enum match_kind kind);

/* Makes facts into what catalogue_match.c asks. */
int catalogue_compile(struct catalogue *catalogue, struct err *err);
