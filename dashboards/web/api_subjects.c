/* What is known of apps, units and countries beside their traffic. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "analyzer/policy/policy_register.h"
#include "analyzer/record/symbols.h"
#include "dashboards/cli/app_dossier.h"
#include "dashboards/web/api.h"

enum { APPS_USUAL = 200, APPS_MOST = 100000 };

static const struct reference *reference_of(const struct call *call)
{
	return call->web->options.reference;
}

void put_named_country(struct call *call, const char *key, const char *code)
{
	json_object_begin(&call->json, key);
	json_string(&call->json, "code", code);
	json_string(&call->json, "name", name_country(call, code));
	json_object_end(&call->json);
}

void put_app(struct call *call, const struct app *app)
{
	struct json *json = &call->json;

	json_object_begin(json, NULL);
	json_string(json, "id", app->id);
	json_string(json, "name", app->name);
	json_string(json, "category", app->category);
	json_string(json, "owner", app->owner);
	json_string(json, "parent", app->parent);
	put_named_country(call, "owner_country", app->owner_country);
	put_named_country(call, "parent_country", app->parent_country);
	json_object_end(json);
}

static bool has_text(const struct app *app, const char *text)
{
	return strcasestr(app->id, text) || strcasestr(app->name, text) ||
	       strcasestr(app->owner, text) || strcasestr(app->parent, text);
}

void answer_apps(struct call *call)
{
	const struct catalogue *catalogue = reference_of(call)->catalogue;
	const char *text = http_parameter(call->request, "text");
	uint64_t first, most, matched = 0;
	struct err err;
	int status = ask_number(&first, call->request, "first", 0, APPS_MOST, &err);

	if (status == 0) {
		status = ask_number(&most, call->request, "most", APPS_USUAL, APPS_MOST, &err);
	}
	if (status < 0) {
		call_fail(call, status, &err);
		return;
	}
	json_object_begin(&call->json, NULL);
	json_array_begin(&call->json, "apps");
	for (unsigned i = 0; i < catalogue_app_count(catalogue); i++) {
		const struct app *app = catalogue_app_at(catalogue, i);
		if (has_text(app, text)) {
			if (matched >= first && matched - first < most) {
				put_app(call, app);
			}
			matched++;
		}
	}
	json_array_end(&call->json);
	json_u64(&call->json, "all", matched);
	json_object_end(&call->json);
}

/* From when to when it was seen, as the session may know it; a unit's page and an app's begin with
 * that. */
static void put_seen(struct call *call, enum view_dimension by, const char *value)
{
	struct view_question question = { .filters = { { .by = by, .value = value } },
		.filter_count = 1 };
	struct view_answer *answer;

	if (call_ask(call, &question, &answer, NULL) == 0) {
		put_figures(&call->json, "seen", &answer->total);
		view_answer_free(answer);
	} else {
		json_null(&call->json, "seen");
	}
}

/* The register's entry of an app, of all units. */
static void put_register(struct call *call, uint16_t app)
{
	const struct policy *policy = reference_of(call)->policy;
	const struct policy_assessment *entry = policy_find_assessment(policy, 0, app);
	const struct policy_service *service = policy_find_service(policy, app);

	if (entry) {
		json_object_begin(&call->json, "assessment");
		json_string(&call->json, "state", assessment_state_name(entry->state));
		put_time(&call->json, "date", entry->date_ns);
		put_time(&call->json, "next_review", entry->next_review_ns);
		json_object_end(&call->json);
	} else {
		json_null(&call->json, "assessment");
	}
	json_bool(&call->json, "is_approved", service != NULL);
	const char *treated = policy_treated_as(policy, app);
	if (treated) {
		put_named_country(call, "treated_as", treated);
	} else {
		json_null(&call->json, "treated_as");
	}
}

void answer_app(struct call *call)
{
	const struct reference *reference = reference_of(call);
	const char *id = http_parameter(call->request, "id");
	uint16_t app = catalogue_find(reference->catalogue, id);
	const struct dossier dossier = { reference->catalogue, reference->geo, call->now_ns };

	if (!app) {
		call_refuse(call, 404, "there is no such app in the catalogue");
		return;
	}
	json_object_begin(&call->json, NULL);
	text_put(&call->response->body, "\"dossier\":");
	app_dossier_write_json(&dossier, app, &call->json);
	call->json.needs_comma = true;
	put_register(call, app);
	put_seen(call, VIEW_BY_APP, id);
	json_object_end(&call->json);
}

