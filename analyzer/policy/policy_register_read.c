/* What the policy keeps on record, out of its file: assessments, services, what apps are treated
 * as, watched countries, expectations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy_model.h"
#include "analyzer/policy/policy_words.h"

/* The children of a list, and room for a row each; NULL and said why where it is none. */
static void *make_rows(struct policy_reader *reader, const struct yaml_node *value,
	const char *what, size_t row_bytes)
{
	uint32_t count = 0;

	if (value->kind != YAML_LIST) {
		policy_error(reader, value, "expected a list of %s, each behind a dash; found %s",
			what, yaml_kind_name(value->kind));
		return NULL;
	}
	for (const struct yaml_node *row = value->child; row; row = row->next) {
		count++;
	}
	return policy_new_rows(reader, value, count, row_bytes);
}

static uint16_t read_app_symbol(struct policy_reader *reader, const struct yaml_node *value)
{
	const char *text = policy_read_text(reader, value);
	uint16_t app = text ? catalogue_find(reader->catalogue, text) : 0;

	if (text && !app) {
		policy_error(reader, value, "the catalogue has no app \"%.60s\"", text);
	}
	return app;
}

uint16_t policy_read_unit(struct policy_reader *reader, const struct yaml_node *value)
{
	const char *text = policy_read_text(reader, value);
	struct policy_guess guess = policy_guess(text ? text : "");
	char hint[96];

	for (uint32_t i = 1; text && i <= reader->policy->unit_count; i++) {
		const struct unit *unit = &reader->policy->units[i];
		if (strcmp(unit->name, text) == 0) {
			return unit->symbol;
		}
		policy_guess_try(&guess, unit->name);
	}
	if (text) {
		policy_error(reader, value, "this file has no unit \"%.60s\"%s", text,
			policy_guess_text(&guess, hint));
	}
	return 0;
}

static uint16_t read_class_symbol(struct policy_reader *reader, const struct yaml_node *value)
{
	const char *text = policy_read_text(reader, value);

	for (uint32_t i = 1; text && i <= reader->policy->class_count; i++) {
		if (strcmp(reader->policy->classes[i].name, text) == 0) {
			return reader->policy->classes[i].symbol;
		}
	}
	if (text) {
		policy_error(reader, value, "this file has no class \"%.60s\"", text);
	}
	return 0;
}

/* Assessments. */

static void read_assessment_unit(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	((struct policy_assessment *)target)->unit = policy_read_unit(reader, value);
}

static void read_assessment_app(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	((struct policy_assessment *)target)->app = read_app_symbol(reader, value);
}

static void read_assessment_state(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	static const char *const names[] = { "to assess", "pending", "allowed", "denied",
		"no decision" };
	int choice = policy_read_choice(reader, value, "a state", names, 5);

	if (choice >= 0) {
		((struct policy_assessment *)target)->state = (uint8_t)(choice + 1);
	}
}

static void read_assessment_date(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_time(reader, value, false, &((struct policy_assessment *)target)->date_ns);
}

static void read_assessment_review(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_time(
		reader, value, true, &((struct policy_assessment *)target)->next_review_ns);
}

static void read_assessment_owner(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_free_text(reader, value, &((struct policy_assessment *)target)->owner);
}

static void read_assessment_reference(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_free_text(reader, value, &((struct policy_assessment *)target)->reference);
}

static const struct policy_word assessment_words[] = {
	{ "unit", read_assessment_unit },
	{ "app", read_assessment_app },
	{ "state", read_assessment_state },
	{ "date", read_assessment_date },
	{ "owner", read_assessment_owner },
	{ "reference", read_assessment_reference },
	{ "next_review", read_assessment_review },
	{ NULL, NULL },
};

void policy_read_assessments(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct policy *policy = target;

	policy->assessments = make_rows(reader, value, "assessments", sizeof(*policy->assessments));
	for (const struct yaml_node *row = value->child; row && policy->assessments;
		row = row->next) {
		struct policy_assessment *assessment =
			&policy->assessments[policy->assessment_count++];
		*assessment = (struct policy_assessment){
			.owner = "", .reference = "", .line = row->line
		};
		policy_read_words(reader, row, "an assessment", assessment_words, assessment);
		if (row->kind == YAML_MAP &&
			(!yaml_map_get(row, "app") || !yaml_map_get(row, "state"))) {
			policy_error(reader, row,
				"an assessment needs the words \"app\" and \"state\", such as "
				"{unit: School, app: tiktok, state: to assess}");
		}
	}
}

