/* The web server: it brings requests to a router (router.h) and sends what comes back.
 *
 * Memory   a connection takes HTTPD_REQUEST_BYTES, a body HTTPD_BODY_BYTES at most.
 * Threads  one that reads and writes, and one that wakes streams and ends connections that take
 *          longer over a request than HTTPD_REQUEST_S. Handlers run in the first, or, with workers,
 *          in as many threads beside it: then a slow handler keeps nobody waiting until all workers
 *          are busy, and handlers lock what they share. Streams are read by the first in any case.
 * Failure  opening: 0 or -errno and a sentence. A request that is too large gets 413, one with more
 *          parameters than fit 400. */
#pragma once

#include "base/err.h"
#include "dashboards/web/router.h"

enum {
	HTTPD_CONNECTIONS_MAX = 512,
	HTTPD_CROWD = 384, /* beyond so many whoever is longest over a request gives way */
	HTTPD_REQUEST_BYTES = 16384, /* line and headers */
	HTTPD_BODY_BYTES = 65536,
	HTTPD_REQUEST_S = 10,
	HTTPD_WORKERS_MAX = 16
};

struct httpd;

/* listen is "PORT" (on 127.0.0.1), "ADDRESS:PORT", "[ADDRESS]:PORT" or "unix:PATH"; router must
 * live as long as the server. */
int httpd_check_listen(const char *listen, struct err *err); /* Can it be read? 0 or -EINVAL. */
int httpd_open(struct httpd **httpd, const char *listen, unsigned workers,
	const struct router *router, struct err *err);
/* Where it listens, with the port that was chosen where 0 was asked for. */
const char *httpd_address(const struct httpd *httpd);
void httpd_close(struct httpd *httpd); /* NULL is accepted */
