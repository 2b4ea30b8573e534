#include "analyzer/catalogue/catalogue.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/catalogue/catalogue_parts.h"
#include "analyzer/record/digest.h"
#include "base/file.h"

unsigned catalogue_app_count(const struct catalogue *catalogue)
{
	return catalogue->facts.app_count - 1;
}

const struct app *catalogue_app_at(const struct catalogue *catalogue, unsigned index)
{
	return &catalogue->facts.apps[index + 1].app;
}

const struct app *catalogue_app(const struct catalogue *catalogue, uint16_t app)
{
	uint16_t row = symbol_rows_find(&catalogue->rows, app);

	return row ? &catalogue->facts.apps[row].app : NULL;
}

uint16_t catalogue_find(const struct catalogue *catalogue, const char *id)
{
	uint16_t app = symbol_find(SYMBOL_APP, id);

	return symbol_rows_find(&catalogue->rows, app) ? app : 0;
}

unsigned catalogue_rule_count(const struct catalogue *catalogue)
{
	return catalogue->facts.rule_count;
}

const struct catalogue_rule *catalogue_rule(const struct catalogue *catalogue, unsigned index)
{
	return &catalogue->facts.rules[index];
}

const char *catalogue_hash(const struct catalogue *catalogue)
{
	return catalogue->hash;
}

void catalogue_describe_files(const struct catalogue *catalogue, FILE *out)
{
	for (unsigned i = 0; i < catalogue->facts.file_count; i++) {
		const struct facts_file *file = &catalogue->facts.files[i];
		fprintf(out, "%.16s  %5u facts  %s\n", file->hash, file->fact_count, file->path);
	}
}

/* The node of a listed name, made where it is new. */
static struct name_node *node_at(struct catalogue *catalogue, const char *name)
{
	uint32_t place = name_index_add(catalogue->names, name, catalogue->node_count);

	if (place == catalogue->node_count) {
		catalogue->nodes[catalogue->node_count++] =
			(struct name_node){ NO_RULE, NO_RULE, NO_RULE };
	}
	return &catalogue->nodes[place];
}

/* The later rule takes the place. */
static void claim(struct catalogue *catalogue, uint32_t *place, uint32_t rule)
{
	if (*place != NO_RULE) {
		catalogue->facts.rules[*place].overridden = true;
	}
	*place = rule;
}

static void compile_first_label(struct catalogue *catalogue, uint32_t index)
{
	struct catalogue_rule *rules = catalogue->facts.rules;
	struct name_node *node = node_at(catalogue, strchr(rules[index].value, '.') + 1);

	for (uint32_t other = node->first_label; other != NO_RULE;
		other = catalogue->first_label_next[other]) {
		if (strcmp(rules[other].value, rules[index].value) == 0) {
			rules[other].overridden = true;
		}
	}
	catalogue->first_label_next[index] = node->first_label;
	node->first_label = index;
}

static void compile_rule(struct catalogue *catalogue, uint32_t index, struct prefix *prefixes)
{
	struct catalogue_rule *rule = &catalogue->facts.rules[index];

	switch (rule->kind) {
	case RULE_HOST:
		claim(catalogue, &node_at(catalogue, rule->value)->host, index);
		break;
	case RULE_SUFFIX:
	case RULE_CDN_SUFFIX:
		claim(catalogue, &node_at(catalogue, rule->value)->suffix, index);
		break;
	case RULE_FIRST_LABEL:
		compile_first_label(catalogue, index);
		break;
	case RULE_PREFIX:
		catalogue->prefix_rules[catalogue->prefix_count].rule = index;
		fact_parse_prefix(rule->value, &prefixes[catalogue->prefix_count],
			catalogue->prefix_rules[catalogue->prefix_count].ports);
		catalogue->prefix_count++;
		break;
	default:
		catalogue->asn_rules[catalogue->asn_count].rule = index;
		fact_parse_asn(rule->value, &catalogue->asn_rules[catalogue->asn_count].asn);
		catalogue->asn_count++;
		break;
	}
}

static int compare_asn_rules(const void *left, const void *right)
{
	const struct asn_rule *a = left, *b = right;

	if (a->asn != b->asn) {
		return a->asn < b->asn ? -1 : 1;
	}
	return (a->rule > b->rule) - (a->rule < b->rule);
}

/* Apps get their symbols, in the order of the files, and rules speak of them by these. */
static int number_apps(struct catalogue *catalogue, struct err *err)
{
	struct facts *facts = &catalogue->facts;

	for (unsigned row = 1; row < facts->app_count; row++) {
		facts->apps[row].app.symbol = symbol_of(SYMBOL_APP, facts->apps[row].app.id);
		if (facts->apps[row].app.symbol == 0) {
			return err_set(err, ENOSPC,
				"the catalogue: more than %d ids of apps since the start, or no "
				"memory; start anew",
				SYMBOLS_MAX);
		}
	}
	if (!symbol_rows_init(&catalogue->rows, SYMBOL_APP)) {
		return err_set(err, ENOMEM, "the catalogue: out of memory");
	}
	for (unsigned row = 1; row < facts->app_count; row++) {
		symbol_rows_set(&catalogue->rows, facts->apps[row].app.symbol, (uint16_t)row);
	}
	for (unsigned i = 0; i < facts->rule_count; i++) {
		facts->rules[i].app = facts->apps[facts->rules[i].app].app.symbol;
	}
	return 0;
}

