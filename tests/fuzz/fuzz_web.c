/* Any text as a request: its first line is the path with a query, as the server's library takes it
 * apart; it finds its route, and its query becomes a question. */
#include "dashboards/web/ask.h"
#include "dashboards/web/router.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void answer(
	void *context, const struct http_request *request, struct http_response *response)
{
	const struct ask_clock clock = { NULL, UINT64_C(20000) * 86400 * NS_PER_S };
	struct view_question question;
	struct err err;

	(void)context;
	if (ask_question(&question, request, &clock, &err) < 0) {
		http_fail(response, 400, err.text);
		return;
	}
	/* What was read is a question that a view takes: within its bounds, in whole slots. */
	bool is_sound = question.by_count <= VIEW_BY_MAX &&
			question.filter_count <= VIEW_FILTERS_MAX &&
			question.from_ns % SLOT_NS == 0 && question.to_ns % SLOT_NS == 0 &&
			(question.to_ns == 0 || question.to_ns >= question.from_ns);
	if (!is_sound) {
		abort();
	}
	http_header(response, "X-Id", http_parameter(request, "id"));
}

static const struct route routes[] = {
	{ "GET", "/api/1/table", answer, NULL },
	{ "GET", "/api/1/alerts/:id", answer, NULL },
	{ "POST", "/api/1/alerts/:id/:action", answer, NULL },
	{ 0 },
};

static void add_parameters(struct http_request *request, char *query)
{
	for (char *pair; (pair = strsep(&query, "&"));) {
		char *value = strchr(pair, '=');
		if (value) {
			*value++ = '\0';
		}
		if (!http_request_add(request, pair, value ? value : "")) {
			return;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	const struct router router = { .routes = routes };
	struct http_request request = { .method = "GET", .peer = "unix", .body = "" };
	struct http_response response;
	char *text = malloc(count + 1);

	if (!text) {
		return 0;
	}
	memcpy(text, bytes, count);
	text[count] = '\0';
	char *query = strchr(text, '?');
	if (query) {
		*query++ = '\0';
		add_parameters(&request, query);
	}
	request.path = text;
	router_answer(&router, &request, &response);
	router_release(&response);
	free(text);
	return 0;
}
