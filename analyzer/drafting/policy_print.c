/* The rules as sentences: a page that a union or a committee can read without the file. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/policy/policy_model.h"
#include "analyzer/drafting/policy_tools.h"
#include "base/local_time.h"

/* Empty text has no memory yet. */
static const char *so_far(const struct text *text)
{
	return text->at ? text->at : "";
}

static const char *country_name(const struct policy_page *page, const char *code)
{
	char upper[3] = { (char)toupper((unsigned char)code[0]), 0, 0 };

	upper[1] = upper[0] ? (char)toupper((unsigned char)code[1]) : 0;
	const struct geo_country *known = page->geo ? geo_country(page->geo, upper) : NULL;
	return known ? known->names[messages_geo_language(page->messages)] : code;
}

static const char *app_name(const struct policy_page *page, const char *value)
{
	const struct app *app =
		catalogue_app(page->catalogue, catalogue_resolve(page->catalogue, value));

	return app ? messages_catalogue(page->messages, app->name) : value;
}

/* One value of a word as the reader's language has it. */
static void put_value(
	const struct policy_page *page, struct text *text, const char *word, const char *value)
{
	const struct messages *messages = page->messages;
	char name[64];

	snprintf(name, sizeof(name), "%s", value);
	for (char *c = name; *c; c++) {
		*c = (char)tolower((unsigned char)*c);
	}
	if (strcmp(word, "app") == 0 || strcmp(word, "approved") == 0) {
		text_put(text, app_name(page, value));
	} else if (strcmp(word, "family") == 0) {
		text_put(text, messages_get2(messages, "family", name));
	} else if (strstr(word, "country")) {
		text_put(text, country_name(page, value));
	} else if (strcmp(word, "category") == 0) {
		text_put(text, messages_get2(messages, "category", name));
	} else if (strcmp(word, "class_type") == 0) {
		text_put(text, messages_get2(messages, "class_type", name));
	} else if (strcmp(word, "zone") == 0) {
		text_put(text, strcmp(name, "outside-eea") == 0
				       ? messages_get(messages, "rule_zone_outside-eea")
				       : messages_get2(messages, "zone", name));
	} else if (strcmp(word, "direction") == 0) {
		text_put(text, messages_get2(messages, "rule_direction", name));
	} else if (strcmp(word, "protection_at_least") == 0) {
		text_put(text, messages_get2(messages, "protection", name));
	} else {
		text_put(text, value);
	}
}

/* The values of a word, "a, b". */
static void put_values(const struct policy_page *page, struct text *text,
	const struct yaml_node *value, const char *word)
{
	const struct yaml_node *item = value->kind == YAML_LIST ? value->child : value;

	for (bool is_first = true; item; is_first = false) {
		text_put(text, is_first ? "" : ", ");
		put_value(page, text, word, item->kind == YAML_TEXT ? item->text : "");
		item = value->kind == YAML_LIST ? item->next : NULL;
	}
}

/* A word with its values: prefix and word name the sentence, where there is one. */
static void put_word(const struct policy_page *page, struct text *text,
	const struct yaml_node *value, const char *prefix)
{
	const char *word = value->key->text;
	struct text values;
	char key[64];

	text_init_heap(&values);
	put_values(page, &values, value, word);
	snprintf(key, sizeof(key), "%s_%s", prefix, word);
	messages_put(page->messages, text, key, "values", so_far(&values), NULL);
	text_deinit(&values);
}

/* A Danish clause ends with a comma, which goes where a semicolon follows. */
static void put_part(struct text *text, const char *part, bool has_next)
{
	size_t length = strlen(part);
	bool ends_with_comma = length > 0 && part[length - 1] == ',';

	text_put_bytes(text, part, length - (has_next && ends_with_comma));
	text_put(text, has_next ? "; " : "");
}

