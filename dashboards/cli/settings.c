#include "dashboards/cli/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/policy/yaml_tree.h"
#include "base/file.h"
#include "dashboards/cli/options.h"

struct settings_file {
	const char *path;
	struct yaml_tree *tree;
};

/* Where in the file, in front of what is wrong. */
static int complain(const struct settings_file *file, const struct yaml_node *node, struct err *err)
{
	err_prefix(err, "%s:%u:%u", file->path, node->line, node->column);
	return -EINVAL;
}

/* "ring_size" for "ring-size". */
static bool is_key_of(const struct option *option, const char *key)
{
	const char *name = option->name;

	for (; *name && *key; name++, key++) {
		if (*key != (*name == '-' ? '_' : *name)) {
			return false;
		}
	}
	return *name == '\0' && *key == '\0';
}

static const struct option *find(const struct command *command, const char *key)
{
	for (const struct option *option = command->options; option->name; option++) {
		if (is_key_of(option, key) && strcmp(option->name, "config") != 0) {
			return option;
		}
	}
	return NULL;
}

static int set_one(const struct settings_file *file, const struct option *option,
	const struct yaml_node *value, const char *key, void *settings, struct err *err)
{
	if (value->kind != YAML_TEXT) {
		err_set(err, EINVAL, "%s takes a value, not %s", key, yaml_kind_name(value->kind));
		return complain(file, value, err);
	}
	int status = options_set(option, key, settings, value->text, err);
	return status < 0 ? complain(file, value, err) : 0;
}

static int set(const struct settings_file *file, const struct command *command,
	const struct yaml_node *value, void *settings, struct err *err)
{
	const char *key = value->key->text;
	const struct option *option = find(command, key);
	int status = 0;

	if (!option) {
		err_set(err, EINVAL, "there is no setting \"%s\"; borderflow %s --help lists them",
			key, command->name);
		return complain(file, value->key, err);
	}
	if (option->type != OPTION_LIST || value->kind != YAML_LIST) {
		return set_one(file, option, value, key, settings, err);
	}
	for (const struct yaml_node *item = value->child; item && status == 0; item = item->next) {
		status = set_one(file, option, item, key, settings, err);
	}
	return status;
}

static int read_tree(struct settings_file *file, struct err *err)
{
	struct yaml_fault fault;
	size_t length;
	char *content;
	int status = file_read(file->path, &content, &length, err);

	if (status < 0) {
		return status;
	}
	file->tree = yaml_tree_create(content, length, &fault);
	free(content);
	if (!file->tree) {
		return err_set(err, EINVAL, "%s:%u:%u: %s", file->path, fault.line, fault.column,
			fault.text);
	}
	return 0;
}

static int take_tree(const struct settings_file *file, const struct command *command,
	void *settings, struct err *err)
{
	const struct yaml_node *root = yaml_tree_root(file->tree);
	int status = 0;

	if (root && root->kind != YAML_MAP) {
		err_set(err, EINVAL, "expected settings as \"key: value\", found %s",
			yaml_kind_name(root->kind));
		return complain(file, root, err);
	}
	for (const struct yaml_node *value = root ? root->child : NULL; value && status == 0;
		value = value->next) {
		status = set(file, command, value, settings, err);
	}
	return status;
}

int settings_read(struct settings_file **file, const char *path, bool must_be_there,
	const struct command *command, void *settings, struct err *err)
{
	*file = NULL;
	if (!must_be_there && access(path, F_OK) < 0 && errno == ENOENT) {
		return 0;
	}
	struct settings_file *opened = calloc(1, sizeof(*opened));
	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	opened->path = path;
	int status = read_tree(opened, err);
	if (status == 0) {
		status = take_tree(opened, command, settings, err);
	}
	if (status < 0) {
		settings_close(opened);
		return status;
	}
	*file = opened;
	return 0;
}

void settings_close(struct settings_file *file)
{
	if (file) {
		yaml_tree_destroy(file->tree);
		free(file);
	}
}
