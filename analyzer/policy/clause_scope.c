/* The word "scope" of a rule or an exception: which devices it is for (clause.h). */
#include <string.h>

#include "analyzer/policy/clause.h"
#include "analyzer/policy/policy_model.h"
#include "analyzer/policy/policy_words.h"

/* What a row is called and its symbol, of the rows 1..count that the file has by then. */
struct row_name {
	const char *name;
	uint16_t symbol;
};
typedef struct row_name name_row(const struct policy *policy, uint32_t row);

static struct row_name name_unit(const struct policy *policy, uint32_t row)
{
	return (struct row_name){ policy->units[row].name, policy->units[row].symbol };
}

static struct row_name name_group(const struct policy *policy, uint32_t row)
{
	return (struct row_name){ policy->units[row].group, policy->units[row].symbol };
}

static struct row_name name_class(const struct policy *policy, uint32_t row)
{
	return (struct row_name){ policy->classes[row].name, policy->classes[row].symbol };
}

/* The symbols of the rows that have one of the names given. */
static void read_rows(struct policy_reader *reader, const struct yaml_node *value, const char *what,
	uint32_t count, name_row *name_of, struct number_set *set)
{
	const struct yaml_node *item = NULL;
	enum symbol_kind kind = name_of == name_class ? SYMBOL_CLASS : SYMBOL_UNIT;

	policy_new_set(reader, value, symbol_highest(kind) + 1, set);
	while ((item = policy_next_text(reader, value, item))) {
		struct policy_guess guess = policy_guess(item->text);
		bool is_found = false;
		char hint[96];
		for (uint32_t row = 1; row <= count; row++) {
			struct row_name named = name_of(reader->policy, row);
			if (strcmp(named.name, item->text) == 0) {
				number_set_add(set, named.symbol);
				is_found = true;
			}
			policy_guess_try(&guess, named.name);
		}
		if (!is_found) {
			policy_error(reader, item, "this file has no %s \"%.60s\"%s", what,
				item->text, policy_guess_text(&guess, hint));
		}
	}
}

static void read_units(
	struct policy_reader *reader, const struct yaml_node *value, struct number_set *set)
{
	read_rows(reader, value, "unit", reader->policy->unit_count, name_unit, set);
}

static void read_groups(
	struct policy_reader *reader, const struct yaml_node *value, struct number_set *set)
{
	read_rows(reader, value, "group of units", reader->policy->unit_count, name_group, set);
}

static void read_classes(
	struct policy_reader *reader, const struct yaml_node *value, struct number_set *set)
{
	read_rows(reader, value, "class", reader->policy->class_count, name_class, set);
}

/* Classes by what kind of devices they hold: a profile need not know their names. */
static void read_class_types(
	struct policy_reader *reader, const struct yaml_node *value, struct number_set *set)
{
	static const char *const names[] = {
#define X(id, name) name,
		CLASS_TYPES(X)
#undef X
	};
	const struct policy *policy = reader->policy;
	const struct yaml_node *item = NULL;

	policy_new_set(reader, value, symbol_highest(SYMBOL_CLASS) + 1, set);
	while ((item = policy_next_text(reader, value, item))) {
		int type = policy_read_choice(
			reader, item, "a type of device", names, CLASS_TYPE_COUNT);
		for (uint32_t i = 1; type >= 0 && i <= policy->class_count; i++) {
			if (policy->classes[i].has_type && policy->classes[i].type == type) {
				number_set_add(set, policy->classes[i].symbol);
			}
		}
	}
}

static void narrow_units(struct clause *clause, struct number_set *set, enum unit_rank rank)
{
	number_set_narrow(&clause->units, set);
	if (rank < clause->unit_rank) {
		clause->unit_rank = (uint8_t)rank;
	}
}

static void read_scope_unit(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct clause *clause = target;
	struct number_set set;

	read_units(reader, value, &set);
	narrow_units(clause, &set, UNIT_RANK_UNIT);
	clause->is_of_unit = true;
}

