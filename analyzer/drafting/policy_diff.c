/* What changed between two policies, in words. */
#include <string.h>

#include "analyzer/policy/policy_model.h"
#include "analyzer/drafting/policy_tools.h"

/* A node as one line of text, as far as it fits. */
static void put_node(const struct yaml_node *node, FILE *out)
{
	if (node->kind == YAML_TEXT) {
		fputs(node->text, out);
		return;
	}
	fputs(node->kind == YAML_MAP ? "{" : "[", out);
	for (const struct yaml_node *child = node->child; child; child = child->next) {
		if (node->kind == YAML_MAP) {
			fprintf(out, "%s: ", child->key->text);
		}
		put_node(child, out);
		fputs(child->next ? ", " : "", out);
	}
	fputs(node->kind == YAML_MAP ? "}" : "]", out);
}

static bool nodes_equal(const struct yaml_node *a, const struct yaml_node *b)
{
	if (!a || !b || a->kind != b->kind) {
		return a == b;
	}
	if (a->kind == YAML_TEXT) {
		return strcmp(a->text, b->text) == 0;
	}
	const struct yaml_node *left = a->child, *right = b->child;
	while (left && right) {
		if ((a->kind == YAML_MAP && strcmp(left->key->text, right->key->text) != 0) ||
			!nodes_equal(left, right)) {
			return false;
		}
		left = left->next;
		right = right->next;
	}
	return !left && !right;
}

/* Those whose rows are told one by one. */
static bool is_list(const struct yaml_node *node)
{
	return strcmp(node->key->text, "rules") == 0 || strcmp(node->key->text, "exceptions") == 0;
}

/* The words of one mapping that differ. */
static unsigned diff_words(const char *subject, const struct yaml_node *old,
	const struct yaml_node *changed, bool skips_lists, FILE *out)
{
	unsigned count = 0;

	for (const struct yaml_node *now = changed->child; now; now = now->next) {
		const struct yaml_node *before = yaml_map_get(old, now->key->text);
		if (nodes_equal(before, now) || (skips_lists && is_list(now))) {
			continue;
		}
		fprintf(out, "%s: %s ", subject, now->key->text);
		if (before) {
			fputs("was ", out);
			put_node(before, out);
			fputs(", is now ", out);
		} else {
			fputs("is new: ", out);
		}
		put_node(now, out);
		fputc('\n', out);
		count++;
	}
	for (const struct yaml_node *before = old->child; before; before = before->next) {
		if (!yaml_map_get(changed, before->key->text) &&
			!(skips_lists && is_list(before))) {
			fprintf(out, "%s: %s is gone; it was ", subject, before->key->text);
			put_node(before, out);
			fputc('\n', out);
			count++;
		}
	}
	return count;
}

static const struct yaml_node *find_row(const struct yaml_node *list, const char *id)
{
	for (const struct yaml_node *row = list ? list->child : NULL; row; row = row->next) {
		const struct yaml_node *own = yaml_map_get(row, "id");
		if (own && own->kind == YAML_TEXT && strcmp(own->text, id) == 0) {
			return row;
		}
	}
	return NULL;
}

static const char *id_of(const struct yaml_node *row)
{
	const struct yaml_node *id = yaml_map_get(row, "id");

	return id && id->kind == YAML_TEXT ? id->text : "";
}

/* A rule or exception whole, as the page of rules says it. */
static void put_row(
	const struct policy_page *page, bool is_rule, const char *id, const char *is, FILE *out)
{
	struct text text;

	text_init_heap(&text);
	if (is_rule) {
		policy_put_rule(page, &text, symbol_find(SYMBOL_RULE, id));
		fprintf(out, "rule %s %s: %s\n", id, is, text.at ? text.at : "");
	} else {
		policy_put_exception(page, &text, id);
		fprintf(out, "%s %s\n", is, text.at ? text.at : id);
	}
	text_deinit(&text);
}

static unsigned diff_rows(const char *what, const struct policy_page *old_page,
	const struct policy_page *page, FILE *out)
{
	bool is_rule = strcmp(what, "rule") == 0;
	const char *list = is_rule ? "rules" : "exceptions";
	const struct yaml_node *old = yaml_map_get(yaml_tree_root(old_page->policy->tree), list);
	const struct yaml_node *changed = yaml_map_get(yaml_tree_root(page->policy->tree), list);
	unsigned count = 0;
	char subject[160];

	for (const struct yaml_node *row = changed ? changed->child : NULL; row; row = row->next) {
		const struct yaml_node *before = find_row(old, id_of(row));
		snprintf(subject, sizeof(subject), "%s %s", what, id_of(row));
		if (before) {
			count += diff_words(subject, before, row, false, out);
		} else {
			put_row(page, is_rule, id_of(row), is_rule ? "is new" : "New:", out);
			count++;
		}
	}
	for (const struct yaml_node *row = old ? old->child : NULL; row; row = row->next) {
		if (!find_row(changed, id_of(row))) {
			put_row(old_page, is_rule, id_of(row), is_rule ? "is gone" : "Gone:", out);
			count++;
		}
	}
	return count;
}

unsigned policy_diff(const struct policy_page *old, const struct policy_page *changed, FILE *out)
{
	const struct yaml_node *before = yaml_tree_root(old->policy->tree);
	const struct yaml_node *now = yaml_tree_root(changed->policy->tree);
	unsigned count = diff_words("the policy", before, now, true, out);

	count += diff_rows("rule", old, changed, out);
	return count + diff_rows("exception", old, changed, out);
}

bool policy_same_rule(const struct policy *a, const struct policy *b, uint16_t rule)
{
	uint16_t left = symbol_rows_find(&a->rule_rows, rule),
		 right = symbol_rows_find(&b->rule_rows, rule);

	return left && right && nodes_equal(a->rules[left].node, b->rules[right].node);
}

bool policy_same_exception(const struct policy *a, const struct policy *b, uint16_t exception)
{
	uint16_t left = symbol_rows_find(&a->exception_rows, exception),
		 right = symbol_rows_find(&b->exception_rows, exception);

	return left && right && nodes_equal(a->exceptions[left].node, b->exceptions[right].node);
}
