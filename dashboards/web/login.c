#include "dashboards/web/login.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "dashboards/web/api.h"

enum { COOKIE_BYTES = 256 };

/* In the colours of the page (light and dark). */
static const char style[] =
	":root{color-scheme:light dark}"
	"body{font:14px/1.45 system-ui,sans-serif;background:#fff;color:#16202b;margin:0}"
	"main{max-width:24rem;margin:12vh auto;padding:0 16px}"
	"h1{font-size:28px;margin:0 0 8px}"
	"label{display:block;margin:24px 0 4px}"
	"input,button{font:inherit;padding:8px;border-radius:6px;border:1px solid #55616f;"
	"box-sizing:border-box;width:100%;background:#fff;color:#16202b}"
	"button{margin-top:16px;background:#1f5fbf;border-color:#1f5fbf;color:#fff}"
	":focus-visible{outline:2px solid #1f5fbf;outline-offset:2px}"
	"[role=alert]{border-left:3px solid #b3261e;padding-left:8px}"
	"@media (prefers-color-scheme:dark){"
	"body{background:#0f1419;color:#e6ebf0}"
	"input{background:#171d24;color:#e6ebf0;border-color:#9aa7b4}"
	"button{background:#7db0ff;border-color:#7db0ff;color:#0f1419}"
	":focus-visible{outline-color:#7db0ff}"
	"[role=alert]{border-color:#ff8a80}}";

static void put_html(struct text *text, const char *plain)
{
	text_put_html(text, plain, strlen(plain));
}

static void put_form(
	const struct messages *messages, struct http_response *response, const char *wrong)
{
	struct text *body = &response->body;

	response->status = 401;
	response->content_type = "text/html; charset=utf-8";
	http_header(response, "Cache-Control", "no-store");
	text_clear(body);
	text_printf(body,
		"<!doctype html><html lang=\"%s\"><head><meta charset=\"utf-8\">"
		"<meta name=\"viewport\" content=\"width=device-width\">"
		"<title>borderflow</title><link rel=\"stylesheet\" href=\"/enter.css\"></head>"
		"<body><main><h1>borderflow</h1><p>",
		messages_language(messages));
	put_html(body, messages_get(messages, "web.first_lead"));
	text_put(body, "</p>");
	if (wrong) {
		text_put(body, "<p role=\"alert\">");
		put_html(body, messages_get(messages, wrong));
		text_put(body, "</p>");
	}
	text_put(body, "<form method=\"post\" action=\"/enter\"><label for=\"token\">");
	put_html(body, messages_get(messages, "web.first_token"));
	text_put(body, "</label><input id=\"token\" name=\"token\" type=\"password\" "
		       "autocomplete=\"current-password\" required autofocus><button>");
	put_html(body, messages_get(messages, "web.first_enter"));
	text_put(body, "</button></form></main></body></html>\n");
}

void login_page(const struct messages *messages, struct http_response *response)
{
	put_form(messages, response, NULL);
}

/* Behind a proxy that speaks TLS the cookie never goes another way. */
void login_set_cookie(
	const struct http_request *request, struct http_response *response, const char *cookie)
{
	const char *forwarded = request->header(request, "X-Forwarded-Proto");
	bool is_secure = forwarded && strcmp(forwarded, "https") == 0;
	char value[COOKIE_BYTES];

	snprintf(value, sizeof(value), "%s=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800%s",
		LOGIN_COOKIE, cookie, is_secure ? "; Secure" : "");
	http_header(response, "Set-Cookie", value);
}

void login_clear_cookie(struct http_response *response)
{
	http_header(response, "Set-Cookie",
		LOGIN_COOKIE "=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
}

/* The cookie is of this site alone (SameSite=Strict): a browser that followed a link from elsewhere
 * would not send it with a redirect. A page that goes on by itself is a step of our own. */
static void go_on(struct http_response *response)
{
	response->content_type = "text/html; charset=utf-8";
	http_header(response, "Cache-Control", "no-store");
	http_header(response, "Refresh", "0; url=/");
	text_put(&response->body,
		"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>borderflow</title>"
		"<p><a href=\"/\">borderflow</a></p></html>\n");
}

static void enter(struct web *web, const struct http_request *request,
	struct http_response *response, const char *secret)
{
	char cookie[ACCESS_SECRET_BYTES];
	const char *asked = http_parameter(request, "language");
	const char *language = messages_choose(*asked ? asked : web->options.language, NULL);
	const struct messages *messages = web->messages[GEO_EN];
	struct err err;

	for (unsigned i = 0; i < GEO_LANGUAGE_COUNT; i++) {
		messages =
			strcmp(messages_languages[i], language) == 0 ? web->messages[i] : messages;
	}
	if (access_enter(web->access, secret, clock_now_ns(), cookie, &err) < 0) {
		put_form(messages, response, "web.first_refused");
		return;
	}
	login_set_cookie(request, response, cookie);
	go_on(response);
}

/* "token=…" of a form; our secrets need no decoding. */
static void read_form(const struct http_request *request, char secret[ACCESS_SECRET_BYTES])
{
	const char *at = strstr(request->body, "token=");
	size_t length = at ? strcspn(at + 6, "&\r\n ") : 0;

	length = length < ACCESS_SECRET_BYTES ? length : 0;
	memcpy(secret, length ? at + 6 : "", length);
	secret[length] = '\0';
}

/* Browsers say where a request comes from. A form of another site would make its visitor somebody
 * else here: the cookie that an answer sets is stored, whatever site asked. */
bool login_is_foreign(const struct http_request *request)
{
	const char *site = request->header(request, "Sec-Fetch-Site");

	return site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
}

bool login_answer(
	struct web *web, const struct http_request *request, struct http_response *response)
{
	char secret[ACCESS_SECRET_BYTES];
	bool is_get = strcmp(request->method, "GET") == 0;

	if (is_get && strcmp(request->path, "/enter.css") == 0) {
		response->content_type = "text/css; charset=utf-8";
		http_header(response, "Cache-Control", "max-age=3600");
		text_put(&response->body, style);
	} else if (is_get && strcmp(request->path, "/enter") == 0) {
		enter(web, request, response, http_parameter(request, "link"));
	} else if (strcmp(request->method, "POST") == 0 && strcmp(request->path, "/enter") == 0 &&
		   login_is_foreign(request)) {
		http_fail(response, 403, "another site may not log anybody in here");
	} else if (strcmp(request->method, "POST") == 0 && strcmp(request->path, "/enter") == 0) {
		read_form(request, secret);
		enter(web, request, response, secret);
	} else {
		return false;
	}
	return true;
}