/* Approved services. */

static void read_service_app(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	((struct policy_service *)target)->app = read_app_symbol(reader, value);
}

static void read_dpia(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_time(reader, value, false, &((struct policy_service *)target)->dpia_ns);
}

static void read_audit(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_time(reader, value, false, &((struct policy_service *)target)->audit_ns);
}

static void read_service_review(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_time(reader, value, true, &((struct policy_service *)target)->next_review_ns);
}

static void read_service_units(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct policy_service *service = target;
	const struct yaml_node *item = NULL;

	free(service->units);
	service->unit_count = 0;
	service->units =
		policy_new_rows(reader, value, policy_count_texts(value), sizeof(*service->units));
	while (service->units && (item = policy_next_text(reader, value, item))) {
		uint16_t unit = policy_read_unit(reader, item);
		service->units[service->unit_count] = unit;
		service->unit_count += unit != 0;
	}
}

static void read_transfer_tool(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_free_text(reader, value, &((struct policy_service *)target)->transfer_tool);
}

/* The countries of the contract. */
static void read_service_countries(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct policy_service *service = target;
	const struct yaml_node *item = NULL;

	service->country_count = 0;
	while ((item = policy_next_text(reader, value, item))) {
		if (service->country_count == SERVICE_COUNTRIES_MAX) {
			policy_error(reader, item, "a service has at most %d countries",
				SERVICE_COUNTRIES_MAX);
			return;
		}
		policy_note_country(reader, item);
		snprintf(service->countries[service->country_count], 3, "%s", item->text);
		service->country_count++;
	}
}

/* Its networks, by number. */
static void read_service_networks(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct policy_service *service = target;
	const struct yaml_node *item = NULL;

	service->network_count = 0;
	while ((item = policy_next_text(reader, value, item))) {
		if (service->network_count == SERVICE_NETWORKS_MAX) {
			policy_error(reader, item, "a service has at most %d networks",
				SERVICE_NETWORKS_MAX);
			return;
		}
		if (policy_read_asn(reader, item, &service->networks[service->network_count])) {
			service->network_count++;
		}
	}
}

static const struct policy_word service_words[] = {
	{ "app", read_service_app },
	{ "dpia", read_dpia },
	{ "audit", read_audit },
	{ "units", read_service_units },
	{ "next_review", read_service_review },
	{ "countries", read_service_countries },
	{ "asn", read_service_networks },
	{ "transfer_tool", read_transfer_tool },
	{ NULL, NULL },
};

void policy_read_services(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct policy *policy = target;

	policy->services = make_rows(reader, value, "services", sizeof(*policy->services));
	for (const struct yaml_node *row = value->child; row && policy->services; row = row->next) {
		struct policy_service *service = &policy->services[policy->service_count++];
		*service = (struct policy_service){ .transfer_tool = "", .line = row->line };
		policy_read_words(reader, row, "a service", service_words, service);
		if (row->kind == YAML_MAP && !yaml_map_get(row, "app")) {
			policy_error(reader, row,
				"a service needs the word \"app\", such as {app: m365, dpia: "
				"2026-01-15, audit: 2026-02-01}");
		} else if (row->kind == YAML_MAP && !service->dpia_ns) {
			policy_warning(reader, row,
				"service \"%s\" has no DPIA: add \"dpia\", the date of its data "
				"protection impact assessment",
				symbol_name(SYMBOL_APP, service->app));
		}
	}
}

/* What is treated as another country's: {telegram: RU, basis: why}, or {telegram: {country: RU,
 * basis: why}}. */
