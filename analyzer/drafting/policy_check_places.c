/* Units and classes that no device can be in, or not over every protocol; scopes that hold for no
 * device (policy_tools.h). */
#include "analyzer/drafting/policy_checks.h"
#include "analyzer/policy/policy_words.h"

/* What is known of the networks of a unit or a class. */
struct extent {
	bool has_v4, has_v6, is_outside, has_vlan;
	struct yaml_node at; /* the first of them */
};

/* Does a network of ours that names neither unit nor class hold this one? */
static bool is_held(const struct policy *policy, uint32_t network)
{
	int32_t around = prefix_index_parent(policy->index, (int32_t)network);

	for (; around >= 0; around = prefix_index_parent(policy->index, around)) {
		const struct location *outer = &policy->networks[around].location;
		if (outer->is_own && !outer->unit && !outer->class_) {
			return true;
		}
	}
	return false;
}

/* Of the unit, or, where that is 0, of the class. */
static struct extent extent_of(
	const struct policy *policy, uint16_t unit, uint16_t class_, bool has_own_networks)
{
	struct extent extent = { 0 };

	for (uint32_t i = 0; i < policy->network_count; i++) {
		const struct network *network = &policy->networks[i];
		bool is_v4 = addr_is_v4(&network->prefix.addr);
		if (unit ? network->location.unit != unit : network->location.class_ != class_) {
			continue;
		}
		if (!extent.has_v4 && !extent.has_v6) {
			extent.at = (struct yaml_node){ .line = network->line,
				.column = network->column };
		}
		extent.has_v4 |= is_v4;
		extent.has_v6 |= !is_v4;
		extent.is_outside |= has_own_networks && !is_held(policy, i);
	}
	for (uint32_t vlan = 0; vlan < VLAN_COUNT; vlan++) {
		const struct location *location = &policy->vlans[vlan];
		extent.has_vlan |= unit ? location->unit == unit : location->class_ == class_;
	}
	return extent;
}

static void check_extent(struct policy_reader *reader, const char *what, const char *name,
	const struct extent *extent, const struct yaml_node *at)
{
	if (!extent->has_v4 && !extent->has_v6 && !extent->has_vlan) {
		policy_warning(reader, at,
			"%s \"%s\" has neither networks nor VLANs: no device is in it by where it "
			"is; add \"networks\"",
			what, name);
	} else if (extent->is_outside) {
		policy_warning(reader, &extent->at,
			"%s \"%s\" has a network outside own_networks: add it there", what, name);
	} else if (extent->has_v4 && !extent->has_v6 && !extent->has_vlan) {
		policy_warning(reader, &extent->at,
			"%s \"%s\" has networks of IPv4 only: over IPv6 its devices are in no %s",
			what, name, what);
	}
}

/* Where a unit or class stands in the file. */
static struct yaml_node place_of(const struct policy *policy, const char *word, const char *name)
{
	const struct yaml_node *root = policy->tree ? yaml_tree_root(policy->tree) : NULL;
	const struct yaml_node *value = yaml_map_get(yaml_map_get(root, word), name);
	const struct yaml_node *key = value ? value->key : NULL;

	return (struct yaml_node){ .line = key ? key->line : 1, .column = key ? key->column : 1 };
}

static bool fits(const struct clause *clause, const struct location *location)
{
	const struct clause_devices *except = &clause->except;

	return number_set_has(&clause->units, location->unit) &&
	       number_set_has(&clause->classes, location->class_) &&
	       !(except->units.words && number_set_has(&except->units, location->unit)) &&
	       !(except->classes.words && number_set_has(&except->classes, location->class_));
}

/* Is there a network or a VLAN whose devices are all that the scope asks for? */
static bool is_possible(const struct policy *policy, const struct clause *clause)
{
	static const struct location nowhere;

	if (fits(clause, &nowhere)) {
		return true;
	}
	for (uint32_t i = 0; i < policy->network_count; i++) {
		if (fits(clause, &policy->locations[i])) {
			return true;
		}
	}
	for (uint32_t vlan = 0; vlan < VLAN_COUNT; vlan++) {
		if (fits(clause, &policy->vlans[vlan])) {
			return true;
		}
	}
	return false;
}

static bool names_somebody(const struct number_set *set, enum symbol_kind kind)
{
	for (uint32_t i = 1; set->words && i <= symbol_highest(kind); i++) {
		if (number_set_has(set, i)) {
			return true;
		}
	}
	return !set->words;
}

/* A scope that names units and classes that there are, and which no place has together. */
static void check_scope(struct policy_reader *reader, const struct yaml_node *at, const char *id,
	const struct clause *clause)
{
	if (names_somebody(&clause->units, SYMBOL_UNIT) &&
		names_somebody(&clause->classes, SYMBOL_CLASS) &&
		!is_possible(reader->policy, clause)) {
		policy_warning(reader, at,
			"\"%s\" holds for nobody: no network of this file is in the units and "
			"classes of its scope, less its \"except\"",
			id);
	}
}

void policy_check_places(struct policy_reader *reader, bool has_own_networks)
{
	const struct policy *policy = reader->policy;

	for (uint32_t i = 1; i <= policy->unit_count; i++) {
		struct extent extent =
			extent_of(policy, policy->units[i].symbol, 0, has_own_networks);
		struct yaml_node at = place_of(policy, "units", policy->units[i].name);
		check_extent(reader, "unit", policy->units[i].name, &extent, &at);
	}
	for (uint32_t i = 1; i <= policy->class_count; i++) {
		struct extent extent =
			extent_of(policy, 0, policy->classes[i].symbol, has_own_networks);
		struct yaml_node at = place_of(policy, "classes", policy->classes[i].name);
		check_extent(reader, "class", policy->classes[i].name, &extent, &at);
	}
	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];
		check_scope(reader, rule->node, rule->public.id, &rule->clause);
	}
	for (uint32_t i = 1; i <= policy->exception_count; i++) {
		const struct exception *exception = &policy->exceptions[i];
		check_scope(reader, exception->node, exception->public.id, &exception->clause);
	}
}