static void put_match(
	const struct policy_page *page, struct text *text, const struct yaml_node *match)
{
	if (!match || match->kind != YAML_MAP) {
		text_put(text, messages_get(page->messages, "rule_what_anything"));
		return;
	}
	for (const struct yaml_node *value = match->child; value; value = value->next) {
		const char *word = value->key->text;
		struct text part;
		text_init_heap(&part);
		if (strcmp(word, "app") == 0 || strcmp(word, "direction") == 0) {
			put_values(page, &part, value, word);
		} else {
			put_word(page, &part, value, "rule_match");
		}
		put_part(text, so_far(&part), value->next != NULL);
		text_deinit(&part);
	}
}

/* How many devices a scope names. */
static void put_device_count(
	const struct policy_page *page, struct text *text, const struct yaml_node *value)
{
	const struct yaml_node *item = value->kind == YAML_LIST ? value->child : value;
	unsigned count = 0;
	char number[16];

	while (item) {
		count++;
		item = value->kind == YAML_LIST ? item->next : NULL;
	}
	snprintf(number, sizeof(number), "%u", count);
	messages_put(page->messages, text, "rule_scope_device_count", "values", number, NULL);
}

static void put_access(
	const struct policy_page *page, struct text *text, const struct yaml_node *value)
{
	bool has_access = value->kind == YAML_TEXT && strchr("yYtT", value->text[0]);

	text_put(text, messages_get(page->messages,
			       has_access ? "rule_scope_access_yes" : "rule_scope_access_no"));
}

static void put_devices(
	const struct policy_page *page, struct text *text, const struct yaml_node *scope)
{
	bool is_first = true;

	for (const struct yaml_node *value = scope->child; value; value = value->next) {
		const char *word = value->key->text;
		if (strcmp(word, "except") == 0) {
			continue;
		}
		text_put(text, is_first ? "" : ", ");
		if (strcmp(word, "internal_access") == 0) {
			put_access(page, text, value);
		} else if (page->hides_devices && strcmp(word, "device") == 0) {
			put_device_count(page, text, value);
		} else if (strcmp(word, "unit") == 0 || strcmp(word, "class") == 0 ||
			   strcmp(word, "class_type") == 0) {
			put_values(page, text, value, word);
		} else {
			put_word(page, text, value, "rule_scope");
		}
		is_first = false;
	}
}

static void put_scope(
	const struct policy_page *page, struct text *text, const struct yaml_node *scope)
{
	const struct yaml_node *except = yaml_map_get(scope, "except");
	bool is_for_some = scope && scope->kind == YAML_MAP && scope->child &&
			   !(except && scope->child == except && !except->next);
	struct text devices;

	if (is_for_some) {
		put_devices(page, text, scope);
	} else {
		text_put(text, messages_get(page->messages, "rule_whom_all"));
	}
	if (except && except->kind == YAML_MAP) {
		text_init_heap(&devices);
		put_devices(page, &devices, except);
		messages_put(
			page->messages, text, "rule_whom_except", "whom", so_far(&devices), NULL);
		text_deinit(&devices);
	}
}

/* Since when, or until when: messages_put_since() or messages_put_until(). */
typedef void put_bound(const struct messages *messages, struct text *text,
	const struct local_zone *zone, uint64_t time_ns);

static void put_date(const struct policy_page *page, struct text *text, const char *key,
	put_bound *put, uint64_t time_ns)
{
	struct text date;

	if (time_ns) {
		text_init_heap(&date);
		put(page->messages, &date, page->policy->zone, time_ns);
		messages_put(page->messages, text, key, "date", so_far(&date), NULL);
		text_deinit(&date);
	}
}

/* What a sentence is made of, rules and exceptions alike. */
struct said {
	struct text what, whom, dates, remarks;
	const char *action; /* key */
};

static void begin_said(struct said *said, const char *action)
{
	text_init_heap(&said->what);
	text_init_heap(&said->whom);
	text_init_heap(&said->dates);
	text_init_heap(&said->remarks);
	said->action = action;
}

