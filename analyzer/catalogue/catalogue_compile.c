/* Facts into indices. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/catalogue/catalogue_parts.h"

static int no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "the catalogue: out of memory");
}

/* The node of a listed name, made where it is new; NULL: out of memory. */
static struct name_node *node_at(struct catalogue *catalogue, const char *name)
{
	uint32_t *place = name_index_add(catalogue->names, name, catalogue->node_count);

	if (!place) {
		return NULL;
	}
	if (*place == catalogue->node_count) {
		catalogue->nodes[catalogue->node_count++] =
			(struct name_node){ NO_RULE, NO_RULE, NO_RULE, NO_RULE };
	}
	return &catalogue->nodes[*place];
}

/* The later rule takes the place. */
static void claim(struct catalogue *catalogue, uint32_t *place, uint32_t rule)
{
	if (*place != NO_RULE) {
		catalogue->facts.rules[*place].overridden = true;
	}
	*place = rule;
}

static int refuse(const struct catalogue_rule *rule, struct err *err, const char *sentence)
{
	return err_set(err, EINVAL, "%s:%u: %s", rule->file, rule->line, sentence);
}

/* Of equal patterns the later one is asked first, and the earlier never. */
static int compile_first_label(struct catalogue *catalogue, uint32_t index, struct err *err)
{
	struct catalogue_rule *rules = catalogue->facts.rules;
	uint32_t *same = name_index_add(catalogue->first_labels, rules[index].value, NO_RULE);
	struct name_node *node = node_at(catalogue, strchr(rules[index].value, '.') + 1);
	unsigned count = 0;

	if (!same || !node) {
		return no_memory(err);
	}
	for (uint32_t i = node->first_label; i != NO_RULE; i = catalogue->first_label_next[i]) {
		if (++count == FIRST_LABELS_MAX) {
			return refuse(&rules[index], err, "too many patterns before one suffix");
		}
	}
	if (*same != NO_RULE) {
		rules[*same].overridden = true;
	}
	*same = index;
	catalogue->first_label_next[index] = node->first_label;
	node->first_label = index;
	return 0;
}

static int compile_name(struct catalogue *catalogue, uint32_t index, struct err *err)
{
	const struct catalogue_rule *rule = &catalogue->facts.rules[index];
	struct name_node *node = node_at(catalogue, rule->value);

	if (!node) {
		return no_memory(err);
	}
	claim(catalogue,
		rule->kind == RULE_HOST       ? &node->host
		: rule->kind == RULE_NO_LABEL ? &node->no_label
					      : &node->suffix,
		index);
	return 0;
}

static char plain(char pattern)
{
	return pattern == '*' || pattern == '#' ? '\0' : pattern;
}

static int compile_label(struct catalogue *catalogue, uint32_t index, struct err *err)
{
	const struct catalogue_rule *rule = &catalogue->facts.rules[index];
	struct label_rule *label = &catalogue->labels[catalogue->label_count];
	size_t length;

	if (catalogue->label_count == LABEL_RULES_MAX) {
		return refuse(rule, err, "too many rules about a label alone");
	}
	fact_parse_label(rule->value, &length, label->ports);
	label->rule = index;
	label->length = (uint8_t)length;
	label->first = length > 0 ? plain(rule->value[0]) : '\0';
	label->last = length > 0 ? plain(rule->value[length - 1]) : '\0';
	catalogue->label_count++;
	return 0;
}

/* Small letters, without the * at the end; lives with the facts. NULL: out of memory. */
static const char *word_key(struct facts *facts, const char *value, size_t length)
{
	char key[FACT_WORD_MAX + 1];

	for (size_t i = 0; i < length; i++) {
		key[i] = (char)(value[i] >= 'A' && value[i] <= 'Z' ? value[i] | 0x20 : value[i]);
	}
	return facts_keep(facts, key, length);
}