static void put_unit(struct call *call, const char *key, uint16_t unit)
{
	json_object_begin(&call->json, key);
	json_string(&call->json, "name", symbol_name(SYMBOL_UNIT, unit));
	json_string(&call->json, "protection",
		policy_unit_protection(reference_of(call)->policy, unit));
	json_object_end(&call->json);
}

static bool sees_unit(const struct call *call, const char *name)
{
	return call->who.unit[0] == '\0' || strcmp(call->who.unit, name) == 0;
}

void answer_units(struct call *call)
{
	const struct policy *policy = reference_of(call)->policy;

	json_object_begin(&call->json, NULL);
	json_array_begin(&call->json, "units");
	for (unsigned i = 0; i < policy_unit_count(policy); i++) {
		uint16_t unit = policy_unit_at(policy, i);
		if (sees_unit(call, symbol_name(SYMBOL_UNIT, unit))) {
			put_unit(call, NULL, unit);
		}
	}
	json_array_end(&call->json);
	json_object_end(&call->json);
}

/* What the unit has assessed. */
static void put_assessments(struct call *call, uint16_t unit)
{
	const struct policy *policy = reference_of(call)->policy;

	json_array_begin(&call->json, "assessments");
	for (unsigned i = 0; i < policy_assessment_count(policy); i++) {
		const struct policy_assessment *entry = policy_assessment(policy, i);
		if (entry->unit != unit && entry->unit != 0) {
			continue;
		}
		const char *app = symbol_name(SYMBOL_APP, entry->app);
		json_object_begin(&call->json, NULL);
		json_string(&call->json, "app", app);
		json_string(&call->json, "app_name", name_value(call, VIEW_BY_APP, app));
		json_string(&call->json, "state", assessment_state_name(entry->state));
		put_time(&call->json, "date", entry->date_ns);
		put_time(&call->json, "next_review", entry->next_review_ns);
		json_object_end(&call->json);
	}
	json_array_end(&call->json);
}

void answer_unit(struct call *call)
{
	const char *name = http_parameter(call->request, "name");
	uint16_t unit = policy_find_unit(reference_of(call)->policy, name);

	if (!unit || !sees_unit(call, name)) {
		call_refuse(call, 404, "the policy has no such unit");
		return;
	}
	json_object_begin(&call->json, NULL);
	put_unit(call, "unit", unit);
	put_assessments(call, unit);
	json_object_end(&call->json);
}

/* What the table says of a country in one language, in the reader's, where that is told: by its own
 * code, or by the word. */
static const char *say_of_country(
	const struct call *call, const char *what, const char *code, const char *text)
{
	const char *const ends[] = { code, text };
	char key[48];

	for (unsigned i = 0; i < 2; i++) {
		snprintf(key, sizeof(key), "%s_%s", what, ends[i]);
		const char *said = messages_get(call->messages, key);
		if (strcmp(said, key) != 0) {
			return said;
		}
	}
	return text;
}

void answer_country(struct call *call)
{
	const char *code = http_parameter(call->request, "code");
	const struct geo *geo = reference_of(call)->geo;
	const struct geo_country *country =
		geo && strlen(code) == 2 ? geo_country(geo, code) : NULL;
	struct json *json = &call->json;

	if (!country) {
		call_refuse(call, 404, "there is no such country");
		return;
	}
	json_object_begin(json, NULL);
	json_string(json, "code", country->code);
	json_string(json, "name", country->names[messages_geo_language(call->messages)]);
	json_string(json, "zone", geo_zone_name(country->zone));
	json_string(json, "zone_name",
		messages_get2(call->messages, "zone", geo_zone_name(country->zone)));
	json_string(json, "adequacy",
		say_of_country(call, "adequacy_decision", country->code, country->adequacy));
	json_string(json, "adequacy_scope",
		say_of_country(call, "adequacy_scope", country->code, country->adequacy_scope));
	json_string(json, "policy_group", country->policy_group);
	put_seen(call, VIEW_BY_SERVER, country->code);
	json_object_end(json);
}