static void end_said(const struct policy_page *page, struct text *text, struct said *said)
{
	messages_put(page->messages, text, "rule_sentence", "what", so_far(&said->what), "action",
		messages_get(page->messages, said->action), "whom", so_far(&said->whom), "dates",
		so_far(&said->dates), "remarks", so_far(&said->remarks), NULL);
	text_deinit(&said->what);
	text_deinit(&said->whom);
	text_deinit(&said->dates);
	text_deinit(&said->remarks);
}

/* "Use of X is not allowed, from D. It holds for Y." */
static void put_sentence(const struct policy_page *page, struct text *text, const struct rule *rule)
{
	static const char *const actions[POLICY_ACTION_COUNT] = {
		[POLICY_ACTION_DENY] = "rule_action_deny",
		[POLICY_ACTION_ALLOW] = "rule_action_allow",
		[POLICY_ACTION_REPORT] = "rule_action_report",
		[POLICY_ACTION_ASSESS] = "rule_action_assess",
		[POLICY_ACTION_PENDING] = "rule_action_pending",
	};
	const struct policy_rule *public = &rule->public;
	const struct messages *messages = page->messages;
	struct said said;

	begin_said(&said, actions[public->action]);
	put_match(page, &said.what, yaml_map_get(rule->node, "match"));
	put_scope(page, &said.whom, yaml_map_get(rule->node, "scope"));
	put_date(page, &said.dates, "rule_from", messages_put_since, public->effective_from_ns);
	put_date(page, &said.dates, "rule_to", messages_put_until, public->valid_to_ns);
	put_date(page, &said.dates, "rule_grace", messages_put_until, public->grace_until_ns);
	text_put(&said.remarks, public->blocked ? messages_get(messages, "rule_blocked") : "");
	if (public->stage != POLICY_STAGE_IN_FORCE) {
		text_put(&said.remarks, messages_get(messages, public->stage == POLICY_STAGE_DRAFT
								       ? "rule_is_draft"
								       : "rule_is_watched"));
	}
	if (rule->loses_to) {
		messages_put(messages, &said.remarks, "rule_loses", "rule",
			page->policy->rules[rule->loses_to].public.id, NULL);
	}
	end_said(page, text, &said);
}

static void put_rule(const struct policy_page *page, struct text *text, const struct rule *rule)
{
	const struct policy_rule *public = &rule->public;

	text_printf(text, "\n%s. ", public->id);
	put_sentence(page, text, rule);
	if (public->basis[0]) {
		messages_put(page->messages, text, "rule_reason", "reason", public->basis, NULL);
	}
	if (public->author[0]) {
		messages_put(page->messages, text, "rule_author", "author", public->author, NULL);
	}
	text_put(text, "\n");
}

static void put_exception_sentence(const struct policy_page *page, struct text *text,
	const struct exception *exception, bool names_rules)
{
	const struct policy_exception *public = &exception->public;
	const struct yaml_node *match = yaml_map_get(exception->node, "match");
	struct said said;

	begin_said(&said, "rule_action_allow");
	if (names_rules && !match) {
		text_put(&said.what, messages_get(page->messages, "rule_what_lifted"));
	} else {
		put_match(page, &said.what, match);
	}
	put_scope(page, &said.whom, yaml_map_get(exception->node, "scope"));
	put_date(page, &said.dates, "rule_from", messages_put_since, public->valid_from_ns);
	put_date(page, &said.dates, "rule_to", messages_put_until, public->valid_to_ns);
	text_put(&said.remarks,
		public->no_internal_flows ? messages_get(page->messages, "rule_no_internal") : "");
	end_said(page, text, &said);
}

static void put_exception(
	const struct policy_page *page, struct text *text, const struct exception *exception)
{
	const struct policy_exception *public = &exception->public;
	const struct yaml_node *lifted = yaml_map_get(exception->node, "rules");
	struct text sentence;
	struct text rules, named;

	text_init_heap(&rules);
	if (lifted) {
		text_init_heap(&named);
		put_values(page, &named, lifted, "rules");
		messages_put(page->messages, &rules, "rule_exception_rules", "rules",
			so_far(&named), NULL);
		text_deinit(&named);
	}
	text_init_heap(&sentence);
	put_exception_sentence(page, &sentence, exception, lifted != NULL);
	messages_put(page->messages, text, "rule_exception", "id", public->id, "rules",
		so_far(&rules), "sentence", so_far(&sentence), NULL);
	messages_put(page->messages, text, "rule_approved", "approver", public->approver, NULL);
	messages_put(page->messages, text, "rule_reason", "reason", public->reason, NULL);
	text_deinit(&sentence);
	text_deinit(&rules);
}

