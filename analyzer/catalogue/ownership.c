/* Who owns an app and who controls the owner, and when. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/catalogue/catalogue_parts.h"

static const char *const field_names[] = {
#define X(id, name, member) name,
	OWNERSHIP_FIELDS(X)
#undef X
};

const char *ownership_field_name(enum ownership_field field)
{
	return field_names[field];
}

/* The fact that the line claims again, or that it replaces as one of an earlier layer. */
static struct ownership_fact *find_same(const struct facts *facts, const struct facts_app *app,
	const struct ownership_fact *wanted, unsigned *count)
{
	struct ownership_fact *same = NULL;

	*count = 0;
	for (uint32_t i = app->ownership_first; i != FACTS_NONE; i = facts->ownership[i].next) {
		struct ownership_fact *fact = &facts->ownership[i];
		(*count)++;
		if (fact->app != 0 && fact->field == wanted->field &&
			fact->from_ns == wanted->from_ns &&
			strcmp(fact->region, wanted->region) == 0) {
			same = fact;
		}
	}
	return same;
}

/* What holds for ever and everywhere leaves nothing of what earlier layers said. */
static void drop_earlier(
	struct facts *facts, const struct facts_app *app, const struct ownership_fact *wanted)
{
	for (uint32_t i = app->ownership_first; i != FACTS_NONE; i = facts->ownership[i].next) {
		struct ownership_fact *fact = &facts->ownership[i];
		if (fact->field == wanted->field && fact->layer < wanted->layer) {
			fact->app = 0;
		}
	}
}

int facts_add_ownership(struct fact_line *line, enum ownership_field field, struct err *err)
{
	enum { FACTS_PER_APP_MAX = 256 };
	struct facts *facts = line->facts;
	struct facts_app *app = &facts->apps[line->app];
	struct fact_marks marks;
	const char *wrong;
	unsigned count;

	if (!fact_marks_parse(line->fact, FACT_MARKS_PERIOD, &marks, &wrong)) {
		return facts_refuse(line, err,
			"\"%s\" is not understood: expected %s with from=2026-01-22, to=2026-01-22 "
			"(a later day) or region=US",
			line->fact, ownership_field_name(field));
	}
	const char *value = strcmp(line->value, "-") == 0 ? "" : line->value;
	struct ownership_fact fact = {
		.value = facts_keep(facts, value, strlen(value)),
		.source = line->source,
		.region = facts_keep(facts, marks.region, strlen(marks.region)),
		.file = line->file,
		.line = line->number,
		.from_ns = marks.from_ns,
		.to_ns = marks.to_ns,
		.app = line->app,
		.field = (uint8_t)field,
		.layer = line->layer,
	};
	if (!fact.value || !fact.region) {
		return facts_no_memory(line, err);
	}
	if (marks.is_plain) {
		drop_earlier(facts, app, &fact);
	}
	struct ownership_fact *same = find_same(facts, app, &fact, &count);
	if (same && same->layer == line->layer) {
		return facts_refuse(
			line, err, "\"%s\" of %s is said twice", line->fact, app->app.id);
	}
	if (same) {
		fact.next = same->next;
		*same = fact;
		return 0;
	}
	if (count == FACTS_PER_APP_MAX) {
		return facts_refuse(line, err, "more than %d facts about who owns %s",
			FACTS_PER_APP_MAX, app->app.id);
	}
	struct ownership_fact *all = facts_grow(
		facts->ownership, facts->ownership_count, &facts->ownership_capacity, sizeof(*all));
	if (!all) {
		return facts_no_memory(line, err);
	}
	facts->ownership = all;
	fact.next = app->ownership_first;
	app->ownership_first = facts->ownership_count;
	all[facts->ownership_count++] = fact;
	return 0;
}

static int compare_facts(const void *left, const void *right)
{
	const struct ownership_fact *a = left, *b = right;
	int order = (a->app > b->app) - (a->app < b->app);

	if (order == 0) {
		order = (a->field > b->field) - (a->field < b->field);
	}
	if (order == 0) {
		order = strcmp(a->region, b->region);
	}
	return order ? order : (a->from_ns > b->from_ns) - (a->from_ns < b->from_ns);
}

