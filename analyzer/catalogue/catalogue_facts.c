#include "analyzer/catalogue/catalogue_facts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/catalogue/fact_values.h"

enum { ARENA_BLOCK_BYTES = 64 << 10, FACTS_APPS_MAX = 65535 };

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	char bytes[];
};

/* Facts about an app that are one text each. */
static const struct {
	const char *name;
	size_t offset;
} fields[] = {
	{ "name", offsetof(struct app, name) },
	{ "category", offsetof(struct app, category) },
	{ "family", offsetof(struct app, family) },
	{ "owner", offsetof(struct app, owner) },
	{ "owner-country", offsetof(struct app, owner_country) },
	{ "parent", offsetof(struct app, parent) },
	{ "parent-country", offsetof(struct app, parent_country) },
	{ "note", offsetof(struct app, notes) },
};
enum { FIELD_NAME, FIELD_COUNT = sizeof(fields) / sizeof(fields[0]) };

static const char *const kind_names[] = {
#define X(id, name) name,
	RULE_KINDS(X)
#undef X
};

const char *rule_kind_name(enum rule_kind kind)
{
	return kind_names[kind];
}

const char *facts_keep(struct facts *facts, const char *text, size_t length)
{
	struct arena_block *block = facts->blocks;

	if (length == 0) {
		return "";
	}
	if (!block || block->size - block->used <= length) {
		size_t size = length >= ARENA_BLOCK_BYTES ? length + 1 : ARENA_BLOCK_BYTES;
		block = malloc(sizeof(*block) + size);
		if (!block) {
			return NULL;
		}
		*block = (struct arena_block){ .next = facts->blocks, .size = size };
		facts->blocks = block;
	}
	char *copy = block->bytes + block->used;
	memcpy(copy, text, length);
	copy[length] = '\0';
	block->used += length + 1;
	return copy;
}

void *facts_grow(void *array, unsigned count, unsigned *capacity, size_t element_bytes)
{
	if (count < *capacity) {
		return array;
	}
	unsigned larger = *capacity ? 2 * *capacity : 64;
	void *moved = realloc(array, larger * element_bytes);
	if (moved) {
		*capacity = larger;
	}
	return moved;
}

__attribute__((format(printf, 3, 4))) static int refuse(
	const struct fact_line *line, struct err *err, const char *format, ...)
{
	char sentence[400];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	return err_set(err, EINVAL, "%s:%u: %s", line->file, line->number, sentence);
}

/* The row of an app; 0 where there is none. */
static uint16_t find_app(const struct facts *facts, const char *id)
{
	for (unsigned row = facts->app_count - 1; row > 0; row--) {
		if (!facts->apps[row].removed && strcmp(facts->apps[row].app.id, id) == 0) {
			return (uint16_t)row;
		}
	}
	return 0;
}

static int add_app(struct fact_line *line, const char *id, struct err *err)
{
	struct facts *facts = line->facts;

	if (!fact_is_id(id)) {
		return refuse(
			line, err, "\"%s\" is no app id: use small letters, digits, - and _", id);
	}
	if (facts->app_count == FACTS_APPS_MAX) {
		return refuse(line, err, "more than %d apps", FACTS_APPS_MAX);
	}
	struct facts_app *apps =
		facts_grow(facts->apps, facts->app_count, &facts->app_capacity, sizeof(*apps));
	const char *kept = facts_keep(facts, id, strlen(id));
	if (apps) {
		facts->apps = apps;
	}
	if (!apps || !kept) {
		return err_set(err, ENOMEM, "%s: out of memory", line->file);
	}
	line->app = (uint16_t)facts->app_count++;
	apps[line->app] = (struct facts_app){
		.app = { kept, "", "", "", "", "", "", "", "", "", false,
			false, APP_HIDES_NOTHING, false, 0 },
		.file = line->file,
		.line = line->number,
		.layer = line->layer,
	};
	return 0;
}

static int set_field(struct fact_line *line, unsigned field, struct err *err)
{
	struct facts_app *app = &line->facts->apps[line->app];
	uint16_t bit = (uint16_t)(1 << field);
	const char *value = strcmp(line->value, "-") == 0 ? "" : line->value;

	if (app->layer != line->layer) {
		app->layer = line->layer;
		app->fields_given = 0;
	}
	if (app->fields_given & bit) {
		return refuse(line, err, "\"%s\" of %s is said twice", line->fact, app->app.id);
	}
	app->fields_given |= bit;
	const char *copy = facts_keep(line->facts, value, strlen(value));
	if (!copy) {
		return err_set(err, ENOMEM, "%s: out of memory", line->file);
	}
	*(const char **)((char *)&app->app + fields[field].offset) = copy;
	if (field == FIELD_NAME) {
		app->app.verified = line->source;
	}
	return 0;
}

