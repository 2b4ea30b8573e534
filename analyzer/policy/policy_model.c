#include "analyzer/policy/policy_model.h"

#include <string.h>

const char *policy_unit_name(const struct policy *policy, uint16_t unit)
{
	return unit > 0 && unit <= policy->unit_count ? policy->units[unit].name : "";
}

const char *policy_class_name(const struct policy *policy, uint16_t class_)
{
	return class_ > 0 && class_ <= policy->class_count ? policy->classes[class_].name : "";
}

unsigned policy_unit_count(const struct policy *policy)
{
	return policy->unit_count;
}

unsigned policy_class_count(const struct policy *policy)
{
	return policy->class_count;
}

uint16_t policy_find_unit(const struct policy *policy, const char *name)
{
	for (uint32_t i = 1; i <= policy->unit_count; i++) {
		if (strcmp(policy->units[i].name, name) == 0) {
			return (uint16_t)i;
		}
	}
	return 0;
}

uint16_t policy_find_class(const struct policy *policy, const char *name)
{
	for (uint32_t i = 1; i <= policy->class_count; i++) {
		if (strcmp(policy->classes[i].name, name) == 0) {
			return (uint16_t)i;
		}
	}
	return 0;
}

const struct policy_rule *policy_rule(const struct policy *policy, uint16_t rule)
{
	return rule > 0 && rule <= policy->rule_count ? &policy->rules[rule].public : NULL;
}

unsigned policy_rule_count(const struct policy *policy)
{
	return policy->rule_count;
}

const struct policy_exception *policy_exception(const struct policy *policy, uint16_t exception)
{
	return exception > 0 && exception <= policy->exception_count
		       ? &policy->exceptions[exception].public
		       : NULL;
}

unsigned policy_exception_count(const struct policy *policy)
{
	return policy->exception_count;
}

const struct policy_header *policy_header(const struct policy *policy)
{
	return &policy->header;
}

const char *policy_hash(const struct policy *policy)
{
	return policy->hash;
}
