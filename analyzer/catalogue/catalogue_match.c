#include "analyzer/catalogue/catalogue.h"

#include <string.h>

#include "analyzer/catalogue/catalogue_parts.h"

struct match catalogue_match_rule(
	const struct catalogue *catalogue, uint32_t index, enum match_kind kind)
{
	const struct catalogue_rule *rule = &catalogue->facts.rules[index];
	const struct app *app = catalogue_app(catalogue, rule->app);

	return (struct match){
		.app = rule->app,
		.kind = (uint8_t)kind,
		.embedded = rule->embedded || app->embedded,
		.weak = rule->weak || rule->source[0] == '\0',
		.hides = rule->hides ? rule->hides : app->hides,
		.rule = rule->value,
		.source = rule->source,
		.region = rule->region,
	};
}

static bool fits_byte(char pattern, char byte)
{
	return pattern == byte || (pattern == '#' && byte >= '0' && byte <= '9');
}

/* Does the pattern with its * and # fit the whole label? Greedy with one step back: linear for our
 * patterns. */
static bool fits_pattern(
	const char *pattern, size_t pattern_length, const char *label, size_t length)
{
	size_t at = 0, p = 0, star = SIZE_MAX, resume = 0;

	while (at < length) {
		if (p < pattern_length && pattern[p] == '*') {
			star = p++;
			resume = at;
		} else if (p < pattern_length && fits_byte(pattern[p], label[at])) {
			p++;
			at++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			at = ++resume;
		} else {
			return false;
		}
	}
	while (p < pattern_length && pattern[p] == '*') {
		p++;
	}
	return p == pattern_length;
}

static uint32_t find_first_label(const struct catalogue *catalogue, const struct name_node *node,
	const char *name, size_t label_length)
{
	for (uint32_t rule = node->first_label; rule != NO_RULE;
		rule = catalogue->first_label_next[rule]) {
		const char *pattern = catalogue->facts.rules[rule].value;
		if (fits_pattern(pattern, strcspn(pattern, "."), name, label_length)) {
			return rule;
		}
	}
	return NO_RULE;
}

/* The suffix that decided; rule NO_RULE where none did. */
struct suffix {
	uint32_t rule;
	size_t length;
};

/* Host before first label before longest suffix. */
static struct match match_suffixes(
	const struct catalogue *catalogue, const char *name, size_t length, struct suffix *suffix)
{
	struct name_hit hits[NAME_HITS_MAX];
	unsigned count = name_index_walk(catalogue->names, name, length, hits);
	const char *dot = memchr(name, '.', length);
	struct suffix longest = { NO_RULE, 0 };

	*suffix = longest;
	while (count-- > 0) {
		const struct name_node *node = &catalogue->nodes[hits[count].value];
		if (node->host != NO_RULE && hits[count].length == length) {
			return catalogue_match_rule(catalogue, node->host, MATCH_HOST);
		}
		if (node->first_label != NO_RULE && dot && hits[count].length < length) {
			uint32_t rule =
				find_first_label(catalogue, node, name, (size_t)(dot - name));
			if (rule != NO_RULE) {
				return catalogue_match_rule(catalogue, rule, MATCH_FIRST_LABEL);
			}
		}
		if (longest.rule == NO_RULE && node->suffix != NO_RULE) {
			longest = (struct suffix){ node->suffix, hits[count].length };
		}
	}
	if (longest.rule == NO_RULE) {
		return (struct match){ 0 };
	}
	*suffix = longest;
	return catalogue_match_rule(catalogue, longest.rule, MATCH_SUFFIX);
}

/* "p16-tiktokcdn-com": a listed name with dashes for its dots, at the end of a label. The longest
 * wins. A very short name would be found by chance ("…-x-com"). */
static struct match match_dashed(
	const struct catalogue *catalogue, const char *label, size_t length)
{
	enum { DASHED_MIN = 7 };
	char name[64];

	for (unsigned dots = 1; dots <= 2; dots++) {
		if (length >= sizeof(name)) {
			break;
		}
		memcpy(name, label, length);
		unsigned made = 0;
		for (size_t at = length; at-- > 0 && made < dots;) {
			if (name[at] == '-') {
				name[at] = '.';
				made++;
			}
		}
		for (size_t start = 0; made == dots && length - start >= DASHED_MIN; start++) {
			if (start > 0 && name[start - 1] != '-') {
				continue;
			}
			uint32_t node =
				name_index_find(catalogue->names, name + start, length - start);
			if (node != NAME_INDEX_NOTHING &&
				catalogue->nodes[node].suffix != NO_RULE) {
				return catalogue_match_rule(catalogue,
					catalogue->nodes[node].suffix, MATCH_EMBEDDED_IN_CDN);
			}
		}
	}
	return (struct match){ 0 };
}

/* The name of a known app left of a CDN's suffix; a few labels of the CDN's own may stand between
 * ("www.tiktok.com.bytewlb.akadns.net"). An app of its own goes before a platform that several
 * share
 * ("tiktokcdn.com.c.bytefcdn-oversea.com"); but a platform is a customer, too
 * ("byteoversea.com.edgesuite.net"). */
