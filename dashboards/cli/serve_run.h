/* What `borderflow serve` and `analyze --serve` do alike: where tokens are, the lines that say
 * where the page is.
 *
 * Threads  one.
 * Failure  0 or -errno and a sentence. */
#pragma once

#include <limits.h>

#include "dashboards/web/web.h"

/* This program, for commands that the server runs beside itself. */
#define SERVE_PROGRAM "/proc/self/exe"

/* The folder of --access; NULL: the service's own, else one of this user's. It is made where it is
 * missing. */
int serve_find_access(const char *given, char path[PATH_MAX], struct err *err);

/* Opens the server with signals that end the program held back from its threads. */
int serve_open(struct web **web, const struct web_options *options, struct err *err);

/* Where it is, and with_link the link that opens one session. */
int serve_say(struct web *web, bool with_link, struct err *err);

/* Until somebody ends the program (Ctrl-C, SIGTERM). */
void serve_wait(void);
