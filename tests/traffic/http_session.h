/* Plain HTTP/1.1 over a simulated TCP connection (RFC 9112). */
#pragma once

#include "tests/traffic/tcp_session.h"

/* One request with a Host and its answer of count bytes; the request is marked as the carrier of
 * the name. */
void http_get(struct tcp_session *tcp, const char *host, const char *path, size_t count);
