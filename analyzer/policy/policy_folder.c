/* A folder of files: base.yaml, and beside it a file for each unit that has rules of its own. A
 * unit's file names its unit and may only add: its rules hold in that unit alone, and open nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy_model.h"
#include "analyzer/policy/policy_words.h"
#include "analyzer/record/digest.h"
#include "base/file.h"

static const struct unit *find_unit(const struct policy *policy, const char *name)
{
	for (uint32_t i = 1; i <= policy->unit_count; i++) {
		if (strcmp(policy->units[i].name, name) == 0) {
			return &policy->units[i];
		}
	}
	return NULL;
}

/* The rules from that row on are the unit's. */
static void bind_rules(
	struct policy_reader *reader, uint32_t first, const struct unit *unit, const char *author)
{
	struct policy *policy = reader->policy;

	for (uint32_t i = first; i <= policy->rule_count; i++) {
		struct rule *rule = &policy->rules[i];
		struct number_set set;
		policy_new_set(reader, rule->node, symbol_highest(SYMBOL_UNIT) + 1, &set);
		number_set_add(&set, unit->symbol);
		number_set_narrow(&rule->clause.units, &set);
		rule->clause.is_of_unit = true;
		rule->clause.unit_rank = UNIT_RANK_UNIT;
		rule->public.author = rule->public.author[0] ? rule->public.author : author;
		if (rule->opens.names) {
			policy_error(reader, rule->opens.names,
				"a unit's own file may only add denies: \"opens\" stands in the "
				"base");
		}
	}
}

static void read_unit_document(struct policy_reader *reader, const struct yaml_node *root)
{
	const struct yaml_node *name = yaml_map_get(root, "unit");
	const struct yaml_node *author = yaml_map_get(root, "author");
	const struct yaml_node *rules = yaml_map_get(root, "rules");
	const char *unit_name = name ? policy_read_text(reader, name) : NULL;
	const struct unit *unit = unit_name ? find_unit(reader->policy, unit_name) : NULL;
	uint32_t first = reader->policy->rule_count + 1;

	for (const struct yaml_node *word = root->kind == YAML_MAP ? root->child : NULL; word;
		word = word->next) {
		if (strcmp(word->key->text, "unit") != 0 &&
			strcmp(word->key->text, "author") != 0 &&
			strcmp(word->key->text, "rules") != 0) {
			policy_error(reader, word->key,
				"a unit's file has the words unit, author and rules; found "
				"\"%.60s\"",
				word->key->text);
		}
	}
	if (!unit) {
		policy_error(reader, name ? name : root,
			"a unit's file needs \"unit\", one that base.yaml has; found \"%.60s\"",
			unit_name ? unit_name : "");
		return;
	}
	if (rules) {
		policy_read_rules(reader, rules, reader->policy);
		bind_rules(reader, first, unit,
			author && author->kind == YAML_TEXT ? author->text : unit->name);
	}
}

/* Says in which file the problems stand that came with it. */
static void name_file(struct policy_problems *problems, unsigned first, const char *name)
{
	for (unsigned i = first; i < problems->count; i++) {
		char text[sizeof(problems->items[i].text)];
		snprintf(text, sizeof(text), "in %.60s: %.180s", name, problems->items[i].text);
		memcpy(problems->items[i].text, text, sizeof(text));
	}
}

/* The rule set's hash is that of all its files, each over those before it. */
static void hash_more(struct policy *policy, const char *bytes, size_t count)
{
	uint8_t digests[2][DIGEST_SHA256_BYTES];

	memset(digests[0], 0, sizeof(digests[0]));
	memcpy(digests[0], policy->hash, sizeof(digests[0])); /* half of its hex */
	digest_sha256(bytes, count, digests[1]);
	digest_sha256(digests, sizeof(digests), digests[0]);
	digest_hex(digests[0], sizeof(digests[0]), policy->hash);
}

static int read_unit_file(
	struct policy_reader *reader, const char *folder, const char *name, struct err *err)
{
	struct policy *policy = reader->policy;
	struct yaml_tree **trees;
	struct yaml_fault fault;
	char path[PATH_MAX], *bytes;
	unsigned first = reader->problems->count;
	size_t count;
	int status;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	status = file_read(path, &bytes, &count, err);
	if (status < 0) {
		return status;
	}
	hash_more(policy, bytes, count);
	struct yaml_tree *tree = yaml_tree_create(bytes, count, &fault);
	free(bytes);
	trees = realloc(
		policy->unit_trees, (policy->unit_tree_count + 1) * sizeof(struct yaml_tree *));
	if (!trees) {
		yaml_tree_destroy(tree);
		return err_set(err, ENOMEM, "policy: out of memory");
	}
	policy->unit_trees = trees;
	if (tree) {
		policy->unit_trees[policy->unit_tree_count++] = tree;
		if (yaml_tree_root(tree)) {
			read_unit_document(reader, yaml_tree_root(tree));
		}
	} else {
		const struct yaml_node at = { .line = fault.line, .column = fault.column };
		policy_error(reader, &at, "%s", fault.text);
	}
	name_file(reader->problems, first, name);
	return 0;
}

static int is_unit_file(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 5 && strcmp(entry->d_name + length - 5, ".yaml") == 0 &&
	       entry->d_name[0] != '.' && strcmp(entry->d_name, "base.yaml") != 0;
}

int policy_read_folder(struct policy_reader *reader, const char *folder, struct err *err)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_unit_file, alphasort), status = 0;

	if (count < 0) {
		return err_set(err, errno, "%s: %s", folder, strerror(errno));
	}
	for (int i = 0; i < count; i++) {
		if (status == 0) {
			status = read_unit_file(reader, folder, entries[i]->d_name, err);
		}
		free(entries[i]);
	}
	free(entries);
	return status;
}
