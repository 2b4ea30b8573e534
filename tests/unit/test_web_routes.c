/* Every route of the API, asked by every role and by nobody: who is let in, who is refused, that a
 * change needs the session's own token, and that a role without devices gets protected figures
 * alone. The server's own router answers, without a network in between. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "dashboards/web/api.h"
#include "dashboards/web/login.h"
#include "dashboards/web/web.h"
#include "tests/tap.h"

static char folder[] = "/tmp/borderflow-routes-XXXXXX";
static const char *cookie, *csrf, *body, *site;
static struct err err;

static const char *header_of(const struct http_request *request, const char *name)
{
	(void)request;
	return strcmp(name, "X-CSRF") == 0           ? csrf
	       : strcmp(name, "Sec-Fetch-Site") == 0 ? site
						     : NULL;
}

static const char *cookie_of(const struct http_request *request, const char *name)
{
	(void)request;
	return strcmp(name, LOGIN_COOKIE) == 0 ? cookie : NULL;
}

/* "/alerts/:id/:action" with something in the place of each name. */
static void fill_path(const char *path, char *filled, size_t bytes)
{
	size_t used = (size_t)snprintf(filled, bytes, "/api/1");

	while (*path && used + 2 < bytes) {
		if (*path == ':') {
			filled[used++] = 'a';
			path += strcspn(path, "/");
		} else {
			filled[used++] = *path++;
		}
	}
	filled[used] = '\0';
}

static struct http_response answer(struct web *web, const struct api_route *route)
{
	char path[128];
	struct http_request request = { .method = route->method,
		.path = path,
		.peer = "127.0.0.1",
		.body = body,
		.body_bytes = strlen(body),
		.header = header_of,
		.cookie = cookie_of };
	struct http_response response;

	fill_path(route->path, path, sizeof(path));
	router_answer(&web->router, &request, &response);
	return response;
}

static unsigned status_of(struct web *web, const struct api_route *route)
{
	struct http_response response = answer(web, route);

	router_release(&response);
	return response.status;
}

/* A form of another site, with a token of its owner, would make its visitor somebody else here. */
static void test_foreign_login(struct web *web)
{
	struct http_request request = { .method = "POST",
		.path = "/enter",
		.peer = "127.0.0.1",
		.body = "token=bft-none",
		.header = header_of,
		.cookie = cookie_of };
	struct http_response response;

	site = "cross-site";
	is_int(status_of(web, &api_routes[1]), 403, "another site logs nobody in");
	router_answer(&web->router, &request, &response);
	is_int(response.status, 403, "nor does its form");
	router_release(&response);
	site = "same-origin";
	ok(status_of(web, &api_routes[1]) != 403, "our own page may");
	router_answer(&web->router, &request, &response);
	is_int(response.status, 401, "and our own form is answered: a wrong token");
	router_release(&response);
	site = NULL;
}

static bool is_refused(unsigned status)
{
	return status == 401 || status == 403;
}

static bool ends_session(const struct api_route *route)
{
	return strcmp(route->method, "DELETE") == 0 && strcmp(route->path, "/session") == 0;
}

static void test_nobody(struct web *web)
{
	cookie = csrf = NULL;
	for (const struct api_route *route = api_routes; route->path; route++) {
		if (!(route->flags & API_OPEN)) {
			is_int(status_of(web, route), 401, "nobody: %s %s", route->method,
				route->path);
		}
	}
	struct http_request request = { .method = "GET",
		.path = "/api/1/nothing",
		.peer = "127.0.0.1",
		.body = "",
		.header = header_of,
		.cookie = cookie_of };
	struct http_response response;
	router_answer(&web->router, &request, &response);
	is_int(response.status, 401, "nobody learns which routes there are");
	router_release(&response);
	request.path = "/assets/page.js";
	router_answer(&web->router, &request, &response);
	ok(response.status == 401 && strstr(response.body.at, "name=\"token\""),
		"every other path is the login");
	router_release(&response);
}

