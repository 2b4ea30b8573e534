/* Requests and answers of the web server, and which function answers which path.
 *
 * A handler fills a response from a request and nothing else: no socket, no library. What no route
 * answers is 404, another method than a path's routes have is 405 with the methods it has.
 *
 * Memory   a request's texts are good during the handler; a response's body is the router's to free
 *          (router_release).
 * Threads  routes are read-only; handlers say for themselves what they lock. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"

enum {
	HTTP_PARAMETERS_MAX = 32, /* of a query and of a path together; the rest is refused */
	HTTP_HEADERS_MAX = 12,
	HTTP_HEADER_BYTES = 2048
};

struct http_pair {
	const char *name, *value;
};

struct http_request {
	const char *method; /* "GET"; HEAD comes as GET */
	const char *path;   /* as it was sent, without the query: segments are decoded one by one */
	const char *peer;   /* address, or "unix" */
	const char *body;   /* NUL behind the last byte; "" none */
	size_t body_bytes;
	unsigned parameter_count;
	struct http_pair parameters[HTTP_PARAMETERS_MAX]; /* of the path first, then of the query */
	/* A header or a cookie, NULL where there is none. */
	const char *(*header)(const struct http_request *request, const char *name);
	const char *(*cookie)(const struct http_request *request, const char *name);
	void *connection; /* the server's */
};

/* A body that is made while it is sent. next() puts what there is into the buffer: how many bytes,
 * 0 nothing yet (it is asked again a quarter of a second later), -1 the end. close() frees. */
struct http_stream {
	ssize_t (*next)(void *context, char *buffer, size_t room);
	void (*close)(void *context);
	void *context;
};

struct http_response {
	unsigned status;
	const char *content_type;
	struct text body;
	struct http_stream stream; /* next NULL: the body */
	unsigned header_count;
	struct http_pair headers[HTTP_HEADERS_MAX]; /* values stand in memory */
	size_t memory_used;
	char memory[HTTP_HEADER_BYTES];
};

typedef void http_handler(
	void *context, const struct http_request *request, struct http_response *response);

struct route {
	const char *method;
	const char *path; /* "/api/alerts/:id": a segment that begins with ":" is a parameter */
	http_handler *handler;
	void *context;
};

struct router {
	const struct route *routes; /* ended by a NULL path */
	/* Before any route: false where it has answered itself (who may come in). NULL: everybody.
	 */
	bool (*admit)(void *context, const struct http_request *request,
		struct http_response *response, const struct route *route);
	void *context;
};

void router_answer(
	const struct router *router, struct http_request *request, struct http_response *response);
void router_release(struct http_response *response);

/* "" where it is not given. */
const char *http_parameter(const struct http_request *request, const char *name);

/* Adds one; false where there is no room. */
bool http_request_add(struct http_request *request, const char *name, const char *value);

/* name is a literal, value is copied, and stands in the place of one of that name that is there;
 * what finds no room is left out. */
void http_header(struct http_response *response, const char *name, const char *value);

/* An error as JSON: {"error": "sentence"}. */
void http_fail(struct http_response *response, unsigned status, const char *sentence);
