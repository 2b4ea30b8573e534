#include "dashboards/web/router.h"

#include <string.h>

enum { SEGMENT_MAX = 256 };

const char *http_parameter(const struct http_request *request, const char *name)
{
	for (unsigned i = 0; i < request->parameter_count; i++) {
		if (strcmp(request->parameters[i].name, name) == 0) {
			return request->parameters[i].value;
		}
	}
	return "";
}

bool http_request_add(struct http_request *request, const char *name, const char *value)
{
	if (request->parameter_count == HTTP_PARAMETERS_MAX) {
		return false;
	}
	request->parameters[request->parameter_count++] = (struct http_pair){ name, value };
	return true;
}

void http_header(struct http_response *response, const char *name, const char *value)
{
	char *place = response->memory + response->memory_used;
	size_t bytes = strlen(value) + 1;
	unsigned at = 0;

	while (at < response->header_count && strcmp(response->headers[at].name, name) != 0) {
		at++;
	}
	if (at < HTTP_HEADERS_MAX && bytes <= sizeof(response->memory) - response->memory_used) {
		memcpy(place, value, bytes);
		response->memory_used += bytes;
		response->headers[at] = (struct http_pair){ name, place };
		response->header_count += at == response->header_count;
	}
}

void http_fail(struct http_response *response, unsigned status, const char *sentence)
{
	response->status = status;
	response->content_type = "application/json";
	text_clear(&response->body);
	text_put(&response->body, "{\"error\":\"");
	text_put_json(&response->body, sentence, strlen(sentence));
	text_put(&response->body, "\"}\n");
}

static int digit(char letter)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF", *at = strchr(digits, letter);

	return letter && at ? (int)(at - digits) % 16 : -1;
}

/* A segment as it is meant: %2F in it is a slash of a name and ends nothing. False: it is none that
 * a name could be. */
static bool decode(const char *path, size_t length, char segment[SEGMENT_MAX + 1])
{
	size_t filled = 0;

	for (size_t i = 0; i < length; i++) {
		int high = path[i] == '%' && i + 2 < length ? digit(path[i + 1]) : -1;
		int low = high >= 0 ? digit(path[i + 2]) : -1;
		if (filled == SEGMENT_MAX || (low >= 0 && high == 0 && low == 0)) {
			return false;
		}
		segment[filled++] = low >= 0 ? (char)(high << 4 | low) : path[i];
		i += low >= 0 ? 2 : 0;
	}
	segment[filled] = '\0';
	return true;
}

/* Segment by segment; memory takes name and value of each parameter, with a NUL behind each. */
static bool matches(const char *pattern, const char *path, struct text *memory)
{
	char segment[SEGMENT_MAX + 1];

	text_clear(memory);
	while (*pattern || *path) {
		size_t wanted = strcspn(pattern, "/"), found = strcspn(path, "/");
		if (!decode(path, found, segment)) {
			return false;
		}
		if (*pattern == ':') {
			if (found == 0) {
				return false;
			}
			text_put_bytes(memory, pattern + 1, wanted - 1);
			text_put_char(memory, '\0');
			text_put(memory, segment);
			text_put_char(memory, '\0');
		} else if (strlen(segment) != wanted || memcmp(pattern, segment, wanted) != 0) {
			return false;
		}
		pattern += wanted;
		path += found;
		if (*pattern != *path) {
			return false;
		}
		pattern += *pattern == '/';
		path += *path == '/';
	}
	return true;
}

/* The parameters of a path stand before those of the query, so that nobody can say another one. */
static void add_path_parameters(struct http_request *request, const struct text *memory)
{
	struct http_request with = *request;

	with.parameter_count = 0;
	for (const char *at = memory->at; at && at < memory->at + memory->length;) {
		const char *value = at + strlen(at) + 1;
		http_request_add(&with, at, value);
		at = value + strlen(value) + 1;
	}
	for (unsigned i = 0; i < request->parameter_count; i++) {
		http_request_add(&with, request->parameters[i].name, request->parameters[i].value);
	}
	*request = with;
}

static const struct route *find_route(const struct router *router,
	const struct http_request *request, struct text *memory, struct text *methods)
{
	for (const struct route *route = router->routes; route->path; route++) {
		if (!matches(route->path, request->path, memory)) {
			continue;
		}
		if (strcmp(route->method, request->method) == 0) {
			return route;
		}
		text_printf(methods, "%s%s", methods->length ? ", " : "", route->method);
	}
	return NULL;
}

void router_answer(
	const struct router *router, struct http_request *request, struct http_response *response)
{
	char allowed[64];
	struct text memory, methods;

	*response = (struct http_response){ .status = 200, .content_type = "application/json" };
	text_init_heap(&response->body);
	text_init_heap(&memory);
	text_init(&methods, allowed, sizeof(allowed));
	const struct route *route = find_route(router, request, &memory, &methods);
	if (route) {
		add_path_parameters(request, &memory);
	}
	if (router->admit && !router->admit(router->context, request, response, route)) {
		; /* it has answered */
	} else if (route) {
		route->handler(route->context, request, response);
	} else if (methods.length > 0) {
		http_header(response, "Allow", allowed);
		http_fail(response, 405, "this page does not know that method");
	} else {
		http_fail(response, 404, "there is no such page");
	}
	text_deinit(&memory);
}

void router_release(struct http_response *response)
{
	if (response->stream.close) {
		response->stream.close(response->stream.context);
	}
	text_deinit(&response->body);
}