static void read_scope_group(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct number_set set;

	read_groups(reader, value, &set);
	narrow_units(target, &set, UNIT_RANK_GROUP);
}

static void narrow_classes(struct clause *clause, struct number_set *set)
{
	number_set_narrow(&clause->classes, set);
	if (clause->class_rank == CLASS_RANK_ANY) {
		clause->class_rank = CLASS_RANK_CLASS;
	}
}

static void read_scope_class(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct number_set set;

	read_classes(reader, value, &set);
	narrow_classes(target, &set);
}

static void read_scope_class_type(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct number_set set;

	read_class_types(reader, value, &set);
	narrow_classes(target, &set);
}

static void read_scope_protection(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	static const char *const names[] = {
#define X(id, name) name,
		PROTECTION_VALUES(X)
#undef X
	};
	const struct policy *policy = reader->policy;
	struct number_set set;
	int least = policy_read_choice(
		reader, value, "a protection value", names, PROTECTION_VALUE_COUNT);

	if (least < 0) {
		return;
	}
	policy_new_set(reader, value, symbol_highest(SYMBOL_UNIT) + 1, &set);
	for (uint32_t i = 1; i <= policy->unit_count; i++) {
		if (policy->units[i].protection >= least) {
			number_set_add(&set, policy->units[i].symbol);
		}
	}
	narrow_units(target, &set, UNIT_RANK_GROUP);
}

static void read_scope_device(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct clause *clause = target;

	policy_read_prefixes(reader, value, &clause->devices);
	clause->class_rank = CLASS_RANK_DEVICE;
}

static void read_scope_access(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct clause *clause = target;
	bool has_access;

	if (policy_read_bool(reader, value, &has_access)) {
		clause->access = has_access ? CLAUSE_ACCESS_YES : CLAUSE_ACCESS_NO;
		clause->access_rank = ACCESS_RANK_STATED;
		reader->policy->asks_access = true;
	}
}

static void read_except_unit(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct number_set set;

	read_units(reader, value, &set);
	number_set_widen(&((struct clause *)target)->except.units, &set);
}

static void read_except_group(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct number_set set;

	read_groups(reader, value, &set);
	number_set_widen(&((struct clause *)target)->except.units, &set);
}

static void read_except_class(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct number_set set;

	read_classes(reader, value, &set);
	number_set_widen(&((struct clause *)target)->except.classes, &set);
}

static void read_except_class_type(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct number_set set;

	read_class_types(reader, value, &set);
	number_set_widen(&((struct clause *)target)->except.classes, &set);
}

static void read_except_device(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_prefixes(reader, value, &((struct clause *)target)->except.devices);
}

static const struct policy_word except_words[] = {
	{ "unit", read_except_unit },
	{ "group", read_except_group },
	{ "class", read_except_class },
	{ "class_type", read_except_class_type },
	{ "device", read_except_device },
	{ NULL, NULL },
};

static void read_scope_except(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_words(reader, value, "the exception of a scope", except_words, target);
}

static const struct policy_word scope_words[] = {
	{ "unit", read_scope_unit },
	{ "class", read_scope_class },
	{ "class_type", read_scope_class_type },
	{ "group", read_scope_group },
	{ "protection_at_least", read_scope_protection },
	{ "device", read_scope_device },
	{ "internal_access", read_scope_access },
	{ "except", read_scope_except },
	{ NULL, NULL },
};

void clause_read_scope(
	struct policy_reader *reader, const struct yaml_node *value, struct clause *clause)
{
	if (value->kind == YAML_TEXT && strcmp(value->text, "all") == 0) {
		return;
	}
	if (value->kind != YAML_MAP || !value->child) {
		policy_error(reader, value,
			"expected whom the rule is for, such as {class: phones}, or \"all\"");
		return;
	}
	policy_read_words(reader, value, "a scope", scope_words, clause);
}