/* Sorted facts are in runs of one app each. */
static void list_by_app(struct facts *facts)
{
	for (unsigned row = 0; row < facts->app_count; row++) {
		facts->apps[row].ownership_first = facts->apps[row].ownership_count = 0;
		facts->apps[row].ownership_is_steady = false;
	}
	for (uint32_t i = 0; i < facts->ownership_count; i++) {
		struct facts_app *app = &facts->apps[facts->ownership[i].app];
		if (app->ownership_count++ == 0) {
			app->ownership_first = i;
		}
	}
}

static bool is_steady(const struct facts *facts, const struct facts_app *app)
{
	for (uint32_t i = 0; i < app->ownership_count; i++) {
		const struct ownership_fact *fact = &facts->ownership[app->ownership_first + i];
		if (fact->from_ns > 0 || fact->to_ns < UINT64_MAX || fact->region[0] != '\0') {
			return false;
		}
	}
	return true;
}

void facts_settle_ownership(struct facts *facts)
{
	if (facts->ownership_count > 0) {
		qsort(facts->ownership, facts->ownership_count, sizeof(*facts->ownership),
			compare_facts);
	}
	list_by_app(facts);
	for (unsigned row = 1; row < facts->app_count; row++) {
		struct app *app = &facts->apps[row].app;
		struct ownership last =
			facts_ownership_at(facts, (uint16_t)row, UINT64_MAX - 1, "");
#define X(id, name, member) app->member = last.member;
		OWNERSHIP_FIELDS(X)
#undef X
		facts->apps[row].ownership_is_steady = is_steady(facts, &facts->apps[row]);
	}
}

/* Facts are sorted by region and time, so of those that hold a later one is the better one, but for
 * regions that nobody asked for. */
struct ownership facts_ownership_at(
	const struct facts *facts, uint16_t row, uint64_t time_ns, const char *region)
{
	const struct facts_app *app = &facts->apps[row];
	const char *values[OWNERSHIP_FIELD_COUNT] = { "", "", "", "" };

	if (app->ownership_is_steady) {
		return (struct ownership){
#define X(id, name, member) .member = app->app.member,
			OWNERSHIP_FIELDS(X)
#undef X
		};
	}
	for (uint32_t i = 0; i < app->ownership_count; i++) {
		const struct ownership_fact *fact = &facts->ownership[app->ownership_first + i];
		if (fact->from_ns <= time_ns && time_ns < fact->to_ns &&
			(fact->region[0] == '\0' || strcmp(fact->region, region) == 0)) {
			values[fact->field] = fact->value;
		}
	}
	return (struct ownership){
#define X(id, name, member) .member = values[OWNERSHIP_##id],
		OWNERSHIP_FIELDS(X)
#undef X
	};
}

struct ownership catalogue_ownership_at(
	const struct catalogue *catalogue, uint16_t app, uint64_t time_ns, const char *region)
{
	uint16_t row = symbol_rows_find(&catalogue->rows, app);

	return facts_ownership_at(&catalogue->facts, row, time_ns, region ? region : "");
}

const char *catalogue_owner_shown(const struct catalogue *catalogue, uint16_t app, uint64_t time_ns,
	const char *owner_country, const char *parent_country)
{
	const struct ownership_fact *facts;
	unsigned count = catalogue_ownership_facts(catalogue, app, &facts);
	struct ownership shown = catalogue_ownership_at(catalogue, app, time_ns, "");
	const char *everywhere = shown.owner;

	for (unsigned i = 0; i < count; i++) {
		if (strcmp(shown.owner_country, owner_country) == 0 &&
			strcmp(shown.parent_country, parent_country) == 0) {
			return shown.owner;
		}
		shown = catalogue_ownership_at(catalogue, app, time_ns, facts[i].region);
	}
	return everywhere;
}

unsigned catalogue_ownership_facts(
	const struct catalogue *catalogue, uint16_t app, const struct ownership_fact **facts)
{
	const struct facts_app *row =
		&catalogue->facts.apps[symbol_rows_find(&catalogue->rows, app)];

	*facts = catalogue->facts.ownership + row->ownership_first;
	return row->ownership_count;
}
