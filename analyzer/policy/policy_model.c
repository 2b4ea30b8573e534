#include "analyzer/policy/policy_model.h"

#include <errno.h>

int policy_index_symbols(struct policy *policy)
{
	if (!symbol_rows_init(&policy->unit_rows, SYMBOL_UNIT) ||
		!symbol_rows_init(&policy->class_rows, SYMBOL_CLASS) ||
		!symbol_rows_init(&policy->rule_rows, SYMBOL_RULE) ||
		!symbol_rows_init(&policy->exception_rows, SYMBOL_EXCEPTION)) {
		return -ENOMEM;
	}
	for (uint32_t i = 1; i <= policy->unit_count; i++) {
		symbol_rows_set(&policy->unit_rows, policy->units[i].symbol, (uint16_t)i);
	}
	for (uint32_t i = 1; i <= policy->class_count; i++) {
		symbol_rows_set(&policy->class_rows, policy->classes[i].symbol, (uint16_t)i);
	}
	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		symbol_rows_set(&policy->rule_rows, policy->rules[i].public.symbol, (uint16_t)i);
	}
	for (uint32_t i = 1; i <= policy->exception_count; i++) {
		symbol_rows_set(
			&policy->exception_rows, policy->exceptions[i].public.symbol, (uint16_t)i);
	}
	return 0;
}

const struct policy *policy_at(const struct policy *policy, uint64_t time_ns)
{
	while (policy->earlier && time_ns < policy->in_force_from_ns) {
		policy = policy->earlier;
	}
	return policy;
}

const struct policy *policy_version_before(const struct policy *policy)
{
	return policy->earlier;
}

uint64_t policy_in_force_ns(const struct policy *policy)
{
	return policy->in_force_from_ns;
}

void policy_enact_drafts(struct policy *policy)
{
	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		struct policy_rule *rule = &policy->rules[i].public;
		rule->stage =
			rule->stage == POLICY_STAGE_DRAFT ? POLICY_STAGE_IN_FORCE : rule->stage;
	}
}

unsigned policy_unit_count(const struct policy *policy)
{
	return policy->unit_count;
}

const char *policy_unit_protection(const struct policy *policy, uint16_t unit)
{
	static const char *const names[] = {
#define X(id, name) name,
		PROTECTION_VALUES(X)
#undef X
	};
	uint16_t row = symbol_rows_find(&policy->unit_rows, unit);

	return row ? names[policy->units[row].protection] : "";
}

uint16_t policy_unit_at(const struct policy *policy, unsigned index)
{
	return policy->units[index + 1].symbol;
}

unsigned policy_class_count(const struct policy *policy)
{
	return policy->class_count;
}

uint16_t policy_find_unit(const struct policy *policy, const char *name)
{
	uint16_t unit = symbol_find(SYMBOL_UNIT, name);

	return symbol_rows_find(&policy->unit_rows, unit) ? unit : 0;
}

bool policy_class_is_guest(const struct policy *policy, uint16_t class_)
{
	uint16_t row = symbol_rows_find(&policy->class_rows, class_);

	return row && policy->classes[row].has_type &&
	       policy->classes[row].type == CLASS_TYPE_GUEST;
}

uint16_t policy_find_class(const struct policy *policy, const char *name)
{
	uint16_t class_ = symbol_find(SYMBOL_CLASS, name);

	return symbol_rows_find(&policy->class_rows, class_) ? class_ : 0;
}

const struct policy_rule *policy_rule(const struct policy *policy, uint16_t rule)
{
	for (; policy; policy = policy->earlier) {
		uint16_t row = symbol_rows_find(&policy->rule_rows, rule);
		if (row) {
			return &policy->rules[row].public;
		}
	}
	return NULL;
}

const struct policy_rule *policy_rule_at(const struct policy *policy, unsigned index)
{
	return &policy->rules[index + 1].public;
}

static bool is_for(const struct number_set *these, const struct number_set *except, uint16_t one)
{
	return number_set_has(these, one) && !(except->words && number_set_has(except, one));
}

bool policy_rule_is_for(const struct policy *policy, unsigned index, uint16_t unit)
{
	const struct clause *clause = &policy->rules[index + 1].clause;

	return is_for(&clause->units, &clause->except.units, unit);
}

static bool is_for_devices(const struct clause *clause, uint16_t unit, uint16_t device_class)
{
	return !clause->devices && is_for(&clause->units, &clause->except.units, unit) &&
	       is_for(&clause->classes, &clause->except.classes, device_class);
}

bool policy_rule_is_for_devices(
	const struct policy *policy, unsigned index, uint16_t unit, uint16_t device_class)
{
	return is_for_devices(&policy->rules[index + 1].clause, unit, device_class);
}

bool policy_exception_is_for_devices(
	const struct policy *policy, unsigned index, uint16_t unit, uint16_t device_class)
{
	return is_for_devices(&policy->exceptions[index + 1].clause, unit, device_class);
}

unsigned policy_rule_count(const struct policy *policy)
{
	return policy->rule_count;
}

const struct policy_exception *policy_exception(const struct policy *policy, uint16_t exception)
{
	for (; policy; policy = policy->earlier) {
		uint16_t row = symbol_rows_find(&policy->exception_rows, exception);
		if (row) {
			return &policy->exceptions[row].public;
		}
	}
	return NULL;
}

unsigned policy_exception_count(const struct policy *policy)
{
	return policy->exception_count;
}

const struct policy_exception *policy_exception_at(const struct policy *policy, unsigned index)
{
	return &policy->exceptions[index + 1].public;
}

const struct policy_header *policy_header(const struct policy *policy)
{
	return &policy->header;
}

const char *policy_hash(const struct policy *policy)
{
	return policy->hash;
}
