/* The only file that includes microhttpd.h. */
#include "dashboards/web/httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { CONNECTIONS_MAX = 16, TIMEOUT_S = 10, REQUEST_BYTES = 16384 };

struct httpd {
	struct MHD_Daemon *daemon;
	const struct httpd_page *pages;
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static bool parse_port(const char *text, uint16_t *port)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	*port = (uint16_t)number;
	return *text >= '0' && *text <= '9' && *end == '\0' && number > 0 && number <= UINT16_MAX;
}

static bool parse_listen(const char *listen, union address *address)
{
	const char *colon = strrchr(listen, ':'), *port_text = colon ? colon + 1 : listen;
	char host[INET6_ADDRSTRLEN + 2] = "127.0.0.1";
	size_t length = colon ? (size_t)(colon - listen) : 0;
	uint16_t port;

	memset(address, 0, sizeof(*address));
	if (!parse_port(port_text, &port) || length >= sizeof(host)) {
		return false;
	}
	if (colon) {
		memcpy(host, listen, length);
		host[length] = '\0';
	}
	if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
		host[length - 1] = '\0';
		address->v6.sin6_family = AF_INET6;
		address->v6.sin6_port = htons(port);
		return inet_pton(AF_INET6, host + 1, &address->v6.sin6_addr) == 1;
	}
	address->v4.sin_family = AF_INET;
	address->v4.sin_port = htons(port);
	return inet_pton(AF_INET, host, &address->v4.sin_addr) == 1;
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status,
	const char *content_type, struct text *text)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(text->length, text->at, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result = MHD_NO;

	if (response) {
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
		MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
		MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
		result = MHD_queue_response(connection, status, response);
		MHD_destroy_response(response);
	}
	return result;
}

static const struct httpd_page *find_page(const struct httpd_page *pages, const char *path)
{
	while (pages->path && strcmp(pages->path, path) != 0) {
		pages++;
	}
	return pages->path ? pages : NULL;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
	const char *path, const char *method, const char *version, const char *upload,
	size_t *upload_bytes, void **state)
{
	const struct httpd *httpd = context;
	const struct httpd_page *page = find_page(httpd->pages, path);
	const char *content_type = "text/plain; charset=utf-8";
	unsigned status = MHD_HTTP_OK;
	struct text text;

	(void)version, (void)upload, (void)upload_bytes, (void)state;
	text_init_heap(&text);
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		status = MHD_HTTP_METHOD_NOT_ALLOWED;
		text_put(&text, "only GET and HEAD\n");
	} else if (!page) {
		status = MHD_HTTP_NOT_FOUND;
		text_put(&text, "there is no such page\n");
	} else {
		content_type = page->content_type;
		page->put(page->context, &text);
	}
	enum MHD_Result result = answer(connection, status, content_type, &text);
	text_deinit(&text);
	return result;
}

static int read_listen(const char *listen, union address *address, struct err *err)
{
	return parse_listen(listen, address)
		       ? 0
		       : err_set(err, EINVAL,
				 "cannot listen at \"%s\": expected PORT, ADDRESS:PORT or "
				 "[ADDRESS]:PORT",
				 listen);
}

int httpd_check_listen(const char *listen, struct err *err)
{
	union address address;

	return read_listen(listen, &address, err);
}

int httpd_open(
	struct httpd **httpd, const char *listen, const struct httpd_page *pages, struct err *err)
{
	union address address;
	struct httpd *opened = calloc(1, sizeof(*opened));

	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	opened->pages = pages;
	int status = read_listen(listen, &address, err);
	if (status < 0) {
		free(opened);
		return status;
	}
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
			 (address.any.sa_family == AF_INET6 ? MHD_USE_IPv6 : 0);
	errno = 0;
	opened->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, opened,
		MHD_OPTION_SOCK_ADDR, &address.any, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES, MHD_OPTION_END);
	if (!opened->daemon) {
		int code = errno ? errno : EADDRNOTAVAIL;
		free(opened);
		return err_set(err, code, "cannot listen at %s: %s", listen, strerror(code));
	}
	*httpd = opened;
	return 0;
}

void httpd_close(struct httpd *httpd)
{
	if (httpd) {
		MHD_stop_daemon(httpd->daemon);
		free(httpd);
	}
}