static int compile_word(struct catalogue *catalogue, uint32_t index, struct err *err)
{
	const struct catalogue_rule *rule = &catalogue->facts.rules[index];
	struct word_index *words = words_of(catalogue, (enum rule_kind)rule->kind);
	size_t length = strlen(rule->value);
	bool is_prefix = rule->value[length - 1] == '*';
	struct name_index **names = is_prefix ? &words->prefixes : &words->whole;

	length -= is_prefix;
	if (!*names) {
		*names = name_index_create(16);
	}
	const char *key = word_key(&catalogue->facts, rule->value, length);
	uint32_t *place = *names && key ? name_index_add(*names, key, NO_RULE) : NULL;
	if (!place) {
		return no_memory(err);
	}
	claim(catalogue, place, index);
	words->longest = length > words->longest ? length : words->longest;
	return 0;
}

static int compile_rule(
	struct catalogue *catalogue, uint32_t index, struct prefix *prefixes, struct err *err)
{
	const struct catalogue_rule *rule = &catalogue->facts.rules[index];

	switch (rule->kind) {
	case RULE_FIRST_LABEL:
		return compile_first_label(catalogue, index, err);
	case RULE_LABEL:
		return compile_label(catalogue, index, err);
	case RULE_PREFIX:
		catalogue->prefix_rules[catalogue->prefix_count].rule = index;
		fact_parse_prefix(rule->value, &prefixes[catalogue->prefix_count],
			catalogue->prefix_rules[catalogue->prefix_count].ports);
		catalogue->prefix_count++;
		return 0;
	case RULE_ASN:
		catalogue->asn_rules[catalogue->asn_count] = (struct asn_rule){
			.rule = index, .app = rule->app, .is_shared = rule->shared
		};
		fact_parse_asn(rule->value, &catalogue->asn_rules[catalogue->asn_count].asn);
		catalogue->asn_count++;
		return 0;
	case RULE_ALPN:
	case RULE_CERT:
	case RULE_USER_AGENT:
		return compile_word(catalogue, index, err);
	default:
		return compile_name(catalogue, index, err);
	}
}

static int compare_asn_rules(const void *left, const void *right)
{
	const struct asn_rule *a = left, *b = right;

	if (a->asn != b->asn) {
		return a->asn < b->asn ? -1 : 1;
	}
	return (a->rule > b->rule) - (a->rule < b->rule);
}

static bool take_memory(struct catalogue *catalogue, unsigned count)
{
	unsigned prefixes = 0, networks = 0;

	for (unsigned i = 0; i < count; i++) {
		prefixes += catalogue->facts.rules[i].kind == RULE_PREFIX;
		networks += catalogue->facts.rules[i].kind == RULE_ASN;
	}
	catalogue->names = name_index_create(count + 1);
	catalogue->first_labels = name_index_create(64);
	catalogue->nodes = calloc(count + 1, sizeof(*catalogue->nodes));
	catalogue->first_label_next = calloc(count + 1, sizeof(*catalogue->first_label_next));
	catalogue->prefix_rules = calloc(prefixes + 1, sizeof(*catalogue->prefix_rules));
	catalogue->asn_rules = calloc(networks + 1, sizeof(*catalogue->asn_rules));
	return catalogue->names && catalogue->first_labels && catalogue->nodes &&
	       catalogue->first_label_next && catalogue->prefix_rules && catalogue->asn_rules;
}

int catalogue_compile(struct catalogue *catalogue, struct err *err)
{
	unsigned count = catalogue->facts.rule_count;
	struct prefix *prefixes = calloc(count + 1, sizeof(*prefixes));
	int status = prefixes && take_memory(catalogue, count) ? 0 : no_memory(err);

	for (uint32_t i = 0; status == 0 && i < count; i++) {
		status = compile_rule(catalogue, i, prefixes, err);
	}
	if (status == 0) {
		qsort(catalogue->asn_rules, catalogue->asn_count, sizeof(*catalogue->asn_rules),
			compare_asn_rules);
		catalogue->prefixes = prefix_index_create(prefixes, catalogue->prefix_count);
		status = catalogue->prefixes ? 0 : no_memory(err);
	}
	free(prefixes);
	return status;
}
