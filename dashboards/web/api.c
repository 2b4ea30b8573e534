#include "dashboards/web/api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy.h"
#include "analyzer/record/digest.h"
#include "analyzer/record/lookup_log.h"
#include "base/clock.h"
#include "dashboards/web/assets.h"
#include "dashboards/web/login.h"
#include "dashboards/web/zip.h"

enum { ZIP_LEAST_BYTES = 1024, ETAG_BYTES = 40 };

static const char prefix[] = "/api/1";

/* What a route of the router points to. */
struct api_binding {
	struct web *web;
	const struct api_route *route;
};

void call_refuse(struct call *call, unsigned status, const char *sentence)
{
	http_fail(call->response, status, sentence);
}

void call_fail(struct call *call, int status, const struct err *err)
{
	static const struct {
		int status;
		unsigned http;
	} meanings[] = { { -EINVAL, 400 }, { -EPERM, 403 }, { -ENOENT, 404 }, { -ESTALE, 409 },
		{ -EALREADY, 409 }, { -EEXIST, 409 }, { -ENOTSUP, 501 } };

	for (unsigned i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (meanings[i].status == status) {
			call_refuse(call, meanings[i].http, err->text);
			return;
		}
	}
	call_refuse(call, 503, err->text);
}

int call_source_status(int status)
{
	return status == -ENOENT ? -EIO : status;
}

bool call_find_trouble(const struct web *web, struct trouble *trouble)
{
	if (web->feed && alert_feed_trouble(web->feed, &trouble->as_of_ns, &trouble->err)) {
		return true;
	}
	trouble->as_of_ns = 0; /* that is known of alerts alone */
	return views_lack_archive(web->views, &trouble->err);
}

/* Who a proxy in front of the unix socket says that it is; nobody else can reach the socket. */
static bool find_proxied(struct web *web, const struct http_request *request, struct who *who)
{
	const char *role = request->header(request, "X-Remote-Role");
	const char *unit = request->header(request, "X-Remote-Unit");

	return web->options.trusts_proxy && strcmp(request->peer, "unix") == 0 &&
	       access_trust(web->access, request->header(request, "X-Remote-User"),
		       role ? role : "viewer", unit ? unit : "", who);
}

static bool find_who(struct web *web, const struct http_request *request, struct who *who)
{
	const char *cookie = request->cookie(request, LOGIN_COOKIE);

	return find_proxied(web, request, who) ||
	       (cookie && access_check(web->access, cookie, clock_now_ns(), who));
}

static const struct messages *choose_messages(
	const struct web *web, const struct http_request *request)
{
	const char *asked = http_parameter(request, "language");
	const char *language = messages_choose(*asked ? asked : web->options.language, NULL);

	for (unsigned i = 0; i < GEO_LANGUAGE_COUNT; i++) {
		if (strcmp(messages_languages[i], language) == 0) {
			return web->messages[i];
		}
	}
	return web->messages[GEO_EN];
}

static struct call make_call(
	struct web *web, const struct http_request *request, struct http_response *response)
{
	const struct policy_header *header = policy_header(web->options.reference->policy);
	uint64_t now_ns = clock_now_ns();

	return (struct call){
		.web = web,
		.request = request,
		.response = response,
		.access = { .role = VIEW_PROTECTED,
			.k = header->group_minimum,
			.zone = header->zone,
			.now_ns = now_ns },
		.clock = { header->zone, now_ns },
		.messages = choose_messages(web, request),
		.now_ns = now_ns,
		.json = json_over(&response->body),
	};
}

/* A look at one alert of a folder stands in its log as well, where a case file finds it. */
static const char *desk_log(const struct call *call)
{
	const struct view_source *source = &call->web->options.source;
	bool is_of_alert = strstr(call->request->path, "/alerts/") != NULL;

	return is_of_alert && !source->redis ? source->desk : NULL;
}

/* What cannot be logged is not answered. */
static bool log_look(struct call *call)
{
	struct text question;
	struct err err;

	text_init_heap(&question);
	text_printf(&question, "%s %s", call->request->method, call->request->path);
	for (unsigned i = 0; i < call->request->parameter_count; i++) {
		const struct http_pair *pair = &call->request->parameters[i];
		text_printf(&question, " %s=%s", pair->name, pair->value);
	}
	const struct lookup lookup = { .kind = LOOKUP_READ,
		.user = call->who.user,
		.question = question.at,
		.reason = "page",
		.now_ns = call->now_ns };
	int status = lookup_log_append(call->web->options.lookups, &lookup, &err);
	if (status == 0 && desk_log(call)) {
		status = lookup_log_append(desk_log(call), &lookup, &err);
	}
	text_deinit(&question);
	if (status < 0) {
		call_fail(call, status, &err);
	}
	return status == 0;
}

static bool is_change(const struct call *call)
{
	return strcmp(call->request->method, "GET") != 0;
}

static bool has_csrf(const struct call *call)
{
	const char *said = call->request->header(call->request, "X-CSRF");

	return said && strcmp(said, call->who.csrf) == 0;
}

/* Who may: {"error": …, "roles": […]}, so that it can be said in the reader's language whom to ask.
 */
static void put_roles_that_may(struct call *call, enum web_right right, const char *sentence)
{
	struct json json = json_over(&call->response->body);

	call_refuse(call, 403, sentence);
	text_clear(&call->response->body);
	json_object_begin(&json, NULL);
	json_string(&json, "error", sentence);
	json_array_begin(&json, "roles");
	for (unsigned i = 0; i < WEB_ROLE_COUNT; i++) {
		if (web_role_may(i, right)) {
			json_string(&json, NULL, web_role_name(i));
		}
	}
	json_array_end(&json);
	json_object_end(&json);
}

