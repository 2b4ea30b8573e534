/* Rules: added as they come, taken away by later lines. */
#include <string.h>

#include "analyzer/catalogue/catalogue_facts.h"
#include "analyzer/catalogue/fact_values.h"
#include "analyzer/catalogue/name_index.h"

static const char *const kind_names[] = {
#define X(id, name) name,
	RULE_KINDS(X)
#undef X
};

const char *rule_kind_name(enum rule_kind kind)
{
	return kind_names[kind];
}

static bool is_value(enum rule_kind kind, const char *value)
{
	uint16_t ports[FACT_PORTS_MAX];
	struct prefix prefix;
	size_t length;
	uint32_t asn;

	switch (kind) {
	case RULE_PREFIX:
		return fact_parse_prefix(value, &prefix, ports);
	case RULE_ASN:
		return fact_parse_asn(value, &asn);
	case RULE_LABEL:
		return fact_parse_label(value, &length, ports);
	case RULE_TLD:
		return fact_is_tld(value);
	case RULE_NO_LABEL:
		return fact_is_tld(value) || fact_is_name(value, false);
	case RULE_ALPN:
	case RULE_CERT:
	case RULE_USER_AGENT:
		return fact_is_word(value);
	default:
		return fact_is_name(value, kind == RULE_FIRST_LABEL);
	}
}

static const char *what_is_expected(enum rule_kind kind)
{
	switch (kind) {
	case RULE_PREFIX:
		return "a prefix such as 192.0.2.0/24, perhaps with ports (\"192.0.2.1/32 443 "
		       "853\")";
	case RULE_ASN:
		return "a network such as AS64500";
	case RULE_LABEL:
		return "a pattern for one label, perhaps with ports, such as \"doh-* 443 853\"";
	case RULE_TLD:
		return "a top-level domain such as \"example\"";
	case RULE_FIRST_LABEL:
		return "a pattern and a suffix such as \"api*.example.com\"";
	case RULE_ALPN:
	case RULE_CERT:
	case RULE_USER_AGENT:
		return "at most 64 printable characters, with a * at the end at most";
	default:
		return "a host name in lower case with at least one dot";
	}
}

/* RULE_KIND_COUNT where the word is none. */
static enum rule_kind parse_kind(const char *word)
{
	size_t length = fact_word_length(word);
	unsigned kind = 0;

	while (kind < RULE_KIND_COUNT &&
		(kind_names[kind][0] != word[0] || strlen(kind_names[kind]) != length ||
			memcmp(word, kind_names[kind], length) != 0)) {
		kind++;
	}
	return (enum rule_kind)kind;
}

/* Splits "suffix:weak" into the kind and its marks. */
static int parse_rule(struct fact_line *line, struct catalogue_rule *rule, struct err *err)
{
	enum rule_kind kind = parse_kind(line->fact);
	struct fact_marks marks;
	const char *wrong;

	if (kind == RULE_KIND_COUNT ||
		!fact_marks_parse(line->fact,
			kind == RULE_ASN ? FACT_MARKS_NETWORK : FACT_MARKS_RULE, &marks, &wrong)) {
		return facts_refuse(line, err,
			"unknown fact \"%s\": expected name, category, family, owner, "
			"owner-country, parent, parent-country, note, is, host, first-label, "
			"suffix, tld, cdn-suffix, label, no-label, prefix, asn, alpn, cert or "
			"user-agent (rules with :embedded, :weak, :hides-lookups or :region=US, "
			"networks with :shared)",
			line->fact);
	}
	rule->kind = (uint8_t)kind;
	rule->embedded = marks.embedded;
	rule->weak = marks.weak;
	rule->shared = marks.shared;
	rule->hides = marks.hides;
	rule->region = facts_keep(line->facts, marks.region, strlen(marks.region));
	return rule->region ? 0 : facts_no_memory(line, err);
}

/* Remembers where the last rule with this value stands. */
static bool note_value(struct facts *facts, uint32_t index)
{
	uint32_t *last = name_index_add(facts->by_value, facts->rules[index].value, FACTS_NONE);

	if (last) {
		facts->links[index].same_value = *last;
		*last = index;
	}
	return last != NULL;
}

static int append(struct fact_line *line, const struct catalogue_rule *rule, struct err *err)
{
	struct facts *facts = line->facts;
	uint32_t index = facts->rule_count;
	struct catalogue_rule *rules =
		facts_grow(facts->rules, index, &facts->rule_capacity, sizeof(*rules));
	struct rule_links *links =
		facts_grow(facts->links, index, &facts->link_capacity, sizeof(*links));

	facts->rules = rules ? rules : facts->rules;
	facts->links = links ? links : facts->links;
	if (!rules || !links) {
		return facts_no_memory(line, err);
	}
	rules[index] = *rule;
	links[index] = (struct rule_links){ facts->apps[rule->app].rule_first, FACTS_NONE };
	facts->apps[rule->app].rule_first = index;
	facts->rule_count++;
	return !facts->by_value || note_value(facts, index) ? 0 : facts_no_memory(line, err);
}

int facts_add_rule(struct fact_line *line, struct err *err)
{
	struct catalogue_rule rule = {
		.file = line->file,
		.line = line->number,
		.source = line->source,
		.app = line->app,
		.layer = line->layer,
	};
	int status = parse_rule(line, &rule, err);

	if (status < 0) {
		return status;
	}
	if (!is_value((enum rule_kind)rule.kind, line->value)) {
		return facts_refuse(line, err, "expected %s, found \"%s\"",
			what_is_expected((enum rule_kind)rule.kind), line->value);
	}
	rule.value = facts_keep(line->facts, line->value, strlen(line->value));
	return rule.value ? append(line, &rule, err) : facts_no_memory(line, err);
}

static bool index_values(struct facts *facts)
{
	facts->by_value = name_index_create(facts->rule_count + 1);
	for (uint32_t i = 0; facts->by_value && i < facts->rule_count; i++) {
		if (!note_value(facts, i)) {
			return false;
		}
	}
	return facts->by_value != NULL;
}

int facts_remove_rules(struct fact_line *line, struct err *err)
{
	struct facts *facts = line->facts;
	struct catalogue_rule wanted = { 0 };
	bool is_all = strcmp(line->value, "*") == 0;
	unsigned removed = 0;
	int status = parse_rule(line, &wanted, err);

	if (status < 0) {
		return status;
	}
	if (!is_all && !facts->by_value && !index_values(facts)) {
		return facts_no_memory(line, err);
	}
	uint32_t at = is_all ? facts->apps[line->app].rule_first
			     : name_index_find(facts->by_value, line->value, strlen(line->value));
	while (at != FACTS_NONE) {
		struct catalogue_rule *rule = &facts->rules[at];
		if (rule->app == line->app && rule->kind == wanted.kind) {
			rule->app = 0;
			removed++;
		}
		at = is_all ? facts->links[at].same_app : facts->links[at].same_value;
	}
	if (removed == 0) {
		return facts_refuse(line, err, "%s has no %s %s that could be removed",
			facts->apps[line->app].app.id, line->fact, line->value);
	}
	return 0;
}
