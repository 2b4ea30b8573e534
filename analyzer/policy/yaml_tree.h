/* A YAML file as a tree of nodes that know where they stand, so that errors can point at them.
 *
 * Less than YAML on purpose: one document of mappings, lists and texts. Anchors, aliases and tags
 * are refused (they let a small file unfold into a huge one), a key stands once in its mapping, and
 * every value is text: what it means is for the reader to say.
 *
 * Memory   the tree owns every text until yaml_tree_destroy(). At most 200,000 nodes, 4,096 keys a
 *          mapping, 16 deep.
 * Threads  read-only once it is made.
 * Failure  the first error of syntax, as line, column and sentence: behind it nothing is sure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	unsigned line, column; /* counted from 1 */
	bool is_cut; /* an unquoted text, with " #" and a word right behind it: a comment to YAML */
	char *text;  /* of a text; never NULL there */
	struct yaml_node *key;   /* of a value in a mapping; NULL elsewhere */
	struct yaml_node *child; /* first item of a list, first value of a mapping */
	struct yaml_node *next;  /* behind this one in the same list or mapping */
};

struct yaml_fault {
	unsigned line, column;
	char text[200];
};

struct yaml_tree;

/* NULL, and the fault filled, where the bytes are not such a file. An empty file is a tree without
 * a root. */
struct yaml_tree *yaml_tree_create(const char *bytes, size_t count, struct yaml_fault *fault);
void yaml_tree_destroy(struct yaml_tree *tree);

const struct yaml_node *yaml_tree_root(const struct yaml_tree *tree); /* NULL: empty */

/* The value behind a key; NULL where the node is no mapping or has none. */
const struct yaml_node *yaml_map_get(const struct yaml_node *map, const char *key);

/* "a text", "a list", "a mapping". */
const char *yaml_kind_name(enum yaml_kind kind);