static void test_role(struct web *web, enum web_role role)
{
	const char *name = web_role_name(role);
	struct access_token token = { .role = role, .made_ns = clock_now_ns() };
	char secret[ACCESS_SECRET_BYTES], own_cookie[ACCESS_SECRET_BYTES];
	struct who who;

	strcpy(token.name, name);
	access_add_token(web->access, &token, secret, &err);
	access_enter(web->access, secret, clock_now_ns(), own_cookie, &err);
	access_check(web->access, own_cookie, clock_now_ns(), &who);
	cookie = own_cookie;
	for (const struct api_route *route = api_routes; route->path; route++) {
		bool is_change = strcmp(route->method, "GET") != 0 && !(route->flags & API_OPEN);
		bool may = web_role_may(role, route->right) || route->flags & API_OPEN;
		if (ends_session(route) || route->flags & API_OPEN) {
			continue;
		}
		csrf = who.csrf;
		unsigned status = status_of(web, route);
		ok(may ? !is_refused(status) : status == 403, "%s: %s %s (%u)", name, route->method,
			route->path, status);
		if (is_change && may) {
			csrf = NULL;
			is_int(status_of(web, route), 403, "… not without X-CSRF");
			csrf = "0000000000000000000000000000000000000000000000000000000000000000";
			is_int(status_of(web, route), 403, "… nor with another's");
		}
	}
	csrf = who.csrf;
	struct http_response response = answer(web, api_routes);
	ok(strstr(response.body.at, web_role_may(role, WEB_MAY_DEVICES) ? "\"sees_devices\":true"
									: "\"sees_devices\":false"),
		"%s: the session says what it may see", name);
	router_release(&response);
}

/* Streams leave room for other requests, whoever opens them. */
static void test_streams(struct web *web)
{
	static struct http_response streams[WEB_STREAMS_MAX + 1];
	const struct api_route *events = api_routes;
	struct access_token token = { .role = WEB_VIEWER, .made_ns = clock_now_ns() };
	char secret[ACCESS_SECRET_BYTES], own_cookie[ACCESS_SECRET_BYTES];
	unsigned opened = 0;

	strcpy(token.name, "who opens many");
	access_add_token(web->access, &token, secret, &err);
	access_enter(web->access, secret, clock_now_ns(), own_cookie, &err);
	cookie = own_cookie;
	while (strcmp(events->path, "/events") != 0) {
		events++;
	}
	for (unsigned i = 0; i <= WEB_STREAMS_MAX; i++) {
		streams[i] = answer(web, events);
		opened += streams[i].status == 200;
	}
	is_int(opened, WEB_STREAMS_MAX, "so many streams are open at once");
	is_int(streams[WEB_STREAMS_MAX].status, 503, "one more is told to come later");
	for (unsigned i = 0; i <= WEB_STREAMS_MAX; i++) {
		router_release(&streams[i]);
	}
	is_int(status_of(web, events), 200, "and finds room when they have gone");
}

/* Figures of the whole are protected for whoever may not see devices. */
static void test_protection(struct web *web, enum web_role role)
{
	const struct api_route *table = api_routes;
	char secret[ACCESS_SECRET_BYTES], own_cookie[ACCESS_SECRET_BYTES];
	struct access_token token = { .role = role, .made_ns = clock_now_ns() };

	while (strcmp(table->path, "/table") != 0) {
		table++;
	}
	snprintf(token.name, sizeof(token.name), "%s again", web_role_name(role));
	access_add_token(web->access, &token, secret, &err);
	access_enter(web->access, secret, clock_now_ns(), own_cookie, &err);
	cookie = own_cookie;
	struct http_response response = answer(web, table);
	bool is_protected = strstr(response.body.at, "\"protection\":\"protected\"") != NULL;
	is_int(is_protected, !web_role_may(role, WEB_MAY_DEVICES), "%s: tables are %s",
		web_role_name(role), is_protected ? "protected" : "exact");
	router_release(&response);
}

static int open_web(struct web **web, struct reference *reference, struct view *view)
{
	const struct web_options options = { .listen = "0",
		.source = { .analysis = view, .desk = folder },
		.reference = reference,
		.access = folder,
		.lookups = folder };
	struct catalogue *catalogue;
	struct policy *policy;
	int status = catalogue_open(&catalogue, NULL, 0, &err);

	if (status == 0) {
		status = policy_load(&policy, NULL, NULL, catalogue, &err);
	}
	if (status == 0) {
		*reference = (struct reference){ .catalogue = catalogue, .policy = policy };
		status = web_open(web, &options, &err);
	}
	return status;
}

int main(void)
{
	struct reference reference = { 0 };
	struct view *view = NULL;
	struct web *web;
	char command[128];

	body = "{}";
	if (!mkdtemp(folder) || view_open_analysis(&view, false, &err) < 0 ||
		open_web(&web, &reference, view) < 0) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	test_nobody(web);
	test_foreign_login(web);
	for (unsigned role = 0; role < WEB_ROLE_COUNT; role++) {
		test_role(web, role);
		test_protection(web, role);
	}
	test_streams(web);
	web_close(web);
	view_close(view);
	policy_free((struct policy *)reference.policy);
	catalogue_close((struct catalogue *)reference.catalogue);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command) == 0 ? done_testing() : 1;
}
