#include "analyzer/catalogue/catalogue.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/catalogue/catalogue_hash.h"
#include "analyzer/catalogue/catalogue_parts.h"
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

unsigned catalogue_rules_of(
	const struct catalogue *catalogue, uint16_t app, const uint32_t **indices)
{
	const struct facts_app *row =
		&catalogue->facts.apps[symbol_rows_find(&catalogue->rows, app)];

	*indices = catalogue->facts.rules_by_app + row->rule_first;
	return row->rule_count;
}

uint64_t catalogue_changed_ns(const struct catalogue *catalogue)
{
	uint64_t latest_ns = 0;

	for (unsigned i = 0; i < catalogue->facts.file_count; i++) {
		uint64_t changed_ns = catalogue->facts.files[i].changed_ns;
		latest_ns = changed_ns > latest_ns ? changed_ns : latest_ns;
	}
	return latest_ns;
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
	for (unsigned i = 0; i < facts->ownership_count; i++) {
		facts->ownership[i].app = facts->apps[facts->ownership[i].app].app.symbol;
	}
	return 0;
}

/* The parents of trackers and kits, and of apps with names that are embedded elsewhere. */
static struct name_index *find_kit_parents(const struct catalogue *catalogue)
{
	const struct facts *facts = &catalogue->facts;
	struct name_index *parents = name_index_create(256);

	for (unsigned row = 1; parents && row < facts->app_count; row++) {
		const struct app *app = &facts->apps[row].app;
		if ((app->embedded || app->has_kits) && app->parent[0] != '\0' &&
			!name_index_add(parents, app->parent, row)) {
			name_index_destroy(parents);
			return NULL;
		}
	}
	return parents;
}

/* An app has kits where anything of its parent's stands inside other apps. */
static int mark_kits(struct catalogue *catalogue, struct err *err)
{
	struct facts *facts = &catalogue->facts;

	for (unsigned i = 0; i < facts->rule_count; i++) {
		uint16_t row = symbol_rows_find(&catalogue->rows, facts->rules[i].app);
		facts->apps[row].app.has_kits |= facts->rules[i].embedded;
	}
	struct name_index *parents = find_kit_parents(catalogue);
	if (!parents) {
		return err_set(err, ENOMEM, "the catalogue: out of memory");
	}
	for (unsigned row = 1; row < facts->app_count; row++) {
		struct app *app = &facts->apps[row].app;
		app->has_kits = name_index_find(parents, app->parent, strlen(app->parent)) !=
				NAME_INDEX_NOTHING;
	}
	name_index_destroy(parents);
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
	if (!catalogue || !(catalogue->hash = catalogue_hash_create())) {
		free(catalogue);
		return err_set(err, ENOMEM, "the catalogue: out of memory");
	}
	status = facts_init(&catalogue->facts, err);
	if (status == 0) {
		status = read_all(&catalogue->facts, paths, path_count, err);
	}
	if (status == 0) {
		status = facts_compact(&catalogue->facts, err);
	}
	if (status == 0) {
		facts_settle_ownership(&catalogue->facts);
		status = number_apps(catalogue, err);
	}
	if (status == 0) {
		status = mark_kits(catalogue, err);
	}
	if (status == 0) {
		status = catalogue_compile(catalogue, err);
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
		name_index_destroy(catalogue->first_labels);
		for (unsigned i = 0; i < WORD_KIND_COUNT; i++) {
			name_index_destroy(catalogue->words[i].whole);
			name_index_destroy(catalogue->words[i].prefixes);
		}
		free(catalogue->nodes);
		free(catalogue->first_label_next);
		free(catalogue->prefix_rules);
		free(catalogue->asn_rules);
		facts_deinit(&catalogue->facts);
		catalogue_hash_destroy(catalogue->hash);
		free(catalogue);
	}
}