/* APP_HIDES_NOTHING where the text is none of them. */
static enum app_hides parse_hides(const char *text)
{
	static const char *const names[APP_HIDES_COUNT] = {
#define X(id, name) name,
		APP_HIDES(X)
#undef X
	};

	for (unsigned hides = APP_HIDES_NOTHING + 1; hides < APP_HIDES_COUNT; hides++) {
		if (strcmp(text, names[hides]) == 0) {
			return (enum app_hides)hides;
		}
	}
	return APP_HIDES_NOTHING;
}

static int set_flag(struct fact_line *line, bool value, struct err *err)
{
	struct app *app = &line->facts->apps[line->app].app;
	enum app_hides hides = parse_hides(line->value);

	if (strcmp(line->value, "embedded") == 0) {
		app->embedded = value;
	} else if (strcmp(line->value, "shared") == 0) {
		app->shared = value;
	} else if (hides != APP_HIDES_NOTHING) {
		app->hides = (uint8_t)(value ? hides : APP_HIDES_NOTHING);
	} else {
		return refuse(line, err,
			"expected embedded, shared, hides, hides-relay or hides-lookups, found "
			"\"%s\"",
			line->value);
	}
	return 0;
}

static int check_rule_value(const struct fact_line *line, enum rule_kind kind, struct err *err)
{
	struct prefix prefix;
	uint16_t ports[FACT_PORTS_MAX];
	uint32_t asn;

	switch (kind) {
	case RULE_PREFIX:
		if (!fact_parse_prefix(line->value, &prefix, ports)) {
			return refuse(line, err,
				"expected a prefix such as 192.0.2.0/24, perhaps with ports "
				"(\"192.0.2.1/32 "
				"443 853\"), found \"%s\"",
				line->value);
		}
		return 0;
	case RULE_ASN:
		if (!fact_parse_asn(line->value, &asn)) {
			return refuse(line, err, "expected a network such as AS64500, found \"%s\"",
				line->value);
		}
		return 0;
	case RULE_FIRST_LABEL:
		if (!fact_is_name(line->value, true)) {
			return refuse(line, err,
				"expected a pattern and a suffix such as \"api*.example.com\", "
				"found \"%s\"",
				line->value);
		}
		return 0;
	default:
		if (!fact_is_name(line->value, false)) {
			return refuse(line, err,
				"expected a host name in lower case with at least one dot, found "
				"\"%s\"",
				line->value);
		}
		return 0;
	}
}

/* Splits "suffix:weak" into the kind and its mark. */
static int parse_rule(const struct fact_line *line, struct catalogue_rule *rule, struct err *err)
{
	size_t length = strcspn(line->fact, ":");
	const char *mark = line->fact + length + (line->fact[length] == ':');

	for (rule->kind = 0; rule->kind < RULE_KIND_COUNT; rule->kind++) {
		const char *name = kind_names[rule->kind];
		if (strlen(name) == length && memcmp(line->fact, name, length) == 0) {
			break;
		}
	}
	rule->embedded = strcmp(mark, "embedded") == 0;
	rule->weak = strcmp(mark, "weak") == 0;
	rule->shared = strcmp(mark, "shared") == 0 && rule->kind == RULE_ASN;
	if (rule->kind == RULE_KIND_COUNT ||
		(*mark && !rule->embedded && !rule->weak && !rule->shared)) {
		return refuse(line, err,
			"unknown fact \"%s\": expected name, category, family, owner, "
			"owner-country, parent, parent-country, note, is, host, first-label, "
			"suffix, cdn-suffix, prefix or asn (rules with :embedded, :weak, networks "
			"with :shared)",
			line->fact);
	}
	return 0;
}

static int add_rule(struct fact_line *line, struct err *err)
{
	struct facts *facts = line->facts;
	struct catalogue_rule rule = {
		.file = line->file,
		.line = line->number,
		.source = line->source,
		.app = line->app,
		.layer = line->layer,
	};
	int status = parse_rule(line, &rule, err);

	if (status == 0) {
		status = check_rule_value(line, rule.kind, err);
	}
	if (status < 0) {
		return status;
	}
	rule.value = facts_keep(facts, line->value, strlen(line->value));
	struct catalogue_rule *rules =
		facts_grow(facts->rules, facts->rule_count, &facts->rule_capacity, sizeof(*rules));
	if (rules) {
		facts->rules = rules;
	}
	if (!rules || !rule.value) {
		return err_set(err, ENOMEM, "%s: out of memory", line->file);
	}
	rules[facts->rule_count++] = rule;
	return 0;
}