void policy_read_treatments(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct policy *policy = target;
	const struct yaml_node *shared = yaml_map_get(value, "basis");
	const char *basis = "";
	uint32_t count = 0;

	if (value->kind != YAML_MAP) {
		policy_error(reader, value,
			"expected apps and countries such as {telegram: RU, basis: why}, found %s",
			yaml_kind_name(value->kind));
		return;
	}
	for (const struct yaml_node *row = value->child; row; row = row->next) {
		count++;
	}
	policy->treatments = policy_new_rows(reader, value, count, sizeof(*policy->treatments));
	if (shared) {
		policy_read_free_text(reader, shared, &basis);
	}
	for (const struct yaml_node *row = value->child; row && policy->treatments;
		row = row->next) {
		const struct yaml_node *country =
			row->kind == YAML_MAP ? yaml_map_get(row, "country") : row;
		struct policy_treatment *treatment = &policy->treatments[policy->treatment_count];
		if (row == shared) {
			continue;
		}
		treatment->app = read_app_symbol(reader, row->key);
		treatment->basis = basis;
		treatment->line = row->line;
		if (row->kind == YAML_MAP && yaml_map_get(row, "basis")) {
			policy_read_free_text(
				reader, yaml_map_get(row, "basis"), &treatment->basis);
		}
		if (!country || country->kind != YAML_TEXT ||
			clause_country_number(country->text) == CLAUSE_COUNTRIES ||
			country->text[2] != '\0') {
			policy_error(reader, row,
				"expected a country as two capital letters such as RU");
			continue;
		}
		memcpy(treatment->country, country->text, sizeof(treatment->country));
		policy_note_country(reader, country);
		if (treatment->basis[0] == '\0') {
			policy_warning(reader, row,
				"\"%s\" is treated as %s without saying why: add \"basis\"",
				row->key->text, treatment->country);
		}
		policy->treatment_count += treatment->app != 0;
	}
}

void policy_read_watch(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct policy *policy = target;
	const struct yaml_node *item = NULL;

	while ((item = policy_next_text(reader, value, item))) {
		if (clause_country_number(item->text) == CLAUSE_COUNTRIES ||
			item->text[2] != '\0') {
			policy_error(reader, item,
				"expected a country as two capital letters such as CN, found "
				"\"%.60s\"",
				item->text);
		} else if (policy->watch_count < WATCH_COUNTRIES_MAX) {
			policy->watched[policy->watch_count++] = item->text;
			policy_note_country(reader, item);
		}
	}
}

/* Expectations. */

static void read_expect_app(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	((struct policy_expectation *)target)->question.app = read_app_symbol(reader, value);
}

static void read_expect_unit(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	((struct policy_expectation *)target)->question.unit = policy_read_unit(reader, value);
}

static void read_expect_class(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	((struct policy_expectation *)target)->question.class_ = read_class_symbol(reader, value);
}

static void read_expect_date(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_time(
		reader, value, false, &((struct policy_expectation *)target)->question.time_ns);
}

static void read_expect_name(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	((struct policy_expectation *)target)->question.name = policy_host_name(reader, value);
}

static void read_expect_zone(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	const char *text = policy_read_text(reader, value);
	enum geo_zone zone;

	if (text && geo_zone_parse(text, &zone)) {
		((struct policy_expectation *)target)->question.zone = (uint8_t)zone;
	} else if (text) {
		policy_error(reader, value, "expected a zone such as eu, eea, adequate or third");
	}
}

static void read_expect_access(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_bool(
		reader, value, &((struct policy_expectation *)target)->question.has_access);
}

static void read_expect_device(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	const char *text = policy_read_text(reader, value);

	if (text && !addr_parse(text, &((struct policy_expectation *)target)->question.device)) {
		policy_error(reader, value, "expected an address such as 10.20.3.7");
	}
}

static void read_expect_verdict(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	static const char *const names[] = {
#define X(id, name) name,
		POLICY_VERDICTS(X)
#undef X
	};
	int choice = policy_read_choice(reader, value, "a verdict", names, POLICY_VERDICT_COUNT);

	if (choice >= 0) {
		((struct policy_expectation *)target)->verdict = (uint8_t)choice;
	}
}

static const struct policy_word expect_words[] = {
	{ "app", read_expect_app },
	{ "name", read_expect_name },
	{ "unit", read_expect_unit },
	{ "class", read_expect_class },
	{ "device", read_expect_device },
	{ "date", read_expect_date },
	{ "zone", read_expect_zone },
	{ "internal_access", read_expect_access },
	{ "verdict", read_expect_verdict },
	{ NULL, NULL },
};

void policy_read_expectations(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct policy *policy = target;

	policy->expectations =
		make_rows(reader, value, "expectations", sizeof(*policy->expectations));
	for (const struct yaml_node *row = value->child; row && policy->expectations;
		row = row->next) {
		struct policy_expectation *expectation =
			&policy->expectations[policy->expectation_count++];
		expectation->line = row->line;
		policy_read_words(reader, row, "an expectation", expect_words, expectation);
		if (row->kind == YAML_MAP &&
			(!yaml_map_get(row, "verdict") || !yaml_map_get(row, "date"))) {
			policy_error(reader, row,
				"an expectation needs the words \"date\" and \"verdict\", such as "
				"{app: tiktok, class: staff, date: 2026-04-01, verdict: "
				"violation}");
		}
	}
}
