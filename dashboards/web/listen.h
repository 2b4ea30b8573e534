/* A socket to listen at: "PORT" (on 127.0.0.1), "ADDRESS:PORT", "[ADDRESS]:PORT", "unix:PATH". */
#pragma once

#include "base/err.h"

enum { LISTEN_TEXT_MAX = 160 };

int listen_check(const char *where, struct err *err); /* Can it be read? 0 or -EINVAL. */

/* The descriptor, or -errno. address: where it listens, with the port that the system chose for 0.
 * A unix socket is its owner's and group's (0660); one that nobody listens at gives way. */
int listen_open(const char *where, char address[LISTEN_TEXT_MAX], struct err *err);
