/* One field that finds: apps, units, countries, networks, flows, alerts, addresses. Each with the
 * address of its page. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "base/addr.h"
#include "dashboards/web/api.h"

enum { FOUND_MOST = 12, TEXT_MOST = 128 };

struct search {
	struct call *call;
	const char *text;
	unsigned found; /* of one kind */
};

/* What is no letter or digit of an address is written %NN. */
static void put_escaped(struct text *text, const char *value)
{
	for (; *value; value++) {
		unsigned char byte = (unsigned char)*value;
		bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
				(byte >= '0' && byte <= '9') || strchr("-._~", byte);
		if (is_plain) {
			text_put_char(text, *value);
		} else {
			text_printf(text, "%%%02X", byte);
		}
	}
}

static void put_found(
	struct search *search, const char *kind, const char *id, const char *name, const char *page)
{
	struct json *json = &search->call->json;
	struct text href;

	if (search->found++ >= FOUND_MOST) {
		return;
	}
	text_init_heap(&href);
	text_put(&href, page);
	put_escaped(&href, id);
	json_object_begin(json, NULL);
	json_string(json, "kind", kind);
	json_string(json, "id", id);
	json_string(json, "name", name);
	json_string(json, "href", href.at);
	json_object_end(json);
	text_deinit(&href);
}

static void search_apps(struct search *search)
{
	const struct catalogue *catalogue = search->call->web->options.reference->catalogue;

	search->found = 0;
	for (unsigned i = 0; i < catalogue_app_count(catalogue); i++) {
		const struct app *app = catalogue_app_at(catalogue, i);
		if (strcasestr(app->id, search->text) || strcasestr(app->name, search->text)) {
			put_found(search, "app", app->id, app->name, "/apps/");
		}
	}
}

static void search_units(struct search *search)
{
	const struct policy *policy = search->call->web->options.reference->policy;
	const char *own = search->call->who.unit;

	search->found = 0;
	for (unsigned i = 0; i < policy_unit_count(policy); i++) {
		const char *name = symbol_name(SYMBOL_UNIT, policy_unit_at(policy, i));
		if (strcasestr(name, search->text) && (!own[0] || strcmp(own, name) == 0)) {
			put_found(search, "unit", name, name, "/units/");
		}
	}
}

static void search_country(void *context, const struct geo_country *country)
{
	struct search *search = context;
	const char *name = country->names[messages_geo_language(search->call->messages)];

	if (strcasecmp(country->code, search->text) == 0 || strcasestr(name, search->text) ||
		strcasestr(country->names[GEO_EN], search->text)) {
		put_found(search, "country", country->code, name, "/countries/");
	}
}

static void search_network(struct search *search)
{
	const char *number = search->text + (strncasecmp(search->text, "AS", 2) == 0 ? 2 : 0);
	char name[TEXT_MOST + 4];

	if (*number && strspn(number, "0123456789") == strlen(number) && strlen(number) <= 10) {
		search->found = 0;
		snprintf(name, sizeof(name), "AS%s", number);
		put_found(search, "network", number, name, "/networks/");
	}
}

static bool search_alert(void *context, const struct alert_line *line)
{
	struct search *search = context;
	const struct call *call = search->call;
	bool sees = call->access.role == VIEW_SEES_DEVICES;
	const char *sentence = line->sentences[messages_geo_language(call->messages)];

	if (call_sees_alert(call, line->entry) &&
		(strcasecmp(line->id, search->text) == 0 ||
			(sees && strcasestr(sentence, search->text)))) {
		put_found(
			search, "alert", line->id, sees ? sentence : line->entry->kind, "/alerts/");
	}
	return search->found < FOUND_MOST;
}

/* A flow by its id, an address or a network: questions to the records. */
static void search_records(struct search *search)
{
	const char *text = search->text;
	struct prefix prefix;
	char where[TEXT_MOST + 24];

	search->found = 0;
	if (strlen(text) == 17 && text[0] == 'f' && strspn(text + 1, "0123456789abcdef") == 16) {
		put_found(search, "flow", text, text, "/explore?flow=");
	} else if ((strchr(text, '.') || strchr(text, ':')) && prefix_parse(text, &prefix)) {
		snprintf(where, sizeof(where), "ip in %s", text);
		put_found(search, "address", where, text, "/explore?where=");
	}
}

void answer_search(struct call *call)
{
	struct search search = { .call = call, .text = http_parameter(call->request, "q") };
	const struct geo *geo = call->web->options.reference->geo;

	json_array_begin(&call->json, NULL);
	if (search.text[0] && strlen(search.text) <= TEXT_MOST) {
		search_apps(&search);
		search_units(&search);
		search.found = 0;
		if (geo) {
			geo_each_country(geo, search_country, &search);
		}
		search_network(&search);
		search.found = 0;
		if (call->web->feed && who_may(&call->who, WEB_MAY_ALERTS)) {
			alert_feed_each(call->web->feed, search_alert, &search);
		}
		if (who_may(&call->who, WEB_MAY_DEVICES)) {
			search_records(&search);
		}
	}
	json_array_end(&call->json);
}