enum { PARENTS_MAX = 64 };

/* The parents of trackers and kits, and of apps with names that are embedded elsewhere. */
static unsigned find_kit_parents(const struct catalogue *catalogue, const char *parents[PARENTS_MAX])
{
	const struct facts *facts = &catalogue->facts;
	unsigned count = 0;

	for (unsigned row = 1; row < facts->app_count; row++) {
		const struct app *app = &facts->apps[row].app;
		unsigned known = 0;
		while (known < count && strcmp(parents[known], app->parent) != 0) {
			known++;
		}
		if ((app->embedded || app->has_kits) && app->parent[0] != '\0' && known == count &&
			count < PARENTS_MAX) {
			parents[count++] = app->parent;
		}
	}
	return count;
}

/* An app has kits where anything of its parent's stands inside other apps. */
static void mark_kits(struct catalogue *catalogue)
{
	struct facts *facts = &catalogue->facts;
	const char *parents[PARENTS_MAX];

	for (unsigned i = 0; i < facts->rule_count; i++) {
		uint16_t row = symbol_rows_find(&catalogue->rows, facts->rules[i].app);
		facts->apps[row].app.has_kits |= facts->rules[i].embedded;
	}
	unsigned count = find_kit_parents(catalogue, parents);
	for (unsigned row = 1; row < facts->app_count; row++) {
		struct app *app = &facts->apps[row].app;
		app->has_kits = false;
		for (unsigned i = 0; i < count; i++) {
			app->has_kits |= strcmp(parents[i], app->parent) == 0;
		}
	}
}

static int compile(struct catalogue *catalogue, struct err *err)
{
	unsigned count = catalogue->facts.rule_count;
	struct prefix *prefixes = calloc(count + 1, sizeof(*prefixes));

	catalogue->names = name_index_create(count + 1);
	catalogue->nodes = calloc(count + 1, sizeof(*catalogue->nodes));
	catalogue->first_label_next = calloc(count + 1, sizeof(*catalogue->first_label_next));
	catalogue->prefix_rules = calloc(count + 1, sizeof(*catalogue->prefix_rules));
	catalogue->asn_rules = calloc(count + 1, sizeof(*catalogue->asn_rules));
	if (prefixes && catalogue->names && catalogue->nodes && catalogue->first_label_next &&
		catalogue->prefix_rules && catalogue->asn_rules) {
		for (uint32_t i = 0; i < count; i++) {
			compile_rule(catalogue, i, prefixes);
		}
		qsort(catalogue->asn_rules, catalogue->asn_count, sizeof(*catalogue->asn_rules),
			compare_asn_rules);
		catalogue->prefixes = prefix_index_create(prefixes, catalogue->prefix_count);
	}
	free(prefixes);
	return catalogue->prefixes ? 0 : err_set(err, ENOMEM, "the catalogue: out of memory");
}

static int hash_files(struct catalogue *catalogue, struct err *err)
{
	struct digest_sha256 *state = digest_sha256_create();
	uint8_t digest[DIGEST_SHA256_BYTES];

	if (!state) {
		return err_set(err, ENOMEM, "the catalogue: out of memory");
	}
	for (unsigned i = 0; i < catalogue->facts.file_count; i++) {
		digest_sha256_update(state, catalogue->facts.files[i].hash, 64);
	}
	digest_sha256_finish(state, digest);
	digest_sha256_destroy(state);
	digest_hex(digest, sizeof(digest), catalogue->hash);
	return 0;
}

static int read_all(
	struct facts *facts, const char *const *paths, unsigned path_count, struct err *err)
{
	char shipped[PATH_MAX];
	int status = file_find_data("analyzer/share/apps", shipped, err);

	if (path_count >= UINT8_MAX) {
		return err_set(
			err, EINVAL, "at most %d catalogue files can be given", UINT8_MAX - 1);
	}
	if (status == 0) {
		status = facts_read(facts, shipped, 0, err);
	}
	for (unsigned i = 0; status == 0 && i < path_count; i++) {
		status = facts_read(facts, paths[i], (uint8_t)(i + 1), err);
	}
	return status;
}

int catalogue_open(
	struct catalogue **opened, const char *const *paths, unsigned path_count, struct err *err)
{
	struct catalogue *catalogue = calloc(1, sizeof(*catalogue));
	int status;

	*opened = NULL;
	if (!catalogue) {
		return err_set(err, ENOMEM, "the catalogue: out of memory");
	}
	status = facts_init(&catalogue->facts, err);
	if (status == 0) {
		status = read_all(&catalogue->facts, paths, path_count, err);
	}
	if (status == 0) {
		facts_compact(&catalogue->facts);
		status = hash_files(catalogue, err);
	}
	if (status == 0) {
		status = number_apps(catalogue, err);
	}
	if (status == 0) {
		mark_kits(catalogue);
		status = compile(catalogue, err);
	}
	if (status < 0) {
		catalogue_close(catalogue);
		return status;
	}
	*opened = catalogue;
	return 0;
}

void catalogue_close(struct catalogue *catalogue)
{
	if (catalogue) {
		prefix_index_destroy(catalogue->prefixes);
		name_index_destroy(catalogue->names);
		symbol_rows_deinit(&catalogue->rows);
		free(catalogue->nodes);
		free(catalogue->first_label_next);
		free(catalogue->prefix_rules);
		free(catalogue->asn_rules);
		facts_deinit(&catalogue->facts);
		free(catalogue);
	}
}
