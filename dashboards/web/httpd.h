/* A small web server for texts that are made when they are asked for: metrics, health.
 *
 * Threads  one of its own, in which put() is called.
 * Failure  opening: 0 or -errno and a sentence. A request for anything else gets 404, another
 *          method than GET and HEAD 405. */
#pragma once

#include "base/err.h"
#include "base/text.h"

struct httpd;

struct httpd_page {
	const char *path; /* "/metrics" */
	const char *content_type;
	void (*put)(void *context, struct text *text);
	void *context;
};

/* listen is "PORT" (on 127.0.0.1), "ADDRESS:PORT" or "[ADDRESS]:PORT". pages, ended by a NULL path,
 * must live as long as the server. */
int httpd_check_listen(const char *listen, struct err *err); /* Can it be read? 0 or -EINVAL. */
int httpd_open(
	struct httpd **httpd, const char *listen, const struct httpd_page *pages, struct err *err);
void httpd_close(struct httpd *httpd); /* NULL is accepted */
