/* Who I am, what there is to see, and in which words. */
#include <errno.h>
#include <string.h>

#include "analyzer/format/json_doc.h"
#include "analyzer/policy/policy.h"
#include "analyzer/policy/policy_register.h"
#include "base/local_time.h"
#include "config.h"
#include "dashboards/web/api.h"
#include "dashboards/web/login.h"

static void put_read(struct call *call)
{
	const struct web_options *options = &call->web->options;
	struct web_progress progress = { 0 };

	if (options->read_progress) {
		options->read_progress(options->progress_context, &progress);
	}
	json_bool(&call->json, "is_running",
		options->read_progress ? progress.is_running
				       : options->source.redis || options->source.socket);
	if (!options->read_progress) {
		json_null(&call->json, "read");
		return;
	}
	json_object_begin(&call->json, "read");
	json_u64(&call->json, "percent",
		progress.all && progress.is_running ? progress.done * 100 / progress.all : 100);
	json_u64(&call->json, "bytes", progress.done);
	json_u64(&call->json, "bytes_all", progress.all);
	json_u64(&call->json, "packets", progress.packets);
	json_object_end(&call->json);
}

/* Figures are of whole slots: what was last is in the one that ends there. */
static uint64_t end_of_slot(uint64_t last_ns)
{
	return last_ns ? (last_ns / SLOT_NS + 1) * SLOT_NS : 0;
}

/* From when to when there is anything. An analysis that runs has more each time. */
static void put_extent(struct call *call)
{
	struct extent_times times = { 0 };

	if (call->web->extent) {
		times = extent_read(call->web->extent);
	} else {
		struct view_question question = { 0 };
		struct view_answer *answer = NULL;
		if (call_ask(call, &question, &answer, NULL) == 0) {
			times.from_ns = answer->notes.from_ns;
			times.to_ns = answer->notes.as_of_ns;
			view_answer_free(answer);
		}
	}
	put_time(&call->json, "from", times.from_ns);
	put_time(&call->json, "to", end_of_slot(times.to_ns));
	json_bool(&call->json, "is_awaited", times.is_awaited);
}

/* What does not answer just now, and since when what is shown may be old. */
static void put_trouble(struct call *call)
{
	struct json *json = &call->json;
	struct trouble trouble;

	if (!call_find_trouble(call->web, &trouble)) {
		json_null(json, "trouble");
		return;
	}
	json_object_begin(json, "trouble");
	put_time(json, "as_of", trouble.as_of_ns);
	json_string(json, "says", call->access.role == VIEW_SEES_DEVICES ? trouble.err.text : "");
	json_object_end(json);
}

static void put_source(struct call *call)
{
	const struct view_source *source = &call->web->options.source;

	json_object_begin(&call->json, "source");
	json_string(&call->json, "kind", view_source_kind(source));
	json_string(&call->json, "name", views_name(call->web->views));
	const char *live = views_live_name(call->web->views);
	if (live) {
		json_string(&call->json, "live", live);
	} else {
		json_null(&call->json, "live");
	}
	put_read(call);
	put_extent(call);
	put_trouble(call);
	json_bool(&call->json, "has_alerts", call->web->feed != NULL);
	json_bool(&call->json, "has_flows", source->archive_count > 0);
	json_object_end(&call->json);
}

static void put_who(struct call *call)
{
	const struct who *who = &call->who;

	json_string(&call->json, "role", web_role_name(who->role));
	json_bool(&call->json, "sees_devices", who_may(who, WEB_MAY_DEVICES));
	json_array_begin(&call->json, "may");
	for (unsigned i = 0; i < WEB_RIGHT_COUNT; i++) {
		if (who_may(who, i)) {
			json_string(&call->json, NULL, web_right_name(i));
		}
	}
	json_array_end(&call->json);
	json_string(&call->json, "user", who->user);
	if (who->unit[0]) {
		json_string(&call->json, "unit", who->unit);
	} else {
		json_null(&call->json, "unit");
	}
	put_time(&call->json, "ends", who->ends_ns);
	json_string(&call->json, "csrf", who->csrf);
}

/* Countries whose control the policy watches: the page marks them. */
static void put_watched(struct call *call)
{
	const struct policy *policy = call->web->options.reference->policy;

	json_array_begin(&call->json, "watched");
	for (unsigned i = 0; i < policy_watch_count(policy); i++) {
		json_string(&call->json, NULL, policy_watched(policy, i));
	}
	json_array_end(&call->json);
}

void answer_session(struct call *call)
{
	const struct policy_header *header = policy_header(call->web->options.reference->policy);

	json_object_begin(&call->json, NULL);
	put_who(call);
	json_string(&call->json, "organisation", header->organisation);
	json_string(&call->json, "timezone", header->zone ? local_zone_name(header->zone) : "UTC");
	json_u64(&call->json, "k", header->group_minimum);
	json_string(&call->json, "language", messages_language(call->messages));
	json_array_begin(&call->json, "languages");
	for (unsigned i = 0; i < GEO_LANGUAGE_COUNT; i++) {
		json_string(&call->json, NULL, messages_languages[i]);
	}
	json_array_end(&call->json);
	put_source(call);
	put_watched(call);
	json_bool(&call->json, "has_policy", call->web->options.policy != NULL);
	put_time(&call->json, "now", call->now_ns);
	json_string(&call->json, "version", PACKAGE_VERSION);
	json_object_end(&call->json);
}

void answer_login(struct call *call)
{
	char cookie[ACCESS_SECRET_BYTES];
	struct json_doc *doc = NULL;
	struct err err;
	int status = json_doc_open(&doc, call->request->body, call->request->body_bytes, &err);

	if (status < 0) {
		call_refuse(call, 400, "expected {\"token\": \"…\"}");
		return;
	}
	status = access_enter(
		call->web->access, json_doc_text(doc, "token"), call->now_ns, cookie, &err);
	json_doc_close(doc);
	if (status < 0) {
		call_refuse(call, status == -EACCES ? 401 : 503, err.text);
		return;
	}
	access_check(call->web->access, cookie, call->now_ns, &call->who);
	login_set_cookie(call->request, call->response, cookie);
	answer_session(call);
}

void answer_logout(struct call *call)
{
	const char *cookie = call->request->cookie(call->request, LOGIN_COOKIE);

	if (cookie) {
		access_leave(call->web->access, cookie);
	}
	login_clear_cookie(call->response);
	call->response->status = 204;
}

/* What the page says, and the vocabulary that it shows: not what reports and summaries say. */
static void put_message(void *context, const char *key, const char *text)
{
	static const char *const others[] = { "report", "table_", "column_", "summary", "top_",
		"view_", "sort_", "title_", "heading_" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strncmp(key, others[i], strlen(others[i])) == 0) {
			return;
		}
	}
	json_string(context, key, text);
}

struct country_list {
	struct json *json;
	enum geo_language language;
};

static void put_country(void *context, const struct geo_country *country)
{
	const struct country_list *list = context;

	json_string(list->json, country->code, country->names[list->language]);
}

void answer_messages(struct call *call)
{
	const struct geo *geo = call->web->options.reference->geo;
	struct country_list list = { &call->json, messages_geo_language(call->messages) };

	json_object_begin(&call->json, NULL);
	messages_each(call->messages, put_message, &call->json);
	json_object_begin(&call->json, "countries");
	if (geo) {
		geo_each_country(geo, put_country, &list);
	}
	json_object_end(&call->json);
	json_object_end(&call->json);
}
