#include "analyzer/catalogue/catalogue_facts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/catalogue/fact_values.h"
#include "analyzer/catalogue/name_index.h"

enum { FACTS_APPS_MAX = 65535 };

/* Facts about an app that are one text each. */
static const struct {
	const char *name;
	size_t offset;
} fields[] = {
	{ "name", offsetof(struct app, name) },
	{ "category", offsetof(struct app, category) },
	{ "family", offsetof(struct app, family) },
	{ "note", offsetof(struct app, notes) },
};
enum { FIELD_NAME, FIELD_COUNT = sizeof(fields) / sizeof(fields[0]) };

int facts_refuse(const struct fact_line *line, struct err *err, const char *format, ...)
{
	char sentence[400];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	return err_set(err, EINVAL, "%s:%u: %s", line->file, line->number, sentence);
}

int facts_no_memory(const struct fact_line *line, struct err *err)
{
	return err_set(err, ENOMEM, "%s: out of memory", line->file);
}

/* The row of an app; 0 where there is none. */
static uint16_t find_app(const struct facts *facts, const char *id)
{
	uint32_t row = name_index_find(facts->ids, id, strlen(id));

	return row != NAME_INDEX_NOTHING && !facts->apps[row].removed ? (uint16_t)row : 0;
}

static int add_app(struct fact_line *line, const char *id, struct err *err)
{
	struct facts *facts = line->facts;

	if (!fact_is_id(id)) {
		return facts_refuse(
			line, err, "\"%s\" is no app id: use small letters, digits, - and _", id);
	}
	if (facts->app_count == FACTS_APPS_MAX) {
		return facts_refuse(line, err, "more than %d apps", FACTS_APPS_MAX);
	}
	struct facts_app *apps =
		facts_grow(facts->apps, facts->app_count, &facts->app_capacity, sizeof(*apps));
	const char *kept = facts_keep(facts, id, strlen(id));
	if (apps) {
		facts->apps = apps;
	}
	uint32_t *row = kept ? name_index_add(facts->ids, kept, 0) : NULL;
	if (!apps || !row) {
		return facts_no_memory(line, err);
	}
	*row = facts->app_count; /* a row of that id which was removed is forgotten */
	line->app = (uint16_t)facts->app_count++;
	apps[line->app] = (struct facts_app){
		.app = { kept, "", "", "", "", "", "", "", "", "", false, false, APP_HIDES_NOTHING,
			false, 0 },
		.file = line->file,
		.line = line->number,
		.layer = line->layer,
		.ownership_first = FACTS_NONE,
		.rule_first = FACTS_NONE,
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
		return facts_refuse(
			line, err, "\"%s\" of %s is said twice", line->fact, app->app.id);
	}
	app->fields_given |= bit;
	const char *copy = facts_keep(line->facts, value, strlen(value));
	if (!copy) {
		return facts_no_memory(line, err);
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
		return facts_refuse(line, err,
			"expected embedded, shared, hides, hides-relay or hides-lookups, found "
			"\"%s\"",
			line->value);
	}
	return 0;
}

/* "-app", "-is", and "-suffix" or any other kind of rule. */
static int remove_fact(struct fact_line *line, struct err *err)
{
	if (strcmp(line->fact, "-is") == 0) {
		line->fact++;
		return set_flag(line, false, err);
	}
	if (strcmp(line->fact, "-app") == 0) {
		line->facts->apps[line->app].removed = true;
		return 0;
	}
	line->fact++;
	return facts_remove_rules(line, err);
}

/* The text of the source column is the same on most lines: it is kept once for each run of equal
 * ones. */
static int take_source(struct fact_line *line, struct err *err)
{
	const char *source = line->source_text;

	if (*source == '\0') {
		return facts_refuse(line, err, "the source is empty; write - for unverified");
	}
	if (strcmp(source, "-") == 0) {
		line->source = "";
	} else if (!line->source || strcmp(line->source, source) != 0) {
		line->source = facts_keep(line->facts, source, strlen(source));
	}
	return line->source ? 0 : facts_no_memory(line, err);
}

/* The line's app, made where the line gives its name. */
static int take_app(struct fact_line *line, struct err *err)
{
	const char *id = line->id;

	if (line->app == 0 || line->facts->apps[line->app].removed ||
		strcmp(line->facts->apps[line->app].app.id, id) != 0) {
		line->app = find_app(line->facts, id);
	}
	if (*line->value == '\0') {
		return facts_refuse(
			line, err, "the value of \"%s\" is empty; write - for none", line->fact);
	}
	if (line->app != 0) {
		return 0;
	}
	if (strcmp(line->fact, fields[FIELD_NAME].name) != 0) {
		return facts_refuse(line, err,
			"there is no app \"%s\" yet: its first line gives its name (%s, name, …)",
			id, id);
	}
	return add_app(line, id, err);
}

/* Most facts are rules, whose first letter no field has. */
int facts_apply(struct fact_line *line, struct err *err)
{
	char first = line->fact[0];
	int status = take_source(line, err);

	if (status == 0) {
		status = take_app(line, err);
	}
	if (status < 0) {
		return status;
	}
	size_t length = fact_word_length(line->fact);
	for (unsigned field = 0; field < OWNERSHIP_FIELD_COUNT; field++) {
		const char *name = ownership_field_name((enum ownership_field)field);
		if (name[0] == first && strlen(name) == length &&
			memcmp(line->fact, name, length) == 0) {
			return facts_add_ownership(line, (enum ownership_field)field, err);
		}
	}
	for (unsigned field = 0; field < FIELD_COUNT; field++) {
		if (fields[field].name[0] == first && strcmp(line->fact, fields[field].name) == 0) {
			return set_field(line, field, err);
		}
	}
	if (strcmp(line->fact, "is") == 0) {
		return set_flag(line, true, err);
	}
	return *line->fact == '-' ? remove_fact(line, err) : facts_add_rule(line, err);
}