static void put_fact(
	const struct policy_page *page, struct text *text, const char *key, const char *value)
{
	if (value[0]) {
		text_printf(text, "%s: %s\n", messages_get(page->messages, key), value);
	}
}

static void put_day(const struct policy_page *page, struct text *text, const char *key,
	put_bound *put, uint64_t time_ns)
{
	struct text date;

	text_init_heap(&date);
	if (time_ns) {
		put(page->messages, &date, page->policy->zone, time_ns);
	}
	put_fact(page, text, key, so_far(&date));
	text_deinit(&date);
}

static void put_head(const struct policy_page *page, struct text *text)
{
	const struct policy_header *header = &page->policy->header;
	char number[16];

	text_printf(text, "%s\n%s%s%s\n\n", header->organisation,
		messages_get(page->messages, "rules_title"), header->reference[0] ? ", " : "",
		header->reference);
	put_fact(page, text, "rules_purpose", header->purpose);
	put_fact(page, text, "rules_legal", header->legal_basis);
	put_day(page, text, "rules_informed", messages_put_since, header->informed_ns);
	if (header->consulted_ns) {
		put_day(page, text, "rules_consulted", messages_put_since, header->consulted_ns);
	} else {
		put_fact(page, text, "rules_consulted", header->consultation_date);
	}
	put_day(page, text, "rules_ends", messages_put_until, header->ends_ns);
	put_day(page, text, "rules_evaluate", messages_put_until, header->evaluate_by_ns);
	snprintf(number, sizeof(number), "%u", header->group_minimum);
	put_fact(page, text, "rules_group_minimum", number);
}

static void put_treatment(
	const struct policy_page *page, struct text *text, const struct policy_treatment *treatment)
{
	struct text name;

	text_init_heap(&name);
	put_value(page, &name, "app", symbol_name(SYMBOL_APP, treatment->app));
	text_put(text, "\n");
	messages_put(page->messages, text, "rule_treated", "app", so_far(&name), "country",
		country_name(page, treatment->country), NULL);
	messages_put(page->messages, text, "rule_reason", "reason", treatment->basis, NULL);
	text_put(text, "\n");
	text_deinit(&name);
}

void policy_put_rule(const struct policy_page *page, struct text *text, uint16_t rule)
{
	uint16_t row = symbol_rows_find(&page->policy->rule_rows, rule);

	if (row) {
		put_sentence(page, text, &page->policy->rules[row]);
	}
}

void policy_put_exception(const struct policy_page *page, struct text *text, const char *id)
{
	for (uint32_t i = 1; i <= page->policy->exception_count; i++) {
		if (strcmp(page->policy->exceptions[i].public.id, id) == 0) {
			put_exception(page, text, &page->policy->exceptions[i]);
			return;
		}
	}
}

void policy_put_rules(const struct policy_page *page, struct text *text)
{
	const struct policy *policy = page->policy;

	put_head(page, text);
	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		put_rule(page, text, &policy->rules[i]);
	}
	if (policy->header.mode == POLICY_MODE_ALLOW_LIST) {
		text_printf(text, "\n%s\n", messages_get(page->messages, "rule_unlisted"));
	}
	for (uint32_t i = 1; i <= policy->exception_count; i++) {
		text_put(text, "\n");
		put_exception(page, text, &policy->exceptions[i]);
		text_put(text, "\n");
	}
	for (unsigned i = 0; i < policy->treatment_count; i++) {
		put_treatment(page, text, &policy->treatments[i]);
	}
	text_put(text, "\n");
	put_fact(page, text, "rules_set", policy->hash);
}