static void refuse_right(struct call *call, enum web_right right)
{
	struct text sentence;

	text_init_heap(&sentence);
	if (web_role_may(call->who.role, right)) {
		text_printf(&sentence,
			"this session is for the unit %s alone; this speaks of the body as a whole",
			call->who.unit);
		call_refuse(call, 403, sentence.at);
	} else {
		text_printf(&sentence,
			"the role %s may not do this: it needs \"%s\"; a token of a role that may "
			"comes from borderflow serve token add NAME --role ROLE",
			web_role_name(call->who.role), web_right_name(right));
		put_roles_that_may(call, right, sentence.at);
	}
	text_deinit(&sentence);
}

/* May this go on? False, and it is answered. */
static bool admit(struct call *call, const struct api_route *route)
{
	struct err err;

	if (route->flags & API_OPEN) {
		bool is_own = !login_is_foreign(call->request);
		if (!is_own) {
			call_refuse(call, 403, "another site may not log anybody in here");
		}
		return is_own;
	}
	if (!find_who(call->web, call->request, &call->who)) {
		call_refuse(call, 401, "log in first");
	} else if (!who_may(&call->who, route->right)) {
		refuse_right(call, route->right);
	} else if (is_change(call) && !has_csrf(call)) {
		call_refuse(call, 403, "the header X-CSRF is missing or old: ask for the session");
	} else if (ask_check(call->request, route->path, route->parameters, &err) < 0) {
		call_fail(call, -EINVAL, &err);
	} else {
		bool sees = who_may(&call->who, WEB_MAY_DEVICES);
		call->access.role = sees ? VIEW_SEES_DEVICES : VIEW_PROTECTED;
		return !(sees && route->flags & API_PERSONAL) || log_look(call);
	}
	return false;
}

/* The same answer again is said in a few bytes; a long one is sent compressed. */
static void finish(const struct http_request *request, struct http_response *response)
{
	const char *known = request->header(request, "If-None-Match");
	const char *accepted = request->header(request, "Accept-Encoding");
	uint8_t digest[DIGEST_SHA256_BYTES];
	char etag[ETAG_BYTES] = "\"";

	http_header(response, "Cache-Control", "private, no-cache");
	http_header(response, "Vary", "Accept-Encoding, Cookie");
	if (response->stream.next || response->status != 200 || response->body.length == 0) {
		return;
	}
	digest_sha256(response->body.at, response->body.length, digest);
	digest_hex(digest, 16, etag + 1);
	strcat(etag, "\"");
	http_header(response, "ETag", etag);
	if (strcmp(request->method, "GET") == 0 && known && strcmp(known, etag) == 0) {
		response->status = 304;
		text_clear(&response->body);
	} else if (accepted && strstr(accepted, "gzip") &&
		   response->body.length >= ZIP_LEAST_BYTES && zip_text(&response->body)) {
		http_header(response, "Content-Encoding", "gzip");
	}
}

static void answer_route(
	void *context, const struct http_request *request, struct http_response *response)
{
	const struct api_binding *binding = context;
	struct call call = make_call(binding->web, request, response);

	if (admit(&call, binding->route)) {
		binding->route->answer(&call);
	}
	if (response->body.truncated) {
		call_refuse(&call, 503, "out of memory");
	}
	finish(request, response);
}

/* The browser keeps the page to itself and to this server, and runs nothing that was not built. */
static void put_guards(struct http_response *response)
{
	http_header(response, "Content-Security-Policy",
		"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
		"font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
		"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types "
		"borderflow");
	http_header(response, "X-Frame-Options", "DENY");
	http_header(response, "Referrer-Policy", "no-referrer");
	http_header(response, "Cross-Origin-Opener-Policy", "same-origin");
	http_header(response, "Cross-Origin-Resource-Policy", "same-origin");
}

/* Before any route: guards; who has no session gets the login and nothing else; what is no route
 * is the page. */
static bool admit_any(void *context, const struct http_request *request,
	struct http_response *response, const struct route *route)
{
	struct web *web = context;
	struct who who;

	put_guards(response);
	if (route) {
		return true;
	}
	if (login_answer(web, request, response)) {
		return false;
	}
	if (strncmp(request->path, "/api/", 5) == 0) {
		if (!find_who(web, request, &who)) {
			http_fail(response, 401, "log in first");
			return false;
		}
		return true; /* the router says what is missing */
	}
	if (find_who(web, request, &who)) {
		assets_answer(web->options.assets, request, response);
	} else {
		login_page(choose_messages(web, request), response);
	}
	return false;
}

int api_open(struct web *web, struct err *err)
{
	size_t count = 0;

	while (api_routes[count].path) {
		count++;
	}
	web->routes = calloc(count + 1, sizeof(*web->routes));
	web->bindings = calloc(count, sizeof(*web->bindings));
	if (!web->routes || !web->bindings) {
		return err_set(err, ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < count; i++) {
		struct text path;
		text_init_heap(&path);
		text_printf(&path, "%s%s", prefix, api_routes[i].path);
		web->bindings[i] = (struct api_binding){ web, &api_routes[i] };
		web->routes[i] = (struct route){ api_routes[i].method, path.at, answer_route,
			&web->bindings[i] };
	}
	web->router = (struct router){ .routes = web->routes, .admit = admit_any, .context = web };
	return 0;
}

void api_close(struct web *web)
{
	for (struct route *route = web->routes; route && route->path; route++) {
		free((char *)route->path);
	}
	free(web->routes);
	free(web->bindings);
}
