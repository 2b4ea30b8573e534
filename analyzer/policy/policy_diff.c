/* What changed between two policies, in words. */
#include <string.h>

#include "analyzer/policy/policy_model.h"
#include "analyzer/policy/policy_tools.h"

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

/* The words of one mapping that differ. */
static unsigned diff_words(const char *subject, const struct yaml_node *old,
	const struct yaml_node *changed, bool skip_lists, FILE *out)
{
	unsigned count = 0;

	for (const struct yaml_node *now = changed->child; now; now = now->next) {
		const struct yaml_node *before = yaml_map_get(old, now->key->text);
		if (nodes_equal(before, now) ||
			(skip_lists && (strcmp(now->key->text, "rules") == 0 ||
					       strcmp(now->key->text, "exceptions") == 0))) {
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
		if (!yaml_map_get(changed, before->key->text)) {
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

static unsigned diff_rows(
	const char *what, const struct yaml_node *old, const struct yaml_node *changed, FILE *out)
{
	unsigned count = 0;
	char subject[160];

	for (const struct yaml_node *row = changed ? changed->child : NULL; row; row = row->next) {
		const struct yaml_node *before = find_row(old, id_of(row));
		snprintf(subject, sizeof(subject), "%s %s", what, id_of(row));
		if (before) {
			count += diff_words(subject, before, row, false, out);
		} else {
			fprintf(out, "%s is new: ", subject);
			put_node(row, out);
			fputc('\n', out);
			count++;
		}
	}
	for (const struct yaml_node *row = old ? old->child : NULL; row; row = row->next) {
		if (!find_row(changed, id_of(row))) {
			fprintf(out, "%s %s is gone: it was ", what, id_of(row));
			put_node(row, out);
			fputc('\n', out);
			count++;
		}
	}
	return count;
}

unsigned policy_diff(const struct policy *old, const struct policy *changed, FILE *out)
{
	const struct yaml_node *before = yaml_tree_root(old->tree);
	const struct yaml_node *now = yaml_tree_root(changed->tree);
	unsigned count = diff_words("the policy", before, now, true, out);

	count += diff_rows("rule", yaml_map_get(before, "rules"), yaml_map_get(now, "rules"), out);
	return count + diff_rows("exception", yaml_map_get(before, "exceptions"),
			       yaml_map_get(now, "exceptions"), out);
}
