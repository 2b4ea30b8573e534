/* Coming in without the page: the link of the terminal, and a form for a token. It is all that
 * somebody sees who has no session, and needs no script.
 *
 * Threads  any. */
#pragma once

#include "analyzer/messages/messages.h"
#include "dashboards/web/router.h"

struct web;

#define LOGIN_COOKIE "borderflow"

/* GET /enter?link=…, POST /enter with token=…, GET /enter.css; false: it is none of them. */
bool login_answer(
	struct web *web, const struct http_request *request, struct http_response *response);

/* Is this asked by a page of another site? Nobody logs in through one. */
bool login_is_foreign(const struct http_request *request);

/* The form, with the status 401. */
void login_page(const struct messages *messages, struct http_response *response);

/* Sets the cookie of a session that begins. */
void login_set_cookie(
	const struct http_request *request, struct http_response *response, const char *cookie);
void login_clear_cookie(struct http_response *response);