static struct match match_customer(
	const struct catalogue *catalogue, const char *name, size_t length)
{
	enum { CDN_LABELS_MAX = 4 };
	struct match platform = { 0 };

	for (unsigned trimmed = 0; trimmed < CDN_LABELS_MAX && length > 0; trimmed++) {
		size_t label = length;
		struct suffix unused;
		struct match match = match_suffixes(catalogue, name, length, &unused);
		while (label > 0 && name[label - 1] != '.') {
			label--;
		}
		if (match.app == 0) {
			match = match_dashed(catalogue, name + label, length - label);
		}
		match.kind = MATCH_EMBEDDED_IN_CDN;
		if (match.app != 0 && !catalogue_app(catalogue, match.app)->shared) {
			return match;
		}
		if (platform.app == 0) {
			platform = match;
		}
		length = label > 0 ? label - 1 : 0;
	}
	return platform.app != 0 ? platform : (struct match){ 0 };
}

struct match catalogue_match_name(
	const struct catalogue *catalogue, const char *name, size_t length)
{
	struct suffix suffix;
	struct match match = match_suffixes(catalogue, name, length, &suffix);

	if (suffix.rule != NO_RULE && length > suffix.length + 1 &&
		catalogue->facts.rules[suffix.rule].kind == RULE_CDN_SUFFIX) {
		struct match customer = match_customer(catalogue, name, length - suffix.length - 1);
		if (customer.app != 0) {
			return customer;
		}
	}
	return match;
}

static bool holds_on_port(const uint16_t ports[FACT_PORTS_MAX], uint16_t port)
{
	if (ports[0] == 0) {
		return true;
	}
	for (unsigned i = 0; i < FACT_PORTS_MAX && ports[i] != 0; i++) {
		if (ports[i] == port) {
			return true;
		}
	}
	return false;
}

/* Is the name below a suffix where labels say nothing? */
static bool is_label_idle(const struct catalogue *catalogue, const char *name, size_t length)
{
	struct name_hit hits[NAME_HITS_MAX];
	unsigned count = name_index_walk(catalogue->names, name, length, hits);

	while (count-- > 0) {
		if (catalogue->nodes[hits[count].value].no_label != NO_RULE) {
			return true;
		}
	}
	return false;
}

/* Most labels end the question here. */
static bool may_fit(const struct label_rule *rule, char first, char last)
{
	return (rule->first == first || rule->first == '\0') &&
	       (rule->last == last || rule->last == '\0');
}

/* "video-dns.com": the label is the name of a site, and a part of it says nothing. */
static bool is_part_of_site(const struct label_rule *rule, const char *below, size_t length)
{
	return (rule->first == '\0' || rule->last == '\0') && !memchr(below, '.', length);
}

struct match catalogue_match_label(
	const struct catalogue *catalogue, const char *name, size_t length, uint16_t port)
{
	const char *dot = memchr(name, '.', length);
	size_t label = dot ? (size_t)(dot - name) : 0;

	for (unsigned i = 0; label > 0 && i < catalogue->label_count; i++) {
		const struct label_rule *rule = &catalogue->labels[i];
		const char *pattern = catalogue->facts.rules[rule->rule].value;
		if (may_fit(rule, name[0], name[label - 1]) && holds_on_port(rule->ports, port) &&
			!is_part_of_site(rule, dot + 1, length - label - 1) &&
			fits_pattern(pattern, rule->length, name, label) &&
			!is_label_idle(catalogue, name, length)) {
			struct match match =
				catalogue_match_rule(catalogue, rule->rule, MATCH_LABEL);
			match.weak = catalogue->facts.rules[rule->rule].weak;
			return match;
		}
	}
	return (struct match){ 0 };
}

struct match catalogue_match_addr(
	const struct catalogue *catalogue, const struct addr *addr, uint16_t port)
{
	int32_t found = prefix_index_find(catalogue->prefixes, addr);

	for (; found != PREFIX_NONE; found = prefix_index_parent(catalogue->prefixes, found)) {
		const struct prefix_rule *rule = &catalogue->prefix_rules[found];
		if (holds_on_port(rule->ports, port)) {
			return catalogue_match_rule(catalogue, rule->rule, MATCH_PREFIX);
		}
	}
	return (struct match){ 0 };
}

/* The first rule about this network, and how many follow it. */
static unsigned find_asn(const struct catalogue *catalogue, uint32_t asn, unsigned *first)
{
	unsigned low = 0, high = catalogue->asn_count, count = 0;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		if (catalogue->asn_rules[middle].asn < asn) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	*first = low;
	while (low + count < catalogue->asn_count && catalogue->asn_rules[low + count].asn == asn) {
		count++;
	}
	return count;
}

struct match catalogue_match_asn(const struct catalogue *catalogue, uint32_t asn)
{
	unsigned first, count = find_asn(catalogue, asn, &first);

	for (unsigned i = 0; i < count; i++) {
		const struct asn_rule *rule = &catalogue->asn_rules[first + i];
		if (rule->is_shared || catalogue_app(catalogue, rule->app)->shared ||
			rule->app != catalogue->asn_rules[first].app) {
			return (struct match){ 0 };
		}
	}
	return count == 0 ? (struct match){ 0 }
			  : catalogue_match_rule(
				    catalogue, catalogue->asn_rules[first].rule, MATCH_ASN);
}

bool catalogue_app_has_asn(const struct catalogue *catalogue, uint16_t app, uint32_t asn)
{
	unsigned first, count = find_asn(catalogue, asn, &first);

	for (unsigned i = 0; i < count; i++) {
		const struct asn_rule *rule = &catalogue->asn_rules[first + i];
		if (rule->app == app && !rule->is_shared) {
			return true;
		}
	}
	return false;
}
