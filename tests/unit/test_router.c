/* Which handler a path finds, what it is told, and what a client hears that asks for nothing we
 * have. */
#include "dashboards/web/router.h"

#include <string.h>

#include "tests/tap.h"

static void say_alert(
	void *context, const struct http_request *request, struct http_response *response)
{
	text_printf(&response->body, "%s %s %s", (const char *)context,
		http_parameter(request, "id"), http_parameter(request, "from"));
}

static const struct route routes[] = {
	{ "GET", "/api/alerts", say_alert, (char[]){ "list" } },
	{ "GET", "/api/alerts/:id", say_alert, (char[]){ "show" } },
	{ "POST", "/api/alerts/:id/notes", say_alert, (char[]){ "note" } },
	{ "GET", "/", say_alert, (char[]){ "page" } },
	{ 0 },
};

static bool refuse_posts(void *context, const struct http_request *request,
	struct http_response *response, const struct route *route)
{
	(void)context, (void)request;
	if (route && strcmp(route->method, "POST") == 0) {
		http_fail(response, 403, "not you");
		return false;
	}
	return true;
}

static void check(const struct router *router, const char *method, const char *path,
	unsigned status, const char *body)
{
	struct http_request request = { .method = method, .path = path };
	struct http_response response;

	http_request_add(&request, "from", "monday");
	http_request_add(&request, "id", "forged");
	router_answer(router, &request, &response);
	is_int(response.status, status, "%s %s", method, path);
	ok(strstr(response.body.at, body) != NULL, "… %s", response.body.at);
	router_release(&response);
}

int main(void)
{
	const struct router open = { .routes = routes },
			    guarded = { .routes = routes, .admit = refuse_posts };
	struct http_response response = { .status = 200 };

	check(&open, "GET", "/api/alerts", 200, "list forged monday");
	check(&open, "GET", "/api/alerts/a17", 200, "show a17 monday");
	check(&open, "POST", "/api/alerts/a17/notes", 200, "note a17");
	check(&open, "GET", "/api/alerts/V%C3%A5rd%2Fomsorg", 200, "show Vård/omsorg monday");
	check(&open, "GET", "/api/alerts/100%25%zz%4", 200, "show 100%%zz%4 monday");
	check(&open, "GET", "/api/alerts/a+b%2B", 200, "show a+b+ monday");
	check(&open, "GET", "/api/alerts/a%00b", 404, "error");
	check(&open, "GET", "/api%2Falerts", 404, "error");
	check(&open, "GET", "/%61pi/alerts", 200, "list");
	check(&open, "GET", "/", 200, "page");
	check(&open, "GET", "/api/alerts/", 404, "error");
	check(&open, "GET", "/api/alerts/a17/", 404, "error");
	check(&open, "GET", "/api/alerts/a17/other", 404, "error");
	check(&open, "GET", "/api/alert", 404, "error");
	check(&open, "GET", "", 404, "error");
	check(&open, "DELETE", "/api/alerts/a17", 405, "error");
	check(&guarded, "POST", "/api/alerts/a17/notes", 403, "not you");
	check(&guarded, "GET", "/api/alerts/a17", 200, "show a17");

	char names[HTTP_HEADERS_MAX + 3][8];
	for (unsigned i = 0; i < HTTP_HEADERS_MAX + 3; i++) {
		snprintf(names[i], sizeof(names[i]), "X-%u", i);
		http_header(&response, names[i], "value");
	}
	is_int(response.header_count, HTTP_HEADERS_MAX, "headers without end are left out");
	http_header(&response, "X-0", "another");
	is_text(response.headers[0].value, "another", "one that is there gives way");
	struct http_request full = { .method = "GET" };
	unsigned taken = 0;
	while (http_request_add(&full, "a", "b")) {
		taken++;
	}
	is_int(taken, HTTP_PARAMETERS_MAX, "so are parameters");
	return done_testing();
}