/* "-app", "-is" and "-suffix" (or any other kind; value "*" means all of them). A removed rule
 * keeps its place until facts_compact(), with app 0. */
static int remove_fact(struct fact_line *line, struct err *err)
{
	struct facts *facts = line->facts;
	struct catalogue_rule wanted = { 0 };
	bool is_app = strcmp(line->fact, "-app") == 0, all = strcmp(line->value, "*") == 0;
	unsigned removed = 0;

	if (strcmp(line->fact, "-is") == 0) {
		line->fact++;
		return set_flag(line, false, err);
	}
	if (is_app) {
		facts->apps[line->app].removed = true;
	} else {
		line->fact++;
		int status = parse_rule(line, &wanted, err);
		if (status < 0) {
			return status;
		}
	}
	for (unsigned i = 0; i < facts->rule_count; i++) {
		struct catalogue_rule *rule = &facts->rules[i];
		if (rule->app == line->app &&
			(is_app || (rule->kind == wanted.kind &&
					   (all || strcmp(rule->value, line->value) == 0)))) {
			rule->app = 0;
			removed++;
		}
	}
	if (removed == 0 && !is_app) {
		return refuse(line, err, "%s has no %s %s that could be removed",
			facts->apps[line->app].app.id, line->fact, line->value);
	}
	return 0;
}

/* The text of the source column is the same on most lines: it is kept once for each run of equal
 * ones. */
static int take_source(struct fact_line *line, struct err *err)
{
	const char *source = line->source_text;

	if (*source == '\0') {
		return refuse(line, err, "the source is empty; write - for unverified");
	}
	if (strcmp(source, "-") == 0) {
		line->source = "";
	} else if (!line->source || strcmp(line->source, source) != 0) {
		line->source = facts_keep(line->facts, source, strlen(source));
	}
	return line->source ? 0 : err_set(err, ENOMEM, "%s: out of memory", line->file);
}

int facts_apply(struct fact_line *line, struct err *err)
{
	const char *id = line->id;
	int status = take_source(line, err);

	if (status < 0) {
		return status;
	}

	if (line->app == 0 || line->facts->apps[line->app].removed ||
		strcmp(line->facts->apps[line->app].app.id, id) != 0) {
		line->app = find_app(line->facts, id);
	}
	if (*line->value == '\0') {
		return refuse(
			line, err, "the value of \"%s\" is empty; write - for none", line->fact);
	}
	if (line->app == 0) {
		if (strcmp(line->fact, fields[FIELD_NAME].name) != 0) {
			return refuse(line, err,
				"there is no app \"%s\" yet: its first line gives its name (%s, "
				"name, …)",
				id, id);
		}
		status = add_app(line, id, err);
		if (status < 0) {
			return status;
		}
	}
	for (unsigned field = 0; field < FIELD_COUNT; field++) {
		if (strcmp(line->fact, fields[field].name) == 0) {
			return set_field(line, field, err);
		}
	}
	if (strcmp(line->fact, "is") == 0) {
		return set_flag(line, true, err);
	}
	return *line->fact == '-' ? remove_fact(line, err) : add_rule(line, err);
}

int facts_init(struct facts *facts, struct err *err)
{
	*facts = (struct facts){ .app_count = 1 };
	facts->apps = facts_grow(NULL, 0, &facts->app_capacity, sizeof(*facts->apps));
	if (!facts->apps) {
		return err_set(err, ENOMEM, "the catalogue: out of memory");
	}
	facts->apps[0] = (struct facts_app){ .removed = true };
	return 0;
}

void facts_deinit(struct facts *facts)
{
	while (facts->blocks) {
		struct arena_block *next = facts->blocks->next;
		free(facts->blocks);
		facts->blocks = next;
	}
	free(facts->apps);
	free(facts->rules);
	free(facts->files);
}

void facts_compact(struct facts *facts)
{
	unsigned app_count = 1, rule_count = 0;

	/* Rows only ever move down, in order, so no row is taken for one that has moved already. */
	for (unsigned row = 1; row < facts->app_count; row++) {
		if (facts->apps[row].removed) {
			continue;
		}
		for (unsigned i = 0; row != app_count && i < facts->rule_count; i++) {
			if (facts->rules[i].app == row) {
				facts->rules[i].app = (uint16_t)app_count;
			}
		}
		facts->apps[app_count++] = facts->apps[row];
	}
	for (unsigned i = 0; i < facts->rule_count; i++) {
		if (facts->rules[i].app != 0) {
			facts->rules[rule_count++] = facts->rules[i];
		}
	}
	facts->app_count = app_count;
	facts->rule_count = rule_count;
}
